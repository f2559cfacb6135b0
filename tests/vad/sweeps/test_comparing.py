"""Two settings turn by turn."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting, Track
from rtnb.vad.sweeps.running import sweep


def test_what_differs_adds_up_to_the_scores(speech_sweep):
    one, other = speech_sweep.best(), rtnb.ServerVad()
    found = speech_sweep.compare(one, other)
    assert (found.one, found.other) == (one.setting, Setting.of(other))
    for setting, score, mine in (
        (found.one, found.one_score, found.only_one),
        (found.other, found.other_score, found.only_other),
    ):
        assert score.to_dict() == speech_sweep.score(setting).to_dict()
        for kind, name in (("missed", "missed"), ("cut_off", "cut_offs"), ("clipped", "clipped"), ("merged", "merged")):
            assert mine[kind] + found.both[kind] == getattr(score, name)
    assert len(found) == len(found.frame) == sum(found.counts.values())
    for row in found:
        wrong = [0 if each == "ok" else each.count(",") + 1 for each in (row.what_one, row.what_other)]
        assert wrong[0] or wrong[1]
        assert row.what_one != row.what_other
        assert row.better == ("one" if wrong[0] < wrong[1] else "other" if wrong[1] < wrong[0] else "")
    assert found.latency_change_ms < 0


def test_the_other_way_round_is_the_same(speech_sweep):
    there = speech_sweep.compare(Setting(0.3, 300, 1000), Setting(0.6, 0, 200))
    back = speech_sweep.compare(Setting(0.6, 0, 200), Setting(0.3, 300, 1000))
    assert there.only_one == back.only_other
    assert there.counts["one"] == back.counts["other"]
    assert {(row.recording, row.turn, row.what_one, row.what_other) for row in there} == {
        (row.recording, row.turn, row.what_other, row.what_one) for row in back
    }


def test_a_setting_beside_itself(speech_sweep):
    found = speech_sweep.compare(Setting(0.3, 300, 1000), {"threshold": 0.3, "silence_duration_ms": 1000})
    assert len(found) == 0
    assert found.latency_change_ms == 0
    assert repr(found).startswith("Comparison(0.30 / 300 / 1000 beside 0.30 / 300 / 1000: 0 differences")


def test_false_starts_of_one_of_them():
    #          quiet  faint  quiet  loud   quiet  loud (no turn)
    p = np.repeat([0.0, 0.4, 0.0, 0.9, 0.0, 0.9, 0.0], 25).astype(np.float32)
    found = sweep(
        [(rtnb.Clip.silence(5.6), [(2.4, 3.2)])], [0.3, 0.5], turn_gap_s=0.7, tracks=Track(p, 0.032, "made up")
    )
    rows = found.compare(Setting(0.3, 300, 200, 0.1), Setting(0.5, 300, 200, 0.1)).rows
    assert [(row.turn, row.start_s, row.end_s, row.what_one, row.what_other, row.better) for row in rows] == [
        (None, 0.8, 1.6, "false_start", "ok", "other")
    ]
    both = found.compare(Setting(0.3, 300, 200, 0.1), Setting(0.5, 300, 200, 0.1)).both
    assert both["false_start"] == 1


def test_what_is_no_setting(speech_sweep):
    with pytest.raises(ConfigError, match="A setting is"):
        speech_sweep.compare("0.5", Setting(0.3, 300, 1000))
