"""Smart Turn: found without importing what carries it, fed as it was trained, right about clear cases."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import rtnb
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError, WeightsError
from rtnb.speech import HibariVoice, smart_turn
from rtnb.speech.smart_turn import VARIABLE, SmartTurn, features, find_smart_turn, shared_smart_turn

installed = pytest.mark.skipif(find_smart_turn() is None, reason="Smart Turn is not installed")


def package(home: Path, module: str = "pipecat") -> Path:
    """A package that must not be imported, with something where the model would be."""
    row = json.loads((Path(smart_turn.__file__).parent / "smart_turn.json").read_text("utf-8"))["smart-turn-v3.2"]
    file = home / module / row["file"]
    file.parent.mkdir(parents=True)
    (home / module / "__init__.py").write_text("raise RuntimeError('imported')")
    file.write_bytes(b"no model")
    return file


def test_it_is_found_in_the_package_that_carries_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = package(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert find_smart_turn() == file
    assert "pipecat" not in sys.modules


def test_it_is_found_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "some.onnx"
    monkeypatch.setenv(VARIABLE, str(file))
    with pytest.raises(ConfigError, match=VARIABLE):
        find_smart_turn()
    file.write_bytes(b"no model")
    assert find_smart_turn() == file


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    file = tmp_path / "some.onnx"
    file.write_bytes(b"no model")
    monkeypatch.setenv(VARIABLE, str(file))
    with pytest.raises(WeightsError, match="pip install"):
        shared_smart_turn()


def test_none_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert find_smart_turn() is None and shared_smart_turn() is None


def reference(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Whisper's features as the definition reads, frame by frame and in double precision."""
    window = np.zeros(128_000)
    window[128_000 - min(128_000, samples.size) :] = samples[-128_000:]
    window = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
    padded = np.pad(window, 200, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.array([np.abs(np.fft.rfft(padded[at : at + 400] * hann)) ** 2 for at in range(0, 128_000, 160)])

    def hz(mel: float) -> float:
        return float(200 * mel / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27))

    top = 15 + 27 * np.log(8) / np.log(6.4)
    edges = [hz(top * k / 81) for k in range(82)]
    rows = []
    for low, mid, high in zip(edges, edges[1:], edges[2:], strict=False):
        bins = np.arange(201) * 40.0
        triangle = np.clip(np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)), 0, None)
        rows.append(power @ triangle * 2 / (high - low))
    logs = np.log10(np.maximum(np.array(rows), 1e-10))
    return (np.maximum(logs, logs.max() - 8) + 4) / 4


@pytest.mark.parametrize("seconds", [0.5, 8.0, 11.0])
def test_features_are_those_of_the_definition(seconds: float) -> None:
    clip = rtnb.Clip.load(rtnb.sample("dialogue_sample")).resample(16000)
    samples = clip.samples[: int(16000 * seconds)]
    found = features(samples)
    assert found.shape == (80, 800) and found.dtype == np.float32
    assert np.abs(found - reference(samples)).max() < 2e-3


@installed
def test_the_whole_question_sounds_more_finished_than_half_of_it(voice: HibariVoice) -> None:
    model = shared_smart_turn()
    assert isinstance(model, SmartTurn) and shared_smart_turn() is model
    gaps = []
    for text in ("Could you please turn off the lights in the kitchen?", "I would like to book a table for two."):
        samples = voice.synthesize(text)
        spoken = resample(samples, voice.rate_hz, 16000)
        half = spoken[: spoken.size // 2]
        gaps.append(model.completeness(spoken) - model.completeness(half))
    assert max(gaps) > 0.5 and min(gaps) > -0.1
    clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    assert model.completeness(clip.samples, clip.rate_hz) > 0.5
