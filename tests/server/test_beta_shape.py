"""Old clients against the server: the openai package's beta connection, and what the 2024 reference client asserts."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from openai import AsyncOpenAI
from openai.types.beta.realtime import RealtimeClientEvent
from support.beta import events_of
from support.strict import strict_beta_server_event
from support.wire import Json, Wire, speech, types

from rtnb.protocol.beta import MARK
from rtnb.server import EmbeddedServer
from rtnb.server.brains import BrainRequest, Call, Say
from rtnb.server.brains.base import Piece
from rtnb.server.options import Options

BETA = {"OpenAI-Beta": "realtime=v1"}
TOOL = {"type": "function", "name": "look", "description": "Look.", "parameters": {"type": "object"}}
SENTENCE = "Then we shall see what can be done about it, one way or the other."


class Mind:
    """Looks when it has been asked to, and otherwise says one sentence."""

    name = "mind"

    async def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        if request.tools and request.messages[-1].role != "tool":
            yield Call(name=request.tools[0]["name"], arguments='{"where": "here"}')
        else:
            yield Say(SENTENCE)


@pytest.fixture(scope="module")
def serving() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(Options(brain=Mind())) as running:
        running.wait_warm(lambda done, total, label: None)
        yield running


@pytest.fixture
def wire(serving: EmbeddedServer) -> Iterator[Wire]:
    model = "gpt-4o-realtime-preview-2024-10-01"
    # Without a bound on its queue the client closes at once, whatever was left unread.
    with Wire(serving.url, key=serving.key, model=model, headers=BETA, max_queue=None) as wire:
        wire.until("session.created")
        yield wire
        assert [problem for event in wire.seen for problem in strict_beta_server_event(event)] == []


def update(wire: Wire, **session: Any) -> Json:
    return wire.ask({"type": "session.update", "session": session}, "session.updated", "error")


def say(wire: Wire, text: str = "Hello") -> Json:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return wire.ask({"type": "conversation.item.create", "item": item}, "conversation.item.created", "error")


class ReferenceClient:
    """What the reference client keeps of a conversation; it throws where it meets what it does not expect."""

    def __init__(self) -> None:
        self.items: dict[str, Json] = {}
        self.responses: dict[str, list[str]] = {}

    def take(self, event: Json) -> None:
        assert event["event_id"]
        match event["type"]:
            case "conversation.item.created":
                item = json.loads(json.dumps(event["item"]))
                assert item["object"] == "realtime.item"
                if item["type"] == "message":
                    assert isinstance(item["content"], list)
                self.items[item["id"]] = item
            case "response.created":
                self.responses[event["response"]["id"]] = []
            case "response.output_item.added":
                self.responses[event["response_id"]].append(event["item"]["id"])
            case "response.content_part.added":
                assert event["part"]["type"] in ("text", "audio")
                self.items[event["item_id"]]["content"].append(event["part"])
            case "response.text.delta" | "response.audio_transcript.delta":
                part = self.items[event["item_id"]]["content"][event["content_index"]]
                name = "text" if event["type"] == "response.text.delta" else "transcript"
                part[name] += event["delta"]
            case "response.audio.delta":
                assert event["item_id"] in self.items
            case "response.function_call_arguments.delta":
                self.items[event["item_id"]]["arguments"] += event["delta"]
            case "conversation.item.input_audio_transcription.completed":
                self.items[event["item_id"]]["content"][event["content_index"]]["transcript"] = event["transcript"]
            case "response.output_item.done":
                self.items[event["item"]["id"]]["status"] = event["item"]["status"]


def test_a_spoken_answer_in_the_order_the_reference_client_needs(wire: Wire) -> None:
    update(wire, turn_detection=None, input_audio_transcription={"model": "whisper-1"})
    wire.append(speech())
    wire.send({"type": "input_audio_buffer.commit"})
    wire.send({"type": "response.create"})
    wire.until("response.done")
    heard = "conversation.item.input_audio_transcription.completed"
    if heard not in types(wire.seen):
        wire.until(heard)
    client = ReferenceClient()
    for event in wire.seen:
        client.take(event)
    user, assistant = client.items.values()
    assert "weather" in user["content"][0]["transcript"].lower()
    assert assistant["content"] == [{"type": "audio", "transcript": SENTENCE}]
    assert assistant["status"] == "completed"
    assert list(client.responses.values()) == [[assistant["id"]]]
    kinds = types(wire.seen)
    assert "conversation.item.done" not in kinds
    assert kinds[: kinds.index("response.created")].count("conversation.item.created") == 1


def test_text_and_tools(wire: Wire) -> None:
    updated = update(wire, modalities=["text"], tools=[TOOL], tool_choice="auto", temperature=0.6)
    assert updated["session"]["modalities"] == ["text"]
    assert updated["session"]["temperature"] == 0.6
    say(wire)
    done = wire.ask({"type": "response.create"}, "response.done")["response"]
    (call,) = done["output"]
    assert call["object"] == "realtime.item"
    assert "name" not in next(e for e in wire.seen if e["type"] == "response.function_call_arguments.done")
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "{}"}
    wire.ask({"type": "conversation.item.create", "item": output}, "conversation.item.created")
    done = wire.ask({"type": "response.create", "response": {"temperature": 1.2}}, "response.done")["response"]
    assert done["output"][0]["content"] == [{"type": "text", "text": SENTENCE}]
    assert (done["modalities"], done["temperature"], done["metadata"]) == (["text"], 1.2, None)
    assert set(done["usage"]["input_token_details"]) == {"text_tokens", "audio_tokens", "cached_tokens"}
    client = ReferenceClient()
    for event in wire.seen:
        client.take(event)


def test_barge_in(wire: Wire) -> None:
    update(wire, turn_detection=None)
    say(wire)
    wire.ask({"type": "response.create"}, "response.audio.delta")
    item_id = wire.seen[-1]["item_id"]
    done = wire.ask({"type": "response.cancel"}, "response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    cut = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0, "audio_end_ms": 40}
    assert wire.ask(cut, "conversation.item.truncated", "error")["type"] == "conversation.item.truncated"
    item = wire.ask({"type": "conversation.item.retrieve", "item_id": item_id}, "conversation.item.retrieved")["item"]
    assert item["content"][0]["type"] == "audio"
    assert len(base64.b64decode(item["content"][0]["audio"])) == 48 * 40


def test_refusals_speak_the_clients_language(wire: Wire) -> None:
    for session, param in [
        ({"turn_detection": {"type": "server_vad", "threshold": 9}}, "session.turn_detection.threshold"),
        ({"output_audio_format": "ogg"}, "session.output_audio_format"),
        ({"voice": "nobody"}, "session.voice"),
        ({"max_response_output_tokens": 0}, "session.max_response_output_tokens"),
        ({"audio": {"output": {"voice": "sage"}}}, "session.audio"),
    ]:
        told = update(wire, **session)["error"]
        assert told["param"] == param
        assert "audio.output." not in told["message"] and "audio.input." not in told["message"]
    assert update(wire, voice="sage")["session"]["voice"] == "sage"


def test_telephone_audio(wire: Wire) -> None:
    updated = update(wire, input_audio_format="g711_ulaw", output_audio_format="g711_alaw", turn_detection=None)
    assert updated["session"]["input_audio_format"] == "g711_ulaw"
    silence = base64.b64encode(b"\xff" * 1600).decode()
    wire.send({"type": "input_audio_buffer.append", "audio": silence})
    wire.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
    say(wire)
    created = wire.ask({"type": "response.create"}, "response.created")["response"]
    assert created["output_audio_format"] == "g711_alaw"
    wire.until("response.done")
    size = sum(len(base64.b64decode(e["delta"])) for e in wire.seen if e["type"] == "response.audio.delta")
    assert 8000 < size < 8000 * 15


def test_out_of_band_with_references_in_content(wire: Wire) -> None:
    update(wire, modalities=["text"], turn_detection=None)
    item_id = say(wire)["item"]["id"]
    content = [{"type": "item_reference", "id": item_id}]
    asked = {
        "conversation": "none",
        "input": [{"type": "message", "role": "user", "content": content}],
        "metadata": {"topic": "one"},
        "max_response_output_tokens": 50,
    }
    done = wire.ask({"type": "response.create", "response": asked}, "response.done", "error")["response"]
    assert done["conversation_id"] is None
    assert done["metadata"] == {"topic": "one"}
    assert done["max_output_tokens"] == 50
    asked["input"] = [{"type": "item_reference", "id": "item_nowhere"}]
    told = wire.ask({"type": "response.create", "response": asked}, "response.done", "error")
    assert "item_nowhere" in told["error"]["message"]


def test_two_clients_of_two_shapes_do_not_meet(serving: EmbeddedServer, wire: Wire) -> None:
    with Wire(serving.url, key=serving.key) as other:
        other.until("session.created")
        assert other.update(output_modalities=["text"])["session"]["output_modalities"] == ["text"]
        assert update(wire, modalities=["text"])["session"]["modalities"] == ["text"]
        assert update(wire, output_modalities=["text"])["error"]["code"] == "unknown_parameter"
        assert other.update(modalities=["text"])["error"]["code"] == "unknown_parameter"


def test_a_transcription_session(serving: EmbeddedServer) -> None:
    url = serving.url + "?intent=transcription"
    with Wire(url, key=serving.key, model=None, headers=BETA) as wire:
        created = wire.next()
        assert created["type"] == "transcription_session.created"
        asked = {
            "input_audio_format": "pcm16",
            "input_audio_transcription": {"model": "whisper-1"},
            "turn_detection": None,
        }
        event = {"type": "transcription_session.update", "session": asked}
        updated = wire.ask(event, "transcription_session.updated", "error")
        assert updated["session"]["input_audio_transcription"]["model"] == "whisper-1"
        wire.append(speech())
        wire.send({"type": "input_audio_buffer.commit"})
        heard = wire.until("conversation.item.input_audio_transcription.completed", "error")
        assert "weather" in heard["transcript"].lower()
        assert "conversation.item.created" in types(wire.seen)
        assert [problem for event in wire.seen for problem in strict_beta_server_event(event)] == []


def test_the_packages_own_beta_connection(serving: EmbeddedServer) -> None:
    async def talk() -> tuple[list[str], bytes, str]:
        kinds, audio, said = [], b"", ""
        base = serving.url.removesuffix("/realtime")
        async with (
            AsyncOpenAI(api_key=serving.key, websocket_base_url=base) as client,
            client.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection,
        ):
            await connection.session.update(session={"modalities": ["text", "audio"], "voice": "verse", "speed": 1.1})
            await connection.conversation.item.create(
                item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
            )
            await connection.response.create(response={"instructions": "Be brief."})
            async for event in connection:
                kinds.append(event.type)
                if event.type == "response.audio.delta":
                    audio += base64.b64decode(event.delta)
                elif event.type == "response.audio_transcript.done":
                    said = event.transcript
                elif event.type == "session.updated":
                    assert event.session.voice == "verse"
                elif event.type == "response.done":
                    assert event.response.usage is not None
                    break
        return kinds, audio, said

    kinds, audio, said = asyncio.run(asyncio.wait_for(talk(), 30))
    assert "error" not in kinds
    assert said == SENTENCE
    assert len(audio) > 48000


@given(event=events_of(RealtimeClientEvent))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_event_of_the_package_is_answered(wire: Wire, event: Json) -> None:
    """Carried out or refused, in the beta shape, and the session goes on."""
    wire.send(event)
    wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
    told = [heard["error"] for heard in wire.seen if heard["type"] == "error"]
    assert all(error["type"] == "invalid_request_error" for error in told), told
    assert MARK not in json.dumps(told, ensure_ascii=False)
    wire.seen.clear()
