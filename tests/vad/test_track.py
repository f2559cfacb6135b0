from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import rtnb.vad
from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError
from rtnb.vad.computing import probabilities
from rtnb.vad.detecting import detect
from rtnb.vad.engines import load_engine
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

SAMPLES = Path(rtnb.vad.__file__).parent.parent / "samples"


@dataclass(frozen=True)
class Settings:
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 200


def track(*runs: tuple[float, int]) -> Track:
    return Track(np.repeat([p for p, _ in runs], [n for _, n in runs]).astype(np.float32), 0.032, "silero")


def test_track_covers_the_clip() -> None:
    found = probabilities(Clip.silence(1.0), engine="energy")
    assert (found.p.size, found.hop_s, found.engine) == (32, 0.032, "energy")
    assert found.duration_s == pytest.approx(1.024)
    with pytest.raises(ValueError, match="read-only"):
        found.p[0] = 1


def test_empty_clip_has_an_empty_track() -> None:
    found = probabilities(Clip.silence(0.0), engine="energy")
    assert found.p.size == 0
    assert detect(found, Settings()) == ()


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


def test_turns_of_a_synthetic_track() -> None:
    first, second = detect(track((0.1, 10), (0.9, 20), (0.1, 10), (0.9, 5), (0.1, 2)), Settings())
    assert (first.onset_s, first.end_s, first.audio_start_ms, first.audio_end_ms) == (0.32, 0.96, 20, 1160)
    assert first.closed
    assert (second.onset_s, second.end_s, second.closed) == (1.28, 1.44, False)


def test_speech_up_to_the_end_is_closed_by_silence_after_it() -> None:
    (turn,) = detect(track((0.1, 10), (0.9, 20)), Settings())
    assert (turn.end_s, turn.audio_end_ms, turn.closed) == (0.96, 1160, False)


def test_tuning_is_obeyed() -> None:
    assert detect(track((0.9, 3), (0.1, 20)), Settings(), tuning=DetectorTuning(min_speech_ms=200)) == ()


def test_a_track_without_a_frame_length_is_refused() -> None:
    with pytest.raises(ConfigError, match="hop_s"):
        detect(Track(np.zeros(3, dtype=np.float32), 0.0, "silero"), Settings())


def test_the_spoken_question_is_one_turn() -> None:
    pytest.importorskip("onnxruntime")
    clip = Clip.load(SAMPLES / "weather_question.flac")
    (turn,) = detect(probabilities(clip), Settings(silence_duration_ms=500))
    assert 0.3 < turn.onset_s < 0.6
    assert 1.2 < turn.end_s <= 1.9


def test_the_dialogue_has_several_turns() -> None:
    pytest.importorskip("onnxruntime")
    found = probabilities(Clip.load(SAMPLES / "labelled" / "dialogue_sample.flac"))
    short = detect(found, Settings(silence_duration_ms=200))
    long = detect(found, Settings(silence_duration_ms=700))
    assert len(short) > len(long) >= 1
    assert all(a.end_s < b.onset_s for a, b in pairwise(short))
