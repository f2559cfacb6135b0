from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tunings import tunings

from rtnb.errors import ConfigError
from rtnb.vad import load_tuning
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.tuning_spec import ALTERED, spec_of


def test_the_usual_one_has_a_name() -> None:
    assert load_tuning(" local ") is default_tuning()
    assert load_tuning(default_tuning()) is default_tuning()


def test_a_line_alters_what_it_names() -> None:
    tuning = load_tuning(" hysteresis = .25 , end_lag_ms=-40, threshold=0.5:0.62, threshold = 0.8:0.9 ")
    assert tuning == DetectorTuning(hysteresis=0.25, end_lag_ms=-40, threshold_map=((0.5, 0.62), (0.8, 0.9)))
    assert tuning.name == ALTERED


def test_a_line_may_say_which_engine_it_was_fitted_with() -> None:
    tuning = load_tuning("lag_ms=20, engine = silero")
    assert (tuning.engine, tuning.lag_ms) == ("silero", 20)
    # It decides nothing, so that a line leaves it out.
    assert spec_of(tuning) == "lag_ms=20.0"


@given(tunings())
def test_a_line_says_all_that_decides(tuning: DetectorTuning) -> None:
    assert load_tuning(spec_of(tuning)) == tuning


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "a change is missing"),
        ("hysteresis=0.2,", "a change is missing"),
        ("loud", "'loud' changes nothing"),
        ("lag=3", "'lag' cannot be changed"),
        ("name=x", "'name' cannot be changed"),
        ("lag_ms=3ms", "'3ms' is no number"),
        ("lag_ms=nan", "lag_ms is a number of milliseconds from -10000 to 10000, not nan"),
        ("lag_ms=1,lag_ms=2", "lag_ms stands there twice"),
        ("engine=silero,engine=energy", "engine stands there twice"),
        ("hysteresis=-1", "hysteresis is a number from 0 to 1, not -1.0"),
        ("threshold=0.5", "threshold takes ASKED:EFFECTIVE, not '0.5'"),
        ("threshold=0.5:", "'' is no number"),
        ("threshold=0.5:0.6,threshold=0.7:0.5", "must rise"),
        ("threshold=50:60", "from 0 to 1"),
    ],
)
def test_a_line_with_an_error_says_which(line: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_tuning(line)
    assert told in str(raised.value) and repr(line.strip()) in str(raised.value)


@given(st.text(max_size=40))
def test_any_text_is_a_detector_or_one_clear_error(text: str) -> None:
    try:
        tuning = load_tuning(text)
    except ConfigError as error:
        assert "detector" in str(error)
    else:
        assert isinstance(tuning, DetectorTuning)


@pytest.mark.parametrize("name", ["served.json", "served.yaml", "served.yml", "SERVED.JSON"])
def test_a_file_holds_one(tmp_path: Path, name: str) -> None:
    tuning = DetectorTuning(hysteresis=0.3, lag_ms=60, threshold_map=((0.5, 0.7),), name="seen", source="4 recordings")
    (tmp_path / name).write_text(json.dumps(tuning.to_dict()))
    for spec in (tmp_path / name, str(tmp_path / name)):
        assert load_tuning(spec) == tuning
        assert (load_tuning(spec).name, load_tuning(spec).source) == ("seen", "4 recordings")


def test_a_file_without_a_name_is_called_as_the_file(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("lag_ms: 90\nthreshold_map:\n  - [0.5, 0.6]\n")
    assert load_tuning(tmp_path / "slow.yaml").name == "slow"
    assert load_tuning(tmp_path / "slow.yaml") == load_tuning({"lag_ms": 90, "threshold_map": {0.5: 0.6}})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", '{"lag_ms": 3,\n}', "is not JSON: line 2"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", "[1]", "holds list"),
        ("a.json", "", "is not JSON: line 1"),
        ("a.yaml", "lag_ms: 3\nhysteresis: [\n", "is not YAML: line 3"),
        ("a.yaml", "lag_ms: \x00", "is not YAML: line 1"),
        ("a.yaml", "", "holds NoneType"),
        ("a.yaml", "lag: 3", "there is no 'lag'"),
        ("a.yaml", "lag_ms: soon", "lag_ms is a number of milliseconds from -10000 to 10000, not 'soon'"),
        ("a.json", '{"threshold_map": [[0.5]]}', "threshold_map"),
    ],
)
def test_a_file_with_an_error_says_where(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_tuning(tmp_path / name)
    assert told in str(raised.value) and name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no detector file"):
        load_tuning(str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_tuning(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_tuning(tmp_path / "b.yaml")


@pytest.mark.parametrize("bad", [None, 3, ["lag_ms=3"]])
def test_what_is_none_at_all_says_the_forms(bad: Any) -> None:
    with pytest.raises(ConfigError, match="hysteresis"):
        load_tuning(bad)
