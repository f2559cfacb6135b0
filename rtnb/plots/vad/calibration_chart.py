"""A calibration: what was fitted and how exactly, the residuals, what the recordings do not decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import SMALL, Box
from rtnb.plots.palette import MUTED, TEXT, VAD_MARK
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.plot import FOOT, HEAD, Plot
from rtnb.plots.vad.words import milliseconds, prediction_words
from rtnb.plots.words import Fact, clipped
from rtnb.vad.calibration.result import Calibration
from rtnb.vad.tuning import default_tuning

__all__ = ["calibration_board", "calibration_picture", "detector_calibration_figure"]

HIGH = 120.0
BINS = 31


def detector_calibration_figure(calibration: Calibration) -> Figure:
    """Residuals as a matplotlib Figure."""
    return calibration_picture(calibration).figure


def calibration_picture(calibration: Calibration) -> Picture:
    """Residuals of starts and of ends, observed less predicted, on one scale."""
    both = [("starts", calibration.start_residuals_ms), ("ends", calibration.end_residuals_ms)]
    known = np.concatenate([values for _, values in both])
    if not known.size:
        return note_picture("no event of the server is predicted: there are no residuals")
    reach = max(float(np.abs(known).max()), 10.0) * 1.05
    edges = np.linspace(-reach, reach, BINS + 1)
    most = max(int(np.histogram(values, edges)[0].max()) for _, values in both if values.size)
    canvas = Canvas(HIGH + HEAD + FOOT + 22)
    foot, gap = FOOT + 20, 60.0
    wide = (WIDTH - 52 - 24 - gap) / 2
    said = []
    for i, (name, values) in enumerate(both):
        left = 52 + i * (wide + gap)
        plot = Plot(canvas, left, left + wide, foot, foot + HIGH, (-reach, reach), (0.0, most * 1.08))
        middle = (
            f", median {milliseconds(float(np.median(values)), signed=True)}" if values.size else ": none to compare"
        )
        plot.axes("observed less predicted", "events", lambda v: milliseconds(v, signed=True), _whole,
                  title=f"{name.capitalize()}{middle}")  # fmt: skip
        plot.canvas.line([(plot.x(0), foot), (plot.x(0), foot + HIGH)], TEXT, 1.2, dashed=True, z=2.5)
        counts = np.histogram(values, edges)[0].tolist()
        canvas.bars(
            [Box(plot.x(a) + 0.5, foot, plot.x(b) - 0.5, plot.y(n))
             for a, b, n in zip(edges[:-1].tolist(), edges[1:].tolist(), counts, strict=True) if n],
            VAD_MARK, z=1.5,
        )  # fmt: skip
        if values.size:
            most_ms = milliseconds(float(np.abs(values).max()))
            said.append(f"{counted(values.size, name[:-1])} within {most_ms}{middle}")
    canvas.text(14, 10, clipped(prediction_words(calibration.name), 110), MUTED, size=SMALL)
    return canvas.picture(f"Residuals of {calibration.name}: {'; '.join(said)}.")


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else ""


def calibration_board(calibration: Calibration) -> Board:
    """The card: constants beside the usual ones, residuals, what stays open."""
    events = calibration.matched + calibration.missing
    facts = (
        Fact(("", f"{calibration.matched} of {counted(events, 'event')}", " explained")),
        Fact(("", str(calibration.extra), " predicted that did not come")),
        *([Fact(("", str(calibration.beyond), " beyond the audio"))] if calibration.beyond else []),
        Fact(("", counted(calibration.recordings, "recording"))),
        *([Fact(("from ", clipped(calibration.endpoint, 80)))] if calibration.endpoint else []),
        Fact(("engine ", calibration.engine)),
    )
    heads = (Head("", words=True), Head("usual"), Head("fitted"), Head("would do as well"))
    caption = "Of the lags, the range is the middle half of what single events show."
    foot = (
        prediction_words(calibration.name), *(f"not determined: {each}" for each in calibration.undetermined),
        *calibration.notes,
    )  # fmt: skip
    return Board(
        "Calibration", facts=facts, pictures=(calibration_picture(calibration),),
        tables=(Table(Sheet(heads, tuple(_rows(calibration)), caption=caption)),), foot=foot,
    )  # fmt: skip


def _rows(calibration: Calibration) -> Sequence[tuple[str | Cell, ...]]:
    usual, tuning = default_tuning(), calibration.tuning
    rows: list[tuple[str | Cell, ...]] = []
    for asked, effective in tuning.threshold_map:
        fitted = Cell(f"{effective:.3g}", strong=True)
        rows.append(
            (f"threshold {asked:g} comes to", f"{asked:g}", fitted, _range(calibration, f"threshold {asked:g}", ""))
        )
    numbers = (
        ("hysteresis", "hysteresis", usual.hysteresis, tuning.hysteresis, ""),
        ("minimum speech", "min_speech_ms", usual.min_speech_ms, tuning.min_speech_ms, " ms"),
        ("lag of onsets", "lag_ms", usual.onset_shift_ms, tuning.onset_shift_ms, " ms"),
        ("lag of ends", "end_lag_ms", usual.end_shift_ms, tuning.end_shift_ms, " ms"),
    )
    for name, key, was, now, unit in numbers:
        fitted = Cell(f"{now:.4g}{unit}", strong=True)
        rows.append((name, f"{was:g}{unit}", fitted, _range(calibration, key, unit)))
    return rows


def _range(calibration: Calibration, key: str, unit: str) -> str:
    found = calibration.ranges.get(key)
    return "" if found is None else f"{found[0]:.4g} to {found[1]:.4g}{unit}"
