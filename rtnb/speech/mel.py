"""Whisper's log-mel spectrogram in numpy.

80 mel bands over 0..8 kHz at 16 kHz, a 25 ms Hann window every 10 ms, base-10 logarithm limited to 8 decades
below the loudest value and mapped by ``(x + 4) / 4``, as in openai/whisper (MIT), ``whisper/audio.py``.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAMES_A_SECOND", "log_mel"]

RATE_HZ = 16000
FFT = 400
HOP = 160
BANDS = 80
FRAMES_A_SECOND = RATE_HZ // HOP

# Slaney's mel scale: linear below 1 kHz, 27 steps for a factor of 6.4 above.
_BREAK_HZ = 1000.0
_HZ_A_MEL = 200.0 / 3
_BREAK_MEL = _BREAK_HZ / _HZ_A_MEL
_LOG_STEP = np.log(6.4) / 27


def _mel_of_hz(hz: float) -> float:
    return float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP) if hz >= _BREAK_HZ else hz / _HZ_A_MEL


def _hz_of_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel >= _BREAK_MEL, _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL)), mel * _HZ_A_MEL)


@functools.cache
def _filters() -> NDArray[np.float32]:
    """Triangular filters of unit area, float32, shape ``(80, 201)``."""
    edges = _hz_of_mel(np.linspace(0.0, _mel_of_hz(RATE_HZ / 2), BANDS + 2))
    bins = np.linspace(0.0, RATE_HZ / 2, FFT // 2 + 1)
    widths = np.diff(edges)
    slopes = edges[:, None] - bins
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return (np.maximum(0.0, np.minimum(rising, falling)) * area[:, None]).astype(np.float32)


@functools.cache
def _window() -> NDArray[np.float32]:
    return np.hanning(FFT + 1)[:-1].astype(np.float32)


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The log-mel spectrogram of 16 kHz samples.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        At least one hop of 160 samples.

    Returns
    -------
    ndarray of float32, shape (80, n // 160)
        One column for each 10 ms.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.speech.mel import log_mel
    >>> log_mel(np.zeros(16000, dtype=np.float32)).shape
    (80, 100)
    """
    half = FFT // 2
    # Reflection needs more samples than it adds; shorter audio goes on in silence.
    padded = np.pad(samples, (0, max(0, half + 1 - samples.size)))
    padded = np.pad(padded, half, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][: samples.size // HOP]
    power = np.abs(np.fft.rfft(frames * _window(), axis=1)).astype(np.float32) ** 2
    logs: NDArray[np.float32] = np.log10(np.maximum(_filters() @ power.T, np.float32(1e-10)))
    logs = np.maximum(logs, logs.max(initial=-10.0) - np.float32(8.0))
    return (logs + np.float32(4.0)) / np.float32(4.0)
