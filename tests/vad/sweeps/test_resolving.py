from __future__ import annotations

import pandas as pd
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad import Setting
from rtnb.vad.sweeps.resolving import setting_of


def test_whatever_has_a_setting() -> None:
    setting = Setting(0.4, 100, 700)
    row = pd.Series({"threshold": 0.4, "prefix_padding_ms": 100.0, "silence_duration_ms": 700.0, "hysteresis": 0.15})
    vad = rtnb.ServerVad(threshold=0.4, prefix_padding_ms=100, silence_duration_ms=700)
    for value in (setting, vad, {"threshold": 0.4, "prefix_padding_ms": 100, "silence_duration_ms": 700}):
        assert setting_of(value) == setting
    assert setting_of(row) == Setting(0.4, 100, 700, 0.15)


def test_what_has_none() -> None:
    for value in (3, "0.5", pd.Series({"threshold": 0.4})):
        with pytest.raises(ConfigError):
            setting_of(value)
