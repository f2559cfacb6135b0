"""Which settings a grid holds, and which values it refuses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.vad import DetectorTuning, Setting
from rtnb.vad.sweeps.grid import DEFAULT_GRID, PARAMETERS, Grid, default_setting


def test_numbers_lists_ranges_arrays_and_generators():
    grid = Grid.of(
        threshold=np.array([0.3, 0.5], dtype=np.float64),
        prefix_padding_ms=300,
        silence_duration_ms=range(200, 500, 100),
        hysteresis=(each for each in (0.1, 0.2)),
    )
    assert grid.threshold == (0.3, 0.5)
    assert grid.prefix_padding_ms == (300,)
    assert grid.silence_duration_ms == (200, 300, 400)
    assert grid.hysteresis == (0.1, 0.2)
    assert len(grid) == len(grid.settings) == 12


def test_what_is_left_out_is_as_usual_and_holds_the_default():
    grid = Grid.of()
    assert {name: getattr(grid, name) for name in PARAMETERS} == dict(DEFAULT_GRID)
    assert default_setting() in grid.settings
    assert len(grid) == 540


def test_duplicates_are_removed():
    grid = Grid.of(threshold=[0.5, 0.4, 0.5, np.float64(0.4)], silence_duration_ms=[200, 200], prefix_padding_ms=[0])
    assert grid.threshold == (0.5, 0.4)
    assert len(grid) == 2
    # None is the tuning's own, whatever that is.
    tuning = DetectorTuning(hysteresis=0.3)
    assert Grid.of(hysteresis=[None, 0.15, 0.3], tuning=tuning).hysteresis == (None, 0.15)
    assert Grid.of(hysteresis=[0.3], tuning=tuning).hysteresis == (0.3,)


def test_arrays_are_taken_as_they_are_meant():
    grid = Grid.of(
        threshold=np.linspace(0.2, 0.8, 4, dtype=np.float32),
        prefix_padding_ms=np.array([0, 300], dtype=np.float32),
        silence_duration_ms=np.linspace(200, 800, 7),
        hysteresis=np.array([0.1, 0.2], dtype=np.float16),
    )
    assert grid.threshold == (0.2, 0.4, 0.6, 0.8)
    assert grid.prefix_padding_ms == (0, 300)
    assert grid.silence_duration_ms == tuple(range(200, 801, 100))
    assert grid.hysteresis == (0.1, 0.2)
    assert all(type(each) is int for each in grid.silence_duration_ms)
    assert grid.index(Setting(0.4, 300, 200, 0.1)) is not None
    # What adding up makes of steps; and two ways to the same number are one.
    assert Grid.of(threshold=np.arange(0.1, 1.01, 0.1)).threshold == tuple(k / 10 for k in range(1, 11))
    assert Grid.of(threshold=[0.3, 0.1 + 0.2, np.float32(0.3)]).threshold == (0.3,)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("threshold", [0.5, 1.5], "1.5 cannot be; threshold is a number from 0 to 1."),
        ("threshold", float("nan"), "nan cannot be; threshold is a number from 0 to 1."),
        ("threshold", "0.5", "'0.5' cannot be; threshold"),
        ("threshold", [True], "True cannot be"),
        ("threshold", [None], "None cannot be"),
        ("prefix_padding_ms", np.array([-100]), "-100 cannot be; prefix_padding_ms is a whole number of at least 0."),
        ("silence_duration_ms", np.linspace(100, 300, 4), r"166.66\d* cannot be; silence_duration_ms is a whole"),
        ("silence_duration_ms", [200.5], r"200.5 cannot be; silence_duration_ms is a whole number of at least 0\.$"),
        ("hysteresis", [0.1, -0.1], "-0.1 cannot be; hysteresis is a number from 0 to 1."),
        ("hysteresis", {"a": 1}, "cannot be; hysteresis"),
        ("threshold", [], "has no values"),
    ],
)
def test_impossible_values_are_named(name, value, said):
    with pytest.raises(ConfigError, match=rf"^sweep\({name}=\.\.\.\).*{said}"):
        Grid.of(**{name: value})


def test_too_many_are_counted():
    with pytest.raises(ConfigError, match=r"12,012,000 settings \(1,001 of threshold x 6 of prefix_padding_ms"):
        Grid.of(threshold=np.linspace(0, 1, 1001), silence_duration_ms=range(2000))
    with pytest.raises(ConfigError, match="silence_duration_ms alone"):
        Grid.of(silence_duration_ms=itertools.count())


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.lists(st.integers(0, 2000), min_size=1, max_size=4),
    st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=3),
)
def test_rows_columns_and_settings_agree(thresholds, silences, depths):
    grid = Grid.of(threshold=thresholds, silence_duration_ms=silences, prefix_padding_ms=[300, 0], hysteresis=depths)
    settings = list(grid.settings)
    assert len(settings) == len(set(settings)) == len(grid)
    columns = {name: grid.column(name) for name in PARAMETERS}
    for row, setting in enumerate(settings):
        assert grid.index(setting) == row
        assert grid.settings[row] == setting
        for name in PARAMETERS[:3]:
            assert columns[name][row] == getattr(setting, name)
        assert columns["hysteresis"][row] == (grid.usual if setting.hysteresis is None else setting.hysteresis)


def test_settings_are_a_sequence():
    settings = Grid.of(threshold=[0.4, 0.5], prefix_padding_ms=300, silence_duration_ms=[200, 300]).settings
    assert settings[-1] == Setting(0.5, 300, 300)
    assert settings[1:3] == (Setting(0.4, 300, 300), Setting(0.5, 300, 200))
    assert Setting(0.5, 300, 300, 0.15) in settings
    assert Setting(0.6, 300, 300) not in settings
    assert "0.5" not in settings
    assert repr(settings) == "Settings(4: 0.40 / 300 / 200 to 0.50 / 300 / 300)"
    with pytest.raises(IndexError):
        settings[4]
