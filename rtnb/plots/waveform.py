"""Pictures of sound as matplotlib Figures: the user above the axis, the assistant below, one clock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from numpy.typing import NDArray

from rtnb.audio import Clip
from rtnb.plots.brackets import Bracket, bracket_caption, place_brackets
from rtnb.plots.canvas import DPI, WIDTH
from rtnb.plots.layout import BIG, FONT, SMALL, Frame, Label, number_labels, rows_of_labels, text_width, ticks
from rtnb.plots.palette import ASSISTANT, BACKGROUND, LINE, MUTED, TEXT, USER, VAD, VAD_MARK, Ink, Speaker, ink_of
from rtnb.plots.scene import Scene, clip_scene, run_scene, session_scene, turn_scene
from rtnb.plots.strokes import strokes_of
from rtnb.session.views.shapes import RunView, SessionView, TurnView

__all__ = ["DPI", "WIDTH", "clip_figure", "draw", "run_figure", "session_figure", "turn_figure"]

MARGIN = 14.0
GUTTER = MARGIN + 84.0
"""Room for the names at the left: with the margin as wide as a card's padding and column of names."""
LANE = 62.0
ROW = 15.0
STROKE = 1.5
"""How wide a stroke of sound is."""
FADED = 0.36
"""Opacity of what was not heard."""
# From back to front; matplotlib's own order would put every line over every patch.
SHADE_Z, AXIS_Z, SOUND_Z, SIGN_Z = 0.5, 1.0, 2.0, 3.0

_Ends: TypeAlias = NDArray[np.float64] | list[list[tuple[float, float]]]


def turn_figure(turn: TurnView) -> Figure:
    """The sound of a turn, with what turn detection saw and how long the answer took.

    Examples
    --------
    >>> from rtnb.session.views.shapes import TurnView
    >>> figure = turn_figure(TurnView(index=0, status="completed", user_text="Hello"))
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
    """A streamed recording, the turns that turn detection made of it (numbered), and the answers.

    Examples
    --------
    >>> from rtnb.session.views.shapes import RunView
    >>> run = RunView("call.wav", Clip.silence(2.0), input_start_s=0.0, turns=())
    >>> "silent" in [text.get_text() for text in run_figure(run).axes[0].texts]
    True
    """
    return draw(run_scene(run))


def session_figure(session: SessionView) -> Figure:
    """All sound of a session on the session's clock, turns numbered.

    Examples
    --------
    >>> from rtnb.session.views.shapes import SessionView
    >>> figure = session_figure(SessionView("embedded server", "model", "voice", "open", 0.0, ()))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['no audio so far']
    """
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
    caption = bracket_caption(brackets)
    top = frame.above + 6 + label_rows * ROW
    height = top + floor + ROW + 8 + (ROW if caption else 0)

    figure, axes = _canvas(height, frame, top)
    _draw_spans(axes, scene, frame)
    axes.add_artist(_line([frame.start_s, frame.end_s], [0, 0], LINE, 1.0, z=AXIS_Z))
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
    xs: Sequence[float], ys: Sequence[float], ink: Ink, width: float, *, dashed: bool = False, z: float = SIGN_Z
) -> Line2D:
    return Line2D(
        xs,
        ys,
        color=ink.light,
        linewidth=_points(width),
        linestyle=(0.0, (3.0, 2.5)) if dashed else "-",
        marker="",
        zorder=z,
        solid_capstyle="butt",
        dash_capstyle="butt",
        solid_joinstyle="miter",
    )


def _segments(ends: _Ends, ink: Ink, width: float, alpha: float) -> PathPatch:
    """Separate straight lines, shape (n, 2, 2), as one path: hundreds of them cost what one does."""
    vertices = np.asarray(ends, dtype=np.float64).reshape(-1, 2)
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=np.uint8), len(vertices) // 2)
    path = Path(vertices, codes)
    path.should_simplify = False
    return PathPatch(
        path,
        fill=False,
        edgecolor=ink.light,
        alpha=alpha,
        linewidth=_points(width),
        linestyle="-",
        capstyle="butt",
        zorder=SOUND_Z,
    )


def _draw_spans(axes: Axes, scene: Scene, frame: Frame) -> None:
    """What turn detection called speech: its prefix lightest, the silence at its end darkest."""
    base = -frame.below if scene.alone else 0.0
    shades: dict[float, list[tuple[float, float]]] = {0.10: [], 0.18: [], 0.40: []}
    for span in scene.speech:
        end_s = max(span.start_s, scene.end_s if span.end_s is None else span.end_s)
        onset_s = min(span.onset_s, end_s)
        silence_s = span.silence_s if span.end_s is not None else 0.0
        edges = (span.start_s, onset_s, max(end_s - silence_s, onset_s), end_s)
        for part, shade in zip(pairwise(edges), shades.values(), strict=True):
            if part[1] > part[0]:
                shade.append(part)
    for alpha, parts in shades.items():
        corners = [[(x0, base), (x1, base), (x1, frame.above), (x0, frame.above), (x0, base)] for x0, x1 in parts]
        if corners:
            path = Path.make_compound_path(*(Path(shape, closed=True) for shape in corners))
            style = {"facecolor": VAD.light, "edgecolor": "none", "linewidth": 0}
            axes.add_artist(PathPatch(path, alpha=alpha, zorder=SHADE_Z, **style))


def _draw_voices(axes: Axes, scene: Scene, frame: Frame) -> None:
    speakers: tuple[Speaker, Speaker] = ("user", "assistant")
    for who in speakers:
        # Where nothing is to be seen of a sound, a line still shows how long it lasts.
        base = 0.0 if scene.alone else 0.6 if who == "user" else -0.6
        heard = [(v.start_s, v.start_s + v.heard_duration_s) for v in scene.of(who)]
        unheard = [(v.start_s + v.heard_duration_s, v.end_s) for v in scene.of(who) if v.heard_s is not None]
        for parts, alpha in ((unheard, FADED), (heard, 1.0)):
            if parts:
                ends = [[(x0, base), (x1, base)] for x0, x1 in parts]
                axes.add_artist(_segments(ends, ink_of(who), 1.2, alpha))
    for strokes in strokes_of(scene, frame):
        bars = np.stack([strokes.at_s, strokes.low, strokes.at_s, strokes.high], axis=1).reshape(-1, 2, 2)
        axes.add_artist(_segments(bars, ink_of(strokes.who), STROKE, 1.0 if strokes.heard else FADED))
    for at_s in (voice.end_s for voice in scene.voices if voice.cut):
        axes.add_artist(_line([at_s, at_s], [0.0, -frame.below], MUTED, 1.0))
    _say_silent(axes, scene, frame)


def _say_silent(axes: Axes, scene: Scene, frame: Frame) -> None:
    """The word over a silent sound, where it is its speaker's only one and long enough for the word."""
    for voice in scene.voices:
        width = (voice.end_s - voice.start_s) * frame.px_per_s
        if voice.silent and len(scene.of(voice.who)) == 1 and width > text_width("silent", SMALL):
            y = 6.0 if voice.who == "user" else -15.0
            _text(axes, frame, frame.x((voice.start_s + voice.end_s) / 2), y, "silent", MUTED, align="center")


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
