"""The band and the bits of a telephone."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb import Clip
from rtnb.audio.conditions import Telephone
from rtnb.errors import ConfigError


def gain_db(hz: float, rate_hz: int, codec: str) -> float:
    time = np.arange(rate_hz) / rate_hz
    clip = Clip(0.3 * np.sin(2 * np.pi * hz * time), rate_hz)
    window = np.hanning(rate_hz)
    before, after = (np.abs(np.fft.rfft(each.samples * window)) for each in (clip, Telephone(codec=codec)(clip)))
    return float(20 * np.log10(max(after[round(hz)], 1e-12) / before[round(hz)]))


@pytest.mark.parametrize("codec", ["pcmu", "pcma"])
@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000])
def test_the_band_is_that_of_telephony(codec: str, rate_hz: int) -> None:
    for hz in (400, 1000, 2000, 3250):
        assert gain_db(hz, rate_hz, codec) == pytest.approx(0.0, abs=0.5), hz
    for hz in (60, 200, 3600, 3900):
        assert gain_db(hz, rate_hz, codec) < -25, hz


def test_nothing_is_left_above_4_khz() -> None:
    clip = Clip(0.3 * np.random.default_rng(1).standard_normal(48000).clip(-3, 3), 24000)
    power = np.abs(np.fft.rfft(Telephone()(clip).samples)) ** 2
    hz = np.fft.rfftfreq(48000, 1 / 24000)
    assert power[hz > 4200].sum() < 1e-4 * power.sum()


def test_eight_bits_are_heard_as_noise_some_38_db_down() -> None:
    """G.711 has a signal-to-distortion ratio of about 38 dB over a wide range of levels (G.712, figure 5)."""
    time = np.arange(16000) / 8000
    clip = Clip(0.3 * np.sin(2 * np.pi * 1013 * time), 8000)
    for codec in ("pcmu", "pcma"):
        heard = Telephone(codec=codec)(clip).samples[2000:14000]
        wave = clip.samples[2000:14000]
        share = np.dot(heard, wave) / np.dot(wave, wave)
        rest = heard - share * wave
        assert 33 < 10 * np.log10(np.mean((share * wave) ** 2) / np.mean(rest**2)) < 45


def test_speech_stays_speech() -> None:
    clip = Clip.load(rtnb.sample("weather_question"))
    called = Telephone()(clip)
    assert np.corrcoef(called.samples, clip.samples)[0, 1] > 0.6
    assert Telephone()(Clip.silence(0.5)).peak == 0.0 and len(Telephone()(Clip([], 24000))) == 0


def test_other_codecs_are_refused() -> None:
    with pytest.raises(ConfigError, match='the codec is "pcmu" or "pcma"'):
        Telephone(codec="opus")
