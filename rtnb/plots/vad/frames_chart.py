"""Frame metrics: the ROC and precision against recall, with the threshold on both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import MUTED, TEXT, VAD_MARK
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.plot import FOOT, HEAD, Plot
from rtnb.plots.vad.words import share
from rtnb.plots.words import Fact
from rtnb.vad.scores.frames import FrameMetrics

__all__ = ["frames_board", "frames_figure", "frames_picture"]

HIGH = 250.0
MOST = 200
"""Points of a curve: more than a pixel tells apart."""


def frames_figure(metrics: FrameMetrics) -> Figure:
    """The ROC beside precision and recall, as a matplotlib Figure."""
    return frames_picture(metrics).figure


def frames_picture(metrics: FrameMetrics) -> Picture:
    """The picture with its description."""
    curves = [
        ("ROC", metrics.roc[0], metrics.roc[1], metrics.roc_auc, "speech found", "silence taken for speech",
         (metrics.false_positive_rate, metrics.recall)),
        ("Precision and recall", metrics.precision_recall[1], metrics.precision_recall[0], metrics.pr_auc,
         "precision", "speech found", (metrics.recall, metrics.precision)),
    ]  # fmt: skip
    if not math.isfinite(metrics.roc_auc):
        return note_picture("frames of speech and of silence are needed for a curve, and there is only one of them")
    canvas = Canvas(HIGH + HEAD + FOOT + 22)
    foot, gap = FOOT + 20, 70.0
    wide = (WIDTH - 62 - 24 - gap) / 2
    for i, (title, xs, ys, area, y_name, x_name, point) in enumerate(curves):
        left = 62 + i * (wide + gap)
        plot = Plot(canvas, left, left + wide, foot, foot + HIGH, (0.0, 1.0), (0.0, 1.0))
        plot.axes(x_name, y_name, share, share, title=f"{title}, area {area:.4f}")
        if i == 0:
            plot.curve([(0, 0), (1, 1)], MUTED, dashed=True, width=1.0)
        plot.curve(_thinned(xs, ys), VAD_MARK, width=2.0)
        if all(map(math.isfinite, point)):
            plot.point(point, TEXT, radius=4.5)
            plot.name(point, f"threshold {metrics.threshold:g}", TEXT, strong=True)
    canvas.text(14, 10, "frames of all recordings together: a diagnostic of the engine", MUTED, size=SMALL)
    canvas.text(WIDTH - 14, 10, f"{metrics.frames:,} frames, {share(metrics.speech_share)} speech", MUTED,
                size=SMALL, align="right")  # fmt: skip
    return canvas.picture(
        f"{metrics.engine}: area under the ROC {metrics.roc_auc:.4f}, under precision and recall {metrics.pr_auc:.4f}; "
        f"at {metrics.threshold:g} {share(metrics.recall)} of the speech is found and "
        f"{share(metrics.false_positive_rate)} of the silence is taken for speech."
    )


def frames_board(metrics: FrameMetrics) -> Board:
    """The card: areas, what a threshold makes of the frames, and what a shift of the labels would change."""
    best = f"{_part(metrics.best_accuracy)} at most, at {metrics.best_threshold:.2f}"
    rows = [
        ("area under the ROC", f"{metrics.roc_auc:.4f}", ""),
        ("area under precision and recall", f"{metrics.pr_auc:.4f}", ""),
        ("accuracy", _part(metrics.accuracy), best),
        ("precision", _part(metrics.precision), ""),
        ("recall", _part(metrics.recall), ""),
        ("F1", _part(metrics.f1), ""),
        ("silence taken for speech", _part(metrics.false_positive_rate), ""),
        ("detection error", _part(metrics.detection_error), "missed and false, by the labelled speech"),
        ("best alignment", f"{metrics.best_shift} frames",
         f"the ROC is then {metrics.best_shift_roc_auc:.4f}" if math.isfinite(metrics.best_shift_roc_auc) else ""),
    ]  # fmt: skip
    heads = (Head("", words=True), Head(f"at {metrics.threshold:g}"), Head("", words=True))
    cells = tuple((name, Cell("" if "nan" in value else value, strong=True), note) for name, value, note in rows)
    facts = (
        Fact(("engine ", metrics.engine)), Fact(("", f"{metrics.frames:,}", f" frames of {1000 * metrics.hop_s:g} ms")),
        Fact(("", share(metrics.speech_share), " labelled speech")),
    )  # fmt: skip
    foot = ("the best threshold is that of these very recordings: optimistic for others",)
    return Board("Frame by frame", facts=facts, pictures=(frames_picture(metrics),),
                 tables=(Table(Sheet(heads, cells)),), foot=foot)  # fmt: skip


def _part(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else ""


def _thinned(xs: Sequence[float] | np.ndarray, ys: Sequence[float] | np.ndarray) -> list[tuple[float, float]]:
    """As many points as can be told apart, at even distances along the curve."""
    x, y = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    if x.size > MOST:
        way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], MOST)).clip(0, x.size - 1))
        x, y = x[kept], y[kept]
    return list(zip(x.tolist(), y.tolist(), strict=True))
