from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError, MissingExtraError
from rtnb.vad.engines import ENGINES, Framer, default_engine, load_engine

MODULES = {"silero": "onnxruntime", "earshot": "earshot"}


@given(st.lists(st.integers(0, 40)), st.integers(1, 17))
def test_framer_gives_every_sample_once_and_in_order(sizes: list[int], hop: int) -> None:
    framer = Framer(hop)
    signal = np.arange(sum(sizes), dtype=np.float32)
    at = 0
    parts = []
    for size in sizes:
        parts.append(framer.push(signal[at : at + size]))
        at += size
        assert parts[-1].shape == (parts[-1].shape[0], hop)
    framed = np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0)
    assert framed.size == signal.size // hop * hop
    assert np.array_equal(framed, signal[: framed.size])


def test_framer_keeps_its_own_copy_of_leftovers() -> None:
    framer = Framer(4)
    buffer = np.ones(3, dtype=np.float32)
    framer.push(buffer)
    buffer[:] = 9
    assert framer.push(np.ones(1, dtype=np.float32)).tolist() == [[1, 1, 1, 1]]


def test_unknown_name_lists_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match=r"'webrtc'.*'silero', 'earshot', 'energy'"):
        load_engine("webrtc")


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_keeps_the_contract(name: str) -> None:
    if name in MODULES:
        pytest.importorskip(MODULES[name])
    engine = load_engine(name)
    assert engine.name == name
    rng = np.random.default_rng(1)
    signal = (rng.standard_normal(engine.hop * 7 + 11) * 0.05).astype(np.float32)
    whole = engine.stream().push(signal)
    assert whole.shape == (7,)
    assert whole.dtype == np.float32
    assert ((whole >= 0) & (whole <= 1)).all()
    chunked, bystander = engine.stream(), engine.stream()
    parts = []
    for at in range(0, signal.size, 100):
        parts.append(chunked.push(signal[at : at + 100]))
        bystander.push(rng.standard_normal(100).astype(np.float32))
    assert np.allclose(np.concatenate(parts), whole, atol=1e-6)
    assert engine.stream().push(np.zeros(0, dtype=np.float32)).shape == (0,)


@pytest.mark.parametrize(
    ("hidden", "name", "advice"),
    [("onnxruntime", "silero", "rtnb[local]"), ("earshot", "earshot", "rtnb[vad]")],
)
def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, hidden: str, name: str, advice: str) -> None:
    monkeypatch.setitem(sys.modules, hidden, None)
    monkeypatch.setattr("rtnb.vad.engines.silero._shared", None)
    with pytest.raises(MissingExtraError) as caught:
        load_engine(name)
    assert advice in str(caught.value)


def test_default_engine_falls_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("earshot")
    assert default_engine().name == "silero"
    monkeypatch.setattr("rtnb.vad.engines.silero._shared", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert default_engine().name == "earshot"
    monkeypatch.setitem(sys.modules, "earshot", None)
    assert default_engine().name == "energy"


def test_importing_the_room_loads_no_model_library() -> None:
    code = (
        "import sys, rtnb.vad, rtnb.vad.detector, rtnb.vad.tuning\n"
        "assert not {'numpy', 'onnxruntime', 'earshot', 'soxr', 'soundfile'} & set(sys.modules)\n"
        "import rtnb.vad.engines, rtnb.vad.track, rtnb.vad.engines.silero, rtnb.vad.engines.energy\n"
        "assert not {'onnxruntime', 'earshot', 'soxr', 'soundfile'} & set(sys.modules)\n"
        "rtnb.vad.Detector, rtnb.vad.probabilities\n"
        "assert all(hasattr(rtnb.vad, name) for name in rtnb.vad.__all__)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
