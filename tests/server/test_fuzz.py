"""Whatever arrives, a session answers it: with what the protocol says, or with one error; and it goes on."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.desk import Desk, Mind
from support.strategies import client_events

from rtnb.server.brains.base import BrainRequest, Call, Piece, Say
from rtnb.server.opening import Opening

Json = dict[str, Any]

BOUNDED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**5000), 2**63, 0, -1])
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(
        ["", "\ud800", "a" * 70_000, "root", "auto", "none", "inf", "../../etc/passwd", "\0", "AAAA", "%s{}"]
    )
    | st.lists(st.none() | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(st.characters(), max_size=5), st.none() | st.integers(), max_size=3)
)
ANSWERS = {
    "session.update": {"session.updated"},
    "input_audio_buffer.append": set(),
    "input_audio_buffer.commit": {"input_audio_buffer.committed"},
    "input_audio_buffer.clear": {"input_audio_buffer.cleared"},
    "conversation.item.create": {"conversation.item.done"},
    "conversation.item.delete": {"conversation.item.deleted"},
    "conversation.item.retrieve": {"conversation.item.retrieved"},
    "conversation.item.truncate": {"conversation.item.truncated"},
    "response.create": {"response.created"},
    "response.cancel": {"response.done"},
}
KNOWN_IDS = ["root", "item_1", "item_2", "item_3"]


class Deep(int):
    """Stands for a value nested so deep: hypothesis and pytest could not print the value itself."""


def filled(event: Any) -> Any:
    """The event with its deep values in place."""
    event = copy.deepcopy(event)
    for node, name in places(event):
        if isinstance(node[name], Deep):
            depth, node[name] = int(node[name]), {}
            for _ in range(depth):
                node[name] = {"a": [node[name]]}
    return event


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every container and key below a value."""
    found: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        for name, inner in node.items():
            found += [(node, name), *places(inner)]
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            found += [(node, index), *places(inner)]
    return found


@st.composite
def near_misses(draw: st.DrawFn) -> Any:
    """An event that is right, or has one or two things wrong with it."""
    event: Any = copy.deepcopy(draw(client_events()))
    for _, name in ((n, k) for n, k in places(event) if k in ("item_id", "previous_item_id", "response_id")):
        event[name] = draw(st.sampled_from(KNOWN_IDS))
    for _ in range(draw(st.integers(0, 2))):
        everywhere = places(event)
        if not everywhere:
            break
        node, name = draw(st.sampled_from(everywhere))
        match draw(st.sampled_from(["odd", "drop", "add", "deep"])):
            case "odd":
                node[name] = draw(ODD)
            case "drop" if isinstance(node, dict):
                node.pop(name, None)
            case "add" if isinstance(node, dict):
                node[draw(st.text(st.characters(), max_size=6))] = draw(ODD)
            case "deep":
                node[name] = Deep(draw(st.sampled_from([3, 60, 300, 5000])))
    return event


async def think(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Half a \ud83d sentence. ")
    for tool in request.tools[:1]:
        yield Call(str(tool.get("name")), '{"a": "\ud800"}')
    yield Say("The rest.")


async def drive(opening: Opening, events: list[Any]) -> None:
    async with Desk(Mind(think), opening=opening) as desk:
        for number in (1, 2, 3):
            await desk.say(f"number {number}", id=f"item_{number}")
        for event in events:
            mark = len(desk.events)
            await desk.session.handle(filled(event))
            answers = desk.events[mark:]
            errors = [answer["error"] for answer in answers if answer["type"] == "error"]
            assert not [error for error in errors if error["code"] is None and "failed:" in error["message"]], errors
            kind = event.get("type") if isinstance(event, dict) else None
            kinds = {answer["type"] for answer in answers}
            if kind == "input_audio_buffer.append" and not errors:
                continue
            wanted = ANSWERS.get(kind, set()) if isinstance(kind, str) else set[str]()
            if "mcp_list_tools.failed" not in kinds:
                assert bool(errors) != bool(kinds & wanted), (event, kinds)
                assert len(errors) <= 1
            await asyncio.sleep(0)
        # It is alive: it still takes an update and an answer can be had or is refused in the documented way.
        alive = await desk.send("session.update", session={"type": opening.kind})
        assert alive[0]["type"] == "session.updated"
        async with asyncio.timeout(10):
            while desk.session._responses.busy:
                await asyncio.sleep(0.001)
        created = [event["response"]["id"] for event in desk.of("response.created")]
        done = [event["response"]["id"] for event in desk.of("response.done")]
        assert sorted(created) == sorted(done), "every response ends once"


@BOUNDED
@given(events=st.lists(near_misses(), max_size=6))
def test_near_misses(events: list[Any]) -> None:
    asyncio.run(drive(Opening(model="gpt-realtime"), events))


@settings(BOUNDED, max_examples=25)
@given(events=st.lists(near_misses(), max_size=6))
def test_near_misses_in_a_transcription_session(events: list[Any]) -> None:
    asyncio.run(drive(Opening(kind="transcription"), events))


@BOUNDED
@given(events=st.lists(ODD | st.fixed_dictionaries({"type": st.sampled_from(sorted(ANSWERS)) | ODD}), max_size=8))
def test_anything_at_all(events: list[Any]) -> None:
    asyncio.run(drive(Opening(model="gpt-realtime-2.1"), events))


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "session.update", "event_id": "\\ud800", "session": {"type": "realtime"}}',
        '{"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": '
        '[{"type": "input_text", "text": "\\udfff"}]}}',
        '{"type": "response.create", "response": {"metadata": {"a": "\\ud83d"}}}',
        '{"type": "input_audio_buffer.append", "audio": "AAAA", "event_id": "\\ud83d"}',
        '{"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": NaN}}}}',
        '{"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 1e400}',
    ],
)
def test_what_no_strict_parser_takes_is_no_json(text: str) -> None:
    async def run() -> None:
        async with Desk() as desk:
            mark = len(desk.events)
            await desk.session.handle(json.loads(text))
            assert [event["type"] for event in desk.events[mark:]] == ["error"]
            assert desk.error()["code"] == "invalid_json" and desk.error()["event_id"] is None

    asyncio.run(run())
