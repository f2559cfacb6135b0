from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tunings import THRESHOLDS, threshold_maps, tunings

import rtnb.vad
from rtnb.errors import ConfigError
from rtnb.vad.tuning import LOCAL_EMULATION, DetectorTuning, default_tuning


def test_default_is_the_dated_row() -> None:
    row = json.loads((Path(rtnb.vad.__file__).parent / "tuning.json").read_text("utf-8"))["local"]
    assert row["source"] and row["date"]
    tuning = default_tuning()
    assert {name: getattr(tuning, name) for name in ("hysteresis", "min_speech_ms", "lag_ms")} == {
        name: row[name] for name in ("hysteresis", "min_speech_ms", "lag_ms")
    }
    assert tuning == DetectorTuning() and tuning.name == LOCAL_EMULATION
    assert row["source"] in tuning.source and row["date"] in tuning.source


@pytest.mark.parametrize(
    "bad",
    [
        {"hysteresis": -0.1},
        {"hysteresis": 1.5},
        {"hysteresis": float("nan")},
        {"hysteresis": True},
        {"hysteresis": "0.2"},
        {"min_speech_ms": -1},
        {"min_speech_ms": math.inf},
        {"min_speech_ms": 10**400},
        {"lag_ms": float("nan")},
        {"lag_ms": None},
        {"end_lag_ms": -math.inf},
        {"lag_ms": 10_001},
        {"end_lag_ms": -1e12},
        {"name": ""},
        {"name": 7},
        {"source": None},
        {"engine": None},
        {"threshold_map": 0.5},
        {"threshold_map": "0.5:0.6"},
        {"threshold_map": [0.5, 0.6]},
        {"threshold_map": [(0.5, 0.6, 0.7)]},
        {"threshold_map": [(0.5, 1.1)]},
        {"threshold_map": [(0.5, None)]},
        {"threshold_map": [(0.5, 0.6), (0.5, 0.7)]},
        {"threshold_map": [(0.5, 0.6), (0.7, 0.55)]},
    ],
    ids=repr,
)
def test_bad_values_are_refused_by_name(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        DetectorTuning(**bad)


def test_a_lag_has_bounds_that_are_told() -> None:
    assert DetectorTuning(lag_ms=-10_000, end_lag_ms=10_000).end_shift_ms == 10_000
    with pytest.raises(
        ConfigError, match=r"^DetectorTuning: lag_ms is a number of milliseconds from -10000 to 10000, not 20000\.$"
    ):
        DetectorTuning(lag_ms=20_000)


def test_a_map_that_falls_says_where() -> None:
    with pytest.raises(ConfigError, match=r"0\.5 comes to 0\.6, and 0\.7 to 0\.55"):
        DetectorTuning(threshold_map=((0.7, 0.55), (0.5, 0.6)))


@given(st.floats(-1, 2))
def test_without_a_map_what_is_asked_for_holds(asked: float) -> None:
    assert DetectorTuning().effective_threshold(asked) == asked


@given(threshold_maps(), THRESHOLDS, THRESHOLDS)
def test_the_map_rises_and_goes_through_its_points(pairs: list[tuple[float, float]], one: float, other: float) -> None:
    tuning = DetectorTuning(threshold_map=pairs)
    for asked, effective in pairs:
        assert tuning.effective_threshold(asked) == pytest.approx(effective)
    low, high = sorted((one, other))
    assert 0 <= tuning.effective_threshold(low) <= tuning.effective_threshold(high) <= 1


@given(threshold_maps(), st.floats(0, 1))
def test_between_two_points_it_is_a_line(pairs: list[tuple[float, float]], part: float) -> None:
    tuning = DetectorTuning(threshold_map=pairs)
    for (a, fa), (b, fb) in zip(tuning.threshold_map, tuning.threshold_map[1:], strict=False):
        assert tuning.effective_threshold(a + part * (b - a)) == pytest.approx(fa + part * (fb - fa), abs=1e-9)


def test_the_ends_stay_unless_they_are_named() -> None:
    tuning = DetectorTuning(threshold_map=((0.5, 0.8),))
    assert [tuning.effective_threshold(asked) for asked in (0, 0.25, 0.75, 1)] == pytest.approx([0, 0.4, 0.9, 1])
    assert DetectorTuning(threshold_map=((0.0, 0.1), (1.0, 0.7))).effective_threshold(0.5) == pytest.approx(0.4)
    # A mapping is as good as pairs.
    assert DetectorTuning(threshold_map={0.5: 0.8}) == tuning  # type: ignore[arg-type]


@given(tunings())
def test_it_goes_through_json_and_back(tuning: DetectorTuning) -> None:
    again = DetectorTuning.from_dict(json.loads(json.dumps(tuning.to_dict())))
    assert again == tuning and (again.name, again.source) == (tuning.name, tuning.source)
    assert hash(again) == hash(tuning)


def test_name_and_source_take_no_part_in_comparisons_but_are_shown() -> None:
    named = DetectorTuning(lag_ms=20, name="gpt-realtime, 2026-11-20", source="12 recordings")
    assert named == DetectorTuning(lag_ms=20)
    assert repr(named) == "DetectorTuning(lag_ms=20.0, name='gpt-realtime, 2026-11-20', source='12 recordings')"
    assert repr(DetectorTuning()) == "DetectorTuning()"


def test_the_engine_goes_along_and_decides_nothing() -> None:
    fitted = DetectorTuning(lag_ms=20, name="calibrated", engine="silero")
    assert fitted == DetectorTuning(lag_ms=20) and hash(fitted) == hash(DetectorTuning(lag_ms=20))
    assert DetectorTuning.from_dict(json.loads(json.dumps(fitted.to_dict()))).engine == "silero"
    assert "engine" not in DetectorTuning().to_dict()


def test_an_unknown_member_lists_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no 'lag'.*hysteresis.*lag_ms.*threshold_map"):
        DetectorTuning.from_dict({"lag": 3})


def test_numbers_of_numpy_are_numbers() -> None:
    tuning = DetectorTuning(lag_ms=np.int64(3), hysteresis=np.float32(0.25), threshold_map=[(np.float64(0.5), 0.5)])
    assert json.loads(json.dumps(tuning.to_dict()))["lag_ms"] == 3 and tuning.hysteresis == 0.25
    # Of few digits: what stands there is meant.
    assert DetectorTuning(hysteresis=np.float32(0.1)) == DetectorTuning(hysteresis=0.1)


def test_the_end_lags_as_the_onset_unless_it_is_said() -> None:
    assert DetectorTuning(lag_ms=30).end_shift_ms == 30
    assert DetectorTuning(lag_ms=30, end_lag_ms=0).end_shift_ms == 0
    assert DetectorTuning(lag_ms=30, end_lag_ms=90).onset_shift_ms == 30
