"""Rooms: they die away as fast as asked, and leave the direct sound alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import Reverb, impulse_response
from rtnb.errors import ConfigError

QUESTION = Clip.load(rtnb.sample("weather_question")).gain(-20)


def measured_rt60_s(room: Clip) -> float:
    """By Schroeder's backward integration, between -5 and -25 dB of the tail (ISO 3382-2, T20)."""
    tail = room.samples.astype(np.float64).copy()
    tail[0] = 0.0
    energy = np.cumsum(tail[::-1] ** 2)[::-1]
    db = 10 * np.log10(energy[energy > 0] / energy[0])
    inside = np.flatnonzero((db <= -5) & (db >= -25))
    slope, _ = np.polyfit(inside / room.rate_hz, db[inside], 1)
    return float(-60 / slope)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.15, 2.0), st.floats(-10, 20), st.integers(0, 100))
def test_a_room_dies_away_as_fast_as_asked(rt60_s: float, drr_db: float, seed: int) -> None:
    room = impulse_response(rt60_s, drr_db, rate_hz=16000, seed=seed)
    assert measured_rt60_s(room) == pytest.approx(rt60_s, rel=0.1)
    h = room.samples.astype(np.float64)
    assert 10 * np.log10(h[0] ** 2 / np.sum(h[1:] ** 2)) == pytest.approx(drr_db, abs=0.01)
    assert not h[1 : round(0.0025 * 16000)].any()


def test_the_direct_sound_keeps_time_and_level() -> None:
    click = np.zeros(24000)
    click[6000] = 0.25
    wet = Reverb(rt60_s=0.6, drr_db=3)(Clip(click, 24000)).samples
    assert wet[6000] == pytest.approx(0.25, rel=1e-5) and np.abs(wet[:5999]).max() < 1e-6
    assert np.sum(wet[6001:] ** 2) > 0.4 * wet[6000] ** 2


def test_a_measured_room_is_aligned_by_its_direct_sound() -> None:
    response = np.zeros(800, dtype=np.float32)
    response[160], response[480] = -0.5, 0.25  # 10 ms late, upside down, and half of it again 20 ms later
    wet = Reverb(response=Clip(response, 16000))(QUESTION.resample(16000)).samples
    dry = QUESTION.resample(16000).samples
    assert np.allclose(wet[320:], dry[320:] - 0.5 * dry[:-320], atol=1e-6)
    assert np.allclose(wet[:320], dry[:320], atol=1e-6)


def test_seeds_make_rooms() -> None:
    assert Reverb(rt60_s=0.5)(QUESTION) == Reverb(rt60_s=0.5)(QUESTION)
    assert Reverb(rt60_s=0.5, seed=1)(QUESTION) != Reverb(rt60_s=0.5)(QUESTION)


def test_no_reverberation_changes_nothing() -> None:
    assert Reverb(rt60_s=0)(QUESTION) is QUESTION
    assert len(Reverb(rt60_s=1.0)(Clip([], 16000))) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "give either"),
        ({"rt60_s": 0.5, "response": QUESTION}, "give either"),
        ({"rt60_s": 11}, "from 0 to 10 seconds"),
        ({"rt60_s": 0.5, "drr_db": 90}, "from -40 to 60 dB"),
        ({"response": Clip.silence(0.1)}, "in which something sounds"),
    ],
)
def test_what_is_no_room(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Reverb(**options)  # type: ignore[arg-type]
