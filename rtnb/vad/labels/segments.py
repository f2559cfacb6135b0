"""Labelled speech: who speaks when in a recording."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.errors import LabelsError
from rtnb.vad.labels.merging import TICK_S, checked_gap, covered, merged

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LATEST_S", "TOO_LATE", "Labels", "Segment", "Span"]

_OVERHANG_S = 0.1
"""By how much a label may miss the end of the audio and still count as rounding: files of labels are often cut to
tenths of a second, and codecs pad by some 50 ms. Own choice."""

_CUT_S = 1.0
"""By how much a label that begins within the audio may overhang its end; whole seconds are the coarsest rounding. Own
choice."""


LATEST_S = 10 * 86_400.0
"""No label is later: ten days. Own choice; a mistaken unit, such as samples, is more likely than such a recording."""

TOO_LATE = "later than any label may be (10 days): is it in another unit than it should be?"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time.

    Attributes
    ----------
    start_s, end_s : float
        Seconds from the beginning of the recording.

    Examples
    --------
    >>> Span(0.5, 2.0).duration_s
    1.5
    """

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch of labelled speech, of one speaker where that is known.

    Attributes
    ----------
    start_s, end_s : float
        Seconds from the beginning of the recording, the end after the start.
    speaker : str
        Empty where nobody is named.

    Raises
    ------
    LabelsError
        A time that is negative, not finite or later than ten days, or an end that is not after the start.

    Examples
    --------
    >>> Segment(0.5, 2.0, "Ann").duration_s
    1.5
    """

    start_s: float
    end_s: float
    speaker: str = ""

    def __post_init__(self) -> None:
        for name in ("start_s", "end_s"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
                raise LabelsError(f"A label's {name} is a number of seconds, not {value!r:.80}.")
            if isinstance(value, (float, np.floating)) and not math.isfinite(value):
                raise LabelsError(f"A label's {name} is {value!r}: it must be a finite number of seconds.")
            if value > LATEST_S:
                raise LabelsError(f"A label's {name} is {value!s:.40} s, {TOO_LATE}")
            if value < 0:
                does = "starts" if name == "start_s" else "ends"
                raise LabelsError(f"A label {does} at {value!s:.40} s, before the recording.")
            object.__setattr__(self, name, float(value))
        if self.end_s <= self.start_s:
            raise LabelsError(f"A label ends at {self.end_s:g} s, not after its start at {self.start_s:g} s.")
        unknown = self.speaker is None or self.speaker != self.speaker  # the NaN of a table
        object.__setattr__(self, "speaker", "" if unknown else str(self.speaker))

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Labels(Drawable):
    """The labelled speech of one recording. Immutable: what edits it gives new labels.

    Attributes
    ----------
    segments : tuple of Segment
        In order of their start.
    name : str
        The recording that they belong to.
    notes : tuple of str
        What was odd about them and how it was taken, such as labels that overlap or were cut to the recording.

    Examples
    --------
    >>> from rtnb.vad import Labels
    >>> labels = Labels.of([(0.5, 2.0, "Ann"), (1.8, 3.0, "Bob"), (3.4, 4.0, "Ann")])
    >>> labels.speech
    (Span(start_s=0.5, end_s=3.0), Span(start_s=3.4, end_s=4.0))
    >>> labels.turns(0.7)
    (Span(start_s=0.5, end_s=4.0),)
    >>> labels.mask(0.5, 7).tolist()
    [False, True, True, True, True, True, False]
    """

    segments: tuple[Segment, ...]
    name: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        segments = tuple(sorted(self.segments))
        object.__setattr__(self, "segments", segments)
        told = [note for note in self.notes if not note.endswith(_OVERLAP)]
        if note := _overlap(segments):
            told.append(note)
        object.__setattr__(self, "notes", tuple(told))

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        name: str | None = None,
        format: str | None = None,
        tier: str | None = None,
    ) -> Labels:
        """Read a file of labels: RTTM, an Audacity label track, ``.scv``, a Praat TextGrid, or CSV.

        Parameters
        ----------
        path : str or Path
            The file; its format is found from the suffix, or from the text where the suffix says nothing.
        name : str, optional
            The recording, where a file holds several; that of the file's own stem otherwise.
        format : str, optional
            One of ``"rttm"``, ``"audacity"``, ``"scv"``, ``"textgrid"`` and ``"csv"``.
        tier : str, optional
            Of a TextGrid with several interval tiers: the one that holds the speech, or ``"*"`` for all of them, each
            a speaker.

        Raises
        ------
        LabelsError
            The file cannot be read as labels; the message names file and line.

        Examples
        --------
        >>> import rtnb
        >>> from rtnb.vad import Labels
        >>> Labels.load(rtnb.sample("labelled") / "ami_trn07.rttm")
        Labels('trn07', 10 labels, 4 speakers, 11.4 s of speech)
        """
        from rtnb.vad.labels.loading import load

        return load(path, name=name, format=format, tier=tier)

    def save(self, path: str | Path, *, format: str | None = None) -> Path:
        """Write a file in the format of the suffix: ``.rttm``, ``.txt`` (Audacity), ``.scv``, ``.TextGrid``, ``.csv``.

        Times are written to the microsecond.

        Raises
        ------
        LabelsError
            The suffix names no format, the format cannot hold them, or the place cannot be written.
        """
        from rtnb.vad.labels.loading import save

        return save(self, path, format=format)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, name: str = "") -> Labels:
        """From the rows of a table with a start, an end (or a duration) and perhaps a speaker.

        Parameters
        ----------
        frame : DataFrame
            Columns as :mod:`rtnb.vad.labels.table` knows them: ``start_s``, ``end_s``, ``speaker`` and their usual
            synonyms. Times are seconds; those of columns that end in ``_ms`` are milliseconds.
        name : str
            The recording.

        Raises
        ------
        LabelsError
            A column is missing, or a row cannot be used; the message names the row.
        """
        from rtnb.vad.labels.table import of_frame

        return of_frame(frame, name=name)

    def to_frame(self) -> pd.DataFrame:
        """A table with one row a label: ``start_s``, ``end_s``, ``speaker``."""
        from rtnb.vad.labels.table import to_frame

        return to_frame(self)

    @classmethod
    def of(cls, value: object, *, name: str = "") -> Labels:
        """From anything that holds labels: a file's path, a DataFrame, ``(start_s, end_s[, speaker])`` each, or labels.

        Raises
        ------
        LabelsError
            It holds no labels.
        """
        from rtnb.vad.labels.loading import labels_of

        return labels_of(value, name=name)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who is named, in alphabetical order."""
        return tuple(sorted({segment.speaker for segment in self.segments} - {""}))

    @property
    def end_s(self) -> float:
        """Where the last label ends; 0 without labels."""
        return max((segment.end_s for segment in self.segments), default=0.0)

    @property
    def speech(self) -> tuple[Span, ...]:
        """Where anybody speaks: segments that overlap or touch are one."""
        return tuple(Span(*span) for span in self._merged(0.0))

    @property
    def speech_s(self) -> float:
        """Seconds of speech, those of several speakers at once counted once."""
        return sum(end - start for start, end in self._merged(0.0))

    def turns(self, gap_s: float) -> tuple[Span, ...]:
        """Speech, with pauses of less than `gap_s` seconds taken as parts of a turn.

        Raises
        ------
        ConfigError
            The gap is None or not a number of seconds.
        """
        return tuple(Span(*span) for span in self._merged(checked_gap(gap_s)))

    def mask(self, hop_s: float, frames: int) -> NDArray[np.bool_]:
        """Whether most of each frame is speech, shape ``(frames,)``; half of it is not most."""
        edges = np.arange(frames + 1, dtype=np.float64) * hop_s
        return covered(self._merged(0.0), edges) > hop_s / 2 + TICK_S

    def within(self, duration_s: float) -> Labels:
        """The labels of a recording that lasts `duration_s` seconds: what overhangs its end is cut, and a note says so.

        Raises
        ------
        LabelsError
            A label begins after the end, or overhangs it by more than a second: these are the labels of another
            recording, or their unit is another.
        """
        over = [segment for segment in self.segments if segment.end_s > duration_s + TICK_S]
        if not over:
            return self
        late = [segment for segment in over if segment.start_s > duration_s + _OVERHANG_S]
        if late:
            raise LabelsError(
                f"{_called(self.name)}{counted(len(late), 'label')} of {len(self.segments)} "
                f"{'begins' if len(late) == 1 else 'begin'} after the end of the recording ({duration_s:.3f} s), "
                f"the first at {late[0].start_s:.3f} s: are they of another recording, or in another unit than seconds?"
            )
        kept = [
            dataclasses.replace(segment, end_s=min(segment.end_s, duration_s))
            for segment in self.segments
            if segment.start_s < duration_s
        ]
        last = max(over, key=lambda segment: segment.end_s)
        most = last.end_s - duration_s
        if most > _CUT_S + TICK_S:
            raise LabelsError(
                f"{_called(self.name)}the label from {last.start_s:.3f} s to {last.end_s:.3f} s overhangs the end of "
                f"the recording ({duration_s:.3f} s) by {most:.3f} s: is it of another recording, or in another unit "
                "than seconds?"
            )
        note = f"{counted(len(over), 'label')} cut to the recording's end, by up to {1000 * most:.0f} ms"
        return dataclasses.replace(self, segments=tuple(kept), notes=(*self.notes, note))

    def add(self, start_s: float, end_s: float, speaker: str = "") -> Labels:
        """With one label more.

        Examples
        --------
        >>> from rtnb.vad import Labels
        >>> Labels(()).add(1.0, 2.0).add(0.2, 0.6).remove(1).move(0, end_s=0.8).segments
        (Segment(start_s=0.2, end_s=0.8, speaker=''),)
        """
        return dataclasses.replace(self, segments=(*self.segments, Segment(start_s, end_s, speaker)))

    def move(self, index: int, start_s: float | None = None, end_s: float | None = None) -> Labels:
        """With the edges of the label at `index` elsewhere; an edge that is not given stays."""
        old = self._at(index)
        new = Segment(old.start_s if start_s is None else start_s, old.end_s if end_s is None else end_s, old.speaker)
        return dataclasses.replace(self, segments=(*self.remove(index).segments, new))

    def remove(self, index: int) -> Labels:
        """Without the label at `index`."""
        self._at(index)
        gone = index % len(self.segments)
        return dataclasses.replace(self, segments=(*self.segments[:gone], *self.segments[gone + 1 :]))

    def __repr__(self) -> str:
        speakers = f", {counted(len(self.speakers), 'speaker')}" if self.speakers else ""
        name = f"{self.name!r}, " if self.name else ""
        return f"Labels({name}{counted(len(self.segments), 'label')}{speakers}, {self.speech_s:.1f} s of speech)"

    def _merged(self, gap_s: float) -> list[tuple[float, float]]:
        return merged(((segment.start_s, segment.end_s) for segment in self.segments), gap_s)

    def _at(self, index: int) -> Segment:
        if not -len(self.segments) <= index < len(self.segments):
            raise LabelsError(f"There is no label {index}: there are {len(self.segments)}, counted from 0.")
        return self.segments[index]


def _called(name: str) -> str:
    return f"{name}: " if name else ""


_OVERLAP = "of the same speaker: taken as one stretch of speech"


def _overlap(segments: tuple[Segment, ...]) -> str:
    ends: dict[str, float] = defaultdict(float)
    found: list[Segment] = []
    for segment in segments:
        if segment.start_s < ends[segment.speaker] - TICK_S:
            found.append(segment)
        ends[segment.speaker] = max(ends[segment.speaker], segment.end_s)
    if not found:
        return ""
    verb = "overlaps" if len(found) == 1 else "overlap"
    return f"{counted(len(found), 'label')}, the first at {found[0].start_s:.3f} s, {verb} another {_OVERLAP}"
