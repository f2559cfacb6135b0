from __future__ import annotations

from typing import Any

import pytest

import rtnb
from rtnb.audio.formats import PCM16, PCMU
from rtnb.errors import ConfigError
from rtnb.protocol import check_client_event
from rtnb.protocol.catalogue import catalogue
from rtnb.session.config.overrides import OVERRIDES, response_of, response_with_changes
from rtnb.session.config.typed import Prompt, Reasoning

EVERYTHING: dict[str, Any] = {
    "instructions": "Whisper.",
    "modalities": "audio",
    "voice": "cedar",
    "output_format": "pcmu",
    "max_output_tokens": 100,
    "tools": [],
    "tool_choice": "none",
    "parallel_tool_calls": True,
    "reasoning": Reasoning(effort="low"),
    "prompt": Prompt(id="pmpt_1"),
    "metadata": {"turn": "1"},
    "input": ["Say yes.", {"type": "item_reference", "id": "item_1"}],
    "conversation": "none",
}


def test_all_of_them_together() -> None:
    response = response_of(EVERYTHING)
    assert response == {
        "instructions": "Whisper.",
        "output_modalities": ["audio"],
        "audio": {"output": {"voice": "cedar", "format": {"type": "audio/pcmu"}}},
        "max_output_tokens": 100,
        "tools": [],
        "tool_choice": "none",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "low"},
        "prompt": {"id": "pmpt_1"},
        "metadata": {"turn": "1"},
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say yes."}]},
            {"type": "item_reference", "id": "item_1"},
        ],
        "conversation": "none",
    }
    assert check_client_event({"type": "response.create", "response": response}) is None


def test_every_member_of_the_protocol_is_there() -> None:
    assert set(EVERYTHING) | {"response"} == set(OVERRIDES)
    known = set(catalogue().models["RealtimeResponseCreateParamsWithReferencesParam"].members)
    assert set(response_of(EVERYTHING)) == known


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"speed": 2}, "Speed belongs to the session"),
        ({"temperature": 0.5}, "GA has no temperature"),
        ({"model": "gpt-realtime"}, "The model is fixed for a connection"),
        ({"max_response_output_tokens": 5}, "is called max_output_tokens here"),
        ({"input_audio_format": "pcm16"}, "go in response={'input_audio_format': ...}"),
        ({"output_audio_format": "pcm16"}, "is called output_format here"),
        ({"response": {"input": [{"type": "message", "content": [len]}]}}, "input[0].content[0] of the settings holds"),
        ({"turn_detection": None}, "update(turn_detection=...)"),
        ({"instruction": "x"}, "'instruction' is probably 'instructions'"),
        ({"metadata": {"a": 1}}, "metadata={'a': 1} cannot be used: metadata is at most 16 pairs of strings"),
        ({"metadata": {str(i): "x" for i in range(17)}}, "at most 16 pairs"),
        ({"conversation": 5}, 'conversation is "auto", or "none"'),
        ({"max_output_tokens": 0}, "whole number from 1"),
        ({"input": [{"type": "message", "role": "user"}]}, "input[0].content"),
        ({"response": "x"}, "response is a mapping"),
    ],
)
def test_what_cannot_be_meant_is_said(overrides: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        response_of(overrides)
    assert says in str(caught.value)


def test_input_may_be_empty_one_thing_or_a_list_with_sound() -> None:
    assert response_of({"input": []}) == {"input": []}
    assert response_of({"input": "Hi"})["input"][0]["content"][0]["text"] == "Hi"
    clip = rtnb.Clip.silence(0.6)
    long, short = (response_of({"input": [clip]}, audio_format=form)["input"][0] for form in (PCM16, PCMU))
    assert len(long["content"][0]["audio"]) == 6 * len(short["content"][0]["audio"])
    chat = response_of({"input": [{"role": "assistant", "content": "Yes?"}]})["input"][0]
    assert chat["content"] == [{"type": "output_text", "text": "Yes?"}]


def test_a_response_of_another_shape_goes_over_the_rest_and_is_told() -> None:
    response, changes = response_with_changes(
        {"voice": "cedar", "response": {"modalities": ["text"], "voice": "sage", "temperature": 1}}
    )
    assert response == {"audio": {"output": {"voice": "sage"}}, "output_modalities": ["text"]}
    assert len(changes) == 3


def test_nothing_given_is_nothing_said() -> None:
    assert response_of({}) == {}
