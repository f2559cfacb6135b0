"""Numbers as somebody would write them: what arrays of few digits and of equal steps really hold."""

from __future__ import annotations

import math
import sys
from typing import Any, Final

__all__ = ["as_written", "own_decimal", "whole"]

DIGITS: Final = 9
"""Decimals that a step of a parameter may have."""

NOISE: Final = 1e-12
"""How far, relative to itself, a sum of steps strays from the number that is meant: some thousand times the precision
of a float64, which a million steps do not use up. Own choice."""


def own_decimal(value: Any) -> Any:
    """The shortest decimal that is this number at its own precision; what is no number of numpy is left alone.

    Examples
    --------
    >>> import numpy as np
    >>> float(np.float32(0.2)), own_decimal(np.float32(0.2))
    (0.20000000298023224, 0.2)
    """
    # Who has a number of numpy has imported it; settings alone do not need to.
    np: Any = sys.modules.get("numpy")
    if np is None:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.integer):
        return int(value)
    return float(str(value)) if isinstance(value, np.floating) else value


def as_written(value: Any) -> Any:
    """The same without the noise of adding up steps; what is no float is left alone.

    Examples
    --------
    >>> 3 * 0.1, as_written(3 * 0.1), as_written(0.1234567890123)
    (0.30000000000000004, 0.3, 0.1234567890123)
    """
    value = own_decimal(value)
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    short = round(value, DIGITS)
    return short if abs(short - value) <= NOISE * abs(value) else value


def whole(value: Any) -> Any:
    """A whole number that came as a float, as an int; anything else is left alone.

    Examples
    --------
    >>> whole(200.0), whole(200.5), whole("200")
    (200, 200.5, '200')
    """
    value = own_decimal(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
