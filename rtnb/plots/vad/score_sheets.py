"""Scores in rows: what a setting gets wrong and how long it waits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rtnb._display import counted
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.words import CAPTION, count, milliseconds, prediction_words, share
from rtnb.plots.words import Fact
from rtnb.vad.scores.score import Score

__all__ = ["HEADS", "interval_words", "score_board", "score_cells", "scores_sheet", "scoring_words"]

HEADS = (
    Head("starts", "false"), Head("cut-offs", "false"), Head("missed"), Head("clipped"), Head("merged"), Head("late"),
    Head("p50", "latency"), Head("p90", "latency"),
)  # fmt: skip


def score_cells(score: Score) -> tuple[str | Cell, ...]:
    """The figures of a score in the order of `HEADS`."""
    return (
        count(score.false_starts), Cell(count(score.cut_offs), _rate(score)), count(score.missed),
        Cell(count(score.clipped), f"({milliseconds(score.clipped_ms)})" if score.clipped else ""),
        count(score.merged), count(score.late),
        milliseconds(score.latency_p50_ms), milliseconds(score.latency_p90_ms),
    )  # fmt: skip


def _rate(score: Score) -> str:
    return f"({share(score.cut_off_rate)})" if score.turns else ""


def scores_sheet(rows: Sequence[tuple[str, Score]], *, strong: int | None = None, caption: str = "") -> Sheet:
    """Scores side by side, each under a name and its setting; the row `strong` stands out."""
    cells = []
    for i, (name, score) in enumerate(rows):
        setting = Cell(name or str(score.setting), str(score.setting) if name else "", strong=i == strong)
        cells.append((setting, *score_cells(score)))
    said = [CAPTION, "Beside false cut-offs: their share of the turns; beside clipped onsets: what is missing, median."]
    return Sheet((Head("setting", words=True), *HEADS), tuple(cells), caption=" ".join(filter(None, [*said, caption])))


def interval_words(score: Score, column: str) -> str:
    """A 95 % interval in words; empty where none is known."""
    found = score.intervals.get(column)
    if found is None or not all(map(math.isfinite, found)):
        return ""
    low, high = found
    if column.endswith("_rate"):
        return f"{share(low)} to {share(high)}"
    if column.endswith("_ms"):
        return f"{round(low):,} to {milliseconds(high)}"
    return f"{low:,.4g} to {high:,.4g}"


def scoring_words(score: Score) -> str:
    """By which numbers it was scored; empty where they are not known."""
    if score.scoring is None:
        return ""
    scoring = score.scoring
    return (
        f"turn gap {scoring.turn_gap_s:g} s, collar {1000 * scoring.collar_s:g} ms, late from {scoring.late_s:g} s"
    )  # fmt: skip


def score_board(score: Score) -> Board:
    """One score: counts with intervals where they are known, latencies."""
    rows = [
        ("false starts", "false_starts", count(score.false_starts), ""),
        ("missed turns", "missed", count(score.missed), _of(score.missed, score.turns)),
        ("clipped onsets", "clipped", count(score.clipped), _clip(score)),
        ("false cut-offs", "cut_offs", count(score.cut_offs), _of(score.cut_offs, score.turns)),
        ("merged turns", "merged", count(score.merged), _of(score.merged, score.turns)),
        ("late ends", "late", count(score.late), _of(score.late, score.turns)),
        ("detected turns a labelled one", "fragments", _mean(score.fragments), ""),
        ("end-of-turn latency, median", "latency_p50_ms", milliseconds(score.latency_p50_ms),
         f"of {counted(score.latencies_ms.size, 'turn')}"),
        ("end-of-turn latency, 90 % within", "latency_p90_ms", milliseconds(score.latency_p90_ms), ""),
    ]  # fmt: skip
    known = any(interval_words(score, column) for _, column, _, _ in rows)
    heads = [Head("", words=True), Head(""), Head("", words=True), *([Head("95 % interval")] if known else [])]
    cells: list[tuple[str | Cell, ...]] = [
        (name, Cell(value, strong=True), note, *([interval_words(score, column)] if known else []))
        for name, column, value, note in rows
    ]
    facts = (
        Fact(("", counted(score.turns, "labelled turn"))), Fact(("", counted(score.detected, "detected turn"))),
        Fact(("", counted(score.errors, "error"), ": false starts, and turns with any mistake")),
    )  # fmt: skip
    return Board(
        f"Score of {score.setting}",
        facts=facts,
        tables=(Table(Sheet(tuple(heads), tuple(cells), caption=CAPTION)),),
        foot=(prediction_words(score.prediction), scoring_words(score)),
    )


def _mean(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else ""


def _of(part: int, whole: int) -> str:
    return f"{share(part / whole)} of the turns" if whole else ""


def _clip(score: Score) -> str:
    return f"{milliseconds(score.clipped_ms)} missing, median" if math.isfinite(score.clipped_ms) else ""
