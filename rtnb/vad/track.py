"""A probability track: what an engine says of a recording, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable

__all__ = ["Track"]


@dataclass(frozen=True, slots=True, eq=False)
class Track(Drawable):
    """Speech probabilities of a clip.

    Attributes
    ----------
    p : ndarray of float32, shape (n,)
        One probability a frame, read-only.
    hop_s : float
        Seconds a frame.
    engine : str
        The engine that computed them.
    name : str
        What the recording is called; empty where it has no name.
    as_sent : str
        The format in which a server is supposed to get the audio, such as ``"audio/pcm"``; empty where the engine got
        the recording itself.
    """

    p: NDArray[np.float32]
    hop_s: float
    engine: str
    name: str = ""
    as_sent: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover: the clip's length, rounded up to whole frames."""
        return self.p.size * self.hop_s

    def __repr__(self) -> str:
        sent = f", as sent in {self.as_sent}" if self.as_sent else ""
        return f"Track({self.duration_s:.3f} s, {self.p.size} frames of {1000 * self.hop_s:g} ms, {self.engine}{sent})"
