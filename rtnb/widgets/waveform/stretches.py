"""Stretches of a waveform as people write them: checked, and written again so that they mean the same."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, Final

from rtnb.errors import AudioError
from rtnb.widgets.waveform.tracks import Sheet

__all__ = ["long", "sliced", "spanned", "within"]

DIGITS: Final = 5
"""Stretches are rounded to 10 µs, so that the code that is copied says the same."""


def within(sheet: Sheet, start_s: Any, end_s: Any) -> tuple[float, float]:
    """As much of a stretch as there is; None for the beginning or the end of all.

    Raises
    ------
    AudioError
        No numbers, the wrong way round, or nothing of it is there.

    Examples
    --------
    >>> sheet = Sheet((), now_s=2.0)
    >>> within(sheet, None, 1.000001), within(sheet, 0.5, 99)
    ((0.0, 1.0), (0.5, 2.0))
    >>> within(sheet, 10, 20)
    Traceback (most recent call last):
    rtnb.errors.AudioError: Nothing is there from 10.0 to 20.0 s: this waveform goes from 0.0 to 2.0 s.
    """
    low, high = sheet.start_s, sheet.end_s
    first = low if start_s is None else _seconds(start_s)
    last = high if end_s is None else _seconds(end_s)
    if last < first and not (end_s is None and first > high):
        raise AudioError(f"A stretch begins before it ends: not at {first!r} and {last!r} s.")
    if first > high or last < low:
        upto = "on" if end_s is None else f"to {last!r} s"
        extent = f"from {round(low, DIGITS)!r} to {round(high, DIGITS)!r} s"
        raise AudioError(f"Nothing is there from {first!r} {upto}: this waveform goes {extent}.")
    return round(min(max(first, low), high), DIGITS), round(min(max(last, low), high), DIGITS)


def spanned(sheet: Sheet, span_s: Any) -> tuple[float, float]:
    """What ``span_s=`` says.

    Raises
    ------
    AudioError
        It is no pair, or no stretch of the sheet.
    """
    if not isinstance(span_s, tuple | list) or len(span_s) != 2:
        raise AudioError(f"span_s is where it begins and where it ends, in seconds, as (0.5, 2.0); not {span_s!r:.60}.")
    return within(sheet, *span_s)


def sliced(span_s: tuple[float, float], between: str = ":") -> str:
    """Both ends as Python has them: nothing of a late moment is rounded away.

    Examples
    --------
    >>> sliced((1234.56789, 2000.0)), sliced((0.0, 0.5), " to ")
    ('1234.56789:2000', '0 to 0.5')
    """
    return between.join(repr(int(at_s)) if at_s == int(at_s) else repr(at_s) for at_s in span_s)


def long(duration_s: float) -> str:
    """How long something is, in a unit that suits it.

    Examples
    --------
    >>> long(12.34), long(0.0123), long(1 / 24000), long(0.0)
    ('12.3 s', '12 ms', '42 µs', '0.0 s')
    """
    if not 0 < duration_s < 0.1:
        return f"{duration_s:.1f} s"
    return f"{duration_s * 1e3:.0f} ms" if duration_s >= 1e-3 else f"{duration_s * 1e6:.0f} µs"


def _seconds(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, Real) or not math.isfinite(given):
        raise AudioError(f"Stretches are given in seconds, as numbers; not {given!r:.60}.")
    return float(given)
