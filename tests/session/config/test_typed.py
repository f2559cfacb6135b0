from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.protocol.catalogue import Choice, catalogue
from rtnb.protocol.rules import client_rules
from rtnb.session.config import typed
from rtnb.session.config.typed import NoiseReduction, Prompt, Reasoning, Tracing, Transcription, Voice

HOMES = {
    Transcription: "AudioTranscriptionParam",
    NoiseReduction: "RealtimeAudioConfigInputParam.NoiseReduction",
    Reasoning: "RealtimeReasoningParam",
    Prompt: "ResponsePromptParam",
    Tracing: "RealtimeTracingConfigParam.TracingConfiguration",
    Voice: "RealtimeAudioConfigOutputParam.VoiceID",
}


@pytest.mark.parametrize("cls", HOMES, ids=lambda cls: cls.__name__)
def test_every_member_of_the_protocol_is_there(cls: type) -> None:
    assert {member.name for member in dataclasses.fields(cls)} == set(catalogue().models[HOMES[cls]].members)


@pytest.mark.parametrize(
    "value",
    [
        Transcription(),
        Transcription(model="gpt-live-transcribe", languages=["en", "de"], keywords=["rtnb"], delay="low", prompt="p"),
        NoiseReduction(type="far_field", strength=1),
        Reasoning(effort="xhigh"),
        Prompt(id="pmpt_1", version="3", variables={"city": "Kyoto", "part": {"type": "input_text", "text": "x"}}),
        Tracing(workflow_name="w", group_id="g", metadata={"a": 1}),
        Voice(id="voice_1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_there_and_back(value: Any) -> None:
    wire = value.to_wire()
    assert type(value).from_wire(wire) == value
    assert type(value).from_wire({**wire, "from_the_future": 1}) == value
    with pytest.raises(AttributeError):
        setattr(value, next(iter(wire)), 1)


def test_values_are_hashable_where_they_may_be_keys() -> None:
    prompt = Prompt(id="p", variables={"a": "b"})
    assert len({Transcription(keywords=["a"]), Transcription(keywords=("a",)), prompt}) == 2


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Transcription(model=5), "Transcription(model=5) cannot be used: model is the name"),
        (lambda: Transcription(model="gpt-live-transcribe", delay="soon"), "delay='soon') cannot be used"),
        (lambda: Transcription(model="whisper-1", keywords=["x"]), "'whisper-1' takes language and prompt"),
        (lambda: Transcription(keywords=5), "keywords is a list of strings"),
        (lambda: Transcription(keywords=[5]), "Transcription(keywords=[5]) cannot be used"),
        (lambda: Transcription(prompt="x" * 1025), "at most 1,024 characters"),
        (lambda: NoiseReduction(type="loud"), "NoiseReduction(type='loud') cannot be used: type is \"near_field\""),
        (lambda: NoiseReduction(strength="much"), "strength is a number"),
        (lambda: Reasoning(effort="max"), 'effort is "minimal", "low"'),
        (lambda: Prompt(id=""), "id is the id of a stored prompt"),
        (lambda: Prompt(id="p", variables=[1]), "variables is a mapping"),
        (lambda: Tracing(metadata=[1]) and Tracing(group_id=1), "group_id is a string"),
        (lambda: Voice(id=5), "id is the id of a voice"),
        (lambda: Reasoning.from_wire("low"), "not from 'low'"),
    ],
)
def test_what_cannot_be_meant_does_not_come_to_be(make: Any, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    assert says in str(caught.value)


def test_a_single_word_is_a_list_of_one() -> None:
    assert Transcription(keywords="rtnb").to_wire()["keywords"] == ["rtnb"]


def test_efforts_and_delays_are_those_of_the_protocol() -> None:
    for model, member, names in (
        ("RealtimeReasoningParam", "effort", typed.Effort.__args__),  # type: ignore[attr-defined]
        ("AudioTranscriptionParam", "delay", typed.Delay.__args__),  # type: ignore[attr-defined]
    ):
        known = client_rules().models[model].members[member].type
        assert isinstance(known, Choice) and known.values == names


@given(st.dictionaries(st.sampled_from(["model", "language", "prompt", "delay", "x"]), st.none() | st.text(max_size=4)))
def test_whatever_a_server_shows_is_read_or_refused_in_words(wire: dict[str, Any]) -> None:
    for cls in HOMES:
        try:
            cls.from_wire(wire)  # type: ignore[attr-defined]
        except (ConfigError, TypeError) as error:
            assert isinstance(error, ConfigError) or "required keyword" in str(error) or "missing" in str(error)
