"""Cost against what it loses: which ways to bill a talk none other beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist

from rtnb.plots.canvas import Canvas, Place
from rtnb.plots.layout import Box, text_width
from rtnb.plots.money.variant_names import variant_labels
from rtnb.plots.money.words import change, percent
from rtnb.plots.palette import ASSISTANT, LINE, MUTED, TEXT
from rtnb.plots.scales import Scale, usd_ticks
from rtnb.pricing.ahead.whatif import Variant, WhatIf

__all__ = ["TRADE_HIGH", "Trade", "draw_trade", "trade_of", "unpriced"]

SIZE = 12.0
LEFT, RIGHT, MARGIN = 76.0, 24.0, 14.0
LOW, HIGH = 46.0, 250.0
TRADE_HIGH = HIGH + 86.0
"""Pixels that the picture takes at the foot of a canvas, its title included."""
MOST_NAMED = 10
NAME = 290.0
"""Pixels that a name takes at most, its change of cost apart."""
FAR = 1.4
"""What costs so many times the dearest of the best is left out."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What is to be drawn.

    Parameters
    ----------
    what : WhatIf
    points : tuple of Variant
        Those with a price that refuse nothing and are not far dearer than the best.
    front : tuple of Variant
        Those that none other beats in both, cheapest first.
    above : int
        How many far dearer ones are left out.
    """

    what: WhatIf
    points: tuple[Variant, ...]
    front: tuple[Variant, ...]
    above: int

    @property
    def known(self) -> bool:
        """Whether the talk as it was recorded is among the points."""
        return self.what.actual in self.points


def unpriced(variant: Variant) -> bool:
    """Whether there is no comparing its cost: nothing in it has a price, or something of the model itself has none."""
    own = (line for line in variant.cost.lines if line.kind != "transcription")
    return not variant.cost.exact_usd or any(line.unit_price is None for line in own)


def trade_of(what: WhatIf) -> Trade | None:
    """What there is to draw; None where all variants lose the same."""
    priced = [v for v in (what.actual, *what.variants) if not unpriced(v) and not v.refused]
    front = tuple(variant for variant in what.pareto() if not unpriced(variant))
    if not priced:
        return None
    # What costs far more than the best would press them all into one line.
    far = FAR * max(variant.cost.total_usd for variant in front or priced)
    points = tuple(variant for variant in priced if variant.cost.total_usd <= far)
    if len({round(variant.loss, 4) for variant in points}) < 2:
        return None
    return Trade(what, points, front, len(priced) - len(points))


def draw_trade(canvas: Canvas, trade: Trade) -> None:
    """The points at the foot of a canvas, the best of them joined and named."""
    what, points, front = trade.what, trade.points, trade.front
    low, high = LOW, LOW + HIGH
    most_usd, least_usd = (f(variant.cost.total_usd for variant in points) for f in (max, min))
    most_loss = max(variant.loss for variant in points)
    x = Scale(-most_loss * 0.03, most_loss * 1.06, LEFT, canvas.width - RIGHT)
    foot = least_usd - 0.15 * (most_usd - least_usd) if 0.4 * most_usd < least_usd < most_usd else 0.0
    y = Scale(foot, most_usd + (most_usd - foot) * 0.1, low, high)
    canvas.text(MARGIN, high + 16, "Cost against the context that the model no longer sees", TEXT, size=SIZE, bold=True)
    for usd, label in usd_ticks(most_usd, most=10 if foot else 4):
        if usd < foot:
            continue
        canvas.line([(LEFT, y(usd)), (canvas.width - RIGHT, y(usd))], LINE, 1.0, z=0.4)
        canvas.text(LEFT - 8, y(usd), label, MUTED, size=SIZE, align="right")
    for share in _shares(most_loss):
        canvas.text(x(share), low - 14, percent(share), MUTED, size=SIZE, align="center")
    canvas.text(canvas.width - RIGHT, low - 32, "lost, mean over the responses", MUTED, size=SIZE, align="right")
    if trade.above:
        canvas.text(MARGIN, low - 32, f"{trade.above} far dearer not shown", MUTED, size=SIZE)
    if len(front) > 1:
        canvas.line([(x(v.loss), y(v.cost.total_usd)) for v in front], ASSISTANT, 1.4, z=1.5)
    taken = [*canvas.boxes, *_along([(x(v.loss), y(v.cost.total_usd)) for v in front])]
    taken += [Box(x(v.loss) - 6, y(v.cost.total_usd) - 6, x(v.loss) + 6, y(v.cost.total_usd) + 6) for v in points]
    for variant in points:
        canvas.dot(x(variant.loss), y(variant.cost.total_usd), ASSISTANT if variant in front else MUTED,
                   hollow=variant not in front, radius=4.0)  # fmt: skip
    home = x(what.actual.loss), y(what.actual.cost.total_usd)
    if trade.known:
        canvas.dot(*home, TEXT, radius=5.0)
        _name(canvas, "as recorded", *home, taken, strong=True, far=False)
    named = front if len(front) <= MOST_NAMED else [front[i * (len(front) - 1) // (MOST_NAMED - 1)] for i in range(10)]
    left = []
    shown = list(dict.fromkeys(named))
    for variant, name in zip(shown, variant_labels(shown, what, NAME, SIZE), strict=True):
        off = change(variant.cost, what.actual.cost)
        words, place = f"{name} {off}".strip(), (x(variant.loss), y(variant.cost.total_usd))
        if variant is what.actual or off == "0 %" or (trade.known and dist(place, home) < 8):
            continue
        if not _name(canvas, words, *place, taken, strong=False, far=False):
            left.append((words, place))
    for words, place in left:
        _name(canvas, words, *place, taken, strong=False, far=True)


def _along(places: Sequence[Place]) -> list[Box]:
    """Small boxes on the way from place to place, for words to keep clear of."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(1, int(dist((x0, y0), (x1, y1)) / 6))
        middles = ((x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps) for k in range(1, steps))
        found += [Box(px - 2, py - 1.5, px + 2, py + 1.5) for px, py in middles]
    return found


def _shares(most: float) -> list[float]:
    step = next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if most / step <= 8), 0.25)
    return [k * step for k in range(int(most * 1.05 / step + 1e-9) + 1)]


def _name(canvas: Canvas, words: str, x: float, y: float, taken: list[Box], *, strong: bool, far: bool) -> bool:
    """A name beside its point, or `far` from it with a line to it, where it meets nothing; whether there was room."""
    wide = text_width(words, SIZE, bold=strong)
    right, before = x + 9, x - 9 - wide
    near = [(right, y + 9), (right, y - 10), (before, y - 10), (before, y + 9), (right + 1, y), (before - 1, y)]
    away = [(left, y + lift) for lift in (24, -25, 40, -41, 56, -57) for left in (right, before)]
    for left, place in away if far else near:
        box = Box(left, place - 6.6, left + wide, place + 6.6)
        inside = left >= LEFT and box.x1 <= canvas.width - 4 and box.y0 >= LOW - 4 and box.y1 <= LOW + HIGH + 8
        end = (left - 2 if left > x else box.x1 + 2), place
        leader = _along([(x, y), end]) if far else []
        if any(piece.meets(word, gap=0.5) for piece in leader for word in canvas.boxes):
            continue
        if inside and not any(box.meets(other, gap=0.5) for other in taken):
            taken += [box, *leader]
            if far:
                canvas.line([(x, y), end], MUTED, 0.8, alpha=0.6, z=1.2)
            canvas.clear(canvas.text(left, place, words, TEXT if strong else MUTED, size=SIZE, bold=strong))
            return True
    return False
