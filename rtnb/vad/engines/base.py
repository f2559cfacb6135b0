"""What a voice activity engine is.

An engine turns samples into one speech probability a frame. Every stream keeps its own state; the model
behind the streams of one engine is shared.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Engine", "EngineStream"]


class EngineStream(Protocol):
    """One stream of audio through an engine; not for use from two threads at once.

    Examples
    --------
    >>> import rtnb
    >>> stream = rtnb.vad.load_engine("energy").stream()
    >>> [name for name in dir(stream) if not name.startswith("_")]
    ['push']
    """

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The speech probabilities of the frames that these samples complete.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            In -1..1, at the engine's rate; any number of them.

        Returns
        -------
        ndarray of float32, shape (k,)
            One probability in 0..1 for each completed frame of ``hop`` samples; samples that fill no frame
            yet are kept for the next call.
        """
        ...


class Engine(Protocol):
    """A source of speech probabilities. Streams of one engine may run on different threads.

    Attributes
    ----------
    version : str, optional
        Not demanded: what its results depend on besides the audio, such as the version of its package and the checksum
        of its weights. Tracks of an engine that has one are kept on disk for the next time.

    Examples
    --------
    >>> import rtnb
    >>> engine = rtnb.vad.load_engine("energy")
    >>> engine.name, engine.rate_hz, engine.hop
    ('energy', 16000, 512)
    """

    @property
    def name(self) -> str:
        """The name by which :func:`load_engine` finds it."""
        ...

    @property
    def rate_hz(self) -> int:
        """Samples per second that its streams expect."""
        ...

    @property
    def hop(self) -> int:
        """Samples a frame."""
        ...

    def stream(self) -> EngineStream:
        """A new stream, in the state in which a recording begins."""
        ...
