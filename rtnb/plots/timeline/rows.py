"""Where bars and words of one lane go: rows without overlaps, and labels that leave each other alone. In pixels."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rtnb.plots.canvas import drawable
from rtnb.plots.layout import GAP, text_width

__all__ = ["Placed", "fitted", "place_along", "place_beside"]


def fitted(words: str, room: float, size: float) -> str:
    """As many whole words as fit into `room` pixels, with an ellipsis where that is not all; empty where none fits.

    Examples
    --------
    >>> fitted("What is the weather?", 70, 11), fitted("weather", 20, 11)
    ('What is…', '')
    """
    words = drawable(words[:400])
    if text_width(words, size) <= room:
        return words
    parts = words.split()
    for kept in range(len(parts) - 1, 0, -1):
        cut = f"{' '.join(parts[:kept]).rstrip('.,;:')}…"
        if text_width(cut, size) <= room:
            return cut
    return ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Words at a place: from `x0` to `x1`."""

    x0: float
    x1: float
    text: str
    index: int


def place_beside(
    wanted: Iterable[tuple[float, float, str | tuple[str, ...]]], *,
    right: float, size: float, taken: Sequence[tuple[float, float]] = (),
) -> list[Placed]:  # fmt: skip
    """Words for things from left to right, each inside its own span, else behind it where that is free.

    Parameters
    ----------
    wanted : iterable of (start, end, words)
        Spans of pixels, by their beginnings. Of several words those that fit inside are taken, the first that does,
        else those that fit behind.
    right : float
        The border that no word crosses.
    size : float
        Font size.
    taken : sequence of (start, end)
        What lies in the row, besides the spans or as they are drawn: words behind a span leave it free.

    Examples
    --------
    >>> [each.text for each in place_beside([(0, 80, "completed"), (82, 90, "failed"), (92, 300, "completed")],
    ...                                     right=300, size=11)]
    ['completed', 'completed']
    """
    things = [(start, end, (words,) if isinstance(words, str) else words) for start, end, words in wanted]
    lying = sorted(start for start, _ in taken)
    reach = list(accumulate((end for _, end in sorted(taken)), max))
    found: list[Placed] = []
    for i, (start, end, choices) in enumerate(things):
        least = found[-1].x1 + 2 * GAP if found else 0.0
        after = [things[i + 1][0]] if i + 1 < len(things) else []
        free = min([right, *(at - GAP for at in (*after, *lying[bisect_right(lying, end) :][:1]))])
        spots = [(start + GAP, min(end - GAP, right), words) for words in choices]
        before = bisect_right(lying, end + GAP)
        # What began before its end may go on behind it.
        if not before or reach[before - 1] <= end + GAP:
            spots += [(end + GAP, free, words) for words in choices]
        for at, stop, words in spots:
            wide = text_width(drawable(words), size)
            if words and at >= least and at + wide <= stop:
                found.append(Placed(at, at + wide, drawable(words), i))
                break
    return found


LEAST_ROOM = 18.0
"""Less than this holds no word."""


def place_along(
    wanted: Sequence[tuple[float, str]], *, left: float, right: float, size: float, air: float = 8.0
) -> list[Placed]:
    """Sentences from their places on, each as far as there is room until the next.

    Parameters
    ----------
    wanted : sequence of (start, words)
        By their beginnings, in pixels.
    left, right : float
        The borders.
    size : float
        Font size.
    air : float
        Between two of them.

    Examples
    --------
    >>> [each.text for each in place_along([(0, "What is the weather?"), (70, "Sunny.")], left=0, right=200, size=11)]
    ['What is…', 'Sunny.']
    """
    found: list[Placed] = []
    free = left
    for i, (start, words) in enumerate(wanted):
        at = max(start, free)
        end = min(wanted[i + 1][0] - air if i + 1 < len(wanted) else right, right)
        if end - at >= LEAST_ROOM and (text := fitted(words, end - at, size)):
            found.append(Placed(at, at + text_width(text, size), text, i))
            free = found[-1].x1 + air
    return found
