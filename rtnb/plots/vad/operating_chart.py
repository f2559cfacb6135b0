"""Operating points: what a budget buys, beside a timer of silence that knows when somebody speaks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import MUTED, TEXT, VAD_MARK
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.plot import FOOT, HEAD, Plot
from rtnb.plots.vad.words import milliseconds, share
from rtnb.plots.words import Fact
from rtnb.vad.scores.operating import OperatingPoints, Tradeoff

__all__ = ["operating_board", "operating_figure", "operating_picture"]

HIGH = 240.0


def operating_figure(points: OperatingPoints) -> Figure:
    """Both curves as a matplotlib Figure."""
    return operating_picture(points).figure


def operating_picture(points: OperatingPoints) -> Picture:
    """The picture with its description."""
    own, alone = _pairs(points.settings), _pairs(points.baseline)
    every = [*own, *alone]
    if not every:
        return note_picture("no setting has a latency")
    canvas = Canvas(HIGH + HEAD + FOOT + 22)
    foot = FOOT + 20
    far, top = max(x for x, _ in every), max(y for _, y in every)
    plot = Plot(canvas, 62, WIDTH - 24, foot, foot + HIGH, (0.0, far * 1.04), (0.0, min(1.0, top * 1.08) or 0.1))
    plot.axes(_latency_name(points), "share of the turns that are cut off", milliseconds, share,
              title="What a budget buys")  # fmt: skip
    # A budget is a line across: where a curve meets it is what it buys.
    for pairs, ink, dashed in ((alone, TEXT, True), (own, VAD_MARK, False)):
        plot.curve(pairs, ink, width=1.4 if dashed else 2.2, dashed=dashed, steps=True)
    for place in own[:200]:
        plot.point(place, VAD_MARK, radius=2.5)
    for budget, latency in points.latency_at.items():
        if math.isfinite(latency):
            rate = points.settings.cut_offs_within(latency)
            plot.point((latency, rate), VAD_MARK, radius=5.0)
            plot.name((latency, rate), f"{milliseconds(latency)} at {share(budget)}", TEXT, strong=True)
    if alone:
        plot.name(alone[len(alone) // 2], points.baseline.name, MUTED)
    if own:
        plot.name(own[len(own) // 3], points.settings.name, VAD_MARK)
    canvas.text(14, 10, f"dashed: {points.baseline.name}, with no time lost to a detector", MUTED, size=SMALL)
    canvas.text(WIDTH - 14, 10, counted(points.turns, "labelled turn"), MUTED, size=SMALL, align="right")
    return canvas.picture(f"{_said(points.settings)}; {_said(points.baseline)}.")


def operating_board(points: OperatingPoints) -> Board:
    """The card: the table of budgets, both curves."""
    rows: list[tuple[str | Cell, ...]] = []
    for line in (points.settings, points.baseline):
        cells = [Cell(milliseconds(v) or "never", strong=line is points.settings) for v in line.latency_at.values()]
        cells += [
            Cell(share(v, digits=1) or "never", strong=line is points.settings) for v in line.cut_offs_at.values()
        ]
        rows.append((line.name, *cells))
    heads = (
        Head("", words=True),
        *(Head(f"{share(budget)} cut-offs", "latency at") for budget in points.latency_at),
        *(Head(f"{milliseconds(budget)}", "cut-offs at") for budget in points.cut_offs_at),
    )
    return Board(
        "Operating points",
        facts=(Fact(("", counted(points.turns, "labelled turn"))), Fact((_latency_name(points),))),
        pictures=(operating_picture(points),),
        tables=(Table(Sheet(heads, tuple(rows))),),
        foot=(*map(str, points.chosen), *points.notes),
    )


def _latency_name(points: OperatingPoints) -> str:
    known = {"latency_p50_ms": "median end-of-turn latency", "latency_p90_ms": "end-of-turn latency, 90 % within"}
    return known.get(points.latency, points.latency)


def _pairs(line: Tradeoff) -> list[tuple[float, float]]:
    pairs: Sequence[tuple[float, float]] = list(zip(line.latency_ms.tolist(), line.cut_off_rate.tolist(), strict=True))
    return [pair for pair in pairs if all(map(math.isfinite, pair))]


def _said(line: Tradeoff) -> str:
    latencies = [f"{milliseconds(v) or 'never'} at {share(k)} cut-offs" for k, v in line.latency_at.items()]
    return f"{line.name}: {', '.join(latencies)}"
