from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb
from rtnb import SemanticVad, ServerVad
from rtnb.audio.formats import PCM16, PCMU
from rtnb.protocol import apply_update, default_session
from rtnb.protocol.beta_objects import session_to_beta
from rtnb.session.config.effective import Config
from rtnb.session.config.typed import NoiseReduction, Prompt, Reasoning, Tracing, Transcription, Voice
from rtnb.tokens.context import Truncation

DEFAULT = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1767233035)
PATCH: dict[str, Any] = {
    "type": "realtime",
    "instructions": "Be brief.",
    "output_modalities": ["text"],
    "max_output_tokens": 50,
    "tools": [{"type": "function", "name": "now"}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low"},
    "tracing": {"workflow_name": "w"},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
    "prompt": {"id": "pmpt_1"},
    "include": ["item.input_audio_transcription.logprobs"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcmu"},
            "transcription": {"model": "whisper-1", "language": "de"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": {"id": "voice_1"}, "speed": 1.25},
    },
}


def test_it_is_the_mapping_the_server_showed() -> None:
    config = Config({}, DEFAULT)
    assert dict(config) == DEFAULT == config.effective and config == DEFAULT
    assert config["audio"]["output"]["voice"] == "alloy" and len(config) == len(DEFAULT)
    assert config.get("nothing") is None
    with pytest.raises(KeyError):
        config["nothing"]


def test_typed_members_of_a_default_session() -> None:
    config = Config({}, DEFAULT)
    assert (config.model, config.voice, config.modalities) == ("gpt-realtime-2.1", "alloy", ["audio"])
    assert isinstance(config.turn_detection, ServerVad) and config.turn_detection.silence_duration_ms == 200
    assert config.transcription is None and config.noise_reduction is None and config.prompt is None
    assert config.input_format is PCM16 and config.output_format is PCM16
    assert config.max_output_tokens == "inf" and config.tools == [] and config.tool_choice == "auto"
    assert config.truncation == Truncation() and config.tracing is None and config.include == []
    assert config.expires_at == datetime.fromtimestamp(1767233035, UTC) and config.id == "sess_1"
    assert config.parallel_tool_calls is None and config.reasoning is None and config.speed == 1.0


def test_typed_members_of_a_session_where_all_is_set() -> None:
    config = Config(PATCH, apply_update(DEFAULT, PATCH))
    assert not config.diff().differences
    assert config.voice == Voice(id="voice_1") and config.speed == 1.25
    assert config.turn_detection == SemanticVad(eagerness="low", create_response=True, interrupt_response=True)
    assert config.transcription == Transcription(model="whisper-1", language="de")
    assert config.noise_reduction == NoiseReduction(type="near_field", strength=1.0)
    assert config.input_format is PCMU and config.output_format is PCMU
    assert config.reasoning == Reasoning(effort="low") and config.parallel_tool_calls is False
    assert config.tracing == Tracing(workflow_name="w") and config.prompt == Prompt(id="pmpt_1")
    assert config.truncation == Truncation("retention_ratio", 0.8) and config.max_output_tokens == 50
    assert config.instructions == "Be brief." and len(config.include) == 1
    assert dict(config.facts())["turn detection"] == "semantic VAD, low"


def test_the_typed_members_of_a_beta_session() -> None:
    config = Config({}, session_to_beta(apply_update(DEFAULT, {"audio": {"output": {"voice": "sage"}}})))
    assert config["voice"] == "sage" == config.voice
    assert config.input_format is PCM16 and isinstance(config.turn_detection, ServerVad)


def test_every_setting_of_a_session_is_taken_by_the_embedded_server() -> None:
    settings: dict[str, Any] = {
        "instructions": "Be brief.",
        "modalities": "text",
        "voice": "cedar",
        "speed": 1.25,
        "turn_detection": SemanticVad(eagerness="low"),
        "transcription": Transcription(model="whisper-1", language="en"),
        "noise_reduction": NoiseReduction(type="far_field", strength=0.5),
        "input_format": "pcmu",
        "output_format": "pcma",
        "max_output_tokens": 200,
        "tools": [{"type": "function", "name": "now"}],
        "tool_choice": "none",
        "parallel_tool_calls": True,
        "reasoning": "low",
        "tracing": Tracing(workflow_name="w"),
        "truncation": Truncation("retention_ratio", 0.8),
        "include": "item.input_audio_transcription.logprobs",
    }
    with rtnb.connect(**settings) as session:
        config = session.config
        assert not config.diff().differences, config.diff()
        assert {row.kind for row in config.diff()} == {"same"}
        assert config.input_format is PCMU and config.tracing == Tracing(workflow_name="w")
        assert config.truncation == settings["truncation"] and config.reasoning == Reasoning(effort="low")
        session.update(session={"voice": "sage", "temperature": 0.7})
        assert session.config.voice == "sage" == session.config.requested["audio"]["output"]["voice"]
        assert session.ask("What is 6 times 7?", max_output_tokens=50).text == "6 times 7 is 42."
        assert "tracing" in session.config.locked and "voice" not in session.config.locked


def test_what_is_locked_and_why() -> None:
    assert set(Config({}, DEFAULT).locked) == {"model"}
    spoken = Config({}, apply_update(DEFAULT, {"tracing": "auto"}), assistant_audio=True)
    assert set(spoken.locked) == {"model", "voice", "tracing"}
    assert "'alloy'" in spoken.locked["voice"] and "until the session ends" in spoken.locked["tracing"]


def test_a_repr_shows_no_secret() -> None:
    tool = {"type": "mcp", "server_label": "a", "server_url": "u", "headers": {"X": "hush"}, "authorization": "hush"}
    assert "hush" not in repr(Config({}, {"tools": [tool]}))


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
MEMBERS = sorted({*DEFAULT, "reasoning", "parallel_tool_calls", "voice", "modalities"})
ODD_SIDE = ODD | st.dictionaries(
    st.sampled_from(["format", "voice", "speed", "turn_detection", "transcription", "noise_reduction"]),
    ODD | st.dictionaries(st.sampled_from(["type", "model", "id", "threshold"]), ODD),
)


@given(
    st.dictionaries(st.sampled_from(MEMBERS), ODD | st.dictionaries(st.sampled_from(["type", "id", "effort"]), ODD)),
    ODD | st.dictionaries(st.sampled_from(["input", "output"]), ODD_SIDE),
)
def test_whatever_a_server_shows_can_be_looked_at(effective: dict[str, Any], audio: Any) -> None:
    config = Config({"audio": {"output": {"voice": "sage"}}}, {**effective, "audio": audio})
    for name in dir(type(config)):
        if isinstance(getattr(type(config), name), property):
            getattr(config, name)
    repr(config), config.facts(), repr(config.diff(all=True))
