"""The core of a sweep: every pair of thresholds, every silence, on all recordings at once.

The frames of all recordings stand in one array with silence between them. Each pair of thresholds goes over them once;
each silence then takes time proportional to the bursts of speech. What all silences find is held against the labels in
one call: the labelled turns are repeated on one long clock, a copy for each silence. The prefix padding decides nothing
but how much of the beginning is missing, which the first frame of a turn tells for every padding afterwards.

Times on that clock are sums of whole milliseconds and of numbers on a grid of 2^-10 ms, so that they are exact and no
result depends on where on the clock a recording stands: however the recordings are split among workers, the result is
the same to the last bit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb._display import counted
from rtnb.errors import ConfigError
from rtnb.vad.batch import frames_of, hop_ms_of, runs_of, speech_frames_of, thresholds_of
from rtnb.vad.corpus import Item
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.matching import Outcome, match, on_grid
from rtnb.vad.sweeps.grid import Grid
from rtnb.vad.sweeps.sheet import Sheet
from rtnb.vad.sweeps.spans import Several, several
from rtnb.vad.track import Track
from rtnb.vad.tuning import LAG_MOST_MS, DetectorTuning

__all__ = ["COUNTS", "MOST_CELLS", "Tally", "check_size", "tally"]

COUNTS = ("detected", "false_starts", "missed", "cut_offs", "merged", "late", "wrong", "fragments")
"""What is counted in each recording, whatever the prefix padding; wrong are turns that have one of these mistakes."""

_TURNS_AT_ONCE = 200_000
"""Labelled turns, repeated for each silence, that are matched in one call: it bounds the memory. Own choice."""

MOST_CELLS = 100_000_000
"""Turns and recordings times combinations that are kept, 13 bytes a turn and 32 a recording
(counted as two and a half): 1.3 GB at most. Own choice."""

_CELL_BYTES = 13

_NONE_MS = np.iinfo(np.int32).max

_Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What Q combinations of thresholds and silence make of R turns in N recordings.

    Attributes
    ----------
    sheet : Sheet
        The labelled turns.
    counts : ndarray of int32, shape (8, Q, N)
        :data:`COUNTS`; fragments are those of all turns together.
    stop : ndarray of int32, shape (Q, R)
        Frames heard when the end of a turn was known; -1 where it has no end-of-turn latency.
    first : ndarray of int32, shape (Q, R)
        The first frame of the first detected turn that belongs to it; -1 where it was missed.
    taken_ms : ndarray of int32, shape (Q, R)
        Where the audio ends that the detected turn before has taken: no padding reaches into it.
    wrong : ndarray of bool, shape (Q, R)
        Whether it has a mistake that no prefix padding decides.
    """

    sheet: Sheet
    counts: NDArray[np.int32]
    stop: NDArray[np.int32]
    first: NDArray[np.int32]
    taken_ms: NDArray[np.int32]
    wrong: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence[Tally]) -> Tally:
        """Of several groups of recordings, one after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            Sheet.joined([part.sheet for part in parts]),
            np.concatenate([part.counts for part in parts], axis=2),
            *(
                np.concatenate([getattr(part, name) for part in parts], axis=1)
                for name in ("stop", "first", "taken_ms", "wrong")
            ),
        )


def check_size(grid: Grid, items: Iterable[Item], scoring: Scoring) -> None:
    """Refuse what would not fit into memory, before anything is computed.

    Raises
    ------
    ConfigError
        There is no labelled turn, or the grid is too fine for so many of them.
    """
    turns = [len(item.labels.turns(scoring.turn_gap_s)) for item in items if item.labels is not None]
    if not sum(turns):
        raise ConfigError(
            f"There is nothing to score: the labels of {counted(len(turns), 'recording')} hold no speech. Give labels "
            "with at least one turn."
        )
    combinations = len(grid.pairs) * len(grid.silence_duration_ms)
    cells = int(combinations * (sum(turns) + 2.5 * len(turns)))
    if cells > MOST_CELLS:
        raise ConfigError(
            f"{combinations:,} combinations of thresholds and silences on {sum(turns):,} turns in {len(turns):,} "
            f"recordings take {cells * _CELL_BYTES / 1e9:.1f} GB; {MOST_CELLS * _CELL_BYTES / 1e9:.1f} GB are the "
            "most. Take fewer values first, then finer ones around what was best."
        )


def tally(
    tracks: Sequence[Track],
    sheet: Sheet,
    grid: Grid,
    *,
    scoring: Scoring,
    tuning: DetectorTuning,
    tick: Callable[[float], None] | None = None,
) -> Tally:
    """Try every setting of a grid on recordings.

    Parameters
    ----------
    tracks : sequence of Track
        One a recording.
    sheet : Sheet
        Their labelled turns.
    grid : Grid
    scoring : Scoring
    tuning : DetectorTuning
    tick : callable, optional
        Told after each pair of thresholds how many are done.
    """
    parts = []
    place = 0
    for _, group in itertools.groupby(tracks, hop_ms_of):
        same = list(group)
        parts.append(_of_one_hop(same, sheet.only(place, place + len(same)), grid, scoring, tuning, tick))
        place += len(same)
    return Tally.joined(parts)


@dataclass(frozen=True, slots=True)
class _Thresholds:
    threshold: float
    hysteresis: float | None
    prefix_padding_ms: int = 0
    silence_duration_ms: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Tape:
    """Recordings one after the other: in frames, and on the clock that they are matched on."""

    p: NDArray[np.float32]
    hop_ms: float
    first: _Index
    frames: _Index
    recording: _Index
    base_ms: NDArray[np.float64]
    length_ms: float


def _of_one_hop(
    tracks: list[Track],
    sheet: Sheet,
    grid: Grid,
    scoring: Scoring,
    tuning: DetectorTuning,
    tick: Callable[[float], None] | None,
) -> Tally:
    hop_ms = hop_ms_of(tracks[0])
    longest = max(track.p.size for track in tracks)
    # A silence that outlasts every recording ends nothing, however long it is.
    silences = np.array([frames_of(min(each, (longest + 1) * hop_ms), hop_ms) for each in grid.silence_duration_ms])
    silence_ms = np.array([float(min(each, _NONE_MS)) for each in grid.silence_duration_ms])
    tape = _tape(tracks, hop_ms, int(silences.max()), scoring)
    least = speech_frames_of(min(tuning.min_speech_ms, (longest + 1) * hop_ms), hop_ms)
    pairs = grid.pairs
    depth = len(silences)
    size = (len(pairs) * depth, len(sheet))
    counts = np.zeros((len(COUNTS), size[0], sheet.recordings), dtype=np.int32)
    stop, first, taken = (np.empty(size, dtype=np.int32) for _ in range(3))
    wrong = np.empty(size, dtype=np.bool_)
    step = max(1, min(depth, _TURNS_AT_ONCE // max(1, len(sheet))))
    copies = _Copies(tape, sheet, step, scoring, tuning)
    for number, (threshold, hysteresis) in enumerate(pairs):
        runs = runs_of(tape.p, *thresholds_of(_Thresholds(threshold, hysteresis), tuning))
        for begin in range(0, depth, step):
            some = slice(begin, min(begin + step, depth))
            rows = slice(number * depth + some.start, number * depth + some.stop)
            found = copies.match(several(runs, silences[some], least), silence_ms[some])
            counts[:, rows] = found[0]
            stop[rows], first[rows], taken[rows], wrong[rows] = found[1:]
        if tick is not None:
            tick(number + 1)
    return Tally(sheet, counts, stop, first, taken, wrong)


def _tape(tracks: list[Track], hop_ms: float, silence: int, scoring: Scoring) -> _Tape:
    """The tracks in one array, with as much silence between them as ends every turn under way."""
    gap = np.full(silence + 2, -1.0, dtype=np.float32)
    frames = np.array([track.p.size for track in tracks], dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(frames + gap.size)))
    # Farther apart than a lag may move a mark, and a collar an edge.
    apart_ms = (silence + 2) * hop_ms + 2 * LAG_MOST_MS + 2000 * scoring.collar_s + 1000
    lengths = [math.ceil(each * hop_ms + apart_ms) for each in frames.tolist()]
    base_ms = np.cumsum([0.0, *lengths])
    return _Tape(
        np.concatenate([part for track in tracks for part in (np.asarray(track.p, dtype=np.float32), gap)]),
        hop_ms,
        first[:-1],
        frames,
        np.repeat(np.arange(frames.size), frames + gap.size),
        base_ms[:-1],
        float(base_ms[-1]),
    )


class _Copies:
    """The labelled turns once for each silence, on one clock; what silences found is held against them together."""

    def __init__(self, tape: _Tape, sheet: Sheet, copies: int, scoring: Scoring, tuning: DetectorTuning) -> None:
        self._tape, self._sheet, self._tuning = tape, sheet, tuning
        self._collar_ms = float(on_grid(1000 * scoring.collar_s))
        self._late_ms = float(on_grid(1000 * scoring.late_s))
        # Frames of 32 ms are on the grid already.
        marks = (tape.hop_ms, tuning.onset_shift_ms, tuning.end_shift_ms)
        self._even = all(each == float(on_grid(each)) for each in marks)
        base_ms = tape.base_ms[sheet.recording]
        self._edges = (sheet.start_ms + base_ms, sheet.end_ms + base_ms, sheet.limit_ms + base_ms)
        most = np.arange(copies)[:, np.newaxis] * tape.length_ms
        self._clock_ms = (tape.base_ms + most).ravel()
        self._tiled: dict[int, list[NDArray[np.float64]]] = {}
        turns = sheet.turns
        self._spoken = np.flatnonzero(turns)
        self._begins = (np.cumsum(turns) - turns)[self._spoken]

    def _edges_of(self, copies: int) -> list[NDArray[np.float64]]:
        if copies not in self._tiled:
            shift = np.arange(copies)[:, None] * self._tape.length_ms
            self._tiled[copies] = [(each + shift).ravel() for each in self._edges]
        return self._tiled[copies]

    def match(
        self, spans: Several, silence_ms: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        """The five arrays of a :class:`Tally`, for the detected turns of so many silences in a row."""
        tape, copies, copy = self._tape, silence_ms.size, spans.copy
        recording = tape.recording[spans.onset]
        begin = tape.first[recording]
        onset, silence, stopped = spans.onset - begin, spans.silence - begin, spans.stopped_at - begin
        key = copy * tape.first.size + recording
        clock_ms = self._clock_ms[key]
        end_ms = np.maximum(0.0, silence * tape.hop_ms + self._tuning.end_shift_ms)
        start_ms, stop_ms, limit_ms = self._edges_of(copies)
        outcome = match(
            start_ms=start_ms,
            end_ms=stop_ms,
            limit_ms=limit_ms,
            onset_ms=self._on_grid(np.maximum(0.0, onset * tape.hop_ms + self._tuning.onset_shift_ms)) + clock_ms,
            speech_end_ms=self._on_grid(end_ms) + clock_ms,
            audio_start_ms=np.zeros((0, onset.size)),
            stopped_at_ms=self._on_grid(stopped * tape.hop_ms) + clock_ms,
            closed=stopped <= tape.frames[recording],
            collar_ms=self._collar_ms,
            late_ms=self._late_ms,
        )
        shape = (copies, len(self._sheet))
        first, taken = _beginnings(outcome, onset, end_ms + silence_ms[copy], key)
        known = ~np.isnan(outcome.latency_ms)
        stop = np.full(known.size, -1, dtype=np.int32)
        stop[known] = stopped[outcome.last[known]]
        wrong = outcome.wrong
        counts = self._counts(outcome, wrong, key, copies)
        return counts, stop.reshape(shape), first.reshape(shape), taken.reshape(shape), wrong.reshape(shape)

    def _on_grid(self, ms: NDArray[Any]) -> NDArray[np.float64]:
        return ms if self._even else on_grid(ms)

    def _counts(self, outcome: Outcome, wrong: NDArray[np.bool_], key: _Index, copies: int) -> NDArray[np.int32]:
        places = self._tape.first.size
        shape = (copies, places)
        counts = np.zeros((len(COUNTS), *shape), dtype=np.int32)
        counts[0] = np.bincount(key, minlength=copies * places).reshape(shape)
        counts[1] = np.bincount(key[outcome.false_start], minlength=copies * places).reshape(shape)
        if self._spoken.size:
            columns = (outcome.missed, outcome.cut_off, outcome.merged, outcome.late, wrong, outcome.fragments)
            rows = np.array(columns, dtype=np.int32).reshape(len(columns), copies, -1)
            counts[2:, :, self._spoken] = np.add.reduceat(rows, self._begins, axis=2)
        return counts


def _beginnings(
    outcome: Outcome, onset: _Index, taken_ms: NDArray[np.float64], key: _Index
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The first frame of what belongs to each labelled turn, and where the audio of the turn before that ends."""
    first = np.full(outcome.first.size, -1, dtype=np.int32)
    taken = np.zeros(outcome.first.size, dtype=np.int32)
    there = outcome.first >= 0
    found = outcome.first[there]
    first[there] = onset[found]
    before = np.maximum(found - 1, 0)
    told_ms = np.minimum(np.rint(taken_ms[before]), _NONE_MS)
    taken[there] = np.where((found > 0) & (key[before] == key[found]), told_ms, 0)
    return first, taken
