"""Engines by name: rtnb's own, those of installed packages, and those of one's own files; the best that is installed.

Packages announce theirs in the group ``rtnb.vad_engines`` of entry points; what an engine is,
:mod:`rtnb.vad.engines.base` says. Nothing is imported before it is chosen.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from rtnb._plugins import by_path, entry_names, from_entry_point, is_path
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.vad.engines.base import Engine

__all__ = ["ENGINES", "GROUP", "as_engine", "default_engine", "engine_names", "load_engine"]

ENGINES = ("silero", "earshot", "energy")
"""The names of rtnb's own engines, the best first."""

GROUP = "rtnb.vad_engines"
"""The group of entry points."""

_MODULES = {"silero": "silero", "earshot": "earshot_engine", "energy": "energy"}
_WHAT = "voice activity engine"


def engine_names() -> tuple[str, ...]:
    """The names that :func:`load_engine` takes, besides ``module:callable`` and ``file.py:callable``.

    Examples
    --------
    >>> engine_names()[:3]
    ('silero', 'earshot', 'energy')
    """
    return tuple(dict.fromkeys((*ENGINES, *entry_names(GROUP))))


def load_engine(name: str) -> Engine:
    """The engine called `name`; the model of one of rtnb's own is loaded once a process.

    Parameters
    ----------
    name : str
        ``"silero"`` (a neural network, the default), ``"earshot"`` (a small one), ``"energy"`` (none), the name that an
        installed package announces in the group ``rtnb.vad_engines`` of entry points, or ``"module:callable"`` or
        ``"file.py:callable"``: what gives an :class:`Engine` when it is called, or is one. What somebody else's engine
        returns is checked.

    Raises
    ------
    ConfigError
        No engine has that name, and the message lists those there are; or it cannot be imported, or is no engine.
    MissingExtraError
        The package behind it is not installed; the message names the extra.
    ModelError
        Somebody else's engine cannot be made.
    WeightsError
        Its weights are not the ones that rtnb was tested with.

    Examples
    --------
    >>> import rtnb.vad
    >>> rtnb.vad.load_engine("energy").rate_hz
    16000
    >>> rtnb.vad.load_engine("rtnb.vad.engines.energy:EnergyEngine").hop
    512
    """
    if name in _MODULES:
        module = importlib.import_module(f"rtnb.vad.engines.{_MODULES[name]}")
        return cast("Callable[[], Engine]", module.load)()
    from rtnb.vad.engines.guarded import made

    if is_path(name):
        return made(by_path(name, what=_WHAT), name)
    if name not in (there := engine_names()):
        raise ConfigError(
            f"There is no {_WHAT} called {name!r:.200}; there are {', '.join(map(repr, there))}, "
            "module:callable and file.py:callable."
        )
    return made(from_entry_point(GROUP, name, what=_WHAT), name)


def as_engine(engine: Engine | str | None) -> Engine:
    """What the parameter `engine` of the lab's functions means.

    Parameters
    ----------
    engine : Engine, str or None
        An engine, the name of one, or None for the best that is installed. What an engine that is not rtnb's own
        returns is checked.

    Raises
    ------
    ConfigError
        It is none; else as :func:`load_engine`.

    Examples
    --------
    >>> as_engine("energy").name, as_engine(load_engine("energy")).hop
    ('energy', 512)
    """
    if engine is None:
        return default_engine()
    if isinstance(engine, str):
        return load_engine(engine)
    if type(engine).__module__.startswith("rtnb.vad.engines."):
        return engine
    from rtnb.vad.engines.guarded import GuardedEngine

    return GuardedEngine(engine)


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
