"""The times of one turn as brackets between its events: which latency holds which, seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtnb.plots.canvas import Canvas, Picture, note_picture, shortened
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import LINE, MUTED, TEXT
from rtnb.session.views.timing import Interval, Timing, definitions

__all__ = ["Moment", "letters_of", "moments_of", "timing_picture"]

MARGIN, NAMES, VALUES, BEGIN, RIGHT = 14.0, 218.0, 292.0, 318.0, 22.0
"""Where names begin and end, where values end, where the first event stands, what is left behind the last."""
TOP, ROW, LEGEND_ROW = 26.0, 22.0, 17.0
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WHOLE = "response_latency"
"""What a caller waits for, drawn stronger: the others are its parts, or lie beside it."""


SAME_S = 0.002
"""Events no further apart than this share a line: on a page nobody could tell them apart."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where some time begins or ends.

    Parameters
    ----------
    letter : str
        What it is called in the picture.
    events : tuple of str
        What happened then, as definitions name it, without how that is computed.
    at_s : float
        On the session's clock, of the first of them.
    """

    letter: str
    events: tuple[str, ...]
    at_s: float


def moments_of(timing: Timing) -> tuple[Moment, ...]:
    """The events of a turn's times, by when they were; what is at one time is one moment.

    Examples
    --------
    >>> from rtnb.session.views.timing import Interval
    >>> timing = Timing((Interval.of("endpointing", 1.0, 1.3), Interval.of("ttfa_vad", 1.3, 1.5)))
    >>> [(each.letter, *each.events) for each in moments_of(timing)]
    [('A', 'speech end'), ('B', 'speech_stopped received'), ('C', 'first output_audio.delta received')]
    """
    ends = dict.fromkeys(end for each in timing.values() for end in _ends(each))
    groups: list[list[tuple[str, float]]] = []
    # What is at one time stays in the order of the definitions.
    for end in sorted(ends, key=lambda end: end[1]):
        if groups and end[1] - groups[-1][0][1] <= SAME_S:
            groups[-1].append(end)
        else:
            groups.append([end])
    return tuple(
        Moment(letter, tuple(dict.fromkeys(event for event, _ in group)), group[0][1])
        for letter, group in zip(LETTERS, groups, strict=False)
    )


def _ends(each: Interval) -> tuple[tuple[str, float], tuple[str, float]]:
    start, end = (event.partition(" (")[0] for event in (each.start_event, each.end_event))
    return (start, each.start_s), (end, each.end_s)


def _at(moments: Sequence[Moment], end: tuple[str, float]) -> Moment:
    event, at_s = end
    return min(moments, key=lambda each: (event not in each.events, abs(each.at_s - at_s)))


def letters_of(timing: Timing) -> dict[str, str]:
    """Both letters of each time, by its name.

    Examples
    --------
    >>> from rtnb.session.views.timing import Interval
    >>> letters_of(Timing((Interval.of("endpointing", 1.0, 1.3),)))
    {'endpointing': 'A → B'}
    """
    moments = moments_of(timing)
    return {name: " → ".join(_at(moments, end).letter for end in _ends(each)) for name, each in timing.items()}


def timing_picture(timing: Timing) -> Picture:
    """A row a time, from its first event to its second; events are evenly spaced in their order, not to scale."""
    if not timing:
        return note_picture("nothing was timed")
    moments = moments_of(timing)
    lines = -(-sum(len(each.events) for each in moments) // 2)
    canvas = Canvas(TOP + len(timing) * ROW + 14 + lines * LEGEND_ROW + 10)
    step = (canvas.width - RIGHT - BEGIN) / max(1, len(moments) - 1)
    places = {each.letter: BEGIN + i * step for i, each in enumerate(moments)}
    floor = canvas.height - TOP - len(timing) * ROW
    for letter, x in places.items():
        canvas.line([(x, canvas.height - TOP + 2), (x, floor)], LINE, 1.0)
        canvas.text(x, canvas.height - TOP / 2 - 1, letter, TEXT, size=SMALL, bold=True, align="center")
    for row, (name, interval) in enumerate(timing.items()):
        y = canvas.height - TOP - (row + 0.5) * ROW
        strong = name == WHOLE
        label = definitions()[name].label.partition(" (")[0]
        label = shortened(label, NAMES - MARGIN, SMALL, bold=strong)
        canvas.text(MARGIN, y, label, TEXT if strong else MUTED, size=SMALL, bold=strong)
        canvas.text(VALUES, y, interval.text, TEXT, size=SMALL, bold=True, align="right")
        x0, x1 = (places[_at(moments, end).letter] for end in _ends(interval))
        # The dot is the end that is measured to: one time of all may lie before its beginning.
        canvas.segments([((x0, y), (x1, y)), ((x0, y - 5), (x0, y + 5))], TEXT, 3.0 if strong else 1.5)
        canvas.dot(x1, y, TEXT, radius=4.5 if strong else 3.0)
    _legend(canvas, moments, lines, floor - 14)
    return canvas.picture(_words(timing))


def _legend(canvas: Canvas, moments: Sequence[Moment], lines: int, top: float) -> None:
    """What the letters stand for, in two columns, and when that was."""
    wide = (canvas.width - 2 * MARGIN) / 2
    told = [(each, event) for each in moments for event in each.events]
    for i, (each, event) in enumerate(told):
        x, y = MARGIN + (i // lines) * wide, top - (i % lines + 0.5) * LEGEND_ROW
        canvas.text(x, y, each.letter, TEXT, size=SMALL, bold=True)
        canvas.text(x + 74, y, f"{each.at_s:.3f} s", MUTED, size=SMALL, align="right")
        canvas.text(x + 84, y, shortened(event, wide - 94, SMALL), MUTED, size=SMALL)


def _words(timing: Timing) -> str:
    said = (f"{definitions()[name].label} {each.text} ({letters})"
            for (name, each), letters in zip(timing.items(), letters_of(timing).values(), strict=True))  # fmt: skip
    events = "; ".join(f"{each.letter} {', '.join(each.events)}" for each in moments_of(timing))
    return f"Times between the events of a turn: {', '.join(said)}. {events}."
