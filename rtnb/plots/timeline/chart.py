"""A timeline as a picture: its lanes on one clock; a second run below the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture, shortened
from rtnb.plots.layout import SMALL, Label, number_labels, rows_of_labels, text_width
from rtnb.plots.money.words import percent
from rtnb.plots.palette import ERROR, LINE, MUTED, TEXT, VAD_MARK
from rtnb.plots.scene import Mark
from rtnb.plots.timeline.content import active_span, barge_in_words, lanes_of, latencies, latency_captions
from rtnb.plots.timeline.drawing import GUTTER, MARGIN, draw_clock, time_scale
from rtnb.plots.vad.lanes import Lane, draw_lanes, height_of
from rtnb.plots.words import counted
from rtnb.pricing import format_usd
from rtnb.session.timeline.placing import turn_starts
from rtnb.session.timeline.statuses import STATUSES
from rtnb.session.timeline.typical import typical_of

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["timeline_figure", "timeline_picture"]

LABEL_ROW, NUMBER_ROW, CAPTION_ROW, HEAD = 15.0, 16.0, 18.0, 22.0
MOST_LABELS = 4
"""Interruptions with words; more of them have only their lines."""


def timeline_figure(
    timeline: Timeline,
    other: Timeline | None = None,
    *,
    span_s: tuple[float, float] | None = None,
    shift_s: float | None = None,
) -> Figure:
    """All lanes of a timeline over one clock, as a new Figure in the colours for light backgrounds.

    Parameters
    ----------
    timeline : Timeline
    other : Timeline, optional
        A second run, drawn below the first on the same clock.
    span_s : (float, float), optional
        From when to when, in seconds on the session's clock; everything that happened if not given.
    shift_s : float, optional
        What is added to the clock of the second run; that of ``timeline.against(other)`` if not given.
    """
    return timeline_picture(timeline, other, span_s=span_s, shift_s=shift_s).figure


def timeline_picture(
    timeline: Timeline,
    other: Timeline | None = None,
    *,
    span_s: tuple[float, float] | None = None,
    shift_s: float | None = None,
) -> Picture:
    """The picture with its description; see :func:`timeline_figure`."""
    runs = [(timeline, 0.0)]
    if other is not None:
        runs.append((other, timeline.against(other).shift_s if shift_s is None else shift_s))
    shown = [(run, shift) for run, shift in runs if run.responses or run.pieces or run.transcripts or run.problems]
    if not shown:
        return note_picture("nothing happened yet")
    if span_s is None:
        spans = [(low + shift, high + shift) for run, shift in shown for low, high in [active_span(run)]]
        span_s = min(low for low, _ in spans), max(high for _, high in spans)
    blocks = [_Block(run, shift, span_s, titled=other is not None) for run, shift in shown]
    captions = _captions(blocks)
    height = 8 + sum(block.height for block in blocks) + 18 + CAPTION_ROW * len(captions) + 4
    canvas = Canvas(height)
    top = height - 8
    for block in blocks:
        top = block.draw(canvas, top)
    scale = time_scale(*span_s)
    draw_clock(canvas, scale, top - 9)
    top -= 18
    for caption in captions:
        canvas.text(WIDTH - MARGIN, top - CAPTION_ROW / 2 - 2, caption, MUTED, size=SMALL, align="right")
        top -= CAPTION_ROW
    return canvas.picture(" ".join(_alt(block) for block in blocks))


class _Block:
    """One run within a picture: its labels and lanes, on a clock of its own that lies under the common one."""

    def __init__(self, timeline: Timeline, shift_s: float, span_s: tuple[float, float], *, titled: bool) -> None:
        self.timeline, self.titled = timeline, titled
        self.span_s = span_s[0] - shift_s, span_s[1] - shift_s
        self.x = time_scale(*self.span_s)
        self.lanes: list[Lane] = lanes_of(timeline, *self.span_s)
        self.cut = [each for each in timeline.heard if each.cut and self.x.low <= each.end_s <= self.x.high]
        self.joins = [
            (each.start_s, f"connection {number}")
            for number, each in enumerate(timeline.links, 1)
            if number > 1 and self.shows(each.start_s, each.start_s)
        ]
        """Where another connection took over."""
        self.waits = [each for each in latencies(timeline) if self.shows(each.start_s, each.end_s)]
        self.labels = self._labels()
        self.numbers = self._numbers()

    def _labels(self) -> list[Label]:
        if len(self.cut) + len(self.joins) > MOST_LABELS:
            return []
        marks = [(self.x(each.end_s), barge_in_words(each)) for each in self.cut]
        marks = sorted([*marks, *((self.x(at_s), words) for at_s, words in self.joins)])
        return rows_of_labels(marks, left=GUTTER, right=WIDTH - 4, size=SMALL)

    def _numbers(self) -> list[Label]:
        found = [(at_s, turn) for turn, at_s in turn_starts(self.timeline).items() if self.x.low <= at_s <= self.x.high]
        marks = [Mark(at_s, str(turn + 1)) for at_s, turn in found]
        if len(marks) < 2:
            return []
        return number_labels(marks, [self.x(mark.at_s) for mark in marks], right=WIDTH - 4, size=SMALL)

    def shows(self, start_s: float, end_s: float | None) -> bool:
        return start_s <= self.x.high and (end_s is None or end_s >= self.x.low)

    @property
    def label_rows(self) -> int:
        return max((label.row + 1 for label in self.labels), default=0)

    @property
    def height(self) -> float:
        return (
            (HEAD if self.titled else 0.0) + self.label_rows * LABEL_ROW + (NUMBER_ROW if self.numbers else 0.0)
            + height_of(self.lanes) + 6
        )  # fmt: skip

    def draw(self, canvas: Canvas, top: float) -> float:
        if self.titled:
            title = shortened(self.timeline.name or self.timeline.model or "run", WIDTH / 2, 12, bold=True)
            canvas.text(MARGIN, top - HEAD / 2, title, TEXT, size=12.0, bold=True)
            top -= HEAD
        foot = top - (self.height - (HEAD if self.titled else 0.0)) + 4
        lanes_top = top - self.label_rows * LABEL_ROW - (NUMBER_ROW if self.numbers else 0.0)
        cuts = []
        moments, joined = [at_s for at_s, _ in self.joins], {words for _, words in self.joins}
        for label in self.labels:
            y = lanes_top + (NUMBER_ROW if self.numbers else 0.0) + LABEL_ROW * (label.row + 0.5)
            cuts.append((label.at, y + 5))
            canvas.text(label.x0, y, label.text, MUTED if label.text in joined else ERROR, size=SMALL)
        if not self.labels:
            cuts = [(self.x(at_s), lanes_top) for at_s in (*(each.end_s for each in self.cut), *moments)]
        for label in self.numbers:
            canvas.text(label.x0, lanes_top + NUMBER_ROW / 2, label.text, MUTED, size=SMALL, bold=True)
        y = lanes_top
        for lane in self.lanes:
            y -= lane.height
            canvas.line([(MARGIN, y), (WIDTH - MARGIN, y)], LINE, 0.8, z=0.3)
        bottom = draw_lanes(canvas, self.x, lanes_top, self.lanes) - 6
        for at, cut_top in cuts:
            _cut(canvas, at, cut_top, foot)
        return bottom


def _cut(canvas: Canvas, at: float, top: float, foot: float) -> None:
    """A dashed line that leaves out the words on its way."""
    across = [box for box in canvas.boxes if box.x0 - 2 < at < box.x1 + 2]
    ends = []
    for i in range(max(1, int((top - foot) / 6))):
        high, low = top - 6.0 * i, top - 6.0 * i - 3.5
        if not any(box.y0 < high and low < box.y1 for box in across):
            ends.append(((at, high), (at, low)))
    canvas.segments(ends, VAD_MARK, 1.2, z=2.2)


def _captions(blocks: list[_Block]) -> list[str]:
    """What the marks mean that do not say it themselves."""
    brackets = [each for block in blocks for each in block.waits]
    room = WIDTH - 2 * MARGIN
    found = _lines(latency_captions(brackets), room)
    keys = []
    if any(block.timeline.charges for block in blocks):
        keys.append("cost: blue new input, grey cached, green output")
    shown = [each for block in blocks for each in block.timeline.responses if block.shows(each.created_s, each.done_s)]
    ends = {each.status for each in shown}
    if signs := [status.words for name, status in STATUSES.items() if status.sign and name in ends]:
        keys.append(f"responses: {', '.join(signs)}")
    if any(each.unheard_s > 0 for block in blocks for each in block.cut):
        keys.append("faded: received and never heard")
    return [*found, *_lines(keys, room)]


def _lines(parts: list[str], room: float) -> list[str]:
    """Phrases on as few lines as they need."""
    lines: list[str] = []
    for part in (shortened(part, room, SMALL) for part in parts):
        longer = f"{lines[-1]} · {part}" if lines else ""
        if longer and text_width(longer, SMALL) <= room:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _alt(block: _Block) -> str:
    timeline, shows = block.timeline, block.shows
    turns = [at_s for at_s in turn_starts(timeline).values() if shows(at_s, at_s)]
    calls = [each for each in timeline.calls if shows(each.asked_s, each.end_s)]
    problems = [each for each in timeline.problems if shows(each.t_s, each.t_s)]
    parts = [
        counted(len(turns), "turn"),
        counted(sum(shows(each.created_s, each.done_s) for each in timeline.responses), "response"),
        *([counted(len(calls), "function call")] if calls else []),
        *([counted(len(problems), "error")] if problems else []),
    ]
    low, high = block.span_s
    said = [f"Timeline from {max(0.0, low):.1f} s to {high:.1f} s: {', '.join(parts)}."]
    if (typical := typical_of(block.waits)) is not None:
        said.append(f"{typical.text} {typical.of}.")
    said += [f"{words.capitalize()} takes over at {at_s:.1f} s." for at_s, words in block.joins[:6]]
    said += [f"{barge_in_words(each).capitalize()} at {each.end_s:.1f} s." for each in block.cut[:6]]
    if timeline.charges:
        last = timeline.charges[-1]
        cached = "" if last.cache_share is None else f", {percent(last.cache_share)} of its last input from the cache"
        said.append(f"Cost {format_usd(float(last.running_usd))}{cached}.")
    if problems:
        said.append(f"First error: {problems[0].code or problems[0].message[:80]}.")
    return " ".join(said)
