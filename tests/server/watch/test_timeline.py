"""Latencies of hand-written sessions, to the millisecond."""

from __future__ import annotations

from typing import Any

import pytest
from support import logs

from rtnb.server.watch.timeline import MOST, Answer, Moment, Recognition, Timeline, ToolCall, seconds_a_character

TRANSCRIBED = "conversation.item.input_audio_transcription"


def played(*steps: Any, step_s: float = 0.25) -> list[Moment]:
    """What comes of steps, a quarter of a second each. What the client of the logs sends, a server receives."""
    now_s, found = 100.0, list[Moment]()
    timeline = Timeline(lambda: now_s)
    for given in steps:
        for direction, event in [given] if isinstance(given, tuple) else given:
            now_s += step_s
            if direction == "sent":
                timeline.received(event)
            elif (moment := timeline.sent(event)) is not None:
                found.append(moment)
    return found


def test_a_spoken_turn() -> None:
    steps = logs.speech_stopped("item_1", 900), logs.answer(1, ("Hi.",), (logs.pcm(500),))
    (answer,) = played(logs.session(), logs.speech_started("item_1", 0), *steps)
    assert isinstance(answer, Answer)
    assert (answer.trigger, answer.start_s, answer.status, answer.reason) == ("vad", 0.25, "completed", "")
    # created, output item, conversation item, content part, transcript, audio
    assert (answer.first_output_s, answer.first_audio_s, answer.turn_first_audio_s) == (1.0, 1.25, 1.5)
    assert answer.audio_s == pytest.approx(0.5) and answer.usage == logs.USAGE
    assert answer.duration_s > answer.first_audio_s


def test_what_triggers_an_answer() -> None:
    def trigger(*before: Any) -> tuple[str, float | None]:
        (answer,) = [each for each in played(*before, logs.answer(1)) if isinstance(each, Answer)]
        return answer.trigger, answer.start_s

    asked = logs.request(None)
    stopped = logs.speech_stopped("item_1", 900)
    error = logs.got("error", error={"code": "conversation_already_has_active_response"})
    assert trigger(asked) == ("client", 0.25)
    assert trigger(stopped, asked) == ("client", 0.25)
    assert trigger(stopped, *logs.committed("item_1")) == ("vad", 1.0)
    assert trigger(logs.got("input_audio_buffer.timeout_triggered", item_id="item_1")) == ("idle", 0.25)
    assert trigger(asked, error) == ("server", None)
    assert trigger(stopped, logs.speech_started("item_2", 1000)) == ("server", None)
    # What started one answer does not start the next.
    assert trigger(asked, logs.answer(0)[0]) == ("server", None)


def test_two_answers_side_by_side() -> None:
    one, two = logs.answer(1), logs.answer(2, conversation_id=None)
    found = played(one[0], two[0], one[3], *two[1:], *one[4:])
    assert [(each.id, each.trigger) for each in found if isinstance(each, Answer)] == [
        ("resp_2", "server"),
        ("resp_1", "server"),
    ]


def test_an_interrupted_answer_and_a_failed_one() -> None:
    cut = logs.answer(1, status="cancelled", reason="turn_detected")
    (answer,) = played(cut[:5], logs.speech_started("item_2", 0), cut[5:])
    assert isinstance(answer, Answer)
    assert answer.reason == "turn_detected" and answer.interrupted_s == 0.25 * len(cut[5:])
    failed = logs.answer(1, status="failed")
    failed[-1][1]["response"]["status_details"] = {"type": "failed", "error": {"type": "x", "code": "out_of_words"}}
    (answer,) = played(failed)
    assert isinstance(answer, Answer) and answer.reason == "out_of_words" and answer.interrupted_s is None


def test_recognition_is_measured_from_the_commit() -> None:
    done = logs.got(f"{TRANSCRIBED}.completed", item_id="item_1", transcript="Hi.", usage={"type": "tokens"})
    failed = logs.got(f"{TRANSCRIBED}.failed", item_id="item_2", error={})
    found = played(*logs.committed("item_1"), done, *logs.committed("item_2"), failed, failed)
    assert found == [
        Recognition("completed", 0.75, {"type": "tokens"}),
        Recognition("failed", 0.75),
        Recognition("failed", None),
    ]


def test_calls_of_functions_and_of_mcp() -> None:
    call = {"id": "item_c", "type": "function_call", "name": "look_up", "call_id": "call_1", "status": "completed"}
    output = {"id": "item_o", "type": "function_call_output", "call_id": "call_1", "output": "{}"}
    mcp = {"id": "item_m", "type": "mcp_call", "name": "weather"}
    listed = {"id": "item_l", "type": "mcp_list_tools", "server_label": "docs"}
    found = played(
        logs.got("response.output_item.done", item=call),
        logs.got("conversation.item.added", item=output),
        logs.got("conversation.item.added", item=output),
        logs.got("response.output_item.done", item={**call, "status": "incomplete"}),
        logs.got("response.output_item.added", item=mcp),
        logs.got("response.mcp_call.in_progress", item_id="item_m"),
        logs.got("response.mcp_call.failed", item_id="item_m"),
        logs.got("conversation.item.added", item=listed),
        logs.got("mcp_list_tools.in_progress", item_id="item_l"),
        logs.got("mcp_list_tools.completed", item_id="item_l"),
    )
    assert found == [
        ToolCall("function", "look_up", "requested"),
        ToolCall("function", "look_up", "answered", 0.25),
        ToolCall("function", "", "answered"),
        ToolCall("function", "look_up", "incomplete"),
        ToolCall("mcp", "weather", "failed", 0.25),
        ToolCall("mcp_list", "docs", "completed", 0.25),
    ]


def test_formats_of_audio_are_followed() -> None:
    timeline = Timeline()
    assert timeline.input_seconds_a_character * 64_000 == pytest.approx(1.0)
    audio = {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcma"}}}
    timeline.sent({"type": "session.updated", "session": {"audio": audio}})
    assert timeline.input_seconds_a_character == seconds_a_character({"type": "audio/pcma"})
    assert seconds_a_character({"type": "audio/unheard-of"}) == seconds_a_character(None)


def test_what_is_never_transcribed_does_not_pile_up() -> None:
    timeline = Timeline()
    for index in range(3 * MOST):
        timeline.sent({"type": "input_audio_buffer.committed", "item_id": f"item_{index}"})
    assert len(timeline._committed_s) == MOST
