"""The best setting: what it is, what bound it, and which questions are refused."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting, Track
from rtnb.vad.sweeps.running import sweep

FAIR = {"cut_off_rate": 0.1, "missed": 6, "merged": 1, "false_starts": 4, "late": 0}


def test_fewest_errors_need_no_constraints(speech_sweep):
    best = speech_sweep.best()
    frame = speech_sweep.frame
    assert best.value == best.errors == frame.errors.min()
    assert best.setting == speech_sweep.setting(best.row)
    same = frame[frame.errors == best.errors]
    assert best.latency_p50_ms == same.latency_p50_ms.min()
    assert best.score.to_dict() == speech_sweep.score(best.setting).to_dict()
    assert best.default.setting == Setting.of(rtnb.ServerVad())
    assert best.interval[0] <= best.value <= best.interval[1]
    assert best.vad == best.setting.vad
    assert (best.considered, best.feasible, best.bound) == (len(frame), len(frame), ())
    assert best.prediction == "local emulation"


def test_least_latency_within_constraints(speech_sweep):
    best = speech_sweep.best("latency_p50_ms", FAIR)
    frame = speech_sweep.frame
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
    assert "merges 25" in text
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
    assert f"None of {len(speech_sweep):,} settings is within all constraints. The tightest is missed <= 0: 0 " in text
    kept = speech_sweep.frame
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
    assert repr(best) == "Best(0.30 / 0 / 100: errors 0, of 24 of 24 settings; local emulation)"


def test_it_can_be_copied_and_sent(speech_sweep):
    best = speech_sweep.best()
    assert copy.copy(best).setting == best.setting
    assert pickle.loads(pickle.dumps(best)).value == best.value
    with pytest.raises(AttributeError, match=r"Best has no 'nonsense'"):
        _ = best.nonsense
