"""A probability track: what an engine says of a recording, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Track"]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
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
    """

    p: NDArray[np.float32]
    hop_s: float
    engine: str
    name: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover: the clip's length, rounded up to whole frames."""
        return self.p.size * self.hop_s

    def __repr__(self) -> str:
        return f"Track({self.duration_s:.3f} s, {self.p.size} frames of {1000 * self.hop_s:g} ms, {self.engine})"
