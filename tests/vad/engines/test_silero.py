from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.errors import WeightsError
from rtnb.vad.engines.silero import WEIGHTS, SileroEngine, load

pytest.importorskip("onnxruntime")

SAMPLES = Path(rtnb.vad.__file__).parent.parent / "samples"
GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "silero_stock.json").read_text("utf-8"))


@pytest.mark.parametrize("name", GOLDEN["samples"])
@pytest.mark.parametrize("chunk", [160, 512, 4800, 10**9])
def test_agrees_with_the_stock_export_frame_by_frame(name: str, chunk: int) -> None:
    stock = np.array(GOLDEN["samples"][name])
    samples = Clip.load(next(SAMPLES.rglob(f"{name}.flac"))).resample(16000).samples
    samples = np.pad(samples, (0, -samples.size % 512))
    stream = load().stream()
    ours = np.concatenate([stream.push(samples[at : at + chunk]) for at in range(0, samples.size, chunk)])
    assert ours.shape == stock.shape
    assert np.abs(ours - stock).max() < 1e-4


def test_speech_is_found_and_silence_is_not() -> None:
    speech = load().stream().push(Clip.load(SAMPLES / "weather_question.flac").resample(16000).samples)
    silence = load().stream().push(np.zeros(32000, dtype=np.float32))
    assert speech.max() > 0.95
    assert silence.max() < 0.2


def test_the_network_is_shared_between_threads() -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(load())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(engine) for engine in found}) == 1


def test_one_flipped_byte_is_refused(tmp_path: Path) -> None:
    data = bytearray((WEIGHTS / "silero_vad_16k_sequence.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    copy = tmp_path / "silero_vad_16k_sequence.onnx"
    copy.write_bytes(data)
    with pytest.raises(WeightsError, match="pip install --force-reinstall"):
        SileroEngine(copy)


def test_the_licence_travels_with_the_weights() -> None:
    row = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))["silero"]
    assert row["licence"] == "MIT"
    assert "Silero Team" in (WEIGHTS / row["licence_file"]).read_text("utf-8")
