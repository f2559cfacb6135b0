"""What a voice activity engine is, and how one is found.

An engine turns samples into one speech probability a frame. Every stream keeps its own state; the model
behind the streams of one engine is shared.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError, MissingExtraError

__all__ = ["ENGINES", "Engine", "EngineStream", "Framer", "default_engine", "load_engine"]

ENGINES = ("silero", "earshot", "energy")
"""The names that :func:`load_engine` takes, the best first."""

_MODULES = {"silero": "silero", "earshot": "earshot_engine", "energy": "energy"}


class EngineStream(Protocol):
    """One stream of audio through an engine; not for use from two threads at once."""

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
    """A source of speech probabilities. Streams of one engine may run on different threads."""

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


class Framer:
    """Cuts a stream of samples into frames of `hop` samples and holds what is left over.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad.engines import Framer
    >>> framer = Framer(4)
    >>> framer.push(np.zeros(6, dtype=np.float32)).shape, framer.push(np.zeros(2, dtype=np.float32)).shape
    ((1, 4), (1, 4))
    """

    __slots__ = ("_held", "_hop")

    def __init__(self, hop: int) -> None:
        self._hop = hop
        self._held = np.zeros(0, dtype=np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames completed by `samples`, float32, shape ``(k, hop)``."""
        fresh = np.asarray(samples, dtype=np.float32)
        joined = np.concatenate([self._held, fresh]) if self._held.size else fresh
        count = joined.size // self._hop
        # A copy, so that a caller who reuses the buffer cannot change what is held back.
        self._held = joined[count * self._hop :].copy()
        return joined[: count * self._hop].reshape(count, self._hop)


def load_engine(name: str) -> Engine:
    """The engine called `name`; its model is loaded once a process.

    Parameters
    ----------
    name : str
        ``"silero"`` (a neural network, the default), ``"earshot"`` (a small one) or ``"energy"`` (none).

    Raises
    ------
    ConfigError
        No engine has that name; the message lists those there are.
    MissingExtraError
        The package behind it is not installed; the message names the extra.
    WeightsError
        Its weights are not the ones that rtnb was tested with.

    Examples
    --------
    >>> import rtnb.vad
    >>> rtnb.vad.load_engine("energy").rate_hz
    16000
    """
    if name not in _MODULES:
        raise ConfigError(
            f"There is no voice activity engine called {name!r}; there are {', '.join(map(repr, ENGINES))}."
        )
    module = importlib.import_module(f"rtnb.vad.{_MODULES[name]}")
    return cast("Callable[[], Engine]", module.load)()


def default_engine() -> Engine:
    """The best engine that is installed: silero, else earshot, else energy; see its ``name``.

    Raises
    ------
    WeightsError
        The weights of an installed engine are not the ones that rtnb was tested with: falling back
        quietly would change every result.

    Examples
    --------
    >>> import rtnb.vad
    >>> rtnb.vad.default_engine().name in rtnb.vad.ENGINES
    True
    """
    for name in ENGINES[:-1]:
        try:
            return load_engine(name)
        except MissingExtraError:
            continue
    return load_engine(ENGINES[-1])
