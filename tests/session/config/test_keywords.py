from __future__ import annotations

import copy
from typing import Any

import pytest

from rtnb import SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.protocol import check_client_event
from rtnb.session.config.keywords import DEFAULT_MODEL, DEFAULT_TRANSCRIPTION, SETTINGS, session_patch


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
    with pytest.raises(ConfigError, match=r"'temperature', 'voise'\. Settings are: instructions, voice"):
        session_patch({"voise": "cedar", "temperature": 0.8})


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
