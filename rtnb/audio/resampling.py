"""Resampling through soxr: whole arrays and streams."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["StreamResampler", "resample"]


def resample(samples: NDArray[np.float32], rate_in_hz: int, rate_out_hz: int) -> NDArray[np.float32]:
    """float32 samples of shape ``(n,)`` at another rate, soxr high quality."""
    import soxr

    if samples.size == 0 or rate_in_hz == rate_out_hz:
        return samples
    return cast("NDArray[np.float32]", soxr.resample(samples, rate_in_hz, rate_out_hz))


class StreamResampler:
    """Resample a stream chunk by chunk; equal rates pass through untouched.

    Parameters
    ----------
    rate_in_hz, rate_out_hz : int
        Samples per second going in and coming out.
    quality : str
        A soxr quality; ``"QQ"`` has the least delay, ``"HQ"`` the least error.
    """

    def __init__(self, rate_in_hz: int, rate_out_hz: int, quality: str = "QQ") -> None:
        import soxr

        self._stream = (
            None
            if rate_in_hz == rate_out_hz
            else soxr.ResampleStream(rate_in_hz, rate_out_hz, 1, dtype="float32", quality=quality)
        )

    def push(self, samples: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """The next samples of the stream at the new rate; `last` flushes what is held back."""
        if self._stream is None:
            return samples
        return cast("NDArray[np.float32]", self._stream.resample_chunk(samples, last=last))
