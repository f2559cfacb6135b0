"""Engines by name; the best that is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from rtnb.errors import ConfigError, MissingExtraError
from rtnb.vad.engines.base import Engine

__all__ = ["ENGINES", "default_engine", "load_engine"]

ENGINES = ("silero", "earshot", "energy")
"""The names that :func:`load_engine` takes, the best first."""

_MODULES = {"silero": "silero", "earshot": "earshot_engine", "energy": "energy"}


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
    module = importlib.import_module(f"rtnb.vad.engines.{_MODULES[name]}")
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
