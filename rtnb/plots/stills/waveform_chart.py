"""Sound as a picture: user above the axis, assistant below, what turn detection saw, words, spectrogram, selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.envelope import envelope
from rtnb.audio.sources import ArraySource
from rtnb.audio.spectrogram import spectrogram
from rtnb.plots.canvas import WIDTH, Canvas, Picture, Place, note_picture
from rtnb.plots.layout import SMALL, Box, Label, text_width
from rtnb.plots.palette import ASSISTANT, LINE, MUTED, TEXT, USER, VAD, VAD_MARK, Speaker, ink_of
from rtnb.plots.scales import Scale
from rtnb.plots.scene import Mark, Scene, Voice
from rtnb.plots.stills.heard_scene import Sounding, Words, scene_of, words_of
from rtnb.plots.strokes import LEAST, PITCH, QUIET_PEAK
from rtnb.plots.timeline.drawing import FADED, GUTTER, MARGIN, draw_clock, named, within
from rtnb.plots.timeline.rows import place_along
from rtnb.plots.words import clipped, duration

__all__ = ["waveform_picture"]

Stroke: TypeAlias = tuple[Place, Place]
"""Both ends of a straight line, in pixels."""

HIGH, ALONE_HIGH = 62.0, 46.0
WORD_ROW, NUMBER_ROW, SPECTRUM_HIGH = 17.0, 16.0, 84.0
PREFIX, SPEECH, SILENCE = 0.10, 0.18, 0.40
GAP = 6.0
FINE = 1.5
"""With fewer samples a stroke than this, the samples themselves are drawn."""
LOW_DB, HIGH_DB = -80.0, -20.0
"""What is shown of a spectrogram: from the noise of a quiet room to the loudest partials of speech."""


def waveform_picture(
    source: Sounding,
    *,
    span_s: tuple[float, float] | None = None,
    selection_s: tuple[float, float] | None = None,
    spectrum: bool = False,
) -> Picture:
    """Sound between two moments.

    Parameters
    ----------
    source : Clip, TurnView, RunView or SessionView
    span_s : (float, float), optional
        From when to when, in seconds on the clock of the source's card; everything if not given.
    selection_s : (float, float), optional
        A stretch to mark.
    spectrum : bool
        Whether the spectrogram of each side stands below.

    Examples
    --------
    >>> from rtnb.audio import Clip
    >>> waveform_picture(Clip.silence(1.0)).alt
    'Waveform: 1.00 s of sound, silent.'
    >>> waveform_picture(Clip.silence(0.0)).empty
    True
    """
    scene = scene_of(source)
    if scene.empty:
        return note_picture(scene.note or "no audio")
    low, high = span_s if span_s is not None else (scene.start_s, scene.end_s)
    air_s = 0.0 if span_s is not None else (high - low) * 0.008
    left = MARGIN if scene.alone else GUTTER
    x = Scale(low - air_s, max(high + air_s, low + 1e-4), left, WIDTH - MARGIN)
    words = _texts(words_of(source, scene), x)
    numbers = _numbers([mark for mark in scene.numbers if x.low <= mark.at_s <= x.high], x)
    frame = _Frame.of(scene, x, words=bool(words), numbers=bool(numbers) or selection_s is not None, spectrum=spectrum)
    canvas = Canvas(frame.height)
    frame.draw(canvas, words, numbers, selection_s)
    return canvas.picture(_alt(scene, span_s, selection_s, spectrum=spectrum))


@dataclass(frozen=True, slots=True)
class _Text:
    """Words that there is room for, from `x0` on."""

    who: Speaker
    x0: float
    text: str


def _numbers(marks: Sequence[Mark], x: Scale) -> list[Label]:
    """Numbers of turns where they belong; those that would touch the one before share its label, as "7–9"."""
    found: list[Label] = []
    firsts: list[str] = []
    for mark in sorted(marks, key=lambda each: each.at_s):
        label = _label(mark.label, x(mark.at_s))
        if found and label.x0 < found[-1].x1 + GAP:
            label = _label(f"{firsts[-1]}–{mark.label}", found.pop().at)
            # Wider than before, it may touch the one before it.
            while found and label.x0 < found[-1].x1 + GAP:
                firsts.pop()
                label = _label(f"{firsts[-1]}–{mark.label}", found.pop().at)
        else:
            firsts.append(mark.label)
        found.append(label)
    return found


def _label(text: str, at: float) -> Label:
    wide = text_width(text, SMALL, bold=True)
    x0 = min(at, WIDTH - 4 - wide)
    return Label(text, at, x0, x0 + wide)


def _texts(words: Sequence[Words], x: Scale) -> list[_Text]:
    """As many words of each as fit until the next of the same side."""
    found = []
    sides: tuple[Speaker, Speaker] = ("user", "assistant")
    for who in sides:
        mine = [each for each in words if each.who == who and each.start_s <= x.high and each.end_s > x.low]
        wanted = [(max(x(each.start_s), x.start), " ".join(each.text.split())) for each in mine]
        placed = place_along(wanted, left=x.start, right=x.end, size=SMALL)
        found += [_Text(who, each.x0, each.text) for each in placed]
    return found


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where everything goes."""

    scene: Scene
    x: Scale
    above: float
    below: float
    words: bool
    numbers: bool
    spectra: tuple[Speaker, ...]

    @classmethod
    def of(cls, scene: Scene, x: Scale, *, words: bool, numbers: bool, spectrum: bool) -> _Frame:
        """As high as what there is to show."""
        lane = ALONE_HIGH if scene.alone else HIGH
        sides: tuple[Speaker, Speaker] = ("user", "assistant")
        heard = tuple(who for who in sides if scene.of(who))
        above = lane if scene.alone or "user" in heard or scene.speech else 10.0
        below = lane if scene.alone or "assistant" in heard else 10.0
        return cls(scene, x, above, below, words, numbers, heard if spectrum else ())

    @property
    def height(self) -> float:
        spectra = len(self.spectra) * (SPECTRUM_HIGH + 10)
        words = 2 * WORD_ROW + 4 if self.words else 0.0
        return 8 + (NUMBER_ROW if self.numbers else 0.0) + self.above + self.below + 6 + words + spectra + 20

    def draw(
        self, canvas: Canvas, words: Sequence[_Text], numbers: Sequence[Label], selection_s: tuple[float, float] | None
    ) -> None:
        top = self.height - 8 - (NUMBER_ROW if self.numbers else 0.0)
        axis = top - self.above
        taken: list[Box] = []
        if selection_s is not None and (marked := within(self.x, *selection_s)):
            canvas.bars([Box(marked[0], 22, marked[1], top)], USER, alpha=0.10, z=0.4)
            canvas.segments([((at, 22), (at, top + 4)) for at in marked], TEXT, 1.2)
            said = f"selection {duration(selection_s[1] - selection_s[0])}"
            wide = text_width(said, SMALL)
            at = min(max(marked[0] + 4, self.x.start), WIDTH - 4 - wide)
            taken.append(canvas.text(at, top + 9, said, TEXT, size=SMALL, bold=False))
        for label in numbers:
            box = Box(label.x0, top, label.x1, top + 16)
            if not any(box.meets(other) for other in taken):
                canvas.text(label.x0, top + 9, label.text, MUTED, size=SMALL, bold=True)
        self._speech(canvas, axis)
        canvas.line([(self.x.start, axis), (self.x.end, axis)], LINE)
        self._voices(canvas, axis)
        if not self.scene.alone:
            if self.scene.of("user"):
                named(canvas, axis + self.above / 2, "You", USER, bold=True)
            if self.scene.of("assistant"):
                named(canvas, axis - self.below / 2, "Assistant", ASSISTANT, bold=True)
        y = axis - self.below - 6
        if self.words:
            self._words(canvas, words, y)
            y -= 2 * WORD_ROW + 4
        for who in self.spectra:
            self._spectrum(canvas, who, y)
            y -= SPECTRUM_HIGH + 10
        draw_clock(canvas, self.x, y - 9)

    def _speech(self, canvas: Canvas, axis: float) -> None:
        """What turn detection called speech: its prefix lightest, the silence at its end darkest."""
        shades: dict[float, list[Box]] = {PREFIX: [], SPEECH: [], SILENCE: []}
        edges_at = []
        for span in self.scene.speech:
            end_s = self.x.high if span.end_s is None else span.end_s
            onset_s = min(span.onset_s, end_s)
            silence_s = span.silence_s if span.end_s is not None else 0.0
            edges = (span.start_s, onset_s, max(end_s - silence_s, onset_s), end_s)
            edges_at += [span.start_s, *([span.end_s] if span.end_s is not None else [])]
            for (from_s, to_s), boxes in zip(pairwise(edges), shades.values(), strict=True):
                if to_s > from_s and (found := within(self.x, from_s, to_s, least=0.5)):
                    boxes.append(Box(found[0], axis, found[1], axis + self.above))
        for alpha, boxes in shades.items():
            canvas.bars(boxes, VAD, alpha=alpha, z=0.5)
        lines = [self.x(at_s) for at_s in edges_at if self.x.low <= at_s <= self.x.high]
        canvas.segments([((at, axis), (at, axis + self.above)) for at in lines], VAD_MARK, 1.0, alpha=0.6, z=0.7)

    def _gain(self, who: Speaker) -> float:
        """The loudest sound of a side that is shown fills its lane."""
        peak = max([QUIET_PEAK, *(_peak(voice, self.x) for voice in self.scene.of(who))])
        return ((self.above if who == "user" else self.below) - 3) / peak

    def _voices(self, canvas: Canvas, axis: float) -> None:
        """All sound: what looks the same as one path, however many voices there are."""
        sides: tuple[Speaker, Speaker] = ("user", "assistant")
        for who in sides:
            gain, ink = self._gain(who), ink_of(who)
            base = axis if self.scene.alone else axis + (0.6 if who == "user" else -0.6)
            floors: list[Stroke] = []
            strokes: dict[float, list[Stroke]] = {1.0: [], FADED: []}
            for voice in self.scene.of(who):
                shown = within(self.x, voice.start_s, voice.end_s, least=0.5)
                if shown is None:
                    continue
                floors.append(((shown[0], base), (shown[1], base)))
                if (self.x.high - self.x.low) * _rate_hz(voice) / self._columns < FINE:
                    self._samples(canvas, voice, axis, gain)
                    continue
                for alpha, found in zip(strokes, self._strokes(voice, axis, gain), strict=True):
                    strokes[alpha] += found
            canvas.segments(floors, ink, 1.2, alpha=0.6)
            for alpha, found in strokes.items():
                canvas.segments(found, ink, 1.5, alpha=alpha)

    @property
    def _columns(self) -> int:
        return int((self.x.end - self.x.start) / PITCH)

    def _strokes(self, voice: Voice, axis: float, gain: float) -> tuple[list[Stroke], list[Stroke]]:
        """The columns of a voice, those that were heard and those that nobody heard."""
        x, rate_hz = self.x, voice.clip.rate_hz
        width_s = PITCH / (x.end - x.start) * (x.high - x.low)
        first = max(0, int((voice.start_s - x.low) / width_s))
        last = min(self._columns, int((voice.end_s - x.low) / width_s) + 1)
        if last <= first:
            return [], []
        start = (x.low + first * width_s - voice.start_s) * rate_hz
        stop = start + (last - first) * width_s * rate_hz
        bounds = envelope(voice.clip.samples, last - first, start=start, stop=stop) * gain
        at = x.start + (np.arange(first, last) + 0.5) * PITCH
        low, high = bounds[:, 0], bounds[:, 1]
        if not self.scene.alone:
            reach = np.abs(bounds).max(axis=1)
            low, high = (np.zeros_like(reach), reach) if voice.who == "user" else (-reach, np.zeros_like(reach))
        with np.errstate(invalid="ignore"):
            seen = (high - low) > LEAST
        cut = x(voice.start_s + voice.heard_duration_s) if voice.heard_s is not None else np.inf

        def ends(chosen: NDArray[np.bool_]) -> list[Stroke]:
            places = zip(at[chosen].tolist(), low[chosen].tolist(), high[chosen].tolist(), strict=True)
            return [((px, axis + y0), (px, axis + y1)) for px, y0, y1 in places]

        return ends(seen & (at <= cut)), ends(seen & (at > cut))

    def _samples(self, canvas: Canvas, voice: Voice, axis: float, gain: float) -> None:
        """So few samples that each is seen."""
        x, rate_hz = self.x, voice.clip.rate_hz
        first = max(0, int(np.ceil((x.low - voice.start_s) * rate_hz)))
        last = min(len(voice.clip), int((x.high - voice.start_s) * rate_hz) + 1)
        values = voice.clip.samples[first:last]
        places = [(x(voice.start_s + (first + i) / rate_hz), axis + float(value) * gain)
                  for i, value in enumerate(values)]  # fmt: skip
        if not self.scene.alone:
            top, foot = axis + self.above, axis - self.below
            places = [(at, min(max(y, foot), top)) for at, y in places]
        if len(places) > 1:
            canvas.line(places, ink_of(voice.who), 1.4)
        if len(places) < 200:
            for at, y in places:
                canvas.dot(at, y, ink_of(voice.who), radius=2.0)

    def _words(self, canvas: Canvas, words: Sequence[_Text], top: float) -> None:
        """What was said, under where it was said: the user above, the assistant below."""
        named(canvas, top - WORD_ROW - 1, "Transcripts")
        for each in words:
            row = 0 if each.who == "user" else 1
            canvas.text(each.x0, top - 2 - WORD_ROW * (row + 0.5), each.text, ink_of(each.who), size=SMALL)

    def _spectrum(self, canvas: Canvas, who: Speaker, top: float) -> None:
        """Frequencies upward, stronger ones darker."""
        x, foot = self.x, top - SPECTRUM_HIGH
        columns, rows = int((x.end - x.start) / PITCH), int(SPECTRUM_HIGH / PITCH)
        strength: NDArray[np.float64] = np.zeros((rows, columns))
        top_hz = max((_rate_hz(voice) / 2 for voice in self.scene.of(who)), default=12_000.0)
        width_s = (x.high - x.low) / columns
        for voice in self.scene.of(who):
            rate_hz = _rate_hz(voice)
            # Only the columns that it sounds in: there may be hundreds of voices.
            first = max(0, int((voice.start_s - x.low) / width_s))
            last = min(columns, int(np.ceil((voice.end_s - x.low) / width_s)))
            if last <= first:
                continue
            begin = (x.low + first * width_s - voice.start_s) * rate_hz
            found = spectrogram(
                voice.source or ArraySource(voice.clip.samples, rate_hz), rate_hz, start=begin,
                stop=begin + (last - first) * width_s * rate_hz, columns=last - first, rows=rows,
            )  # fmt: skip
            share = np.nan_to_num((found.db.astype(np.float64) - LOW_DB) / (HIGH_DB - LOW_DB), nan=0.0)
            strength[:, first:last] = np.maximum(strength[:, first:last], share.clip(0.0, 1.0))
        canvas.image(Box(x.start, foot, x.end, top - 4), strength, ink_of(who))
        canvas.line([(x.start, foot), (x.end, foot)], LINE)
        scale = f"to {top_hz / 1000:g} kHz"
        if self.scene.alone:
            canvas.text(x.start + 2, top - 10, scale, TEXT, size=SMALL, halo=True)
        else:
            named(canvas, top - 12, scale)
            named(canvas, foot + 8, "0 Hz")


def _rate_hz(voice: Voice) -> int:
    """Samples a second of the sound itself."""
    return voice.clip.rate_hz if voice.source is None else voice.source.rate_hz


def _peak(voice: Voice, x: Scale) -> float:
    """The largest magnitude of what is shown of a voice; nothing is copied."""
    rate_hz, size = voice.clip.rate_hz, len(voice.clip)
    first, last = (min(max(0, round((at_s - voice.start_s) * rate_hz)), size) for at_s in (x.low, x.high))
    part = voice.clip.samples[first:last]
    return float(max(part.max(), -part.min())) if part.size else 0.0


def _alt(
    scene: Scene, span_s: tuple[float, float] | None, selection_s: tuple[float, float] | None, *, spectrum: bool
) -> str:
    said = [clipped(scene.describe(), 900)]
    if span_s is not None:
        said.append(f"Shown from {span_s[0]:.2f} s to {span_s[1]:.2f} s.")
    if selection_s is not None:
        said.append(f"Selected: {selection_s[0]:.2f} s to {selection_s[1]:.2f} s.")
    if spectrum:
        said.append("With its spectrogram.")
    return " ".join(said)
