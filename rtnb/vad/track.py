"""A probability track: what an engine says of a recording, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable
from rtnb.errors import ConfigError

__all__ = ["HOPS_S", "Track"]

HOPS_S = (0.001, 10.0)
"""The least and the most seconds a frame may take. Own choice: engines have 10 to 100 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Track(Drawable):
    """Speech probabilities of a clip.

    Attributes
    ----------
    p : ndarray of float32, shape (n,)
        One probability a frame, 0 to 1, read-only: made of any one-dimensional numbers, and of a copy where those may
        be written to. A frame of exactly -1 is silence under every threshold, 0 included; it keeps recordings apart.
    hop_s : float
        Seconds a frame, 0.001 to 10.
    engine : str
        The engine that computed them.
    name : str
        What the recording is called; empty where it has no name.
    as_sent : str
        The format in which a server is supposed to get the audio, such as ``"audio/pcm"``; empty where the engine got
        the recording itself.

    Raises
    ------
    ConfigError
        `p` are no probabilities, or `hop_s` is no length of a frame.

    Examples
    --------
    >>> from rtnb.vad import Track
    >>> Track([0.1, 0.9, 0.8], 0.032, "mine")
    Track(0.096 s, 3 frames of 32 ms, mine)
    """

    p: NDArray[np.float32]
    hop_s: float
    engine: str
    name: str = ""
    as_sent: str = ""

    def __post_init__(self) -> None:
        hop_s, (least, most) = self.hop_s, HOPS_S
        number = isinstance(hop_s, (int, float, np.integer, np.floating)) and not isinstance(hop_s, bool)
        if not number or not least <= hop_s <= most:
            raise ConfigError(
                f"A track's hop_s is {hop_s!r:.80}; that is the seconds of a frame, {least:g} to {most:g}."
            )
        object.__setattr__(self, "hop_s", float(hop_s))
        object.__setattr__(self, "p", _probabilities(self.p))

    # Pickled arrays come back writable.
    def __reduce__(self) -> tuple[Any, ...]:
        return Track, (self.p, self.hop_s, self.engine, self.name, self.as_sent)

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover: the clip's length, rounded up to whole frames."""
        return self.p.size * self.hop_s

    def __repr__(self) -> str:
        sent = f", as sent in {self.as_sent}" if self.as_sent else ""
        return f"Track({self.duration_s:.3f} s, {self.p.size} frames of {1000 * self.hop_s:g} ms, {self.engine}{sent})"


def _probabilities(values: object) -> NDArray[np.float32]:
    """A read-only array of single precision.

    Raises
    ------
    ConfigError
        They are not numbers in one dimension, from 0 to 1 or -1.
    """
    try:
        given = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"A track's p is an array of probabilities, one a frame: {error}.") from None
    # An empty list is of float64.
    if given.ndim != 1 or given.dtype.kind not in "fiu":
        raise ConfigError(
            f"A track's p has one probability a frame, so that its shape is (frames,); this is {given.dtype} in the "
            f"shape {given.shape}."
        )
    with np.errstate(over="ignore"):
        p: NDArray[np.float32] = given.astype(np.float32, copy=given.flags.writeable)
    p.flags.writeable = False
    # A NaN is the least of all, and compares with nothing.
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        wrong = np.flatnonzero(~((p >= 0) & (p <= 1) | (p == -1)))
        if wrong.size:
            raise ConfigError(
                f"A track's p are probabilities from 0 to 1; {float(given[wrong[0]]):g} in frame {wrong[0]} is none"
                + (f", as are {wrong.size - 1} others." if wrong.size > 1 else ".")
            )
    return p
