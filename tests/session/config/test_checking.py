from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb import ServerVad
from rtnb.errors import ConfigError
from rtnb.session.config.checking import SECRET_MEMBERS, checked, no_json, plain, shown, unknown_names, wrong

SECRET = "hush-hush"


def holding(secret: str) -> st.SearchStrategy[Any]:
    """Settings with a secret somewhere in them."""
    inner = st.sampled_from(sorted(SECRET_MEMBERS)).map(lambda name: {name: secret})
    return st.recursive(
        inner | st.just({"headers": {"X": secret}}) | st.just("sk-" + secret),
        lambda deeper: (
            st.lists(deeper, min_size=1, max_size=2) | st.fixed_dictionaries({"tools": deeper, "x": st.text()})
        ),
        max_leaves=4,
    )


@given(holding(SECRET))
def test_no_secret_is_ever_shown(value: Any) -> None:
    assert SECRET not in shown(value) and SECRET not in str(wrong("tools", value, "a list"))


@given(st.text() | st.binary() | st.lists(st.text()))
def test_what_is_shown_is_short(value: Any) -> None:
    assert len(shown(value)) <= 80


def test_plain_is_json() -> None:
    settings = {"a": (1, np.float32(0.5), np.int64(3), np.bool_(True)), "b": [ServerVad(threshold=0.5)], "c": None}
    assert json.loads(json.dumps(plain(settings))) == {
        "a": [1, 0.5, 3, True],
        "b": [{"type": "server_vad", "threshold": 0.5}],
        "c": None,
    }


def test_a_checked_value_comes_back_as_it_is() -> None:
    assert checked(1.25, "speed", "a number", "RealtimeAudioConfigOutputParam", "speed") == 1.25
    with pytest.raises(ConfigError, match=r"^speed='fast' cannot be used: speed is a number\.$"):
        checked(["fast"], "speed", "a number", "RealtimeAudioConfigOutputParam", "speed", given="fast")


def test_unknown_names_come_with_those_that_may_be_meant() -> None:
    error = unknown_names({"voise", "zzz"}, ["voice", "speed"], "setting", "Settings are")
    assert str(error) == "Unknown setting 'voise', 'zzz'. 'voise' is probably 'voice'. Settings are: voice, speed."


def test_what_is_told_of_a_name_stands_for_the_guess() -> None:
    error = unknown_names({"voise"}, ["voice"], "setting", "Settings are", told={"voise": "It is gone."})
    assert str(error) == "Unknown setting 'voise'. It is gone. Settings are: voice."


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": [1, None, "x", True, 2.5]}, None),
        ({"a": {"b": [1, {2}]}}, ("a.b[1]", {2})),
        ({"a": {3: 1}}, ("a", 3)),
        (b"x", ("", b"x")),
    ],
)
def test_what_json_cannot_hold_is_found(value: object, found: object) -> None:
    assert no_json(value) == found
