"""Held-out evaluation: chosen without what it is scored on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, Track
from rtnb.vad.scores.scoring import score
from rtnb.vad.sweeps.measures import measures
from rtnb.vad.sweeps.running import sweep


def of(found, names):
    """Some recordings and their tracks."""
    places = [found.corpus.names.index(name) for name in names]
    corpus = dataclasses.replace(found.corpus, items=tuple(found.corpus[at] for at in places))
    return corpus, [found.tracks[at] for at in places]


def test_each_recording_is_held_out_once_and_chosen_without(speech_sweep):
    found = speech_sweep.held_out(4)
    names = [name for fold in found.folds for name in fold.recordings]
    assert sorted(names) == sorted(speech_sweep.corpus.names)
    for fold in found.folds:
        others = [name for name in speech_sweep.corpus.names if name not in fold.recordings]
        corpus, tracks = of(speech_sweep, others)
        alone = sweep(corpus, hysteresis=[None, 0.3], turn_gap_s=0.7, tracks=tracks, progress=False)
        assert alone.best().setting == fold.setting
        assert repr(fold.in_sample.to_dict()) == repr(alone.best().score.to_dict())
        corpus, tracks = of(speech_sweep, fold.recordings)
        mine = score(corpus, fold.setting, turn_gap_s=0.7, tracks=tracks)
        assert repr(fold.held_out.to_dict()) == repr(mine.to_dict())


def test_pooled_numbers_are_those_of_all_recordings(speech_sweep):
    found = speech_sweep.held_out(4, seed=3)
    assert found.in_sample.to_dict() == speech_sweep.best().score.to_dict()
    assert found.held_out.turns == found.in_sample.turns == 21
    assert found.held_out.errors == sum(fold.held_out.errors for fold in found.folds) == found.value_out
    assert found.optimism == found.value_out - found.value_in >= 0
    assert found.prediction == "local emulation"
    table = found.frame
    assert table.index.tolist() == ["1", "2", "3", "4", "all"]
    assert table.at["all", "error_rate held out"] == found.value_out / 21


def test_the_seed_decides_the_parts(speech_sweep):
    one, same, other = (speech_sweep.held_out(2, seed=seed) for seed in (0, 0, 1))
    parts = [[fold.recordings for fold in each.folds] for each in (one, same, other)]
    assert parts[0] == parts[1] != parts[2]


def test_columns_of_some_recordings_are_those_of_a_sweep_over_them(speech_sweep):
    chosen = np.array([0, 3, 7])
    columns = measures(
        speech_sweep.found,
        speech_sweep.grid,
        scoring=speech_sweep.scoring,
        tuning=speech_sweep.tuning,
        chosen=chosen,
    )
    corpus, tracks = of(speech_sweep, [speech_sweep.corpus.names[at] for at in chosen])
    alone = sweep(corpus, hysteresis=[None, 0.3], turn_gap_s=0.7, tracks=tracks, progress=False)
    for name, column in alone.columns.items():
        assert column.tobytes() == columns[name].tobytes(), name


def test_constraints_that_are_not_kept_are_named(speech_sweep):
    found = speech_sweep.held_out(8, "latency_p50_ms", {"error_rate": 0.45})
    assert found.in_sample.errors <= 0.45 * 21
    assert found.broken == (("error_rate",) if found.held_out.errors > 0.45 * 21 else ())


@pytest.mark.parametrize(
    ("k", "said"),
    [
        (9, "8 recordings cannot be split into 9 parts: k=8 at most"),
        (1, "a whole number from 2, not 1"),
        (2.0, "a whole number from 2"),
        (True, "a whole number from 2"),
    ],
)
def test_parts_that_cannot_be(speech_sweep, k, said):
    with pytest.raises(ConfigError, match=said):
        speech_sweep.held_out(k)


def test_a_part_in_which_nothing_can_be_chosen(speech_sweep):
    with pytest.raises(ConfigError, match=r"^Without part \d of 5 \(.*None of 540 settings is within"):
        speech_sweep.held_out(objective="latency_p50_ms", constraints={"errors": 2})


def made(labels):
    loud = Track(np.repeat([0.0, 0.9, 0.0], 30).astype(np.float32), 0.032, "made up")
    corpus = Corpus.of([(rtnb.Clip.silence(2.88), each) for each in labels])
    return sweep(corpus, [0.3, 0.5], turn_gap_s=0.7, tracks=[loud] * len(labels))


def test_one_recording_and_turns_in_one_part_only():
    with pytest.raises(ConfigError, match="there is one recording"):
        made([[(0.96, 1.92)]]).held_out()
    with pytest.raises(ConfigError, match=r"All labelled turns are in part 1 of 2 \(recording 1\)"):
        made([[(0.96, 1.92)], []]).held_out()


def test_constraints_are_broken_by_what_is_not_within_them(speech_sweep):
    found = speech_sweep.held_out(4, "errors", {"clipped_ms": 400.0})
    # Where no onset is clipped nothing is missing; where no turn ends there is no latency to be within.
    unclipped = dataclasses.replace(found.held_out, clipped=0, clipped_ms=float("nan"))
    assert dataclasses.replace(found, held_out=unclipped).broken == ()
    endless = dataclasses.replace(found.held_out, latencies_ms=np.zeros(0))
    assert dataclasses.replace(found, held_out=endless, constraints={"latency_p50_ms": 900.0}).broken == (
        "latency_p50_ms",
    )
    # 0.1 of 30 turns is 3, whatever the division says of it.
    even = dataclasses.replace(found.held_out, turns=30, merged=3)
    assert dataclasses.replace(found, held_out=even, constraints={"merged_rate": 0.1}).broken == ()


def test_a_count_that_guards_all_turns_is_held_on_parts_too(speech_sweep):
    limits = {"cut_offs": 10, "merged": 10, "missed": 10, "false_starts": 10, "late": 10}
    assert len(speech_sweep.held_out(2, "latency_p50_ms", limits).folds) == 2
    with pytest.raises(ConfigError, match="merged <= 11 is no limit"):
        speech_sweep.held_out(2, "latency_p50_ms", {**limits, "merged": 11})
