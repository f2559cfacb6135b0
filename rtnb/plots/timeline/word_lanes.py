"""The lanes of what was said, what was told and what went wrong, what it cost, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rtnb.plots.canvas import Canvas
from rtnb.plots.layout import SMALL, Box, text_width
from rtnb.plots.palette import ASSISTANT, ERROR, LINE, MUTED, STORED, TEXT, USER, VAD_MARK, Ink
from rtnb.plots.scales import Scale
from rtnb.plots.timeline.drawing import draw_labels, named, within
from rtnb.plots.timeline.lanes import BAR, ROW
from rtnb.plots.timeline.rows import Placed, fitted, place_along
from rtnb.pricing import format_usd
from rtnb.session.timeline.shapes import Bracket, Charge, Gap, Transcript
from rtnb.session.timeline.typical import ends_of
from rtnb.session.views.timing import in_words

__all__ = ["BracketLane", "CostLane", "GapLane", "Moment", "MomentLane", "TranscriptLane"]


@dataclass(frozen=True, slots=True)
class TranscriptLane:
    """What was said, where it was said: the user above, the assistant below."""

    transcripts: Sequence[Transcript]

    @property
    def height(self) -> float:
        """Two rows."""
        return 2 * 16.0 + 6

    def _placed(self, role: str, x: Scale) -> list[Placed]:
        mine = [each for each in self.transcripts if each.role == role and each.end_s > x.low]
        said = [each.text.strip() or ("failed" if each.status == "failed" else "") for each in mine]
        starts = [max(x(each.start_s), x.start) for each in mine]
        wanted = [(start, words) for start, words in zip(starts, said, strict=True) if words and start <= x.end]
        return place_along(wanted, left=x.start, right=x.end, size=SMALL)

    def fits(self, x: Scale) -> bool:
        """Whether there is room for any words."""
        return bool(self._placed("user", x) or self._placed("assistant", x))

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """As many words as there is room for until the next."""
        named(canvas, top - self.height / 2, "Transcripts")
        for role, ink, y in (("user", USER, top - 3 - 8), ("assistant", ASSISTANT, top - 3 - 24)):
            for each in self._placed(role, x):
                canvas.text(each.x0, y, each.text, ink, size=SMALL)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that is said of a moment."""

    at_s: float
    text: str
    ink: Ink = MUTED
    strong: bool = False


@dataclass(frozen=True, slots=True)
class MomentLane:
    """Errors, settings, connections, notes: a mark each, and words where there is room."""

    name: str
    moments: Sequence[Moment]

    @property
    def height(self) -> float:
        """One row."""
        return ROW + 2

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Errors are triangles and get their words first; the rest are ticks."""
        y = top - self.height / 2
        named(canvas, y, self.name, ERROR if any(each.strong for each in self.moments) else MUTED)
        shown = sorted((each for each in self.moments if x.low <= each.at_s <= x.high), key=lambda each: each.at_s)
        for each in shown:
            at = x(each.at_s)
            if each.strong:
                canvas.area([(at - 4.5, y - 4), (at + 4.5, y - 4), (at, y + 5)], each.ink, z=2.0)
            else:
                canvas.segments([((at, y - 6), (at, y + 6))], each.ink, 1.3, z=1.5)
        taken: list[Box] = []
        edges = [(x(each.at_s) - 6, x(each.at_s) + 6) for each in shown]
        for i in sorted(range(len(shown)), key=lambda i: (not shown[i].strong, i)):
            start = edges[i][1] + 2
            after = min([x.end + 8, *(edge[0] for edge in edges[i + 1 :]), *(b.x0 - 6 for b in taken if b.x0 > start)])
            if text := fitted(shown[i].text, min(after, x.end + 8) - start, SMALL):
                taken.append(canvas.text(start, y, text, shown[i].ink, size=SMALL))


@dataclass(frozen=True, slots=True)
class CostLane:
    """What each response cost: new input, cached input, output; and the sum so far."""

    charges: Sequence[Charge]

    @property
    def height(self) -> float:
        """One row of bars."""
        return ROW + 4

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Bars as long as money; the dearest is as long as a fifth of the clock at most."""
        y = top - self.height / 2
        total = max((each.running_usd for each in self.charges), default=None)
        named(canvas, y, "Cost" if not total else f"Cost {format_usd(float(total))}")
        shown = [each for each in self.charges if x.low <= each.t_s <= x.high]
        dearest = max((float(each.total_usd or 0) for each in shown), default=0.0)
        places = sorted(x(each.t_s) for each in shown)
        gaps = [b - a for a, b in pairwise(places) if b - a > 1] or [x.end - x.start]
        room = min((x.end - x.start) / 8, max(6.0, sorted(gaps)[len(gaps) // 4] * 0.55))
        parts: dict[Ink, list[Box]] = {USER: [], STORED: [], ASSISTANT: []}
        wanted = []
        for each in shown:
            at = start = x(each.t_s)
            if each.total_usd is None:
                canvas.text(at + 2, y, "?", ERROR, size=SMALL, bold=True)
                continue
            made = ((USER, each.fresh_usd), (STORED, each.cached_usd), (ASSISTANT, each.output_usd))
            for ink, usd in made:
                wide = 0.0 if dearest <= 0 else float(usd) / dearest * room
                parts[ink].append(Box(at, y - BAR / 2 + 2, min(at + wide, x.end), y + BAR / 2 - 2))
                at += wide
            wanted.append((start, at, "" if each.kind == "transcription" else format_usd(float(each.total_usd))))
        for ink, boxes in parts.items():
            canvas.bars(boxes, ink)
        # Behind the bars: the amounts are read, the bars are compared.
        draw_labels(canvas, y, _behind(sorted(wanted)), ink=MUTED)


def _behind(wanted: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, str | tuple[str, ...]]]:
    """Spans that are too short for words inside, so that they go behind."""
    return [(max(start, end - text_width(words, SMALL)), end, words) for start, end, words in wanted]


@dataclass(frozen=True, slots=True)
class GapLane:
    """When nothing came although something should have."""

    gaps: Sequence[Gap]

    @property
    def height(self) -> float:
        """One row."""
        return ROW + 2

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Hollow bars for waiting, full ones for what went wrong."""
        y = top - self.height / 2
        named(canvas, y, "Network")
        canvas.line([(x.start, y), (x.end, y)], LINE, z=0.4)
        waits: list[Box] = []
        stalls: list[Box] = []
        lost: list[Box] = []
        kinds = {"wait": waits, "stall": stalls, "upload": stalls, "connection": lost}
        wanted = []
        drawn: list[tuple[float, float]] = []
        for gap in self.gaps:
            found = within(x, gap.start_s, gap.end_s)
            if found:
                kinds[gap.kind].append(Box(found[0], y - 5, found[1], y + 5))
                drawn.append(found)
                wanted.append((*found, f"{gap.kind} {in_words(gap.seconds, 's')}"))
        canvas.bars(waits, MUTED, hollow=True)
        canvas.bars(stalls, VAD_MARK, alpha=0.8)
        canvas.bars(lost, ERROR, alpha=0.8)
        draw_labels(canvas, y, _behind(sorted(wanted)), ink=MUTED, taken=drawn)


@dataclass(frozen=True, slots=True)
class BracketLane:
    """One latency a turn, with both its ends at their moments; `marks` tell those of different ends apart."""

    brackets: Sequence[Bracket]
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def height(self) -> float:
        """The brackets, and their numbers below."""
        return 30.0

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Lines with feet upward, and the number below where it fits."""
        named(canvas, top - self.height / 2, "Latency", TEXT)
        shown = [each for each in self.brackets if each.end_s > each.start_s and within(x, each.start_s, each.end_s)]
        ends = []
        free = x.start
        for each in shown:
            x0, x1 = max(x(each.start_s), x.start), min(x(each.end_s), x.end)
            y = top - 9
            ends += [((x0, y), (x1, y)), ((x0, y), (x0, y + 5)), ((x1, y), (x1, y + 5))]
            words = f"{each.text}{self.marks.get(ends_of(each), '')}"
            wide = text_width(words, SMALL, bold=True)
            at = min(max((x0 + x1 - wide) / 2, x.start), canvas.width - 4 - wide)
            if at >= free:
                free = canvas.text(at, y - 10, words, TEXT, size=SMALL, bold=True).x1 + 8
        canvas.segments(ends, TEXT, 1.2)
