"""Sound on one clock: tracks of sounds that lie where they were heard, outlined, cut out and mixed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.audio.pcm import int16_of_float
from rtnb.audio.pyramid import NOTHING, Pyramid, SampleSource
from rtnb.audio.resampling import resample
from rtnb.audio.sources import int16_of

__all__ = ["Entry", "Run", "Sheet", "Side", "Sound", "Source", "Track", "Who", "mixed"]

Who: TypeAlias = Literal["user", "assistant"]
Side: TypeAlias = Literal["both", "above", "below"]
"""Where a track is drawn: alone on both sides of its axis, or above or below the axis that it shares."""

Entry: TypeAlias = Mapping[str, Any]
"""What is known of a stretch besides its sound, as the page gets it; see :mod:`rtnb.widgets.waveform.entries`."""

SILENT: Final = 3
"""A peak of so many steps of 16 bits, -80 dBFS: nothing to be seen of it."""

MARGIN_S: Final = 0.02
"""What is resampled on both sides of a stretch and cut off again: the resampler's own beginning and end."""


class Source(SampleSource, Protocol):
    """Samples with a rate."""

    @property
    def rate_hz(self) -> int:
        """Samples a second."""


@dataclass(slots=True, eq=False)
class Sound:
    """One stretch of sound.

    Parameters
    ----------
    start_s : float
        When its first sample sounds.
    source : Source
    heard_s : float or None
        Seconds of it that were heard; None for all.
    until_s : float
        Nothing of it is shown from there on.
    """

    start_s: float
    source: Source
    heard_s: float | None = None
    until_s: float = math.inf
    _pyramid: Pyramid | None = None

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        return self.source.rate_hz

    @property
    def end_s(self) -> float:
        """When its last sample has sounded."""
        return min(self.until_s, self.start_s + len(self.source) / self.rate_hz)

    @property
    def pyramid(self) -> Pyramid:
        """Its outline, up to what it has at present."""
        if self._pyramid is None:
            self._pyramid = Pyramid(self.source)
        elif len(self._pyramid) < len(self.source):
            self._pyramid.grow()
        return self._pyramid

    @property
    def faded(self) -> tuple[float, float] | None:
        """The stretch that nobody heard."""
        if self.heard_s is None:
            return None
        start_s = self.start_s + max(0.0, self.heard_s)
        return (start_s, self.end_s) if start_s < self.end_s - 0.001 else None

    def bounds(self, start_s: float, end_s: float) -> tuple[int, int]:
        """Its samples in a stretch: first, and behind the last."""
        first = math.ceil((max(start_s, self.start_s) - self.start_s) * self.rate_hz - 1e-6)
        last = math.ceil((min(end_s, self.end_s) - self.start_s) * self.rate_hz - 1e-6)
        return max(0, first), max(0, first, min(last, len(self.source)))


@dataclass(frozen=True, slots=True)
class Run:
    """Samples as they are."""

    start_s: float
    rate_hz: int
    samples: NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Sounds of one source, in order of their start.

    Parameters
    ----------
    name : str
    who : {"user", "assistant"}
    side : {"both", "above", "below"}
    sounds : tuple of Sound
    """

    name: str
    who: Who
    side: Side
    sounds: tuple[Sound, ...] = ()

    @property
    def rate_hz(self) -> int:
        """The highest rate of its sounds; 24 kHz where it has none."""
        return max((sound.rate_hz for sound in self.sounds), default=24000)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to see in it, although there is sound."""
        return bool(self.sounds) and all(sound.pyramid.peak <= SILENT for sound in self.sounds)

    def within(self, start_s: float, end_s: float) -> list[Sound]:
        """The sounds that touch a stretch."""
        return [sound for sound in self.sounds if sound.start_s < end_s and sound.end_s > start_s]

    def count(self, start_s: float, end_s: float) -> int:
        """How many samples lie in a stretch."""
        return sum(last - first for s in self.within(start_s, end_s) for first, last in [s.bounds(start_s, end_s)])

    def outline(self, start_s: float, end_s: float, columns: int) -> NDArray[np.int16]:
        """Least and greatest sample of each column, shape ``(columns, 2)``; NOTHING where there is no sound.

        Examples
        --------
        >>> from rtnb import Clip
        >>> from rtnb.audio.sources import ArraySource
        >>> track = Track("tone", "user", "both", (Sound(1.0, ArraySource.of(Clip([0.5] * 800, 800))),))
        >>> track.outline(0.0, 3.0, 3).tolist()
        [[32767, -32768], [16384, 16384], [32767, -32768]]
        """
        found = np.empty((columns, 2), dtype=np.int16)
        found[:] = NOTHING
        width = (end_s - start_s) / columns
        for sound in self.within(start_s, end_s):
            first = max(0, math.floor((sound.start_s - start_s) / width + 1e-6))
            last = min(columns, math.ceil((sound.end_s - start_s) / width - 1e-6))
            last = max(last, min(first + 1, columns))
            if last <= first:
                continue
            begin = (start_s + first * width - sound.start_s) * sound.rate_hz
            stop = (start_s + last * width - sound.start_s) * sound.rate_hz
            part = sound.pyramid.outline(begin, stop, last - first)
            found[first:last, 0] = np.minimum(found[first:last, 0], part[:, 0])
            found[first:last, 1] = np.maximum(found[first:last, 1], part[:, 1])
        return found

    def runs(self, start_s: float, end_s: float) -> list[Run]:
        """The samples of a stretch as they are, one before and one behind it, so that lines reach its edges."""
        made = []
        for sound in self.within(start_s, end_s):
            first, last = sound.bounds(start_s, end_s)
            whole = sound.bounds(sound.start_s, sound.end_s)[1]
            first, last = max(0, first - 1), min(whole, last + 1)
            if last > first:
                at_s = sound.start_s + first / sound.rate_hz
                made.append(Run(at_s, sound.rate_hz, int16_of(sound.source.read(first, last))))
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Everything a view shows, on one clock.

    Parameters
    ----------
    tracks : tuple of Track
    entries : tuple of Entry
    live : bool
        Whether more is to come.
    note : str
        What to say where there is no sound.
    subject : str
        What it is of, in words.
    now_s : float
        The clock, where it still runs.
    """

    tracks: tuple[Track, ...]
    entries: tuple[Entry, ...] = ()
    live: bool = False
    note: str = ""
    subject: str = "Waveform"
    now_s: float = 0.0
    _ends: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        starts = [sound.start_s for track in self.tracks for sound in track.sounds[:1]]
        ends = [sound.end_s for track in self.tracks for sound in track.sounds]
        moments = [moment for entry in self.entries for moment in entry.get("span", ())]
        begin = min([*starts, *moments[::2], 0.0])
        object.__setattr__(self, "_ends", (begin, max([*ends, *moments[1::2], self.now_s, begin])))

    @property
    def start_s(self) -> float:
        """Where it begins: 0, or earlier where something is shown there."""
        return self._ends[0]

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self._ends[1]

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s

    @property
    def rate_hz(self) -> int:
        """The highest rate in it."""
        return max((track.rate_hz for track in self.tracks), default=24000)

    @property
    def empty(self) -> bool:
        """Whether there is no sound at all."""
        return not any(len(sound.source) for track in self.tracks for sound in track.sounds)

    def clip(self, start_s: float, end_s: float, tracks: Iterable[int] | None = None) -> Clip:
        """What sounds in a stretch: of one sound its own samples, of several their sum."""
        chosen = self._chosen(tracks)
        rate_hz = max((track.rate_hz for track in chosen), default=24000)
        sounds = [sound for track in chosen for sound in track.within(start_s, end_s)]
        if len(sounds) == 1 and sounds[0].start_s <= start_s + 1e-9 and sounds[0].end_s >= end_s - 1e-9:
            # Rounded as a Clip does when it is sliced: both give the same samples.
            first, last = (max(0, round((at_s - sounds[0].start_s) * sounds[0].rate_hz)) for at_s in (start_s, end_s))
            return Clip(sounds[0].source.read(first, last), sounds[0].rate_hz)
        return Clip(mixed(sounds, start_s, end_s, rate_hz), rate_hz)

    def pcm(self, start_s: float, end_s: float, rate_hz: int, tracks: Iterable[int] | None = None) -> NDArray[np.int16]:
        """The same for a player, at a rate of its own."""
        sounds = [sound for track in self._chosen(tracks) for sound in track.within(start_s, end_s)]
        return mixed(sounds, start_s, end_s, rate_hz)

    def _chosen(self, tracks: Iterable[int] | None) -> list[Track]:
        return [track for index, track in enumerate(self.tracks) if tracks is None or index in set(tracks)]


def mixed(sounds: Sequence[Sound], start_s: float, end_s: float, rate_hz: int) -> NDArray[np.int16]:
    """The sum of some sounds in a stretch, clipped at full scale, silence where there are none.

    Examples
    --------
    >>> from rtnb import Clip
    >>> from rtnb.audio.sources import ArraySource
    >>> sounds = [Sound(at_s, ArraySource.of(Clip([0.25] * 4, 4))) for at_s in (0.0, 0.5)]
    >>> mixed(sounds, 0.0, 2.0, 4).tolist()
    [8192, 8192, 16384, 16384, 8192, 8192, 0, 0]
    """
    size = max(0, round((end_s - start_s) * rate_hz))
    total = np.zeros(size, dtype=np.int32)
    for sound in sounds:
        margin_s = 0.0 if sound.rate_hz == rate_hz else MARGIN_S
        first, last = sound.bounds(start_s - margin_s, end_s + margin_s)
        samples = sound.source.read(first, last)
        if not len(samples):
            continue
        if sound.rate_hz == rate_hz:
            part = int16_of(samples)
        else:
            floats = samples.astype(np.float32) / np.float32(32768 if samples.dtype == np.int16 else 1)
            part = int16_of_float(resample(np.ascontiguousarray(floats), sound.rate_hz, rate_hz))
        at = round((sound.start_s + first / sound.rate_hz - start_s) * rate_hz)
        part, at = part[max(0, -at) :], max(0, at)
        part = part[: max(0, size - at)]
        total[at : at + len(part)] += part
    return total.clip(-32768, 32767).astype(np.int16)
