"""Keyword arguments of views: an unknown one is an error that lists those that there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

__all__ = ["checked_options"]


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
