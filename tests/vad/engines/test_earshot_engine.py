from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.vad.engines.earshot_engine import load

earshot = pytest.importorskip("earshot")

QUESTION = Path(rtnb.vad.__file__).parent.parent / "samples" / "weather_question.flac"


def test_gives_what_earshot_gives() -> None:
    samples = Clip.load(QUESTION).resample(16000).samples
    frames = samples[: samples.size // 256 * 256].reshape(-1, 256)
    detector = earshot.Detector()
    theirs = [detector.predict_f32(frame) for frame in frames]
    assert np.allclose(load().stream().push(samples), theirs)


def test_speech_is_found_and_silence_is_not() -> None:
    assert load().stream().push(Clip.load(QUESTION).resample(16000).samples).max() > 0.9
    assert load().stream().push(np.zeros(16000, dtype=np.float32)).max() < 0.5


def test_samples_beyond_full_scale_are_taken() -> None:
    loud = np.full(256, 1.5, dtype=np.float32)
    assert load().stream().push(loud).shape == (1,)
