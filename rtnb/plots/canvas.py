"""A drawing board in pixels: words, lines and areas at places of one's own choosing, without pyplot.

Every word put on it is remembered with its box, and so is every line and mark that something is read off, so that
a test can tell whether two of them meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from rtnb.plots.html import clean
from rtnb.plots.layout import FONT, Box, text_width
from rtnb.plots.palette import BACKGROUND, LINE, MUTED, Ink

__all__ = ["DPI", "WIDTH", "Canvas", "Picture", "Place", "drawable", "note_picture", "shortened"]

DPI = 100
"""Figures are laid out in pixels at this resolution; 1 px is 0.72 pt."""
WIDTH = 900.0
NOTE_SIZE = 12.0

Place: TypeAlias = tuple[float, float]
"""x and y in pixels, from the lower left corner."""
Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture and what a screen reader says of it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        The picture in words, with its figures.
    empty : bool
        Whether there was nothing to draw; the figure then says so in words.
    boxes : tuple of Box
        Where its words stand.
    strokes : tuple of pairs of Place
        The two ends of each straight piece of its lines, the hairlines that only separate left out.
    marks : tuple of Box
        Where its dots are.
    """

    figure: Figure
    alt: str
    empty: bool = False
    boxes: tuple[Box, ...] = ()
    strokes: tuple[tuple[Place, Place], ...] = ()
    marks: tuple[Box, ...] = ()


class Canvas:
    """One figure while it is drawn.

    Parameters
    ----------
    height : float
        Pixels.
    width : float
        Pixels.

    Examples
    --------
    >>> canvas = Canvas(40)
    >>> box = canvas.text(10, 20, "$1.23")
    >>> canvas.picture("one dollar and 23 cents").boxes == (box,)
    True
    """

    __slots__ = ("_axes", "boxes", "figure", "height", "marks", "strokes", "width")

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.width, self.height = width, height
        self.boxes: list[Box] = []
        self.strokes: list[tuple[Place, Place]] = []
        self.marks: list[Box] = []
        self.figure = Figure((width / DPI, height / DPI), DPI, facecolor=BACKGROUND.light, edgecolor="none")
        self.figure.set_layout_engine("none")
        FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(0, height)

    def text(
        self, x: float, y: float, words: str, ink: Ink = MUTED, *,
        size: float = NOTE_SIZE, bold: bool = False, align: Align = "left", halo: bool = False,
    ) -> Box:  # fmt: skip
        """Words with the middle of their small letters at `y`; never read as mathematics.

        A `halo` clears the lines below them.
        """
        words = drawable(words)
        weight = "bold" if bold else "normal"
        self._axes.text(
            x, y - 0.36 * size, words, color=ink.light, fontfamily=FONT, fontsize=_points(size), fontweight=weight,
            fontstyle="normal", ha=align, va="baseline", parse_math=False, usetex=False, clip_on=False,
        )  # fmt: skip
        wide = text_width(words, size, bold=bold)
        x0 = x - {"left": 0.0, "center": wide / 2, "right": wide}[align]
        box = Box(x0, y - 0.55 * size, x0 + wide, y + 0.55 * size)
        self.boxes.append(box)
        if halo:
            self.bars([Box(box.x0 - 2, box.y0, box.x1 + 2, box.y1)], BACKGROUND, z=2.5)
        return box

    def clear(self, box: Box) -> None:
        """Take the hairlines of a grid away behind words, and nothing that lies above them."""
        self.bars([Box(box.x0 - 2, box.y0, box.x1 + 2, box.y1)], BACKGROUND, z=0.5)

    def line(
        self, places: Sequence[Place], ink: Ink, width: float = 1.0, *,
        dashed: bool = False, alpha: float = 1.0, z: float = 2.0,
    ) -> None:  # fmt: skip
        """Straight lines from place to place."""
        if ink is not LINE:
            self.strokes += pairwise(places)
        xs, ys = zip(*places, strict=True)
        self._axes.add_artist(
            Line2D(
                xs, ys, color=ink.light, alpha=alpha, linewidth=_points(width), marker="", zorder=z,
                linestyle=(0.0, (3.0, 2.5)) if dashed else "-",
                solid_capstyle="butt", dash_capstyle="butt", solid_joinstyle="miter",
            )
        )  # fmt: skip

    def segments(
        self, ends: Iterable[tuple[Place, Place]], ink: Ink, width: float = 1.5, *, alpha: float = 1.0, z: float = 2.0
    ) -> None:
        """Separate straight lines as one path: hundreds of them cost what one does. Words may stand on them."""
        vertices = [place for pair in ends for place in pair]
        if not vertices:
            return
        path = Path(vertices, [Path.MOVETO, Path.LINETO] * (len(vertices) // 2))
        path.should_simplify = False
        self._axes.add_artist(
            PathPatch(path, fill=False, edgecolor=ink.light, alpha=alpha, linewidth=_points(width), linestyle="-",
                      capstyle="butt", zorder=z)
        )  # fmt: skip

    def area(self, places: Sequence[Place], ink: Ink, *, alpha: float = 1.0, z: float = 1.0) -> None:
        """The polygon between places."""
        self._patch([places], ink, alpha=alpha, z=z)

    def bars(self, boxes: Iterable[Box], ink: Ink, *, alpha: float = 1.0, hollow: bool = False, z: float = 1.0) -> None:
        """Rectangles, as one path however many they are; `hollow` ones show their outline over a faint fill."""
        corners = [_corners(box) for box in boxes if box.x1 > box.x0 and box.y1 > box.y0]
        if not corners:
            return
        self._patch(corners, ink, alpha=0.18 if hollow else alpha, z=z)
        if hollow:
            inner = [_corners(_inset(box)) for box in map(_box, corners) if min(box.x1 - box.x0, box.y1 - box.y0) >= 3]
            if inner:
                self._patch(inner, ink, z=z, outline=True)

    def dot(self, x: float, y: float, ink: Ink, *, radius: float = 4.0, hollow: bool = False, z: float = 3.0) -> None:
        """A round mark."""
        self.marks.append(Box(x - radius, y - radius, x + radius, y + radius))
        circle = Path.circle((x, y), radius)
        style = {"facecolor": BACKGROUND.light if hollow else ink.light, "edgecolor": ink.light}
        self._axes.add_artist(PathPatch(circle, linewidth=_points(1.5), zorder=z, **style))

    def image(self, box: Box, strength: NDArray[np.floating[Any]], ink: Ink, *, z: float = 1.0) -> None:
        """A grid of one colour within a box: `strength` from 0 to 1, shape (rows, columns), lowest row first."""
        pixels = np.empty((*strength.shape, 4), dtype=np.uint8)
        pixels[..., :3] = [int(ink.either[i : i + 2], 16) for i in (1, 3, 5)]
        # In few steps: pictures of noise would be too large otherwise.
        pixels[..., 3] = np.round(np.clip(strength, 0.0, 1.0) * 15) * 17
        image = AxesImage(self._axes, interpolation="nearest", origin="lower", extent=(box.x0, box.x1, box.y0, box.y1))
        image.set_data(pixels)
        image.set_zorder(z)
        self._axes.add_artist(image)

    def picture(self, alt: str) -> Picture:
        """What was drawn, finished."""
        return Picture(self.figure, alt, boxes=tuple(self.boxes), strokes=tuple(self.strokes), marks=tuple(self.marks))

    def _patch(
        self, polygons: Iterable[Sequence[Place]], ink: Ink, *, alpha: float = 1.0, z: float, outline: bool = False
    ) -> None:
        path = Path.make_compound_path(*(Path([*places, places[0]], closed=True) for places in polygons))
        style = (
            {"facecolor": "none", "edgecolor": ink.light, "linewidth": _points(1.0)}
            if outline
            else {"facecolor": ink.light, "edgecolor": "none", "linewidth": 0}
        )
        self._axes.add_artist(PathPatch(path, alpha=alpha, zorder=z, joinstyle="miter", **style))


def note_picture(words: str) -> Picture:
    """A picture of nothing, which says why.

    Examples
    --------
    >>> note_picture("no responses yet").empty
    True
    """
    canvas = Canvas(32)
    canvas.text(14, 16, words)
    return Picture(canvas.figure, words, empty=True, boxes=tuple(canvas.boxes))


@cache
def _known() -> frozenset[int]:
    """The characters that the font of pictures has."""
    return frozenset(get_font(findfont(FontProperties(family=FONT))).get_charmap())


def drawable(words: str) -> str:
    """`words` on one line, with U+FFFD for what the font of pictures does not have; tables show names as they are.

    Examples
    --------
    >>> drawable("会 talk\\n1")
    '\ufffd talk 1'
    """
    return "".join(char if ord(char) in _known() else "\ufffd" for char in clean(" ".join(words.split())))


def shortened(words: str, room: float, size: float, *, bold: bool = False) -> str:
    """`words`, with an ellipsis in the middle where they are wider than `room` pixels.

    The ends of a model's name tell more than its middle.

    Examples
    --------
    >>> shortened("gpt-realtime", 200, 12)
    'gpt-realtime'
    >>> shortened("gpt-4o-realtime-preview-2024-10-01", 120, 12)
    'gpt-4o-r…24-10-01'
    """
    words = drawable(words[:400])
    if text_width(words, size, bold=bold) <= room:
        return words
    for kept in range(len(words) - 1, 1, -1):
        cut = f"{words[: (kept + 1) // 2].rstrip()}…{words[len(words) - kept // 2 :].lstrip()}"
        if text_width(cut, size, bold=bold) <= room:
            return cut
    return "…"


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _corners(box: Box) -> list[Place]:
    return [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]


def _box(corners: Sequence[Place]) -> Box:
    return Box(*corners[0], *corners[2])


def _inset(box: Box) -> Box:
    """Half a stroke inward, so that an outline does not reach into the neighbours."""
    return Box(box.x0 + 0.5, box.y0 + 0.5, box.x1 - 0.5, box.y1 - 0.5)
