"""Mistakes along the clock: a bar each, and its name where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtnb.plots.canvas import Canvas, drawable
from rtnb.plots.layout import SMALL, Box, text_width
from rtnb.plots.palette import ERROR, MUTED
from rtnb.plots.scales import Scale
from rtnb.plots.vad.lanes import MARGIN
from rtnb.plots.vad.words import mistake_name
from rtnb.vad.scores.mistakes import Mistake

__all__ = ["MistakeLane", "mistake_lane"]

ROW = 15.0
MOST_ROWS = 3
GAP = 8.0


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: float
    x1: float
    row: int


@dataclass(frozen=True, slots=True)
class MistakeLane:
    """Bars where mistakes are, and their names below.

    Parameters
    ----------
    bars : tuple of (float, float)
        Pixels.
    words : tuple of _Word
    named : int
        How many have their name.
    """

    bars: tuple[tuple[float, float], ...]
    words: tuple[_Word, ...]

    @property
    def height(self) -> float:
        """The bars, and as many rows of words as there are."""
        return 14 + ROW * (1 + max((word.row for word in self.words), default=0)) if self.bars else 0.0

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Bars with a triangle at their beginning; names below."""
        if not self.bars:
            return
        canvas.text(MARGIN, top - 6, "mistakes", MUTED, size=SMALL)
        canvas.bars([Box(x0, top - 7, x1, top - 4) for x0, x1 in self.bars], ERROR, z=2.0)
        for x0, _ in self.bars:
            canvas.area([(x0 - 4, top - 12), (x0 + 4, top - 12), (x0, top - 3)], ERROR, z=2.2)
        for word in self.words:
            canvas.text(word.x0, top - 21 - ROW * word.row, word.text, ERROR, size=SMALL)


def mistake_lane(mistakes: Sequence[Mistake], x: Scale) -> MistakeLane:
    """The mistakes that lie within the clock; the first words that fit, in few rows, and details where there is room.

    Parameters
    ----------
    mistakes : sequence of Mistake
        Of one recording.
    x : Scale
        The clock.
    """
    shown = sorted(
        (m for m in mistakes if x.low <= m.start_s < x.high or m.start_s < x.low < m.end_s), key=lambda m: m.start_s
    )
    bars = []
    words: list[_Word] = []
    placed: list[tuple[Mistake, int]] = []
    for mistake in shown:
        x0 = x(max(mistake.start_s, x.low))
        bars.append((x0, max(x(min(mistake.end_s, x.high)), x0 + 1.0)))
        text = drawable(mistake_name(mistake.kind)[:60])
        wide = text_width(text, SMALL)
        left = min(max(x0 - 4, x.start - 4), x.end + 30 - wide)
        for row in range(MOST_ROWS):
            if all(word.row != row or word.x1 + GAP <= left or left + wide + GAP <= word.x0 for word in words):
                placed.append((mistake, len(words)))
                words.append(_Word(text, left, left + wide, row))
                break
    for mistake, i in placed:
        word = words[i]
        text = drawable(f"{word.text}: {mistake.detail[:200]}")
        wide = text_width(text, SMALL)
        free = min((w.x0 for w in words if w.row == word.row and w.x0 > word.x0), default=x.end + 40)
        if mistake.detail and word.x0 + wide + GAP <= free:
            words[i] = _Word(text, word.x0, word.x0 + wide, word.row)
    return MistakeLane(tuple(bars), tuple(words))
