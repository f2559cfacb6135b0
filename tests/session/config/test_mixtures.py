from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb import SemanticVad
from rtnb.errors import ConfigError
from rtnb.protocol import check_client_event
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_objects import session_from_beta, session_to_beta
from rtnb.session.config.mixtures import Translated, translate, translate_response
from tests.support.strategies import client_event_of, session_patches


def as_update(session: dict[str, Any]) -> object:
    return check_client_event({"type": "session.update", "session": session})


@given(st.sampled_from(["realtime", "transcription"]).flatmap(session_patches))
def test_ga_stays_as_it_is_and_nothing_is_said(session: dict[str, Any]) -> None:
    before = copy.deepcopy(session)
    told = translate(session)
    assert told.session == session == before
    assert told.changes == ()


@given(st.sampled_from(["realtime", "transcription"]).flatmap(session_patches))
def test_beta_becomes_the_ga_that_the_protocol_room_makes_of_it(session: dict[str, Any]) -> None:
    kind = session["type"]
    beta = {name: value for name, value in session_to_beta(session).items() if name not in ("voice", "prompt")}
    told = translate(beta, kind=kind)
    expected = session_from_beta(beta, kind=kind)
    assert told.session == expected
    assert translate(told.session) == Translated(expected, ())


@given(client_event_of("response.create"))
def test_a_ga_response_stays_as_it_is(event: dict[str, Any]) -> None:
    response = event.get("response") or {}
    told = translate_response(response)
    assert (told.session, told.changes) == (response, ())
    if isinstance(event.get("response"), dict):
        assert translate_response(event).session == response


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["server_vad", "pcm16", "audio"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["type", "session", "audio", "input", "output", "voice", "format", "tools", "function", "name", "role",
             "turn_detection", "modalities", "transcription", "input_audio_format", "content", "tool_choice", "item",
             "temperature", "response", "eagerness", "rate", "x"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["session", "audio", "tools", "voice", "input", "type", "functions"]), JSON))
def test_anything_is_translated_without_harm_and_only_once(settings: dict[str, Any]) -> None:
    before = copy.deepcopy(settings)
    for translated in (translate, translate_response):
        told = translated(settings)
        assert settings == before
        json.dumps(told.session)
        repr(told)
        if not {"session", "response"} & set(told.session):
            assert translated(told.session).session == told.session


CASES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        {"type": "session.update", "event_id": "e", "session": {"type": "realtime", "instructions": "Hi."}},
        {"type": "realtime", "instructions": "Hi."},
        ["session → .: taken out of the session.update around it"],
    ),
    (
        {"type": "realtime", "voice": "alloy", "audio": {"output": {"voice": "marin"}}},
        {"type": "realtime", "audio": {"output": {"voice": "marin"}}},
        ["- voice: audio.output.voice is set already"],
    ),
    (
        {"type": "realtime", "audio": {"input": {"format": "pcm16"}, "output": {"format": "g711_alaw"}}},
        {
            "type": "realtime",
            "audio": {
                "input": {"format": {"type": "audio/pcm", "rate": 24000}},
                "output": {"format": {"type": "audio/pcma"}},
            },
        },
        ["audio.input.format: an object in GA", "audio.output.format: an object in GA"],
    ),
    (
        {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm"}}}},
        {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}},
        ["+ audio.input.format.rate: GA wants the rate stated"],
    ),
    (
        {"type": "realtime", "turn_detection": {"threshold": 0.5}},
        {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}}}},
        [
            "turn_detection → audio.input.turn_detection: moved in GA",
            "+ audio.input.turn_detection.type: GA wants it stated; the members are those of server_vad",
        ],
    ),
    (
        {"type": "realtime", "audio": {"turn_detection": {"type": "none"}}},
        {"type": "realtime", "audio": {"input": {"turn_detection": None}}},
        ["audio.turn_detection → audio.input.turn_detection: where GA has it; null turns it off in GA"],
    ),
    (
        {"type": "realtime", "modalities": ["text"], "max_response_output_tokens": 50},
        {"type": "realtime", "output_modalities": ["text"], "max_output_tokens": 50},
        [
            "modalities → output_modalities: renamed in GA",
            "max_response_output_tokens → max_output_tokens: renamed in GA",
        ],
    ),
    (
        {"type": "realtime", "output_modalities": ["text", "audio"]},
        {"type": "realtime", "output_modalities": ["audio"]},
        ['output_modalities: "audio" alone brings the transcript along'],
    ),
    (
        {"type": "realtime", "reasoning_effort": "low", "max_tokens": 5, "tracing": True},
        {"type": "realtime", "tracing": "auto", "reasoning": {"effort": "low"}, "max_output_tokens": 5},
        [
            "reasoning_effort → reasoning: the name that GA has for it; an object in GA",
            "max_tokens → max_output_tokens: the name that GA has for it",
            'tracing: "auto" or null in GA',
        ],
    ),
    (
        {"type": "realtime", "id": "sess_1", "object": "realtime.session", "expires_at": 5, "client_secret": None},
        {"type": "realtime"},
        [
            "- id: the server names sessions",
            "- object: only the server's own objects carry it",
            "- expires_at: the server decides it",
            "- client_secret: it belongs to the session it was made for, and is never sent back",
        ],
    ),
    (
        {"type": "realtime", "tools": [{"name": "now", "input_schema": {"type": "object"}}]},
        {"type": "realtime", "tools": [{"type": "function", "name": "now", "parameters": {"type": "object"}}]},
        [
            "+ tools[0].type: GA tells functions and MCP servers apart by it",
            "tools[0].input_schema → tools[0].parameters: the name that GA has for it",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "expected", "says"), CASES)
def test_mixtures_become_ga_and_every_change_is_told(
    given_: dict[str, Any], expected: dict[str, Any], says: list[str]
) -> None:
    told = translate(given_)
    assert told.session == expected
    assert list(map(str, told.changes)) == says
    assert as_update(told.session) is None


def test_what_nobody_knows_stays_and_is_said() -> None:
    told = translate({"type": "realtime", "audio": {"input": {"foo": 1}}, "bar": {"x": 2}})
    assert told.session == {"type": "realtime", "audio": {"input": {"foo": 1}}, "bar": {"x": 2}}
    assert [(change.kind, change.path_before) for change in told.changes] == [
        ("changed", "audio.input.foo"),
        ("changed", "bar"),
    ]
    assert all("server to judge" in change.why for change in told.changes)


@pytest.mark.parametrize(
    ("settings", "path", "says"),
    [
        ({"audio": "pcm16"}, "audio", "expected an object, but got a string"),
        ({"audio": {"input": "pcm16"}}, "audio.input", "expected an object, but got a string"),
        ({"tools": "x"}, "tools", "expected an array of objects"),
        ({"tools": ["x"]}, "tools", "'tools[0]'"),
        ({"tools": [{"type": "function"}]}, "tools[0]", "Missing required parameter: 'tools[0].name'"),
        ({"modalities": []}, "output_modalities", "Invalid modalities: []"),
        ({"input_audio_format": "pcm_24000"}, "audio.input.format", "expected an object, but got a string"),
        ({"speed": 9}, "audio.output.speed", "above maximum"),
        ({"turn_detection": {"type": "x"}}, "audio.input.turn_detection", "'x'"),
        ({"turn_detection": 5}, "audio.input.turn_detection", "got an integer"),
    ],
)
def test_what_the_protocol_would_not_take_stays_and_is_said(settings: Any, path: str, says: str) -> None:
    changes = [change for change in translate(settings).changes if "server to judge" in change.why]
    assert [change.path_after for change in changes] == [path]
    assert says in changes[0].why and changes[0].kind == "changed"


NONSENSE = st.none() | st.integers(-5, 9999) | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
NONSENSE |= st.dictionaries(st.sampled_from(["type", "model", "x"]), st.integers() | st.text(max_size=3), max_size=2)


@given(
    st.sampled_from([field.beta for field in beta_data().shapes["realtime"].fields if field.beta != "object"]), NONSENSE
)
def test_nothing_that_the_server_would_refuse_passes_in_silence(name: str, value: object) -> None:
    told = translate({"type": "realtime", name: value})
    assert as_update(told.session) is None or any("server to judge" in change.why for change in told.changes)


def test_what_stands_where_an_object_must_is_not_lost_in_silence() -> None:
    told = translate({"type": "realtime", "audio": "pcm16", "voice": "marin"})
    assert told.session["audio"] == {"output": {"voice": "marin"}}
    assert str(told.changes[0]) == "- audio: an object in GA, not 'pcm16'"


def test_a_missing_type_is_added_and_a_wrong_one_replaced() -> None:
    assert translate({}).session == {"type": "realtime"}
    assert [str(change) for change in translate({}).changes] == [
        "+ type: GA tells realtime and transcription sessions apart by it"
    ]
    told = translate({"type": "conversation"})
    assert told.session == {"type": "realtime"} and "'conversation'" in told.changes[0].why


def test_a_transcription_session_of_the_beta_shape() -> None:
    told = translate(
        {
            "type": "transcription_session.update",
            "session": {"input_audio_transcription": {"model": "whisper-1"}, "modalities": ["text"]},
        }
    )
    assert told.session == {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    assert "- modalities: GA has it no more" in map(str, told.changes)
    assert as_update(told.session) is None


def test_an_event_without_the_session_around_its_members() -> None:
    told = translate({"type": "session.update", "instructions": "Hi."})
    assert told.session == {"type": "realtime", "instructions": "Hi."}


def test_typed_objects_may_stand_in_settings() -> None:
    told = translate({"type": "realtime", "turn_detection": SemanticVad(eagerness="low")})
    assert told.session["audio"]["input"]["turn_detection"] == {"type": "semantic_vad", "eagerness": "low"}


@pytest.mark.parametrize("wrong", [None, "realtime", [1], 5])
def test_settings_are_a_mapping(wrong: object) -> None:
    with pytest.raises(ConfigError, match="are a mapping"):
        translate(wrong)  # type: ignore[arg-type]


def test_a_response_of_the_beta_shape_with_chat_messages() -> None:
    told = translate_response(
        {
            "type": "response.create",
            "response": {
                "modalities": ["audio", "text"],
                "voice": "sage",
                "temperature": 0.7,
                "input": [
                    {"role": "assistant", "content": "Yes?"},
                    {"type": "message", "role": "user", "content": [{"type": "item_reference", "id": "item_1"}]},
                    {"role": "user", "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
                    ]},
                ],
            },
        }
    )  # fmt: skip
    assert told.session == {
        "input": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes?"}]},
            {"type": "item_reference", "id": "item_1"},
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
            ]},
        ],
        "output_modalities": ["audio"],
        "audio": {"output": {"voice": "sage"}},
    }  # fmt: skip
    assert check_client_event({"type": "response.create", "response": told.session}) is None


def test_a_repr_shows_no_secret() -> None:
    tool = {"type": "mcp", "server_label": "a", "server_url": "https://a.example", "authorization": "hush-hush"}
    assert "hush-hush" not in repr(translate({"type": "realtime", "tools": [tool]}))
