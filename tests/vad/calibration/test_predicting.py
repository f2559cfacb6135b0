"""What is predicted of a stretch is what the streaming detector says, and what is compared is counted once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad import Detector, DetectorTuning, SpeechStarted
from rtnb.vad.batch import runs_of, speech_frames_of
from rtnb.vad.calibration.predicting import FAR_MS, compared, cost_of, paired, predicted
from rtnb.vad.calibration.views import View


def view_of(p: np.ndarray, turns: list[tuple[float, float]], vad: ServerVad, **changes: object) -> View:
    told = np.array(turns, dtype=np.float64).reshape(-1, 2)
    view = View(0, vad.resolved(), p, 32.0, 0, 0.0, 32.0 * p.size, False, told[:, 0], told[:, 1], np.zeros(0))
    return dataclasses.replace(view, **changes)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=150)
@given(
    levels=st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.9]), st.integers(1, 12)), max_size=25),
    hysteresis=st.sampled_from([0.0, 0.15, 0.3]),
    min_speech_ms=st.sampled_from([0.0, 40.0, 100.0]),
    lags=st.tuples(st.integers(-200, 200), st.integers(-200, 200)),
    prefix_ms=st.sampled_from([0, 100, 500]),
    silence_ms=st.sampled_from([0, 100, 300]),
    origin_ms=st.sampled_from([0.0, 1234.0]),
)
def test_it_is_what_a_server_would_have_said(
    levels: list[tuple[float, int]],
    hysteresis: float,
    min_speech_ms: float,
    lags: tuple[int, int],
    prefix_ms: int,
    silence_ms: int,
    origin_ms: float,
) -> None:
    p = np.repeat([each[0] for each in levels], [each[1] for each in levels]).astype(np.float32)
    vad = ServerVad(threshold=0.5, prefix_padding_ms=prefix_ms, silence_duration_ms=silence_ms)
    tuning = DetectorTuning(
        hysteresis=hysteresis, min_speech_ms=min_speech_ms, lag_ms=lags[0], end_lag_ms=lags[1], name="x"
    )
    detector = Detector(vad.resolved(), hop_ms=32.0, tuning=tuning)
    starts, stops = [], []
    for value in p.tolist():
        for event in detector.push(value):
            if isinstance(event, SpeechStarted):
                starts.append(max(event.audio_start_ms + origin_ms, stops[-1] if stops else 0))
            else:
                stops.append(max(event.audio_end_ms + origin_ms, starts[-1]))
    view = view_of(p, [], vad, origin_ms=origin_ms)
    guess = predicted(
        view, runs_of(p, 0.5, 0.5 - hysteresis), speech_frames_of(min_speech_ms, 32.0), float(lags[0]), float(lags[1])
    )
    closed = ~np.isnan(guess.stop_ms)
    assert guess.stop_ms[closed].tolist() == stops
    known = guess.started_at_ms <= origin_ms + 32.0 * p.size
    assert guess.start_ms[known].tolist() == starts


TALK = np.repeat([0.0, 0.9, 0.0, 0.9, 0.0], [10, 20, 30, 20, 60]).astype(np.float32)
VAD = ServerVad(threshold=0.5, prefix_padding_ms=100, silence_duration_ms=320)
TURNS = [(220.0, 1280.0), (1820.0, 2880.0)]


@pytest.mark.parametrize(
    ("turns", "cost"),
    [
        (TURNS, 0),
        ([(230.0, 1280.0), (1820.0, 2860.0)], 30),
        (TURNS[:1], 2 * FAR_MS),
        ([*TURNS, (3200.0, 3900.0)], 2 * FAR_MS),
        ([(220.0, 1280.0), (1820.0, float("nan"))], FAR_MS),
        ([(220.0, 1280.0), (2220.0, 2880.0)], 2 * FAR_MS),
        ([], 4 * FAR_MS),
    ],
)
def test_the_cost_is_residuals_and_what_has_no_partner(turns: list[tuple[float, float]], cost: float) -> None:
    view = view_of(TALK, turns, VAD)
    guess = predicted(view, runs_of(view.p, 0.5, 0.35), 1, 0.0, 0.0)
    assert cost_of(view, guess) == compared(view, guess).cost == pytest.approx(cost)


def test_what_the_end_of_a_session_kept_from_being_said_costs_nothing() -> None:
    view = view_of(TALK[:95], TURNS[:1], VAD, last=True)
    guess = predicted(view, runs_of(view.p, 0.5, 0.35), 1, 0.0, 0.0)
    assert cost_of(view, guess) == FAR_MS, "the stop was due in the last second, the start long before"


def test_a_taken_position_holds_a_start_back() -> None:
    view = view_of(TALK, TURNS, VAD, taken_ms=np.array([1850.0, 99999.0]))
    assert predicted(view, runs_of(view.p, 0.5, 0.35), 1, 0.0, 0.0).start_ms.tolist() == [220.0, 1850.0]


@given(
    st.lists(st.integers(0, 2000), unique=True).map(sorted),
    st.lists(st.integers(0, 2000), unique=True).map(sorted),
    st.integers(0, 300),
)
def test_pairs_are_mutual_and_near_and_nobody_has_two(one: list[int], other: list[int], most: int) -> None:
    a, b = np.array(one, dtype=np.float64), np.array(other, dtype=np.float64)
    left, right = paired(a, b, most)
    assert len(set(left.tolist())) == len(left) == len(set(right.tolist())) == len(right)
    for i, j in zip(left, right, strict=True):
        gap = abs(a[i] - b[j])
        assert gap <= most and gap == np.abs(b - a[i]).min() == np.abs(a - b[j]).min()
    if one and one == other:
        assert left.tolist() == right.tolist() == list(range(len(one)))
