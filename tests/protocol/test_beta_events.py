"""Translation of single events, over everything either catalogue can say."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from openai.types.beta.realtime import RealtimeClientEvent as BetaClientEvent
from openai.types.beta.realtime import RealtimeServerEvent as BetaServerEvent
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from support.beta import events_of, union_models

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_events import event_from_beta, event_to_beta

Json = dict[str, Any]


@given(events_of(RealtimeServerEvent) | events_of(RealtimeClientEvent))
@settings(max_examples=300)
def test_what_reaches_the_beta_shape_comes_back_from_it(event: Json) -> None:
    before = copy.deepcopy(event)
    told = event_to_beta(event)
    assert event == before
    assert len(told) == (event["type"] not in beta_data().dropped_events)
    for beta in told:
        assert event_to_beta(event_from_beta(beta)) == [beta]


@given(events_of(BetaServerEvent) | events_of(BetaClientEvent))
@settings(max_examples=300)
def test_a_beta_event_survives_the_way_through_ga(event: Json) -> None:
    usual = as_usual(event)
    before = copy.deepcopy(usual)
    (back,) = event_to_beta(event_from_beta(usual))
    assert usual == before
    assert back == without(usual, "temperature", "client_secret")


def as_usual(event: Json) -> Json:
    """The event without what the beta shape can say in two ways, or says to no effect."""
    event = copy.deepcopy(event)
    response = event.get("response") or {}
    for item in [event.get("item"), *(response.get("output") or []), *(response.get("input") or [])]:
        if isinstance(item, dict):
            item["object"] = "realtime.item"
            content = item.get("content") or []
            item["content"] = [part for part in content if part.get("type") != "item_reference"]
    if isinstance(session := event.get("session"), dict):
        session.pop("modalities" if event["type"].startswith("transcription_session") else "", None)
        if isinstance(detection := session.get("turn_detection"), dict):
            for name in beta_data().other_kind.get(detection.get("type") or "", ()):
                detection.pop(name, None)
    return event


def without(event: Json, *names: str) -> Json:
    return {
        key: {name: inner for name, inner in value.items() if name not in names}
        if key in ("session", "response") and isinstance(value, dict)
        else value
        for key, value in event.items()
    }


def test_every_ga_event_has_its_place() -> None:
    """A new event of the package asks for a decision: renamed, dropped, kept, or the same in both shapes."""
    data = beta_data()
    decided = {*data.renamed_events, *data.dropped_events, *data.kept_events, *union_models(BetaServerEvent)}
    assert set(union_models(RealtimeServerEvent)) <= decided


def test_every_beta_event_is_reached() -> None:
    data = beta_data()
    made = {data.renamed_events.get(kind, kind) for kind in union_models(RealtimeServerEvent)}
    assert set(union_models(BetaServerEvent)) <= made | set(data.transcription_events.values())


@pytest.mark.parametrize("kind", ["realtime", "transcription"])
def test_sessions_of_both_kinds_have_their_events(kind: str) -> None:
    (told,) = event_to_beta({"type": "session.updated", "event_id": "event_1", "session": {"type": kind}})
    assert told["type"] == ("session.updated" if kind == "realtime" else "transcription_session.updated")
    assert "type" not in told["session"]
    assert event_from_beta(told)["session"]["type"] == kind


def test_members_that_came_with_ga_are_left_out() -> None:
    (call,) = event_to_beta({"type": "response.function_call_arguments.done", "name": "look", "arguments": "{}"})
    assert call == {"type": "response.function_call_arguments.done", "arguments": "{}"}
    heard = {"type": "conversation.item.input_audio_transcription.completed", "languages": [], "transcript": "Hi"}
    assert "languages" not in event_to_beta(heard)[0]
    details = {"text_tokens": 1, "audio_tokens": 2, "image_tokens": 3, "cached_tokens": 0, "cached_tokens_details": {}}
    (done,) = event_to_beta({"type": "response.done", "response": {"usage": {"input_token_details": details}}})
    assert set(done["response"]["usage"]["input_token_details"]) == {"text_tokens", "audio_tokens", "cached_tokens"}


def test_parts_are_named_as_each_shape_names_them() -> None:
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}
    (created,) = event_to_beta({"type": "conversation.item.added", "item": item})
    assert created["type"] == "conversation.item.created"
    assert created["item"]["object"] == "realtime.item"
    assert created["item"]["content"] == [{"type": "audio", "transcript": "Hi"}]
    part = {"type": "response.content_part.added", "part": {"type": "audio", "transcript": ""}}
    assert event_to_beta(part) == [part]


def test_an_error_names_members_as_the_client_did() -> None:
    path = "session.audio.output.format.type"
    error = {"code": "x", "message": f"Missing required parameter: '{path}'.", "param": path, "event_id": None}
    (told,) = event_to_beta({"type": "error", "error": error})
    assert told["error"] == error | {
        "message": "Missing required parameter: 'session.output_audio_format'.",
        "param": "session.output_audio_format",
    }
