"""Sessions, responses and items between the shapes."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.protocol.beta_objects import (
    item_from_beta,
    item_to_beta,
    response_create_from_beta,
    response_to_beta,
    session_from_beta,
    session_to_beta,
)
from rtnb.protocol.session_config import default_session
from rtnb.protocol.validation import check_client_event


def test_a_whole_session_is_flat() -> None:
    session = default_session(session_id="sess_1", model="gpt-realtime", expires_at=7)
    flat = session_to_beta(session, temperature=0.8)
    assert flat["modalities"] == ["audio", "text"]
    assert flat["input_audio_format"] == flat["output_audio_format"] == "pcm16"
    assert flat["voice"] == session["audio"]["output"]["voice"]
    assert flat["turn_detection"] == session["audio"]["input"]["turn_detection"]
    assert flat["input_audio_transcription"] is None
    assert flat["max_response_output_tokens"] == "inf"
    assert flat["temperature"] == 0.8
    assert flat["client_secret"] is None
    assert {"type", "audio", "output_modalities", "max_output_tokens"}.isdisjoint(flat)
    back = session_from_beta(flat)
    assert {name: back[name] for name in session} == session


def test_a_transcription_session_is_flat() -> None:
    session = default_session(session_id="sess_1", model=None, kind="transcription", expires_at=7)
    flat = session_to_beta(session, temperature=0.8)
    assert "temperature" not in flat
    assert flat["turn_detection"]["silence_duration_ms"] == 200
    assert session_from_beta(flat, kind="transcription") == session


EVERYTHING = {
    "modalities": ["text", "audio"],
    "instructions": "",
    "voice": "sage",
    "speed": 1.2,
    "input_audio_format": "g711_ulaw",
    "output_audio_format": "g711_alaw",
    "input_audio_transcription": {"model": "whisper-1", "language": "en", "prompt": "Ada"},
    "input_audio_noise_reduction": {"type": "near_field"},
    "turn_detection": {"type": "server_vad", "threshold": 0.4, "create_response": False},
    "tools": [{"type": "function", "name": "look", "description": "", "parameters": {"type": "object"}}],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "temperature": 0.7,
    "max_response_output_tokens": 4096,
    "tracing": "auto",
    "client_secret": {"expires_after": {"anchor": "created_at", "seconds": 60}},
}


def test_every_member_of_an_update_finds_its_place() -> None:
    session = session_from_beta(EVERYTHING)
    assert session == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": "",
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "transcription": {"model": "whisper-1", "language": "en", "prompt": "Ada"},
                "noise_reduction": {"type": "near_field"},
                "turn_detection": {"type": "server_vad", "threshold": 0.4, "create_response": False},
            },
            "output": {"voice": "sage", "speed": 1.2, "format": {"type": "audio/pcma"}},
        },
        "tools": EVERYTHING["tools"],
        "tool_choice": {"type": "function", "name": "look"},
        "max_output_tokens": 4096,
        "tracing": "auto",
    }
    assert check_client_event({"type": "session.update", "session": session}) is None


@pytest.mark.parametrize("name", ["turn_detection", "input_audio_transcription", "input_audio_noise_reduction"])
def test_null_clears_and_absent_does_not(name: str) -> None:
    session = session_from_beta({name: None})
    (value,) = session["audio"]["input"].values()
    assert value is None
    assert session_from_beta({}) == {"type": "realtime"}


def test_members_of_the_other_kind_of_turn_detection_are_of_no_effect() -> None:
    both = {"type": "semantic_vad", "eagerness": "low", "threshold": 0.5, "silence_duration_ms": 500}
    assert session_from_beta({"turn_detection": both})["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "low",
    }


def test_a_response_is_asked_for() -> None:
    asked: dict[str, Any] = {
        "modalities": ["text"],
        "voice": "ash",
        "output_audio_format": "g711_ulaw",
        "max_response_output_tokens": 9,
        "temperature": 1.0,
        "conversation": "none",
        "metadata": {"a": "b"},
        "input": [],
    }
    found = response_create_from_beta(asked)
    assert found == {
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "ash", "format": {"type": "audio/pcmu"}}},
        "max_output_tokens": 9,
        "conversation": "none",
        "metadata": {"a": "b"},
        "input": [],
    }
    assert check_client_event({"type": "response.create", "response": found}) is None


def test_references_in_content_become_references() -> None:
    content = [{"type": "item_reference", "id": "item_1"}, {"type": "input_text", "text": "and this"}]
    items = [{"type": "message", "role": "user", "content": content}, {"type": "item_reference", "id": "item_2"}]
    assert response_create_from_beta({"input": items})["input"] == [
        {"type": "item_reference", "id": "item_1"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and this"}]},
        {"type": "item_reference", "id": "item_2"},
    ]


def test_a_response_is_told() -> None:
    response = {
        "object": "realtime.response",
        "id": "resp_1",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}],
        "output_modalities": ["audio"],
        "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": {"id": "voice_1"}}},
        "max_output_tokens": "inf",
    }
    assert response_to_beta(response, temperature=0.6) == {
        "object": "realtime.response",
        "id": "resp_1",
        "output": [
            {
                "object": "realtime.item",
                "type": "message",
                "role": "assistant",
                "content": [{"type": "text", "text": "Hi"}],
            }
        ],
        "modalities": ["audio", "text"],
        "voice": "voice_1",
        "output_audio_format": "pcm16",
        "max_output_tokens": "inf",
        "temperature": 0.6,
    }


@pytest.mark.parametrize("role", ["user", "system", "nobody", None])
def test_only_the_assistants_parts_are_renamed(role: str | None) -> None:
    asked = {"type": "message", "role": role, "content": [{"type": "text", "text": "Hi"}, 3, {"type": []}]}
    assert item_from_beta(asked) == asked


def test_the_assistants_parts_are_renamed() -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "text"}, 3, {"type": []}]}
    assert item_from_beta(said)["content"] == [{"type": "output_text"}, 3, {"type": []}]
    assert item_to_beta(item_from_beta(said))["content"] == said["content"]
