"""The strict check of server events must itself be strict."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest
from support.strict import EXTRAS, strict_beta_server_event, strict_server_event

from rtnb.protocol.beta_objects import session_to_beta
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.session_config import default_session

SESSION = default_session(session_id="sess_1", model="gpt-realtime", expires_at=1)

GOOD: dict[str, dict[str, Any]] = {
    "session": {"type": "session.created", "event_id": "event_1", "session": SESSION},
    "item": {
        "type": "conversation.item.added",
        "event_id": "event_1",
        "previous_item_id": None,
        "item": {
            "id": "item_1",
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        },
    },
    "part": {
        "type": "response.content_part.added",
        "event_id": "event_1",
        "response_id": "resp_1",
        "item_id": "item_1",
        "output_index": 0,
        "content_index": 0,
        "part": {"type": "audio", "transcript": ""},
    },
    "delta": {
        "type": "response.output_text.delta",
        "event_id": "event_1",
        "response_id": "resp_1",
        "item_id": "item_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "Hi",
        "obfuscation": "A5Nj2cC01aseXj",
    },
    "done": {
        "type": "response.done",
        "event_id": "event_1",
        "response": {
            "object": "realtime.response",
            "id": "resp_1",
            "status": "completed",
            "status_details": None,
            "output": [
                {
                    "id": "item_2",
                    "type": "message",
                    "role": "assistant",
                    "status": "completed",
                    "content": [{"type": "output_audio", "transcript": "Hi"}],
                },
                {"id": "item_3", "type": "function_call", "name": "f", "call_id": "call_1", "arguments": "{}"},
            ],
            "conversation_id": "conv_1",
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}},
            "usage": {
                "total_tokens": 3,
                "input_tokens": 2,
                "output_tokens": 1,
                "input_token_details": {
                    "text_tokens": 2,
                    "audio_tokens": 0,
                    "image_tokens": 0,
                    "cached_tokens": 0,
                    "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
                },
                "output_token_details": {"text_tokens": 1, "audio_tokens": 0},
            },
            "metadata": {"client_event_id": "x"},
        },
    },
    "error": {
        "type": "error",
        "event_id": "event_1",
        "error": {
            "type": "invalid_request_error",
            "code": None,
            "message": "m",
            "param": None,
            "event_id": None,
        },
    },
    "failed": {
        "type": "conversation.item.input_audio_transcription.failed",
        "event_id": "event_1",
        "item_id": "item_1",
        "content_index": 0,
        "error": {"message": "m"},
    },
    "dtmf": {
        "type": "input_audio_buffer.dtmf_event_received",
        "event_id": "event_1",
        "event": "9",
        "received_at": 1,
    },
}


@pytest.mark.parametrize("name", GOOD)
def test_takes_what_the_live_service_sends(name: str) -> None:
    assert strict_server_event(GOOD[name]) == []


def changed(name: str, *path: Any, to: Any) -> dict[str, Any]:
    event = copy.deepcopy(GOOD[name])
    place: Any = event
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return event


def without(name: str, *path: Any) -> dict[str, Any]:
    event = copy.deepcopy(GOOD[name])
    place: Any = event
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return event


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (changed("session", "sess", to={}), "sess: unknown to SessionCreatedEvent"),
        (changed("session", "session", "voice", to="x"), "session.voice: unknown to RealtimeSessionCreateRequest"),
        (
            changed("session", "session", "audio", "input", "turn_detection", "mood", to=1),
            "session.audio.input.turn_detection.mood: unknown to ServerVad",
        ),
        (changed("item", "item", "content", 0, "id", to="x"), "item.content[0].id: unknown to Content"),
        (
            changed("done", "response", "output", 1, "content", to=[]),
            "response.output[1].content: unknown to RealtimeConversationItemFunctionCall",
        ),
        (
            changed("done", "response", "usage", "input_token_details", "cached_tokens_details", "x", to=0),
            "response.usage.input_token_details.cached_tokens_details.x: unknown to CachedTokensDetails",
        ),
        (changed("error", "error", "status", to=400), "error.status: unknown to RealtimeError"),
        (changed("part", "obfuscation", to="x"), "obfuscation: unknown to ResponseContentPartAddedEvent"),
    ],
)
def test_finds_an_unknown_member_at_any_depth(event: dict[str, Any], problem: str) -> None:
    assert strict_server_event(event) == [problem]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (without("item", "event_id"), "event_id: Field required"),
        (without("part", "part"), "part: Field required"),
        (without("done", "response", "output", 1, "arguments"), "response.output[1].arguments: Field required"),
        (without("error", "error", "message"), "error.message: Field required"),
    ],
)
def test_finds_a_missing_member(event: dict[str, Any], problem: str) -> None:
    assert strict_server_event(event) == [problem]


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (changed("part", "part", "type", to="output_audio"), "part.type"),
        (changed("item", "item", "content", 0, "type", to="audio"), "item.content[0].type"),
        (changed("item", "item", "role", to="assistant"), "item.content[0].type"),
        (changed("item", "item", "role", to="robot"), "item"),
        (changed("part", "content_index", to="0"), "content_index"),
        (changed("delta", "output_index", to=True), "output_index"),
        (changed("done", "response", "metadata", "n", to=1), "response.metadata.n"),
        (changed("done", "response", "output", 1, "arguments", to=None), "response.output[1].arguments"),
        (changed("done", "response", "audio", "output", "voice", to={"id": "v"}), "response.audio.output.voice"),
        (changed("session", "session", "type", to="chat"), "session"),
        (
            changed("session", "session", "audio", "input", "format", "rate", to=16000),
            "session.audio.input.format.rate",
        ),
        (changed("done", "response", to=None), "response"),
    ],
)
def test_finds_a_wrong_value(event: dict[str, Any], path: str) -> None:
    problems = strict_server_event(event)
    assert problems
    assert {problem.split(": ")[0] for problem in problems} == {path}


def test_finds_nulls_that_strict_clients_refuse() -> None:
    assert strict_server_event(changed("part", "part", "text", to=None)) == [
        "part.text: null, where it should be left out"
    ]
    assert strict_server_event(changed("failed", "error", "param", to=None)) == [
        "error.param: null, where it should be left out"
    ]


def test_recognises_the_event_by_its_type() -> None:
    assert strict_server_event({"type": "response.cancelled", "event_id": "e"}) == [
        "type: 'response.cancelled' is not a server event"
    ]
    assert strict_server_event({"event_id": "e"}) == ["type: None is not a server event"]
    assert strict_server_event({"type": "session.update", "session": {}}) != []
    for kind in catalogue().server_events:
        assert all("is not a server event" not in line for line in strict_server_event({"type": kind}))


@pytest.mark.parametrize("event", [None, [], "session.created", {"type": []}])
def test_what_is_no_event(event: Any) -> None:
    assert len(strict_server_event(event)) == 1


@pytest.mark.parametrize("value", [b"x", {1}, float("nan")])
def test_what_is_not_json(value: Any) -> None:
    (problem,) = strict_server_event(changed("delta", "delta", to=value))
    assert problem.startswith(": not JSON")


def test_the_list_of_extras_is_short_and_needed() -> None:
    assert sum(map(len, EXTRAS.values())) <= 8
    for name in EXTRAS[RealtimeSessionCreateRequest.__name__]:
        assert name not in RealtimeSessionCreateRequest.model_fields


BETA_SESSION: dict[str, Any] = {
    "type": "session.updated",
    "event_id": "event_1",
    "session": session_to_beta(SESSION, temperature=0.8),
}


def beta(**session: Any) -> dict[str, Any]:
    return BETA_SESSION | {"session": BETA_SESSION["session"] | session}


@pytest.mark.parametrize(
    "event",
    [
        BETA_SESSION,
        beta(tool_choice={"type": "function", "name": "look"}),
        beta(model="gpt-realtime-2.1", input_audio_transcription={"model": "gpt-transcribe", "language": None}),
        {"type": "transcription_session.created", "event_id": "event_1", "session": {"client_secret": None}},
        {"type": "mcp_list_tools.completed", "event_id": "event_1", "item_id": "item_1"},
    ],
)
def test_the_beta_shape_is_accepted(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    assert strict_beta_server_event(event) == []
    assert event == before


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (GOOD["session"], "session.type"),
        (GOOD["item"], "type"),
        (GOOD["delta"], "type"),
        (beta(audio={}), "session.audio"),
        (beta(turn_detection={"kind": "server_vad"}), "session.turn_detection.kind"),
        (beta(temperature="hot"), "session.temperature"),
        (beta(output_audio_format="ogg"), "session.output_audio_format"),
        ({key: value for key, value in BETA_SESSION.items() if key != "event_id"}, "event_id"),
        (3, ""),
    ],
)
def test_what_the_beta_shape_lacks_is_reported(event: Any, path: str) -> None:
    assert any(problem.startswith(f"{path}:") for problem in strict_beta_server_event(event))
