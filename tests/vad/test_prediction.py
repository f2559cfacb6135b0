"""Whose predictions they are: a calibration's name holds for what it was fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from rtnb import Clip
from rtnb.vad import DetectorTuning, Setting, Track, default_tuning, mistakes, score, sweep
from rtnb.vad.prediction import prediction_from, prediction_of

FITTED = DetectorTuning(hysteresis=0.2, min_speech_ms=60, name="calibrated to X", engine="silero")
CLIP, LABELS = Clip.silence(3.2), [(1.0, 2.0)]


def track(engine: str = "silero", as_sent: str = "audio/pcm") -> Track:
    p = np.repeat(np.array([0.1, 0.9, 0.1], dtype=np.float32), [30, 32, 38])
    return Track(p, 0.032, engine, as_sent=as_sent)


@pytest.mark.parametrize(
    ("used", "told"),
    [
        ({}, ""),
        ({"hysteresis": 0.2, "min_speech_ms": 60, "engine": "silero", "as_sent": True}, ""),
        ({"engine": ["silero", "silero"], "as_sent": "audio/pcmu"}, ""),
        ({"engine": ""}, ""),
        ({"hysteresis": 0.6}, ", hysteresis 0.6"),
        ({"hysteresis": 0.0}, ", hysteresis 0"),
        ({"min_speech_ms": 0}, ", minimum speech 0 ms"),
        ({"engine": "energy"}, ", engine energy"),
        ({"engine": ["silero", "energy", "earshot"]}, ", engine earshot and energy"),
        ({"as_sent": False}, ", audio not as sent"),
        ({"as_sent": ""}, ", audio not as sent"),
        ({"hysteresis": 0.6, "engine": "energy"}, ", hysteresis 0.6, engine energy"),
    ],
)
def test_what_differs_is_told(used: dict[str, object], told: str) -> None:
    assert prediction_of(FITTED, **used) == f"calibrated to X{told}"  # type: ignore[arg-type]
    # Nobody has held the local emulation against a server, whatever is altered.
    assert prediction_of(default_tuning(), **used) == "local emulation"  # type: ignore[arg-type]


def test_of_a_calibration_whose_engine_nobody_knows_only_the_constants_tell() -> None:
    old = DetectorTuning(hysteresis=0.2, name="calibrated to X")
    assert prediction_of(old, engine="energy", as_sent=False) == "calibrated to X"
    assert prediction_of(old, hysteresis=0.1, engine="energy") == "calibrated to X, hysteresis 0.1"


def test_of_several_settings_and_tracks() -> None:
    assert prediction_from(FITTED, []) == prediction_from(FITTED, [track()], hysteresis=[None, 0.2]) == FITTED.name
    assert prediction_from(FITTED, [track(), track("energy")], hysteresis=0.3).endswith(
        ", hysteresis 0.3, engine energy"
    )
    assert prediction_from(FITTED, [track(), track(as_sent="")]).endswith(", audio not as sent")
    assert prediction_from(FITTED, [track()], hysteresis=[None, 0.3]).endswith(", hysteresis varied")


def test_scores_mistakes_and_sweeps_say_so() -> None:
    used = {"labels": LABELS, "turn_gap_s": 0.7, "tuning": FITTED, "tracks": track("energy")}
    other = Setting(0.5, 300, 200, 0.6)
    assert score(CLIP, other, **used).prediction == "calibrated to X, hysteresis 0.6, engine energy"  # type: ignore[arg-type]
    assert mistakes(CLIP, other, **used).prediction == "calibrated to X, hysteresis 0.6, engine energy"  # type: ignore[arg-type]
    found = sweep(CLIP, [0.5], [300], [200], [None, 0.6], progress=False, **used)  # type: ignore[arg-type]
    assert found.score(other).prediction == "calibrated to X, hysteresis 0.6, engine energy"
    assert found.default.prediction == "calibrated to X, engine energy"
    heard = score(CLIP, Setting(0.5, 300, 200), **(used | {"tracks": track()}))  # type: ignore[arg-type]
    assert heard.prediction == FITTED.name
