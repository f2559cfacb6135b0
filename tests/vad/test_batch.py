from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.tunings import tunings

from rtnb.errors import ConfigError
from rtnb.vad.batch import detect_table, frames_of, runs_of, spans_of, speech_frames_of, thresholds_of
from rtnb.vad.detector import Detector, SpeechStarted
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

Floats = NDArray[np.float32]

LEVELS = [-1.0, 0.0, 0.005, 0.01, 0.02, 0.3, 0.35, 0.42, 0.5, 0.6, 0.95, 1.0]
THRESHOLDS = [0.0, 0.004, 0.009, 0.01, 0.0125, 0.1, 0.35, 0.5, 0.65, 0.95, 1.0]
SILENCES = [0, 1, 10, 16, 32, 33, 64, 100, 160, 200, 320, 500, 700]
HYSTERESES = [0.0, 0.05, 0.15, 0.3, 0.5, 1.0]
SPEECH = [0.0, 16.0, 31.0, 32.0, 50.0, 64.0, 96.0, 100.0, 250.0]
HOPS_S = [0.016, 0.032, 0.010]


@dataclass(frozen=True)
class Config:
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 200


@st.composite
def tracks(draw: st.DrawFn) -> Floats:
    """Runs near a level, with jitter around the thresholds and frames that are exactly one of them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    runs = draw(st.integers(0, 25))
    longest = draw(st.sampled_from([2, 5, 25]))
    levels = rng.choice(LEVELS, runs)
    counts = rng.integers(1, longest + 1, runs)
    p = np.repeat(levels, counts)
    jitter = rng.normal(0, 0.08, p.size) * rng.integers(0, 2, p.size)
    return np.where(p < 0, p, np.clip(p + jitter, 0, 1)).astype(np.float32)


Row = tuple[float, float, int, int, bool, float, float]


def streamed(p: Floats, hop_s: float, config: Config, tuning: DetectorTuning) -> list[Row]:
    """The detector that servers use, frame by frame, and after the end silence; positions as a server tells them."""
    detector = Detector(config, hop_ms=round(1000 * hop_s, 6), tuning=tuning)
    rows: list[Row] = []
    start: SpeechStarted | None = None
    taken_ms = frames = 0
    values = p.tolist()
    while frames < len(values) or detector.speaking:
        for event in detector.push(values[frames] if frames < len(values) else -1.0):
            if isinstance(event, SpeechStarted):
                start = event
                continue
            assert start is not None
            start_ms = max(start.audio_start_ms, taken_ms)
            taken_ms = max(event.audio_end_ms, start_ms)
            closed = frames < len(values)
            rows.append((start.onset_ms, event.speech_end_ms, start_ms, taken_ms, closed, start.at_ms, event.at_ms))
        frames += 1
    return rows


def batched(p: Floats, hop_s: float, config: Config, tuning: DetectorTuning) -> list[Row]:
    table = detect_table(Track(p, hop_s, "test"), config, tuning=tuning)
    columns = (
        table.onset_ms,
        table.end_ms,
        table.audio_start_ms,
        table.audio_end_ms,
        table.closed,
        table.started_at_ms,
        table.stopped_at_ms,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(max_examples=600, deadline=None)
@given(
    tracks(),
    st.sampled_from(HOPS_S),
    st.builds(Config, st.sampled_from(THRESHOLDS), st.sampled_from([0, 40, 300, 5000]), st.sampled_from(SILENCES)),
    st.builds(DetectorTuning, hysteresis=st.sampled_from(HYSTERESES), min_speech_ms=st.sampled_from(SPEECH)),
)
@example(np.float32([0.9] * 5 + [0.1] + [0.4] * 20 + [0.1]), 0.032, Config(), DetectorTuning())
@example(np.float32([0.9, 0.1, 0.9]), 0.032, Config(silence_duration_ms=0), DetectorTuning(min_speech_ms=32))
@example(np.float32([0.9, 0.1, 0.4, 0.9, 0.9]), 0.032, Config(), DetectorTuning(min_speech_ms=64))
@example(np.float32([0.35, 0.35]), 0.032, Config(threshold=0.35), DetectorTuning(hysteresis=0.0))
def test_batch_is_the_streaming_detector_to_the_last_bit(
    p: Floats, hop_s: float, config: Config, tuning: DetectorTuning
) -> None:
    assert batched(p, hop_s, config, tuning) == streamed(p, hop_s, config, tuning)


@settings(max_examples=200, deadline=None)
@given(tracks(), st.sampled_from(HOPS_S), st.sampled_from(SILENCES), st.sampled_from(THRESHOLDS), tunings())
def test_lags_and_threshold_maps_are_those_of_the_streaming_detector(
    p: Floats,
    hop_s: float,
    silence_ms: int,
    threshold: float,
    tuning: DetectorTuning,
) -> None:
    config = Config(threshold, 300, silence_ms)
    assert batched(p, hop_s, config, tuning) == streamed(p, hop_s, config, tuning)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.002, 0.004, 0.0041, 0.0099, 0.01, 0.02, 0.5]), max_size=40),
    st.sampled_from([0.0, 0.001, 0.004, 0.0095]),
    st.sampled_from([0, 1, 32, 33, 64, 96, 160, 320]),
    st.sampled_from([0.0, 31.0, 32.0, 64.0, 96.0, 200.0]),
)
@example([0.005, 0.005, 0.005, 0.0], 0.004, 0, 0.0)
@example([0.005, 0.0, 0.005, 0.0, 0.005, 0.0, 0.0], 0.004, 32, 0.0)
@example([0.005, 0.005, 0.0, 0.0, 0.5, 0.0, 0.0, 0.005], 0.004, 64, 64.0)
def test_frames_that_are_speech_and_silence_at_once(
    values: list[float], threshold: float, silence_ms: int, speech_ms: float
) -> None:
    p, tuning = np.float32(values), DetectorTuning(min_speech_ms=speech_ms)
    config = Config(threshold, 0, silence_ms)
    assert batched(p, 0.032, config, tuning) == streamed(p, 0.032, config, tuning)


def test_a_long_track_under_a_threshold_of_zero_is_not_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = streamed(np.tile(np.float32([0.5, 0.004, 0.0, 0.0]), 500), 0.032, Config(0.001), DetectorTuning())
    monkeypatch.setattr(Detector, "push", None)
    p = np.tile(np.float32([0.5, 0.004, 0.0, 0.0]), 500)
    assert batched(p, 0.032, Config(0.001), DetectorTuning()) == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(THRESHOLDS))
def test_thresholds_are_compared_in_double_precision(seed: int, threshold: float) -> None:
    # A probability in single precision next to a threshold that single precision does not have.
    rng = np.random.default_rng(seed)
    single = np.float32(threshold)
    near = np.clip([single, np.nextafter(single, np.float32(2)), np.nextafter(single, np.float32(-2))], 0, 1)
    p = rng.choice(np.float32([*near, 0.0, 1.0]), 40)
    tuning = DetectorTuning(hysteresis=0.0)
    config = Config(threshold, 0, 32)
    assert batched(p, 0.032, config, tuning) == streamed(p, 0.032, config, tuning)


def test_frames_between_the_thresholds_late_in_a_gap_delay_the_stop() -> None:
    # The gap is long enough by its length alone; the stop waits for a frame below the exit threshold.
    p = np.float32([0.9] * 5 + [0.1] + [0.4] * 20 + [0.1] + [0.4] * 3 + [0.9])
    table = detect_table(Track(p, 0.032, "test"), Config())
    assert (table.end_ms[0], table.stopped_at_ms[0]) == (160.0, 27 * 32.0)
    # Without that frame the gap closes nothing, however long it is.
    kept = np.delete(p, 26)
    assert len(detect_table(Track(kept, 0.032, "test"), Config())) == 1


@pytest.mark.parametrize("threshold", [0.0, 0.005, 0.5, 1.0])
def test_frames_below_zero_are_silence_under_every_threshold(threshold: float) -> None:
    p = np.float32([1.0] * 10 + [-1.0] * 20 + [1.0] * 10)
    table = detect_table(Track(p, 0.032, "test"), Config(threshold))
    assert table.onset_ms.tolist() == [0.0, 30 * 32.0]
    assert table.end_ms.tolist() == [320.0, 40 * 32.0]
    assert table.closed.tolist() == [True, False]


@pytest.mark.parametrize("threshold", [0.0, 0.009, 0.5])
@pytest.mark.parametrize("values", [[], [0.0] * 5, [1.0] * 5, [-1.0] * 5])
def test_nothing_hangs_at_the_edges(threshold: float, values: list[float]) -> None:
    p = np.array(values, dtype=np.float32)
    assert batched(p, 0.032, Config(threshold), DetectorTuning()) == streamed(
        p, 0.032, Config(threshold), DetectorTuning()
    )


def test_recordings_that_are_joined_have_the_turns_that_they_have_alone() -> None:
    rng = np.random.default_rng(3)
    parts = [rng.choice(np.float32([0.0, 0.2, 0.4, 0.6, 0.9]), 200).astype(np.float32) for _ in range(3)]
    apart = np.full(40, -1.0, dtype=np.float32)
    joined = runs_of(np.concatenate([piece for part in parts for piece in (part, apart)]), 0.5, 0.35)
    for silence in (0, 3, 20):
        for least in (1, 2, 4):
            alone = [spans_of(runs_of(part, 0.5, 0.35), silence, least_frames=least) for part in parts]
            together = spans_of(joined, silence, least_frames=least)
            for name in ("onset", "silence", "started_at", "stopped_at"):
                expected = np.concatenate([getattr(spans, name) + 240 * k for k, spans in enumerate(alone)])
                assert getattr(together, name).tolist() == expected.tolist()


@settings(deadline=None)
@given(
    st.one_of(st.integers(0, 60_000), st.floats(0, 60_000)),
    st.sampled_from([10.0, 16.0, 32.0, 1000 / 60, 0.1, 31.25, 0.7]),
)
def test_counts_of_frames_are_the_least_that_last_long_enough(duration_ms: float, hop_ms: float) -> None:
    frames = frames_of(duration_ms, hop_ms)
    assert frames * hop_ms >= duration_ms and (frames == 0 or (frames - 1) * hop_ms < duration_ms)
    frames = speech_frames_of(duration_ms, hop_ms)
    assert frames * hop_ms > duration_ms and (frames == 1 or (frames - 1) * hop_ms <= duration_ms)


def test_a_setting_brings_its_hysteresis() -> None:
    tuning = DetectorTuning(hysteresis=0.15)
    assert thresholds_of(Setting(0.5, 300, 200, 0.4), tuning) == (0.5, 0.5 - 0.4)
    assert thresholds_of(Setting(0.5, 300, 200), tuning) == (0.5, 0.35)
    assert thresholds_of(Setting(0.1, 300, 200, 0.4), tuning) == (0.1, 0.01)
    p = np.float32([0.9] * 5 + [0.3] * 20)
    assert detect_table(Track(p, 0.032, "test"), Setting(0.5, 0, 200, 0.4)).closed.tolist() == [False]
    assert detect_table(Track(p, 0.032, "test"), Setting(0.5, 0, 200)).closed.tolist() == [True]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="above the threshold"):
        runs_of(np.zeros(3, dtype=np.float32), 0.3, 0.4)


def test_a_lag_of_the_end_does_not_turn_positions_around() -> None:
    tuning = DetectorTuning(lag_ms=300, end_lag_ms=-400)
    p = np.tile(np.float32([0.9] * 5 + [0.0] * 8), 4)
    table = detect_table(Track(p, 0.032, "test"), replace(Config(), prefix_padding_ms=0), tuning=tuning)
    assert (table.audio_end_ms >= table.audio_start_ms).all()
    assert (table.audio_start_ms[1:] >= table.audio_end_ms[:-1]).all()
