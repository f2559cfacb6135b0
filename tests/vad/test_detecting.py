from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

import rtnb
from rtnb import Clip, SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.vad import Setting, Track, probabilities
from rtnb.vad.detecting import detect, settings_of
from rtnb.vad.semantic_bounds import ESTIMATE
from rtnb.vad.tuning import DetectorTuning


@dataclass(frozen=True)
class Config:
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 200


def track(*runs: tuple[float, int]) -> Track:
    return Track(np.repeat([p for p, _ in runs], [n for _, n in runs]).astype(np.float32), 0.032, "silero")


TWICE = track((0.1, 10), (0.9, 20), (0.1, 10), (0.9, 5), (0.1, 2))


def test_turns_of_a_synthetic_track() -> None:
    first, second = detect(TWICE, Config())
    assert (first.onset_s, first.end_s, first.audio_start_ms, first.audio_end_ms) == (0.32, 0.96, 20, 1160)
    assert (first.closed, first.started_at_s, first.stopped_at_s) == (True, 0.352, 1.216)
    assert (second.onset_s, second.end_s, second.closed) == (1.28, 1.44, False)
    # Known only after the recording, by silence behind it.
    assert second.stopped_at_s > TWICE.duration_s


def test_the_padding_does_not_reach_into_the_turn_before() -> None:
    first, second = detect(TWICE, Config(prefix_padding_ms=1000))
    assert second.audio_start_ms == first.audio_end_ms == 1160


def test_speech_up_to_the_end_is_closed_by_silence_after_it() -> None:
    (turn,) = detect(track((0.1, 10), (0.9, 20)), Config())
    assert (turn.end_s, turn.audio_end_ms, turn.closed) == (0.96, 1160, False)


@pytest.mark.parametrize(
    "config",
    [
        ServerVad(),
        ServerVad().resolved(),
        ServerVad(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=200),
        Setting(0.5, 300, 200),
        {"threshold": 0.5, "silence_duration_ms": 200},
        {"type": "server_vad", "create_response": False, "idle_timeout_ms": 6000},
        {"threshold": 0.5, "hysteresis": 0.15},
        Config(),
    ],
)
def test_turn_detection_comes_in_many_forms(config: object) -> None:
    assert detect(TWICE, config) == detect(TWICE, Config())


@pytest.mark.parametrize("config", [None, 0.5, "server_vad", object(), {"type": "other"}, {"treshold": 0.4}])
def test_what_is_no_turn_detection_is_refused(config: object) -> None:
    with pytest.raises(ConfigError):
        detect(TWICE, config)


def test_a_misspelt_member_is_named() -> None:
    with pytest.raises(ConfigError, match="treshold"):
        settings_of({"treshold": 0.4})


def test_turns_are_called_by_their_tuning() -> None:
    assert {turn.prediction for turn in detect(TWICE, ServerVad())} == {"local emulation"}
    mine = DetectorTuning(hysteresis=0.2, name="calibrated to X")
    assert {turn.prediction for turn in detect(TWICE, ServerVad(), tuning=mine)} == {"calibrated to X"}
    other = detect(TWICE, Setting(0.5, 300, 500, 0.4), tuning=mine)
    assert {turn.prediction for turn in other} == {"calibrated to X, hysteresis 0.4"}


def test_semantic_vad_gives_the_turns_of_an_estimate() -> None:
    short = detect(TWICE, SemanticVad(eagerness="high"))
    assert short == detect(TWICE, {"type": "semantic_vad", "eagerness": "high"})
    assert {turn.prediction for turn in short} == {ESTIMATE}
    # 320 ms of silence end nothing that nobody has judged.
    assert [(turn.onset_s, turn.end_s) for turn in short] == [(0.32, 1.44)]


def test_tuning_is_obeyed() -> None:
    assert detect(track((0.9, 3), (0.1, 20)), Config(), tuning=DetectorTuning(min_speech_ms=200)) == ()


def test_a_setting_with_a_hysteresis_has_it_whatever_the_tuning() -> None:
    half = track((0.9, 5), (0.4, 20))
    assert not detect(half, Setting(0.5, 0, 200), tuning=DetectorTuning(hysteresis=0.3))[0].closed
    assert detect(half, Setting(0.5, 0, 200, 0.05), tuning=DetectorTuning(hysteresis=0.3))[0].closed


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_a_threshold_of_0_comes_to_an_end(p: float) -> None:
    (turn,) = detect(track((p, 20)), Config(threshold=0.0))
    assert (turn.onset_s, turn.closed) == (0.0, False)


def test_an_empty_track_has_no_turns() -> None:
    assert detect(track(), Config()) == () and detect(track((0.0, 50)), Config()) == ()


@pytest.mark.parametrize("hop_s", [0.0, -0.032, math.nan])
def test_a_track_without_a_frame_length_is_refused(hop_s: float) -> None:
    with pytest.raises(ConfigError, match="hop_s"):
        detect(Track(np.zeros(3, dtype=np.float32), hop_s, "silero"), Config())


def test_the_spoken_question_is_one_turn() -> None:
    pytest.importorskip("onnxruntime")
    clip = Clip.load(rtnb.sample("weather_question"))
    (turn,) = detect(probabilities(clip), ServerVad(silence_duration_ms=500))
    assert 0.3 < turn.onset_s < 0.6
    assert 1.2 < turn.end_s <= 1.9


def test_the_dialogue_has_several_turns() -> None:
    pytest.importorskip("onnxruntime")
    found = probabilities(Clip.load(rtnb.sample("dialogue_sample")))
    short = detect(found, ServerVad(silence_duration_ms=200))
    long = detect(found, ServerVad(silence_duration_ms=700))
    assert len(short) > len(long) >= 1
    assert all(a.end_s < b.onset_s for a, b in pairwise(short))
