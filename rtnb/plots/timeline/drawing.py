"""What all lanes of a timeline share: the clock's scale, names at the left, sound as strokes, labelled bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtnb.plots.canvas import WIDTH, Canvas, shortened
from rtnb.plots.layout import SMALL, Box, text_width, ticks
from rtnb.plots.palette import LINE, MUTED, TEXT, Ink
from rtnb.plots.scales import Scale
from rtnb.plots.strokes import LEAST, PITCH, QUIET_PEAK
from rtnb.plots.timeline.rows import place_beside

__all__ = [
    "FADED", "GUTTER", "MARGIN", "Levels", "draw_clock", "draw_labels", "draw_sound", "named", "time_scale", "within",
]  # fmt: skip

MARGIN = 14.0
GUTTER = 112.0
"""Where time begins: the names of the lanes stand before it."""
FADED = 0.34
"""Opacity of what was not heard."""

Levels: TypeAlias = Callable[[float, float, int], NDArray[np.float32]]
"""Peaks from 0 to 1 of so many columns between two moments."""


def time_scale(start_s: float, end_s: float, width: float = WIDTH) -> Scale:
    """Seconds to pixels."""
    return Scale(start_s, max(end_s, start_s + 0.05), GUTTER, width - MARGIN)


def within(x: Scale, start_s: float, end_s: float, *, least: float = 1.5) -> tuple[float, float] | None:
    """Pixels of a stretch as far as it is shown, at least `least` wide; None where none of it is."""
    if end_s < x.low or start_s > x.high:
        return None
    x0, x1 = x(max(start_s, x.low)), x(min(end_s, x.high))
    return x0, max(x1, x0 + least)


def named(canvas: Canvas, y: float, words: str, ink: Ink = MUTED, *, bold: bool = False) -> None:
    """The name of a lane, with the middle of its letters at `y`."""
    canvas.text(MARGIN, y, shortened(words, GUTTER - MARGIN - 8, SMALL, bold=bold), ink, size=SMALL, bold=bold)


def draw_sound(
    canvas: Canvas, x: Scale, base: float, high: float, levels: Levels, ink: Ink, *,
    unheard: Sequence[tuple[float, float]] = (), heard: Sequence[tuple[float, float]] = (),
) -> None:  # fmt: skip
    """Sound as strokes upward from `base`; faded within `unheard`, as far as nothing of `heard` lies there."""
    columns = int((x.end - x.start) / PITCH)
    peaks = np.nan_to_num(np.asarray(levels(x.low, x.high, columns), dtype=np.float64))
    canvas.line([(x.start, base), (x.end, base)], LINE)
    if not peaks.size or float(peaks.max()) <= 0:
        return
    reach = peaks / max(QUIET_PEAK, float(peaks.max())) * high
    at = x.start + (np.arange(columns) + 0.5) * PITCH
    moments = x.low + (at - x.start) / (x.end - x.start) * (x.high - x.low)
    faded = _inside(moments, unheard) & ~_inside(moments, heard)
    for chosen, alpha in ((faded, FADED), (~faded, 1.0)):
        ends = [
            ((float(px), base), (float(px), base + float(up)))
            for px, up in zip(at[chosen], reach[chosen], strict=True)
            if up > LEAST
        ]
        canvas.segments(ends, ink, 1.5, alpha=alpha)


_FINE_STEPS_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005)


def draw_clock(canvas: Canvas, x: Scale, y: float) -> None:
    """Round moments along the foot, down to tenths of milliseconds, their labels within the canvas."""
    found = ticks(x.low, x.high, x.end - x.start, size=SMALL)
    if len(found) < 2:
        for step in _FINE_STEPS_S:
            digits = 4 if step < 0.001 else 3
            room = text_width(f"{x.high:.{digits}f} s", SMALL) + 24
            if step / (x.high - x.low) * (x.end - x.start) >= room:
                numbers = range(math.ceil(x.low / step - 1e-6), math.floor(x.high / step + 1e-6) + 1)
                found = [(n * step, f"{n * step:.{digits}f} s") for n in numbers] or found
                break
    for at_s, words in found:
        half = text_width(words, SMALL) / 2
        at = min(max(x(at_s), half + 2), canvas.width - half - 2)
        canvas.text(at, y, words, MUTED, size=SMALL, align="center")


def _inside(moments: NDArray[np.floating[Any]], spans: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    found = np.zeros(moments.shape, dtype=np.bool_)
    for start_s, end_s in spans:
        found |= (moments >= start_s) & (moments < end_s)
    return found


def draw_labels(
    canvas: Canvas, y: float, wanted: Sequence[tuple[float, float, str | tuple[str, ...]]], *,
    ink: Ink = TEXT, taken: Sequence[tuple[float, float]] = (),
) -> list[Box]:  # fmt: skip
    """Words inside or behind spans of pixels, as far as there is room for them."""
    placed = place_beside(wanted, right=canvas.width - 4, size=SMALL, taken=taken)
    return [canvas.text(each.x0, y, each.text, ink, size=SMALL) for each in placed]
