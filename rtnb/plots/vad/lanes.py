"""Lanes of a recording, one below another on one clock: sound, strips, probability, mistakes, the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rtnb.audio import Clip
from rtnb.audio.envelope import envelope
from rtnb.plots.canvas import Canvas, shortened
from rtnb.plots.layout import SMALL, Box, number_labels, text_width, ticks
from rtnb.plots.palette import ERROR, LINE, MUTED, TEXT, USER, VAD, VAD_MARK, Ink
from rtnb.plots.scales import Scale, spread
from rtnb.plots.scene import SILENCE_PEAK, Mark
from rtnb.plots.strokes import LEAST, PITCH, QUIET_PEAK
from rtnb.vad.track import Track
from rtnb.vad.turns import DetectedTurn

__all__ = [
    "GUTTER", "KEY", "MARGIN", "RIGHT", "Clock", "Lane", "Numbers", "Probability", "Sound", "Strip",
    "clock_scale", "draw_key", "draw_lanes", "height_of", "shade",
]  # fmt: skip

MARGIN = 14.0
GUTTER = 98.0
"""Where time begins: the names of the lanes stand before it."""
RIGHT = 44.0
"""Room after the end for what a threshold is called."""
KEY = 20.0
PREFIX, SPEECH, SILENCE = 0.12, 0.24, 0.52
"""Opacity of the shading; a hairline parts them too, so that more than a shade tells them apart."""


class Lane(Protocol):
    """Something that is drawn across the clock."""

    @property
    def height(self) -> float:
        """Pixels that it takes, distance to the next included."""
        ...

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Draw it downward from `top`."""
        ...


def clock_scale(start_s: float, end_s: float, width: float) -> Scale:
    """The clock of lanes on a canvas of `width` pixels."""
    return Scale(start_s, max(end_s, start_s + 0.1), GUTTER, width - RIGHT)


def height_of(lanes: Sequence[Lane]) -> float:
    """Pixels that lanes take together."""
    return sum(lane.height for lane in lanes)


def draw_lanes(canvas: Canvas, x: Scale, top: float, lanes: Sequence[Lane]) -> float:
    """Lanes from `top` downward; where they end."""
    for lane in lanes:
        lane.draw(canvas, x, top)
        top -= lane.height
    return top


def _within(x: Scale, start_s: float, end_s: float) -> tuple[float, float] | None:
    """Pixels of a stretch as far as it is shown, at least one wide; None where none of it is."""
    if end_s < x.low or start_s > x.high:
        return None
    x0, x1 = x(max(start_s, x.low)), x(min(end_s, x.high))
    return (x0, max(x1, x0 + 1.0)) if x0 < x.end else None


def shade(canvas: Canvas, x: Scale, turns: Sequence[DetectedTurn], low: float, high: float) -> None:
    """What a detector called speech: its prefix lightest, the silence at its end darkest."""
    parts: dict[float, list[Box]] = {PREFIX: [], SPEECH: [], SILENCE: []}
    for turn in turns:
        start_s, stop_s = turn.audio_start_ms / 1000, turn.audio_end_ms / 1000
        onset_s = min(max(turn.onset_s, start_s), stop_s)
        end_s = min(max(turn.end_s, onset_s), stop_s)
        stretches = ((PREFIX, start_s, onset_s), (SPEECH, onset_s, end_s), (SILENCE, end_s, stop_s))
        for alpha, from_s, to_s in stretches:
            found = _within(x, from_s, to_s) if to_s > from_s else None
            if found:
                parts[alpha].append(Box(found[0], low, found[1], high))
    for alpha, boxes in parts.items():
        canvas.bars(boxes, VAD, alpha=alpha, z=0.5)
    starts = [x(turn.audio_start_ms / 1000) for turn in turns if x.low <= turn.audio_start_ms / 1000 <= x.high]
    canvas.segments([((at, low), (at, high)) for at in starts], VAD_MARK, 1.0, alpha=0.7, z=0.7)


def draw_key(canvas: Canvas, y: float, *, right: float | None = None) -> None:
    """What the shades mean, in a row at the right."""
    at = canvas.width - MARGIN if right is None else right
    for words, alpha in (("silence", SILENCE), ("speech", SPEECH), ("prefix", PREFIX)):
        wide = text_width(words, SMALL)
        canvas.text(at, y, words, MUTED, size=SMALL, align="right")
        box = Box(at - wide - 20, y - 5, at - wide - 5, y + 5)
        canvas.bars([box], VAD, alpha=alpha)
        canvas.segments([((box.x0, box.y0), (box.x0, box.y1))], VAD_MARK, 1.0, alpha=0.7)
        at = box.x0 - 12
    canvas.text(at, y, "detected:", MUTED, size=SMALL, align="right")


def _name(canvas: Canvas, y: float, words: str, ink: Ink = MUTED, *, bold: bool = False) -> None:
    canvas.text(MARGIN, y, shortened(words, GUTTER - MARGIN - 8, SMALL, bold=bold), ink, size=SMALL, bold=bold)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of turns, counted from 1 over the whole recording; those that have no room are left out."""

    turns: Sequence[DetectedTurn]
    height: float = 15.0

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """One row of numbers over where the turns begin."""
        starts = [(turn.audio_start_ms / 1000, str(i + 1)) for i, turn in enumerate(self.turns)]
        marks = [Mark(at_s, words) for at_s, words in starts if x.low <= at_s < x.high]
        labels = number_labels(marks, [x(mark.at_s) for mark in marks], right=canvas.width - 4, size=SMALL)
        for label in labels:
            canvas.text(label.x0, top - 8, label.text, TEXT, size=SMALL, bold=False)


@dataclass(frozen=True, slots=True)
class Sound:
    """The outline of a sound, over the shaded turns.

    Parameters
    ----------
    clip : Clip or None
        None where only the turns are known.
    turns : sequence of DetectedTurn
    name : str
    high : float
        Pixels from the least to the greatest sample.
    below : float
        How far the shading reaches below, over the strips that follow.
    own : bool
        Whether what is shown, and not the whole clip, decides how high the loudest sound is drawn.
    """

    clip: Clip | None
    turns: Sequence[DetectedTurn] = ()
    name: str = "sound"
    high: float = 74.0
    below: float = 0.0
    own: bool = False

    @property
    def height(self) -> float:
        """With a little air."""
        return self.high + 4

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Strokes on both sides of a line."""
        middle = top - self.high / 2
        shade(canvas, x, self.turns, top - self.high - self.below, top)
        canvas.line([(x.start, middle), (x.end, middle)], LINE, 1.0, z=0.9)
        _name(canvas, middle, self.name, USER, bold=True)
        clip = self.clip
        if clip is None or not len(clip):
            return
        end = x(min(max(clip.duration_s, x.low), x.high))
        canvas.segments([((x.start, middle), (end, middle))], USER, 1.0, z=1.0)
        if clip.peak < SILENCE_PEAK:
            canvas.text((x.start + end) / 2, middle + 10, "silent", MUTED, size=SMALL, align="center")
            return
        columns = max(1, int((x.end - x.start) / PITCH))
        rate = clip.rate_hz
        bounds = envelope(clip.samples, columns, start=x.low * rate, stop=x.high * rate)
        peak = float(np.nanmax(np.abs(bounds), initial=0.0)) if self.own else clip.peak
        gain = (self.high / 2 - 2) / max(peak, QUIET_PEAK)
        at = x.start + (np.arange(columns) + 0.5) * (x.end - x.start) / columns
        seen = np.nan_to_num(bounds) * gain
        # Sound that is not quite symmetric is drawn as it is; a stroke of less than a pixel is left to the line.
        ends = [
            ((float(place), middle + float(low)), (float(place), middle + float(high)))
            for place, (low, high) in zip(at, seen, strict=True)
            if high - low > LEAST
        ]
        canvas.segments(ends, USER, 1.5)


@dataclass(frozen=True, slots=True)
class Strip:
    """Stretches of time as bars.

    Parameters
    ----------
    name : str
    spans : sequence of (float, float)
        Seconds.
    ink : Ink
    hollow : bool
        Whether they show their outline over a faint fill: told apart from full ones without their colour.
    empty : str
        What is said where there is none.
    marks : sequence of (float, float)
        Mistakes, as a line below with a tick at its beginning.
    """

    name: str
    spans: Sequence[tuple[float, float]]
    ink: Ink
    hollow: bool = False
    empty: str = "none"
    marks: Sequence[tuple[float, float]] = ()
    height: float = 15.0

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """One row of bars."""
        _name(canvas, top - 7, self.name)
        found = [pixels for start_s, end_s in self.spans if (pixels := _within(x, start_s, end_s))]
        low = top - 11 if not self.marks else top - 8
        # Bars that touch would look like one.
        found = [
            (x0, max(x0 + 1, x1 - 1.5) if after is not None and 0 <= after[0] - x1 < 1.5 else x1)
            for (x0, x1), after in zip(found, [*found[1:], None], strict=False)
        ]
        canvas.bars([Box(x0, low, x1, top - 3) for x0, x1 in found], self.ink, hollow=self.hollow, z=1.4)
        wrong = [pixels for start_s, end_s in self.marks if (pixels := _within(x, start_s, end_s))]
        canvas.bars([Box(x0, top - 12, x1, top - 9.5) for x0, x1 in wrong], ERROR, z=1.5)
        canvas.bars([Box(x0 - 0.75, top - 14, x0 + 0.75, top - 2) for x0, _ in wrong], ERROR, z=1.6)
        if not self.spans:
            canvas.text(x.start, top - 7, self.empty, MUTED, size=SMALL)


@dataclass(frozen=True, slots=True)
class Probability:
    """What an engine says, with the thresholds where speech begins and ends.

    Parameters
    ----------
    track : Track
    threshold, exit_threshold : float or None
    turns : sequence of DetectedTurn
        Shaded here, where there is no sound to shade.
    """

    track: Track
    threshold: float | None = None
    exit_threshold: float | None = None
    turns: Sequence[DetectedTurn] = ()
    high: float = 58.0

    @property
    def height(self) -> float:
        """With air on both sides."""
        return self.high + 14

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """A line from 0 to 1."""
        low, high = top - 7 - self.high, top - 7
        y = Scale(0.0, 1.0, low, high)
        shade(canvas, x, self.turns, low, high)
        canvas.line([(x.start, low), (x.end, low)], LINE, 1.0, z=0.4)
        canvas.line([(x.start, high), (x.end, high)], LINE, 1.0, z=0.4)
        _name(canvas, (low + high) / 2, "probability", VAD_MARK, bold=True)
        for value, words in ((0.0, "0"), (1.0, "1")):
            canvas.text(x.start - 5, y(value), words, MUTED, size=SMALL - 1, align="right")
        self._line(canvas, x, y)
        lines = [value for value in (self.threshold, self.exit_threshold) if value is not None]
        places = spread([y(value) for value in lines], 13.0, low + 2, high - 2)
        for i, (value, place) in enumerate(zip(lines, places, strict=True)):
            canvas.line([(x.start, y(value)), (x.end, y(value))], TEXT, 1.2 if i == 0 else 1.0, dashed=True,
                        alpha=1.0 if i == 0 else 0.6, z=2.4)  # fmt: skip
            canvas.text(x.end + 5, place, f"{value:.2f}", TEXT if i == 0 else MUTED, size=SMALL, bold=i == 0)

    def _line(self, canvas: Canvas, x: Scale, y: Scale) -> None:
        hop_s, p = self.track.hop_s, self.track.p
        first = max(0, int(x.low / hop_s))
        shown = np.clip(p[first : max(0, int(np.ceil(x.high / hop_s)))], 0.0, 1.0)
        if not shown.size:
            canvas.text(x.start + 4, y(0.5), "no frames", MUTED, size=SMALL)
            return
        at = x.start + (((first + np.arange(shown.size) + 0.5) * hop_s) - x.low) / (x.high - x.low) * (x.end - x.start)
        columns = int((x.end - x.start) / 1.5)
        if shown.size > 2 * columns:
            # Frames narrower than pixels: the least and the greatest of each column, so that no dip is lost.
            edges = np.linspace(0, shown.size, columns + 1).astype(np.int64)[:-1]
            least, most = np.minimum.reduceat(shown, edges), np.maximum.reduceat(shown, edges)
            shown = np.stack([least, most], axis=1).ravel()
            at = np.repeat(at[edges], 2)
        places = [(min(max(float(px), x.start), x.end), y(float(v))) for px, v in zip(at, shown, strict=True)]
        if len(places) == 1:
            places = [(x.start, places[0][1]), places[0]]
        canvas.line(places, VAD_MARK, 1.4, z=1.8)


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds along the foot."""

    height: float = 18.0

    def draw(self, canvas: Canvas, x: Scale, top: float) -> None:
        """Round moments, the labels within the canvas."""
        for at_s, words in ticks(x.low, x.high, x.end - x.start, size=SMALL):
            half = text_width(words, SMALL) / 2
            at = min(max(x(at_s), half + 2), canvas.width - half - 2)
            canvas.text(at, top - 9, words, MUTED, size=SMALL, align="center")
