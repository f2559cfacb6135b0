from __future__ import annotations

import numpy as np
import pytest

from rtnb.speech.mel import BANDS, log_mel


@pytest.mark.parametrize("size", [160, 200, 399, 401, 1600, 16000])
def test_a_column_each_ten_milliseconds(size: int) -> None:
    mel = log_mel(np.random.default_rng(0).standard_normal(size).astype(np.float32))
    assert mel.shape == (BANDS, size // 160)
    assert mel.dtype == np.float32
    assert np.isfinite(mel).all()


def test_silence_is_flat() -> None:
    assert np.allclose(log_mel(np.zeros(1600, dtype=np.float32)), -1.5)


@pytest.mark.parametrize(("tone_hz", "band"), [(200, 4), (1000, 26), (4000, 62)])
def test_a_tone_falls_into_its_band(tone_hz: float, band: int) -> None:
    # Bands by hand: 81 steps over 45.245 mel, where 1 kHz is mel 15 and 4 kHz mel 35.16.
    tone = np.sin(2 * np.pi * tone_hz * np.arange(16000) / 16000).astype(np.float32)
    assert abs(int(log_mel(tone)[:, 50].argmax()) - band) <= 1


def test_eight_decades_at_most() -> None:
    loud_then_silent = np.zeros(16000, dtype=np.float32)
    loud_then_silent[:8000] = np.random.default_rng(0).standard_normal(8000)
    mel = log_mel(loud_then_silent)
    assert mel.max() - mel.min() == pytest.approx(2.0)


def test_a_column_is_the_filtered_spectrum_of_its_window() -> None:
    samples = np.random.default_rng(3).standard_normal(1600).astype(np.float32)
    frame = samples[5 * 160 - 200 : 5 * 160 + 200] * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400))
    turns = np.outer(np.arange(201), np.arange(400)) / 400
    power = np.abs(np.exp(-2j * np.pi * turns) @ frame) ** 2
    # Triangles at evenly spaced mels, each of unit area, written out band by band.
    mels = np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), 82)
    corners = [mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27) for mel in mels]
    bins_hz = 40.0 * np.arange(201)
    for band in (0, 10, 40, 79):
        left, middle, right = corners[band : band + 3]
        weights = np.interp(bins_hz, [left, middle, right], [0, 2 / (right - left), 0])
        assert log_mel(samples)[band, 5] == pytest.approx((np.log10(weights @ power) + 4) / 4, abs=1e-3)
