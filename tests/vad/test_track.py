from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError
from rtnb.vad.computing import probabilities
from rtnb.vad.engines import load_engine
from rtnb.vad.track import Track

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


@pytest.mark.parametrize(
    ("p", "told"),
    [
        ([0.5, float("nan")], r"nan in frame 1 is none\."),
        ([2.0, 0.5, 3.0], "2 in frame 0 is none, as are 1 others"),
        ([0.5, -0.5], "-0.5 in frame 1"),
        ([float("inf")], "inf in frame 0"),
        ([-1.0, 1e300], "1e\\+300 in frame 1"),
        (np.zeros((2, 2), dtype=np.float32), r"shape \(2, 2\)"),
        (0.5, r"shape \(\)"),
        (["a"], "probability"),
        ([[0.1], [0.1, 0.2]], "array of probabilities"),
        ([True], "bool"),
        (None, "object"),
    ],
)
def test_what_are_no_probabilities_is_refused(p: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Track(p, 0.032, "mine")


@pytest.mark.parametrize("hop_s", [0, 0.0, -0.032, 1e-12, 0.0009, 32, float("nan"), float("inf"), True, "0.032", None])
def test_what_is_no_frame_is_refused(hop_s: Any) -> None:
    with pytest.raises(ConfigError, match="hop_s is"):
        Track(np.zeros(3, dtype=np.float32), hop_s, "mine")


@pytest.mark.parametrize("p", [[0.0, 1.0, 0.25], (0, 1, 0.25), np.array([0, 1, 0.25]), np.float32([0, 1, 0.25])])
def test_any_numbers_become_a_read_only_array(p: Any) -> None:
    track = Track(p, np.float32(0.5), "mine")  # type: ignore[arg-type]
    assert (track.p.dtype, track.p.tolist(), track.hop_s) == (np.float32, [0.0, 1.0, 0.25], 0.5)
    assert type(track.hop_s) is float
    assert not track.p.flags.writeable
    if isinstance(p, np.ndarray):
        p[0] = 7
        assert track.p[0] == 0


def test_a_read_only_array_is_not_copied_and_joined_ones_are_tracks() -> None:
    p = np.float32([0.5, -1.0, -1.0, 1.0])
    p.flags.writeable = False
    assert Track(p, 0.032, "mine").p is p
    assert Track([], 0.032, "mine").p.size == 0


@pytest.mark.parametrize("again", [lambda track: pickle.loads(pickle.dumps(track)), copy.deepcopy, copy.copy])
def test_a_track_travels_read_only(again: Any) -> None:
    track = Track([0.5, 0.25], 0.032, "mine", "talk", "audio/pcm")
    other = again(track)
    assert repr(other) == repr(track)
    assert (other.name, other.p.tolist(), other.p.flags.writeable) == ("talk", [0.5, 0.25], False)
