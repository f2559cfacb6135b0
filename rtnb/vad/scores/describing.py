"""Mistakes in words, with the place and the numbers of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rtnb._display import counted
from rtnb.vad.labels.segments import Span
from rtnb.vad.scores.matching import Outcome
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.track import Track
from rtnb.vad.turns import TurnTable

__all__ = ["mistakes_of"]


def mistakes_of(
    outcome: Outcome,
    table: TurnTable,
    turns: Sequence[Span],
    *,
    duration_s: float,
    recording: str = "",
    track: Track | None = None,
    prefix: int = 0,
) -> tuple[Mistake, ...]:
    """Every mistake of one recording, in order of time.

    Parameters
    ----------
    outcome : Outcome
        Of :func:`rtnb.vad.scores.tallying.outcome_of`, from the next two.
    table : TurnTable
        Detected turns.
    turns : sequence of Span
        Labelled turns.
    duration_s : float
        Length of the audio.
    recording : str
        What the recording is called.
    track : Track, optional
        To say how loud the engine found what was missed.
    prefix : int
        Which of the prefix paddings of the outcome is that of the setting.
    """
    found = [
        *_false_starts(outcome, table, recording),
        *_missed(outcome, turns, recording, track),
        *_clipped(outcome, turns, recording, prefix),
        *_cut_offs(outcome, table, turns, recording),
        *_merged(outcome, turns, recording),
        *_late(outcome, table, turns, recording, duration_s),
    ]
    return tuple(sorted(found, key=lambda each: (each.start_s, each.end_s)))


def _where(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[int]:
    return np.flatnonzero(mask).tolist()


def _false_starts(outcome: Outcome, table: TurnTable, recording: str) -> Iterator[Mistake]:
    for place in _where(outcome.false_start):
        onset_s, end_s = float(table.onset_ms[place]) / 1000, float(table.end_ms[place]) / 1000
        known = f"a stop at {table.stopped_at_ms[place] / 1000:.2f} s" if table.closed[place] else "no stop"
        detail = f"{_length(end_s - onset_s)} of sound taken for a turn where none is labelled, {known}"
        yield Mistake("false_start", recording, onset_s, end_s, detail)


def _missed(outcome: Outcome, turns: Sequence[Span], recording: str, track: Track | None) -> Iterator[Mistake]:
    for place in _where(outcome.missed):
        span = turns[place]
        detail = f"{_length(span.end_s - span.start_s)} of labelled speech without a detected turn"
        if track is not None:
            heard = track.p[int(span.start_s / track.hop_s) : int(np.ceil(span.end_s / track.hop_s))]
            if heard.size:
                detail += f"; the probability is {float(heard.max()):.2f} at most"
        yield Mistake("missed", recording, span.start_s, span.end_s, detail, place)


def _clipped(outcome: Outcome, turns: Sequence[Span], recording: str, prefix: int) -> Iterator[Mistake]:
    clip_ms = outcome.clip_ms[prefix]
    for place in _where(clip_ms > 0):
        start_s, missing_ms = turns[place].start_s, float(clip_ms[place])
        detail = f"{missing_ms:.0f} ms of the beginning are missing"
        yield Mistake("clipped", recording, start_s, start_s + missing_ms / 1000, detail, place)


def _cut_offs(outcome: Outcome, table: TurnTable, turns: Sequence[Span], recording: str) -> Iterator[Mistake]:
    for place in _where(outcome.cut_off):
        stop_s, end_s = float(table.stopped_at_ms[outcome.first[place]]) / 1000, turns[place].end_s
        pause_s = stop_s - float(table.end_ms[outcome.first[place]]) / 1000
        pieces = int(outcome.fragments[place])
        detail = f"a stop after {_length(pause_s)} of silence, {_length(end_s - stop_s)} before the end of speech"
        if pieces > 1:
            detail += f"; the turn is in {counted(pieces, 'piece')}"
        yield Mistake("cut_off", recording, stop_s, end_s, detail, place)


def _merged(outcome: Outcome, turns: Sequence[Span], recording: str) -> Iterator[Mistake]:
    for place in _where(outcome.merged):
        end_s, next_s = turns[place].end_s, turns[place + 1].start_s
        detail = f"no stop in the pause of {_length(next_s - end_s)} before the next turn"
        yield Mistake("merged", recording, end_s, next_s, detail, place)


def _late(
    outcome: Outcome, table: TurnTable, turns: Sequence[Span], recording: str, duration_s: float
) -> Iterator[Mistake]:
    for place in _where(outcome.late):
        end_s, last = turns[place].end_s, outcome.last[place]
        if table.closed[last]:
            stop_s = float(table.stopped_at_ms[last]) / 1000
            yield Mistake("late", recording, end_s, stop_s, f"a stop {_length(stop_s - end_s)} after the end", place)
        else:
            detail = f"no stop in the {_length(duration_s - end_s)} that the recording goes on after the end"
            yield Mistake("late", recording, end_s, duration_s, detail, place)


def _length(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if abs(seconds) < 1 else f"{seconds:.2f} s"
