"""Refusals of client events: the live service's sentences, and properties over everything it takes."""

from __future__ import annotations

import copy
import json
from typing import Any

import pydantic
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openai.types.realtime import RealtimeClientEvent
from support.strategies import client_event_of, client_events, nodes

from rtnb.protocol.catalogue import Choice, OneOf, Scalar, catalogue
from rtnb.protocol.rules import client_rules
from rtnb.protocol.session_config import default_session
from rtnb.protocol.validation import Problem, check_client_event, check_value

SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

CLIENT_EVENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(RealtimeClientEvent)

SUPPORTED = (
    "Supported values are: 'session.update', 'session.close', 'input_audio_buffer.append', "
    "'session.input_audio_buffer.append', 'input_audio_buffer.commit', 'input_audio_buffer.clear', "
    "'conversation.item.create', 'conversation.item.truncate', 'conversation.item.delete', "
    "'conversation.item.retrieve', 'response.create', and 'response.cancel'."
)


def update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def audio_in(**members: Any) -> dict[str, Any]:
    return update(audio={"input": members})


def audio_out(**members: Any) -> dict[str, Any]:
    return update(audio={"output": members})


def create(**item: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": item}


def message(role: str, *content: Any) -> dict[str, Any]:
    return create(type="message", role=role, content=list(content))


def respond(**response: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": response}


@pytest.mark.parametrize(
    ("event", "code", "text", "param"),
    [
        (
            None,
            "invalid_event",
            "Invalid event: expected an object, but got null instead.",
            None,
        ),
        (
            [],
            "invalid_event",
            "Invalid event: expected an object, but got an array instead.",
            None,
        ),
        ({}, "invalid_event", "The 'type' field is missing.", None),
        ({"type": None}, "invalid_event", "The 'type' field is missing.", None),
        (
            {"type": 5},
            "invalid_type",
            "Invalid type for 'type': expected a string, but got an integer instead.",
            "type",
        ),
        ({"type": "nope"}, "invalid_value", f"Invalid value: 'nope'. {SUPPORTED}", "type"),
        (
            {"type": "output_audio_buffer.clear"},
            "invalid_value",
            f"Invalid value: 'output_audio_buffer.clear'. {SUPPORTED}",
            "type",
        ),
    ],
)
def test_refuses_what_is_no_event(event: object, code: str, text: str, param: str | None) -> None:
    assert check_client_event(event) == Problem(code, text, param, "invalid_request_error")


@pytest.mark.parametrize(
    ("event", "param"),
    [
        (update(modalities=["text", "audio"]), "session.modalities"),
        (update(voice="marin"), "session.voice"),
        (update(tools=[{"type": "function", "name": "f", "strict": True}]), "session.tools[0].strict"),
        (
            audio_in(turn_detection={"type": "semantic_vad", "threshold": 0.5}),
            "session.audio.input.turn_detection.threshold",
        ),
        (audio_in(format={"type": "audio/pcmu", "rate": 8000}), "session.audio.input.format.rate"),
        (respond(modalities=["text"]), "response.modalities"),
        (create(type="function_call_output", call_id="c", output="", name="f"), "item.name"),
        (message("user", {"type": "input_text", "text": "a", "foo": 1}), "item.content[0].foo"),
        ({"type": "input_audio_buffer.append", "audio": "", "foo": 1}, "foo"),
        ({"type": "session.update", "session": {"type": "transcription", "voice": "x"}}, "session.voice"),
    ],
)
def test_unknown_members(event: dict[str, Any], param: str) -> None:
    assert check_client_event(event) == Problem("unknown_parameter", f"Unknown parameter: '{param}'.", param)


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({"type": "session.update"}, "session"),
        ({"type": "session.update", "session": {}}, "session.type"),
        ({"type": "session.update", "session": {"modalities": ["text"]}}, "session.type"),
        ({"type": "input_audio_buffer.append"}, "audio"),
        (create(role="user", content=[]), "item.type"),
        (create(type="message", content=[]), "item.role"),
        (create(type="message", role="user"), "item.content"),
        (create(type="function_call_output", output=""), "item.call_id"),
        (message("user", {"text": "hello"}), "item.content[0].type"),
        (message("user", {"type": "input_text"}), "item.content[0].text"),
        (
            message("user", {"type": "input_text", "text": "a"}, {"type": "input_audio"}),
            "item.content[1].audio",
        ),
        (message("user", {"type": "input_image", "detail": "low"}), "item.content[0].image_url"),
        # Chat Completions nests its function tools: the live service misses the name first.
        (update(tools=[{"type": "function", "function": {"name": "f"}}]), "session.tools[0].name"),
        (update(tools=[{"name": "f"}]), "session.tools[0].type"),
        (update(tool_choice={"type": "function"}), "session.tool_choice.name"),
        (update(truncation={"type": "retention_ratio"}), "session.truncation.retention_ratio"),
        (audio_in(turn_detection={"create_response": False}), "session.audio.input.turn_detection.type"),
        (audio_in(transcription={"language": "fr"}), "session.audio.input.transcription.model"),
        (audio_in(format={"rate": 24000}), "session.audio.input.format.type"),
        (audio_out(format={"type": "audio/pcm"}), "session.audio.output.format.rate"),
        (respond(input=[{"type": "item_reference"}]), "response.input[0].id"),
    ],
)
def test_missing_members(event: dict[str, Any], param: str) -> None:
    expected = Problem("missing_required_parameter", f"Missing required parameter: '{param}'.", param)
    assert check_client_event(event) == expected


@pytest.mark.parametrize(
    ("event", "param", "expected", "got"),
    [
        (audio_in(format="pcm16"), "session.audio.input.format", "an object", "a string"),
        (update(tools="all"), "session.tools", "an array of objects", "a string"),
        (update(tools=None), "session.tools", "an array of objects", "null"),
        (update(instructions=3), "session.instructions", "a string", "an integer"),
        (update(include="x"), "session.include", "an array of strings", "a string"),
        (audio_out(speed="fast"), "session.audio.output.speed", "a decimal", "a string"),
        (audio_out(voice=3), "session.audio.output.voice", "one of a string or an object", "an integer"),
        (
            audio_in(turn_detection={"type": "server_vad", "silence_duration_ms": 200.5}),
            "session.audio.input.turn_detection.silence_duration_ms",
            "an integer",
            "a decimal number",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "silence_duration_ms": True}),
            "session.audio.input.turn_detection.silence_duration_ms",
            "an integer",
            "a boolean",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "threshold": True}),
            "session.audio.input.turn_detection.threshold",
            "a decimal",
            "a boolean",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "create_response": 1}),
            "session.audio.input.turn_detection.create_response",
            "a boolean",
            "an integer",
        ),
        (
            respond(max_output_tokens=1.5),
            "response.max_output_tokens",
            "one of 'inf' or an integer",
            "a decimal number",
        ),
        (
            respond(tool_choice=7),
            "response.tool_choice",
            "one of 'none', 'auto', or 'required' or an object",
            "an integer",
        ),
        (respond(metadata={"a": 1}), "response.metadata.a", "a string", "an integer"),
        (
            create(type="message", role="user", content="hi"),
            "item.content",
            "an array of objects",
            "a string",
        ),
        (message("user", "hi"), "item.content[0]", "an object", "a string"),
        (
            message("user", {"type": "input_text", "text": None}),
            "item.content[0].text",
            "a string",
            "null",
        ),
        ({"type": "input_audio_buffer.append", "audio": None}, "audio", "a string", "null"),
        ({"type": "session.update", "session": "realtime"}, "session", "an object", "a string"),
    ],
)
def test_wrong_types(event: dict[str, Any], param: str, expected: str, got: str) -> None:
    text = f"Invalid type for '{param}': expected {expected}, but got {got} instead."
    assert check_client_event(event) == Problem("invalid_type", text, param)


@pytest.mark.parametrize(
    ("event", "param", "text"),
    [
        (
            audio_in(transcription={"model": "gpt-realtime-whisper", "delay": "bogus"}),
            "session.audio.input.transcription.delay",
            "Invalid value: 'bogus'. Supported values are: 'minimal', 'low', 'medium', 'high', and 'xhigh'.",
        ),
        (
            {"type": "session.update", "session": {"type": "session"}},
            "session.type",
            "Invalid value: 'session'. Supported values are: 'realtime' and 'transcription'.",
        ),
        (
            audio_in(format={"type": "pcm16"}),
            "session.audio.input.format.type",
            "Invalid value: 'pcm16'. Supported values are: 'audio/pcm', 'audio/pcmu', and 'audio/pcma'.",
        ),
        (
            message("assistant", {"type": "text", "text": "hi"}),
            "item.content[0].type",
            "Invalid value: 'text'. Value must be 'output_text'.",
        ),
        (
            message("system", {"type": "text", "text": "hi"}),
            "item.content[0].type",
            "Invalid value: 'text'. Value must be 'input_text'.",
        ),
        (
            message("user", {"type": "text", "text": "hi"}),
            "item.content[0].type",
            "Invalid value: 'text'. Supported values are: 'input_text', 'input_audio', and 'input_image'.",
        ),
        (
            message("robot"),
            "item.role",
            "Invalid value: 'robot'. Supported values are: 'system', 'user', and 'assistant'.",
        ),
        (
            audio_in(turn_detection={"type": "none"}),
            "session.audio.input.turn_detection.type",
            "Invalid value: 'none'. Supported values are: 'server_vad' and 'semantic_vad'.",
        ),
        (
            respond(tool_choice="sometimes"),
            "response.tool_choice",
            "Invalid value: 'sometimes'. Supported values are: 'none', 'auto', and 'required'.",
        ),
        (
            respond(max_output_tokens="many"),
            "response.max_output_tokens",
            "Invalid value: 'many'. Value must be 'inf'.",
        ),
        (
            update(output_modalities=["audio", "text"]),
            "session.output_modalities",
            "Invalid modalities: ['audio', 'text']. Supported combinations are: ['text'] and ['audio'].",
        ),
        (
            respond(output_modalities=[]),
            "response.output_modalities",
            "Invalid modalities: []. Supported combinations are: ['text'] and ['audio'].",
        ),
        (
            update(output_modalities=["video"]),
            "session.output_modalities[0]",
            "Invalid value: 'video'. Supported values are: 'text' and 'audio'.",
        ),
    ],
)
def test_wrong_values(event: dict[str, Any], param: str, text: str) -> None:
    assert check_client_event(event) == Problem("invalid_value", text, param)


@pytest.mark.parametrize(
    ("event", "code", "param", "text"),
    [
        (
            audio_in(format={"type": "audio/pcm", "rate": 16000}),
            "integer_below_min_value",
            "session.audio.input.format.rate",
            "integer below minimum value. Expected a value >= 24000, but got 16000 instead.",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "threshold": 1.5}),
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
            "decimal above maximum value. Expected a value <= 1, but got 1.5 instead.",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "threshold": -1}),
            "decimal_below_min_value",
            "session.audio.input.turn_detection.threshold",
            "decimal below minimum value. Expected a value >= 0, but got -1 instead.",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "prefix_padding_ms": -1}),
            "integer_below_min_value",
            "session.audio.input.turn_detection.prefix_padding_ms",
            "integer below minimum value. Expected a value >= 0, but got -1 instead.",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "idle_timeout_ms": 4999}),
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
            "integer below minimum value. Expected a value >= 5000, but got 4999 instead.",
        ),
        (
            audio_in(turn_detection={"type": "server_vad", "idle_timeout_ms": 30001}),
            "integer_above_max_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
            "integer above maximum value. Expected a value <= 30000, but got 30001 instead.",
        ),
        (
            audio_out(speed=0.2),
            "decimal_below_min_value",
            "session.audio.output.speed",
            "decimal below minimum value. Expected a value >= 0.25, but got 0.2 instead.",
        ),
        (
            audio_out(speed=2),
            "decimal_above_max_value",
            "session.audio.output.speed",
            "decimal above maximum value. Expected a value <= 1.5, but got 2 instead.",
        ),
        (
            update(max_output_tokens=0),
            "integer_below_min_value",
            "session.max_output_tokens",
            "integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            respond(max_output_tokens=4097),
            "integer_above_max_value",
            "response.max_output_tokens",
            "integer above maximum value. Expected a value <= 4096, but got 4097 instead.",
        ),
        (
            respond(metadata={"k": "v" * 513}),
            "string_above_max_length",
            "response.metadata.k",
            "string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
        ),
        (
            respond(metadata={f"k{n}": "v" for n in range(17)}),
            "object_above_max_properties",
            "response.metadata",
            "too many properties. Expected an object with at most 16 properties, but got an object with 17 "
            "properties instead.",
        ),
        (
            create(type="message", role="user", id="i" * 33, content=[]),
            "string_above_max_length",
            "item.id",
            "string too long. Expected a string with maximum length 32, but got a string with length 33 instead.",
        ),
    ],
)
def test_limits(event: dict[str, Any], code: str, param: str, text: str) -> None:
    assert check_client_event(event) == Problem(code, f"Invalid '{param}': {text}", param)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.close", "event_id": "\ud800"},
        {"type": "input_audio_buffer.append", "audio": "AAAA", "event_id": "\ud800"},
        {"type": "input_audio_buffer.append", "audio": "\ud800"},
        {"type": "response.create", "response": {"max_output_tokens": float("nan")}},
        {"type": 2**64},
        ["\udfff"],
    ],
)
def test_what_a_strict_parser_does_not_take(event: object) -> None:
    assert check_client_event(event) == Problem("invalid_json", "Invalid event: failed to parse JSON value. ", None)


def test_the_prompt_of_a_transcription_is_short() -> None:
    assert check_client_event(audio_in(transcription={"model": "whisper-1", "prompt": "x" * 1024})) is None
    problem = check_client_event(audio_in(transcription={"model": "whisper-1", "prompt": "x" * 1025}))
    assert problem is not None and problem.code == "string_above_max_length"


def test_long_metadata_name() -> None:
    problem = check_client_event(respond(metadata={"k" * 65: "v"}))
    assert problem is not None
    assert problem.code == "property_name_above_max_length"
    assert "maximum length 64, but got a string with length 65" in problem.message


def test_bounds_themselves_are_allowed() -> None:
    vad = {"type": "server_vad", "threshold": 1, "idle_timeout_ms": 5000, "prefix_padding_ms": 0}
    assert check_client_event(audio_in(turn_detection=vad)) is None
    assert check_client_event(audio_out(speed=0.25)) is None
    assert check_client_event(respond(max_output_tokens=4096)) is None
    assert check_client_event(respond(metadata={f"{n:064}": "v" * 512 for n in range(16)})) is None
    assert check_client_event(create(type="message", role="user", id="i" * 32, content=[])) is None


@pytest.mark.parametrize(
    "event",
    [
        audio_in(turn_detection=None, transcription=None, noise_reduction=None),
        update(tracing=None, prompt=None, include=None),
        update(tracing="auto"),
        update(model="anything", audio={"output": {"voice": "voice of tomorrow"}}),
        audio_in(transcription={"model": "model of tomorrow", "language": None, "prompt": None}),
        audio_out(voice={"id": "voice_1"}),
        {"type": "response.create"},
        {"type": "response.create", "response": None},
        {"type": "response.cancel", "response_id": None, "event_id": None},
        {**message("user", {"type": "input_text", "text": ""}), "previous_item_id": None},
        message("user", {"type": "input_audio", "audio": "", "transcript": None}),
        respond(input=[{"type": "item_reference", "id": "item_1"}], metadata=None, conversation="none"),
        respond(tools=[], tool_choice={"type": "mcp", "server_label": "s"}),
        respond(instructions=None, tools=None, tool_choice=None, input=None, audio={"output": {"voice": None}}),
        update(
            tools=[
                {
                    "type": "mcp",
                    "server_label": "s",
                    "server_url": "https://s.example",
                    "allowed_tools": ["a"],
                    "require_approval": "never",
                }
            ]
        ),
        update(tools=[{"type": "function", "name": "f", "parameters": {"type": "object", "$schema": "x"}}]),
        {"type": "session.close"},
        {"type": "session.input_audio_buffer.append", "audio": "AAAA"},
    ],
)
def test_takes(event: dict[str, Any]) -> None:
    assert check_client_event(event) is None


@pytest.mark.parametrize("kind", ["realtime", "transcription"])
def test_takes_the_servers_own_session_back(kind: Any) -> None:
    session = default_session(session_id="sess_1", model="gpt-realtime", kind=kind, expires_at=1)
    assert check_client_event({"type": "session.update", "session": session}) is None


def test_audio_is_not_looked_at() -> None:
    class Unread(str):
        def __iter__(self) -> Any:
            raise AssertionError("scanned")

        __getitem__ = __contains__ = __len__ = __iter__  # type: ignore[assignment]

    for extra in ({}, {"event_id": "e"}):
        event = {"type": "input_audio_buffer.append", "audio": Unread("not base64!"), **extra}
        assert check_client_event(event) is None


def test_problem_as_an_error_event() -> None:
    problem = check_client_event({"type": "input_audio_buffer.append"})
    assert problem is not None
    assert problem.as_error("event_1") == {
        "type": "invalid_request_error",
        "code": "missing_required_parameter",
        "message": "Missing required parameter: 'audio'.",
        "param": "audio",
        "event_id": "event_1",
    }
    assert str(problem) == "missing_required_parameter: Missing required parameter: 'audio'."


def test_check_value_names_the_path_it_is_given() -> None:
    problem = check_value({"type": "x"}, "RealtimeAudioConfigInputParam", "turn_detection", "here")
    assert problem is not None
    assert problem.param == "here.type"


@SLOW
@given(client_events())
def test_takes_every_event_of_the_catalogue(event: dict[str, Any]) -> None:
    assert check_client_event(event) is None
    assert check_client_event(json.loads(json.dumps(event))) is None


@SLOW
@given(st.sampled_from(sorted(set(catalogue().client_events) & set(client_rules().events))).flatmap(client_event_of))
def test_agrees_with_the_models_of_the_openai_package(event: dict[str, Any]) -> None:
    items = (event.get("response") or {}).get("input") or []
    assume(not any(item["type"] == "item_reference" for item in items))  # only its parameter types have it
    parsed = CLIENT_EVENT.validate_python(event)
    again = parsed.model_dump(mode="json", exclude_unset=True, by_alias=True)
    assert again == event
    assert check_client_event(again) is None


@SLOW
@given(client_events(), st.data())
def test_finds_a_member_added_anywhere(event: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(event)
    path, node, _ = data.draw(st.sampled_from(nodes(broken)))
    node["bogus"] = data.draw(st.none() | st.integers(-99, 99) | st.just({}))
    where = f"{path}.bogus".lstrip(".")
    assert check_client_event(broken) == Problem("unknown_parameter", f"Unknown parameter: '{where}'.", where)


@SLOW
@given(client_events(), st.data())
def test_finds_a_required_member_left_out_anywhere(event: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(event)
    places = [
        (path, node, name)
        for path, node, model in nodes(broken)
        for name in model.required
        if (path, name) != ("", "type")
    ]
    assume(places)
    path, node, name = data.draw(st.sampled_from(places))
    del node[name]
    where = f"{path}.{name}".lstrip(".")
    expected = Problem("missing_required_parameter", f"Missing required parameter: '{where}'.", where)
    assert check_client_event(broken) == expected


@SLOW
@given(client_events(), st.data())
def test_finds_a_wrong_type_anywhere(event: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(event)
    places = [
        (path, node, model.members[name])
        for path, node, model in nodes(broken)
        for name in node
        if model.members[name].type != Scalar("any")
    ]
    path, node, member = data.draw(st.sampled_from(places))
    node[member.name] = "yes" if member.type == Scalar("boolean") else True
    problem = check_client_event(broken)
    assert problem is not None
    assert (problem.code, problem.param) == ("invalid_type", f"{path}.{member.name}".lstrip("."))
    assert problem.message.endswith(
        "but got a string instead." if member.type == Scalar("boolean") else "a boolean instead."
    )


@SLOW
@given(client_events(), st.data())
def test_finds_a_value_outside_a_closed_list_anywhere(event: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(event)
    places = [
        (path, node, member)
        for path, node, model in nodes(broken)
        for member in model.members.values()
        if isinstance(node.get(member.name), str) and _is_closed(member.type)
    ]
    path, node, member = data.draw(st.sampled_from(places))
    node[member.name] = "bogus"
    problem = check_client_event(broken)
    assert problem is not None
    assert (problem.code, problem.param) == ("invalid_value", f"{path}.{member.name}".lstrip("."))
    assert problem.message.startswith("Invalid value: 'bogus'. ")


def _is_closed(expression: object) -> bool:
    options = expression.options if isinstance(expression, OneOf) else (expression,)
    texts = [option for option in options if isinstance(option, Choice | Scalar) and option != Scalar("integer")]
    return all(isinstance(option, Choice) and not option.is_open for option in texts) and bool(texts)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_never_raises(value: object) -> None:
    check_client_event(value)
    for kind in client_rules().event_types:
        check_client_event({"type": kind, "session": value, "item": value, "response": value})


def test_an_mcp_tool_says_where_its_server_is() -> None:
    tool = {"type": "mcp", "server_label": "s"}
    problem = check_client_event(update(tools=[tool]))
    assert problem is not None
    assert (problem.code, problem.param) == ("missing_required_parameter", "session.tools[0].server_url")
    # A response may refer to a server of its session by the label alone.
    assert check_client_event(respond(tools=[tool])) is None
    for way in ({"connector_id": "connector_gmail"}, {"tunnel_id": "t"}, {"server_url": "https://s.example"}):
        assert check_client_event(update(tools=[{**tool, **way}])) is None


def test_long_lists_are_refused_before_anybody_looks_into_them() -> None:
    problem = check_client_event(update(tools=[None] * 1025))
    assert problem is not None
    assert (problem.code, problem.param) == ("array_above_max_length", "session.tools")
