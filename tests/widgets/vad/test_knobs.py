"""Where the sliders stand."""

from __future__ import annotations

import pytest

from rtnb.errors import ConfigError
from rtnb.vad import DetectorTuning, Setting, default_tuning
from rtnb.widgets.vad.knobs import RANGES, Knobs, prediction_of, prediction_words

BASE = default_tuning()
KNOBS = Knobs.of(Setting(0.5, 300, 200), BASE)


def test_they_are_a_setting_and_back() -> None:
    assert KNOBS.setting(BASE) == Setting(0.5, 300, 200)
    moved = KNOBS.changed({"hysteresis": 0.3, "silence_duration_ms": 700})
    assert moved.setting(BASE) == Setting(0.5, 300, 700, 0.3)
    assert Knobs.of(moved.setting(BASE), BASE) == moved
    assert moved.tuning(BASE).hysteresis == 0.3 and KNOBS.tuning(BASE) is BASE


def test_all_have_a_slider_that_reaches_them() -> None:
    for name, range_ in RANGES.items():
        value = getattr(KNOBS, name)
        assert value is None or range_["least"] <= value <= range_["most"]
    for name in ("least", "most"):
        assert KNOBS.changed({each: told[name] for each, told in RANGES.items()})


def test_an_idle_timeout_goes_to_the_session_only() -> None:
    knobs = KNOBS.changed({"idle_timeout_ms": 6000})
    assert knobs.vad.idle_timeout_ms == 6000 and knobs.setting(BASE) == Setting(0.5, 300, 200)


@pytest.mark.parametrize(
    "values",
    [
        {"threshold": 1.2},
        {"threshold": None},
        {"threshold": "0.5"},
        {"prefix_padding_ms": -1},
        {"silence_duration_ms": 0.5},
        {"hysteresis": -0.1},
        {"min_speech_ms": float("nan")},
        {"idle_timeout_ms": 100},
    ],
)
def test_what_cannot_be(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        KNOBS.changed(values)


def test_an_unknown_parameter_is_told_with_those_that_there_are() -> None:
    with pytest.raises(TypeError, match=r"no parameter 'treshold'.*threshold, prefix_padding_ms.*idle_timeout_ms"):
        KNOBS.changed({"treshold": 0.4})


def test_a_prediction_never_poses_as_another() -> None:
    assert prediction_of(KNOBS.changed({"hysteresis": 0.3}), BASE) == "local emulation"
    assert "not calibrated" in prediction_words("local emulation")
    mine = DetectorTuning(name="calibrated to example")
    knobs = Knobs.of(Setting(0.5, 300, 200), mine)
    assert prediction_words(prediction_of(knobs, mine)) == "calibrated to example"
    assert prediction_of(knobs.changed({"min_speech_ms": 50}), mine).endswith("minimum speech 50 ms")
