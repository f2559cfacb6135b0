"""What the options of ``rtnb vad`` take."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

__all__ = ["constraint", "decimals", "objective", "seconds", "source", "wholes"]

MOST_VALUES = 1000
"""Values of one option, at most; a slip of the pen would make millions of settings. Own choice."""


def decimals(text: str) -> tuple[float, ...]:
    """Numbers: one, several with commas, or a range ``first:last:step``, the last one included.

    Examples
    --------
    >>> decimals("0.5"), decimals("0.3,0.5"), decimals("0.2:0.4:0.1")
    ((0.5,), (0.3, 0.5), (0.2, 0.3, 0.4))
    """
    found: list[float] = []
    for part in text.split(","):
        bounds = [_number(piece, text) for piece in part.split(":")]
        if len(bounds) == 1:
            found += bounds
        elif len(bounds) == 3 and bounds[2] > 0 and bounds[1] >= bounds[0]:
            first, last, step = bounds
            # A step of 0.1 is none to the last bit.
            count = math.floor((last - first) / step + 1e-9) + 1
            if count > MOST_VALUES:
                raise argparse.ArgumentTypeError(f"'{text}' is {count:,} values; {MOST_VALUES} are the most")
            found += [round(first + i * step, 9) for i in range(count)]
        else:
            raise argparse.ArgumentTypeError(f"a range is first:last:step, such as 0.2:0.8:0.1, not '{part}'")
    return tuple(dict.fromkeys(found))


def wholes(text: str) -> tuple[int, ...]:
    """The same of whole numbers.

    Examples
    --------
    >>> wholes("200:500:100")
    (200, 300, 400, 500)
    """
    found = decimals(text)
    if any(value != int(value) for value in found):
        raise argparse.ArgumentTypeError(f"this takes whole milliseconds, not '{text}'")
    return tuple(int(value) for value in found)


def seconds(text: str) -> float:
    """Seconds above 0."""
    value = _number(text, text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"this takes seconds above 0, such as 0.7, not '{text}'")
    return value


def constraint(text: str) -> tuple[str, float]:
    """``NAME=MOST``, such as ``merged=0``.

    Examples
    --------
    >>> constraint("cut_off_rate=0.05")
    ('cut_off_rate', 0.05)
    """
    name, equals, most = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"this takes NAME=MOST, such as merged=0, not '{text}'")
    return _known(name.strip(), objective=False), _least(most, text)


def objective(text: str) -> str:
    """What is to be least.

    Examples
    --------
    >>> objective("latency_p50_ms")
    'latency_p50_ms'
    """
    return _known(text.strip(), objective=True)


def source(text: str) -> Path:
    """A file or a folder; not the standard input, which has no name to go by."""
    if text == "-":
        raise argparse.ArgumentTypeError("standard input is not read: write it to a file, and name that")
    return Path(text)


def _known(name: str, *, objective: bool) -> str:
    import numpy as np

    from rtnb.errors import ConfigError
    from rtnb.vad.scores.score import COLUMNS
    from rtnb.vad.sweeps import front

    none: Any = {column: np.zeros(0) for column in COLUMNS}
    try:
        if objective:
            front.objective_of(none, name)
        else:
            front.checked(none, {name: 0})
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


def _least(piece: str, text: str) -> float:
    value = _number(piece, text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"the most that something may be is 0 or more, not '{text}'")
    return value


def _number(piece: str, text: str) -> float:
    try:
        value = float(piece)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"this takes a number, or several as in 0.3,0.5 or 0.2:0.8:0.1, not '{text}'")
    return value
