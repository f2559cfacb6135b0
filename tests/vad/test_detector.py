from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tunings import tunings

from rtnb.errors import ConfigError
from rtnb.vad.detector import Detector, Event, SpeechStarted, SpeechStopped
from rtnb.vad.tuning import DetectorTuning

RATE_HZ = 16000


@dataclass(frozen=True)
class Settings:
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 200


def segments(
    track: list[float],
    threshold: float,
    silence_ms: float,
    window: int,
    hysteresis: float = 0.15,
    min_speech_ms: float = 0,
) -> list[tuple[int, int]]:
    """The documented offline algorithm in samples at 16 kHz, closed segments only, without padding."""
    exit_threshold = max(threshold - hysteresis, 0.01)
    wanted_silence = RATE_HZ * silence_ms / 1000
    wanted_speech = RATE_HZ * min_speech_ms / 1000
    found: list[tuple[int, int]] = []
    in_speech = False
    start = tentative_end = 0
    for number, p in enumerate(track):
        here = window * number
        if p >= threshold:
            tentative_end = 0
            if not in_speech:
                in_speech, start = True, here
                continue
        if in_speech and p < exit_threshold:
            tentative_end = tentative_end or here
            if here - tentative_end >= wanted_silence:
                if tentative_end - start > wanted_speech:
                    found.append((start, tentative_end))
                in_speech, tentative_end = False, 0
    return found


def run(detector: Detector, track: list[float]) -> list[Event]:
    return [event for p in track for event in detector.push(p)]


def pairs(events: list[Event]) -> list[tuple[float, float]]:
    starts = [event.onset_ms for event in events if isinstance(event, SpeechStarted)]
    stops = [event.speech_end_ms for event in events if isinstance(event, SpeechStopped)]
    return list(zip(starts, stops, strict=False))


@st.composite
def tracks(draw: st.DrawFn) -> list[float]:
    """Speech-like tracks: runs near a level, with jitter around the thresholds."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    runs = draw(st.integers(1, 25))
    parts = [
        np.clip(
            rng.choice([0.0, 0.02, 0.3, 0.42, 0.5, 0.6, 0.95]) + rng.normal(0, 0.08, rng.integers(1, 25)),
            0,
            1,
        )
        for _ in range(runs)
    ]
    return [round(float(p), 3) for p in np.concatenate(parts)]


HOPS = st.sampled_from([256, 512])
TUNINGS = st.builds(
    DetectorTuning,
    hysteresis=st.sampled_from([0.0, 0.05, 0.15, 0.3]),
    min_speech_ms=st.sampled_from([0, 16, 50, 96, 250]),
)


@settings(max_examples=400, deadline=None)
@given(
    tracks(),
    st.sampled_from([0.0, 0.005, 0.1, 0.12, 0.3, 0.35, 0.5, 0.65, 0.8, 0.95]),
    st.sampled_from([0, 10, 32, 64, 100, 200, 250, 500, 700]),
    HOPS,
    TUNINGS,
)
def test_segments_are_those_of_the_offline_algorithm(
    track: list[float], threshold: float, silence_ms: int, hop: int, tuning: DetectorTuning
) -> None:
    hop_ms = 1000 * hop / RATE_HZ
    detector = Detector(Settings(threshold, 300, silence_ms), hop_ms=hop_ms, tuning=tuning)
    events = run(detector, track)
    expected = segments(track, threshold, silence_ms, hop, tuning.hysteresis, tuning.min_speech_ms)
    assert pairs(events) == [(1000 * start / RATE_HZ, 1000 * end / RATE_HZ) for start, end in expected]


@settings(deadline=None)
@given(tracks(), st.integers(0, 900), HOPS, TUNINGS)
def test_events_are_ordered_and_their_arithmetic_holds(
    track: list[float], silence_ms: int, hop: int, tuning: DetectorTuning
) -> None:
    config = Settings(0.5, 300, silence_ms)
    detector = Detector(config, hop_ms=1000 * hop / RATE_HZ, tuning=tuning)
    speaking = False
    for number, p in enumerate(track, 1):
        for event in detector.push(p):
            assert event.at_ms == detector.clock_ms == number * 1000 * hop / RATE_HZ
            if isinstance(event, SpeechStarted):
                assert not speaking
                speaking = True
                assert event.audio_start_ms == max(0, round(event.onset_ms) - 300)
                assert event.onset_ms < event.at_ms
            else:
                assert speaking
                speaking = False
                assert event.audio_end_ms == round(event.speech_end_ms) + silence_ms
                assert event.at_ms > event.speech_end_ms + silence_ms
        assert detector.speaking is speaking


def test_a_frame_between_the_thresholds_delays_the_stop() -> None:
    track = [0.9] * 5 + [0.1] + [0.4] * 20 + [0.1]
    events = run(Detector(Settings(silence_duration_ms=200), hop_ms=32), track)
    assert events[1:] == [SpeechStopped(audio_end_ms=160 + 200, speech_end_ms=160.0, at_ms=27 * 32.0)]


def test_low_thresholds_still_exit() -> None:
    events = run(Detector(Settings(threshold=0.1), hop_ms=32), [0.2] * 5 + [0.0] * 10)
    assert isinstance(events[-1], SpeechStopped)
    assert len(run(Detector(Settings(threshold=0.1), hop_ms=32), [0.2] * 5 + [0.02] * 10)) == 1


def test_start_is_known_on_the_first_loud_frame() -> None:
    detector = Detector(Settings(), hop_ms=32)
    assert run(detector, [0.1] * 20) == []
    assert detector.push(0.5) == [SpeechStarted(audio_start_ms=340, onset_ms=640.0, at_ms=672.0)]


def test_short_bursts_leave_no_event() -> None:
    tuning = DetectorTuning(min_speech_ms=100)
    detector = Detector(Settings(silence_duration_ms=100), hop_ms=32, tuning=tuning)
    assert run(detector, [0.9] * 3 + [0.1] * 10) == []
    assert run(detector, [0.9] * 3) == []
    assert detector.pending_silence_ms == 0
    assert detector.push(0.9) == [SpeechStarted(audio_start_ms=116, onset_ms=416.0, at_ms=17 * 32.0)]


def test_lag_moves_the_marks_and_not_the_moment() -> None:
    track = [0.1] * 20 + [0.9] * 10 + [0.1] * 10
    plain = run(Detector(Settings(), hop_ms=32, tuning=DetectorTuning()), track)
    lagged = run(Detector(Settings(), hop_ms=32, tuning=DetectorTuning(lag_ms=60)), track)
    start, stop = plain
    assert isinstance(start, SpeechStarted) and isinstance(stop, SpeechStopped)
    assert lagged == [
        replace(start, audio_start_ms=start.audio_start_ms + 60, onset_ms=start.onset_ms + 60),
        replace(stop, audio_end_ms=stop.audio_end_ms + 60, speech_end_ms=stop.speech_end_ms + 60),
    ]
    early = run(Detector(Settings(), hop_ms=32, tuning=DetectorTuning(lag_ms=-5000)), track)[0]
    assert isinstance(early, SpeechStarted) and early.onset_ms == 0


@settings(deadline=None)
@given(tracks(), tunings(), HOPS)
def test_lags_shift_what_is_reported_exactly_and_nothing_else(
    track: list[float], tuning: DetectorTuning, hop: int
) -> None:
    # Far from the beginning, where no mark is cut off at 0.
    plain = Detector(Settings(), hop_ms=hop / 16, tuning=replace(tuning, lag_ms=0, end_lag_ms=None))
    lagged = Detector(Settings(), hop_ms=hop / 16, tuning=tuning)
    for detector in (plain, lagged):
        detector.reset(at_ms=10_000)
    expected: list[Event] = []
    for event in run(plain, track):
        if isinstance(event, SpeechStarted):
            shift = tuning.onset_shift_ms
            expected.append(
                replace(event, onset_ms=event.onset_ms + shift, audio_start_ms=event.audio_start_ms + round(shift))
            )
        else:
            shift = tuning.end_shift_ms
            expected.append(
                replace(
                    event, speech_end_ms=event.speech_end_ms + shift, audio_end_ms=event.audio_end_ms + round(shift)
                )
            )
    assert run(lagged, track) == expected


@settings(deadline=None)
@given(tracks(), tunings(), st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.65, 0.95]), HOPS)
def test_a_threshold_map_is_another_threshold(
    track: list[float], tuning: DetectorTuning, threshold: float, hop: int
) -> None:
    mapped = Detector(Settings(threshold), hop_ms=hop / 16, tuning=tuning)
    effective = Settings(tuning.effective_threshold(threshold))
    plain = Detector(effective, hop_ms=hop / 16, tuning=replace(tuning, threshold_map=()))
    assert run(mapped, track) == run(plain, track)


def test_the_exit_threshold_follows_the_effective_one_and_has_a_floor() -> None:
    track = [0.9] * 5 + [0.55] * 10 + [0.005] * 10
    ends = []
    for tuning in (
        DetectorTuning(hysteresis=0.1),
        DetectorTuning(hysteresis=0.1, threshold_map=((0.5, 0.7),)),
        DetectorTuning(hysteresis=1.0),
    ):
        events = run(Detector(Settings(), hop_ms=32, tuning=tuning), track)
        ends += [event.speech_end_ms for event in events if isinstance(event, SpeechStopped)]
    assert ends == [480.0, 160.0, 480.0]


def test_an_end_lags_for_itself() -> None:
    track = [0.1] * 20 + [0.9] * 10 + [0.1] * 10
    detector = Detector(Settings(), hop_ms=32, tuning=DetectorTuning(lag_ms=10, end_lag_ms=70))
    start, stop = run(detector, track)
    assert isinstance(start, SpeechStarted) and isinstance(stop, SpeechStopped)
    assert (start.onset_ms, stop.speech_end_ms) == (650, 1030)
    assert (start.audio_start_ms, stop.audio_end_ms) == (350, 1230)


def test_pending_silence_is_visible_and_names_itself() -> None:
    detector = Detector(Settings(silence_duration_ms=200), hop_ms=32)
    assert (detector.pending_silence_ms, detector.pending_end_ms) == (0, None)
    run(detector, [0.1, 0.9, 0.9, 0.1])
    assert (detector.speaking, detector.pending_silence_ms, detector.pending_end_ms) == (True, 32, 96)
    run(detector, [0.4])
    assert (detector.pending_silence_ms, detector.pending_end_ms) == (64, 96)
    run(detector, [0.9])
    assert (detector.pending_silence_ms, detector.pending_end_ms) == (0, None)
    run(detector, [0.1])
    assert detector.pending_end_ms == 192
    run(detector, [0.1] * 7)
    assert (detector.speaking, detector.pending_silence_ms, detector.pending_end_ms) == (False, 0, None)


@settings(deadline=None)
@given(tracks(), tracks(), HOPS)
def test_reconfiguring_to_the_same_settings_changes_nothing(a: list[float], b: list[float], hop: int) -> None:
    plain = Detector(Settings(), hop_ms=hop / 16)
    other = Detector(Settings(), hop_ms=hop / 16)
    first = run(other, a)
    other.reconfigure(Settings())
    assert first + run(other, b) == run(plain, a + b)


def test_reconfigure_takes_effect_inside_speech() -> None:
    detector = Detector(Settings(silence_duration_ms=1000), hop_ms=32)
    run(detector, [0.9] * 5 + [0.1] * 10)
    assert detector.speaking
    detector.reconfigure(Settings(silence_duration_ms=200))
    assert detector.push(0.1) == [SpeechStopped(audio_end_ms=360, speech_end_ms=160.0, at_ms=512.0)]
    detector.reconfigure(Settings(threshold=0.8))
    assert run(detector, [0.7] * 5) == []


def test_reset_forgets_speech_and_sets_the_clock() -> None:
    detector = Detector(Settings(), hop_ms=32)
    run(detector, [0.9] * 5 + [0.1] * 2)
    detector.reset(at_ms=5000)
    assert (detector.speaking, detector.pending_silence_ms, detector.clock_ms) == (False, 0, 5000)
    assert run(detector, [0.1] * 20) == []
    assert detector.push(0.9) == [SpeechStarted(audio_start_ms=5340, onset_ms=5640.0, at_ms=5672.0)]


@pytest.mark.parametrize("hop_ms", [0, -32, float("nan")])
def test_a_frame_has_a_length(hop_ms: float) -> None:
    with pytest.raises(ConfigError, match="hop_ms"):
        Detector(Settings(), hop_ms=hop_ms)


def test_a_wait_that_is_shortened_below_the_silence_heard_is_due() -> None:
    detector = Detector(Settings(silence_duration_ms=1000), hop_ms=32)
    assert detector.due() == []
    for p in [0.9] * 10 + [0.0] * 10:
        detector.push(p)
    assert detector.due() == []
    detector.reconfigure(Settings(silence_duration_ms=321))
    assert detector.due() == []
    detector.reconfigure(Settings(silence_duration_ms=320))
    (stopped,) = detector.due()
    assert isinstance(stopped, SpeechStopped)
    assert (stopped.speech_end_ms, stopped.audio_end_ms, stopped.at_ms) == (320, 640, 640)
    assert not detector.speaking and detector.due() == []
