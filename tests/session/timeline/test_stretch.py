from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.timeline.timeline import Timeline


def whole(stretch: Timeline) -> None:
    """Its places are those of its own log, and its runs hold all their events."""
    assert len(stretch.log) == len(stretch) == len(stretch.columns.t_s)
    for number, run in enumerate(stretch.runs):
        assert int((stretch.columns.run == number).sum()) == run.count
        assert stretch.detail(run.first_seq).type == stretch.detail(run.last_seq).type == run.type
    kinds = {"responses": "response.created", "speech": "input_audio_buffer.speech_started", "problems": "error",
             "charges": "response.done", "commits": "input_audio_buffer.committed"}  # fmt: skip
    for name, kind in kinds.items():
        for each in getattr(stretch, name):
            if each.seq >= 0 and not (name == "charges" and each.kind != "response"):
                assert stretch.detail(each.seq).type == kind, name


def test_a_run_and_a_turn_have_their_own_stretch() -> None:
    question = rtnb.Clip.load(rtnb.sample("weather_question"))
    with rtnb.connect(journal=False) as s:
        before = s.ask("Spell cat.", show=False)
        run = s.stream(question, show=False)
        after = s.ask("Spell dog.", show=False)
        session = s.timeline
        first, second, third = before.timeline, run.timeline, after.timeline
    for stretch in (first, second, third):
        whole(stretch)
    assert [{each.turn for each in stretch.responses} for stretch in (first, second, third)] == [{0}, {1}, {2}]
    assert {each.turn for each in second.brackets} == {1} and "endpointing" in {each.name for each in second.brackets}
    # The clock stays that of the session, and the sound is the recording's.
    assert second.start_s == pytest.approx(second.begins_s, abs=0.01)
    assert second.responses[0].created_s == session.responses[1].created_s
    said = second.clip("input", second.start_s, second.start_s + question.duration_s)
    assert said.duration_s == pytest.approx(question.duration_s, abs=0.01) and np.abs(said.samples).max() > 0.1
    assert len(second) < len(session) and "Timeline(" in repr(rtnb.TimelineView(run).timeline)
    assert second._repr_mimebundle_()["text/html"]
    assert sum(float(stretch.charges[-1].running_usd) for stretch in (first, second, third)) == pytest.approx(
        float(session.charges[-1].running_usd)
    )


def test_between_two_moments(talk) -> None:  # type: ignore[no-untyped-def]
    timeline: Timeline = talk.timeline
    middle = timeline.duration_s / 2
    halves = timeline.between(timeline.start_s, middle), timeline.between(middle, timeline.duration_s)
    for half in halves:
        whole(half)
        assert half.columns.t_s.min() >= half.begins_s - 1e-5
    assert sum(len(half) for half in halves) == pytest.approx(len(timeline), abs=1)
    alike = (
        timeline.levels("output", middle, timeline.duration_s, 50),
        halves[1].levels("output", middle, timeline.duration_s, 50),
    )
    assert alike[0] == pytest.approx(alike[1], abs=0.05)


def test_turns_that_are_none(talk) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match="Nothing of turn 99 is in this timeline"):
        talk.timeline.of_turns(99)
