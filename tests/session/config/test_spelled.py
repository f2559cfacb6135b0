"""Keywords that are spelled out for checkers and shells are those that are taken."""

from __future__ import annotations

import inspect

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session import transcription
from rtnb.session.behaviour import BEHAVIOUR
from rtnb.session.config.keywords import SETTINGS, session_patch
from rtnb.session.config.overrides import OVERRIDES, response_of
from rtnb.session.config.spelled import UNSET, ConnectOptions, Overrides, Settings, TranscriptionOptions


@pytest.mark.parametrize(
    ("spelled", "taken"),
    [
        (Settings, SETTINGS),
        (ConnectOptions, (*SETTINGS, *BEHAVIOUR)),
        (Overrides, OVERRIDES),
        (TranscriptionOptions, transcription.SETTINGS),
    ],
)
def test_what_is_spelled_is_what_is_taken(spelled: type, taken: tuple[str, ...]) -> None:
    assert sorted(spelled.__annotations__) == sorted(taken)


def test_a_transcription_session_takes_what_it_says() -> None:
    found = inspect.signature(transcription.AsyncTranscriptionSession.__init__).parameters.values()
    assert {each.name for each in found if each.kind is each.KEYWORD_ONLY} == set(transcription.SETTINGS)


@pytest.mark.parametrize("name", ["voice", "session", "tools"])
def test_what_a_signature_shows_is_no_value(name: str) -> None:
    assert inspect.signature(rtnb.connect).parameters[name].default is UNSET
    for take in (
        lambda: rtnb.connect(**{name: UNSET}),
        lambda: rtnb.connect(policy=UNSET),
        lambda: session_patch({name: UNSET}),
        lambda: response_of({"response" if name == "session" else name: UNSET}),
    ):
        with pytest.raises(ConfigError, match="leave it out"):
            take()
