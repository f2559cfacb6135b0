"""What a log of a session tells, from events alone, and what it keeps to itself."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb
from rtnb.audio.formats import PCM16
from rtnb.errors import RecordingError
from rtnb.server.opening import Opening
from rtnb.server.watching import Facts
from rtnb.testing.session_log import SessionLog
from rtnb.testing.turns import user_turns


def log(*steps: tuple[str, dict[str, Any]]) -> SessionLog:
    made = SessionLog(Facts(session_id="sess_1", opening=Opening(model="gpt-realtime-2.1")))
    for way, event in steps:
        made.received(event, 0) if way == "client" else made.sent(event)
    return made


def audio(ms: int, value: int = 1) -> str:
    return base64.b64encode(bytes([value]) * (48 * ms)).decode()


CALL = {"type": "response.function_call_arguments.done", "name": "book", "arguments": '{"people": 2}', "call_id": "c1"}
OUTPUT = {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "12"}}
MCP = {
    "type": "response.output_item.done",
    "item": {
        "id": "mcp_1",
        "type": "mcp_call",
        "name": "find",
        "arguments": "{}",
        "server_label": "shop",
        "output": "x",
    },
}


def test_calls_and_what_came_of_them() -> None:
    session = log(("server", CALL), ("client", OUTPUT), ("server", MCP), ("server", MCP))
    (call,) = session.tool_calls
    assert (call.name, call.arguments, call.output) == ("book", {"people": 2}, "12")
    (tool,) = session.mcp_calls
    assert (tool.name, tool.server_label, tool.output, tool.error) == ("find", "shop", "x", None)
    assert session.tool_outputs == ["12"]
    assert session.errors == []


def test_errors_of_all_kinds() -> None:
    failed = {"status": "failed", "status_details": {"error": {"code": "c", "message": "m"}}}
    broken = {"type": "response.output_item.done", "item": {**MCP["item"], "error": {"type": "http", "message": "404"}}}
    session = log(
        ("server", {"type": "error", "error": {"code": None, "type": "t", "message": "No."}}),
        ("server", {"type": "response.done", "response": failed}),
        ("server", broken),
    )
    assert session.errors == ["t: No.", "response failed: c: m", "MCP tool find failed: http: 404"]


def test_secrets_are_not_kept() -> None:
    tool = {"type": "mcp", "server_label": "x", "authorization": "hush", "headers": {"X-Key": "hush"}}
    update = {"type": "session.update", "session": {"tools": [tool]}}
    session = log(("client", update), ("client", {"type": "response.create", "response": {"tools": [tool]}}))
    assert "hush" not in "".join(session.lines())
    assert update["session"]["tools"][0]["authorization"] == "hush"


def test_spoken_turns_are_cut_as_the_server_says() -> None:
    append = [("client", {"type": "input_audio_buffer.append", "audio": audio(100, value)}) for value in range(10)]
    vad = [
        ("server", {"type": "input_audio_buffer.speech_started", "item_id": "a", "audio_start_ms": 200}),
        ("server", {"type": "input_audio_buffer.speech_stopped", "item_id": "a", "audio_end_ms": 500}),
        ("server", {"type": "input_audio_buffer.committed", "item_id": "a"}),
    ]
    manual = [append[0], ("server", {"type": "input_audio_buffer.committed", "item_id": "b"})]
    cleared = [append[1], ("server", {"type": "input_audio_buffer.cleared"})]
    turns = user_turns([*append, *vad, *cleared, *manual], PCM16)
    assert [(turn.item_id, turn.clip.duration_s) for turn in turns] == [
        ("a", pytest.approx(0.3)),
        ("b", pytest.approx(0.1)),
    ]
    assert turns[0].clip.to_pcm16() == bytes([2]) * 4800 + bytes([3]) * 4800 + bytes([4]) * 4800


def test_items_with_audio_of_their_own_are_turns_too() -> None:
    part = {"type": "input_audio", "audio": audio(50)}
    item = {"type": "message", "role": "user", "content": [part]}
    added = {"type": "conversation.item.added", "item": {**item, "id": "x", "content": [{"type": "input_audio"}]}}
    told = {"type": "conversation.item.input_audio_transcription.completed", "item_id": "x", "transcript": "Hello."}
    session = log(("client", {"type": "conversation.item.create", "item": item}), ("server", added), ("server", told))
    (turn,) = session.turns
    assert (turn.item_id, turn.transcript) == ("x", "Hello.")
    assert session.heard == ["Hello."]


def test_it_comes_back_from_a_file(tmp_path: Path) -> None:
    session = log(
        (
            "server",
            {"type": "session.created", "session": {"id": "sess_1", "type": "realtime", "model": "gpt-realtime-2.1"}},
        ),
        ("client", {"type": "input_audio_buffer.append", "audio": audio(100)}),
        ("server", {"type": "response.output_audio.delta", "delta": audio(200)}),
        ("server", {"type": "response.output_audio_transcript.done", "transcript": "Grüß Gott."}),
    )
    session.closed(1001, "Over.")
    path = session.save(tmp_path / "deep" / "er", "mine")
    again = SessionLog.load(path)
    assert [step.event for step in again.steps] == [step.event for step in session.steps]
    assert (again.id, again.model, again.closed_with, again.said) == (
        "sess_1",
        "gpt-realtime-2.1",
        session.closed_with,
        ["Grüß Gott."],
    )
    assert rtnb.Clip.load(path.with_name("mine.in.wav")).duration_s == pytest.approx(0.1)
    assert rtnb.Clip.load(path.with_name("mine.out.wav")).duration_s == pytest.approx(0.2)
    assert rtnb.replay(path).notes is not None
    path.write_text(path.read_text()[:-9])
    assert len(SessionLog.load(path).steps) == 4
    path.write_text("no JSON\n")
    with pytest.raises(RecordingError, match=r"mine\.jsonl is no record of a session"):
        SessionLog.load(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CLIENT = st.fixed_dictionaries(
    {"type": st.sampled_from(["input_audio_buffer.append", "conversation.item.create", "session.update", "x"])},
    optional={"audio": JSON, "item": JSON, "session": JSON},
)


@given(st.lists(CLIENT | JSON, max_size=5))
def test_whatever_a_client_sends_can_be_told(events: list[Any]) -> None:
    session = log(*(("client", event) for event in events))
    found = (session.typed, session.tool_calls, session.turns, session.audio_in, session.errors, session.digest())
    assert len(found) == 6
    assert len(list(session.lines())) == len(events)


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (None, "", []),
        (1000, "", []),
        (None, "the client was gone without a close", ["the client was gone without a close"]),
        (1012, "Restart.", ["Restart."]),
    ],
)
def test_a_session_that_was_lost_ends_with_a_note(
    tmp_path: Path, code: int | None, reason: str, told: list[str]
) -> None:
    session = log(
        (
            "server",
            {"type": "session.created", "session": {"id": "sess_1", "type": "realtime", "model": "gpt-realtime-2.1"}},
        ),
        ("client", {"type": "response.create"}),
        ("server", {"type": "response.created", "response": {"id": "resp_1", "conversation_id": "c"}}),
    )
    session.closed(code, reason)
    path = session.save(tmp_path)
    recording = rtnb.replay(path)
    assert [link.reason for link in recording.timeline.links if link.lost_s is not None] == told
    assert recording.turns[0].status == ("failed" if told else "in_progress")
    again = SessionLog.load(path)
    assert len(again.steps) == 3 and again.closed_with == session.closed_with
    assert list(again.lines()) == list(session.lines())
