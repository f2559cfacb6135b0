"""Samples between their shapes: float32 in -1..1, int16, and little-endian bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtnb.errors import AudioError

__all__ = ["as_float_mono", "checked_rate", "float_of_int16", "int16_of_bytes", "int16_of_float"]

FULL_SCALE = 32768.0
"""int16 value of +-1.0. One constant both ways makes int16 -> float32 -> int16 exact."""


MOST_CHANNELS = 64
"""An array with more, and with more of them than samples, lies on its side."""


def checked_rate(rate_hz: int) -> int:
    """`rate_hz` as an int, or AudioError when it is not a positive whole number."""
    if isinstance(rate_hz, bool) or not isinstance(rate_hz, int | np.integer) or rate_hz <= 0:
        raise AudioError(f"A sample rate is a positive whole number of hertz, not {rate_hz!r}.")
    return int(rate_hz)


def float_of_int16(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """int16 to float32 in -1..1."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def int16_of_float(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """float32 to int16, rounded to nearest, clipped at full scale."""
    scaled: NDArray[np.float32] = np.rint(samples * np.float32(FULL_SCALE))
    return np.clip(scaled, -32768, 32767).astype(np.int16)


def int16_of_bytes(data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
    """Little-endian 16-bit PCM bytes as int16, shape ``(n,)``."""
    # The length of a memoryview is in items, which need not be bytes.
    whole = bytes(data)
    if len(whole) % 2:
        raise AudioError(f"16-bit PCM has two bytes a sample; {len(whole)} bytes cannot be whole samples.")
    return np.frombuffer(whole, dtype="<i2").astype(np.int16)


def as_float_mono(samples: ArrayLike) -> NDArray[np.float32]:
    """Any accepted samples as a new float32 array of shape ``(n,)``; see :class:`rtnb.Clip`."""
    try:
        array = np.asarray(samples)
    except ValueError as error:
        raise AudioError(f"These are not audio samples: {error}.") from None
    if array.size == 0 and array.ndim <= 1:
        return np.zeros(0, dtype=np.float32)
    if array.dtype.kind == "i" and array.dtype.itemsize == 2:  # int16 of either byte order
        mono = float_of_int16(array)
    elif np.issubdtype(array.dtype, np.floating):
        with np.errstate(over="ignore"):  # what overflows is refused below
            mono = array.astype(np.float32)
    else:
        raise AudioError(
            f"Samples must be float (in -1..1) or int16, not {array.dtype}. "
            "Convert them first, e.g. (x / 2**31).astype('float32') for 32-bit integers."
        )
    if mono.ndim == 2 and mono.shape[1] > max(MOST_CHANNELS, mono.shape[0]):
        raise AudioError(
            f"{mono.shape[1]:,} channels of {mono.shape[0]:,} samples? The shape is (n, channels): "
            "transpose it, samples.T."
        )
    if mono.ndim == 2 and mono.shape[1]:
        mono = mono.mean(axis=1, dtype=np.float32)
    if mono.ndim != 1:
        raise AudioError(f"Samples have the shape (n,) or (n, channels), not {array.shape}.")
    if not np.isfinite(mono).all():
        raise AudioError("The samples contain NaN or infinity; replace them first, e.g. with np.nan_to_num.")
    clipped: NDArray[np.float32] = np.clip(mono, -1.0, 1.0, dtype=np.float32)
    return clipped
