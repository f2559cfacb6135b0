"""What a sweep can be asked."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting
from rtnb.vad.scores.scoring import mistakes
from rtnb.vad.sweeps.grid import PARAMETERS


def test_the_table(speech_sweep):
    frame = speech_sweep.frame
    assert list(frame.columns) == [
        *PARAMETERS,
        *("turns", "detected", "false_starts", "missed", "clipped", "clipped_ms", "cut_offs", "fragments", "merged"),
        *("late", "errors", "cut_off_rate", "latency_p50_ms", "latency_p90_ms"),
    ]
    assert len(frame) == len(speech_sweep) == len(speech_sweep.settings) == 1080
    # It is the user's own: changing it changes nothing here.
    frame.loc[:, "errors"] = 0
    assert speech_sweep.frame.errors.sum() > 0


def test_rows_scores_and_best_ones_are_settings(speech_sweep):
    best = speech_sweep.best()
    row = speech_sweep.frame.loc[best.row]
    for value in (best, best.score, best.setting, best.vad, row):
        assert speech_sweep.score(value).to_dict() == best.score.to_dict()
    with pytest.raises(ConfigError, match="A setting is"):
        speech_sweep.score(3)


def test_settings_off_the_grid(speech_sweep):
    setting = Setting(0.37, 123, 345, 0.2)
    assert setting not in speech_sweep.settings
    assert speech_sweep.score(setting).turns == 21


def test_the_mistakes_are_those_of_the_score(speech_sweep):
    setting = Setting(0.5, 0, 200)
    found = speech_sweep.errors(setting)
    score = speech_sweep.score(setting)
    assert len(found) == sum(found.counts.values()) > score.errors
    turns = {(each.recording, each.turn) for each in found if each.turn is not None}
    assert len(turns) == score.wrong == score.errors - score.false_starts
    alone = mistakes(speech_sweep.corpus, setting, turn_gap_s=0.7, tracks=speech_sweep.tracks)
    assert found.mistakes == alone.mistakes


def test_the_default_is_there_off_the_grid(speech_sweep):
    found = rtnb.vad.sweep(
        rtnb.sample("labelled"), 0.33, 300, 900, turn_gap_s=0.7, tracks=speech_sweep.tracks, progress=False
    )
    assert found.default.to_dict() == speech_sweep.default.to_dict()
    assert len(found) == 1


def test_intervals_hold_the_value_and_every_measure(speech_sweep):
    table = speech_sweep.intervals(resamples=300)
    default = speech_sweep.default.to_dict()
    assert table.at["errors", "value"] == default["errors"]
    assert table.at["missed_rate", "value"] == default["missed"] / 21
    assert (table.low <= table.value + 1e-9).all()
    assert (table.value <= table.high + 1e-9).all()
    assert table.equals(speech_sweep.intervals(rtnb.ServerVad(), resamples=300))
    wide = speech_sweep.intervals(resamples=300, level=0.99)
    assert (wide.high - wide.low >= table.high - table.low).all()


def test_operating_points_beside_silence_alone(speech_sweep):
    points = speech_sweep.operating_points(latency="latency_p90_ms")
    frame = speech_sweep.frame
    kept = frame[(frame.missed + frame.merged <= 0.25 * frame.turns) & (frame.cut_off_rate <= 0.05)]
    assert points.latency_at[0.05] == kept.latency_p90_ms.min()
    assert points.baseline.latency_at[0.05] < points.latency_at[0.05]


def test_it_says_what_it_is(speech_sweep):
    assert repr(speech_sweep) == "Sweep(1,080 settings on 8 recordings, 21 turns; local emulation)"


def test_columns_cannot_be_changed_by_accident(speech_sweep):
    with pytest.raises(ValueError, match="read-only"):
        speech_sweep.columns["errors"][0] = 0
    assert np.array_equal(speech_sweep.frame.errors, speech_sweep.columns["errors"])
