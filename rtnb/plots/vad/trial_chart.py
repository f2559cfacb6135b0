"""A trial on a server: what it heard beside what was predicted, setting by setting, with residuals in ms."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.audio import Clip
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture, shortened
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import MUTED, PALE_USER, TEXT, VAD_MARK
from rtnb.plots.scales import Scale
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table, board_bundle
from rtnb.plots.vad.lanes import KEY, MARGIN, Clock, Lane, Sound, Strip, clock_scale, draw_lanes, height_of
from rtnb.plots.vad.score_sheets import HEADS, score_cells, scores_sheet
from rtnb.plots.vad.words import milliseconds, moment, prediction_words
from rtnb.plots.words import Fact, clipped, duration
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.score import Score
from rtnb.vad.turns import DetectedTurn

__all__ = ["trial_board", "trial_bundle", "trial_figure", "trial_picture"]

MOST = 6
"""Settings that the picture shows; the tables have all."""


class _Heard(Protocol):
    @property
    def audio_start_ms(self) -> int: ...
    @property
    def audio_end_ms(self) -> int | None: ...
    @property
    def end_s(self) -> float: ...


class _Pair(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def heard(self) -> _Heard | None: ...
    @property
    def predicted(self) -> DetectedTurn | None: ...
    @property
    def start_residual_ms(self) -> float | None: ...
    @property
    def end_residual_ms(self) -> float | None: ...


class _Run(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def heard(self) -> Sequence[_Heard]: ...
    @property
    def predicted(self) -> Sequence[DetectedTurn]: ...
    @property
    def pairs(self) -> Sequence[_Pair]: ...
    @property
    def prediction(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def sent_s(self) -> float: ...
    @property
    def score(self) -> Score | None: ...
    @property
    def notes(self) -> Sequence[str]: ...


class _Trial(Protocol):
    """What is read of a trial; the room where it is made stands above this one."""

    @property
    def clip(self) -> Clip: ...
    @property
    def labels(self) -> Labels | None: ...
    @property
    def runs(self) -> Sequence[_Run]: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def cost(self) -> str: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def prediction(self) -> str: ...


def trial_figure(trial: _Trial) -> Figure:
    """What was heard beside what was predicted, as a matplotlib Figure."""
    return trial_picture(trial).figure


def trial_bundle(trial: _Trial) -> dict[str, Any]:
    """What Jupyter gets of a trial."""
    return board_bundle(trial_board(trial))


@dataclass(frozen=True, slots=True)
class _Title:
    """The name of a setting above its strips."""

    words: str
    note: str
    height: float = 18.0

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        box = canvas.text(x.start, top - 11, shortened(self.words, 420, SMALL, bold=True), TEXT, size=SMALL, bold=True)
        canvas.text(box.x1 + 10, top - 11, shortened(self.note, x.end - box.x1 - 10, SMALL), MUTED, size=SMALL)


def trial_picture(trial: _Trial) -> Picture:
    """The sound, the labels where there are any, and for each setting the turns heard and predicted."""
    if not trial.runs:
        return note_picture("nothing was tried")
    lanes: list[Lane] = [Sound(trial.clip, high=54.0)]
    if trial.labels is not None:
        lanes.append(Strip("labels", [(s.start_s, s.end_s) for s in trial.labels.speech], PALE_USER))
    end_s = trial.clip.duration_s
    for run in trial.runs[:MOST]:
        heard = [_span(turn) for turn in run.heard]
        predicted = [_span(turn) for turn in run.predicted]
        end_s = max([end_s, *(end for _, end in (*heard, *predicted))])
        alone = [_span(p.heard) for p in run.pairs if p.heard is not None and p.predicted is None]
        unheard = [_span(p.predicted) for p in run.pairs if p.predicted is not None and p.heard is None]
        lanes += [
            _Title(run.title, _state(run) or _residuals(run)),
            Strip("heard", heard, VAD_MARK, empty="nothing was heard" if run.sent_s else "", marks=alone),
            Strip("predicted", predicted, VAD_MARK, hollow=True, empty="nothing" if run.sent_s else "", marks=unheard),
        ]
    lanes.append(Clock())
    canvas = Canvas(height_of(lanes) + KEY + 6)
    draw_lanes(canvas, clock_scale(0.0, end_s, WIDTH), canvas.height - 4, lanes)
    canvas.text(MARGIN, 10, prediction_words(trial.prediction)[:70], MUTED, size=SMALL)
    more = f"{MOST} of {len(trial.runs)} settings · " if len(trial.runs) > MOST else ""
    words = f"{more}bars: prefix padding to the end of the silence; red: without a partner"
    canvas.text(WIDTH - MARGIN, 10, words, MUTED, size=SMALL, align="right")
    said = [
        f"{run.title}: {len(run.heard)} heard, {len(run.predicted)} predicted, {_residuals(run)}" for run in trial.runs
    ]
    return canvas.picture(f"{clipped('; '.join(said), 1500)}; {prediction_words(trial.prediction)}.")


def trial_board(trial: _Trial) -> Board:
    """The card: picture, residuals by setting and turn by turn, scores where there are labels."""
    paid = Fact(("", trial.cost)) if trial.cost else Fact(("no cost",))
    facts = (
        Fact(("", counted(len(trial.runs), "setting"))), Fact(("on ", clipped(trial.endpoint, 80))),
        *([Fact((clipped(trial.model, 80),))] if trial.model else []), paid,
    )  # fmt: skip
    scored = [(Cell(clipped(run.title, 60)), *score_cells(run.score)) for run in trial.runs if run.score is not None]
    tables = [Table(_summary(trial), "Heard less predicted")]
    if scored:
        caption = scores_sheet((), caption="Scored from what the server said.").caption
        sheet = Sheet((Head("setting", words=True), *HEADS), tuple(scored), caption=caption)
        tables.append(Table(sheet, "What the server got right and wrong"))
    tables.append(Table(_every(trial), folded="every turn"))
    notes = [*trial.notes, *(f"{run.title}: {note}" for run in trial.runs for note in run.notes)]
    problems = [_problem(run) for run in trial.runs if run.problem]
    return Board(
        "Trial on a server", facts=facts, pictures=(trial_picture(trial),), tables=tuple(tables),
        foot=(*_predictions(trial), *problems, *notes),
    )  # fmt: skip


def _problem(run: _Run) -> str:
    why = " ".join(run.problem.split())
    state = "ended early" if run.sent_s else "not started"
    return f"{state}: {run.title}" + (f": {why}" if why != state else "")


def _state(run: _Run) -> str:
    """What there is to know of a session that was not sent everything, in words."""
    if not run.problem:
        return ""
    return f"ended early, after {duration(run.sent_s)}" if run.sent_s else "not started"


def _predictions(trial: _Trial) -> list[str]:
    """What predictions rest on: the detector's, and where semantic_vad was estimated, that estimate's name."""
    names = dict.fromkeys(run.prediction for run in trial.runs) or {trial.prediction: None}
    return [prediction_words(name) if name == trial.prediction else f"predicted by: {name}" for name in names]


def _span(turn: _Heard | DetectedTurn | None) -> tuple[float, float]:
    assert turn is not None
    end_ms = turn.audio_end_ms
    return turn.audio_start_ms / 1000, turn.end_s if end_ms is None else end_ms / 1000


def _both(run: _Run) -> tuple[list[float], list[float]]:
    starts = [pair.start_residual_ms for pair in run.pairs if pair.start_residual_ms is not None]
    ends = [pair.end_residual_ms for pair in run.pairs if pair.end_residual_ms is not None]
    return starts, ends


def _residuals(run: _Run) -> str:
    """The greatest differences in words."""
    starts, ends = _both(run)
    if not starts and not ends:
        return "nothing to compare"
    said = [f"{name} within {milliseconds(max(map(abs, values)))}"
            for name, values in (("starts", starts), ("ends", ends)) if values]  # fmt: skip
    return ", ".join(said)


def _summary(trial: _Trial) -> Sheet:
    rows: list[tuple[str | Cell, ...]] = []
    heads = (
        Head("setting", words=True), Head("heard", "turns"), Head("predicted", "turns"), Head("extra", "turns"),
        Head("missing", "turns"), Head("median", "start"), Head("range", "start"), Head("median", "end"),
        Head("range", "end"),
    )  # fmt: skip
    for run in trial.runs:
        extra = sum(pair.predicted is None for pair in run.pairs)
        missing = sum(pair.heard is None for pair in run.pairs)
        found = [cell for values in _both(run) for cell in _spread(values)]
        title = Cell(clipped(run.title, 60), _state(run))
        counts = (f"{len(run.heard)}", f"{len(run.predicted)}", Cell(f"{extra}", strong=extra > 0),
                  Cell(f"{missing}", strong=missing > 0))  # fmt: skip
        rows.append((title, *counts, *found))
    caption = "Positive: the server marks it later. Extra: heard, not predicted. Missing: predicted, not heard."
    if any(run.problem for run in trial.runs):
        caption += " Of a session that ended early only what it could tell by then is expected."
    return Sheet(heads, tuple(rows), caption=caption)


def _spread(values: Sequence[float]) -> tuple[str, str]:
    if not values:
        return "", ""
    low, high = (milliseconds(v, signed=True).removesuffix(" ms") for v in (min(values), max(values)))
    return milliseconds(statistics.median(values), signed=True), f"{low} to {high} ms" if low != high else f"{low} ms"


def _every(trial: _Trial) -> Sheet:
    heads = (
        Head("setting", words=True), Head("turn"), Head("heard", "start"), Head("predicted", "start"),
        Head("difference", "start"), Head("heard", "end"), Head("predicted", "end"), Head("difference", "end"),
    )  # fmt: skip
    rows = []
    for run in trial.runs:
        for pair in run.pairs:
            heard, predicted = pair.heard, pair.predicted
            rows.append((
                clipped(run.title, 60), str(pair.number),
                moment(heard.audio_start_ms / 1000) if heard is not None else "",
                moment(predicted.audio_start_ms / 1000) if predicted is not None else "",
                _signed(pair.start_residual_ms),
                moment(heard.audio_end_ms / 1000) if heard is not None and heard.audio_end_ms is not None else "",
                moment(predicted.audio_end_ms / 1000) if predicted is not None else "",
                _signed(pair.end_residual_ms),
            ))  # fmt: skip
    return Sheet(heads, tuple(rows))


def _signed(value: float | None) -> str:
    return "" if value is None else milliseconds(value, signed=True)
