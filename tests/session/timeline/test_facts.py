from __future__ import annotations

from support.logs import Script, append, committed, got, pcm, request, sent, session

from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline


def of(*steps: object) -> Timeline:
    return timeline_of_observer(Script(*steps).observer)  # type: ignore[arg-type]


def test_what_was_asked_of_the_settings_and_what_is_in_effect() -> None:
    voice = {"audio": {"output": {"voice": "cedar"}}}
    effective = session(kind="session.updated")
    timeline = of(session(), sent("session.update", event_id="e1", session=voice), effective)
    opened, change = timeline.changes
    assert opened.text == "session opened: gpt-realtime-2.1" and opened.sent_s is None
    assert [(row.path, row.requested, row.effective, row.kind) for row in change.differences] == [
        ("audio.output.voice", "cedar", "marin", "ignored")
    ]
    assert change.text == "voice: voice ignored" and change.sent_s is not None and change.t_s == timeline.duration_s
    marks = [mark.kind for mark in next(lane for lane in timeline.lanes if lane.name == "session").marks]
    assert marks == ["told", "link", "differs"] or marks == ["link", "told", "differs"]


def test_a_refused_change_does_not_take_the_answer_to_another() -> None:
    timeline = of(
        session(),
        sent("session.update", event_id="bad", session={"audio": {"output": {"voice": "nobody"}}}),
        sent("session.update", event_id="good", session={"instructions": "Be brief."}),
        got("error", error={"code": "invalid_value", "message": "No such voice.", "event_id": "bad"}),
        session(kind="session.updated", instructions="Be brief."),
    )
    refused, changed = (each for each in timeline.changes if each.sent_s is not None)
    assert refused.refused == "No such voice." and refused.text == "voice refused: No such voice."
    assert changed.text == "instructions changed" and changed.refused == ""
    (problem,) = timeline.problems
    assert timeline.detail(problem.cause_seq).body["event_id"] == "bad" and problem.cause == "session.update"


def test_a_change_without_an_answer() -> None:
    change = of(session(), sent("session.update", session={"instructions": "x"})).changes[-1]
    assert change.t_s is None and change.text == "instructions: not answered"
    assert change.state == "not answered"


def test_rate_limits() -> None:
    limits = [{"name": "requests", "limit": 100, "remaining": 80, "reset_seconds": 1},
              {"name": "tokens", "limit": 1000, "remaining": 250, "reset_seconds": 9.5}, "?"]  # fmt: skip
    timeline = of(session(), got("rate_limits.updated", rate_limits=limits), got("rate_limits.updated"))
    assert timeline.limits[0].lowest == 0.25 and timeline.limits[0].rows[1] == ("tokens", 1000.0, 250.0, 9.5)
    assert timeline.limits[1].rows == () and timeline.limits[1].lowest is None


def test_who_committed() -> None:
    timeline = of(
        session(vad=False), append(pcm(1000)), sent("input_audio_buffer.commit"), committed("item_u"), request(None)
    )
    (commit,) = timeline.commits
    assert commit.by == "the client" and commit.sent_s is not None and commit.sent_s < commit.t_s
    assert (commit.audio_start_ms, commit.audio_end_ms) == (0, 1000)
