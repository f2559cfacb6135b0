"""What a beta client is told when it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.protocol.beta_problems import check_beta_event, check_beta_session, param_to_beta, problem_to_beta
from rtnb.protocol.problems import Problem, unknown


def update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": session}


def said(kind: str) -> dict[str, Any]:
    item = {"type": "message", "role": "assistant", "content": [{"type": kind, "text": "Hi"}]}
    return {"type": "conversation.item.create", "item": item}


@pytest.mark.parametrize(
    ("event", "code", "param", "message"),
    [
        (update(audio={}), "unknown_parameter", "session.audio", "Unknown parameter: 'session.audio'."),
        (update(type="realtime"), "unknown_parameter", "session.type", "Unknown parameter: 'session.type'."),
        (
            update(output_modalities=["audio"]),
            "unknown_parameter",
            "session.output_modalities",
            "Unknown parameter: 'session.output_modalities'.",
        ),
        (
            update(modalities=["audio"]),
            "invalid_value",
            "session.modalities",
            "Invalid modalities: ['audio']. Supported combinations are: ['text'] and ['audio', 'text'].",
        ),
        (
            update(input_audio_format="mp3"),
            "invalid_value",
            "session.input_audio_format",
            "Invalid value: 'mp3'. Supported values are: 'pcm16', 'g711_ulaw', and 'g711_alaw'.",
        ),
        (
            update(output_audio_format={"type": "audio/pcm", "rate": 24000}),
            "invalid_type",
            "session.output_audio_format",
            "Invalid type for 'session.output_audio_format': expected one of 'pcm16', 'g711_ulaw', or 'g711_alaw', "
            "but got an object instead.",
        ),
        (
            update(temperature=0.1),
            "decimal_below_min_value",
            "session.temperature",
            "Invalid 'session.temperature': decimal below minimum value. Expected a value >= 0.6, but got 0.1 instead.",
        ),
        (
            update(temperature="hot"),
            "invalid_type",
            "session.temperature",
            "Invalid type for 'session.temperature': expected a decimal, but got a string instead.",
        ),
        (
            update(input_audio_transcription={"model": "whisper-1", "delay": "low"}),
            "unknown_parameter",
            "session.input_audio_transcription.delay",
            "Unknown parameter: 'session.input_audio_transcription.delay'.",
        ),
        (
            {"type": "response.create", "response": {"output_modalities": ["text"]}},
            "unknown_parameter",
            "response.output_modalities",
            "Unknown parameter: 'response.output_modalities'.",
        ),
        (
            {"type": "transcription_session.update", "session": {"voice": "sage"}},
            "unknown_parameter",
            "session.voice",
            "Unknown parameter: 'session.voice'.",
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "mcp_call", "id": "item_1"}},
            "invalid_value",
            "item.type",
            "Invalid value: 'mcp_call'. Supported values are: 'message', 'function_call', and 'function_call_output'.",
        ),
        (
            update(tools=[{"type": "function", "name": "look"}, {"type": "mcp", "server_label": "docs"}]),
            "invalid_value",
            "session.tools[1].type",
            "Invalid value: 'mcp'. Value must be 'function'.",
        ),
        (
            {"type": "response.create", "response": {"input": [{"type": "item_reference"}, {"type": "mcp_call"}]}},
            "invalid_value",
            "response.input[1].type",
            "Invalid value: 'mcp_call'. Supported values are: 'message', 'function_call', 'function_call_output', "
            "and 'item_reference'.",
        ),
        (
            said("output_text"),
            "invalid_value",
            "item.content[0].type",
            "Invalid value: 'output_text'. Value must be 'text'.",
        ),
        (
            {"type": "response.create", "response": {"input": [said("output_text")["item"]]}},
            "invalid_value",
            "response.input[0].content[0].type",
            "Invalid value: 'output_text'. Value must be 'text'.",
        ),
    ],
)
def test_what_the_beta_shape_lacks_is_refused(event: dict[str, Any], code: str, param: str, message: str) -> None:
    assert check_beta_event(event) == Problem(code, message, param)


def test_an_unknown_type_is_told_the_types_of_the_beta_shape() -> None:
    problem = check_beta_event({"type": "ping"})
    assert problem is not None
    assert problem.message.startswith(
        "Invalid value: 'ping'. Supported values are: 'session.update', 'transcription_session.update', "
    )


@pytest.mark.parametrize(
    "event",
    [
        update(),
        update(modalities=["text", "audio"], temperature=0.8, turn_detection=None),
        update(temperature=None, voice=None, input_audio_format=None),
        update(
            truncation="auto", prompt=None, include=None, tracing="auto", speed=1.0, model="gpt-4o-realtime-preview"
        ),
        {"type": "response.create"},
        {"type": "response.create", "response": None},
        {"type": "session.update"},
        {"type": "conversation.item.create", "item": 3},
        {"type": 3},
        {},
        [],
        None,
        said("text"),
    ],
)
def test_the_rest_is_left_to_validation(event: object) -> None:
    assert check_beta_event(event) is None


@pytest.mark.parametrize(
    ("ga", "beta"),
    [
        ("session.audio.input.turn_detection", "session.turn_detection"),
        ("session.audio.input.turn_detection.threshold", "session.turn_detection.threshold"),
        ("session.audio.input.transcription.model", "session.input_audio_transcription.model"),
        ("session.audio.input.noise_reduction.type", "session.input_audio_noise_reduction.type"),
        ("session.audio.input.format", "session.input_audio_format"),
        ("session.audio.output.format.rate", "session.output_audio_format"),
        ("session.audio.output.voice", "session.voice"),
        ("session.audio.output.speed", "session.speed"),
        ("session.output_modalities[0]", "session.modalities[0]"),
        ("session.max_output_tokens", "session.max_response_output_tokens"),
        ("response.max_output_tokens", "response.max_response_output_tokens"),
        ("response.audio.output.voice", "response.voice"),
        ("session.tools[0].name", "session.tools[0].name"),
        ("session.foo", "session.foo"),
        ("item.content[0].text", "item.content[0].text"),
        ("type", "type"),
    ],
)
def test_paths(ga: str, beta: str) -> None:
    assert param_to_beta(ga) == beta
    assert problem_to_beta(unknown(ga)) == unknown(beta)


def test_values_are_named_as_the_client_named_them() -> None:
    problem = Problem(
        "invalid_value", "Invalid value: 'output_audio'. Value must be 'output_text'.", "item.content[0].type"
    )
    assert problem_to_beta(problem).message == "Invalid value: 'audio'. Value must be 'text'."
    elsewhere = Problem("invalid_value", "Invalid value: 'output_text'.", "item.role")
    assert problem_to_beta(elsewhere) == elsewhere


def test_a_body_of_its_own_has_no_session_in_its_paths() -> None:
    assert check_beta_session({"audio": {}}, path="") == unknown("audio")
    assert problem_to_beta(unknown("session.audio.input.turn_detection.x"), flat=True) == unknown("turn_detection.x")
