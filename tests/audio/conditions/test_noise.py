"""Noise at the ratio that was asked for, and of the colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import Noise, speech_level_db
from rtnb.audio.conditions.levels import NOMINAL_DB
from rtnb.errors import ConfigError
from rtnb.vad import Span

QUESTION = Clip.load(rtnb.sample("weather_question")).gain(-20)
KINDS: tuple[object, ...] = ("white", "pink", QUESTION, (QUESTION, QUESTION[0.5:1.5]))


def noise_of(noisy: Clip, clip: Clip) -> np.ndarray:
    return noisy.samples.astype(np.float64) - clip.samples


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples**2)))


@pytest.mark.parametrize("kind", KINDS, ids=["white", "pink", "recording", "babble"])
@settings(deadline=None, max_examples=20)
@given(snr_db=st.floats(-5, 40), seed=st.integers(0, 1000), pause_s=st.sampled_from([0.0, 2.0]))
def test_the_measured_ratio_is_the_one_asked_for(kind: object, snr_db: float, seed: int, pause_s: float) -> None:
    clip = QUESTION + Clip.silence(pause_s)
    noisy = Noise(snr_db=snr_db, kind=kind, seed=seed)(clip)  # type: ignore[arg-type]
    assert noisy.peak < 1.0
    assert speech_level_db(clip) - level_db(noise_of(noisy, clip)) == pytest.approx(snr_db, abs=0.02)


def test_the_ratio_goes_by_labels_where_there_are_any() -> None:
    clip = Clip.concat([QUESTION, QUESTION.gain(-12)])
    speech = [Span(QUESTION.duration_s, clip.duration_s)]
    noise = noise_of(Noise(snr_db=10)(clip, speech), clip)
    assert speech_level_db(clip, speech) - level_db(noise) == pytest.approx(10, abs=0.02)
    assert level_db(noise_of(Noise(snr_db=10)(clip), clip)) > level_db(noise) + 6


def test_what_would_exceed_full_scale_is_softer_as_a_whole() -> None:
    clip = Clip(QUESTION.samples / QUESTION.peak, QUESTION.rate_hz)
    noisy = Noise(snr_db=-10)(clip)
    assert noisy.peak == pytest.approx(1.0)
    # What is left of the clip tells the scale, and then the ratio.
    share = float(np.dot(noisy.samples, clip.samples) / np.dot(clip.samples, clip.samples))
    rest = noisy.samples - share * clip.samples
    assert speech_level_db(clip) + 20 * np.log10(share) - level_db(rest) == pytest.approx(-10, abs=0.2)


def octaves(kind: str) -> list[float]:
    noise = noise_of(Noise(snr_db=0, kind=kind)(Clip.silence(20.0, 16000)), Clip.silence(20.0, 16000))
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / 16000)
    return [float(10 * np.log10(power[(hz >= low) & (hz < 2 * low)].sum())) for low in (125, 250, 500, 1000, 2000)]


def test_white_noise_gains_3_db_an_octave_and_pink_noise_none() -> None:
    assert np.diff(octaves("white")) == pytest.approx([3.01] * 4, abs=0.3)
    assert np.diff(octaves("pink")) == pytest.approx([0.0] * 4, abs=0.3)


def test_a_silent_recording_gets_the_noise_that_usual_speech_would() -> None:
    noisy = Noise(snr_db=20)(Clip.silence(2.0))
    assert level_db(noisy.samples.astype(np.float64)) == pytest.approx(NOMINAL_DB - 20, abs=0.01)
    assert len(Noise(snr_db=20)(Clip([], 24000))) == 0


def test_seeds_and_recordings_have_noise_of_their_own() -> None:
    one = noise_of(Noise(snr_db=10, seed=1)(QUESTION), QUESTION)
    other_seed = noise_of(Noise(snr_db=10, seed=2)(QUESTION), QUESTION)
    clip = Clip(QUESTION.samples[::-1], QUESTION.rate_hz)
    other_clip = noise_of(Noise(snr_db=10, seed=1)(clip), clip)
    assert abs(np.corrcoef(one, other_seed)[0, 1]) < 0.05
    assert abs(np.corrcoef(one, other_clip)[0, 1]) < 0.05


def test_names() -> None:
    assert [Noise(snr_db=7.5, kind=kind).name for kind in KINDS] == [  # type: ignore[arg-type]
        "noise 7.5 dB",
        "pink noise 7.5 dB",
        "noise recording 7.5 dB",
        "babble 7.5 dB",
    ]
    assert Noise(snr_db=3, kind=QUESTION, label="canteen").name == "canteen 3 dB"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"snr_db": float("nan")}, "snr_db is from -60 to 100"),
        ({"snr_db": "10"}, "snr_db is from -60 to 100"),
        ({"snr_db": 10, "kind": "brown"}, '"white", "pink", a Clip or several'),
        ({"snr_db": 10, "kind": []}, "a Clip or several"),
        ({"snr_db": 10, "kind": [QUESTION, 3]}, "a Clip or several"),
        ({"snr_db": 10, "kind": Clip.silence(1.0)}, "empty or silent"),
        ({"snr_db": 10, "kind": [QUESTION, Clip([], 24000)]}, "empty or silent"),
    ],
)
def test_what_is_no_noise(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Noise(**options)  # type: ignore[arg-type]
