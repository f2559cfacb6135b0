"""Usage objects."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.server.answer import metering
from rtnb.server.answer.metering import Meter, segment_of
from rtnb.server.conversation import Item


def item(name: str, text: str = "", audio_ms: int = 0) -> Item:
    part = {"type": "input_audio", "transcript": None} if audio_ms else {"type": "input_text", "text": text}
    wire = {"id": name, "type": "message", "role": "user", "content": [part]}
    return Item(wire, bytearray(48 * audio_ms))


def test_what_was_sent_before_is_cached_in_64s_and_what_is_new_is_not() -> None:
    meter, items = Meter(), [item("a", "word " * 300), item("b", audio_ms=10_000)]
    first, cached = meter.prompt("Be brief.", (), items)
    assert cached.total == 0 and first.audio == 100 and first.text > 300
    again, cached = meter.prompt("Be brief.", (), [*items, item("c", audio_ms=5_000)])
    assert again.audio == 150
    assert cached.audio == 64 and cached.text == 256


def test_other_instructions_or_a_truncated_item_end_the_cached_prefix() -> None:
    meter, items = Meter(), [item("a", "word " * 300), item("b", audio_ms=20_000)]
    meter.prompt("x", (), items)
    items[1].truncate(1000)
    _, cached = meter.prompt("x", (), items)
    assert cached.audio == 0 and cached.text > 0
    _, cached = meter.prompt("y", (), items)
    assert cached.total == 0


def test_a_side_request_does_not_empty_the_cache() -> None:
    meter, items = Meter(), [item("a", "word " * 300)]
    meter.prompt("Be brief.", (), items)
    _, aside = meter.prompt("Classify this.", (), [item("other", "word " * 100)])
    assert aside.total == 0
    _, cached = meter.prompt("Be brief.", (), [*items, item("b", "more " * 100)])
    assert cached.text == 256


def test_a_segment_is_worked_out_once_for_each_state_of_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    real = metering.item_tokens

    def counting(wire: Any, **options: Any) -> Any:
        counted.append(wire["id"])
        return real(wire, **options)

    monkeypatch.setattr(metering, "item_tokens", counting)
    meter, items = Meter(), [item("a", "one"), item("b", audio_ms=1000)]
    for _ in range(5):
        meter.prompt("x", (), items)
    assert counted == ["a", "b"]
    items[1].truncate(500)
    meter.prompt("x", (), items)
    assert counted == ["a", "b", "b"]


def test_a_transcript_of_the_users_audio_changes_no_prompt() -> None:
    said = item("a", audio_ms=1000)
    before = segment_of(said)
    said.set_transcript(0, "hello there")
    assert segment_of(said) == before
    assert segment_of(item("b", audio_ms=1100)) != before


def test_usage_of_a_response() -> None:
    meter = Meter()
    prompt, cached = meter.prompt("x", (), [item("a", "one")])
    usage = meter.usage(prompt, cached, texts=["one two", ""], audio_ms=1000)
    assert usage["output_token_details"]["audio_tokens"] == 20
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
