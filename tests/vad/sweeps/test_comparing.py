"""Two settings turn by turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting, Track
from rtnb.vad.sweeps.comparing import paired
from rtnb.vad.sweeps.running import sweep


def rank(what):
    """Missed is worst; then one error or none, a merge, how many kinds."""
    return "missed" in what, what != "ok", "merged" in what, what.count(",") + (what != "ok")


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
        assert row.what_one != row.what_other
        ranks = [rank(row.what_one), rank(row.what_other)]
        if ranks[0] == ranks[1] and not np.isnan(row.one_latency_ms - row.other_latency_ms):
            ranks = [row.one_latency_ms, row.other_latency_ms]
        assert row.better == ("one" if ranks[0] < ranks[1] else "other" if ranks[1] < ranks[0] else "")
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


LEVELS = st.sampled_from([0.0, 0.02, 0.3, 0.42, 0.55, 0.9])
NAMES = {
    "false_start": "false_starts",
    "missed": "missed",
    "clipped": "clipped",
    "cut_off": "cut_offs",
    "merged": "merged",
    "late": "late",
}


@settings(max_examples=40, deadline=None)
@given(
    runs=st.lists(st.tuples(LEVELS, st.integers(1, 25)), min_size=1, max_size=14),
    corners=st.lists(st.integers(0, 6000), max_size=8, unique=True).map(sorted),
    silences=st.tuples(st.sampled_from([64, 200, 700]), st.sampled_from([64, 200, 700])),
)
def test_totals_are_those_of_the_scores(runs, corners, silences):
    p = np.repeat([level for level, _ in runs], [length for _, length in runs]).astype(np.float32)
    track = Track(p, 0.032, "made up")
    labels = [(a / 1000, b / 1000) for a, b in zip(corners[::2], corners[1::2], strict=False)]
    labels = [(a, min(b, track.duration_s)) for a, b in labels if a < track.duration_s]
    corpus = [(rtnb.Clip.silence(track.duration_s), labels or [(0.0, track.duration_s)])]
    made = sweep(corpus, [0.25, 0.5], turn_gap_s=0.3, late_s=0.4, tracks=track)
    one, other = Setting(0.25, 0, silences[0]), Setting(0.5, 100, silences[1])
    found = made.compare(one, other)
    for score, mine in ((found.one_score, found.only_one), (found.other_score, found.only_other)):
        assert {kind: mine[kind] + found.both[kind] for kind in NAMES} == {
            kind: getattr(score, name) for kind, name in NAMES.items()
        }
    for row in found:
        assert rank(row.what_one) <= rank(row.what_other) or row.better == "other"
        assert rank(row.what_other) <= rank(row.what_one) or row.better == "one"
    back = made.compare(other, one)
    assert (back.only_one, back.only_other, back.both) == (found.only_other, found.only_one, found.both)


SPANS = st.lists(st.integers(0, 40), max_size=10, unique=True).map(
    lambda places: list(zip(sorted(places)[::2], sorted(places)[1::2], strict=False))
)


@given(SPANS, SPANS)
def test_pairs_are_as_many_as_there_can_be(one, other):
    one, other = ([(float(a), float(b)) for a, b in each] for each in (one, other))
    lonely, strange, shared = paired(one, other)
    assert len(lonely) + shared == len(one) and len(strange) + shared == len(other)

    def most(here, used):
        if here == len(one):
            return 0
        start, end = one[here]
        free = [at for at, (a, b) in enumerate(other) if at not in used and a < end and start < b]
        return max([most(here + 1, used), *(1 + most(here + 1, used | {at}) for at in free)])

    assert shared == most(0, frozenset())


def test_a_missed_turn_is_no_better_than_a_clipped_one_that_is_cut():
    #                 quiet  a turn, cut in two and begun late          quiet
    p = np.repeat([0.0, 0.02, 0.6, 0.0, 0.6, 0.0], [30, 10, 20, 10, 20, 30]).astype(np.float32)
    label = [(0.96, 2.88)]
    made = sweep([(rtnb.Clip.silence(3.84), label)], [0.5, 0.9], turn_gap_s=0.7, tracks=Track(p, 0.032, "made up"))
    (row,) = made.compare(Setting(0.5, 0, 200), Setting(0.9, 0, 200))
    assert (row.what_one, row.what_other, row.better) == ("clipped, cut_off", "missed", "one")
    # As right as each other: the faster is better.
    (row,) = made.compare(Setting(0.5, 0, 500), Setting(0.5, 300, 600))
    assert (row.what_one, row.what_other, row.better) == ("clipped", "ok", "other")


def test_of_equal_mistakes_the_faster_is_better():
    p = np.repeat([0.0, 0.02, 0.6, 0.0, 0.6, 0.0], [30, 10, 20, 10, 20, 60]).astype(np.float32)
    label = [(0.96, 2.88)]
    made = sweep([(rtnb.Clip.silence(4.8), label)], 0.5, turn_gap_s=0.7, late_s=0.5, tracks=Track(p, 0.032, "made up"))
    # One is cut off and quick, the other clipped and slow: as many errors.
    (row,) = made.compare(Setting(0.5, 400, 200), Setting(0.5, 0, 400))
    assert (row.what_one, row.what_other, row.better) == ("cut_off", "clipped", "one")
    assert row.one_latency_ms < row.other_latency_ms
