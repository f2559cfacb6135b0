"""A telephone line."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtnb.audio import g711
from rtnb.audio.clip import Clip
from rtnb.audio.conditions.base import Condition, Stretch, within_full_scale
from rtnb.audio.conditions.filtering import convolved
from rtnb.audio.pcm import int16_of_float
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError

__all__ = ["BAND_HZ", "Telephone"]

BAND_HZ: Final = (300.0, 3400.0)
"""The band of analogue telephony: ITU-T Recommendations G.120 and G.712 (300 to 3400 Hz)."""

TAPS: Final = 255
"""Of the band's filter at 8 kHz: an edge of about 100 Hz. Own choice."""

_CODECS = {
    "pcmu": (g711.ulaw_encode, g711.ulaw_decode),
    "pcma": (g711.alaw_encode, g711.alaw_decode),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone(Condition):
    """300 to 3400 Hz, 8000 samples a second of eight bits by G.711, and back to the clip's rate.

    The filter is a Hamming-windowed sinc of 255 taps whose delay is taken off again.

    Parameters
    ----------
    codec : {"pcmu", "pcma"}
        mu-law (North America, Japan) or A-law (elsewhere).

    Raises
    ------
    ConfigError
        Another codec.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.audio.conditions import Telephone
    >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> called = Telephone(codec="pcma")(clip)
    >>> called.rate_hz == clip.rate_hz, len(called) == len(clip)
    (True, True)
    """

    codec: str = "pcmu"

    def __post_init__(self) -> None:
        if self.codec not in _CODECS:
            raise ConfigError(f'Telephone: the codec is "pcmu" or "pcma", not {self.codec!r:.80}.')

    @property
    def name(self) -> str:
        """Such as "telephone pcmu"."""
        return f"telephone {self.codec}"

    def __call__(self, clip: Clip, speech: Sequence[Stretch] | None = None) -> Clip:
        if not len(clip):
            return clip
        encode, decode = _CODECS[self.codec]
        narrow = resample(clip.samples, clip.rate_hz, g711.RATE_HZ)
        middle = TAPS // 2
        band = convolved(narrow, _band())[middle : middle + narrow.size]
        heard = decode(encode(int16_of_float(band.astype(np.float32)))).astype(np.float32) / np.float32(32768)
        wide = resample(heard, g711.RATE_HZ, clip.rate_hz).astype(np.float64)
        # Resampling may be off by a sample at the end.
        whole = np.zeros(len(clip))
        whole[: wide.size] = wide[: len(clip)]
        return within_full_scale(whole, clip.rate_hz)


@functools.cache
def _band() -> NDArray[np.float64]:
    """The difference of two windowed-sinc low passes (Oppenheim and Schafer, section 7.5)."""
    n = np.arange(TAPS) - TAPS // 2
    low, high = (2 * edge / g711.RATE_HZ for edge in BAND_HZ)
    taps: NDArray[np.float64] = (high * np.sinc(high * n) - low * np.sinc(low * n)) * np.hamming(TAPS)
    taps.flags.writeable = False
    return taps
