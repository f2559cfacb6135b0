"""Usage objects."""

from __future__ import annotations

import pytest

from rtnb.server.answer.metering import Meter, transcription_usage
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
    del items[1].audio[48 * 1000 :]
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


@pytest.mark.parametrize(("duration_ms", "seconds"), [(100, 1), (1000, 1), (1001, 2), (1868, 2)])
def test_duration_models_round_seconds_up(duration_ms: int, seconds: int) -> None:
    usage = transcription_usage("whisper-1", duration_ms, "hello")
    assert usage == {"type": "duration", "seconds": seconds}


def test_token_models_count_audio_and_words() -> None:
    usage = transcription_usage("gpt-4o-mini-transcribe", 1868, "What is the weather in Paris?")
    assert usage["type"] == "tokens" and usage["input_token_details"] == {"text_tokens": 0, "audio_tokens": 19}
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
