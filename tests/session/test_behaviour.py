"""Settings of the client's side."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.session.behaviour import BEHAVIOUR, Behaviour, split


def test_keywords_are_told_apart() -> None:
    behaviour, rest = split({"handover": False, "voice": "cedar", "budget_tokens": 10})
    assert (behaviour.handover, behaviour.budget_tokens) == (False, 10)
    assert rest == {"voice": "cedar"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_usd", 0),
        ("budget_usd", float("nan")),
        ("budget_usd", "1"),
        ("budget_tokens", -5),
        ("budget_tokens", True),
        ("max_minutes", float("inf")),
        ("handover", 1),
        ("reconnect", None),
        ("half_duplex", "yes"),
        ("max_tool_rounds", 1.5),
        ("max_tool_rounds", -1),
        ("on_approval", "always"),
        ("journal", 3),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=name):
        Behaviour(**{name: value})


def test_no_keyword_is_for_both_sides() -> None:
    from rtnb.session.config.keywords import SETTINGS

    assert not set(BEHAVIOUR) & set(SETTINGS)
