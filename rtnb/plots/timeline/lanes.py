"""The lanes of what happened between two people: sound, turn detection, responses, tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtnb.plots.canvas import Canvas
from rtnb.plots.layout import Box
from rtnb.plots.palette import ASSISTANT, ERROR, MUTED, TOOL, VAD, VAD_MARK, Ink
from rtnb.plots.scales import Scale
from rtnb.plots.timeline.drawing import Levels, draw_labels, draw_sound, named, within
from rtnb.session.timeline.placing import rows_for
from rtnb.session.timeline.shapes import Call, Commit, Heard, Response, Speech
from rtnb.session.timeline.statuses import FAILED_SIGN, Status, status_of
from rtnb.session.views.timing import in_words

__all__ = ["BAR", "ROW", "CallLane", "DetectionLane", "ResponseLane", "SoundLane", "call_words"]

BAR = 15.0
ROW = 19.0
PREFIX, SPEECH, SILENCE = 0.12, 0.26, 0.55
"""Opacity of the parts of detected speech."""
THINKING, GOING = 0.14, 0.30
"""Opacity of a response before its first delta, and from there on."""


@dataclass(frozen=True, slots=True)
class SoundLane:
    """The sound of one side.

    Parameters
    ----------
    name : str
    levels : callable
        Peaks between two moments.
    ink : Ink
    heard : sequence of Heard
        Playback of answers; what was received and not heard is faded.
    high : float
        Pixels.
    """

    name: str
    levels: Levels
    ink: Ink
    heard: Sequence[Heard] = ()
    high: float = 32.0

    @property
    def height(self) -> float:
        """With air above."""
        return self.high + 7

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Strokes upward from the foot of the lane."""
        base = top - self.height + 1
        named(canvas, base + self.high / 2 - 2, self.name, self.ink, bold=True)
        unheard = [(each.end_s, each.would_end_s) for each in self.heard if each.cut and each.unheard_s > 0]
        heard = [(each.start_s, each.end_s) for each in self.heard]
        draw_sound(canvas, x, base, self.high - 2, self.levels, self.ink, unheard=unheard, heard=heard)


@dataclass(frozen=True, slots=True)
class DetectionLane:
    """What turn detection called speech, and what was committed."""

    speech: Sequence[Speech]
    commits: Sequence[Commit] = ()

    @property
    def height(self) -> float:
        """Pixels, with air."""
        return ROW + 4

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Spans with prefix and silence shaded apart, a tick for each commit."""
        y = top - self.height / 2
        named(canvas, y, "Turn detection", VAD_MARK)
        shades: dict[float, list[Box]] = {PREFIX: [], SPEECH: [], SILENCE: []}
        wanted: list[tuple[float, float, str | tuple[str, ...]]] = []
        for span in self.speech:
            end_s = x.high if span.end_s is None else span.end_s
            onset_s = min(max(span.onset_s, span.start_s), end_s)
            stop_s = end_s if span.speech_end_s is None else min(max(span.speech_end_s, onset_s), end_s)
            edges = ((PREFIX, span.start_s, onset_s), (SPEECH, onset_s, stop_s), (SILENCE, stop_s, end_s))
            for shade, from_s, to_s in edges:
                found = within(x, from_s, to_s, least=0.5) if to_s > from_s else None
                if found:
                    shades[shade].append(Box(found[0], y - BAR / 2, found[1], y + BAR / 2))
            whole = within(x, span.start_s, end_s)
            if whole:
                wanted.append((*whole, (span.words, f"speech {span.short}", span.short)))
        for shade, boxes in shades.items():
            canvas.bars(boxes, VAD, alpha=shade, z=1.0)
        commits = [x(each.t_s) for each in self.commits if x.low <= each.t_s <= x.high]
        canvas.segments([((at, y - BAR / 2 - 2), (at, y + BAR / 2 + 2)) for at in commits], VAD_MARK, 1.4)
        # A commit by hand has no span of its own: the tick is named.
        lone = [each.t_s for each in self.commits if each.sent_s is not None and x.low <= each.t_s <= x.high]
        wanted += [(x(at_s), x(at_s) + 1.5, "commit") for at_s in lone]
        draw_labels(canvas, y, sorted(wanted, key=_start), taken=[(at, at) for at in commits])


def _start(thing: tuple[float, float, str | tuple[str, ...]]) -> float:
    return thing[0]


_TONES: dict[str, Ink] = {"asst": ASSISTANT, "mark": VAD_MARK, "err": ERROR}


def _draw_ends(canvas: Canvas, boxes: Sequence[Box], status: Status) -> None:
    """The sign of a status as a shape, which has room on the shortest bar: a cross, a half, a block."""
    ink = _TONES[status.tone]
    if status.sign == FAILED_SIGN:
        crosses: list[tuple[tuple[float, float], tuple[float, float]]] = []
        for box in boxes:
            at, y, arm = box.x1 - 4.5, (box.y0 + box.y1) / 2, 3.5
            crosses += [((at - arm, y - arm), (at + arm, y + arm)), ((at - arm, y + arm), (at + arm, y - arm))]
        canvas.segments(crosses, ink, 2.0, z=1.3)
        return
    half = status.sign == "◐"
    if half:
        canvas.bars(boxes, ink, hollow=True)
    canvas.bars([Box(b.x0, b.y0, b.x1, (b.y0 + b.y1) / 2) for b in boxes] if half else boxes, ink, alpha=0.75, z=1.2)


@dataclass(frozen=True, slots=True)
class ResponseLane:
    """Responses from their creation over their first delta to their end."""

    responses: Sequence[Response]
    most: int = 3

    def _rows(self) -> list[int]:
        spans = [(each.created_s, each.created_s if each.done_s is None else each.done_s) for each in self.responses]
        return rows_for(spans, most=self.most, gap=0.0)

    @property
    def height(self) -> float:
        """A row for each that goes on at the same time as another."""
        return ROW * (max(self._rows(), default=0) + 1) + 4

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Bars: pale until the first delta; what did not end well has its end marked."""
        named(canvas, top - 2 - ROW / 2, "Responses", ASSISTANT)
        rows = self._rows()
        pale: list[Box] = []
        full: list[Box] = []
        ends: dict[str, list[Box]] = {}
        wanted: dict[int, list[tuple[float, float, str | tuple[str, ...]]]] = {}
        for response, row in zip(self.responses, rows, strict=True):
            y = top - 2 - ROW * (row + 0.5)
            done_s = x.high if response.done_s is None else response.done_s
            found = within(x, response.created_s, done_s)
            if found is None:
                continue
            first_s = min(done_s if response.first_s is None else response.first_s, done_s)
            middle = min(max(x(max(first_s, x.low)), found[0]), found[1])
            pale.append(Box(found[0], y - BAR / 2, middle, y + BAR / 2))
            full.append(Box(middle, y - BAR / 2, found[1], y + BAR / 2))
            # Where it ended: as wide as a bar's end can be seen, but no wider than a third of it.
            wide = max(3.0, min(9.0, (found[1] - found[0]) / 3))
            status = status_of(response.status)
            if status.sign and done_s <= x.high:
                ends.setdefault(response.status, []).append(Box(found[1] - wide, y - BAR / 2, found[1], y + BAR / 2))
            wanted.setdefault(row, []).append((*found, (response.words, status.words)))
        canvas.bars(pale, ASSISTANT, alpha=THINKING)
        canvas.bars(full, ASSISTANT, alpha=GOING)
        canvas.segments([((box.x0, box.y0), (box.x0, box.y1)) for box in pale], ASSISTANT, 1.2, alpha=0.8)
        for ended, boxes in ends.items():
            _draw_ends(canvas, boxes, status_of(ended))
        for row, things in wanted.items():
            draw_labels(canvas, top - 2 - ROW * (row + 0.5), sorted(things, key=_start))


@dataclass(frozen=True, slots=True)
class CallLane:
    """Functions: while they were written, ran, and what that gave."""

    calls: Sequence[Call]
    most: int = 3

    def _spans(self) -> list[tuple[float, float]]:
        return [(each.asked_s, each.asked_s if each.end_s is None else each.end_s) for each in self.calls]

    def _rows(self) -> list[int]:
        return rows_for(self._spans(), most=self.most, gap=0.0)

    @property
    def height(self) -> float:
        """A row for each that runs at the same time as another."""
        return ROW * (max(self._rows(), default=0) + 1) + 4

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Bars with the function's name and how long it ran."""
        named(canvas, top - 2 - ROW / 2, "Tools", TOOL)
        if not self.calls:
            canvas.text(x.start, top - 2 - ROW / 2, "none", MUTED, size=11.0)
            return
        pale: list[Box] = []
        ran: list[Box] = []
        bad: list[Box] = []
        wanted: dict[int, list[tuple[float, float, str | tuple[str, ...]]]] = {}
        for call, row in zip(self.calls, self._rows(), strict=True):
            y = top - 2 - ROW * (row + 0.5)
            end_s = x.high if call.end_s is None else call.end_s
            found = within(x, call.asked_s, end_s)
            if found is None:
                continue
            pale.append(Box(found[0], y - BAR / 2, found[1], y + BAR / 2))
            if call.started_s is not None:
                run = within(x, call.started_s, end_s if call.finished_s is None else call.finished_s)
                if run:
                    (bad if call.failed else ran).append(Box(run[0], y - BAR / 2, run[1], y + BAR / 2))
            signs = (FAILED_SIGN,) if call.failed else ()
            wanted.setdefault(row, []).append((*found, (call_words(call), call.name[:60], *signs)))
        canvas.bars(pale, TOOL, alpha=0.15)
        canvas.bars(ran, TOOL, alpha=0.30)
        canvas.bars(bad, ERROR, alpha=0.55)
        for row, things in wanted.items():
            draw_labels(canvas, top - 2 - ROW * (row + 0.5), sorted(things, key=_start))


def call_words(call: Call) -> str:
    """What stands on the bar of a call.

    Examples
    --------
    >>> call_words(Call(call_id="c", name="get_weather", signature="get_weather()", status="completed", asked_s=1.0,
    ...                 started_s=1.0, finished_s=1.61))
    'get_weather 0.61 s'
    """
    timed = call.started_s is not None and call.finished_s is not None
    took = f" {in_words(call.finished_s - call.started_s, 's')}" if timed else ""  # type: ignore[operator]
    bad = f" · {call.status.replace('_', ' ')}" if call.status not in ("completed", "running") else ""
    sign = f"{FAILED_SIGN} " if call.failed else ""
    return f"{sign}{call.name[:60]}{took}{bad}"
