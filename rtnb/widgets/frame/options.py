"""Keyword arguments of views: an unknown one is an error that lists those that there are; a switch is on or off."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from rtnb.errors import ConfigError

__all__ = ["checked_flags", "checked_options"]


def checked_options(view: str, given: Mapping[str, object], known: Iterable[str]) -> None:
    """Refuse what `view` does not know.

    Raises
    ------
    TypeError
        Names what is unknown, what was perhaps meant, and all that is known.

    Examples
    --------
    >>> checked_options("Console", {"hight": 3}, ["height", "play"])
    Traceback (most recent call last):
    TypeError: Console has no option 'hight'; did you mean 'height'? It has: height, play.
    """
    names = sorted(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise TypeError(f"{view} has no option {name!r}{hint} It has: {', '.join(names)}.")


def checked_flags(view: str, **given: object) -> None:
    """Refuse a switch that is neither on nor off: ``"no"`` would be on.

    Raises
    ------
    ConfigError
        Names the option and what it was.

    Examples
    --------
    >>> checked_flags("Mic", auto_gain="no")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: auto_gain of a Mic is True or False, not 'no'.
    """
    for name, value in given.items():
        if not isinstance(value, bool):
            raise ConfigError(f"{name} of a {view} is True or False, not {value!r:.40}.")
