from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.logs import (
    USAGE,
    Script,
    Step,
    answer,
    append,
    committed,
    got,
    pcm,
    request,
    sent,
    session,
    speech_started,
    speech_stopped,
    user_item,
)

import rtnb
from rtnb.session.timeline.growing import Growing
from rtnb.session.timeline.seen import Eyes
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline

TYPES = (
    "pieces", "speech", "commits", "responses", "heard", "calls", "transcripts", "problems", "limits", "changes",
    "links", "notes", "charges", "gaps", "brackets", "runs",
)  # fmt: skip
VALUES = st.one_of(st.none(), st.integers(-5, 10**12), st.text(max_size=3), st.lists(st.integers(), max_size=2),
                   st.just({}), st.floats(allow_nan=False))  # fmt: skip


def long_script() -> list[Step]:
    """Everything that a log may hold, by hand."""
    call = {"id": "item_c", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}'}
    steps: list[Step] = [
        ("local", {"type": "rtnb.connection.opened"}),
        session(),
        sent("session.update", event_id="event_u", session={"instructions": "Be brief."}),
        session(kind="session.updated", instructions="Be brief."),
        append(pcm(100)),
        speech_started("item_u", 0),
        append(pcm(200)),
        speech_stopped("item_u", 300),
        *committed("item_u"),
        *answer(1, ["a ", "b"], [pcm(100), pcm(300)]),
        got("rate_limits.updated", rate_limits=[{"name": "tokens", "limit": 100, "remaining": 40, "reset_seconds": 1}]),
        got("conversation.item.input_audio_transcription.completed", item_id="item_u", content_index=0,
            transcript="Hi.", usage={"type": "duration", "seconds": 1}),
        append(pcm(100)),
        speech_started("item_v", 310),
        sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=50),
        got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=50),
        speech_stopped("item_v", 390),
        *committed("item_v"),
        *answer(2, ["c"], [pcm(100)], status="cancelled", reason="turn_detected"),
        user_item("item_t", "typed"),
        request("turn9"),
        *answer(3, ["text"], key="turn9"),
        request("turn10", event_id="event_c"),
        got("response.created", response={"id": "resp_5", "metadata": {"rtnb_turn": "turn10"}}),
        got("response.output_item.added", response_id="resp_5", output_index=0, item=call),
        got("response.function_call_arguments.delta", response_id="resp_5", item_id="item_c", call_id="call_1",
            delta="{"),
        got("response.function_call_arguments.done", response_id="resp_5", item_id="item_c", call_id="call_1",
            name="f", arguments='{"a": 1}'),
        got("response.done", response={"id": "resp_5", "status": "completed", "output": [call], "usage": USAGE}),
        ("local", {"type": "rtnb.tool.started", "call_id": "call_1", "name": "f"}),
        ("local", {"type": "rtnb.tool.finished", "call_id": "call_1", "status": "completed"}),
        sent("conversation.item.create", item={"type": "function_call_output", "call_id": "call_1", "output": "2"}),
        *answer(4, ["aside"], conversation_id=None),
        sent("session.update", event_id="event_bad", session={"audio": {"output": {"voice": "nobody"}}}),
        got("error", error={"type": "invalid_request_error", "code": "invalid_value", "message": "No such voice.",
                            "event_id": "event_bad"}),
        ("local", {"type": "rtnb.notice", "text": "Something to know."}),
        ("local", {"type": "rtnb.playback", "item_id": "item_r2", "played_ms": 40}),
        ("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""}),
        ("local", {"type": "rtnb.connection.opened"}),
        session(id="sess_2"),
    ]  # fmt: skip
    return steps


def same(one: Timeline, other: Timeline) -> None:
    for name in TYPES:
        assert getattr(one, name) == getattr(other, name), name
    for name in ("t_s", "direction", "family", "type", "audio_bytes", "bytes", "run"):
        assert (getattr(one.columns, name) == getattr(other.columns, name)).all(), name


def test_a_recording_says_what_the_open_session_said(talk) -> None:  # type: ignore[no-untyped-def]
    before, after = talk.after, talk.timeline
    assert not after.live and before.live
    for name in ("speech", "commits", "problems", "changes", "calls", "charges", "limits"):
        assert getattr(after, name)[: len(getattr(before, name))] == getattr(before, name), name
    assert [each.id for each in after.responses] == [each.id for each in before.responses]


def test_brackets_are_the_timing_of_the_turns(talk) -> None:  # type: ignore[no-untyped-def]
    turns = talk.recording.turns
    found = {(each.turn, each.name): (each.start_s, each.end_s, each.value) for each in talk.timeline.brackets}
    measured = {
        (turn.index, interval.name): (interval.start_s, interval.end_s, interval.value)
        for turn in turns
        for interval in turn.timing.values()
    }
    assert found.keys() == measured.keys()
    for key, interval in measured.items():
        assert found[key] == pytest.approx(interval, abs=1e-9), key
    assert {"endpointing", "ttfa_vad", "response_latency", "turn_gap", "bargein_detect", "unheard"} <= {
        name for _, name in found
    }


def test_what_a_listener_heard_at_a_barge_in(talk) -> None:  # type: ignore[no-untyped-def]
    heard = next(each for each in talk.timeline.heard if each.cut)
    turn = next(turn for turn in talk.recording.turns if turn.heard_s is not None)
    assert heard.turn == turn.index
    assert heard.played_s == pytest.approx(turn.heard_s)
    assert heard.received_s == pytest.approx(turn.received_s)
    assert heard.unheard_s == pytest.approx(turn.unheard_s)
    assert heard.truncated_ms == pytest.approx(heard.played_s * 1000, abs=1)
    assert heard.would_end_s == pytest.approx(heard.start_s + heard.received_s, abs=1e-3)
    assert not heard.reported


def test_audio_time_lies_on_the_clock(talk) -> None:  # type: ignore[no-untyped-def]
    timeline = talk.timeline
    for span in timeline.speech:
        assert span.end_s is not None and span.audio_end_ms is not None and span.stopped_s is not None
        assert span.end_s - span.start_s == pytest.approx((span.audio_end_ms - span.audio_start_ms) / 1000, abs=0.3)
        assert span.end_s <= span.stopped_s + 0.001
        sound = [p for p in timeline.pieces if p.side == "input" and p.start_s - 0.05 <= span.onset_s <= p.end_s]
        assert sound, "speech lies within the sound that was sent"


def test_places_lead_to_the_events(talk) -> None:  # type: ignore[no-untyped-def]
    timeline = talk.timeline
    kinds = {
        "speech": "input_audio_buffer.speech_started",
        "commits": "input_audio_buffer.committed",
        "responses": "response.created",
        "problems": "error",
        "limits": "rate_limits.updated",
    }
    for name, kind in kinds.items():
        things = getattr(timeline, name)
        assert things and {timeline.detail(each.seq).type for each in things} == {kind}, name
    assert {timeline.detail(each.done_seq).type for each in timeline.responses} == {"response.done"}
    assert timeline.detail(timeline.problems[0].cause_seq).body["event_id"] == "event_wrong"
    assert {timeline.detail(each.seq).type for each in timeline.heard} == {"response.output_audio.delta"}


def test_money_adds_up(talk) -> None:  # type: ignore[no-untyped-def]
    timeline, view = talk.timeline, talk.recording.view()
    assert timeline.charges[-1].running_usd == view.cost.exact_usd
    for charge in timeline.charges:
        assert charge.total_usd == charge.fresh_usd + charge.cached_usd + charge.output_usd


def test_the_timeline_of_a_session_grows() -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        first = s.timeline
        s.ask("Spell cat.", show=False)
        second = s.timeline
    assert len(first.responses) == 0 and len(second.responses) == 1
    assert len(second) > len(first) and first.live
    assert not s.timeline.live


def test_async_sessions_have_one_too() -> None:
    async def main() -> Timeline:
        async with rtnb.AsyncSession(modalities=["text"], journal=False) as s:
            await s.ask("Spell cat.")
            return s.timeline

    assert [each.text for each in asyncio.run(main()).transcripts] == ["Spell cat.", "C, A, T."]


def test_what_grows_is_what_is_made_at_once() -> None:
    steps = long_script()
    script, eyes, growing = Script(), Eyes(), Growing()
    for step in steps:
        script.play(step)
        found = growing.take(script.log, eyes.look(script.observer))
    same(found, Growing().take(script.log, Eyes().look(script.observer)))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_log_makes_it_raise(data: st.DataObject) -> None:
    steps = long_script()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(steps) - 1))
        match data.draw(st.sampled_from(["drop", "double", "swap", "spoil"])):
            case "drop" if len(steps) > 2:
                del steps[at]
            case "double":
                steps.insert(data.draw(st.integers(0, len(steps))), steps[at])
            case "swap":
                other = data.draw(st.integers(0, len(steps) - 1))
                steps[at], steps[other] = steps[other], steps[at]
            case _:
                direction, event = steps[at]
                name = data.draw(st.sampled_from(sorted(event)))
                steps[at] = (direction, {**event, name: data.draw(VALUES)})
    script = Script(steps)
    timeline = timeline_of_observer(script.observer)
    for lane in timeline.lanes:
        for bar in lane.bars:
            assert bar.end_s >= bar.start_s - 1e-9, (lane.name, bar)
    for seq in range(len(timeline)):
        assert timeline.detail(seq).json
    assert len(timeline.search("")) == len(timeline)


def test_a_log_that_is_gone_is_not_kept() -> None:
    script = Script(long_script())
    log = weakref.ref(script.log)
    timeline_of_observer(script.observer)
    del script
    gc.collect()
    assert log() is None


def test_an_empty_log_has_a_timeline() -> None:
    timeline = timeline_of_observer(Script().observer)
    assert repr(timeline) == "Timeline(0.0 s, 0 events, 0 responses)" and timeline
    assert timeline.lanes[0].name == "user"


def test_a_second_look_makes_nothing_anew_that_has_not_changed(talk) -> None:  # type: ignore[no-untyped-def]
    one, other = talk.recording.timeline, talk.recording.timeline
    first = [[each for each in found.brackets if each.turn == 0] for found in (one, other)]
    assert first[0] and all(a is b for a, b in zip(*first, strict=True))
    assert one.speech[0] is other.speech[0]
