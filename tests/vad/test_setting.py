"""Settings, and the numbers that arrays give for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rtnb import ServerVad
from rtnb.errors import ConfigError
from rtnb.vad import DetectorTuning, Setting
from rtnb.vad.detecting import settings_of


def test_numbers_of_arrays_are_those_that_are_meant() -> None:
    found = Setting(np.float32(0.2), 300.0, np.float32(200), np.float32(0.1))  # type: ignore[arg-type]
    assert (
        found
        == Setting(0.2, 300, 200, 0.1)
        == Setting.of({"threshold": np.float32(0.2), "silence_duration_ms": 200.0, "hysteresis": np.float32(0.1)})
    )
    assert found.vad == ServerVad(threshold=0.2, prefix_padding_ms=300, silence_duration_ms=200)
    assert {type(each) for each in (found.prefix_padding_ms, found.silence_duration_ms)} == {int}


@pytest.mark.parametrize("bad", [{"silence_duration_ms": 200.5}, {"threshold": 2}, {"threshold": True}, {"pace": 1}])
def test_what_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        Setting.of(bad)


def test_the_tuning_gets_the_hysteresis_of_the_setting() -> None:
    base = DetectorTuning(lag_ms=20, name="fitted", engine="silero")
    assert Setting(0.5, 300, 200).tuning(base) is base
    other = Setting(0.5, 300, 200, 0.4).tuning(base)
    assert (other.hysteresis, other.lag_ms, other.engine) == (0.4, 20, "silero")
    with pytest.raises(ConfigError, match="tuning is a"):
        Setting(0.5, 300, 200).tuning("local")  # type: ignore[arg-type]


def test_a_score_and_the_best_of_a_sweep_are_settings() -> None:
    scored = SimpleNamespace(setting=Setting(0.3, 400, 1000))
    assert Setting.of(scored) is scored.setting
    assert settings_of(scored) is scored.setting
