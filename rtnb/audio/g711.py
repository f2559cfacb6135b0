"""G.711, the codec of telephony: 16-bit samples as 8-bit codes with logarithmic steps, mu-law or A-law.

Source: ITU-T Recommendation G.711 (11/1988), tables 1a to 2b. Both laws cut a sample into a sign, one of eight
segments that double in width, and one of sixteen steps inside the segment. mu-law works on 14-bit magnitudes
raised by 33 and stores the complement; A-law works on 13-bit magnitudes and inverts every other bit.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE_HZ", "alaw_decode", "alaw_encode", "ulaw_decode", "ulaw_encode"]

RATE_HZ = 8000
"""Samples a second of G.711 audio, and bytes a second."""

_ULAW_BIAS = 33
_ULAW_CLIP = 8159
_ALAW_FLIP = 0x55


def ulaw_encode(samples: NDArray[np.int16]) -> bytes:
    """16-bit samples as mu-law, one byte each.

    Examples
    --------
    >>> ulaw_encode(np.array([0, 1000, -1000, 32767], dtype=np.int16)).hex()
    'ffce4e80'
    """
    return _ulaw_codes()[samples.astype(np.int16, copy=False).view(np.uint16)].tobytes()


def ulaw_decode(data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
    """mu-law bytes as 16-bit samples.

    Examples
    --------
    >>> ulaw_decode(bytes.fromhex("ffce4e80")).tolist()
    [0, 988, -988, 32124]
    """
    return _ulaw_samples()[np.frombuffer(data, dtype=np.uint8)]


def alaw_encode(samples: NDArray[np.int16]) -> bytes:
    """16-bit samples as A-law, one byte each.

    Examples
    --------
    >>> alaw_encode(np.array([0, 1000, -1000, 32767], dtype=np.int16)).hex()
    'd5fa7aaa'
    """
    return _alaw_codes()[samples.astype(np.int16, copy=False).view(np.uint16)].tobytes()


def alaw_decode(data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
    """A-law bytes as 16-bit samples.

    Examples
    --------
    >>> alaw_decode(bytes.fromhex("d5fa7aaa")).tolist()
    [8, 1008, -1008, 32256]
    """
    return _alaw_samples()[np.frombuffer(data, dtype=np.uint8)]


def _every_sample() -> NDArray[np.int32]:
    """All 16-bit samples, in the order of their bits read as unsigned numbers."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


@cache
def _ulaw_codes() -> NDArray[np.uint8]:
    samples = _every_sample() >> 2
    magnitude = np.minimum(np.abs(samples), _ULAW_CLIP) + _ULAW_BIAS
    # The raised magnitude lies in 33 ... 8192, so its highest bit tells the segment.
    segment = np.minimum(np.log2(magnitude).astype(np.int32) - 5, 7)
    step = np.minimum(magnitude >> (segment + 1), 31) & 0x0F
    code = (segment << 4) | step
    codes: NDArray[np.uint8] = np.where(samples < 0, code ^ 0x7F, code ^ 0xFF).astype(np.uint8)
    return codes


@cache
def _ulaw_samples() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 1) + _ULAW_BIAS) << ((code >> 4) & 7)) - _ULAW_BIAS
    samples: NDArray[np.int16] = (np.where(code & 0x80, -magnitude, magnitude) << 2).astype(np.int16)
    return samples


@cache
def _alaw_codes() -> NDArray[np.uint8]:
    samples = _every_sample() >> 3
    magnitude = np.where(samples < 0, -samples - 1, samples)
    # Below 32 the steps are those of the first segment.
    segment = np.maximum(np.log2(np.maximum(magnitude, 1)).astype(np.int32) - 4, 0)
    step = (magnitude >> np.maximum(segment, 1)) & 0x0F
    code = (segment << 4) | step
    codes: NDArray[np.uint8] = np.where(samples < 0, code ^ _ALAW_FLIP, code ^ (_ALAW_FLIP | 0x80)).astype(np.uint8)
    return codes


@cache
def _alaw_samples() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ _ALAW_FLIP
    segment, step = (code >> 4) & 7, code & 0x0F
    # Each code stands for the middle of its step.
    base = (step << 1) + 1 + np.where(segment > 0, 32, 0)
    magnitude = base << np.maximum(segment - 1, 0)
    samples: NDArray[np.int16] = (np.where(code & 0x80, magnitude, -magnitude) << 3).astype(np.int16)
    return samples
