"""Ten voices out of one: every voice name has a pitch and a pace of its own.

There is one local synthesiser with one voice, and clients choose among ten names. So each name is that voice
raised or lowered: what the synthesiser made is resampled, which multiplies its pitch and its formants, and the
synthesiser is asked for a pace that makes up for it, so that nobody hurries. ``marin`` is the voice as it is.
The numbers are in ``voices.json``; neighbours are 5 % apart in pitch, and nobody is further than 25 % from the
natural voice.

A custom voice, ``{"id": "voice_..."}`` on the wire, gets a pitch between two of the named ones, picked by its
id: the same id always sounds the same. So does any other name.
"""

from __future__ import annotations

import functools
import json
import zlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.resampling import resample

__all__ = ["NATURAL", "VoiceProfile", "repitched", "voice_names", "voice_profile"]

NATURAL = "marin"
"""The voice that is played as the synthesiser makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceProfile:
    """How a voice differs from the natural one.

    Parameters
    ----------
    pitch : float
        What its fundamental frequency and its formants are multiplied with; 1 is the natural voice.
    rate : float
        Its pace at speed 1; 1 is the natural pace.
    """

    pitch: float
    rate: float

    def synthesis_speed(self, speed: float) -> float:
        """The speed to ask of a synthesiser whose sound is then changed by :func:`repitched`.

        Parameters
        ----------
        speed : float
            What the session asks for; 1 is the natural pace.

        Examples
        --------
        >>> VoiceProfile(pitch=0.8, rate=1.0).synthesis_speed(1.0)
        1.25
        """
        return speed * self.rate / self.pitch


@functools.cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files("rtnb.speech").joinpath("voices.json").read_text("utf-8"))
    return table


def voice_names() -> tuple[str, ...]:
    """The names with a row of their own, from the lowest to the highest.

    Examples
    --------
    >>> voice_names()[0], voice_names()[-1]
    ('cedar', 'shimmer')
    """
    return tuple(_table()["voices"])


def voice_profile(voice: str) -> VoiceProfile:
    """How a voice is played, by its name or, for a custom one, its id.

    Examples
    --------
    >>> voice_profile("marin")
    VoiceProfile(pitch=1.0, rate=1.0)
    >>> voice_profile("voice_abc") == voice_profile("voice_abc")
    True
    """
    table = _table()
    if (row := table["voices"].get(voice)) is not None:
        return VoiceProfile(**row)
    pitches, rates = table["custom"]["pitches"], table["custom"]["rates"]
    draw, left = divmod(zlib.crc32(voice.encode("utf-8", "replace")), len(pitches))
    return VoiceProfile(pitch=pitches[left], rate=rates[draw % len(rates)])


def repitched(samples: NDArray[np.float32], rate_hz: int, pitch: float) -> NDArray[np.float32]:
    """The sound with all its frequencies multiplied by `pitch`; it takes ``1 / pitch`` as long.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        In -1..1.
    rate_hz : int
        Samples per second, before and after.
    pitch : float
        More than 1 is higher and shorter; 1 gives `samples` back untouched.

    Examples
    --------
    >>> import numpy as np
    >>> repitched(np.zeros(12000, dtype=np.float32), 24000, 1.25).size
    9600
    """
    return resample(samples, round(rate_hz * pitch), rate_hz)
