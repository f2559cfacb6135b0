"""Where input audio lies on the clock, and how loud either side was, as far in as one looks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import AudioStore
from rtnb.session.timeline.shapes import AudioPiece
from rtnb.session.views.sound import clip_of

__all__ = ["audio_ms_at", "checked_span", "clip_between", "clock_s_at", "input_pieces", "levels"]

PAUSE_S = 0.12
"""Chunks that come this late still follow each other: they are 20 to 100 ms long, and timers are late."""


def input_pieces(
    t_s: NDArray[np.float64],
    lengths: NDArray[np.int64],
    seqs: NDArray[np.int64],
    *,
    bytes_per_ms: int,
    format: str = "",
) -> Iterable[AudioPiece]:
    """Appended audio as stretches without a pause.

    A chunk that is sent at `t` was captured up to `t`. What was sent faster than it was spoken lies before the moment
    at which its last chunk was sent, as if it had been spoken up to that.

    Parameters
    ----------
    t_s, lengths, seqs : (n,) arrays
        When each chunk was sent, its length in bytes, and its place in the log.

    Examples
    --------
    >>> t_s, lengths = np.array([0.1, 0.2, 5.0]), np.array([4800, 4800, 4800])
    >>> [(round(p.start_s, 3), round(p.end_s, 3)) for p in input_pieces(t_s, lengths, np.arange(3), bytes_per_ms=48)]
    [(0.0, 0.2), (4.9, 5.0)]
    """
    if not len(t_s):
        return
    chunk_s = lengths / bytes_per_ms / 1000
    offsets = np.r_[0, np.cumsum(lengths)]
    begins = np.r_[True, (t_s[1:] - chunk_s[1:]) - t_s[:-1] > PAUSE_S]
    starts = np.flatnonzero(begins)
    stops = np.r_[starts[1:], len(t_s)]
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        offset, end = int(offsets[start]), int(offsets[stop])
        end_s = float(t_s[stop - 1])
        start_s = min(float(t_s[start] - chunk_s[start]), end_s - (end - offset) / bytes_per_ms / 1000)
        yield AudioPiece(
            side="input",
            start_s=start_s,
            end_s=end_s,
            offset=offset,
            length=end - offset,
            seq=int(seqs[start]),
            format=format,
        )


def levels(
    pieces: Sequence[AudioPiece],
    store: AudioStore,
    side: Literal["input", "output"],
    start_s: float,
    end_s: float,
    columns: int,
) -> NDArray[np.float32]:
    """Peaks of one side between two moments, from 0 (silence) to 1; shape ``(columns,)``."""
    found = np.zeros(max(0, columns), np.float32)
    if columns <= 0 or end_s <= start_s:
        return found
    step_s = (end_s - start_s) / columns
    for piece in pieces:
        if piece.side != side or piece.end_s <= start_s or piece.start_s >= end_s or piece.end_s <= piece.start_s:
            continue
        # Only what is looked at is decoded.
        share = piece.length / (piece.end_s - piece.start_s)
        first = max(0, int((start_s - piece.start_s) * share)) // 2 * 2
        last = min(piece.length, -(-int((end_s - piece.start_s) * share) // 2) * 2)
        samples = _int16_of(store.read(piece.offset + first, last - first), piece.format)
        if not len(samples):
            continue
        at_s = piece.start_s + first / share
        span_s = (last - first) / share
        # Where each column begins among the samples: of an hour there are a hundred million.
        edges = (start_s + np.arange(columns + 1) * step_s - at_s) / span_s * len(samples)
        begins = np.clip(np.ceil(edges - 1e-6), 0, len(samples)).astype(np.int64)
        begins[0], begins[-1] = 0, len(samples)
        filled = np.flatnonzero(np.diff(begins) > 0)
        starts = begins[filled]
        high = np.maximum.reduceat(samples, starts).astype(np.float32)
        low = np.minimum.reduceat(samples, starts).astype(np.float32)
        np.maximum.at(found, filled, np.maximum(high, -low) / 32768)
    return found


def _int16_of(data: bytes, name: str) -> NDArray[np.int16]:
    """Samples of a format by its name; one that nobody knows is taken for PCM, as clips have it."""
    try:
        found = AudioFormat.from_wire(name or None)
    except ConfigError:
        found = PCM16
    return found.int16(found.whole(data))


def checked_span(start_s: object, end_s: object, *, name: str = "") -> tuple[float, float]:
    """Two moments, the second not before the first.

    Raises
    ------
    ConfigError
        They are not.

    Examples
    --------
    >>> checked_span(1, 2.5)
    (1.0, 2.5)
    """
    numbers = [
        float(each)
        for each in (start_s, end_s)
        if isinstance(each, int | float | np.integer | np.floating) and not isinstance(each, bool)
    ]
    if len(numbers) < 2 or not all(map(math.isfinite, numbers)) or numbers[1] < numbers[0]:
        what = f"{name} is" if name else "A stretch goes"
        how = "a moment and a later one, in seconds" if name else "from one moment to a later one, in seconds"
        raise ConfigError(f"{what} {how}; not {start_s!r:.40} and {end_s!r:.40}.")
    return numbers[0], numbers[1]


def clip_between(
    pieces: Sequence[AudioPiece],
    store: AudioStore,
    side: Literal["input", "output"],
    start_s: float,
    end_s: float,
) -> Clip:
    """What one side sounded like between two moments, as it lies on the clock; silence where there was nothing.

    Where an answer was cut, what lies behind the cut is there too, until the next one begins.
    """
    inside = [p for p in pieces if p.side == side and p.end_s > start_s and p.start_s < end_s and p.end_s > p.start_s]
    rate_hz = clip_of(b"", inside[0].format).rate_hz if inside else PCM16.rate_hz
    found = np.zeros(max(0, round((end_s - start_s) * rate_hz)), np.float32)
    for piece in sorted(inside, key=lambda each: each.start_s):
        part = clip_of(store.read(piece.offset, piece.length), piece.format)
        if part.rate_hz != rate_hz:
            part = part.resample(rate_hz)
        # Anchored at its end, where input is: what was late within it is not stretched.
        at = round((piece.end_s - start_s) * rate_hz) - len(part)
        first, last = max(0, at), min(len(found), at + len(part))
        if last > first:
            found[first:last] = part.samples[first - at : last - at]
    return Clip(found, rate_hz)


def audio_ms_at(pieces: Iterable[AudioPiece], t_s: float, bytes_per_ms: float) -> float | None:
    """Milliseconds of all input audio sent up to a moment; None where there was no input.

    Examples
    --------
    >>> found = input_pieces(np.array([1.0, 5.0]), np.array([4800, 4800]), np.arange(2), bytes_per_ms=48)
    >>> found = tuple(found)
    >>> [round(audio_ms_at(found, t_s, 48), 3) for t_s in (0.95, 3.0, 9.0)]
    [50.0, 100.0, 200.0]
    """
    heard: float | None = None
    for piece in pieces:
        if piece.side != "input":
            continue
        if heard is None or t_s >= piece.start_s:
            length_s = max(piece.end_s - piece.start_s, 1e-9)
            share = min(1.0, max(0.0, (t_s - piece.start_s) / length_s))
            heard = (piece.offset + share * piece.length) / bytes_per_ms
    return None if heard is None else float(heard)


def clock_s_at(pieces: Iterable[AudioPiece], audio_ms: float, bytes_per_ms: float) -> float | None:
    """When so many milliseconds of input audio had been captured; None where so much was never sent.

    Examples
    --------
    >>> found = input_pieces(np.array([1.0, 5.0]), np.array([4800, 4800]), np.arange(2), bytes_per_ms=48)
    >>> found = tuple(found)
    >>> round(clock_s_at(found, 150, 48), 3), clock_s_at(found, 300, 48)
    (4.95, None)
    """
    position = audio_ms * bytes_per_ms
    for piece in pieces:
        if piece.side == "input" and piece.offset <= position <= piece.offset + piece.length:
            share = (position - piece.offset) / piece.length if piece.length else 0.0
            return float(piece.start_s + share * (piece.end_s - piece.start_s))
    return None
