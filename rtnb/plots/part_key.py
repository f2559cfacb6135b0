"""The parts of a bill painted, and the key that names their colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rtnb.plots.canvas import Canvas
from rtnb.plots.layout import Box, text_width
from rtnb.plots.palette import MUTED, TEXT
from rtnb.plots.parts import PARTS, Part
from rtnb.pricing import format_usd

__all__ = ["draw_key", "key_rows", "stacked"]


def stacked(canvas: Canvas, stacks: Iterable[Mapping[Part, Sequence[Box]]]) -> None:
    """Paint boxes in the colours of their parts, each colour as one path."""
    together: dict[Part, list[Box]] = {}
    for stack in stacks:
        for part, boxes in stack.items():
            together.setdefault(part, []).extend(boxes)
    for part, boxes in together.items():
        canvas.bars(boxes, part.ink, hollow=part.hollow)


SWATCH, AIR = 11.0, 20.0


def key_rows(
    totals: Mapping[Part, float | None], width: float, *, size: float
) -> list[list[tuple[float, Part, str, str]]]:
    """Where each part's swatch and words go, row by row: x, part, name, amount.

    A part whose sum is None is named without an amount.
    """
    rows: list[list[tuple[float, Part, str, str]]] = [[]]
    x = 0.0
    for part in (part for part in PARTS if part in totals):
        usd = totals[part]
        amount = "" if usd is None else format_usd(usd)
        room = SWATCH + 6 + text_width(f"{part.name} ", size) + text_width(amount, size, bold=True)
        if x and x + room > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, part, part.name, amount))
        x += room + AIR
    return rows


def draw_key(
    canvas: Canvas, x: float, y: float, totals: Mapping[Part, float | None], width: float, *, size: float, row: float
) -> None:
    """The key to the colours with the sum of each, from `y` downward."""
    for i, cells in enumerate(key_rows(totals, width, size=size)):
        at = y - i * row
        for offset, part, name, amount in cells:
            left = x + offset
            box = Box(left, at - SWATCH / 2, left + SWATCH, at + SWATCH / 2)
            canvas.bars([box], part.ink, hollow=part.hollow)
            words = canvas.text(left + SWATCH + 6, at, name, MUTED, size=size)
            if amount:
                canvas.text(words.x1 + text_width(" ", size), at, amount, TEXT, size=size, bold=True)
