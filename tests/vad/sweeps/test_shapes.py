"""Heatmaps, sensitivity, and one parameter at a time."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting


def test_a_heatmap_holds_the_least_over_what_is_not_shown(speech_sweep):
    frame = speech_sweep.frame
    # Of the hysteresis only that which a server has.
    frame = frame[frame.hysteresis == speech_sweep.tuning.hysteresis]
    for value in ("errors", "latency_p90_ms", "missed_rate"):
        table = speech_sweep.heatmap(value, x="threshold", y="silence_duration_ms")
        assert (table.index.name, table.columns.name) == ("silence_duration_ms", "threshold")
        column = frame.missed / frame.turns if value == "missed_rate" else frame[value]
        expected = column.groupby([frame.silence_duration_ms, frame.threshold]).min().unstack()
        assert np.array_equal(table.to_numpy(), expected.to_numpy(), equal_nan=True)
        assert np.array_equal(
            speech_sweep.heatmap(value, x="silence_duration_ms", y="threshold").to_numpy(),
            table.to_numpy().T,
            equal_nan=True,
        )


def test_a_heatmap_of_fixed_values(speech_sweep):
    frame = speech_sweep.frame
    table = speech_sweep.heatmap(
        "clipped", x="prefix_padding_ms", y="threshold", silence_duration_ms=500, hysteresis=0.3
    )
    some = frame[(frame.silence_duration_ms == 500) & (frame.hysteresis == 0.3)]
    expected = some.pivot(index="threshold", columns="prefix_padding_ms", values="clipped")
    assert np.array_equal(table.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"value": "speed"}, "There is no 'speed' to draw"),
        ({"x": "silence"}, "'silence' is no parameter of the grid; they are threshold,"),
        ({"x": "threshold"}, "x and y are both threshold"),
        ({"prefix_padding_ms": 301}, r"no prefix_padding_ms of 301; it has 0, 100, 200, 300, 400, 500\."),
        ({"threshold": 0.5}, "threshold cannot be both an axis and fixed"),
        ({"padding": 0.5}, "'padding' is no parameter"),
    ],
)
def test_heatmaps_that_cannot_be(speech_sweep, arguments, said):
    with pytest.raises(ConfigError, match=said):
        speech_sweep.heatmap(**arguments)


def test_sensitivity_is_the_median_swing(speech_sweep):
    frame = speech_sweep.frame
    table = speech_sweep.sensitivity()
    names = ["threshold", "prefix_padding_ms", "silence_duration_ms", "hysteresis"]
    assert table.index.tolist() == names
    for name in names:
        others = [each for each in names if each != name]
        for measure in ("errors", "latency_p50_ms", "clipped_ms"):
            lines = frame.groupby(others)[measure]
            swings = (lines.max() - lines.min()).dropna()
            assert table.at[name, measure] == np.median(swings)
    assert table.at["prefix_padding_ms", "cut_offs"] == 0
    assert table.at["silence_duration_ms", "cut_offs"] > 0


def test_what_has_one_value_has_no_sensitivity(speech_sweep):
    found = rtnb.vad.sweep(
        rtnb.sample("labelled"), 0.5, 300, [200, 500], turn_gap_s=0.7, tracks=speech_sweep.tracks, progress=False
    )
    table = found.sensitivity()
    assert table.loc["threshold"].isna().all()
    assert table.at["silence_duration_ms", "cut_offs"] == abs(np.diff(found.frame.cut_offs)[0])


def test_one_parameter_at_a_time(speech_sweep):
    frame = speech_sweep.frame
    around = Setting(0.3, 200, 600)
    table = speech_sweep.profile(around)
    assert table.groupby("parameter", sort=False).size().to_dict() == {
        "threshold": 9,
        "prefix_padding_ms": 6,
        "silence_duration_ms": 10,
        "hysteresis": 2,
    }
    for _, row in table.iterrows():
        moved = {"threshold": 0.3, "prefix_padding_ms": 200, "silence_duration_ms": 600, "hysteresis": 0.15}
        moved[row.parameter] = row.value
        found = frame[np.all([frame[name] == value for name, value in moved.items()], axis=0)]
        assert len(found) == 1
        assert found.errors.iloc[0] == row.errors
    best = speech_sweep.best().errors
    assert speech_sweep.profile().errors.min() == best
    with pytest.raises(ConfigError, match=r"The grid does not hold 0\.33 / 200 / 600"):
        speech_sweep.profile(Setting(0.33, 200, 600))
