"""Conditions in general: same length, same rate, same sound for the same seed, nothing beyond full scale."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import Attenuate, Chain, Condition, Echo, Noise, Reverb, Telephone
from rtnb.errors import ConfigError

QUESTION = Clip.load(rtnb.sample("weather_question"))
EVERY: tuple[Condition, ...] = (
    Noise(snr_db=5),
    Noise(snr_db=0, kind="pink", seed=4),
    Noise(snr_db=0, kind=QUESTION),
    Noise(snr_db=0, kind=[QUESTION, QUESTION.gain(-20)]),
    Reverb(rt60_s=0.4),
    Reverb(response=Clip(np.array([0.1, 1.0, 0.5], dtype=np.float32), 16000)),
    Attenuate(db=20),
    Telephone(),
    Telephone(codec="pcma"),
    Echo(QUESTION, level_db=-10, delay_ms=20),
    Echo(QUESTION, level_db=6, repeat=True),
    Chain(Attenuate(db=6), Reverb(rt60_s=0.2), Noise(snr_db=10), Telephone()),
    Chain(),
)


@pytest.mark.parametrize("condition", EVERY, ids=lambda each: each.name)
@settings(deadline=None, max_examples=15)
@given(
    size=st.integers(0, 4000),
    rate_hz=st.sampled_from([8000, 16000, 22050, 24000, 44100]),
    level=st.sampled_from([0.0, 1e-5, 0.1, 1.0]),
)
def test_length_rate_and_scale_are_kept(condition: Condition, size: int, rate_hz: int, level: float) -> None:
    clip = Clip(level * np.random.default_rng(size).uniform(-1, 1, size), rate_hz)
    made = condition(clip)
    assert (len(made), made.rate_hz) == (len(clip), clip.rate_hz)
    assert np.isfinite(made.samples).all() and made.peak <= 1.0
    assert condition(clip) == made


@pytest.mark.parametrize("condition", EVERY, ids=lambda each: each.name)
def test_conditions_travel_and_are_what_they_say(condition: Condition) -> None:
    again = pickle.loads(pickle.dumps(condition))
    assert again == condition and again.name == condition.name
    assert again(QUESTION) == condition(QUESTION)
    assert len({each.name for each in EVERY}) >= 10


def test_nothing_moves() -> None:
    """What a condition makes of speech is most like the speech where it was."""
    clip = Clip.concat([Clip.silence(0.3), QUESTION, Clip.silence(0.5)])
    for condition in (
        Noise(snr_db=20),
        Reverb(rt60_s=0.5),
        Attenuate(db=20),
        Telephone(),
        Chain(Reverb(rt60_s=0.3), Telephone()),
    ):
        spectrum = np.fft.rfft(clip.samples) * np.conj(np.fft.rfft(condition(clip).samples))
        assert int(np.fft.irfft(spectrum, len(clip)).argmax()) == 0, condition.name


def test_a_chain_is_one_after_the_other_and_has_their_names() -> None:
    first, second = Attenuate(db=10), Noise(snr_db=10)
    assert Chain(first, second)(QUESTION) == second(first(QUESTION))
    assert Chain(first, second).name == "attenuated 10 dB + noise 10 dB"
    assert Chain()(QUESTION) is QUESTION and Chain().name == "clean"
    assert repr(Chain(first)) == "Chain(Attenuate(db=10))"


def test_a_chain_is_of_conditions() -> None:
    with pytest.raises(ConfigError, match="A chain is of conditions such as"):
        Chain(Attenuate(db=1), lambda clip: clip)  # type: ignore[arg-type]
