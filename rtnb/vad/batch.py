"""Whole tracks at once: the streaming detector's rules on arrays, to the last bit.

Only the thresholds need a pass over the frames. Speech is a row of *bursts*: loud frames up to the first frame below
the exit threshold. The gap behind a burst ends the turn exactly if its last frame below the exit threshold comes at
least the silence after its first one; what that depends on, its *depth*, is known without the silence. Gaps have no
influence on each other, as every burst begins by resetting the silence. So a silence duration costs time proportional
to the bursts, and the prefix padding almost none. Thresholds below the floor of the exit threshold are the exception:
there every loud frame is a burst, see :class:`Both`. A test holds all of it against :class:`rtnb.vad.Detector`, frame
by frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.vad.detector import EXIT_FLOOR, TurnSettings
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.turns import TurnTable

__all__ = [
    "Both",
    "Runs",
    "Spans",
    "detect_table",
    "frames_of",
    "hop_ms_of",
    "runs_of",
    "spans_of",
    "speech_frames_of",
    "stops_of",
    "thresholds_of",
]

_Frames = NDArray[np.int64]

_FOREVER = np.iinfo(np.int64).max // 4
"""The depth of the silence after the end, and where a frame that does not exist lies."""


@dataclass(frozen=True, slots=True, eq=False)
class Both:
    """Frames that are speech and silence at once: the threshold is below the floor of the exit threshold.

    Silence begins on such a frame, not behind it, unless the frame begins a turn: then it counts as speech alone.
    Whether it does depends on the silence duration. So there are two answers for each burst, which is a single frame
    here: that of :class:`Runs` holds within a turn, this one where the burst begins it.

    Attributes
    ----------
    silence, depth, place : ndarray of int64, shape (B,)
        As of :class:`Runs`. A depth below zero: another loud frame follows at once.
    """

    silence: _Frames
    depth: _Frames
    place: _Frames


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """What one pair of thresholds makes of a track; no silence duration has a say in it yet.

    Attributes
    ----------
    onset : ndarray of int64, shape (B,)
        The first frame of each burst.
    silence : ndarray of int64, shape (B,)
        The first frame of silence behind it.
    depth : ndarray of int64, shape (B,)
        From there to the last frame of silence before the next burst; the silence after the end is endless.
    low, past : ndarray of int64, shape (L,)
        Stretches of frames below the exit threshold: the first of each, and one past its last.
    place : ndarray of int64, shape (B,)
        The stretch that the first frame of silence is in.
    frames : int
        Frames of the track.
    both : Both or None
        What holds for bursts that begin a turn, where that is something else.
    """

    onset: _Frames
    silence: _Frames
    depth: _Frames
    low: _Frames
    past: _Frames
    place: _Frames
    frames: int
    both: Both | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Turns in frames, shape ``(n,)`` of int64 each.

    Attributes
    ----------
    onset : ndarray
        The first frame of speech.
    silence : ndarray
        The first frame of the silence that ended the turn.
    started_at, stopped_at : ndarray
        Frames heard when the start and the stop were known. A stop later than the frames that there are is one that
        silence after the end brings about.
    """

    onset: _Frames
    silence: _Frames
    started_at: _Frames
    stopped_at: _Frames


def runs_of(p: NDArray[np.float32], threshold: float, exit_threshold: float) -> Runs:
    """Everything about `p` that the thresholds alone decide: one pass over the frames.

    Frames below zero are silence under every threshold: that is how recordings are kept apart in one array.

    Parameters
    ----------
    p : ndarray of float32, shape (n,)
        Probabilities.
    threshold, exit_threshold : float
        The effective ones, as :func:`thresholds_of` gives them.

    Raises
    ------
    ConfigError
        The exit threshold is above the threshold and is not the floor.

    Examples
    --------
    >>> import numpy as np
    >>> runs = runs_of(np.repeat([0.1, 0.9, 0.1, 0.9], [5, 10, 4, 3]).astype("float32"), 0.5, 0.35)
    >>> runs.onset.tolist(), runs.silence.tolist(), int(runs.depth[0])
    ([5, 19], [15, 22], 3)
    """
    nothing = np.zeros(0, dtype=np.int64)
    if threshold < exit_threshold:
        if exit_threshold != EXIT_FLOOR:
            raise ConfigError(f"An exit threshold of {exit_threshold:g} is above the threshold of {threshold:g}.")
        return _runs_of_both(p, threshold)
    first, past = _stretches(p >= _single(threshold))
    if not first.size:
        return Runs(nothing, nothing, nothing, nothing, nothing, nothing, p.size)
    low, low_past = _stretches(p < _single(exit_threshold))
    after = np.searchsorted(low, past)
    # No frame of a run of loud ones is low: as many stretches come before its first as before its end.
    until = after[1:]
    # A gap without silence is none: the burst goes on.
    gaps = np.flatnonzero(until > after[:-1])
    onset = first[np.concatenate(([0], gaps + 1))]
    silence = np.append(low[after[gaps]], low[after[-1]] if after[-1] < low.size else p.size)
    depth = np.append(low_past[until[gaps] - 1] - 1, _FOREVER) - silence
    return Runs(onset, silence, depth, low, low_past, np.append(after[gaps], after[-1]), p.size)


def spans_of(runs: Runs, silence_frames: int, *, least_frames: int = 1) -> Spans:
    """The turns that a silence of `silence_frames` closes; time is proportional to the runs, not to the frames.

    Parameters
    ----------
    runs : Runs
        Of :func:`runs_of`.
    silence_frames : int
        Of :func:`frames_of`; 0 ends a turn on the first frame of silence.
    least_frames : int
        Of :func:`speech_frames_of`: the frames of speech after which a turn is announced.

    Examples
    --------
    >>> import numpy as np
    >>> runs = runs_of(np.repeat([0.1, 0.9, 0.1, 0.9], [5, 10, 4, 3]).astype("float32"), 0.5, 0.35)
    >>> spans_of(runs, 3).silence.tolist(), spans_of(runs, 4).silence.tolist()
    ([15, 22], [22])
    """
    if runs.both is not None:
        runs = _settled(runs, runs.both, silence_frames)
    last = np.flatnonzero(runs.depth >= silence_frames)
    onset = runs.onset[_first(last)]
    silence = runs.silence[last]
    due = silence + silence_frames
    stop = stops_of(runs, runs.place[last], due)
    if least_frames <= 1:
        return Spans(onset, silence, onset + 1, stop + 1)
    long = silence - onset >= least_frames
    onset, silence, stop = onset[long], silence[long], stop[long]
    announced = onset + (least_frames - 1)
    burst = np.searchsorted(runs.onset, announced, side="right") - 1
    # Nothing is announced while a silence runs: the next burst does it, which belongs to the turn if it is announced.
    waits = np.flatnonzero(announced >= runs.silence[burst])
    announced[waits] = runs.onset[burst[waits] + 1]
    return Spans(onset, silence, announced + 1, stop + 1)


def stops_of(runs: Runs, place: _Frames, due: _Frames) -> _Frames:
    """The first frames of silence from `due` on, where `place` is the stretch that each silence began in."""
    stop = due.copy()
    # Most silences are one stretch; for others it is searched.
    late = np.flatnonzero(due >= runs.past.take(place, mode="clip")) if runs.low.size else np.arange(due.size)
    found = np.searchsorted(runs.past, due[late], side="right")
    # Behind the end there is nothing but silence.
    begin = np.append(runs.low, runs.frames)[found]
    stop[late] = np.maximum(due[late], begin)
    return stop


def detect_table(track: Track, config: TurnSettings, *, tuning: DetectorTuning | None = None) -> TurnTable:
    """As :func:`rtnb.vad.detect`, as columns.

    Parameters
    ----------
    track : Track
        Of :func:`rtnb.vad.probabilities`.
    config : TurnSettings
        Anything with ``threshold``, ``prefix_padding_ms`` and ``silence_duration_ms``, all set.
    tuning : DetectorTuning, optional
        What the API does not document. A ``hysteresis`` that `config` brings along takes the place of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad import Setting, Track
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 10]).astype("float32"), 0.032, "silero")
    >>> table = detect_table(track, Setting(0.5, 300, 200))
    >>> len(table), table.onset_ms.tolist(), table.stopped_at_ms.tolist()
    (1, [320.0], [1216.0])
    """
    tuning = default_tuning() if tuning is None else tuning
    hop_ms = hop_ms_of(track)
    runs = runs_of(track.p, *thresholds_of(config, tuning))
    spans = spans_of(
        runs,
        frames_of(config.silence_duration_ms, hop_ms),
        least_frames=speech_frames_of(tuning.min_speech_ms, hop_ms),
    )
    onset_ms = np.maximum(0.0, spans.onset * hop_ms + tuning.onset_shift_ms)
    end_ms = np.maximum(0.0, spans.silence * hop_ms + tuning.end_shift_ms)
    start = np.maximum(0, np.rint(onset_ms - config.prefix_padding_ms).astype(np.int64))
    end = np.rint(end_ms + config.silence_duration_ms).astype(np.int64)
    # As a server does: the audio of the turn before is gone, and no turn ends before it starts.
    end = np.maximum.accumulate(np.maximum(start, end))
    start[1:] = np.maximum(start[1:], end[:-1])
    return TurnTable(
        onset_ms=onset_ms,
        end_ms=end_ms,
        audio_start_ms=start,
        audio_end_ms=end,
        started_at_ms=np.multiply(spans.started_at, hop_ms, dtype=np.float64),
        stopped_at_ms=np.multiply(spans.stopped_at, hop_ms, dtype=np.float64),
        closed=spans.stopped_at <= runs.frames,
    )


def hop_ms_of(track: Track) -> float:
    """Milliseconds a frame."""
    # To the microsecond's thousandth: 1000 * 0.032 is not 32 to the last bit, and comparisons would notice.
    return round(1000 * track.hop_s, 6)


def thresholds_of(config: TurnSettings, tuning: DetectorTuning) -> tuple[float, float]:
    """The effective threshold and the exit threshold.

    Examples
    --------
    >>> from rtnb.vad import DetectorTuning, Setting
    >>> thresholds_of(Setting(0.5, 300, 200), DetectorTuning(hysteresis=0.25))
    (0.5, 0.25)
    """
    hysteresis = getattr(config, "hysteresis", None)
    threshold = tuning.effective_threshold(config.threshold)
    return threshold, max(threshold - (tuning.hysteresis if hysteresis is None else hysteresis), EXIT_FLOOR)


def frames_of(duration_ms: float, hop_ms: float) -> int:
    """The least number of frames that last for `duration_ms`, as the streaming detector compares.

    Examples
    --------
    >>> frames_of(200, 32.0), frames_of(64, 32.0), frames_of(0, 32.0)
    (7, 2, 0)
    """
    frames = max(0, int(duration_ms / hop_ms) - 1)
    while frames * hop_ms < duration_ms:
        frames += 1
    return frames


def speech_frames_of(min_speech_ms: float, hop_ms: float) -> int:
    """The least number of frames that last for more than `min_speech_ms`, at least 1.

    Examples
    --------
    >>> speech_frames_of(0, 32.0), speech_frames_of(64, 32.0), speech_frames_of(65, 32.0)
    (1, 3, 3)
    """
    frames = max(1, int(min_speech_ms / hop_ms) - 1)
    while frames * hop_ms <= min_speech_ms:
        frames += 1
    return frames


def _stretches(mask: NDArray[np.bool_]) -> tuple[_Frames, _Frames]:
    """Where `mask` holds: the first of each stretch, and one past its last."""
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    if mask.size and mask[0]:
        edges = np.concatenate(([0], edges))
    if edges.size % 2:
        edges = np.concatenate((edges, [mask.size]))
    return edges[::2], edges[1::2]


def _first(last: _Frames) -> _Frames:
    """The first burst of each turn from the last ones."""
    first = np.empty_like(last)
    first[:1] = 0
    np.add(last[:-1], 1, out=first[1:])
    return first


def _single(value: float) -> np.float32:
    """The least number of single precision that is not below `value`: comparisons with it are those with `value`."""
    single = np.float32(value)
    return single if float(single) >= value else np.nextafter(single, np.float32(np.inf))


def _runs_of_both(p: NDArray[np.float32], threshold: float) -> Runs:
    """Every loud frame is a burst; the answers for those within a turn, and in `both` for those that begin one."""
    onset, low = np.flatnonzero(p >= _single(threshold)), np.flatnonzero(p < _single(EXIT_FLOOR))
    after, until = np.searchsorted(low, onset + 1), np.append(np.searchsorted(low, onset[1:]), low.size)
    gap, following, quiet = until > after, np.append(onset[1:], p.size), p[onset] < _single(EXIT_FLOOR)
    padded = np.append(low, p.size)
    # Where no frame of silence follows, it begins where it does no harm: with the next loud frame.
    silence = np.where(gap, padded[after], following)
    last = np.where(gap, padded[until - 1], np.where(quiet, onset, following - 1))
    last[-1:] = _FOREVER
    begins = np.where(quiet, onset, silence)
    both = Both(silence, last - silence, after)
    return Runs(onset, begins, last - begins, low, low + 1, after - quiet, p.size, both)


def _settled(runs: Runs, both: Both, silence_frames: int) -> Runs:
    """The runs under one silence duration, which decides which bursts begin turns.

    The gap behind a burst ends a turn whether or not the burst begins one; or neither way; or exactly if it does not:
    then it is the other way round than with the burst before. Counted from the last gap that is sure, such bursts
    take turns.
    """
    sure, never = both.depth >= silence_frames, runs.depth < silence_frames
    count: _Frames = np.arange(runs.onset.size)
    # Before the first burst there is an end, as it were.
    known = np.maximum.accumulate(np.where(sure | never, count, -1))
    ends = np.where(known < 0, True, sure[known]) ^ ((count - known) % 2 == 1)
    begins = np.append(True, ends[:-1])[: count.size]
    return Runs(
        runs.onset,
        silence=np.where(begins, both.silence, runs.silence),
        depth=np.where(begins, both.depth, runs.depth),
        low=runs.low,
        past=runs.past,
        place=np.where(begins, both.place, runs.place),
        frames=runs.frames,
    )
