from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import rtnb.vad
from rtnb.errors import ConfigError
from rtnb.vad.tuning import DetectorTuning, default_tuning


def test_default_is_the_dated_row() -> None:
    row = json.loads((Path(rtnb.vad.__file__).parent / "tuning.json").read_text("utf-8"))["local"]
    assert row["source"] and row["date"]
    assert asdict(default_tuning()) == {key: row[key] for key in ("hysteresis", "min_speech_ms", "lag_ms")}
    assert default_tuning() == DetectorTuning()


@pytest.mark.parametrize("bad", [{"hysteresis": -0.1}, {"min_speech_ms": -1}, {"hysteresis": float("nan")}])
def test_bad_values_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        DetectorTuning(**bad)
