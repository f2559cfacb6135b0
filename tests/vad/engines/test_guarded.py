from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError, MissingExtraError, ModelError
from rtnb.vad import load_engine, probabilities
from rtnb.vad.engines.energy import EnergyEngine
from rtnb.vad.engines.finding import as_engine
from rtnb.vad.engines.guarded import GuardedEngine

CLIP_FRAMES = 3


class Told:
    """An engine whose streams return what they are told to."""

    name, rate_hz, hop = "told", 8000, 80

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def stream(self) -> Told:
        return self

    def push(self, samples: np.ndarray) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def push(answer: Any, samples: int = 240) -> np.ndarray:
    return GuardedEngine(Told(answer)).stream().push(np.zeros(samples, dtype=np.float32))


def test_what_is_right_passes_as_float32() -> None:
    found = push(np.array([0.0, 0.5, 1.0000001]))
    assert found.dtype == np.float32
    assert found.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "returned NoneType, not a float32 array"),
        ([0.1, 0.2, 0.3], "returned list, not a float32 array"),
        (np.zeros(3, dtype=np.int16), "returned int16, not a float32 array"),
        (np.zeros(2), r"in the shape \(2,\); 240 samples have completed 3 frames of 80, so that it is \(3,\)"),
        (np.zeros((3, 1)), r"in the shape \(3, 1\)"),
        (np.array([0.0, np.nan, 0.0]), "some are no number"),
        (np.array([0.0, 2.0, 0.0]), "values from 0 to 2, not probabilities"),
        (np.array([-0.1, 0.2, 0.0]), "values from -0.1 to 0.2"),
        (OSError("no\ndisk"), "failed: OSError: no disk"),
        (SystemExit(3), "failed: SystemExit: 3"),
    ],
)
def test_what_is_wrong_is_one_clear_error(answer: Any, told: str) -> None:
    with pytest.raises(ModelError, match=rf"The voice activity engine 'told' .*{told}"):
        push(answer)


def test_ctrl_c_is_the_users() -> None:
    with pytest.raises(KeyboardInterrupt):
        push(KeyboardInterrupt())


@given(st.lists(st.integers(0, 300), max_size=20))
def test_frames_are_counted_over_the_pieces(sizes: list[int]) -> None:
    class Counting(EnergyEngine):
        hop = 512

    stream = GuardedEngine(Counting()).stream()
    total = sum(stream.push(np.zeros(size, dtype=np.float32)).size for size in sizes)
    assert total == sum(sizes) // 512


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"rate_hz": 100}, "rate_hz = 100"),
        ({"rate_hz": "16000"}, "rate_hz = '16000'"),
        ({"rate_hz": True}, "rate_hz = True"),
        ({"hop": 0}, "hop = 0"),
        ({"hop": 9000}, "hop = 9000; that is a whole number of samples a frame, 1 to 8000"),
        ({"stream": None}, "has no method stream"),
    ],
)
def test_what_an_engine_says_of_itself_is_checked(members: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        GuardedEngine(type("Odd", (Told,), members)(None))


def test_a_stream_that_is_none_is_told() -> None:
    odd = type("Odd", (Told,), {"stream": lambda self: 3})(None)
    with pytest.raises(ModelError, match="returned int for a stream"):
        GuardedEngine(odd).stream()


ENGINE = """
import numpy as np
class Loud:
    rate_hz, hop = 8000, 160
    version = "1"
    def stream(self):
        return self
    def push(self, samples):
        return np.abs(samples.reshape(-1, 160)).max(axis=1)
instance = Loud()
def load():
    return Loud()
def broken():
    raise OSError("no model")
def leaves():
    raise SystemExit(1)
def extra():
    from rtnb.errors import MissingExtraError
    raise MissingExtraError("pip install loud")
number = 3
def gives():
    return "loud"
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "loud.py").write_text(ENGINE)
    return str(tmp_path / "loud.py")


@pytest.mark.parametrize("name", ["Loud", "load", "instance"])
def test_a_file_brings_an_engine(mine: str, name: str) -> None:
    from rtnb import Clip

    found = probabilities(Clip(np.full(1600, 0.25), 8000), engine=f"{mine}:{name}")
    assert found.p.tolist() == [0.25] * 10
    assert found.hop_s == 0.02
    again = pickle.loads(pickle.dumps(load_engine(f"{mine}:{name}")))
    assert (again.name, again.hop, again.version) == (f"{mine}:{name}", 160, "1")


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("broken", ModelError, "cannot be made: OSError: no model"),
        ("leaves", ModelError, "cannot be made: SystemExit: 1"),
        ("extra", MissingExtraError, "pip install loud"),
        ("number", ConfigError, "is int: neither has it a method stream, nor can one call it"),
        ("gives", ConfigError, "is str, which has no method stream"),
        ("missing", ConfigError, "has no 'missing'"),
    ],
)
def test_a_file_brings_none(mine: str, name: str, kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told):
        load_engine(f"{mine}:{name}")


def test_an_installed_package_brings_an_engine(mine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "rtnb_loud-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rtnb-loud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rtnb.vad_engines]\nloud = loud:Loud\nlost = loud:Lost\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_engine("loud").hop == 160
    with pytest.raises(ConfigError, match="'lost' of rtnb-loud cannot be imported"):
        load_engine("lost")
    with pytest.raises(ConfigError, match=r"'quiet'; there are 'silero', 'earshot', 'energy', 'lost', 'loud', module:"):
        load_engine("quiet")


def test_an_object_is_taken_and_watched() -> None:
    assert as_engine(engine := EnergyEngine()) is engine
    assert isinstance(as_engine(Told(None)), GuardedEngine)
    with pytest.raises(ConfigError, match="has no method stream"):
        as_engine(3)  # type: ignore[arg-type]
