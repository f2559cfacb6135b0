"""Pictures of sound as matplotlib Figures: the user above the axis, the assistant below, one clock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from numpy.typing import NDArray

from rtnb.audio import Clip
from rtnb.audio.envelope import envelope
from rtnb.plots.brackets import Bracket, bracket_caption, place_brackets
from rtnb.plots.layout import BIG, FONT, SMALL, Frame, Label, number_labels, rows_of_labels, text_width, ticks
from rtnb.plots.palette import ASSISTANT, BACKGROUND, LINE, MUTED, TEXT, USER, VAD, VAD_MARK, Ink, Speaker, ink_of
from rtnb.plots.scene import Scene, Voice, clip_scene, run_scene, session_scene, turn_scene
from rtnb.session.views import RunView, SessionView, TurnView

__all__ = ["DPI", "WIDTH", "clip_figure", "draw", "run_figure", "session_figure", "turn_figure"]

DPI = 100
"""Figures are laid out in pixels at this resolution; 1 px is 0.72 pt."""
WIDTH = 900.0
MARGIN = 14.0
GUTTER = MARGIN + 84.0
"""Room for the names at the left: with the margin as wide as a card's padding and column of names."""
LANE = 62.0
ROW = 15.0
PITCH, STROKE = 2.0, 1.5
"""One bar of sound every so many pixels, and how wide it is."""
QUIET_PEAK = 0.02
"""Sound is drawn to the height of its lane, but nothing softer than this is blown up to fill it."""
FADED = 0.36
"""Opacity of what was not heard."""

_Heights = NDArray[np.floating[Any]]


def turn_figure(turn: TurnView) -> Figure:
    """The sound of a turn, with what turn detection saw and how long the answer took.

    Examples
    --------
    >>> from rtnb.session.views import TurnView
    >>> figure = turn_figure(TurnView(index=1, status="completed", user_text="Hello"))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['text only, no audio']
    """
    return draw(turn_scene(turn))


def clip_figure(clip: Clip) -> Figure:
    """The outline of a sound.

    Examples
    --------
    >>> clip_figure(Clip.silence(1.0)).get_size_inches().tolist()[0]
    9.0
    """
    return draw(clip_scene(clip))


def run_figure(run: RunView) -> Figure:
    """A streamed recording, the turns that turn detection made of it (numbered), and the answers."""
    return draw(run_scene(run))


def session_figure(session: SessionView) -> Figure:
    """All sound of a session on the session's clock, turns numbered."""
    return draw(session_scene(session))


def _frame(scene: Scene) -> Frame:
    start_s, end_s = scene.start_s, max(scene.end_s, scene.start_s + 0.1)
    left = MARGIN if scene.alone else GUTTER
    # A little air on both sides, so that nothing begins on the border.
    air_s = (end_s - start_s) * 6.0 / (WIDTH - MARGIN - left)
    lane = LANE
    if scene.alone:
        lane = 18.0 if all(voice.silent for voice in scene.voices) else 46.0
    above = lane if scene.of("user") or scene.speech else 46.0 if len(scene.latencies) == 1 else 12.0
    below = lane if scene.alone or scene.of("assistant") else 12.0
    return Frame(start_s - air_s, end_s + air_s, left, WIDTH - MARGIN, above, below)


def draw(scene: Scene) -> Figure:
    """Any scene as a new Figure in the colours for light backgrounds, without pyplot.

    The axes of the figure run in seconds along x; along y one unit is one pixel, 0 being the axis.
    """
    if scene.empty:
        return _draw_note(scene.note or "no audio")
    frame = _frame(scene)
    marks = rows_of_labels(
        [(frame.x(mark.at_s), mark.label) for mark in scene.marks], left=frame.left, right=WIDTH - 4, size=SMALL
    )
    xs = [frame.x(mark.at_s) for mark in scene.numbers]
    numbers = number_labels(scene.numbers, xs, right=WIDTH - 4, size=SMALL)
    brackets = place_brackets(scene, frame)
    lowest = min((bracket.box.y0 for bracket in brackets if bracket.box), default=0.0)
    floor = max(frame.below + 4, -lowest + 4)
    label_rows = max((label.row + 1 for label in marks), default=1 if numbers else 0)
    caption = bracket_caption(scene)
    top = frame.above + 6 + label_rows * ROW
    height = top + floor + ROW + 8 + (ROW if caption else 0)

    figure, axes = _canvas(height, frame, top)
    _draw_spans(axes, scene, frame)
    axes.add_artist(_line([frame.start_s, frame.end_s], [0, 0], LINE, 1.0))
    _draw_voices(axes, scene, frame)
    _draw_marks(axes, marks, frame)
    for label in numbers:
        _text(axes, frame, label.x0, frame.above + 5, label.text, MUTED, weight="bold")
    for bracket in brackets:
        _draw_bracket(axes, bracket, frame)
    _draw_clock(axes, frame, floor)
    if not scene.alone:
        _draw_names(axes, scene, frame)
    if caption:
        _text(axes, frame, WIDTH - MARGIN, -floor - ROW - 18, caption, MUTED, align="right")
    return figure


def _draw_note(note: str) -> Figure:
    frame = Frame(0, 1, MARGIN, WIDTH - MARGIN, 12, 12)
    figure, axes = _canvas(32, frame, 16)
    _text(axes, frame, MARGIN, -4, note, MUTED)
    return figure


def _canvas(height: float, frame: Frame, top: float) -> tuple[Figure, Axes]:
    size = (WIDTH / DPI, height / DPI)
    figure = Figure(size, DPI, facecolor=BACKGROUND.light, edgecolor="none")
    figure.set_layout_engine("none")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(frame.start_s - frame.left / frame.px_per_s, frame.end_s + MARGIN / frame.px_per_s)
    axes.set_ylim(top - height, top)
    return figure, axes


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _text(
    axes: Axes, frame: Frame, x: float, y: float, words: str, ink: Ink, *,
    size: float = SMALL, weight: str = "normal", align: str = "left",
) -> Text:  # fmt: skip
    """Words with their baseline at a place in pixels; never read as mathematics."""
    return axes.text(
        frame.start_s + (x - frame.left) / frame.px_per_s, y, words,
        color=ink.light, fontfamily=FONT, fontsize=_points(size), fontweight=weight, fontstyle="normal",
        ha=align, va="baseline", parse_math=False, usetex=False, clip_on=False,
    )  # fmt: skip


def _line(
    xs: Sequence[float], ys: Sequence[float], ink: Ink, width: float, *, dashed: bool = False, alpha: float = 1.0
) -> Line2D:
    return Line2D(
        xs,
        ys,
        color=ink.light,
        alpha=alpha,
        linewidth=_points(width),
        linestyle=(0.0, (3.0, 2.5)) if dashed else "-",
        marker="",
        solid_capstyle="butt",
        dash_capstyle="butt",
        solid_joinstyle="miter",
    )


def _draw_spans(axes: Axes, scene: Scene, frame: Frame) -> None:
    base = -frame.below if scene.alone else 0.0
    for span in scene.speech:
        end_s = max(span.start_s, scene.end_s if span.end_s is None else span.end_s)
        silence_s = span.silence_s if span.end_s is not None else 0.0
        edges = [span.start_s, min(span.onset_s, end_s), max(end_s - silence_s, min(span.onset_s, end_s)), end_s]
        for (x0, x1), alpha in zip(pairwise(edges), (0.10, 0.18, 0.40), strict=True):
            if x1 > x0:
                axes.add_artist(_shade(x0, x1, base, frame.above, alpha))


def _shade(x0: float, x1: float, y0: float, y1: float, alpha: float) -> Artist:
    return Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=VAD.light, alpha=alpha, edgecolor="none", linewidth=0)


def _draw_voices(axes: Axes, scene: Scene, frame: Frame) -> None:
    whos: tuple[Speaker, Speaker] = ("user", "assistant")
    for who in whos:
        voices = scene.of(who)
        scale = max([QUIET_PEAK, *(voice.clip.peak for voice in voices)])
        for voice in voices:
            _draw_voice(axes, voice, frame, scale, alone=scene.alone)


def _draw_voice(axes: Axes, voice: Voice, frame: Frame, scale: float, *, alone: bool) -> None:
    lane = (frame.above if voice.who == "user" else frame.below) - 4
    ink = ink_of(voice.who)
    heard_until_s = voice.start_s + voice.heard_duration_s
    # Where nothing is to be heard, a line still shows how long that lasts.
    base = 0.0 if alone else 0.6 if voice.who == "user" else -0.6
    for x0, x1, alpha in ((voice.start_s, heard_until_s, 1.0), (heard_until_s, voice.end_s, FADED)):
        if x1 > x0:
            axes.add_artist(_line([x0, x1], [base, base], ink, 1.2, alpha=alpha))
    if voice.silent:
        middle = frame.x((voice.start_s + voice.end_s) / 2)
        y = 6.0 if voice.who == "user" else -15.0
        _text(axes, frame, middle, y, "silent", MUTED, align="center")
        return
    step_s = PITCH / frame.px_per_s
    first = int((voice.start_s - frame.start_s) / step_s)
    columns = max(1, int(np.ceil((voice.end_s - frame.start_s) / step_s)) - first)
    begin = (frame.start_s + first * step_s - voice.start_s) * voice.clip.rate_hz
    stop = begin + columns * step_s * voice.clip.rate_hz
    bounds = envelope(voice.clip.samples, columns, start=begin, stop=stop) / scale * lane
    at_s = np.asarray(frame.start_s + (first + np.arange(columns) + 0.5) * step_s, dtype=np.float64)
    if alone:
        low, high = bounds[:, 0], bounds[:, 1]
    else:
        reach = np.abs(bounds).max(axis=1)
        low, high = np.zeros_like(reach), reach if voice.who == "user" else -reach
    sounding = np.abs(high - low) > 1.0
    for part, alpha in ((at_s <= heard_until_s, 1.0), (at_s > heard_until_s, FADED)):
        chosen = sounding & part
        if chosen.any():
            axes.add_artist(_bars(at_s[chosen], low[chosen], high[chosen], ink, alpha))


def _bars(
    at_s: NDArray[np.float64], low: NDArray[np.float32], high: NDArray[np.float32], ink: Ink, alpha: float
) -> Artist:
    """Upright strokes as one path: hundreds of them cost what one does."""
    vertices = np.empty((2 * at_s.size, 2))
    vertices[0::2, 0] = vertices[1::2, 0] = at_s
    vertices[0::2, 1], vertices[1::2, 1] = low, high
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=np.uint8), at_s.size)
    path = Path(vertices, codes)
    path.should_simplify = False
    return PathPatch(
        path, fill=False, edgecolor=ink.light, alpha=alpha, linewidth=_points(STROKE), capstyle="butt", linestyle="-"
    )


def _draw_marks(axes: Axes, labels: Sequence[Label], frame: Frame) -> None:
    for label in labels:
        base = frame.above + 5 + label.row * ROW
        # What the user did stops at the axis; an interruption goes on through the answer that it cut.
        bottom = -frame.below if label.text == "interrupted" else 0.0
        x = frame.start_s + (label.at - frame.left) / frame.px_per_s
        axes.add_artist(_line([x, x], [bottom, base + 9], VAD_MARK, 1.0, dashed=True))
        _text(axes, frame, label.x0, base, label.text, MUTED)


def _draw_bracket(axes: Axes, bracket: Bracket, frame: Frame) -> None:
    x0, x1, y = bracket.latency.start_s, bracket.latency.end_s, bracket.y
    tip = y + 5 if y < 0 else y - 5
    axes.add_artist(_line([x0, x0, x1, x1], [tip, y, y, tip], TEXT, 1.2))
    if bracket.box is None:
        return
    box, align = bracket.box, bracket.align
    x = {"left": box.x0, "center": (box.x0 + box.x1) / 2, "right": box.x1}[align]
    size = BIG if bracket.ends else SMALL
    _text(axes, frame, x, box.y1 - size + 1, bracket.number, TEXT, size=size, weight="bold", align=align)
    if bracket.ends:
        _text(axes, frame, x, box.y0 + 3, bracket.ends, MUTED, align=align)


def _draw_clock(axes: Axes, frame: Frame, floor: float) -> None:
    for at_s, words in ticks(frame.start_s, frame.end_s, frame.right - frame.left, size=SMALL):
        x = frame.x(at_s)
        half = text_width(words, SMALL) / 2
        _text(axes, frame, min(max(x, half + 2), WIDTH - half - 2), -floor - ROW + 1, words, MUTED, align="center")


def _draw_names(axes: Axes, scene: Scene, frame: Frame) -> None:
    if scene.of("user"):
        _text(axes, frame, MARGIN, frame.above / 2 - 4, "You", USER, size=BIG, weight="bold")
    if scene.of("assistant"):
        _text(axes, frame, MARGIN, -frame.below / 2 - 4, "Assistant", ASSISTANT, size=BIG, weight="bold")
