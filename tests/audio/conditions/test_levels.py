"""How loud speech is, whatever is between."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import speech_level_db
from rtnb.audio.conditions.levels import active
from rtnb.vad import Span

RATE_HZ = 16000


def tone(duration_s: float, level_db: float) -> Clip:
    time = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return Clip(np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * 500 * time), RATE_HZ)


def test_pauses_do_not_count() -> None:
    for pause_s in (0.0, 1.0, 20.0):
        clip = Clip.concat([tone(1.0, -20), Clip.silence(pause_s, RATE_HZ), tone(1.0, -20)])
        assert speech_level_db(clip) == pytest.approx(-20, abs=0.01)


def test_a_soft_hum_under_the_pauses_does_not_count_either() -> None:
    clip = Clip.concat([tone(1.0, -20), tone(9.0, -55)])
    assert speech_level_db(clip) == pytest.approx(-20, abs=0.05)


def test_labels_have_the_last_word() -> None:
    clip = Clip.concat([tone(1.0, -10), tone(1.0, -30)])
    assert speech_level_db(clip, [Span(1.0, 2.0)]) == pytest.approx(-30, abs=0.01)
    assert active(clip, [Span(1.5, 9.0)]).nonzero()[0].tolist() == list(range(24000, 32000))


def test_without_speech_there_is_no_level() -> None:
    for clip in (Clip([], 16000), Clip.silence(1.0)):
        assert speech_level_db(clip) == float("-inf")
    assert speech_level_db(tone(1.0, -20), []) == float("-inf")


def test_a_click_does_not_make_pauses_of_the_rest() -> None:
    samples = Clip.load(rtnb.sample("dialogue_sample")).gain(-20).samples.copy()
    before = active(Clip(samples, 16000))
    samples[1000:1100] = 1.0
    assert np.mean(active(Clip(samples, 16000)) != before) < 0.02
