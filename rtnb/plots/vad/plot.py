"""A plot of one number against another on a drawing board: axes, curves, points with their names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rtnb.plots.canvas import Canvas, Place, shortened
from rtnb.plots.layout import Box, text_width
from rtnb.plots.palette import LINE, MUTED, TEXT, Ink
from rtnb.plots.scales import Scale

__all__ = ["Plot", "number_ticks"]

SIZE = 12.0
NAME = 260.0
FOOT, HEAD = 40.0, 26.0


def number_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`.

    Examples
    --------
    >>> number_ticks(0, 1000)
    [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]
    >>> number_ticks(0, 0.3)
    [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


@dataclass(slots=True)
class Plot:
    """A rectangle of a canvas with a scale on two of its sides.

    Parameters
    ----------
    canvas : Canvas
    left, right, foot, head : float
        Pixels of the rectangle; words stand outside of it.
    x_span, y_span : (float, float)
        The values at its ends.
    """

    canvas: Canvas
    left: float
    right: float
    foot: float
    head: float
    x_span: tuple[float, float]
    y_span: tuple[float, float]
    x: Scale = field(init=False)
    y: Scale = field(init=False)
    taken: list[Box] = field(init=False, default_factory=list)
    crowd: list[Box] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.x = Scale(*_open(self.x_span), self.left, self.right)
        self.y = Scale(*_open(self.y_span), self.foot, self.head)

    def axes(
        self, x_name: str, y_name: str, x_words: Callable[[float], str], y_words: Callable[[float], str], *,
        title: str = "",
    ) -> None:  # fmt: skip
        """Hairlines at round numbers, the names of both scales, and a title."""
        canvas = self.canvas
        for value in number_ticks(self.y.low, self.y.high, most=5):
            canvas.line([(self.left, self.y(value)), (self.right, self.y(value))], LINE, 1.0, z=0.4)
            canvas.text(self.left - 8, self.y(value), y_words(value), MUTED, size=SIZE, align="right")
        wide = max(4, int((self.right - self.left) / 90))
        last = -math.inf
        for value in number_ticks(self.x.low, self.x.high, most=wide):
            words = x_words(value)
            half = text_width(words, SIZE) / 2
            at = min(max(self.x(value), half + 2), canvas.width - half - 2)
            if at - half < last + 10:
                continue
            last = at + half
            canvas.line([(self.x(value), self.foot), (self.x(value), self.foot - 4)], LINE, 1.0, z=0.4)
            canvas.text(at, self.foot - 14, words, MUTED, size=SIZE, align="center")
        canvas.text(self.right, self.foot - 31, x_name, MUTED, size=SIZE, align="right")
        top = self.head + 14
        if title:
            box = canvas.text(14 if self.left < 120 else self.left, top, title, TEXT, size=SIZE, bold=True)
            if box.x1 + 20 + text_width(y_name, SIZE) > self.right:
                y_name = shortened(y_name, max(20.0, self.right - box.x1 - 20), SIZE)
            canvas.text(box.x1 + 12, top, y_name, MUTED, size=SIZE)
        else:
            canvas.text(self.left, top, y_name, MUTED, size=SIZE)

    def at(self, place: tuple[float, float]) -> Place:
        """The pixel of a pair of values, kept within the rectangle."""
        px, py = self.x(place[0]), self.y(place[1])
        return min(max(px, self.left), self.right), min(max(py, self.foot), self.head)

    def curve(
        self, places: Sequence[tuple[float, float]], ink: Ink, *,
        width: float = 1.6, dashed: bool = False, steps: bool = False,
    ) -> None:  # fmt: skip
        """Values joined by lines, in the given order; what is not finite is left out."""
        found = [self.at(place) for place in places if all(map(math.isfinite, place))]
        if steps:
            found = [found[0], *(p for a, b in pairwise(found) for p in ((b[0], a[1]), b))] if found else []
        if len(found) < 2:
            return
        self.canvas.line(found, ink, width, dashed=dashed, z=1.6)
        self.taken += _along(found)

    def cloud(
        self, places: Sequence[tuple[float, float]], ink: Ink, *, alpha: float = 0.3, radius: float = 2.5
    ) -> None:
        """Many points that are not named, faint."""
        seen = dict.fromkeys(
            (round(px, 1), round(py, 1))
            for px, py in (self.at(place) for place in places if all(map(math.isfinite, place)))
        )
        boxes = [Box(px - radius, py - radius, px + radius, py + radius) for px, py in seen]
        self.canvas.bars(boxes, ink, alpha=alpha, z=1.0)
        self.crowd += boxes

    def point(self, place: tuple[float, float], ink: Ink, *, radius: float = 4.0, hollow: bool = False) -> None:
        """One point; names keep clear of it."""
        px, py = self.at(place)
        self.canvas.dot(px, py, ink, radius=radius, hollow=hollow)
        self.taken.append(Box(px - radius - 1, py - radius - 1, px + radius + 1, py + radius + 1))

    def name(self, place: tuple[float, float], words: str, ink: Ink = MUTED, *, strong: bool = False) -> bool:
        """A name beside its point where it meets nothing, or farther away with a line to it; whether there was room.

        It keeps clear of faint points as well, where that is possible.
        """
        words = shortened(words, NAME, SIZE, bold=strong)
        px, py = self.at(place)
        wide = text_width(words, SIZE, bold=strong)
        sides = (px + 9, px - 9 - wide)
        near = [(left, py + lift) for lift in (9, -10, 0) for left in sides]
        away = [(left, py + lift) for lift in (24, -25, 40, -41, 56, -57, 72, -73, 90) for left in sides]
        places = [(far, left, middle) for far, spots in ((False, near), (True, away)) for left, middle in spots]
        for crowd in (self.crowd, []) if self.crowd else ([],):
            for far, left, middle in places:
                box = Box(left, middle - 6.6, left + wide, middle + 6.6)
                end = (left - 2 if left > px else box.x1 + 2), middle
                leader = _along([(px, py), end])[1:] if far else []
                inside = (
                    left >= self.left + 2 and box.x1 <= self.canvas.width - 4
                    and box.y0 >= self.foot + 1 and box.y1 <= self.head + 4
                )  # fmt: skip
                met = (*self.taken, *self.canvas.boxes, *crowd)
                if not inside or any(box.meets(other, gap=0.5) for other in met):
                    continue
                if any(piece.meets(other, gap=0.5) for piece in leader for other in self.canvas.boxes):
                    continue
                self.taken += [box, *leader]
                if far:
                    self.canvas.line([(px, py), end], MUTED, 0.8, alpha=0.6, z=1.2)
                self.canvas.clear(self.canvas.text(left, middle, words, ink, size=SIZE, bold=strong))
                return True
        return False


def _open(span: tuple[float, float]) -> tuple[float, float]:
    low, high = span
    return (low, high) if high > low else (low, low + 1.0)


def _along(places: Sequence[Place]) -> list[Box]:
    """Small boxes on the way from place to place, for words to keep clear of."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(1, int(math.dist((x0, y0), (x1, y1)) / 6))
        middles = ((x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps) for k in range(steps + 1))
        found += [Box(px - 2, py - 2, px + 2, py + 2) for px, py in middles]
    return found
