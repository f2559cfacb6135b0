"""The emulation of ``semantic_vad``: bounds, judgements in time and late, and the way to and from ``server_vad``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb.vad
from rtnb.errors import ConfigError
from rtnb.vad import Detector, DetectorTuning, SemanticDetector, SpeechStarted, SpeechStopped
from rtnb.vad.detector import Event
from rtnb.vad.semantic import SemanticTuning, default_semantic_tuning

MAX_WAIT_S = {"low": 8.0, "medium": 4.0, "high": 2.0, "auto": 4.0}
RULE = default_semantic_tuning()
EAGERNESS = st.sampled_from(sorted(MAX_WAIT_S))


@dataclass(frozen=True)
class Settings:
    eagerness: str = "medium"
    max_wait_s: float = 4.0


@dataclass(frozen=True)
class Server:
    threshold: float = RULE.threshold
    prefix_padding_ms: int = RULE.prefix_padding_ms
    silence_duration_ms: int = 200


def of(eagerness: str = "medium", hop_ms: float = 32, **options: object) -> SemanticDetector:
    return SemanticDetector(Settings(eagerness, MAX_WAIT_S[eagerness]), hop_ms=hop_ms, **options)  # type: ignore[arg-type]


def run(detector: SemanticDetector | Detector, track: list[float]) -> list[Event]:
    return [event for p in track for event in detector.push(p)]


def stop_of(detector: SemanticDetector, frames: int = 1000) -> SpeechStopped:
    for _ in range(frames):
        for event in detector.push(0.0):
            assert isinstance(event, SpeechStopped)
            return event
    raise AssertionError("no stop")


def test_the_row_is_dated() -> None:
    table = json.loads((Path(rtnb.vad.__file__).parent / "semantic.json").read_text("utf-8"))
    assert table["local"]["source"] and table["local"]["date"]
    assert set(RULE.min_wait_ms) == set(MAX_WAIT_S)


@given(EAGERNESS, st.floats(0, 1), st.floats(0, 1))
def test_the_wait_falls_as_completeness_grows_within_its_bounds(eagerness: str, a: float, b: float) -> None:
    longest = 1000 * MAX_WAIT_S[eagerness]
    low, high = sorted((a, b))
    waits = [RULE.wait_ms(c, eagerness, longest) for c in (0.0, low, high, 1.0)]
    assert waits == sorted(waits, reverse=True)
    assert (waits[0], waits[-1]) == (longest, RULE.min_wait_ms[eagerness])


@pytest.mark.parametrize("eagerness", sorted(MAX_WAIT_S))
def test_what_sounds_unfinished_waits_as_long_as_the_eagerness_allows(eagerness: str) -> None:
    detector = of(eagerness)
    run(detector, [0.9] * 20 + [0.0] * 4)
    assert detector.judge(0.0)
    assert stop_of(detector).audio_end_ms == 640 + 1000 * MAX_WAIT_S[eagerness]


def test_the_more_finished_the_sooner() -> None:
    ends = []
    for completeness in (0.1, 0.5, 0.9, 1.0):
        detector = of()
        run(detector, [0.9] * 20 + [0.0] * 4)
        detector.judge(completeness)
        ends.append(stop_of(detector).audio_end_ms - 640)
    assert ends == [3316, 1300, 436, 400]


def test_without_a_judge_the_turn_ends_all_the_same() -> None:
    detector = of()
    run(detector, [0.9] * 20)
    assert stop_of(detector).audio_end_ms == 640 + RULE.wait_ms(RULE.unjudged, "medium", 4000)


def test_a_judgement_is_wanted_once_a_pause() -> None:
    detector = of()
    run(detector, [0.0] * 10 + [0.9] * 20)
    assert not detector.wants_judgement
    run(detector, [0.0] * 2)
    assert not detector.wants_judgement
    run(detector, [0.0])
    assert detector.wants_judgement
    assert detector.judge(0.2) and not detector.wants_judgement
    run(detector, [0.0] * 5)
    assert not detector.wants_judgement
    run(detector, [0.9] + [0.0] * 3)
    assert detector.wants_judgement


def test_a_judgement_of_another_pause_comes_to_nothing() -> None:
    detector = of()
    run(detector, [0.9] * 20 + [0.0] * 4)
    first = detector.pending_end_ms
    run(detector, [0.9] * 3)
    assert not detector.judge(1.0) and not detector.judge(1.0, pause_ms=first)
    run(detector, [0.0] * 4)
    assert not detector.judge(1.0, pause_ms=first)
    assert detector.wait_ms == 1300
    assert detector.judge(1.0, pause_ms=detector.pending_end_ms)
    assert detector.wait_ms == 400


def test_a_pause_does_not_inherit_the_wait_of_the_one_before() -> None:
    detector = of()
    run(detector, [0.9] * 20 + [0.0] * 4)
    detector.judge(1.0)
    run(detector, [0.9] * 3 + [0.0] * 20)
    assert detector.speaking and detector.wait_ms == 1300


def test_a_late_judgement_ends_the_turn_now_and_not_in_the_past() -> None:
    detector = of()
    run(detector, [0.9] * 20 + [0.0] * 30)
    assert detector.pending_silence_ms == 960
    detector.judge(1.0)
    stopped = stop_of(detector, frames=1)
    assert (stopped.speech_end_ms, stopped.audio_end_ms) == (640, 640 + 960)


def test_a_late_judgement_can_prolong_the_wait() -> None:
    detector = of()
    run(detector, [0.9] * 20 + [0.0] * 38)
    detector.judge(0.0)
    assert stop_of(detector).audio_end_ms == 640 + 4000


def test_another_eagerness_holds_for_the_running_pause() -> None:
    detector = of("low")
    run(detector, [0.9] * 20 + [0.0] * 4)
    detector.judge(0.0)
    detector.reconfigure(Settings("high", 2.0))
    assert stop_of(detector).audio_end_ms == 640 + 2000


TRACKS = st.lists(st.tuples(st.sampled_from([0.0, 0.4, 0.95]), st.integers(1, 60)), max_size=15)
TUNINGS = st.builds(DetectorTuning, min_speech_ms=st.sampled_from([0, 100]), lag_ms=st.sampled_from([0, 40]))


@settings(deadline=None)
@given(TRACKS, EAGERNESS, st.lists(st.floats(0, 1)), TUNINGS, st.randoms(use_true_random=False))
def test_starts_are_those_of_server_vad_and_waits_keep_their_bounds(
    runs: list[tuple[float, int]], eagerness: str, judgements: list[float], tuning: DetectorTuning, chance: object
) -> None:
    detector = of(eagerness, tuning=tuning)
    shadow = Detector(Server(), hop_ms=32, tuning=tuning)
    first = True
    speaking = False
    for p, frames in runs:
        for _ in range(frames):
            if judgements and chance.random() < 0.1:  # type: ignore[attr-defined]
                detector.judge(judgements.pop())
            expected = shadow.push(p)
            for event in detector.push(p):
                assert speaking is isinstance(event, SpeechStopped)
                speaking = not speaking
                if isinstance(event, SpeechStarted):
                    # Up to the first stop there is nothing that tells the two apart.
                    assert not first or expected == [event]
                else:
                    first = False
                    waited = event.audio_end_ms - round(event.speech_end_ms)
                    assert RULE.min_wait_ms[eagerness] <= waited <= 1000 * MAX_WAIT_S[eagerness]
                    assert event.at_ms + tuning.lag_ms >= event.audio_end_ms
            first = first and shadow.speaking is detector.speaking
    assert detector.speaking is speaking


def test_it_takes_over_from_server_vad_in_mid_speech_and_hands_back() -> None:
    plain = Detector(Server(), hop_ms=32)
    assert len(run(plain, [0.9] * 20 + [0.0] * 4)) == 1
    semantic = SemanticDetector(Settings(), hop_ms=32, detector=plain)
    assert semantic.speaking and semantic.wants_judgement and semantic.detector is plain
    semantic.judge(0.0)
    assert run(semantic, [0.0] * 40) == []
    plain.reconfigure(Server())
    (stopped,) = plain.push(0.0)
    assert isinstance(stopped, SpeechStopped) and stopped.speech_end_ms == 640


@pytest.mark.parametrize(
    "bad", [{"threshold": 2}, {"unjudged": -0.1}, {"curve": 0}, {"min_wait_ms": {"low": 0}}, {"judge_after_ms": -1}]
)
def test_bad_constants_are_refused(bad: dict[str, object]) -> None:
    good = {name: getattr(RULE, name) for name in SemanticTuning.__dataclass_fields__}
    with pytest.raises(ConfigError, match="SemanticTuning"):
        SemanticTuning(**good | bad)


def test_a_judgement_behind_the_last_audio_ends_the_turn() -> None:
    detector = of()
    run(detector, [0.9] * 20 + [0.0] * 30)
    assert detector.speaking and detector.due() == []
    passed_ms = detector.pending_silence_ms
    assert detector.judge(1.0)
    (stopped,) = detector.due()
    # Not in the past: it ends where the audio does.
    assert isinstance(stopped, SpeechStopped) and stopped.audio_end_ms == round(stopped.speech_end_ms + passed_ms)
    assert stopped.at_ms == detector.clock_ms and not detector.speaking and detector.due() == []


def test_a_judgement_that_asks_for_more_silence_ends_nothing_yet() -> None:
    detector = of()
    run(detector, [0.9] * 20 + [0.0] * 4)
    assert detector.judge(1.0) and detector.due() == [] and detector.speaking


def test_two_clicks_are_no_speech() -> None:
    detector = of(tuning=DetectorTuning(min_speech_ms=100))
    assert run(detector, ([0.95] + [0.0] * 20) * 3) == []
    (started,) = run(detector, [0.95] * 6)
    assert isinstance(started, SpeechStarted) and started.onset_ms == 63 * 32
