"""The templates of asides."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.verbs.prompts import NAMES, aside_prompt, filled


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_read(name: str) -> None:
    assert rtnb.aside_prompt(name) == aside_prompt(name) and len(aside_prompt(name)) > 100


@pytest.mark.parametrize(
    ("name", "places"), [("classify", ("labels", "more")), ("moderate", ("policy", "more")), ("transcribe", ("more",))]
)
def test_its_places_are_filled(name: str, places: tuple[str, ...]) -> None:
    text = filled(aside_prompt(name), dict.fromkeys(places, "HERE"))
    assert text.count("HERE") == len(places) and "{{" not in text
    assert "\n\n\n" not in filled(aside_prompt(name), dict.fromkeys(places, ""))


def test_an_unknown_one_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="classify, moderate"):
        aside_prompt("poem")
