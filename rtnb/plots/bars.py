"""Bills side by side as horizontal bars, each made of its parts, with its amount at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rtnb.plots.canvas import Canvas, shortened
from rtnb.plots.layout import Box, text_width
from rtnb.plots.palette import ERROR, LINE, MUTED, TEXT
from rtnb.plots.part_key import draw_key, key_rows, stacked
from rtnb.plots.parts import Part

__all__ = ["NAME_SHARE", "Bar", "bars_height", "draw_bars"]

SIZE = 12.0
ROW, THICK = 26.0, 15.0
KEY_ROW = 19.0
MARGIN = 14.0
NAME_SHARE = 0.34
"""The most of the width that names take."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bill.

    Parameters
    ----------
    name : str
    parts : mapping of Part to float
        USD.
    amount : str
        What stands at its end; ``"unpriced"`` where there is no amount.
    note : str
        What is said behind the amount.
    strong : bool
        Whether it is the one to compare with.
    warning : bool
        Whether the note is bad news.
    """

    name: str
    parts: Mapping[Part, float] = field(default_factory=dict)
    amount: str = ""
    note: str = ""
    strong: bool = False
    warning: bool = False

    @property
    def usd(self) -> float:
        """The length of the bar."""
        return sum(self.parts.values())


def bars_height(bars: Sequence[Bar], width: float, *, key: Mapping[Part, float | None] | None = None) -> float:
    """Pixels that :func:`draw_bars` takes."""
    rows = len(key_rows(key, width - 2 * MARGIN, size=SIZE)) if key else 0
    return len(bars) * ROW + (rows * KEY_ROW + 10 if rows else 0)


def draw_bars(
    canvas: Canvas, top: float, bars: Sequence[Bar], *, key: Mapping[Part, float | None] | None = None
) -> None:
    """Bars from `top` downward, and below them the key, if `key` gives the sums for it."""
    limit = canvas.width * NAME_SHARE
    names = [shortened(bar.name, limit, SIZE, bold=bar.strong) for bar in bars]
    left = MARGIN + max(text_width(name, SIZE, bold=bar.strong) for name, bar in zip(names, bars, strict=True)) + 12
    tails = [_tail(bar) for bar in bars]
    longest = max(bar.usd for bar in bars) or 1.0
    # The longest bar and its own words share the width; a short bar may carry longer words.
    scale = min(
        (canvas.width - MARGIN - left - tail) * longest / bar.usd
        for bar, tail in zip(bars, tails, strict=True) if bar.usd > 0
    ) if any(bar.usd > 0 for bar in bars) else 1.0  # fmt: skip
    scale = max(scale, 20.0)
    stacks = []
    for i, (bar, name) in enumerate(zip(bars, names, strict=True)):
        y = top - (i + 0.5) * ROW
        canvas.text(left - 12, y, name, TEXT if bar.strong else MUTED, size=SIZE, bold=bar.strong, align="right")
        x, stack = left, {}
        for part, usd in bar.parts.items():
            end = x + usd / longest * scale
            stack[part] = [Box(x, y - THICK / 2, end, y + THICK / 2)]
            x = end
        stacks.append(stack)
        shown = canvas.text(x + 8, y, bar.amount, TEXT, size=SIZE + 1, bold=True)
        if bar.note:
            canvas.text(shown.x1 + 8, y, bar.note, ERROR if bar.warning else MUTED, size=SIZE)
    stacked(canvas, stacks)
    foot = top - len(bars) * ROW
    canvas.line([(left, top), (left, foot)], LINE, 1.0, z=0.5)
    if key:
        draw_key(canvas, MARGIN, foot - 10 - KEY_ROW / 2, key, canvas.width - 2 * MARGIN, size=SIZE, row=KEY_ROW)


def _tail(bar: Bar) -> float:
    """How wide the words behind a bar are."""
    note = text_width(bar.note, SIZE) + 8 if bar.note else 0.0
    return 8 + text_width(bar.amount, SIZE + 1, bold=True) + note
