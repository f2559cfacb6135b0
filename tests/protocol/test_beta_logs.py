"""Logs of the beta shape come back as GA, and GA logs as they are."""

from __future__ import annotations

import copy
import json

from hypothesis import given, settings
from openai.types.realtime import RealtimeServerEvent
from support.beta import events_of

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_events import event_to_beta
from rtnb.protocol.beta_logs import BetaLog, is_beta, server_event_from_beta

SESSION = {
    "id": "sess_1",
    "object": "realtime.session",
    "model": "gpt-4o-realtime-preview",
    "modalities": ["audio", "text"],
    "voice": "alloy",
    "input_audio_format": "g711_ulaw",
    "output_audio_format": "pcm16",
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "create_response": True},
    "input_audio_transcription": {"model": "whisper-1"},
    "temperature": 0.8,
    "max_response_output_tokens": "inf",
    "client_secret": None,
}


def _without_names(event):
    """GA itself has assistant parts of the old names in its union, so these may be renamed."""
    names = beta_data().assistant_content
    text = json.dumps(event, sort_keys=True)
    for beta, ga in names.items():
        text = text.replace(f'"type": "{beta}"', f'"type": "{ga}"')
    return text


@settings(deadline=None)
@given(events_of(RealtimeServerEvent))
def test_ga_events_stay_as_they_are(event):
    if event["type"] in ("conversation.item.created", "conversation.created"):
        return
    before = copy.deepcopy(event)
    (found,) = server_event_from_beta(event)
    assert event == before
    assert found["type"] == event["type"]
    if not is_beta(event):
        assert _without_names(found) == _without_names(event)


@settings(deadline=None)
@given(events_of(RealtimeServerEvent))
def test_there_and_back_keeps_the_names(event):
    kind = event["type"]
    told = [back for beta in event_to_beta(event) for back in server_event_from_beta(beta)]
    if kind in beta_data().dropped_events:
        assert not told
    else:
        assert told[0]["type"] == {"conversation.item.created": "conversation.item.added"}.get(kind, kind)


def test_a_session():
    (event,) = server_event_from_beta({"type": "session.created", "session": SESSION})
    session = event["session"]
    assert session["type"] == "realtime"
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["input"]["turn_detection"]["threshold"] == 0.5
    assert "temperature" not in session
    assert "client_secret" not in session


def test_a_session_with_members_of_both_shapes_is_not_changed_in_place():
    mixed = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}, "input_audio_format": "pcm16"}
    before = copy.deepcopy(mixed)
    (event,) = server_event_from_beta({"type": "session.updated", "session": mixed})
    assert mixed == before
    assert event["session"]["audio"]["output"] == {"voice": "cedar"}
    assert event["session"]["audio"]["input"]["format"]["type"] == "audio/pcm"


def test_a_transcription_session():
    flat = {"id": "s", "input_audio_format": "pcm16", "input_audio_transcription": {"model": "whisper-1"}}
    (event,) = server_event_from_beta({"type": "transcription_session.updated", "session": flat})
    assert event["type"] == "session.updated"
    assert event["session"]["type"] == "transcription"
    assert event["session"]["audio"]["input"]["transcription"]["model"] == "whisper-1"


def test_an_item_under_way_is_added_and_not_done():
    item = {"id": "i", "object": "realtime.item", "status": "in_progress", "role": "assistant", "content": []}
    (event,) = server_event_from_beta({"type": "conversation.item.created", "event_id": "e", "item": item})
    assert event["type"] == "conversation.item.added"
    item = {**item, "status": "completed", "content": [{"type": "audio", "transcript": "Hi."}]}
    added, done = server_event_from_beta({"type": "conversation.item.created", "event_id": "e", "item": item})
    assert done["item"] == added["item"]
    assert done["item"]["content"][0]["type"] == "output_audio"
    assert added["event_id"] != done["event_id"]


def test_both_names_for_one_thing_count_once():
    log = BetaLog()
    ga = {"type": "response.output_audio.delta", "item_id": "i", "content_index": 0, "delta": "AAAA"}
    beta = {**ga, "type": "response.audio.delta"}
    assert [len(log.server(event)) for event in (ga, beta, ga, beta)] == [1, 0, 1, 0]
    # Another item may be told under the other name alone.
    assert [len(log.server({**event, "item_id": "j"})) for event in (beta, ga)] == [1, 0]
    assert log.server({**beta, "item_id": "k"})[0]["type"] == "response.output_audio.delta"


def test_client_events():
    log = BetaLog()
    (event,) = log.client({"type": "session.update", "session": {"voice": "sage", "modalities": ["text"]}})
    assert event["session"] == {
        "type": "realtime",
        "audio": {"output": {"voice": "sage"}},
        "output_modalities": ["text"],
    }
    assert log.beta
    ga = {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "sage"}}}}
    log = BetaLog()
    assert log.client(ga) == [ga]
    assert not log.beta


def test_events_that_are_none():
    log = BetaLog()
    for event in (
        {},
        {"type": 5},
        {"type": "session.created", "session": 5},
        {"type": "response.done", "response": []},
    ):
        assert log.server(event) == [event]
        assert log.client(event) == [event]
    assert log.client({"type": "session.update", "session": "x"}) == [{"type": "session.update", "session": "x"}]
