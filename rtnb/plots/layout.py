"""Where words go in a picture: widths, ticks, and labels that meet neither each other nor the border. In pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from rtnb.plots.scene import Mark

__all__ = ["BIG", "FONT", "SMALL", "Box", "Frame", "Label", "number_labels", "rows_of_labels", "text_width", "ticks"]

FONT = "DejaVu Sans"
"""Comes with matplotlib, so pictures are the same everywhere; wider than most, so that a layout made with it
leaves room for the system font that an SVG is shown in."""

SMALL, BIG = 11.0, 13.0
"""Sizes of text, in pixels."""

GAP = 4.0
"""Least distance between two labels, and between a line and its label."""

_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


@lru_cache(maxsize=512)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of text in pixels, at `size` pixels."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, False)
    return float(width)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, `y` upward."""

    x0: float
    y0: float
    x1: float
    y1: float

    def meets(self, other: Box, *, gap: float = GAP) -> bool:
        """Whether the two come closer than `gap`."""
        return (
            self.x0 < other.x1 + gap
            and other.x0 < self.x1 + gap
            and self.y0 < other.y1 + gap
            and other.y0 < self.y1 + gap
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """The geometry of a picture.

    Parameters
    ----------
    start_s, end_s : float
        The time it shows, from `left` to `right`.
    left, right : float
        Pixels from the left border.
    above, below : float
        Height of what is above and below the axis.
    """

    start_s: float
    end_s: float
    left: float
    right: float
    above: float
    below: float

    @property
    def px_per_s(self) -> float:
        """Scale of the time axis."""
        return (self.right - self.left) / (self.end_s - self.start_s)

    def x(self, at_s: float) -> float:
        """The pixel of a moment."""
        return self.left + (at_s - self.start_s) * self.px_per_s


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text from `x0` to `x1` in row `row`, 0 being the lowest; `at` is the line it belongs to."""

    text: str
    at: float
    x0: float
    x1: float
    row: int = 0


def rows_of_labels(marks: Sequence[tuple[float, str]], *, left: float, right: float, size: float) -> list[Label]:
    """Labels beside their lines, in as few rows as it takes.

    Parameters
    ----------
    marks : sequence of (x, text)
        Where the lines stand.
    left, right : float
        The border that no label crosses.
    size : float
        Font size.

    Notes
    -----
    A line reaches up through the row of its own label, so no label may stand on the line of a mark whose
    label is in its row or above. Which goes first, and on which side, decides what fits; with as few marks as
    a turn has, all ways are tried.
    """
    few = len(marks) <= 4
    orders = [*itertools.permutations(marks)] if few else [tuple(marks)]
    sides = list(itertools.product((False, True), repeat=len(marks))) if few else [(False,) * len(marks)]

    def best(*, strictly: bool) -> list[Label]:
        tried = [
            _placed([*zip(order, flips, strict=True)], left=left, right=right, size=size, strictly=strictly)
            for order in orders
            for flips in sides
        ]
        return min(tried, key=_badness, default=[])

    found = best(strictly=False)
    if len(found) < len(marks):
        # A low row on the other side may take the room of a label that has no other.
        found = min(found, best(strictly=True), key=_badness)
    return sorted(found, key=lambda label: label.at)


def _badness(labels: Sequence[Label]) -> tuple[int, int, int]:
    """Fewer labels are worse than more rows, and those worse than labels left of their line."""
    return -len(labels), sum(label.row for label in labels), sum(label.x0 < label.at for label in labels)


def _placed(
    marks: Sequence[tuple[tuple[float, str], bool]], *, left: float, right: float, size: float, strictly: bool
) -> list[Label]:
    """One after another, each in the lowest row; right of its line before left of it, or the other way round.

    `strictly`: on the one side only, in whichever row it takes.
    """
    placed: list[Label] = []
    for (at, text), flip in marks:
        width = text_width(text, size)
        starts = [x for x in (at + GAP, at - GAP - width) if left <= x and x + width <= right]
        # Too close to both borders: slide along, and the label stands over its own line.
        starts = starts or [min(max(at + GAP, left), max(right - width, left))]
        starts = starts[::-1] if flip else starts
        starts = starts[:1] if strictly else starts
        options = [Label(text, at, x, x + width, row) for row in range(len(marks) + 1) for x in starts]
        placed.extend([label for label in options if _fits(label, placed)][:1])
    return placed


def _fits(label: Label, placed: Sequence[Label]) -> bool:
    for other in placed:
        if other.row == label.row and label.x0 < other.x1 + 2 * GAP and other.x0 < label.x1 + 2 * GAP:
            return False
        if other.row >= label.row and label.x0 < other.at < label.x1:
            return False
        if other.row <= label.row and other.x0 < label.at < other.x1:
            return False
    return True


def number_labels(numbers: Iterable[Mark], pixels: Iterable[float], *, right: float, size: float) -> list[Label]:
    """Numbers from left to right at their pixels, leaving out those that would touch the one before."""
    shown: list[Label] = []
    for x, mark in sorted(zip(pixels, numbers, strict=True), key=lambda pair: pair[0]):
        width = text_width(mark.label, size)
        x0 = min(x, right - width)
        if not shown or x0 >= shown[-1].x1 + 1.5 * GAP:
            shown.append(Label(mark.label, x, x0, x0 + width))
    return shown


def ticks(start_s: float, end_s: float, width: float, *, size: float) -> list[tuple[float, str]]:
    """Round moments between two times with their labels, as dense as `width` pixels allow; none before 0.

    Examples
    --------
    >>> ticks(0, 4, 400, size=11)
    [(0, '0 s'), (1, '1 s'), (2, '2 s'), (3, '3 s'), (4, '4 s')]
    """
    length = max(end_s - start_s, 1e-9)
    for step in (*_STEPS_S, 10 ** math.ceil(math.log10(max(length, 1)))):
        moments = range(max(0, math.ceil(start_s / step - 1e-6)), math.floor(end_s / step + 1e-6) + 1)
        if len(moments) > width / 20:
            continue
        labels = [(round(k * step, 6), _moment(k * step, step)) for k in moments]
        room = step / length * width
        if all(text_width(text, size) + 40 <= room for _, text in labels) or len(labels) < 2:
            return labels
    return []


def _moment(at_s: float, step_s: float) -> str:
    if step_s >= 60:
        return f"{at_s / 60:g} min"
    digits = max(0, -math.floor(math.log10(step_s) + 1e-9))
    return f"{at_s:.{digits}f} s"
