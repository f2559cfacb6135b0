"""The best setting: what it is, what bound it, and which questions are refused."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, Setting, Track
from rtnb.vad.sweeps.running import sweep
from rtnb.vad.tracks.many import tracks_of

FAIR = {"cut_off_rate": 0.1, "missed": 6, "merged": 1, "false_starts": 4, "late": 0}


def test_fewest_errors_need_no_constraints(speech_sweep):
    best = speech_sweep.best()
    # A server has a hysteresis of its own: only half of the settings can be told to it.
    frame = speech_sweep.frame[speech_sweep.frame.hysteresis == 0.15]
    assert best.value == best.errors == frame.errors.min()
    assert best.setting == speech_sweep.setting(best.row)
    same = frame[frame.errors == best.errors].sort_values(["missed", "merged", "latency_p50_ms"])
    assert best.row == same.index[0]
    assert best.score.to_dict() == speech_sweep.score(best.setting).to_dict()
    assert best.default.setting == Setting.of(rtnb.ServerVad())
    assert best.interval[0] <= best.value <= best.interval[1]
    assert best.vad == best.setting.vad
    assert (best.considered, best.feasible, best.bound) == (len(frame), len(frame), ())
    assert best.prediction == "local emulation"


def test_least_latency_within_constraints(speech_sweep):
    best = speech_sweep.best("latency_p50_ms", FAIR)
    frame = speech_sweep.frame[speech_sweep.frame.hysteresis == 0.15]
    kept = frame
    for name, most in FAIR.items():
        kept = kept[kept[name] <= most]
    assert best.feasible == len(kept)
    assert best.value == kept.latency_p50_ms.min()
    for name in FAIR:
        rest = {each: most for each, most in FAIR.items() if each != name}
        freed = frame
        for each, most in rest.items():
            freed = freed[freed[each] <= most]
        assert (name in best.bound) == (freed.latency_p50_ms.min() < best.value)
    assert "cut_off_rate" in best.bound


@pytest.mark.parametrize("objective", ["latency_p50_ms", "latency_p90_ms", "clipped"])
@pytest.mark.parametrize("left_out", ["cut_off_rate", "missed", "merged", "false_starts", "late"])
def test_what_can_be_gamed_is_refused(speech_sweep, objective, left_out):
    rest = {name: most for name, most in FAIR.items() if name != left_out}
    kind = "cut_offs" if left_out == "cut_off_rate" else left_out
    with pytest.raises(ConfigError, match=rf"{objective} alone can be gamed: nothing limits {kind}\."):
        speech_sweep.best(objective, rest)


def test_the_trap_is_explained_with_numbers(speech_sweep):
    with pytest.raises(ConfigError) as told:
        speech_sweep.best("latency_p50_ms", {"cut_off_rate": 0.05, "missed_rate": 0.25})
    text = str(told.value)
    assert "nothing limits merged, false_starts and late" in text
    assert "Here, with cut_off_rate <= 0.05, missed_rate <= 0.25, it would be " in text


def test_cut_offs_must_not_be_bought_with_merges(speech_sweep):
    with pytest.raises(ConfigError, match="nothing limits merged, missed, false_starts and late"):
        speech_sweep.best("cut_off_rate")
    best = speech_sweep.best("cut_off_rate", {"merged": 0, "missed": 6, "false_starts": 4, "late": 0})
    assert best.merged == 0


def test_errors_as_a_constraint_hold_every_kind(speech_sweep):
    best = speech_sweep.best("latency_p90_ms", {"error_rate": 0.5})
    assert best.errors <= 0.5 * best.turns
    assert best.bound == ("error_rate",)


def test_nothing_is_within_the_constraints(speech_sweep):
    with pytest.raises(ConfigError) as told:
        speech_sweep.best("latency_p50_ms", {**FAIR, "missed": 0})
    text = str(told.value)
    kept = speech_sweep.frame[speech_sweep.frame.hysteresis == 0.15]
    assert f"None of {len(kept):,} settings is within all constraints. The tightest is missed <= 0: 0 " in text
    for name, most in FAIR.items():
        kept = kept if name == "missed" else kept[kept[name] <= most]
    assert f"and {len(kept):,} meet all the others" in text
    assert f"missed {kept.missed.min()} (at most 0)" in text


@pytest.mark.parametrize(
    ("objective", "constraints", "said"),
    [
        ("speed", None, "There is no 'speed' that could be an objective; there are: turns, "),
        ("threshold", None, "There is no 'threshold'"),
        ("detected", None, "less of it need not be better"),
        ("errors", {"merges": 0}, "There is no 'merges' that could be constrained"),
        ("errors", {"merged": "none"}, "The constraint merged: 'none' cannot be"),
        ("errors", {"merged": -1}, "0 or more"),
        ("errors", {"merged": True}, "cannot be"),
        ("errors", {"merged": float("nan")}, "cannot be"),
        ("errors", ["merged"], "constraints is a mapping"),
    ],
)
def test_questions_that_make_no_sense(speech_sweep, objective, constraints, said):
    with pytest.raises(ConfigError, match=said):
        speech_sweep.best(objective, constraints)


def test_a_single_recording_has_no_interval():
    loud = np.repeat([0.0, 0.9, 0.0], 30).astype(np.float32)
    found = sweep(
        [(rtnb.Clip.silence(2.88), [(0.96, 1.92)])],
        [0.3, 0.5],
        silence_duration_ms=[100, 200],
        turn_gap_s=0.7,
        tracks=Track(loud, 0.032, "made up"),
    )
    best = found.best()
    assert np.isnan(best.interval).all()
    assert repr(best) == (
        "Best(0.30 / 0 / 100: errors 0, 0 missed, 0 merged, 0 false starts on 1 turn, of 24 of 24 settings; "
        "local emulation)"
    )
    assert best.notes == ()


def test_it_can_be_copied_and_sent(speech_sweep):
    best = speech_sweep.best()
    assert copy.copy(best).setting == best.setting
    assert pickle.loads(pickle.dumps(best)).value == best.value
    with pytest.raises(AttributeError, match=r"Best has no 'nonsense'"):
        _ = best.nonsense


def choppy(seed=0):
    """The labelled recordings on a line that drops half of what is said."""
    rng = np.random.default_rng(seed)
    corpus = Corpus.load(rtnb.sample("labelled"))
    tracks = []
    for track in tracks_of(corpus, cache=False, progress=False):
        there = np.repeat(rng.random(track.p.size // 25 + 1) < 0.5, 25)[: track.p.size]
        tracks.append(Track(np.where(there, track.p, 0.02).astype(np.float32), track.hop_s, track.engine, track.name))
    return corpus, tracks


def test_missing_everything_does_not_win():
    corpus, tracks = choppy()
    found = sweep(
        corpus, [0.3, 0.5, 0.9, 1.0], [0, 100], [100, 200, 300, 500], turn_gap_s=0.7, tracks=tracks, progress=False
    )
    frame = found.frame
    # What finds nothing gets every turn wrong, and what is hardly usable gets as many wrong besides its false starts.
    assert (frame[frame.detected == 0].errors == 21).all() and (frame.detected == 0).any()
    assert (frame[frame.missed == 21].errors >= 21).all()
    best = found.best()
    assert best.missed < best.turns / 2 and best.detected > 0
    same = frame[frame.errors == best.errors]
    assert best.missed == same[same.missed < 21].missed.min()
    assert best.notes and best.notes[0] in repr(best)
    for fold in found.held_out(4).folds:
        assert fold.in_sample.missed < fold.in_sample.turns


def test_what_finds_no_turn_is_never_best():
    noise = np.repeat([0.0, 0.9, 0.0, 0.4, 0.0], 30).astype(np.float32)
    corpus = [(rtnb.Clip.silence(4.8), [(2.88, 3.84)])]
    made_up = Track(noise, 0.032, "made up")
    found = sweep(corpus, [0.3, 0.5, 0.95], 300, 200, turn_gap_s=0.7, tracks=made_up)
    # 0.95 hears nothing at all: one error, as few as 0.3 makes with its false start; 0.5 makes two.
    assert found.frame.errors.tolist() == [1, 2, 1]
    best = found.best()
    assert (best.setting.threshold, best.missed, best.false_starts) == (0.3, 0, 1)
    deaf = sweep(corpus, [0.5, 0.95], 300, 200, turn_gap_s=0.7, tracks=made_up)
    with pytest.raises(ConfigError, match="finds any of the 1 labelled turns, so none is best"):
        deaf.best()
    assert deaf.profile().errors.min() == 1


@pytest.mark.parametrize(
    ("name", "most"),
    [("merged_rate", 0.51), ("merged", 11), ("missed", 21), ("late_rate", 1.0), ("cut_offs", 11), ("false_starts", 50)],
)
def test_a_limit_that_binds_nothing_is_no_guard(speech_sweep, name, most):
    kind = {"merged_rate": "merged", "late_rate": "late", "cut_offs": "cut_off_rate"}.get(name, name)
    rest = {each: limit for each, limit in FAIR.items() if each != kind}
    with pytest.raises(ConfigError, match=rf"{name} <= {most:g} is no limit: more than half of the 21 labelled turns"):
        speech_sweep.best("latency_p50_ms", {**rest, name: most})
    # Beside one that binds it does no harm.
    assert speech_sweep.best("latency_p50_ms", {**FAIR, name: most} if name not in FAIR else FAIR).merged <= 1


@pytest.mark.parametrize("limits", [{"errors": 10**9}, {"errors": 11}, {"error_rate": 0.8}])
def test_a_limit_of_all_errors_guards_where_it_binds(speech_sweep, limits):
    with pytest.raises(ConfigError, match="nothing limits cut_offs, merged, missed, false_starts and late"):
        speech_sweep.best("latency_p50_ms", limits)
    assert speech_sweep.best("latency_p50_ms", {"errors": 10}).errors <= 10
    assert speech_sweep.best("errors", limits).errors <= 10


def test_a_hysteresis_that_no_server_can_be_told(speech_sweep):
    own = speech_sweep.best("latency_p50_ms", {"errors": 10})
    other = speech_sweep.best("latency_p50_ms", {"errors": 10}, any_hysteresis=True)
    assert own.setting.hysteresis is None and own.considered == 540 and other.considered == 1080
    assert other.value < own.value
    assert other.setting.hysteresis == 0.3
    assert other.notes[-1] == "no server can be told a hysteresis of 0.3: that of the detector is 0.15"
    assert other.notes[-1] in repr(other)
    limits = {"error_rate": 0.5}
    held = speech_sweep.held_out(4, "latency_p50_ms", limits)
    assert {setting.hysteresis for setting in held.settings} == {None}
    free = speech_sweep.held_out(4, "latency_p50_ms", limits, any_hysteresis=True)
    assert 0.3 in {setting.hysteresis for setting in free.settings}


def test_where_the_own_hysteresis_was_not_swept_all_are_candidates(labelled_tracks):
    found = sweep(
        rtnb.sample("labelled"), hysteresis=[0.3, 0.4], turn_gap_s=0.7, tracks=labelled_tracks, progress=False
    )
    best = found.best()
    assert best.considered == len(found) == 1080
    assert best.errors == found.frame.errors.min()
    assert any("no server can be told a hysteresis" in note for note in best.notes)


def test_no_end_of_a_turn_is_no_latency():
    loud = np.repeat([0.0, 0.9], 30).astype(np.float32)
    found = sweep(
        [(rtnb.Clip.silence(1.92), [(0.96, 1.92)])], 0.5, turn_gap_s=0.7, tracks=Track(loud, 0.032, "made up")
    )
    with pytest.raises(ConfigError, match="has a latency_p50_ms: it finds no end of a turn"):
        found.best("latency_p50_ms", {"errors": 0})
