"""What transcription models do, by name."""

from __future__ import annotations

import pytest

from rtnb.protocol.catalogue import catalogue
from rtnb.server.input.models import _table, is_transcription, live_pace, transcription_model, transcription_usage


@pytest.mark.parametrize(
    ("name", "deltas", "usage"),
    [
        ("whisper-1", "once", "duration"),
        (None, "once", "duration"),
        ("gpt-transcribe", "after", "duration"),
        ("gpt-live-transcribe", "live", "duration"),
        ("gpt-realtime-whisper", "live", "duration"),
        ("gpt-4o-transcribe", "after", "tokens"),
        ("gpt-4o-mini-transcribe-2025-12-15", "after", "tokens"),
        ("gpt-4o-transcribe-diarize", "after", "tokens"),
        ("of-another-house", "after", "duration"),
    ],
)
def test_rows(name: str | None, deltas: str, usage: str) -> None:
    model = transcription_model(name)
    assert (model.deltas, model.usage) == (deltas, usage)


def test_every_model_that_the_sdk_knows_has_a_row() -> None:
    unknown = transcription_model("of-another-house")
    assert all(transcription_model(name) != unknown for name in catalogue().transcription_models)
    assert transcription_model("gpt-4o-transcribe-diarize").segments
    assert not transcription_model("gpt-4o-transcribe").segments


@pytest.mark.parametrize(
    ("name", "known", "strictly"),
    [
        *((name, True, True) for name in catalogue().transcription_models),
        ("gpt-4o-transcribe-2027-01-01", True, True),
        ("gpt-4o-transcribe-latest", True, False),
        ("distil-whisper-large-v3", True, False),
        ("gpt-banana", False, False),
        ("gpt-realtime-2.1", False, False),
        ("", False, False),
    ],
)
def test_names_that_a_session_may_ask_for(name: str, known: bool, strictly: bool) -> None:
    assert (is_transcription(name), is_transcription(name, strict=True)) == (known, strictly)


def test_every_row_names_its_sources() -> None:
    table = _table()
    rows = [*table["models"].values(), table["unknown"]]
    assert all(row["source"] and set(row["source"]) <= set(table["sources"]) for row in rows)


def test_delays_are_ordered_and_one_has_a_default() -> None:
    paces = [live_pace(delay) for delay in ("minimal", "low", "medium", "high", "xhigh")]
    assert [p.every_ms for p in paces] == sorted({p.every_ms for p in paces})
    assert [p.held_words for p in paces] == sorted(p.held_words for p in paces)
    assert live_pace(None) == live_pace("whatever") == live_pace("about")


@pytest.mark.parametrize(("duration_ms", "seconds"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (59_999.9, 60)])
def test_seconds_are_rounded_up(duration_ms: float, seconds: int) -> None:
    assert transcription_usage("whisper-1", duration_ms, "hello") == {"type": "duration", "seconds": seconds}


def test_tokens_of_audio_prompt_and_text() -> None:
    usage = transcription_usage("gpt-4o-mini-transcribe", 1868, "What is the weather in Paris?", "Weather report")
    details = usage["input_token_details"]
    assert details["audio_tokens"] == 19 and details["text_tokens"] > 0 and usage["output_tokens"] >= 6
    assert usage["input_tokens"] == details["audio_tokens"] + details["text_tokens"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert transcription_usage("gpt-4o-transcribe", 1868, "")["input_token_details"]["text_tokens"] == 0
