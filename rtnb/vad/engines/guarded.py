"""Engines of other people, watched: whatever they do, one clear error says it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rtnb._plugins import told_of
from rtnb.errors import ConfigError, ModelError, RtnbError
from rtnb.vad.engines.base import EngineStream

__all__ = ["GuardedEngine", "GuardedStream", "made"]

T = TypeVar("T")

RATES_HZ = (4000, 384000)
LONGEST_HOP_S = 1.0
SLACK = 1e-6
"""By how much a probability may lie outside of 0..1, as rounding has it; it is clipped."""


def made(found: Any, spec: str) -> GuardedEngine:
    """An engine of somebody else's: what was found, or what it gives when called.

    Parameters
    ----------
    found : object
        An :class:`Engine`, a class of engines, or a callable that gives one.
    spec : str
        By which name it was found.

    Raises
    ------
    ConfigError
        It is none.
    ModelError
        It cannot be made.
    """
    told = f"The voice activity engine {spec!r:.200}"
    if inspect.isclass(found) or not callable(getattr(found, "stream", None)):
        if not callable(found):
            raise ConfigError(f"{told} is {type(found).__name__}: neither has it a method stream, nor can one call it.")
        found = _watched(found, f"{told} cannot be made")
    return GuardedEngine(found, spec=spec)


def _watched(work: Callable[[], T], told: str) -> T:
    try:
        return work()
    except (RtnbError, KeyboardInterrupt):
        raise
    # SystemExit too: it would end the server, or the notebook's kernel.
    except BaseException as error:
        raise ModelError(f"{told}: {told_of(error)}") from error


class GuardedEngine:
    """An engine whose probabilities are checked; see :class:`Engine` for what it may be.

    Parameters
    ----------
    engine : Engine
        With ``rate_hz``, ``hop`` and a method ``stream`` at least; with a ``version``, its tracks are kept on disk.
    spec : str, optional
        By which name :func:`load_engine` found it: another process finds it by that.

    Raises
    ------
    ConfigError
        What it says about itself is of no use.

    Examples
    --------
    >>> from rtnb.vad.engines.energy import EnergyEngine
    >>> GuardedEngine(EnergyEngine()).name
    'energy'
    """

    def __init__(self, engine: Any, *, spec: str | None = None) -> None:
        self.name = str(getattr(engine, "name", None) or spec or type(engine).__name__)[:200]
        self._told = f"The voice activity engine {self.name!r}"
        self._engine, self._spec = engine, spec
        if not callable(getattr(engine, "stream", None)):
            raise ConfigError(f"{self._told} is {type(engine).__name__}, which has no method stream.")
        low, high = RATES_HZ
        self.rate_hz = self._whole("rate_hz", "samples per second", low, high)
        self.hop = self._whole("hop", "samples a frame", 1, round(LONGEST_HOP_S * self.rate_hz))
        version = getattr(engine, "version", None)
        self.version = None if version is None else str(version)

    def _whole(self, member: str, what: str, low: int, high: int) -> int:
        value = getattr(self._engine, member, None)
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or not low <= value <= high:
            raise ConfigError(
                f"{self._told} has {member} = {value!r:.80}; that is a whole number of {what}, {low} to {high}."
            )
        return int(value)

    def stream(self) -> GuardedStream:
        """A new stream.

        Raises
        ------
        ModelError
            The engine failed, or gave what is no stream.
        """
        found = _watched(self._engine.stream, f"{self._told} failed")
        if not callable(getattr(found, "push", None)):
            raise ModelError(f"{self._told} returned {type(found).__name__} for a stream, which has no method push.")
        return GuardedStream(found, self.hop, self._told)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._spec is None:
            return GuardedEngine, (self._engine,)
        from rtnb.vad.engines.finding import load_engine

        return load_engine, (self._spec,)


class GuardedStream:
    """An :class:`EngineStream` whose probabilities are checked."""

    __slots__ = ("_held", "_hop", "_stream", "_told")

    def __init__(self, stream: EngineStream, hop: int, told: str) -> None:
        self._stream = stream
        self._hop = hop
        self._told = told
        self._held = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities of the frames that these samples complete, float32, shape ``(k,)``.

        Raises
        ------
        ModelError
            The engine failed, or returned what are not the probabilities of those frames.
        """
        found = _watched(lambda: self._stream.push(samples), f"{self._told} failed")
        frames, self._held = divmod(self._held + samples.size, self._hop)
        if not isinstance(found, np.ndarray) or not np.issubdtype(found.dtype, np.floating):
            kind = found.dtype if isinstance(found, np.ndarray) else type(found).__name__
            raise self._nonsense(f"{kind}, not a float32 array of probabilities.")
        if found.shape != (frames,):
            raise self._nonsense(
                f"probabilities in the shape {found.shape}; {samples.size} samples have completed "
                f"{frames} frames of {self._hop}, so that it is ({frames},)."
            )
        if not np.isfinite(found).all():
            raise self._nonsense("probabilities of which some are no number.")
        if frames and not -SLACK <= found.min() <= found.max() <= 1 + SLACK:
            raise self._nonsense(f"values from {found.min():.4g} to {found.max():.4g}, not probabilities in 0..1.")
        return np.clip(found, 0.0, 1.0).astype(np.float32)

    def _nonsense(self, what: str) -> ModelError:
        return ModelError(f"{self._told} returned {what}")
