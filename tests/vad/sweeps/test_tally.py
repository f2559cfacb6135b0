"""The sweep's core against the score of each setting by itself, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, DetectorTuning, Scoring, Track
from rtnb.vad.scores.score import COLUMNS
from rtnb.vad.sweeps import tally as tally_module
from rtnb.vad.sweeps.grid import Grid
from rtnb.vad.sweeps.running import sweep
from rtnb.vad.sweeps.sheet import Sheet
from rtnb.vad.sweeps.tally import COUNTS, Tally, check_size, tally

HOPS = (0.032, 0.016, 160 / 24000)


def track_of(values, hop_s=0.032, name=""):
    return Track(np.asarray(values, dtype=np.float32), hop_s, "made up", name)


def same(found, *, places=None):
    """Each row of a sweep is the score of its setting."""
    frame = found.frame
    for row in range(len(found)) if places is None else places:
        alone = found.score(found.setting(row)).to_dict()
        for name in COLUMNS:
            told = frame[name].iloc[row]
            assert told == alone[name] or (np.isnan(told) and np.isnan(alone[name])), (found.setting(row), name)


@st.composite
def recordings(draw):
    """A track with labels: probabilities in runs, as those of speech are, and turns anywhere."""
    hop_s = draw(st.sampled_from(HOPS))
    levels = st.sampled_from([0.0, 0.004, 0.02, 0.3, 0.36, 0.45, 0.5, 0.62, 0.9, 1.0])
    runs = draw(st.lists(st.tuples(levels, st.integers(1, 30)), min_size=1, max_size=12))
    p = np.repeat([level for level, _ in runs], [length for _, length in runs])
    duration_s = p.size * hop_s
    corners = draw(st.lists(st.integers(0, int(1000 * duration_s)), max_size=8, unique=True).map(sorted))
    labels = [(a / 1000, b / 1000) for a, b in zip(corners[::2], corners[1::2], strict=False)]
    return track_of(p, hop_s), labels


@settings(max_examples=20, deadline=None)
@given(
    parts=st.lists(recordings(), min_size=1, max_size=4),
    min_speech_ms=st.sampled_from([0.0, 64.0, 90.0]),
    lags=st.sampled_from([(0.0, None), (60.0, 120.0), (-80.0, -300.0), (33.3, 0.1)]),
    collar_s=st.sampled_from([0.0, 0.05, 0.0333]),
)
def test_every_row_is_the_score_of_its_setting(parts, min_speech_ms, lags, collar_s):
    pairs = [(rtnb.Clip.silence(track.duration_s), labels) for track, labels in parts]
    corpus = Corpus.of(pairs)
    if not any(len(item.labels.segments) for item in corpus):
        return
    found = sweep(
        corpus,
        threshold=[0.5, 0.005, 0.62],
        prefix_padding_ms=[97, 0],
        silence_duration_ms=[200, 0, 64, 100_000],
        hysteresis=[0.15, 0.3],
        turn_gap_s=0.3,
        late_s=0.5,
        collar_s=collar_s,
        tracks=[track for track, _ in parts],
        tuning=DetectorTuning(min_speech_ms=min_speech_ms, lag_ms=lags[0], end_lag_ms=lags[1]),
    )
    same(found)


def test_real_speech_row_by_row(speech_sweep):
    same(speech_sweep, places=range(0, len(speech_sweep), 23))


def test_recordings_without_turns_count_their_false_starts():
    loud = np.repeat([0.0, 0.9, 0.0], 30)
    corpus = Corpus.of({"empty": (rtnb.Clip.silence(2.88), []), "spoken": (rtnb.Clip.silence(2.88), [(0.96, 1.92)])})
    found = sweep(corpus, 0.5, 300, 200, turn_gap_s=0.7, tracks=[track_of(loud), track_of(loud)])
    row = found.frame.iloc[0]
    assert (row.turns, row.detected, row.false_starts, row.missed) == (1, 2, 1, 0)
    assert found.found.counts[COUNTS.index("false_starts"), 0].tolist() == [1, 0]


def test_a_silence_beyond_all_reason_ends_nothing():
    loud = np.repeat([0.0, 0.9, 0.0], 30)
    found = sweep(
        [(rtnb.Clip.silence(2.88), [(0.96, 1.92)])],
        0.5,
        300,
        [200, 10**12, 10**400],
        turn_gap_s=0.7,
        late_s=0.5,
        tracks=[track_of(loud)],
    )
    assert found.frame.late.tolist() == [0, 1, 1]


def test_any_split_of_the_recordings_gives_the_same(speech_sweep):
    whole, items = speech_sweep.found, speech_sweep.corpus.items
    parts = []
    for begin, end in ((0, 1), (1, 5), (5, 8)):
        tracks = speech_sweep.tracks[begin:end]
        sheet = Sheet.of(items[begin:end], tracks, 0.7)
        parts.append(tally(tracks, sheet, speech_sweep.grid, scoring=speech_sweep.scoring, tuning=speech_sweep.tuning))
    joined = Tally.joined(parts)
    for name in ("counts", "stop", "first", "taken_ms", "wrong"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name))
    for name in ("start_ms", "end_ms", "limit_ms", "hop_ms", "recording"):
        assert np.array_equal(getattr(joined.sheet, name), getattr(whole.sheet, name))


def test_matching_in_small_steps_changes_nothing(speech_sweep, monkeypatch):
    monkeypatch.setattr(tally_module, "_TURNS_AT_ONCE", 50)
    again = tally(
        speech_sweep.tracks,
        speech_sweep.found.sheet,
        speech_sweep.grid,
        scoring=speech_sweep.scoring,
        tuning=speech_sweep.tuning,
    )
    for name in ("counts", "stop", "first", "taken_ms", "wrong"):
        assert np.array_equal(getattr(again, name), getattr(speech_sweep.found, name))


def test_what_does_not_fit_into_memory_is_refused(monkeypatch):
    corpus = Corpus.of(rtnb.Clip.silence(5.0), [(1.0, 2.0)])
    monkeypatch.setattr(tally_module, "MOST_CELLS", 20)
    grid = Grid.of(threshold=[0.4, 0.5], silence_duration_ms=range(100, 1000, 100))
    with pytest.raises(ConfigError, match=r"18 combinations of thresholds and silences on 1 turns in 1 recordings"):
        check_size(grid, corpus, Scoring(turn_gap_s=0.7))
