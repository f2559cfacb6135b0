from __future__ import annotations

import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.errors import WeightsError
from rtnb.vad.engines.silero import FEW, WEIGHTS, SileroEngine, load

pytest.importorskip("onnxruntime")

SAMPLES = Path(rtnb.vad.__file__).parent.parent / "samples"
GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "silero_stock.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        *((name, 10**9) for name in GOLDEN["samples"]),
        ("weather_question", 160),
        ("weather_question", 512),
        ("ami_trn01", 512),
        ("dialogue_sample", 4800),
        ("dialogue_sample", 24_000),
    ],
)
def test_agrees_with_the_stock_export_frame_by_frame(name: str, chunk: int) -> None:
    stock = np.array(GOLDEN["samples"][name])
    samples = Clip.load(next(SAMPLES.rglob(f"{name}.flac"))).resample(16000).samples
    samples = np.pad(samples, (0, -samples.size % 512))
    stream = load().stream()
    ours = np.concatenate([stream.push(samples[at : at + chunk]) for at in range(0, samples.size, chunk)])
    assert ours.shape == stock.shape
    assert np.abs(ours - stock).max() < 2e-5


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 40_000), max_size=12))
def test_however_the_samples_are_cut_the_probabilities_are_the_same(cuts: list[int]) -> None:
    samples = Clip.load(SAMPLES / "labelled" / "ami_trn03.flac").samples[:160_000]
    samples = samples[: samples.size // 512 * 512]
    whole = load().stream().push(samples)
    stream, parts, at = load().stream(), [], 0
    for size in (*cuts, samples.size):
        parts.append(stream.push(samples[at : at + size]))
        at = min(samples.size, at + size)
    assert np.abs(np.concatenate(parts) - whole).max() < 2e-5


def test_both_files_hold_the_same_network() -> None:
    """Block by block, states included: one may go on where the other stopped."""
    engine = load()
    few, many = engine.network(FEW), engine.network(FEW + 1)
    assert few is not many
    rng = np.random.default_rng(3)
    state = np.zeros((2, 1, 1, 128), dtype=np.float32)
    for frames in (1, 2, 7, 64):
        block = (rng.standard_normal((frames, 576)) * 0.1).astype(np.float32)
        told = {"input": block, "h": state[0], "c": state[1]}
        ours, theirs = many.run(None, told), few.run(None, told)
        for mine, stock in zip(ours, theirs, strict=True):
            assert mine.shape == stock.shape
            assert np.abs(mine - stock).max() < 1e-4
        state = np.stack(theirs[1:])


def test_a_stream_of_small_pieces_opens_no_second_file() -> None:
    engine = SileroEngine()
    stream = engine.stream()
    stream.push(np.zeros(FEW * 512, dtype=np.float32))
    assert engine._quick is None
    stream.push(np.zeros((FEW + 1) * 512, dtype=np.float32))
    assert engine._quick is not None


def test_threads_may_share_one_engine() -> None:
    samples = Clip.load(SAMPLES / "labelled" / "ami_trn01.flac").samples
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: SileroEngine().stream().push(samples), range(2)))
        found += list(pool.map(lambda _: load().stream().push(samples), range(6)))
    assert all(np.array_equal(each, found[0]) for each in found)


def test_another_process_has_the_engine_of_its_own() -> None:
    assert pickle.loads(pickle.dumps(load())) is load()


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


def test_the_other_file_is_checked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in WEIGHTS.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    data = bytearray((tmp_path / "silero_vad_16k_blocks.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "silero_vad_16k_blocks.onnx").write_bytes(data)
    monkeypatch.setattr("rtnb.vad.engines.silero.WEIGHTS", tmp_path)
    engine = SileroEngine()
    with pytest.raises(WeightsError, match="silero_vad_16k_blocks"):
        engine.stream().push(np.zeros(512 * 100, dtype=np.float32))


def test_one_flipped_byte_is_refused(tmp_path: Path) -> None:
    data = bytearray((WEIGHTS / "silero_vad_16k_sequence.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    copy = tmp_path / "silero_vad_16k_sequence.onnx"
    copy.write_bytes(data)
    with pytest.raises(WeightsError, match="pip install --force-reinstall"):
        SileroEngine(copy)


@pytest.mark.parametrize("name", ["silero", "silero_blocks"])
def test_the_licence_travels_with_the_weights(name: str) -> None:
    row = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))[name]
    assert row["licence"] == "MIT"
    assert row["bytes"] == (WEIGHTS / row["file"]).stat().st_size
    assert "Silero Team" in (WEIGHTS / row["licence_file"]).read_text("utf-8")
