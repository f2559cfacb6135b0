"""The reducer: hand-written sessions first, then everything that can be done to them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.logs import (
    MS,
    USAGE,
    Script,
    Step,
    answer,
    append,
    b64,
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

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.state import TurnState

SLOW = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def error(event_id: str | None, code: str | None = "invalid_value", message: str = "No.") -> Step:
    wire = {"type": "invalid_request_error", "code": code, "message": message, "param": None, "event_id": event_id}
    return got("error", error=wire)


def spoken(number: int, ms: int = 400, **options: Any) -> list[Step]:
    """An answer of so many milliseconds of audio in four pieces."""
    return answer(number, ["One, ", "two, ", "three, ", "four."], [pcm(ms / 4, seed=number)] * 4, **options)


def heard(item_id: str, text: str) -> Step:
    kind = "conversation.item.input_audio_transcription.completed"
    usage = {"type": "duration", "seconds": 2}
    return got(kind, item_id=item_id, content_index=0, transcript=text, usage=usage)


def turn_of(script: Script, index: int = 0) -> TurnState:
    return script.talk.turns[index]


# Asking by text


def test_a_text_turn() -> None:
    script = Script(session(), user_item("item_u", "What is it?"), request("turn_1"))
    turn = turn_of(script)
    assert script.talk.turn_with_key("turn_1") is turn
    assert script.talk.requested()
    assert not script.talk.over(turn)
    assert script.turns()[0].status == "waiting"
    script.play(answer(1, ["It is ", "this."], key="turn_1"))
    assert script.talk.over(turn)
    assert not script.talk.requested()
    assert script.talk.active_response() is None
    (view,) = script.turns()
    assert (view.status, view.user_text, view.user_kind) == ("completed", "What is it?", "text")
    assert view.assistant_text == "It is this."
    assert view.assistant_audio is None
    assert view.usage is not None and view.usage.total_tokens == USAGE["total_tokens"]
    assert view.latency is not None
    assert (view.latency.start, view.latency.end) == ("request", "first text")
    assert view.model == "gpt-realtime-2.1"


def test_while_it_runs_the_answer_grows() -> None:
    steps = answer(1, ["One ", "two"], key="turn_1")
    script = Script(session(), user_item("item_u", "Count."), request("turn_1"))
    texts = []
    for step in steps:
        script.play(step)
        (view,) = script.turns()
        texts.append(view.assistant_text)
        if script.talk.active_response() is not None:
            assert view.status == "in_progress"
    assert list(dict.fromkeys(texts)) == ["", "One", "One two"]


def test_several_items_are_one_turn_and_every_request_is_a_turn() -> None:
    script = Script(
        session(),
        user_item("item_a", "First."),
        user_item("item_b", "Second."),
        request("turn_1"),
        answer(1, key="turn_1"),
        user_item("item_c", "Third."),
        request("turn_2"),
        answer(2, key="turn_2"),
    )
    assert [view.user_text for view in script.turns()] == ["First. Second.", "Third."]
    assert [turn.responses for turn in script.talk.turns] == [["resp_1"], ["resp_2"]]


def test_an_item_without_an_id_belongs_to_the_request_behind_it() -> None:
    item = {"id": "item_server", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
    early = Script(session(), user_item(None, "Hi."), got("conversation.item.added", item=item), request("turn_1"))
    late = Script(session(), user_item(None, "Hi."), request("turn_1"), got("conversation.item.added", item=item))
    for script in (early, late):
        script.play(got("conversation.item.done", item=item), answer(1, key="turn_1"))
        assert [view.user_text for view in script.turns()] == ["Hi."]


def test_system_items_are_not_what_the_user_said() -> None:
    item = {
        "id": "item_s",
        "type": "message",
        "role": "system",
        "content": [{"type": "input_text", "text": "Be kind."}],
    }
    script = Script(session(), sent("conversation.item.create", item=item), request("turn_1"), answer(1, key="turn_1"))
    assert script.turns()[0].user_text == ""


def test_a_server_that_does_not_echo_metadata_is_understood() -> None:
    script = Script(
        session(),
        user_item("item_a", "First."),
        request("turn_1"),
        answer(1, ["Answer one."]),
        user_item("item_b", "Second."),
        request("turn_2"),
        answer(2, ["Answer two."]),
    )
    assert [(v.user_text, v.assistant_text) for v in script.turns()] == [
        ("First.", "Answer one."),
        ("Second.", "Answer two."),
    ]


def test_a_response_nobody_asked_for_is_a_turn_of_its_own() -> None:
    script = Script(session(), answer(1, ["Welcome!"]))
    (view,) = script.turns()
    assert (view.status, view.user_kind, view.assistant_text) == ("completed", "none", "Welcome!")
    assert view.latency is not None and view.latency.start == "response created"


def test_two_parts_of_one_item_stay_apart() -> None:
    at = {"response_id": "resp_1", "item_id": "item_r1", "output_index": 0}
    head = answer(1, [], key="turn_1")[:3]
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"), head)
    script.play(
        got("response.output_text.delta", delta="One ", content_index=0, **at),
        got("response.output_text.delta", delta="three ", content_index=1, **at),
        got("response.output_text.delta", delta="two ", content_index=0, **at),
        got("response.output_text.done", text="three four", content_index=1, **at),
        got("response.output_text.done", text="One two ", content_index=0, **at),
    )
    assert script.turns()[0].assistant_text == "One two three four"


def test_a_function_call_is_no_words() -> None:
    item = {"id": "item_f", "type": "function_call", "name": "f", "call_id": "call_1", "arguments": "{}"}
    at = {"response_id": "resp_1", "output_index": 0}
    script = Script(
        session(),
        user_item("item_u", "Do it."),
        request("turn_1"),
        answer(1, key="turn_1")[:1],
        got("response.output_item.added", item=item, **at),
        got(
            "response.function_call_arguments.done", item_id="item_f", call_id="call_1", arguments="{}", name="f", **at
        ),
        got("response.done", response={"id": "resp_1", "status": "completed", "output": [item], "usage": USAGE}),
    )
    (view,) = script.turns()
    assert (view.status, view.assistant_text) == ("completed", "")
    assert script.talk.items["item_f"].type == "function_call"


@pytest.mark.parametrize(
    ("status", "details", "reason"),
    [
        ("cancelled", {"reason": "client_cancelled"}, "cancelled by the client"),
        ("incomplete", {"reason": "max_output_tokens"}, "cut off at max_output_tokens"),
        ("incomplete", {"reason": "content_filter"}, "stopped by the content filter"),
        ("failed", {"error": {"code": "insufficient_quota", "message": "No money."}}, "No money."),
        ("exploded", None, ""),
    ],
)
def test_how_a_response_can_end(status: str, details: Any, reason: str) -> None:
    done = {"id": "resp_1", "status": status, "status_details": details, "output": [], "usage": None}
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"), answer(1, key="turn_1")[:1])
    script.play(got("response.done", response=done))
    (view,) = script.turns()
    assert view.status == ("failed" if status == "exploded" else status)
    assert view.status_reason == reason
    assert view.usage is None
    assert script.talk.over(turn_of(script))


# Asking with a clip


def clip_ask(key: str | None = "turn_1", ms: int = 1000) -> list[Step]:
    """Append, commit and request, all sent before the server says anything."""
    return [
        sent("input_audio_buffer.clear", event_id="event_clear"),
        append(pcm(ms / 2, seed=3)),
        append(pcm(ms / 2, seed=4)),
        sent("input_audio_buffer.commit", event_id="event_commit"),
        request(key),
    ]


@pytest.mark.parametrize("echo", [True, False])
def test_a_clip_is_known_only_when_it_is_committed(echo: bool) -> None:
    key = "turn_1" if echo else None
    script = Script(session(vad=False), clip_ask(), committed("item_u"), spoken(1, key=key))
    script.play(heard("item_u", "Hello?"))
    (view,) = script.turns()
    assert (view.status, view.user_kind, view.user_text) == ("completed", "audio", "Hello?")
    assert view.user_audio is not None
    assert view.user_audio.to_pcm16() == pcm(500, seed=3) + pcm(500, seed=4)
    assert view.assistant_audio is not None
    assert view.assistant_audio.to_pcm16() == pcm(100, seed=1) * 4
    assert view.assistant_text == "One, two, three, four."
    assert view.latency is not None
    assert (view.latency.start, view.latency.end) == ("commit", "first audio")
    assert view.user_start_s == pytest.approx(turn_of(script).committed_s - 1.0)  # type: ignore[operator]


def test_clips_one_after_another_keep_their_own_audio() -> None:
    script = Script(session(vad=False))
    for number in (1, 2, 3):
        key = f"turn_{number}"
        script.play(append(pcm(200, seed=number)), sent("input_audio_buffer.commit"), request(key))
        script.play(committed(f"item_u{number}"), answer(number, key=key))
    audio = [view.user_audio for view in script.turns()]
    assert [clip.to_pcm16() for clip in audio if clip is not None] == [pcm(200, seed=n) for n in (1, 2, 3)]


def test_a_server_that_does_not_announce_the_item_is_understood() -> None:
    script = Script(session(vad=False), clip_ask(), committed("item_u")[:1], answer(1, key="turn_1"))
    assert script.turns()[0].user_kind == "audio"
    assert script.talk.items["item_u"].role == "user"


def test_audio_that_was_cleared_is_nobodys() -> None:
    script = Script(session(vad=False), append(pcm(300, seed=9)), clip_ask(), committed("item_u"))
    (view,) = script.turns()
    assert view.user_audio is not None
    assert view.user_audio.to_pcm16() == pcm(500, seed=3) + pcm(500, seed=4)


def test_a_commit_that_was_answered_before_the_request_belongs_to_it() -> None:
    script = Script(session(vad=False), append(pcm(200)), sent("input_audio_buffer.commit"), committed("item_u"))
    assert script.turns() == []
    script.play(request("turn_1"), answer(1, key="turn_1"))
    (view,) = script.turns()
    assert view.user_kind == "audio"
    assert view.user_audio is not None and view.user_audio.duration_s == pytest.approx(0.2)


def test_two_commits_before_a_request_are_both_its_own() -> None:
    script = Script(
        session(vad=False),
        append(pcm(200, seed=1)),
        sent("input_audio_buffer.commit"),
        append(pcm(200, seed=2)),
        sent("input_audio_buffer.commit"),
        request("turn_1"),
        committed("item_a"),
        committed("item_b"),
        answer(1, key="turn_1"),
        user_item("item_c", "And this."),
        request("turn_2"),
        answer(2, key="turn_2"),
    )
    first, second = script.turns()
    assert first.user_audio is not None
    assert first.user_audio.to_pcm16() == pcm(200, seed=1) + pcm(200, seed=2)
    assert (second.user_kind, second.user_text) == ("text", "And this.")


def test_text_and_a_clip_make_a_mixed_turn() -> None:
    script = Script(session(vad=False), user_item("item_t", "Listen:"), clip_ask(), committed("item_u"))
    (view,) = script.turns()
    assert (view.user_kind, view.user_text) == ("mixed", "Listen:")


@pytest.mark.parametrize("event_id", ["event_commit", None])
def test_a_refused_commit_is_not_waited_for(event_id: str | None) -> None:
    refusal = error(event_id, "input_audio_buffer_commit_empty")
    script = Script(session(vad=False), sent("input_audio_buffer.commit", event_id="event_commit"), refusal)
    script.play(user_item("item_u", "Then by text."), request("turn_1"), answer(1, key="turn_1"))
    (view,) = script.turns()
    assert (view.status, view.user_kind) == ("completed", "text")
    assert view.latency is not None and view.latency.start == "request"
    script.play(append(pcm(200)), sent("input_audio_buffer.commit"), request("turn_2"), committed("item_v"))
    assert turn_of(script).user_items == ["item_u"]
    assert turn_of(script, 1).user_items == ["item_v"]
    assert script.turns()[1].user_audio is not None


def test_a_request_whose_commit_is_refused_has_failed() -> None:
    refusal = error("event_commit", "input_audio_buffer_commit_empty", "Buffer too small.")
    script = Script(session(vad=False), clip_ask(), refusal)
    assert script.talk.over(turn_of(script))
    assert script.turns()[0].status == "failed"
    assert script.turns()[0].status_reason == "Buffer too small."


def test_audio_inside_of_an_item_does_not_move_the_clock_of_the_input() -> None:
    part = {"type": "input_audio", "audio": b64(pcm(1000, seed=8))}
    item = {"id": "item_x", "type": "message", "role": "user", "content": [part]}
    script = Script(session(vad=False), sent("conversation.item.create", item=item))
    script.play(append(pcm(300, seed=5)), sent("input_audio_buffer.commit"), request("turn_1"), committed("item_u"))
    view = script.turns()[0]
    assert script.talk.clock.total_bytes == 300 * MS
    assert view.user_audio is not None
    assert view.user_audio.to_pcm16() == pcm(1000, seed=8) + pcm(300, seed=5)


# Turns that turn detection makes


def vad_turn(number: int, start_ms: int, end_ms: int) -> list[Step]:
    item_id = f"item_u{number}"
    return [speech_started(item_id, start_ms), speech_stopped(item_id, end_ms), *committed(item_id)]


def streamed(ms: int) -> list[Step]:
    return [append(pcm(20, seed=n)) for n in range(ms // 20)]


def test_a_spoken_turn() -> None:
    script = Script(session()).play(streamed(1000), step_s=0.02)
    script.play(speech_started("item_u", 200), step_s=0)
    (view,) = script.turns()
    assert view.status == "listening"
    assert not script.talk.over(turn_of(script))
    script.play(streamed(1000), step_s=0.02)
    script.play(speech_stopped("item_u", 1600), committed("item_u"))
    assert script.turns()[0].status == "waiting"
    script.play(spoken(1), heard("item_u", "Is it?"))
    (view,) = script.turns()
    assert (view.status, view.user_text, view.assistant_text) == ("completed", "Is it?", "One, two, three, four.")
    assert view.user_audio is not None
    assert view.user_audio.duration_s == pytest.approx(1.4)
    sent_bytes = script.log.stores["sent"].read(200 * MS, 1400 * MS)
    assert view.user_audio.to_pcm16() == sent_bytes
    (span,) = view.speech
    assert (span.prefix_s, span.silence_s) == (0.3, 0.2)
    assert span.end_s is not None
    assert span.end_s - span.start_s == pytest.approx(1.4)
    # Sample 200 ms was captured 200 ms after the stream began at real pace.
    assert span.start_s == pytest.approx(script.log[1].t_s + 0.2 - 0.02)
    assert view.latency is not None
    assert (view.latency.start, view.latency.end) == ("speech end", "first audio")
    assert view.latency.start_s == pytest.approx(span.end_s - 0.2)


def test_speech_from_the_very_beginning_has_no_padding() -> None:
    script = Script(session(), streamed(400), speech_started("item_u", 0))
    assert script.turns()[0].speech[0].prefix_s == 0.0


def test_barge_in() -> None:
    script = Script(session(), streamed(600), vad_turn(1, 0, 500))
    # Two seconds of audio arrive at once, speech starts half a second later.
    steps = answer(1, ["A long ", "story."], [pcm(1000), pcm(1000)], status="cancelled", reason="turn_detected")
    deltas = next(n for n, (_, event) in enumerate(steps) if event["type"] == "response.output_audio.done")
    script.play(steps[:deltas])
    begun_s = script.talk.player.start_s("item_r1")
    assert begun_s is not None
    script.play(speech_started("item_u2", 700), at_s=begun_s + 0.5)
    script.play(steps[deltas:])
    script.play(sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=500))
    script.play(got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=500))
    script.play(speech_stopped("item_u2", 900), committed("item_u2"), spoken(2))
    first, second = script.turns()
    assert (first.status, first.status_reason) == ("cancelled", "interrupted by speech")
    assert first.heard_s == pytest.approx(0.5)
    assert first.assistant_audio is not None and first.assistant_audio.duration_s == pytest.approx(2.0)
    assert script.talk.items["item_r1"].truncated_ms == 500
    assert script.talk.items["item_r1"].truncation_sent
    assert (second.status, second.heard_s) == ("completed", None)
    assert all(script.talk.over(turn) for turn in script.talk.turns)


def test_members_that_a_server_leaves_out_mean_their_defaults() -> None:
    sparse = {"input": {"turn_detection": {"type": "semantic_vad"}}}
    script = Script(session(audio=sparse), request("turn_1"), spoken(1, 4000, key="turn_1"))
    script.play(streamed(600), speech_started("item_u", 100), speech_stopped("item_u", 500), committed("item_u"))
    first, second = script.turns()
    assert first.heard_s is not None
    assert second.status == "waiting"
    assert second.speech[0].prefix_s == second.speech[0].silence_s == 0.0


def test_speech_that_does_not_interrupt_cuts_nothing() -> None:
    script = Script(session(detection={"interrupt_response": False}), request("turn_1"), spoken(1, 2000, key="turn_1"))
    script.play(streamed(100), speech_started("item_u", 0))
    assert script.turns()[0].heard_s is None


@pytest.mark.parametrize("event_id", ["event_append", None])
def test_speech_that_cannot_be_answered_because_another_answer_runs_is_over(event_id: str | None) -> None:
    script = Script(session(detection={"interrupt_response": False}), user_item("item_t", "Go."), request("turn_1"))
    steps = spoken(1, key="turn_1")
    script.play(steps[:4], streamed(600), vad_turn(2, 0, 500))
    script.play(error(event_id, "conversation_already_has_active_response", "Already has an active response."))
    script.play(steps[4:])
    first, second = script.turns()
    assert first.status == "completed"
    assert (second.status, second.status_reason) == ("failed", "Already has an active response.")
    assert all(script.talk.over(turn) for turn in script.talk.turns)


def test_without_create_response_a_turn_is_over_when_speech_is() -> None:
    script = Script(session(detection={"create_response": False}), streamed(600), speech_started("item_u", 0))
    assert not script.talk.over(turn_of(script))
    script.play(speech_stopped("item_u", 500), committed("item_u"))
    assert script.talk.over(turn_of(script))
    (view,) = script.turns()
    assert (view.status, view.user_kind) == ("no_response", "audio")


@pytest.mark.parametrize("echo", [True, False])
def test_a_request_after_speech_that_makes_none_is_answered_as_a_request(echo: bool) -> None:
    script = Script(session(detection={"create_response": False}), streamed(600), vad_turn(1, 0, 500))
    script.play(request("turn_1"), answer(1, key="turn_1" if echo else None))
    turn = script.talk.turn_with_key("turn_1")
    assert turn is not None
    assert turn.responses == ["resp_1"]
    assert all(script.talk.over(turn) for turn in script.talk.turns)


def test_speech_that_is_cleared_away_is_over() -> None:
    script = Script(session(), streamed(600), speech_started("item_u", 0))
    script.play(sent("input_audio_buffer.clear"), got("input_audio_buffer.cleared"))
    assert script.talk.over(turn_of(script))
    assert script.turns()[0].status == "no_response"
    script.play(user_item("item_t", "Text then."), request("turn_1"), answer(1, ["Yes."]))
    assert script.turns()[1].assistant_text == "Yes."


def test_a_commit_by_hand_ends_speech() -> None:
    script = Script(session(), streamed(600), speech_started("item_u", 100))
    script.play(sent("input_audio_buffer.commit"), committed("item_u"))
    assert script.talk.over(turn_of(script))
    (view,) = script.turns()
    assert view.status == "no_response"
    assert view.user_audio is not None
    assert view.user_audio.duration_s == pytest.approx(0.6)
    script.play(user_item("item_t", "And?"), request("turn_1"), answer(1, key="turn_1"))
    assert script.turns()[1].user_text == "And?"


def test_speech_that_is_announced_twice_is_one_turn() -> None:
    script = Script(session(), streamed(600), speech_started("item_u", 0), speech_stopped("item_u", 200))
    script.play(speech_started("item_u", 300), speech_stopped("item_u", 500), committed("item_u"), spoken(1))
    (view,) = script.turns()
    assert view.user_audio is not None
    assert len(view.speech) == 2
    assert view.status == "completed"


def test_a_turn_is_heard_when_its_transcription_came_or_failed() -> None:
    script = Script(session(), streamed(600), vad_turn(1, 0, 500), spoken(1))
    turn = turn_of(script)
    assert not script.talk.heard(turn)
    kind = "conversation.item.input_audio_transcription.failed"
    failed = Script(session(), streamed(600), vad_turn(1, 0, 500), got(kind, item_id="item_u1", error={}))
    assert failed.talk.heard(turn_of(failed))
    script.play(heard("item_u1", ""))
    assert script.talk.heard(turn)
    assert script.talk.transcription_usage["item_u1"] == ("gpt-transcribe", {"type": "duration", "seconds": 2})


def test_without_transcription_nobody_waits_for_it() -> None:
    script = Script(session(audio={"input": {"transcription": None}}), streamed(600), vad_turn(1, 0, 500))
    assert script.talk.heard(turn_of(script))


# Errors


def test_a_refused_request_fails_its_turn() -> None:
    script = Script(session(), user_item("item_u", "Go."), request("turn_1", "event_7"), error("event_7"))
    (view,) = script.turns()
    assert (view.status, view.status_reason) == ("failed", "No.")
    assert script.talk.over(turn_of(script))
    assert not script.talk.requested()
    assert view.user_text == "Go."


def test_an_error_without_an_event_id_fails_the_only_request() -> None:
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"), error(None))
    assert script.turns()[0].status == "failed"


def test_an_error_without_an_event_id_is_nobodys_when_two_wait() -> None:
    script = Script(session(), request("turn_1", "event_1"), request("turn_2", "event_2"), error(None))
    assert [view.status for view in script.turns()] == ["waiting", "waiting"]
    assert [e.message for e in script.talk.errors] == ["No."]


@pytest.mark.parametrize("event_id", ["event_other", None])
def test_an_error_about_something_else_fails_nothing(event_id: str | None) -> None:
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"), answer(1, key="turn_1")[:2])
    script.play(error(event_id, "unknown_parameter"))
    assert script.turns()[0].status == "in_progress"
    (found,) = script.talk.errors
    assert (found.code, found.event_id) == ("unknown_parameter", event_id)


def test_an_error_about_an_unknown_event_fails_no_request() -> None:
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"), error("event_of_somebody_else"))
    assert script.turns()[0].status == "waiting"


def test_a_refused_item_fails_the_request_it_was_for() -> None:
    script = Script(session(), user_item("item_u", "x" * 99, "event_1"), request("turn_1", "event_2"))
    script.play(error("event_1", "string_above_max_length", "Too long."))
    assert script.talk.over(turn_of(script))
    assert (script.turns()[0].status, script.turns()[0].status_reason) == ("failed", "Too long.")


def test_an_item_refused_before_the_request_is_not_part_of_it() -> None:
    script = Script(session(), user_item("item_u", "Bad.", "event_1"), error("event_1"))
    script.play(user_item("item_v", "Good.", "event_2"), request("turn_1"), answer(1, key="turn_1"))
    assert script.turns()[0].user_text == "Good."
    assert script.turns()[0].status == "completed"


def test_the_next_request_is_not_hurt_by_a_failed_one() -> None:
    script = Script(session(), user_item("item_a", "A."), request("turn_1", "event_1"), error("event_1"))
    script.play(user_item("item_b", "B."), request("turn_2", "event_2"), answer(1, ["Yes."]))
    assert [(v.status, v.user_text, v.assistant_text) for v in script.turns()] == [
        ("failed", "A.", ""),
        ("completed", "B.", "Yes."),
    ]


# Out of band


def test_an_out_of_band_response_is_no_turn() -> None:
    aside = request(None, conversation="none")
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"), aside)
    one, two = spoken(1, key="turn_1"), answer(2, ["Aside."], conversation_id=None)
    mixed = [step for pair in zip(one, two, strict=False) for step in pair] + one[len(two) :]
    script.play(mixed)
    (view,) = script.turns()
    assert view.assistant_text == "One, two, three, four."
    assert turn_of(script).responses == ["resp_1"]
    assert not script.talk.responses["resp_2"].in_conversation
    assert "".join(script.talk.items["item_r2"].text) == "Aside."


def test_an_out_of_band_response_is_not_the_active_one() -> None:
    script = Script(session(), request(None, conversation="none"), answer(1, conversation_id=None)[:3])
    assert script.talk.active_response() is None
    assert not script.talk.requested()


def test_what_is_pending_waits_for_a_request_of_the_conversation() -> None:
    script = Script(session(), user_item("item_u", "Go."), request(None, conversation="none"))
    script.play(answer(1, conversation_id=None), request("turn_1"), answer(2, key="turn_1"))
    (view,) = script.turns()
    assert view.user_text == "Go."


def test_out_of_band_audio_is_neither_played_nor_cut() -> None:
    script = Script(session(), request("turn_1"), spoken(1, 4000, key="turn_1"))
    aside = answer(2, ["Psst."], [pcm(1000)], conversation_id=None)
    script.play(request(None, "event_2", conversation="none"), aside[:-4])
    script.play(sent("response.cancel", response_id="resp_2"))
    assert script.talk.items["item_r1"].heard_s is None
    assert script.talk.items["item_r2"].heard_s is None
    assert script.talk.player.position_s("item_r2", now_s=script.now_s + 60) == 0


def test_a_server_that_names_no_conversation_at_all_still_answers_its_requests() -> None:
    script = Script(session(), user_item("item_u", "Go."), request("turn_1"))
    script.play(answer(1, ["Yes."], key="turn_1", conversation_id=None))
    (view,) = script.turns()
    assert (view.status, view.assistant_text) == ("completed", "Yes.")


# The player


def test_interrupting_stops_the_sound_where_it_is() -> None:
    script = Script(session(), request("turn_1"))
    steps = spoken(1, 4000, key="turn_1", status="cancelled", reason="client_cancelled")
    script.play(steps[:12])
    begun_s = script.talk.player.start_s("item_r1")
    assert begun_s is not None
    script.play(sent("response.cancel", response_id="resp_1"), at_s=begun_s + 1.5)
    script.play(steps[12:])
    (view,) = script.turns()
    assert view.heard_s == pytest.approx(1.5)
    assert view.assistant_start_s == begun_s
    assert (view.status, view.status_reason) == ("cancelled", "cancelled by the client")


def test_a_new_request_does_not_count_as_an_interruption() -> None:
    script = Script(session(), request("turn_1"), spoken(1, 4000, key="turn_1"), request("turn_2"))
    script.play(spoken(2, 400, key="turn_2"), streamed(100), speech_started("item_u", 0))
    first, second, _ = script.turns()
    assert first.heard_s is None
    assert second.heard_s is not None


def test_deleted_items_are_marked() -> None:
    script = Script(session(), user_item("item_u", "Go."), got("conversation.item.deleted", item_id="item_u"))
    assert script.talk.items["item_u"].deleted


def test_the_session_is_what_the_server_last_said() -> None:
    script = Script(session(voice="a"), session(kind="session.updated", instructions="Be brief."))
    assert script.talk.config["instructions"] == "Be brief."
    assert script.view().voice == "marin"
    assert script.view().turn_detection == "server VAD"
    assert Script(session(vad=False)).view().turn_detection == ""


# Everything that can be done to a session


def whole_session() -> list[Step]:
    """A long session with every kind of turn in it."""
    steps: list[Step] = [session(), user_item("item_t", "Hello."), request("turn_1", "event_1")]
    steps += answer(1, ["Hi ", "you."], key="turn_1")
    steps += [session(kind="session.updated", vad=False), *clip_ask("turn_2"), *committed("item_c")]
    steps += [*spoken(2, key="turn_2"), heard("item_c", "What?"), session(kind="session.updated"), *streamed(400)]
    steps += [*vad_turn(3, 1000, 1300), *spoken(3, status="cancelled", reason="turn_detected")[:9]]
    steps += [speech_started("item_u4", 1350), *spoken(3, status="cancelled", reason="turn_detected")[9:]]
    steps += [sent("conversation.item.truncate", item_id="item_r3", content_index=0, audio_end_ms=5)]
    steps += [got("conversation.item.truncated", item_id="item_r3", content_index=0, audio_end_ms=5)]
    steps += [speech_stopped("item_u4", 1400), *committed("item_u4"), heard("item_u4", "Stop."), *spoken(4)]
    steps += [request(None, "event_5", conversation="none"), *answer(5, conversation_id=None)]
    steps += [request("turn_6", "event_6"), error("event_6"), sent("response.cancel"), error(None)]
    steps += [got("conversation.item.deleted", item_id="item_t"), got("rate_limits.updated", rate_limits=[])]
    return steps


SESSION = whole_session()

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "item_r1", "resp_1", "turn_1", "event_1", "QUJD", "completed"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "type", "role", "content", "audio", "text", "output"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into nested JSON, the whole first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, member in inner for found in places(member, (*path, name)))]


@st.composite
def mangled(draw: st.DrawFn) -> list[Step]:
    """The session with events dropped, doubled, moved, turned round and changed inside."""
    steps = list(SESSION)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(steps) - 1))
        match draw(st.sampled_from(["drop", "double", "move", "turn", "change", "change", "change"])):
            case "drop":
                del steps[at : at + draw(st.integers(1, 4))]
                steps = steps or list(SESSION)
            case "double":
                steps.insert(draw(st.integers(0, len(steps))), steps[at])
            case "move":
                steps.insert(draw(st.integers(0, len(steps) - 1)), steps.pop(at))
            case "turn":
                direction, event = steps[at]
                steps[at] = ("sent" if direction == "received" else "received", event)
            case "change":
                direction, event = steps[at]
                event = copy.deepcopy(event)
                if not (inside := places(event)[1:]):
                    continue  # nothing is left in it
                path = draw(st.sampled_from(inside))
                holder: Any = event
                for name in path[:-1]:
                    holder = holder[name]
                if isinstance(holder, dict) and draw(st.booleans()):
                    del holder[path[-1]]
                else:
                    holder[path[-1]] = draw(JSON)
                steps[at] = (direction, event)
    return steps


def ask_everything(script: Script) -> None:
    talk = script.talk
    talk.active_response(), talk.requested(), talk.input_settings(), talk.turn_with_key("turn_1")
    for turn in talk.turns:
        talk.over(turn), talk.heard(turn)
    script.view()
    script.observer.run("run", script.talk.turns, 0, None, done=True)


ODD: list[Any] = [None, True, -1, 5, 1e300, -(2**63), "", "x", [], [5], [[]], {}, {"id": []}, {"id": "item_r1"}]

KINDS = [(direction, event["type"]) for direction, event in SESSION]


@pytest.mark.parametrize("kind", list(dict.fromkeys(KINDS)), ids=" ".join)
def test_every_member_of_every_event_may_be_anything(kind: tuple[Any, str]) -> None:
    at = KINDS.index(kind)
    direction, event = SESSION[at]
    script = Script(SESSION[:at])
    for path in places(event)[1:]:
        for odd in ODD:
            changed: Any = copy.deepcopy(event)
            holder = changed
            for name in path[:-1]:
                holder = holder[name]
            holder[path[-1]] = odd
            script.play((direction, changed))
            script.view()
    script.play(SESSION[at:])
    ask_everything(script)


@SLOW
@given(mangled())
def test_nothing_a_server_says_raises(steps: list[Step]) -> None:
    script = Script()
    for number, step in enumerate(steps):
        script.play(step)
        if number % 25 == 0:
            ask_everything(script)
    ask_everything(script)


@SLOW
@given(st.permutations(SESSION))
def test_no_order_raises(steps: list[Step]) -> None:
    ask_everything(Script(steps))


@SLOW
@given(st.lists(st.tuples(st.sampled_from(["sent", "received"]), st.sampled_from(SESSION)), max_size=20), st.data())
def test_nor_do_events_that_hold_anything(picked: list[tuple[Any, Step]], data: st.DataObject) -> None:
    script = Script()
    for direction, (_, event) in picked:
        names = data.draw(st.lists(st.sampled_from(sorted(event)), unique=True))
        script.play((direction, {**event, **{name: data.draw(JSON) for name in names if name != "type"}}))
    ask_everything(script)


def test_the_whole_session_as_it_should_be() -> None:
    script = Script(SESSION)
    assert [(v.status, v.user_kind, v.user_text, v.assistant_text) for v in script.turns()] == [
        ("completed", "text", "Hello.", "Hi you."),
        ("completed", "audio", "What?", "One, two, three, four."),
        ("cancelled", "audio", "", "One, two, three, four."),
        ("completed", "audio", "Stop.", "One, two, three, four."),
        ("failed", "none", "", ""),
    ]
    assert all(script.talk.over(turn) for turn in script.talk.turns)


def streams() -> list[list[Step]]:
    """What a server may interleave as it likes, each in its own order."""
    one = spoken(1, key="turn_1")
    words = [step for step in one if "transcript" in step[1]["type"]]
    sounds = [step for step in one if "output_audio." in step[1]["type"]]
    return [words, sounds, answer(2, ["An ", "aside."], conversation_id=None), [heard("item_t", "unheard")]]


@st.composite
def interleaved(draw: st.DrawFn) -> list[Step]:
    one = spoken(1, key="turn_1")
    inside = [step for step in one if "output_audio" in step[1]["type"]]
    head, tail = one[: one.index(inside[0])], one[one.index(inside[-1]) + 1 :]
    rest = streams()
    merged: list[Step] = []
    while any(rest):
        stream = draw(st.sampled_from([stream for stream in rest if stream]))
        merged.append(stream.pop(0))
    first = [session(), user_item("item_t", "Go."), request("turn_1"), request(None, "e2", conversation="none")]
    return [*first, *head, *merged, *tail]


def summary(script: Script) -> Any:
    """The state without its times."""
    talk = script.talk
    items = {
        item.id: ("".join(item.text), item.transcript, item.role, b"".join(ref.bytes() for ref in item.audio))
        for item in talk.items.values()
    }
    responses = {r.id: (r.status, r.items, r.usage, r.in_conversation, r.over) for r in talk.responses.values()}
    turns = [(turn.key, turn.user_items, turn.responses) for turn in talk.turns]
    return items, responses, turns, talk.config, talk.transcription_usage


@SLOW
@given(interleaved())
def test_the_end_does_not_depend_on_how_independent_deltas_were_mixed(steps: list[Step]) -> None:
    first = [session(), user_item("item_t", "Go."), request("turn_1"), request(None, "e2", conversation="none")]
    in_order = Script(first, spoken(1, key="turn_1"), *streams()[2:])
    assert summary(Script(steps)) == summary(in_order)


# Audio that is no PCM, and logs that begin in the middle


TELEPHONE = {"audio": {side: {"format": {"type": "audio/pcmu"}} for side in ("input", "output")}}


def test_telephone_audio_plays_at_its_own_rate() -> None:
    script = Script(got("session.created", session=TELEPHONE), answer(1, ["So."], [bytes(8 * 1000)] * 10))
    item = script.talk.items["item_r1"]
    assert item.audio_ms == 10_000
    start_s = script.talk.player.start_s("item_r1")
    assert start_s is not None
    cut = sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=3000)
    script.play(cut, at_s=start_s + 3)
    assert item.heard_s == 3.0


def test_telephone_input_is_cut_into_items_at_its_own_rate() -> None:
    script = Script(
        got("session.created", session=TELEPHONE), append(bytes(8 * 700)), sent("input_audio_buffer.commit")
    )
    script.play(committed("item_1"), append(bytes(8 * 300)))
    assert script.talk.items["item_1"].input_bytes == (0, 5600)
    assert script.talk.clock.bytes_per_ms == 8


def test_a_response_whose_beginning_was_not_recorded_counts() -> None:
    done = answer(1)[-1]
    script = Script(session(vad=False), done, done)
    (turn,) = script.talk.turns
    state = script.talk.responses["resp_1"]
    assert turn.responses == ["resp_1"] and state.over and state.usage == USAGE
    assert script.turns()[0].usage is not None and script.turns()[0].assistant_text == "Hello there."
    # Its beginning, too late, is no second response.
    script.play(answer(1)[0])
    assert len(script.talk.turns) == 1 and state.over
    outside = Script(session(vad=False), answer(2, conversation_id=None)[-1])
    assert not outside.talk.turns and not outside.talk.responses["resp_2"].in_conversation


def test_a_transcription_without_usage_is_known_of() -> None:
    kind = "conversation.item.input_audio_transcription.completed"
    script = Script(session(), got(kind, item_id="item_1", transcript="Hello."))
    assert script.talk.transcription_usage["item_1"] == ("gpt-transcribe", {})
    script.play(heard("item_1", "Hello."), got(kind, item_id="item_1", transcript="Hello."))
    assert script.talk.transcription_usage["item_1"][1] == {"type": "duration", "seconds": 2}


def test_a_direction_that_is_none_is_passed_over() -> None:
    script = Script(session())
    body = {"type": "response.created", "response": {"id": "resp_1"}}
    script.talk.apply(Event(9, 1.0, 1.0, "recfived", "response.created", body))  # type: ignore[arg-type]
    assert not script.talk.turns
