from __future__ import annotations

import numpy as np
import pytest

from rtnb.errors import ConfigError
from rtnb.speech.tone import PEAK, RATE_HZ, ToneVoice


def runs(samples: np.ndarray) -> int:
    """The number of stretches of sound."""
    loud = np.abs(samples) > 1e-3
    envelope = np.convolve(loud, np.ones(480), "same") > 0
    return int((np.diff(envelope.astype(int)) == 1).sum() + envelope[0])


def test_one_tone_a_word() -> None:
    assert runs(ToneVoice().synthesize("What is the weather in Paris?")) == 6


def test_same_text_same_samples_and_other_text_others() -> None:
    voice = ToneVoice()
    assert np.array_equal(voice.synthesize("Hello there."), ToneVoice().synthesize("Hello there."))
    assert not np.array_equal(voice.synthesize("Hello there."), voice.synthesize("Hello you."))


def test_level_and_shape() -> None:
    samples = ToneVoice().synthesize("A longer sentence, with a pause.")
    assert samples.dtype == np.float32
    assert 0.5 * PEAK < np.abs(samples).max() <= PEAK
    assert np.abs(np.diff(samples)).max() < 0.06


def test_speed_is_kept() -> None:
    voice = ToneVoice()
    natural, fast = voice.synthesize("one two three").size, voice.synthesize("one two three", speed=2).size
    assert fast == pytest.approx(natural / 2, rel=0.01)
    with pytest.raises(ConfigError):
        voice.synthesize("one", speed=9)
    with pytest.raises(ConfigError):
        voice.stream("one", speed=9)


def test_the_stream_gives_the_same_samples() -> None:
    voice = ToneVoice()
    pieces = list(voice.stream("one, two three"))
    assert len(pieces) == 3
    assert np.array_equal(np.concatenate(pieces), voice.synthesize("one, two three", voice="marin"))


@pytest.mark.parametrize("text", ["", "  ", "...", "!?"])
def test_nothing_to_say(text: str) -> None:
    assert ToneVoice().synthesize(text).shape == (0,)


def test_other_scripts_have_tones_too() -> None:
    assert 0 < ToneVoice().synthesize("你好").size < RATE_HZ
