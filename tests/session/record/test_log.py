from __future__ import annotations

import base64
import copy
import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.logs import append, b64, pcm

from rtnb.protocol.envelope import Direction
from rtnb.protocol.nesting import DEEPEST
from rtnb.session.record.lines import decoded, written
from rtnb.session.record.log import REDACTED, EventLog, without_secrets

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
EVENTS = st.dictionaries(
    st.sampled_from(["type", "item", "session", "response", "audio", "delta", "event_id"]), JSON, max_size=4
)

SECRET = "Bearer sk-third-party"


def log() -> EventLog:
    return EventLog(start_s=10.0, start_wall_s=1000.0)


def mcp(**members: Any) -> dict[str, Any]:
    return {"type": "mcp", "server_label": "s", "server_url": "https://x", **members}


@given(st.lists(st.tuples(st.sampled_from(["sent", "received"]), EVENTS), max_size=8))
def test_whatever_was_said_can_be_read_back(said: list[tuple[Any, dict[str, Any]]]) -> None:
    recorded = log()
    for number, (direction, event) in enumerate(said):
        kept = copy.deepcopy(event)
        entry = recorded.record(event, direction, now_s=10.0 + number)
        assert event == kept, "the event was changed"
        assert entry is recorded[number]
        assert (entry.seq, entry.t_s, entry.wall_s) == (number, number, 1000.0 + number)
        assert entry.direction == direction
        assert entry.type == (event["type"] if isinstance(event.get("type"), str) else "")
    assert [entry.raw for entry in recorded] == [without_secrets(event) for _, event in said]


def test_audio_is_kept_once_by_direction() -> None:
    recorded = log()
    recorded.record(append(b"in")[1], "sent", now_s=10)
    recorded.record({"type": "response.output_audio.delta", "delta": b64(b"out")}, "received", now_s=10)
    recorded.record(append(b"more")[1], "sent", now_s=10)
    assert recorded.stores["sent"].read(0, 99) == b"inmore"
    assert recorded.stores["received"].read(0, 99) == b"out"
    assert "audio" not in recorded[0].body
    assert recorded[2].raw == append(b"more")[1]


def test_audio_inside_of_an_item_does_not_shift_the_input_audio() -> None:
    recorded = log()
    part = {"type": "input_audio", "audio": b64(pcm(100))}
    item = {"type": "message", "role": "user", "content": [part]}
    entry = recorded.record({"type": "conversation.item.create", "item": item}, "sent", now_s=10)
    assert entry.raw["item"] == item
    first = recorded.record(append(b"first")[1], "sent", now_s=10)
    assert first.audio[0].offset == 0


@pytest.mark.parametrize("holder", ["session", "response"])
@pytest.mark.parametrize("direction", ["sent", "received"])
@pytest.mark.parametrize("member", ["authorization", "headers"])
def test_credentials_of_tools_are_blanked(holder: str, direction: Any, member: str) -> None:
    value: Any = SECRET if member == "authorization" else {"Authorization": SECRET}
    tools = [{"type": "function", "name": "f"}, mcp(**{member: value}), "odd"]
    event = {"type": "x", holder: {"tools": tools, "instructions": "i"}}
    kept = copy.deepcopy(event)
    entry = log().record(event, direction, now_s=10)
    assert SECRET not in json.dumps(entry.raw)
    assert entry.body[holder]["tools"][1] == mcp(**{member: REDACTED})
    assert entry.body[holder]["tools"][0] == tools[0]
    assert entry.body[holder]["instructions"] == "i"
    assert event == kept


@pytest.mark.parametrize("tools", [(mcp(authorization=SECRET),), [mcp(authorization=SECRET, headers={"a": SECRET})]])
def test_credentials_are_found_in_tuples_as_well(tools: Any) -> None:
    entry = log().record({"type": "session.update", "session": {"tools": tools}}, "sent", now_s=10)
    assert SECRET not in repr(entry.body)


def test_credentials_are_found_in_dataclasses_as_well() -> None:
    from dataclasses import dataclass

    @dataclass
    class Tool:
        type: str
        authorization: str

    event = {"type": "session.update", "session": {"tools": [Tool("mcp", SECRET)]}}
    assert SECRET not in repr(log().record(event, "sent", now_s=10).body)


@pytest.mark.parametrize("event", [{}, {"session": None}, {"session": {"tools": None}}, {"session": {"tools": "x"}}])
def test_without_tools_there_is_nothing_to_blank(event: dict[str, Any]) -> None:
    assert without_secrets(event) is event


def test_empty_credentials_stay_as_they_are() -> None:
    event = {"session": {"tools": [mcp(authorization="", headers={})]}}
    assert without_secrets(event) == event


def test_what_is_logged_does_not_change_with_the_senders_event() -> None:
    event: dict[str, Any] = {"type": "conversation.item.create", "item": {"content": [{"text": "first"}]}}
    entry = log().record(event, "sent", now_s=10)
    event["item"]["content"][0]["text"] = "second"
    assert entry.raw["item"]["content"][0]["text"] == "first"


@pytest.mark.parametrize(
    ("given_event", "kept"),
    [
        ({"type": "t", "big": 2**70}, {"type": "t", "big": 2**70}),
        ({"type": "t", "metadata": {1: "a"}}, {"type": "t", "metadata": {"1": "a"}}),
        ({"type": "t", "tools": ({"a": 1},)}, {"type": "t", "tools": [{"a": 1}]}),
    ],
)
def test_sent_events_are_logged_as_they_travel(given_event: dict[str, Any], kept: dict[str, Any]) -> None:
    assert log().record(given_event, "sent", now_s=10).raw == kept


def test_what_cannot_be_sent_is_not_logged() -> None:
    recorded = log()
    with pytest.raises(TypeError):
        recorded.record({"type": "t", "what": {1, 2}}, "sent", now_s=10)
    assert len(recorded) == 0


@pytest.mark.parametrize("kind", [None, 5, ["a"], {"a": 1}, True])
def test_a_type_that_is_no_name_is_no_type(kind: object) -> None:
    assert log().record({"type": kind}, "received", now_s=10).type == ""


def test_is_a_sequence() -> None:
    recorded = log()
    for number in range(4):
        recorded.record({"type": f"t{number}"}, "sent", now_s=10)
    assert len(recorded) == 4
    assert [event.type for event in recorded[1:3]] == ["t1", "t2"]
    assert recorded[-1].type == "t3"
    assert recorded[2] in recorded
    with pytest.raises(IndexError):
        recorded[4]


def test_types_are_found_by_prefix() -> None:
    recorded = log()
    for name in ("response.created", "response.done", "responses", "response", "session.created"):
        recorded.record({"type": name}, "received", now_s=10)
    assert [event.type for event in recorded.of_type("response")] == ["response.created", "response.done", "response"]
    assert [event.type for event in recorded.of_type("response.done")] == ["response.done"]
    assert recorded.of_type("nothing") == []


def test_reads_as_lines_and_not_as_a_book() -> None:
    recorded = log()
    assert repr(recorded) == "(no events)"
    for _ in range(52):
        recorded.record({"type": "t"}, "sent", now_s=11.5)
    lines = repr(recorded).splitlines()
    assert lines[0] == "   1.500 → t"
    assert len(lines) == 51
    assert lines[-1] == "… and 2 more"


def test_can_be_read_while_it_is_written() -> None:
    recorded, stop = log(), threading.Event()
    problems: list[object] = []

    def read() -> None:
        while not stop.is_set():
            for index, event in enumerate(recorded):
                if event.seq != index or event.audio[0].bytes() != event.seq.to_bytes(4, "little"):
                    problems.append(event)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(2000):
            recorded.record(append(number.to_bytes(4, "little"))[1], "sent", now_s=10)
    finally:
        stop.set()
        reader.join(20)
    assert not problems
    assert base64.b64decode(recorded[5].raw["audio"]) == (5).to_bytes(4, "little")


@given(st.lists(EVENTS, max_size=6))
def test_a_frame_is_logged_as_its_event_is(events: list[dict[str, Any]]) -> None:
    framed, recorded = log(), log()
    for event in events:
        text = json.dumps(event)
        for frame in (text, text.encode()):
            received = framed.receive(frame, now_s=11)
            assert received is not None
            recorded.record(event, "received", now_s=11)
    assert list(framed) == list(recorded)
    assert [event.raw for event in framed] == [event.raw for event in recorded]


@pytest.mark.parametrize("kind", ["response.output_audio.delta", "response.audio.delta"])
@pytest.mark.parametrize("event_id", ["event_1", "sk-" + "a1" * 12, "é", 'a"b', None, 5])
def test_chunks_of_audio_are_logged_the_same_whichever_way(kind: str, event_id: Any) -> None:
    framed, recorded = log(), log()
    for number in range(3):
        event = {"type": kind, "event_id": event_id, "item_id": "i", "content_index": 0, "delta": b64(pcm(number))}
        framed.receive(json.dumps(event), now_s=11)
        framed.receive(json.dumps(event, separators=(",", ":")).encode(), now_s=11)
        for _ in range(2):
            entry = recorded.record(event, "received", now_s=11)
            assert entry.raw == {**event, "event_id": without_secrets(event)["event_id"]}
    assert list(framed) == list(recorded)
    assert framed.stores["received"].read(0, 10**6) == recorded.stores["received"].read(0, 10**6)


def test_chunks_of_one_answer_share_what_they_have_in_common() -> None:
    recorded = log()
    members = {"type": "response.output_audio.delta", "item_id": "i", "output_index": 0}
    events = [{**members, "event_id": f"event_{n}", "delta": b64(b"abc")} for n in (1, 2)]
    one, two = (recorded.receive(json.dumps(event, separators=(",", ":")), now_s=10) for event in events)
    assert one is not None and two is not None
    assert one.shared is two.shared
    assert (one.body["event_id"], two.body["event_id"]) == ("event_1", "event_2")


def test_members_that_are_equal_and_not_the_same_stay_apart() -> None:
    recorded = log()
    for value in (1, True, 1.0, "1", None):
        event = {"type": "input_audio_buffer.append", "event_id": "e", "more": value, "audio": "QUJD"}
        kept = recorded.record(event, "sent", now_s=10).raw["more"]
        assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize(
    "frame",
    ["", "{", "null", "[]", "5", '"text"', "\ud800", b"\xff", b"{\"type\": \"\xff\"}", "{" * 5000, '{"a": NaN}',
     '{"type":"response.output_audio.delta","event_id":"e","delta":"QUJD"'],
)  # fmt: skip
def test_a_frame_that_is_no_event_is_none(frame: str | bytes) -> None:
    recorded = log()
    assert recorded.receive(frame, now_s=10) is None
    assert len(recorded) == 0 and len(recorded.stores["received"]) == 0


def test_what_rtnb_notes_is_local() -> None:
    recorded = log()
    note = {"type": "rtnb.playback", "item_id": "i", "played_ms": 20, "audio": "QUJD"}
    entry = recorded.record(note, "local", now_s=10.5)
    note["played_ms"] = 40
    assert (entry.direction, entry.type, entry.raw["played_ms"]) == ("local", "rtnb.playback", 20)
    recorded.record({"type": "input_audio_buffer.append", "event_id": "e", "audio": "QUJD"}, "local", now_s=10)
    assert all(len(recorded.stores[name]) == 0 for name in ("sent", "received"))


@pytest.mark.parametrize("key", ["my-own-key", 'with"quote/and\\slash', "schlüssel", "İstanbul-key"])
def test_a_key_of_the_sessions_own_is_blanked_wherever_it_turns_up(key: str) -> None:
    recorded = log()
    recorded.hide(key, "")
    event = {"type": "error", "error": {"message": f"Incorrect API key provided: {key}."}}
    for text in (json.dumps(event), json.dumps(event, ensure_ascii=False), json.dumps(event).replace("/", "\\/")):
        entry = recorded.receive(text, now_s=10)
        assert entry is not None
        assert entry.body["error"]["message"] == f"Incorrect API key provided: {REDACTED}."
    assert key not in repr(recorded.record(event, "sent", now_s=10).body)


@pytest.mark.parametrize("deep", [DEEPEST + 1, 500, 900, 1020, 5000])
@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"odd","a":%s}',
        '{"type":"session.updated","session":{"tools":[{"type":"mcp","authorization":"x","a":%s}]}}',
        '{"type":"response.output_audio.delta","event_id":"e","a":%s,"delta":"QUJD"}',
        '{"type":"odd","text":"sk-0123456789abcdef012345","a":%s}',
    ],
)
def test_a_frame_that_is_nested_too_deeply_is_no_event(deep: int, frame: str) -> None:
    found = log()
    for value in ("[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep):
        assert found.receive(frame % value, now_s=1.0) is None
    assert len(found) == 0
    usual = found.receive(frame % ("[" * 100 + "]" * 100), now_s=1.0)
    assert usual is not None and decoded(written(usual)) == json.loads(written(usual))


@pytest.mark.parametrize("direction", ["sent", "received", "local"])
@pytest.mark.parametrize("deep", [DEEPEST, 260, 1200, 100_000])
def test_what_is_nested_too_deeply_is_refused(direction: Direction, deep: int) -> None:
    found, value = log(), list[Any]()
    for _ in range(deep - 1):
        value = [value]
    with pytest.raises(ValueError, match="nested"):
        found.record({"type": "odd", "a": value}, direction, now_s=1.0)
    assert len(found) == 0


def test_arguments_that_look_like_a_key_stay_known_to_who_is_called() -> None:
    found = log()
    told = '{"id": "sk-0123456789abcdef012345"}'
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": told}
    begun = {**call, "arguments": ""}
    events = [
        {"type": "response.output_item.added", "item": begun},
        {"type": "response.function_call_arguments.done", "call_id": "call_1", "arguments": told},
        {"type": "response.output_item.done", "item": call},
        {"type": "response.done", "response": {"output": [call, 5], "metadata": {"a": "sk-0123456789abcdef012345"}}},
        {"type": "response.output_item.added", "item": {**begun, "name": "sk-0123456789abcdef012345"}},
    ]
    for event in events:
        found.receive(json.dumps(event), now_s=1.0)
        if event is not events[0]:
            assert found.arguments("call_1") == told
    assert "sk-0123" not in str([event.raw for event in found])
    # What is not blanked stands in the events.
    found.receive(
        json.dumps({"type": "response.output_item.done", "item": {**call, "call_id": "call_2", "arguments": "{}"}}),
        now_s=2,
    )
    assert found.arguments("call_2") is None and found.arguments("none") is None
    for n in range(200):
        found.receive(json.dumps({"type": "a", "item": {**call, "call_id": f"more_{n}"}}), now_s=3)
    assert found.arguments("call_1") is None and found.arguments("more_199") == told


def test_what_an_mcp_server_s_address_has_in_it_is_blanked() -> None:
    found = log()
    url = "https://me:PASSWORT1@mcp.example.com/sse?token=T0KEN123&version=2"
    tool = {"type": "mcp", "server_label": "a", "server_url": url}
    found.record({"type": "session.update", "session": {"tools": [tool]}}, "sent", now_s=1.0)
    found.receive(json.dumps({"type": "session.updated", "session": {"tools": [tool]}}), now_s=1.0)
    found.receive(json.dumps({"type": "error", "error": {"message": f"Cannot reach {url}."}}), now_s=1.0)
    found.record({"type": "rtnb.frame", "text": f'{{"type":"session.updated","server_url":"{url}'}, "local", now_s=1.0)
    for event in found:
        assert "PASSWORT1" not in str(event.raw) and "T0KEN123" not in str(event.raw), event
        assert "mcp.example.com" in str(event.raw)
    assert found[0].raw["session"]["tools"][0]["server_url"] == (
        "https://[redacted]@mcp.example.com/sse?token=[redacted]&version=2"
    )
    # Elsewhere an address is what somebody said.
    said = found.receive(json.dumps({"type": "a", "text": url}), now_s=1.0)
    assert said is not None and said.raw["text"] == url
