"""A sweep: false cut-offs against latency, every setting faint, the front, the default and the best by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import SMALL
from rtnb.plots.palette import MUTED, TEXT, VAD_MARK
from rtnb.plots.vad.plot import FOOT, HEAD, Plot
from rtnb.plots.vad.words import milliseconds, prediction_words, share
from rtnb.vad.scores.losing import MAX_LOST
from rtnb.vad.scores.score import Score
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps.front import left_out

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["Curve", "setting_of", "sweep_figure", "sweep_picture", "trade_picture"]

LEFT, RIGHT, HIGH = 62.0, 24.0, 270.0
MOST_POINTS = 3000
PITCH = 3.0
"""Settings that fall on the same so many pixels are one faint point."""

Curve = tuple[Sequence[float], Sequence[float]]
"""Latencies in ms, and shares of turns that are cut off."""


def sweep_figure(sweep: Sweep, *, best: Score | None = None, baseline: Curve | None = None) -> Figure:
    """The trade-off of a sweep as a matplotlib Figure.

    Parameters
    ----------
    sweep : Sweep
    best : Score, optional
        A setting to be named; the one with the fewest mistakes if None.
    baseline : (sequence, sequence), optional
        Latencies in ms and shares of turns cut off of a silence timer alone.
    """
    return sweep_picture(sweep, best=best, baseline=baseline).figure


def setting_of(row: Mapping[str, Any], usual: float | None = None) -> Setting:
    """The setting of a row of ``Sweep.frame``; a hysteresis that is the `usual` one goes without saying.

    Examples
    --------
    >>> row = {"threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500, "hysteresis": float("nan")}
    >>> str(setting_of(row))
    '0.50 / 300 / 500'
    """
    hysteresis = row.get("hysteresis")
    known = isinstance(hysteresis, int | float) and math.isfinite(hysteresis) and hysteresis != usual
    return Setting(
        float(row["threshold"]), int(row["prefix_padding_ms"]), int(row["silence_duration_ms"]),
        float(hysteresis) if known and hysteresis is not None else None,
    )  # fmt: skip


def sweep_picture(sweep: Sweep, *, best: Score | None = None, baseline: Curve | None = None) -> Picture:
    """The picture with its description."""
    frame = sweep.frame
    if not len(frame):
        return note_picture("no settings")
    points = list(zip(frame["latency_p50_ms"].tolist(), frame["cut_off_rate"].tolist(), strict=True))
    # Settings that notice fewer ends or turns than the default have few cut-offs for that reason.
    lost = sweep.default.merged + sweep.default.missed
    gamed = ((frame["merged"] + frame["missed"]).to_numpy() > lost).tolist()
    front = sweep.pareto()
    line = list(zip(front["latency_p50_ms"].tolist(), front["cut_off_rate"].tolist(), strict=True))
    note = f" of what loses at most {share(MAX_LOST)}" if left_out(sweep.columns) else ""
    return trade_picture(
        points, gamed, line, default=sweep.default, best=best, baseline=baseline, prediction=sweep.prediction,
        front_note=note,
    )  # fmt: skip


def trade_picture(
    points: Sequence[tuple[float, float]], gamed: Sequence[bool], front: Sequence[tuple[float, float]], *,
    default: Score | None, best: Score | None, baseline: Curve | None = None, prediction: str,
    title: str = "False cut-offs against latency", front_note: str = "",
) -> Picture:  # fmt: skip
    """Points of (latency in ms, share of turns cut off), the front through them, and those that have a name."""
    named = [(name, score) for name, score in (("default", default), ("best", best)) if score is not None]
    places = [(score.latency_p50_ms, score.cut_off_rate) for _, score in named]
    known = [place for place in (*points, *places) if all(map(math.isfinite, place))]
    if not known:
        return note_picture("no setting has a latency: no turn ended within a recording")
    rims = sorted(place[0] for place in known)
    # A few slow settings would press all others together: they stand at the border.
    far = max(rims[int(0.98 * (len(rims) - 1))], *(x for x, _ in (*places, *front) if math.isfinite(x)), rims[0])
    top = max(y for _, y in known)
    canvas = Canvas(HIGH + HEAD + FOOT + 36)
    foot = FOOT + 34
    plot = Plot(canvas, LEFT, WIDTH - RIGHT, foot, foot + HIGH, (max(0.0, rims[0] - 0.05 * far), far * 1.03),
                (0.0, min(1.0, top * 1.08) or 0.1))  # fmt: skip
    plot.axes("median end-of-turn latency", "share of the turns that are cut off", milliseconds, share, title=title)
    honest = [place for place, fake in zip(points, gamed, strict=True) if not fake]
    plot.cloud(
        _thinned([p for p, fake in zip(points, gamed, strict=True) if fake], plot), MUTED, alpha=0.25, radius=1.6
    )
    plot.cloud(_thinned(honest, plot), MUTED, alpha=0.5)
    shown = [place for place in front if all(map(math.isfinite, place))]
    plot.curve(shown, VAD_MARK, width=2.0, steps=True)
    for place in shown[:200]:
        plot.point(place, VAD_MARK, radius=3.0)
    if baseline is not None:
        pairs = list(zip(*baseline, strict=True))
        inside = [place for place in pairs if place[0] <= far and place[1] <= top]
        plot.curve(inside, TEXT, dashed=True, width=1.3, steps=True)
        if inside:
            plot.name(inside[len(inside) // 2], "silence alone", MUTED)
    for (name, _), place in zip(named, places, strict=True):
        if all(map(math.isfinite, place)):
            plot.point(place, TEXT, radius=5.5, hollow=name == "default")
    for (name, score), place in zip(named, places, strict=True):
        if all(map(math.isfinite, place)):
            plot.name(place, f"{name} {score.setting}", TEXT, strong=True)
    for i in dict.fromkeys((0, len(shown) - 1)) if len(shown) > 1 else ():
        words = f"{share(shown[i][1])} at {milliseconds(shown[i][0])}"
        plot.name(shown[i], words, VAD_MARK)
    faint = " · palest: more turns merged or missed than with the default" if any(gamed) else ""
    dashed = " · dashed: silence alone" if baseline is not None else ""
    front_words = "line: the front" if len(shown) > 1 else "coloured point: the front"
    canvas.text(14, 24, f"{front_words}{front_note}{dashed}{faint}", MUTED, size=SMALL)
    canvas.text(14, 10, prediction_words(prediction)[:110], MUTED, size=SMALL)
    return canvas.picture(_alt(points, shown, named, prediction))


def _thinned(places: Sequence[tuple[float, float]], plot: Plot) -> list[tuple[float, float]]:
    """One of those that fall on the same few pixels."""
    found: dict[tuple[int, int], tuple[float, float]] = {}
    for place in places:
        if all(map(math.isfinite, place)):
            px, py = plot.at(place)
            found.setdefault((round(px / PITCH), round(py / PITCH)), place)
    kept = list(found.values())
    return kept[:: 1 + len(kept) // MOST_POINTS]


def _alt(
    points: Sequence[object], front: Sequence[tuple[float, float]], named: Sequence[tuple[str, Score]], prediction: str
) -> str:
    said = [f"{counted(len(points), 'setting')}: false cut-offs against median end-of-turn latency"]
    if front:
        said.append(
            f"the front runs from {share(front[0][1])} at {milliseconds(front[0][0])} "
            f"to {share(front[-1][1])} at {milliseconds(front[-1][0])}"
        )
    said += [
        f"{name} {score.setting}: {share(score.cut_off_rate)} at {milliseconds(score.latency_p50_ms) or 'no latency'}"
        for name, score in named
    ]
    return "; ".join([*said, prediction_words(prediction)]) + "."
