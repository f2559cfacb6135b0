"""A sweep and what follows from it as cards: the trade-off, the best, what it keeps elsewhere, two settings."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rtnb._display import counted
from rtnb.errors import RtnbError
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.heatmap import heatmap_picture, measure_name, measure_words
from rtnb.plots.vad.score_sheets import score_cells, scores_sheet, scoring_words
from rtnb.plots.vad.sweep_chart import Curve, setting_of, sweep_picture
from rtnb.plots.vad.words import (
    CAPTION,
    count,
    milliseconds,
    mistake_name,
    moment,
    prediction_words,
    share,
)  # fmt: skip
from rtnb.plots.words import Fact
from rtnb.vad.scores.losing import MAX_LOST
from rtnb.vad.scores.score import Score
from rtnb.vad.sweeps.choosing import Best
from rtnb.vad.sweeps.comparing import Comparison
from rtnb.vad.sweeps.folds import HeldOut
from rtnb.vad.sweeps.front import left_out

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["best_board", "comparison_board", "held_out_board", "sweep_board"]

MOST_FRONT = 16
"""Rows of the front that are shown, spread over it."""


def sweep_board(sweep: Sweep) -> Board:
    """The card of a sweep: the trade-off, a heatmap, the front as a table."""
    frame = sweep.frame
    best: Score | None
    try:
        best = sweep.best().score
    except RtnbError:
        # Where there are no turns nothing is best.
        best = None
    baseline: Curve | None = None
    with contextlib.suppress(RtnbError):
        latencies, rates = sweep.operating_points().baseline.curve
        baseline = latencies.tolist(), rates.tolist()
    named = [("default", sweep.default), *([("best", best)] if best is not None else [])]
    grid = [name for name in ("threshold", "silence_duration_ms") if frame[name].nunique() > 1] if len(frame) else []
    pictures = [sweep_picture(sweep, best=best, baseline=baseline)]
    if len(grid) == 2:
        pictures.append(heatmap_picture(sweep, "errors"))
    rows = [("", row) for row in _front(sweep)]
    turns = sweep.default.turns
    recordings = len(sweep.corpus)
    facts = (
        Fact(("", counted(len(frame), "setting"))), Fact(("", counted(recordings, "recording"))),
        Fact(("", counted(turns, "labelled turn"))),
    )  # fmt: skip
    fewest = (
        "best: the fewest errors on these very recordings (false starts, and turns with any mistake)"
        if best is not None
        else ""
    )
    lost = left_out(sweep.columns)
    without = (
        f"the front is without {counted(lost, 'setting')} with more than {share(MAX_LOST)} of the turns missed or "
        "merged, or false starts or late ends for as many: sweep.pareto(max_lost=None) has them"
    )  # fmt: skip
    scoring = scoring_words(sweep.default)
    problems = [f"left out: {problem}" for problem in sweep.corpus.problems]
    tables = [Table(scores_sheet(named, strong=len(named) - 1))]
    if rows:
        tables.append(
            Table(
                _front_sheet(rows, sweep.tuning.hysteresis),
                folded=f"the front ({counted(len(sweep.pareto()), 'setting')})",
            )
        )
    return Board(
        "Sweep", facts=facts, pictures=tuple(pictures), tables=tuple(tables),
        foot=(prediction_words(sweep.prediction), scoring, fewest, without if lost else "", *problems),
    )  # fmt: skip


def _front(sweep: Sweep) -> list[Mapping[str, Any]]:
    rows = sweep.pareto().to_dict("records")
    if len(rows) > MOST_FRONT:
        rows = [rows[round(i * (len(rows) - 1) / (MOST_FRONT - 1))] for i in range(MOST_FRONT)]
    return [{str(key): value for key, value in row.items()} for row in rows]


def _front_sheet(rows: list[tuple[str, Mapping[str, Any]]], usual: float) -> Sheet:
    heads = (
        Head("setting", words=True), Head("cut-offs", "false"), Head("starts", "false"), Head("missed"),
        Head("clipped"), Head("merged"), Head("late"), Head("all"), Head("p50", "latency"), Head("p90", "latency"),
    )  # fmt: skip
    cells = tuple(
        (
            str(setting_of(row, usual)), Cell(count(row["cut_offs"]), f"({share(row['cut_off_rate'])})"),
            count(row["false_starts"]), count(row["missed"]), count(row["clipped"]), count(row["merged"]),
            count(row["late"]), count(row["errors"]),
            milliseconds(row["latency_p50_ms"]), milliseconds(row["latency_p90_ms"]),
        )
        for _, row in rows
    )  # fmt: skip
    said = "No other setting beats these in both. All: false starts, and turns with any mistake."
    return Sheet(heads, cells, caption=f"{said} {CAPTION}")


def best_board(best: Best) -> Board:
    """The card of a recommendation: the setting, its evidence, the default beside it."""
    low, high = best.interval
    value = measure_words(best.objective, best.value)
    between = f", 95 % interval {measure_words(best.objective, low)} to {measure_words(best.objective, high)}"
    facts = [
        Fact(
            (f"{measure_name(best.objective)} ", value, between if math.isfinite(low) and math.isfinite(high) else "")
        ),
        Fact(("", counted(best.missed, "missed turn"))), Fact(("", counted(best.merged, "merged turn"))),
        Fact(("", counted(best.false_starts, "false start"))),
        Fact(("", f"{best.feasible:,}", f" of {best.considered:,} settings within the constraints")),
    ]  # fmt: skip
    notes = [f"{name} at most {most:g}" for name, most in best.constraints.items()]
    bound = f"without these constraints another would win: {', '.join(best.bound)}" if best.bound else ""
    return Board(
        f"Best setting {best.setting}", facts=tuple(facts),
        tables=(Table(scores_sheet([("default", best.default), ("best", best.score)], strong=1)),),
        foot=(
            *best.notes, prediction_words(best.prediction), "chosen and scored on the same recordings: optimistic",
            "constraints: " + ", ".join(notes) if notes else "", bound, scoring_words(best.score),
        ),
    )  # fmt: skip


def held_out_board(found: HeldOut) -> Board:
    """The card of folds: what choosing promises and what it keeps."""
    name = found.objective
    sign = "+" if found.optimism > 0 else "\u2212" if found.optimism < 0 else ""
    size = measure_words(name, abs(found.optimism))
    facts = (
        Fact(("promised: ", measure_words(name, found.value_in))),
        Fact(("kept on held-out recordings: ", measure_words(name, found.value_out))),
        Fact(("optimism ", f"{sign}{size}" if size else "unknown")),
    )
    rows = [("in sample", *score_cells(found.in_sample)), (Cell("held out", strong=True), *score_cells(found.held_out))]
    both = scores_sheet([("in sample", found.in_sample)])
    folds = tuple(
        (
            str(i + 1), ", ".join(fold.recordings), str(fold.setting), count(fold.held_out.turns),
            measure_words(name, _value(fold.in_sample, name)), measure_words(name, _value(fold.held_out, name)),
        )
        for i, fold in enumerate(found.folds)
    )  # fmt: skip
    heads = (
        Head("fold"), Head("held out", words=True), Head("chosen on the others", words=True), Head("turns"),
        Head("in sample"), Head("held out"),
    )  # fmt: skip
    settings = len(set(found.settings))
    settled = "every fold chooses the same setting" if settings == 1 else (
        f"{settings} different settings in {counted(len(found.folds), 'fold')}: the recordings do not settle it"
    )  # fmt: skip
    broken = f"constraints that do not hold on held-out recordings: {', '.join(found.broken)}" if found.broken else ""
    title = f"Held out: {measure_name(name)} of {found.in_sample.setting}"
    return Board(
        title, facts=facts,
        tables=(
            Table(Sheet((Head("", words=True), *both.heads[1:]), tuple(rows))),
            Table(Sheet(heads, folds), f"{measure_name(name)}, fold by fold"),
        ),
        foot=(prediction_words(found.prediction), settled, broken),
    )  # fmt: skip


def _value(score: Score, name: str) -> float:
    value = getattr(score, name, None)
    if value is None and name.endswith("_rate"):
        # Rates are of labelled turns throughout.
        column = {"error_rate": "errors", "false_start_rate": "false_starts"}.get(name, name.removesuffix("_rate"))
        value = getattr(score, column, float("nan")) / score.turns if score.turns else float("nan")
    return float("nan") if value is None else float(value)


def comparison_board(found: Comparison) -> Board:
    """The card of two settings: scores side by side, and every turn that they do differently."""
    counts = found.counts
    facts = (
        Fact(("", counted(len(found.rows), "turn"), " differ")),
        Fact((f"better with {found.one}: ", str(counts["one"]))),
        Fact((f"better with {found.other}: ", str(counts["other"]))),
        *([Fact(("latency ", milliseconds(found.latency_change_ms, signed=True), " with the second, median"))]
          if math.isfinite(found.latency_change_ms) else []),
    )  # fmt: skip
    kinds = tuple(
        (mistake_name(kind), count(found.both.get(kind, 0)), count(found.only_one.get(kind, 0)),
         count(found.only_other.get(kind, 0)))
        for kind in dict.fromkeys((*found.both, *found.only_one, *found.only_other))
        if found.both.get(kind, 0) or found.only_one.get(kind, 0) or found.only_other.get(kind, 0)
    )  # fmt: skip
    names = f"only {found.one}", f"only {found.other}"
    heads = (Head("mistake", words=True), Head("both"), Head(names[0]), Head(names[1]))
    rows = tuple(
        (
            row.recording, "" if row.turn is None else str(row.turn + 1), moment(row.start_s), _done(row.what_one),
            _done(row.what_other), milliseconds(row.one_latency_ms), milliseconds(row.other_latency_ms),
            {"one": "first", "other": "second"}.get(row.better, "neither"),
        )
        for row in found.rows
    )  # fmt: skip
    columns = (
        Head("recording", words=True), Head("turn"), Head("at"), Head("first", words=True),
        Head("second", words=True), Head("first", "latency"), Head("second", "latency"), Head("better", words=True),
    )  # fmt: skip
    title = f"{found.one} beside {found.other}"
    tables = [Table(scores_sheet([("first", found.one_score), ("second", found.other_score)]))]
    if kinds:
        tables.append(Table(Sheet(heads, kinds)))
    if rows:
        tables.append(Table(Sheet(columns, rows), "Turns that they do differently"))
    same = "" if rows else "both settings do every turn alike"
    return Board(title, facts=facts, tables=tuple(tables), foot=(prediction_words(found.prediction), same))


def _done(what: str) -> str:
    if what == "ok":
        return "right"
    return ", ".join(mistake_name(kind.strip()) for kind in what.split(","))
