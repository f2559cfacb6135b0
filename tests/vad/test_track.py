from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.vad.computing import probabilities
from rtnb.vad.engines import load_engine

SAMPLES = Path(rtnb.vad.__file__).parent.parent / "samples"


def test_track_covers_the_clip() -> None:
    found = probabilities(Clip.silence(1.0), engine="energy")
    assert (found.p.size, found.hop_s, found.engine) == (32, 0.032, "energy")
    assert found.duration_s == pytest.approx(1.024)
    with pytest.raises(ValueError, match="read-only"):
        found.p[0] = 1


def test_empty_clip_has_an_empty_track() -> None:
    found = probabilities(Clip.silence(0.0), engine="energy")
    assert found.p.size == 0


def test_track_equals_the_stream() -> None:
    clip = Clip.load(SAMPLES / "weather_question.flac")
    samples = clip.resample(16000).samples
    for name in ("silero", "energy"):
        if name == "silero":
            pytest.importorskip("onnxruntime")
        stream = load_engine(name).stream()
        streamed = np.concatenate([stream.push(samples[at : at + 320]) for at in range(0, samples.size, 320)])
        whole = probabilities(clip, engine=load_engine(name)).p
        assert np.allclose(whole[: streamed.size], streamed, atol=1e-6)
        assert whole.size - streamed.size == 1
