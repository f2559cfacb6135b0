"""The assistant in the microphone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import Echo, speech_level_db
from rtnb.audio.conditions.levels import NOMINAL_DB
from rtnb.errors import ConfigError

QUESTION = Clip.load(rtnb.sample("weather_question"))
USER = Clip.load(rtnb.sample("dialogue_sample")).gain(-20)[4.0:14.0]


@settings(deadline=None, max_examples=25)
@given(st.floats(-30, 10), st.floats(0, 5000))
def test_level_and_delay_are_those_asked_for(level_db: float, delay_ms: float) -> None:
    mixed = Echo(QUESTION, level_db=level_db, delay_ms=delay_ms)(USER)
    rest = mixed.samples.astype(np.float64) - USER.samples
    begin = round(delay_ms / 1000 * USER.rate_hz)
    assert not rest[:begin].any() and rest[begin : begin + 32000].any()
    alone = Clip(rest[begin : begin + round(QUESTION.duration_s * USER.rate_hz)], USER.rate_hz)
    assert speech_level_db(alone) - speech_level_db(USER) == pytest.approx(level_db, abs=0.2)
    assert np.abs(rest[begin + alone.samples.size :]).max(initial=0.0) < 1e-6


def test_it_is_said_again_and_again_if_asked() -> None:
    rest = Echo(QUESTION, level_db=0, repeat=True)(USER).samples - USER.samples
    size = QUESTION.resample(USER.rate_hz).samples.size
    assert np.allclose(rest[:size], rest[size : 2 * size], atol=1e-6)
    assert np.abs(rest[-16000:]).max() > 0.01


def test_into_silence_it_comes_as_loud_as_below_usual_speech() -> None:
    alone = Echo(QUESTION, level_db=-10)(Clip.silence(3.0))
    assert speech_level_db(alone) == pytest.approx(NOMINAL_DB - 10, abs=0.2)


def test_an_echo_that_begins_after_the_end_is_none() -> None:
    assert Echo(QUESTION, delay_ms=20_000)(USER) is USER


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((Clip.silence(1.0),), "in which something sounds"),
        (("voice.wav",), "in which something sounds"),
        ((QUESTION, 90), "level_db is from"),
        ((QUESTION, -20, -1), "delay_ms is 0 or more"),
    ],
)
def test_what_is_no_echo(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Echo(*arguments)  # type: ignore[arg-type]
