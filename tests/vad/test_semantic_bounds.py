from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb import Clip, SemanticVad
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import Eagerness
from rtnb.vad.semantic import default_semantic_tuning
from rtnb.vad.semantic_bounds import ESTIMATE, Pause, semantic_turns
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

HOP_S = 0.032


def track(*runs: tuple[float, int]) -> Track:
    return Track(np.repeat([p for p, _ in runs], [n for _, n in runs]).astype(np.float32), HOP_S, "test")


# A pause of 0.96 s, then silence for 3.2 s.
TALK = track((0.0, 10), (0.9, 30), (0.0, 30), (0.9, 30), (0.0, 100))


def test_a_pause_bounds_the_stop_by_the_documented_longest_wait() -> None:
    found = semantic_turns(TALK, SemanticVad(eagerness="high"))
    inner, last = found.pauses
    assert inner == Pause(1.28, 2.24, 3.28, certain=False, estimate_s=2.016)
    assert (last.start_s, last.resumes_s, last.latest_s, last.certain) == (3.2, None, 5.2, True)
    assert found.certain == (last,)
    assert not semantic_turns(TALK, SemanticVad(eagerness="low")).certain


def test_the_estimate_lies_within_the_bounds_and_is_called_what_it_is() -> None:
    found = semantic_turns(TALK, SemanticVad(eagerness="low"))
    (turn,) = found.turns
    assert (turn.onset_s, turn.end_s, turn.closed) == (0.32, 3.2, True)
    last = found.pauses[-1]
    assert last.estimate_s == turn.stopped_at_s and last.start_s < turn.stopped_at_s <= last.latest_s + HOP_S
    assert (found.judged, found.prediction) == ("unjudged", ESTIMATE)
    assert "not the server's model" in repr(found)
    assert list(found.frame.columns) == ["start_s", "resumes_s", "latest_s", "certain", "completeness", "estimate_s"]


def test_a_judge_decides_within_them() -> None:
    clip = Clip.silence(TALK.duration_s)
    heard: list[float] = []

    def done(sound: Clip) -> float:
        heard.append(sound.duration_s)
        return 1.0

    def going_on(sound: Clip) -> float:
        return 0.0

    eager = semantic_turns(TALK, SemanticVad(eagerness="medium"), clip=clip, judge=done)
    assert [(turn.onset_s, turn.end_s) for turn in eager.turns] == [(0.32, 1.28), (2.24, 3.2)]
    # 400 ms after what sounds finished.
    assert eager.turns[0].stopped_at_s == pytest.approx(1.28 + 0.4 + HOP_S, abs=HOP_S)
    assert [pause.completeness for pause in eager.pauses] == [1.0, 1.0] and eager.judged == "sound"
    # From the turn's beginning, padding included, to three frames into the pause.
    assert heard[0] == pytest.approx(1.28 + 0.096 - 0.02)
    patient = semantic_turns(TALK, SemanticVad(eagerness="medium"), clip=clip, judge=going_on)
    assert [turn.closed for turn in patient.turns] == [False]
    assert patient.turns[0].stopped_at_s == pytest.approx(3.2 + 4.0, abs=2 * HOP_S)
    nobody = semantic_turns(TALK, SemanticVad(eagerness="medium"), clip=clip, judge=lambda sound: None)
    assert nobody.turns == semantic_turns(TALK, SemanticVad(eagerness="medium")).turns


def test_a_judgement_that_the_silence_covers_already_ends_the_turn_at_once() -> None:
    soon = replace(default_semantic_tuning(), min_wait_ms=dict.fromkeys(get_args(Eagerness), 50))
    clip = Clip.silence(TALK.duration_s)
    found = semantic_turns(TALK, SemanticVad(), clip=clip, judge=lambda sound: 1.0, rule=soon)
    # On the third silent frame, with which the judgement comes, and not on the one behind it.
    assert found.turns[0].stopped_at_s == pytest.approx(1.28 + 3 * HOP_S)


def test_what_a_judge_cannot_say_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs the sound"):
        semantic_turns(TALK, judge=lambda sound: 1.0)
    with pytest.raises(ConfigError, match=r"from 0 to 1, not 1\.5"):
        semantic_turns(TALK, clip=Clip.silence(TALK.duration_s), judge=lambda sound: 1.5)


@pytest.mark.parametrize("silent", [track(), track((0.0, 200))])
def test_silence_has_neither_turns_nor_pauses(silent: Track) -> None:
    found = semantic_turns(silent, SemanticVad())
    assert (found.turns, found.pauses) == ((), ()) and found.frame.empty


def test_speech_goes_on_where_events_would_say_so() -> None:
    late = semantic_turns(TALK, SemanticVad(), tuning=DetectorTuning(lag_ms=100))
    assert (late.pauses[0].start_s, late.pauses[0].resumes_s) == (pytest.approx(1.38), pytest.approx(2.34))
    early = semantic_turns(TALK, SemanticVad(), tuning=DetectorTuning(lag_ms=-2000, end_lag_ms=0))
    assert early.pauses[0].resumes_s == early.pauses[0].start_s == 1.28


def test_bursts_that_are_never_announced_end_nothing() -> None:
    patient = DetectorTuning(min_speech_ms=250)
    click = track((0.0, 10), (0.9, 5), (0.0, 100))
    found = semantic_turns(click, SemanticVad(eagerness="high"), tuning=patient)
    assert (found.turns, found.pauses) == ((), ())
    assert len(semantic_turns(click, SemanticVad(eagerness="high")).certain) == 1
    # Behind a turn that is over for certain, a click is none either.
    after = track((0.9, 30), (0.0, 100), (0.9, 5), (0.0, 100))
    found = semantic_turns(after, SemanticVad(eagerness="high"), tuning=patient)
    assert [pause.start_s for pause in found.pauses] == [0.96] == [pause.start_s for pause in found.certain]


def test_a_click_in_a_turn_that_may_be_over_makes_no_stop_certain() -> None:
    patient = DetectorTuning(min_speech_ms=250)
    maybe = track((0.9, 30), (0.0, 30), (0.9, 5), (0.0, 100))
    found = semantic_turns(maybe, SemanticVad(eagerness="high"), tuning=patient)
    assert [pause.certain for pause in found.pauses] == [False, False]
    # Without a minimum it is a turn of its own, whatever became of the one before.
    assert [pause.certain for pause in semantic_turns(maybe, SemanticVad(eagerness="high")).pauses] == [False, True]


def test_clicks_that_follow_each_other_closely_are_speech_together() -> None:
    patient = DetectorTuning(min_speech_ms=250)
    near = track((0.9, 5), (0.0, 4), (0.9, 5), (0.0, 100))
    found = semantic_turns(near, SemanticVad(eagerness="high"), tuning=patient)
    assert [(turn.onset_s, turn.end_s) for turn in found.turns] == [(0.0, 14 * HOP_S)]
    assert [(pause.start_s, pause.certain) for pause in found.pauses] == [(14 * HOP_S, True)]


FRAMES = st.integers(1, 90)
CLEAR = st.lists(st.tuples(st.sampled_from([0.0, 0.9]), FRAMES), max_size=12)
ANY = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.4, 0.6, 0.9]), FRAMES), max_size=12)


@settings(max_examples=50, deadline=None)
@given(
    CLEAR | ANY,
    st.sampled_from(get_args(Eagerness)),
    st.sampled_from([None, 0.0, 0.4, 1.0]),
    st.sampled_from([0.0, 100.0, 250.0, 1000.0]),
)
def test_every_estimated_stop_is_at_a_pause_and_every_certain_pause_has_one(
    runs: list[tuple[float, int]], eagerness: Eagerness, completeness: float | None, min_speech_ms: float
) -> None:
    whole = track(*runs)
    clip = Clip.silence(max(0.1, whole.duration_s))
    vad = SemanticVad(eagerness=eagerness)
    tuning = DetectorTuning(min_speech_ms=min_speech_ms)
    found = semantic_turns(whole, vad, clip=clip, judge=lambda sound: completeness, tuning=tuning)
    stops = {pause.estimate_s: pause for pause in found.pauses if pause.estimate_s is not None}
    assert len(stops) == len(found.turns)
    clear = 0.4 not in [p for p, _ in runs]
    for turn in found.turns:
        pause = stops[turn.stopped_at_s]
        assert pause.start_s == turn.end_s < turn.stopped_at_s
        if pause.resumes_s is not None:
            assert turn.stopped_at_s <= pause.resumes_s + 1e-9
        if clear:
            assert turn.stopped_at_s <= pause.latest_s + 2 * HOP_S
    assert all(pause.estimate_s is not None for pause in found.certain)
