from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.tokens import (
    IMAGE_TOKENS,
    ITEM_OVERHEAD_TOKENS,
    ModalityCount,
    assistant_audio_tokens,
    count_text,
    item_tokens,
    settings_tokens,
    user_audio_tokens,
)


def words(text: str) -> int:
    return len(text.split())


def message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": "item_1", "type": "message", "role": role, "content": list(parts)}


def test_a_minute_of_talk() -> None:
    assert user_audio_tokens(60_000) == 600
    assert assistant_audio_tokens(60_000) == 1200


@pytest.mark.parametrize(("ms", "user", "assistant"), [(0, 0, 0), (1, 1, 1), (50, 1, 1), (51, 1, 2), (101, 2, 3)])
def test_a_step_begun_is_a_step_counted(ms: int, user: int, assistant: int) -> None:
    assert user_audio_tokens(ms) == user
    assert assistant_audio_tokens(ms) == assistant


def test_audio_of_less_than_nothing_is_nothing() -> None:
    assert user_audio_tokens(-500) == assistant_audio_tokens(-0.5) == 0


def test_user_message_of_text_and_audio_and_image() -> None:
    item = message(
        "user",
        {"type": "input_text", "text": "one two three"},
        {"type": "input_audio", "transcript": "never shown to the model"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
    )
    got = item_tokens(item, audio_ms=1868, count=words)
    assert got == ModalityCount(text=3 + ITEM_OVERHEAD_TOKENS, audio=19, image=IMAGE_TOKENS)
    assert item_tokens(item, image_tokens=255).image == 255


def test_spoken_answer_is_audio_and_transcript() -> None:
    item = message("assistant", {"type": "output_audio", "transcript": "it is sunny"})
    assert item_tokens(item, audio_ms=1000, count=words) == ModalityCount(3 + ITEM_OVERHEAD_TOKENS, 20)
    assert item_tokens(item, audio_ms={"item_1": 1000, "item_2": 9000}, count=words).audio == 20
    assert item_tokens(item, audio_ms={"item_2": 9000}).audio == 0


def test_beta_names_of_the_parts_count_too() -> None:
    item = message("assistant", {"type": "text", "text": "a b"}, {"type": "audio", "transcript": "c"})
    assert item_tokens(item, audio_ms=50, count=words) == ModalityCount(3 + ITEM_OVERHEAD_TOKENS, 1)


def test_milliseconds_of_an_item_without_audio_count_nothing() -> None:
    assert item_tokens(message("user", {"type": "input_text", "text": "a"}), audio_ms=5000).audio == 0


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"type": "function_call", "name": "look up", "arguments": "a b c", "call_id": "call_1"}, 5),
        ({"type": "function_call_output", "call_id": "call_1", "output": "a b"}, 2),
        ({"type": "mcp_call", "name": "n", "arguments": "a", "output": None, "server_label": "s"}, 2),
        ({"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "a"}]}, 1),
        ({"type": "something_new", "text": "a b c"}, 0),
        ({"type": "message", "role": "user", "content": None}, 0),
        ({"type": "message", "role": "user", "content": ["odd", {"type": "input_text", "text": None}]}, 0),
    ],
)
def test_other_items(item: dict[str, Any], text: int) -> None:
    assert item_tokens(item, count=words) == ModalityCount(text=text + ITEM_OVERHEAD_TOKENS)


def test_settings() -> None:
    tools = [{"type": "function", "name": "f", "description": "Finds.", "parameters": {"type": "object"}}]
    alone = settings_tokens("You are brief.", count=words)
    assert alone == ModalityCount(text=3 + ITEM_OVERHEAD_TOKENS)
    assert settings_tokens("You are brief.", tools).text > settings_tokens("You are brief.").text
    assert settings_tokens(None, tools).text > 10
    assert settings_tokens(None) == settings_tokens("", []) == ModalityCount()


def test_the_estimate_is_the_default() -> None:
    text = "How much is a ticket to Oslo?"
    item = message("user", {"type": "input_text", "text": text})
    assert item_tokens(item).text == count_text(text) + ITEM_OVERHEAD_TOKENS


COUNTS = st.builds(ModalityCount, st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))


@given(COUNTS, COUNTS)
def test_counts_add(a: ModalityCount, b: ModalityCount) -> None:
    assert (a + b).total == a.total + b.total
    assert a + b == b + a == sum([a, b])
    assert a + ModalityCount() == a


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_cutting_audio_in_two_costs_at_most_one_token_more(a: int, b: int) -> None:
    for rule in (user_audio_tokens, assistant_audio_tokens):
        assert rule(a + b) <= rule(a) + rule(b) <= rule(a + b) + 1


def test_the_difference_of_counts_is_by_modality_and_never_below_zero() -> None:
    assert ModalityCount(5, 1, 2).less(ModalityCount(3, 4, 2)) == ModalityCount(2, 0, 0)
    assert ModalityCount(5, 1, 2).parts == (5, 1, 2)
    assert ModalityCount(*ModalityCount(5, 1, 2).parts) == ModalityCount(5, 1, 2)
