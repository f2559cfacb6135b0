"""The picture that a waveform leaves behind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from rtnb._display import Bundle
from rtnb.audio.clip import Clip
from rtnb.audio.pyramid import Pyramid, Samples
from rtnb.audio.sources import ArraySource, int16_of
from rtnb.plots.scene import Mark, Scene, Voice
from rtnb.plots.stills.heard_scene import Heard, Words
from rtnb.session.views.shapes import Latency, SpeechSpan
from rtnb.widgets.waveform.tracks import Entry, Sheet, Sound, Source, Track

__all__ = ["drawn", "heard", "reduced"]

LONG_S: Final = 120.0
"""Of longer sounds a picture is drawn from their outline: it has a thousand columns."""

PAIRS: Final = 8000


def reduced(source: ArraySource, pyramid: Pyramid) -> Clip:
    """A clip that looks the same in a picture: for each column its least and its greatest sample.

    Examples
    --------
    >>> import numpy as np
    >>> source = ArraySource(np.tile(np.array([0, 9000, -9000, 0], dtype=np.int16), 1_000_000), 8000)
    >>> reduced(source, Pyramid(source))
    Clip(500.000 s, 32 Hz, peak -11.2 dBFS)
    """
    duration_s = len(source) / source.rate_hz
    return _outlined(pyramid, source.rate_hz, 0, len(source), _rate_hz(duration_s))


def _rate_hz(duration_s: float) -> int:
    return max(2, 2 * math.ceil(PAIRS / max(duration_s, 1e-3)))


def _outlined(pyramid: Pyramid, rate_hz: int, first: int, last: int, shown_hz: int) -> Clip:
    """Samples `first` to before `last` as least and greatest by turns, `shown_hz` a second."""
    duration_s = (last - first) / rate_hz
    columns = max(1, math.ceil(duration_s * shown_hz / 2))
    outline = pyramid.outline(first, first + columns * 2 / shown_hz * rate_hz, columns)
    outline[outline[:, 0] > outline[:, 1]] = 0
    return Clip(outline.ravel()[: max(1, round(duration_s * shown_hz))], shown_hz)


@dataclass(frozen=True, slots=True)
class _Part:
    """Samples of a source from `first` to before `last`."""

    source: Source
    first: int
    last: int

    @property
    def rate_hz(self) -> int:
        return self.source.rate_hz

    def __len__(self) -> int:
        return self.last - self.first

    def read(self, start: int, stop: int) -> Samples:
        return self.source.read(self.first + start, min(self.first + stop, self.last))


def heard(sheet: Sheet, span_s: tuple[float, float] | None = None) -> Heard:
    """What is drawn of a sheet: outlines that are known already, so that the sound itself is not read again.

    Parameters
    ----------
    sheet : Sheet
    span_s : (float, float), optional
        The stretch that will be shown.
    """
    low, high = (sheet.start_s, sheet.end_s) if span_s is None else span_s
    shown_hz = _rate_hz(high - low)
    voices = [
        voice
        for track in sheet.tracks
        for sound in track.within(low, high)
        if (voice := _voice(track, sound, low, high, shown_hz)) is not None
    ]
    scene = Scene(
        voices=tuple(voices),
        speech=tuple(_span(each) for entry in sheet.entries for each in entry["speech"]),
        latencies=tuple(Latency(e[2], e[3], e[0], e[1]) for entry in sheet.entries for e in entry["latencies"]),
        numbers=tuple(Mark(*entry["number"]) for entry in sheet.entries if entry["number"] is not None),
        note=sheet.note.rstrip(".").lower(),
        subject=sheet.subject,
    )
    return Heard(scene, tuple(_words(sheet.entries)), sheet.duration_s)


def _voice(track: Track, sound: Sound, low: float, high: float, shown_hz: int) -> Voice | None:
    first, last = sound.bounds(low, high)
    if last <= first:
        return None
    start_s = sound.start_s + first / sound.rate_hz
    length_s = (last - first) / sound.rate_hz
    heard_s = None if sound.heard_s is None else min(max(0.0, sound.start_s + sound.heard_s - start_s), length_s)
    whole_s = len(sound.source) / sound.rate_hz
    cut = sound.until_s < sound.start_s + min(whole_s, whole_s if sound.heard_s is None else sound.heard_s) - 1e-3
    if shown_hz >= sound.rate_hz:
        clip = Clip(int16_of(sound.source.read(first, last)), sound.rate_hz)
        return Voice(track.who, clip, start_s, heard_s, cut)
    clip = _outlined(sound.pyramid, sound.rate_hz, first, last, shown_hz)
    return Voice(track.who, clip, start_s, heard_s, cut, length_s, _Part(sound.source, first, last))


def _span(entry: list[Any]) -> SpeechSpan:
    start_s, onset_s, speech_end_s, end_s = entry
    silence_s = 0.0 if end_s is None or speech_end_s is None else end_s - speech_end_s
    return SpeechSpan(start_s, end_s, onset_s - start_s, silence_s)


def _words(entries: tuple[Entry, ...]) -> list[Words]:
    return [Words(*text) for entry in entries for text in entry["texts"]]


def drawn(of: Any, pyramid: Pyramid | None = None, **options: Any) -> Bundle:
    """HTML and PNG of what a waveform shows."""
    if isinstance(of, ArraySource):
        options["rate_hz"] = of.rate_hz
        long = pyramid is not None and len(of) / of.rate_hz > LONG_S and not options.get("spectrogram")
        of = reduced(of, pyramid) if long and pyramid is not None else Clip(int16_of(of.read(0, len(of))), of.rate_hz)
    from rtnb.plots.stills.waveform import waveform_bundle

    made: Bundle = dict(waveform_bundle(of, **options))
    return made
