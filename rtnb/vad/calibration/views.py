"""Observed sessions cut into stretches in which one setting of ``server_vad`` held, each with its probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.resampling import StreamResampler
from rtnb.protocol.turn_detection import ResolvedServerVad, ServerVad
from rtnb.vad.calibration.observed import Detection, Observed
from rtnb.vad.engines import Engine

__all__ = ["GRACE_MS", "View", "views_of"]

GRACE_MS: Final = 1000.0
"""A start or stop that belongs to the last of the audio may not have been told before the session ended. Own choice."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A stretch of a session under one setting.

    Attributes
    ----------
    recording : int
        Which of the sessions.
    setting : ResolvedServerVad
    p : ndarray of float32, shape (n,)
        The probabilities of its frames.
    hop_ms : float
    first : int
        Frames of the same listening before it.
    origin_ms : float
        Where that listening began in the session's audio.
    end_ms : float
        Where the stretch ends.
    last : bool
        Whether the session ends there.
    start_ms, stop_ms : ndarray of float64, shape (n,)
        What the events said of each turn; a stop is NaN where none was told, or where it is not of this stretch.
    taken_ms : ndarray of float64
        Positions before which a turn of this stretch cannot reach.
    """

    recording: int
    setting: ResolvedServerVad
    p: NDArray[np.float32]
    hop_ms: float
    first: int
    origin_ms: float
    end_ms: float
    last: bool
    start_ms: NDArray[np.float64]
    stop_ms: NDArray[np.float64]
    taken_ms: NDArray[np.float64]

    @property
    def begin_ms(self) -> float:
        """Where its first frame begins."""
        return self.origin_ms + self.first * self.hop_ms

    @property
    def told(self) -> int:
        """Starts and stops that the server told of it and that lie within its audio."""
        return sum(int((each <= self.end_ms).sum()) for each in (self.start_ms, self.stop_ms))


@dataclass(slots=True)
class _Cut:
    """Positions of a session at which something changes."""

    at_ms: float
    detection: Detection
    afresh: bool


def views_of(observed: Observed, engine: Engine, recording: int = 0) -> Iterator[View]:
    """The stretches of a session under ``server_vad``, in order.

    A turn that is under way when the settings change belongs to the stretch in which it began, without its stop; the
    next stretch begins behind it.
    """
    cuts = _cuts(observed)
    positions = [cut.at_ms for cut in cuts]
    tracks = _listened(observed, engine, cuts)
    ends = [*positions[1:], observed.duration_ms]
    hop_ms = round(1000 * engine.hop / engine.rate_hz, 6)
    turns = np.array([(a, np.nan if b is None else b) for a, b in observed.turns], dtype=np.float64).reshape(-1, 2)
    origin_ms, done = 0.0, 0
    for place, (cut, p, end_ms) in enumerate(zip(cuts, tracks, ends, strict=True)):
        if cut.afresh:
            origin_ms, done = cut.at_ms, 0
        first, done = done, done + p.size
        if not isinstance(cut.detection, ServerVad) or not p.size:
            continue
        config = cut.detection.resolved()
        onset = turns[:, 0] + config.prefix_padding_ms
        begin_ms = cut.at_ms
        if place and not cut.afresh:
            # Turns that began before, and are not over yet.
            held = (onset >= origin_ms) & (onset < cut.at_ms) & ~(turns[:, 1] <= cut.at_ms)
            begin_ms = float(np.nan_to_num(turns[held, 1], nan=np.inf).max(initial=begin_ms))
        if begin_ms >= end_ms:
            continue
        skip = 0 if begin_ms <= cut.at_ms else max(0, int(np.ceil((begin_ms - origin_ms) / hop_ms)) - first)
        if skip >= p.size:
            continue
        own = (onset > begin_ms if place else onset >= 0) & ((onset < end_ms) | (place + 1 == len(cuts)))
        stops = np.where(turns[own, 1] <= end_ms, turns[own, 1], np.nan) if place + 1 < len(cuts) else turns[own, 1]
        taken = [each for each in (*observed.cleared_ms, *observed.taken_ms) if cut.at_ms <= each <= end_ms]
        before = turns[(onset < cut.at_ms) & (turns[:, 1] <= begin_ms), 1]
        yield View(
            recording=recording,
            setting=config,
            p=p[skip:],
            hop_ms=hop_ms,
            first=first + skip,
            origin_ms=origin_ms,
            end_ms=end_ms,
            last=place + 1 == len(cuts),
            start_ms=turns[own, 0],
            stop_ms=stops,
            taken_ms=np.array(sorted({*taken, *before.tolist()}), dtype=np.float64),
        )


def _cuts(observed: Observed) -> list[_Cut]:
    """Where the parameters that matter change, and where listening begins afresh."""
    events: list[tuple[float, int, Detection]] = [(at, 0, held) for at, held in observed.settings]
    events += [(at, 1, None) for at in observed.cleared_ms]
    cuts: list[_Cut] = []
    held: Detection = None
    listening = False
    for at_ms, kind, detection in sorted(events, key=lambda event: event[:2]):
        at_ms = min(max(at_ms, 0.0), observed.duration_ms)
        afresh = not cuts
        if kind == 1:
            afresh = True
        elif cuts and _same(held, detection):
            continue
        else:
            # Who did not listen begins now; who does goes on with other parameters.
            afresh = afresh or not listening
            held = detection
        listening = held is not None
        if cuts and cuts[-1].at_ms == at_ms:
            cuts[-1] = _Cut(at_ms, held, cuts[-1].afresh or afresh)
        else:
            cuts.append(_Cut(at_ms, held, afresh))
    if cuts and cuts[0].at_ms > 0:
        cuts.insert(0, _Cut(0.0, None, True))
    return cuts


def _same(one: Detection, other: Detection) -> bool:
    """Whether two detections find the same turns."""
    if not (isinstance(one, ServerVad) and isinstance(other, ServerVad)):
        return type(one) is type(other)
    a, b = one.resolved(), other.resolved()
    return (a.threshold, a.prefix_padding_ms, a.silence_duration_ms) == (
        b.threshold,
        b.prefix_padding_ms,
        b.silence_duration_ms,
    )


def _listened(observed: Observed, engine: Engine, cuts: list[_Cut]) -> list[NDArray[np.float32]]:
    """The probabilities of the frames that are complete between each cut and the next, as a server gets them.

    A server resamples as audio arrives, with the least delay, and what it then says is of the whole frames that it has.
    """
    marks = [cut.at_ms for cut in cuts[1:]]
    found: list[list[NDArray[np.float32]]] = [[] for _ in cuts]
    stream, resampler, kind_before = engine.stream(), None, None
    place, at_ms = 0, 0.0
    for kind, data in observed.audio:
        start_ms = at_ms
        whole = kind.whole(data)
        offset = 0
        at_ms = start_ms + len(data) / kind.bytes_per_ms
        if resampler is not None and kind is not kind_before:
            found[place].append(stream.push(resampler.push(np.zeros(0, dtype=np.float32), last=True)))
            resampler = None
        kind_before = kind
        while offset < len(whole) or (place < len(marks) and marks[place] <= at_ms):
            resampler = resampler or StreamResampler(kind.rate_hz, engine.rate_hz)
            end = len(whole)
            if place < len(marks) and marks[place] <= at_ms:
                size = kind.sample_bytes
                end = min(end, max(offset, round((marks[place] - start_ms) * kind.bytes_per_ms / size) * size))
            samples = kind.decode(whole[offset:end])
            if samples.size:
                found[place].append(stream.push(resampler.push(samples)))
            offset = end
            if place < len(marks) and marks[place] <= at_ms:
                place += 1
                if cuts[place].afresh:
                    stream, resampler = engine.stream(), StreamResampler(kind.rate_hz, engine.rate_hz)
    return [np.concatenate(each) if each else np.zeros(0, dtype=np.float32) for each in found]
