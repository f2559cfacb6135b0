"""Our totals against those of genai-prices, an independent price table; disagreements are listed with their reason.

The package carries its data; nothing here asks the network.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from genai_prices import data_snapshot

from rtnb.pricing import Cost, cost, rate_book, transcription_cost
from rtnb.pricing.prices.rows import Rates
from rtnb.tokens import TokenUsage

USAGES = {
    "text": TokenUsage(input_text=1000, cached_text=640, output_text=500),
    "audio": TokenUsage(input_audio=6000, cached_audio=5376, output_audio=2400, output_text=600),
    "nothing cached": TokenUsage(input_text=320, input_audio=6000, output_audio=2400),
    "image": TokenUsage(input_image=850, cached_image=64, output_text=10),
    # Real payloads, of which the billed amounts are known.
    "golden 1": TokenUsage(
        input_text=1977, cached_text=1856, input_audio=1082, cached_audio=1024, output_text=53, output_audio=197
    ),
    "golden 2": TokenUsage(
        input_text=5378, cached_text=5376, input_audio=2845, cached_audio=2816, output_text=250, output_audio=1019
    ),
    "golden 3": TokenUsage(
        input_text=313, cached_text=256, input_audio=476, cached_audio=384, output_text=9, output_audio=23
    ),
    "golden 4": TokenUsage(input_text=119, cached_text=64, input_audio=13, output_text=30, output_audio=91),
}
HEARD = TokenUsage(input_audio=600, output_text=200)
EVERY = frozenset(USAGES)
IMAGE = frozenset({"image"})
NO_IMAGES = "They price image input of a model without an image price as text; we leave it unpriced."
LAUNCH = "They have one row for every gpt-4o-realtime name, at the prices of December 2024; this snapshot cost more."

DISAGREEMENTS: dict[tuple[str, str], tuple[frozenset[str], str]] = {
    ("gpt-4o-realtime-preview-2024-10-01", "2024-10-01"): (EVERY, LAUNCH),
    ("gpt-4o-realtime-preview-2024-10-01", "2024-10-30"): (EVERY - {"text"}, LAUNCH),
    ("gpt-4o-realtime-preview-2024-12-17", "2024-12-17"): (IMAGE, NO_IMAGES),
    ("gpt-4o-realtime-preview-2025-06-03", "2025-06-03"): (IMAGE, NO_IMAGES),
    ("gpt-4o-mini-realtime-preview", "2024-12-17"): (IMAGE, NO_IMAGES),
    ("gpt-4o-mini-realtime-preview-2024-12-17", "2024-12-17"): (IMAGE, NO_IMAGES),
}
"""By model and first day of our row: the usages that come out differently, and why."""

UNKNOWN_TO_THEM = {"gpt-4o-mini-transcribe-2025-03-20", "gpt-4o-mini-transcribe-2025-12-15"}


def theirs(usage: TokenUsage, model: str, day: date) -> Decimal:
    counts = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_tokens,
        input_audio_tokens=usage.input_audio,
        cache_audio_read_tokens=usage.cached_audio,
        input_image_tokens=usage.input_image,
        cache_image_read_tokens=usage.cached_image,
        output_tokens=usage.output_tokens,
        output_audio_tokens=usage.output_audio,
    )
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return genai_prices.calc_price(counts, model, provider_id="openai", genai_request_timestamp=at).total_price


def agrees(ours: Cost, other: Decimal) -> bool:
    return not ours.unpriced and ours.exact_usd == other


ROWS: list[Rates] = [row for name in rate_book().models() for row in rate_book().rows(name)]
SPEECH = [row for row in ROWS if row.kind == "speech_to_speech"]


def known(model: str) -> bool:
    provider = next(provider for provider in data_snapshot.get_snapshot().providers if provider.id == "openai")
    return provider.find_model(model) is not None


def test_what_they_do_not_know() -> None:
    assert {row.model for row in ROWS if not known(row.model)} == UNKNOWN_TO_THEM


@pytest.mark.parametrize("row", SPEECH, ids=lambda row: f"{row.model} {row.valid_from}")
def test_totals_agree_but_where_listed(row: Rates) -> None:
    listed, _ = DISAGREEMENTS.get((row.model, str(row.valid_from)), (frozenset(), ""))
    for day in {row.valid_from, min(row.last_day or row.checked, row.checked)}:
        differ = {
            name
            for name, usage in USAGES.items()
            if not agrees(cost(usage, row.model, day), theirs(usage, row.model, day))
        }
        assert differ == listed, f"on {day}"


def test_every_listed_disagreement_is_of_a_row() -> None:
    assert set(DISAGREEMENTS) <= {(row.model, str(row.valid_from)) for row in SPEECH}
    assert all(names and reason for names, reason in DISAGREEMENTS.values())


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.kind == "transcription" and known(row.model)], ids=lambda row: row.model
)
def test_transcription_agrees(row: Rates) -> None:
    usage: dict[str, Any]
    if row.unit == "usd_per_1m_tokens":
        usage = {"type": "tokens", **HEARD.to_wire()}
        assert agrees(transcription_cost(usage, row.model, row.valid_from), theirs(HEARD, row.model, row.valid_from))
    else:
        usage = {"type": "duration", "seconds": 97.5}
        assert agrees(transcription_cost(usage, row.model, row.valid_from), by_time(row.model, Decimal("97.5")))


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind in ("live", "translation")], ids=lambda row: row.model)
def test_prices_by_time_agree(row: Rates) -> None:
    price = row.price("session" if row.kind == "live" else "audio", "input")
    assert price is not None
    assert price * 90 / row.per == by_time(row.model, Decimal(90))


def by_time(model: str, seconds: Decimal) -> Decimal:
    usage = genai_prices.Usage(audio_seconds=seconds)
    return genai_prices.calc_price(usage, model, provider_id="openai").total_price
