from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb import SemanticVad, ServerVad
from rtnb.audio.formats import PCMA
from rtnb.errors import ConfigError
from rtnb.protocol import check_client_event
from rtnb.protocol.beta_data import beta_data
from rtnb.session.config.keywords import (
    DEFAULT_MODEL,
    DEFAULT_TRANSCRIPTION,
    SETTINGS,
    TRANSCRIPTION_SETTINGS,
    patched,
    session_patch,
)
from rtnb.session.config.mcp_tool import Mcp
from rtnb.session.config.models import models
from rtnb.session.config.overrides import OVERRIDES, response_of
from rtnb.session.config.typed import NoiseReduction, Prompt, Reasoning, Tracing, Transcription, Voice
from rtnb.tokens.context import Truncation

LOGPROBS = "item.input_audio_transcription.logprobs"
NOW = {"type": "function", "name": "now", "parameters": {"type": "object"}}
PCM = {"type": "audio/pcm", "rate": 24000}


def into(**members: Any) -> dict[str, Any]:
    return {"type": "realtime", "audio": {"input": members}}


def out(**members: Any) -> dict[str, Any]:
    return {"type": "realtime", "audio": {"output": members}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"type": "realtime"}),
        ({"instructions": ""}, {"type": "realtime", "instructions": ""}),
        ({"max_output_tokens": "inf"}, {"type": "realtime", "max_output_tokens": "inf"}),
        ({"max_output_tokens": np.int64(7)}, {"type": "realtime", "max_output_tokens": 7}),
        ({"tools": [], "tool_choice": "none"}, {"type": "realtime", "tools": [], "tool_choice": "none"}),
        ({"modalities": ["text"]}, {"type": "realtime", "output_modalities": ["text"]}),
        ({"modalities": ("audio",)}, {"type": "realtime", "output_modalities": ["audio"]}),
        ({"modalities": "text"}, {"type": "realtime", "output_modalities": ["text"]}),
        ({"voice": "cedar", "speed": 1.25}, out(voice="cedar", speed=1.25)),
        ({"turn_detection": None}, into(turn_detection=None)),
        ({"turn_detection": ServerVad(threshold=0.6)}, into(turn_detection={"type": "server_vad", "threshold": 0.6})),
        ({"turn_detection": SemanticVad()}, into(turn_detection={"type": "semantic_vad"})),
        ({"turn_detection": {"type": "server_vad"}}, into(turn_detection={"type": "server_vad"})),
        ({"transcription": "whisper-1"}, into(transcription={"model": "whisper-1"})),
        (
            {"transcription": {"model": "whisper-1", "language": "de"}},
            into(transcription={"model": "whisper-1", "language": "de"}),
        ),
        ({"transcription": None}, into(transcription=None)),
        ({"noise_reduction": "far_field"}, into(noise_reduction={"type": "far_field"})),
        ({"noise_reduction": None}, into(noise_reduction=None)),
        ({"session": None}, {"type": "realtime"}),
        ({"voice": "voice_1"}, out(voice={"id": "voice_1"})),
        ({"voice": Voice(id="voice_1")}, out(voice={"id": "voice_1"})),
        (
            {"transcription": Transcription(language="en")},
            into(transcription={"model": "gpt-transcribe", "language": "en"}),
        ),
        ({"noise_reduction": NoiseReduction(strength=0.5)}, into(noise_reduction={"strength": 0.5})),
        ({"input_format": "pcm16"}, into(format=PCM)),
        ({"input_format": "pcmu"}, into(format={"type": "audio/pcmu"})),
        ({"output_format": "g711_alaw"}, out(format={"type": "audio/pcma"})),
        ({"output_format": PCMA}, out(format={"type": "audio/pcma"})),
        ({"output_format": {"type": "audio/pcm"}}, out(format=PCM)),
        ({"tools": (NOW,)}, {"type": "realtime", "tools": [NOW]}),
        (
            {"tools": [{"type": "function", "function": {"name": "now", "strict": True}}]},
            {"type": "realtime", "tools": [{"type": "function", "name": "now"}]},
        ),
        (
            {"tools": Mcp("a", url="https://a.example", headers={"X": "1"})},
            {
                "type": "realtime",
                "tools": [
                    {"type": "mcp", "server_label": "a", "server_url": "https://a.example", "headers": {"X": "1"}}
                ],
            },
        ),
        (
            {"tool_choice": {"type": "function", "function": {"name": "now"}}},
            {"type": "realtime", "tool_choice": {"type": "function", "name": "now"}},
        ),
        ({"parallel_tool_calls": False}, {"type": "realtime", "parallel_tool_calls": False}),
        ({"reasoning": "low"}, {"type": "realtime", "reasoning": {"effort": "low"}}),
        ({"reasoning": Reasoning(effort="high")}, {"type": "realtime", "reasoning": {"effort": "high"}}),
        ({"tracing": True}, {"type": "realtime", "tracing": "auto"}),
        ({"tracing": Tracing(group_id="g")}, {"type": "realtime", "tracing": {"group_id": "g"}}),
        ({"truncation": "disabled"}, {"type": "realtime", "truncation": "disabled"}),
        (
            {"truncation": Truncation("retention_ratio", 0.8)},
            {"type": "realtime", "truncation": {"type": "retention_ratio", "retention_ratio": 0.8}},
        ),
        ({"prompt": "pmpt_1"}, {"type": "realtime", "prompt": {"id": "pmpt_1"}}),
        (
            {"prompt": Prompt(id="pmpt_1", version="2")},
            {"type": "realtime", "prompt": {"id": "pmpt_1", "version": "2"}},
        ),
        ({"include": [LOGPROBS]}, {"type": "realtime", "include": [LOGPROBS]}),
        ({"logprobs": True}, {"type": "realtime", "include": [LOGPROBS]}),
        ({"logprobs": False}, {"type": "realtime", "include": None}),
    ],
)
def test_keywords_become_the_ga_shape(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    patch = session_patch(settings)
    assert patch == expected
    assert check_client_event({"type": "session.update", "session": patch}) is None


def test_every_keyword_lands_somewhere() -> None:
    values: dict[str, Any] = {
        "instructions": "i",
        "voice": "v",
        "modalities": ["text"],
        "turn_detection": None,
        "transcription": "t",
        "noise_reduction": "near_field",
        "speed": 1.0,
        "max_output_tokens": 5,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "input_format": "pcm16",
        "output_format": "pcmu",
        "reasoning": "low",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "logprobs": True,
        "session": {"truncation": "disabled"},
    }
    assert set(values) == set(SETTINGS)
    for name, value in values.items():
        assert session_patch({name: value}) != {"type": "realtime"}, name


def test_both_sides_of_the_audio_go_together() -> None:
    patch = session_patch({"voice": "cedar", "transcription": DEFAULT_TRANSCRIPTION})
    assert set(patch["audio"]) == {"input", "output"}


def test_a_session_object_is_merged_over_the_rest_member_by_member() -> None:
    session = {"audio": {"output": {"speed": 1.5}, "input": {"transcription": None}}, "truncation": "disabled"}
    before = copy.deepcopy(session)
    settings = {"voice": "cedar", "speed": 1.0, "transcription": "whisper-1", "session": session}
    assert session_patch(settings) == {
        "type": "realtime",
        "truncation": "disabled",
        "audio": {"output": {"voice": "cedar", "speed": 1.5}, "input": {"transcription": None}},
    }
    assert session == before


@pytest.mark.parametrize("session", ["realtime", ["truncation"], 5, True])
def test_a_session_that_is_no_mapping_is_refused(session: object) -> None:
    with pytest.raises(ConfigError, match="session is a mapping"):
        session_patch({"session": session})


def test_unknown_keywords_are_named_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigError,
        match=r"'temperature', 'voise'\. 'voise' is probably 'voice'\. GA has no temperature: .*Settings are",
    ):
        session_patch({"voise": "cedar", "temperature": 0.8})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("model", r"fixed for a connection: connect\(model=\.\.\.\) begins a new session"),
        ("temperature", "GA has no temperature"),
        ("input_audio_format", "input_audio_format is called input_format here"),
        ("output_audio_format", "is called output_format here"),
        ("input_audio_transcription", "is called transcription here"),
        ("input_audio_noise_reduction", "is called noise_reduction here"),
        ("max_response_output_tokens", "is called max_output_tokens here"),
        ("max_tokens", "is called max_output_tokens here"),
        ("output_modalities", "is called modalities here"),
        ("audio", r"go in session=\{'audio': \.\.\.\}"),
        ("client_secret", r"go in session=\{'client_secret': \.\.\.\}"),
    ],
)
def test_names_from_elsewhere_are_shown_where_they_belong(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        session_patch({name: "x"})


def test_every_beta_name_is_told_where_it_belongs() -> None:
    for name in beta_data().shapes["realtime"].beta_members - set(SETTINGS):
        with pytest.raises(ConfigError, match=r"is called \w+ here|go in session=|GA has no|fixed for a connection"):
            session_patch({name: "x"})


def test_speech_with_text_is_told_to_be_audio() -> None:
    with pytest.raises(ConfigError, match=r'For both write modalities=\["audio"\]'):
        session_patch({"modalities": ["text", "audio"]})


def test_how_long_answers_can_be_is_for_the_server_to_judge() -> None:
    longest = max(row.max_output_tokens or 0 for row in models("realtime"))
    assert longest > 4096, "newer models answer with more than the protocol's documentation allows"
    assert session_patch({"max_output_tokens": longest})["max_output_tokens"] == longest


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "many", None, [5]])
def test_a_longest_answer_that_cannot_be_meant_is_refused(size: object) -> None:
    with pytest.raises(ConfigError, match="whole number from 1"):
        session_patch({"max_output_tokens": size})


@pytest.mark.parametrize("tools", [[len], len, [NOW, len]])
def test_functions_in_a_session_object_are_told_where_they_go(tools: object) -> None:
    with pytest.raises(ConfigError, match=r"functions go in tools=\[\.\.\.\]"):
        session_patch({"session": {"tools": tools}})


@pytest.mark.parametrize(
    ("session", "path"),
    [
        ({"tool_choice": len}, "tool_choice"),
        ({"instructions": b"x"}, "instructions"),
        ({"audio": {"input": {"format": {1: 2}}}}, "audio.input.format"),
        ({"tools": [{"type": "function", "parameters": {"type": {1, 2}}}]}, "tools[0].parameters.type"),
    ],
)
def test_what_json_cannot_hold_is_named(session: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{path} of the settings holds")):
        session_patch({"session": session})


def test_nor_can_a_keyword_hold_it() -> None:
    with pytest.raises(ConfigError, match=r"tools\[0\]\.parameters\.type is \{1\}, which JSON cannot hold"):
        session_patch({"tools": [{**NOW, "parameters": {"type": {1}}}]})


@pytest.mark.parametrize("modalities", [["audio", "text"], [], "speech", ["image"], None, 5, {"text": 1, "audio": 2}])
def test_modalities_are_one_of_two(modalities: object) -> None:
    with pytest.raises(ConfigError, match="modalities are"):
        session_patch({"modalities": modalities})


@pytest.mark.parametrize("detection", ["server_vad", {"type": "server_vad", "treshold": 0.4}, {}, True])
def test_turn_detection_that_cannot_be_meant_is_refused(detection: object) -> None:
    with pytest.raises(ConfigError):
        session_patch({"turn_detection": detection})


def test_settings_are_not_changed() -> None:
    settings = {"voice": "cedar", "session": {"audio": {"output": {"speed": 1.0}}}}
    before = copy.deepcopy(settings)
    session_patch(settings)
    assert settings == before


def test_the_defaults_are_names_the_price_table_knows() -> None:
    from datetime import date

    from rtnb.pricing import cost, transcription_cost

    on = date(2026, 11, 21)
    usage = {"total_tokens": 2, "input_tokens": 1, "output_tokens": 1}
    assert cost(usage, DEFAULT_MODEL, on).model == DEFAULT_MODEL
    assert transcription_cost({"type": "duration", "seconds": 60}, DEFAULT_TRANSCRIPTION, on).total_usd > 0


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"speed": 9}, "speed=9 cannot be used: speed is a number from 0.25 to 1.5."),
        ({"speed": "fast"}, "speed='fast' cannot be used: speed is a number from"),
        ({"voice": None}, "voice=None cannot be used: voice is the name"),
        ({"voice": 5}, "voice=5 cannot be used"),
        ({"instructions": 5}, "instructions=5 cannot be used"),
        (
            {"max_output_tokens": 0},
            "max_output_tokens=0 cannot be used: max_output_tokens is a whole number from 1",
        ),
        ({"transcription": 5}, "transcription=5 cannot be used"),
        ({"transcription": {"model": "whisper-1", "x": 1}}, "Unknown parameter: 'transcription.x'"),
        ({"noise_reduction": "loud"}, "noise_reduction='loud' cannot be used: noise_reduction is \"near_field\""),
        ({"input_format": "mp3"}, "input_format='mp3' cannot be used: input_format is \"pcm16\""),
        ({"input_format": {"type": "audio/pcm", "rate": 16000}}, "cannot be used: input_format is"),
        ({"tools": "now"}, "tools='now' cannot be used: tools is a list of functions"),
        ({"tools": None}, "tools=None cannot be used"),
        ({"tools": [5]}, "tools=5 cannot be used"),
        ({"tools": [len]}, "tools is a list of functions"),
        ({"tools": [{"type": "function"}]}, "Missing required parameter: 'tools[0].name'"),
        ({"tools": [NOW, NOW]}, "two tools have the name 'now'"),
        ({"tool_choice": "requierd"}, "'required' is near"),
        ({"tool_choice": "now"}, '{"type": "function", "name": \'now\'}'),
        ({"reasoning": "hard"}, "reasoning='hard' cannot be used: reasoning is \"minimal\""),
        ({"parallel_tool_calls": "yes"}, "parallel_tool_calls='yes' cannot be used"),
        ({"tracing": "on"}, "tracing='on' cannot be used"),
        ({"truncation": "never"}, "truncation: 'never' is no truncation"),
        ({"truncation": None}, "truncation=None cannot be used"),
        ({"prompt": {}}, "prompt={} cannot be used"),
        ({"include": ["x"]}, "include=['x'] cannot be used"),
        ({"logprobs": "yes"}, "logprobs='yes' cannot be used: logprobs is True or False."),
        ({"turn_detection": {"type": "x"}}, "turn_detection={'type': 'x'} cannot be used"),
        ({"turn_detection": "semantic"}, "turn_detection is rtnb.ServerVad(...)"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        session_patch(settings)
    assert says in str(caught.value)
    assert next(iter(settings)) in str(caught.value)


def test_no_secret_stands_in_a_message() -> None:
    tool = {"type": "mcp", "server_label": "a", "authorization": "hush-1", "headers": {"X-Key": "hush-2"}}
    for settings in ({"tools": [tool]}, {"tools": [tool, 5]}, {"session": [tool]}, {"speed": "sk-hush-3"}):
        with pytest.raises(ConfigError) as caught:
            session_patch(settings)
        assert "hush" not in str(caught.value)


def test_a_hook_makes_tools_of_what_is_neither_a_mapping_nor_an_mcp_server() -> None:
    asked: list[object] = []

    def hook(value: object) -> dict[str, Any]:
        asked.append(value)
        return {"type": "function", "name": "len", "parameters": {"type": "object", "properties": {}}}

    mcp = Mcp("a", url="https://a.example")
    patch = session_patch({"tools": [len, NOW, mcp]}, tool=hook)
    assert asked == [len] and [tool.get("name") for tool in patch["tools"]] == ["len", "now", None]
    assert session_patch({"session": {"tools": [len]}}, hook)["tools"][0]["name"] == "len"
    assert session_patch({"tool_choice": len})["tool_choice"] == {"type": "function", "name": "len"}
    assert session_patch({"tool_choice": mcp})["tool_choice"] == {"type": "mcp", "server_label": "a"}


def test_logprobs_and_include_go_together() -> None:
    assert session_patch({"include": [LOGPROBS], "logprobs": True})["include"] == [LOGPROBS]
    assert session_patch({"include": [LOGPROBS], "logprobs": False})["include"] is None


def test_a_session_of_another_shape_is_translated_and_told() -> None:
    found = patched({"voice": "cedar", "session": {"voice": "sage", "temperature": 0.8}})
    assert found.session == out(voice="sage")
    assert [str(change) for change in found.changes] == [
        "- temperature: GA has no temperature",
        "voice → audio.output.voice: moved in GA",
    ]
    assert patched({"session": {"truncation": "auto"}}).changes == ()


def test_another_kind_of_turn_detection_replaces_and_does_not_mix() -> None:
    patch = session_patch(
        {"turn_detection": ServerVad(threshold=0.5), "session": {"turn_detection": SemanticVad(eagerness="low")}}
    )
    assert patch == into(turn_detection={"type": "semantic_vad", "eagerness": "low"})


def test_a_transcription_session_takes_what_it_has() -> None:
    patch = session_patch(
        {"transcription": "gpt-live-transcribe", "turn_detection": None, "input_format": "pcmu", "logprobs": True},
        kind="transcription",
    )
    assert patch["type"] == "transcription"
    assert check_client_event({"type": "session.update", "session": patch}) is None
    assert set(TRANSCRIPTION_SETTINGS) < set(SETTINGS)
    with pytest.raises(ConfigError, match="setting of a transcription session 'voice'"):
        session_patch({"voice": "cedar"}, kind="transcription")
    with pytest.raises(ConfigError, match="session is of type 'transcription'"):
        session_patch({"session": {"type": "transcription"}})


WORDS = [
    "auto",
    "server_vad",
    "audio/pcm",
    "pcm16",
    "function",
    "mcp",
    "low",
    "voice_1",
    "whisper-1",
    "retention_ratio",
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5000) | st.floats() | st.sampled_from(WORDS) | st.text(max_size=4)
    | st.just(object()) | st.just(np.float64(0.5)) | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(["type", "name", "model", "id", "rate", "function", "server_label", "server_url", "effort"])
        | st.text(max_size=2),
        inner,
        max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from([name for name in SETTINGS if name != "session"]), ODD)
def test_a_setting_is_refused_in_words_or_taken_by_the_service(name: str, value: Any) -> None:
    try:
        patch = session_patch({name: value})
    except ConfigError as error:
        assert name in str(error) and len(str(error)) < 600
        return
    assert check_client_event({"type": "session.update", "session": patch}) is None


@given(st.sampled_from([name for name in OVERRIDES if name not in ("response", "input")]), ODD)
def test_an_override_is_refused_in_words_or_taken_by_the_service(name: str, value: Any) -> None:
    try:
        response = response_of({name: value})
    except ConfigError as error:
        assert name in str(error) and len(str(error)) < 600
        return
    assert check_client_event({"type": "response.create", "response": response}) is None
