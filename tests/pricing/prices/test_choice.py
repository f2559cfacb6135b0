from __future__ import annotations

from datetime import date

from rtnb.pricing.prices.choice import newest_of_each_price, speech_models, undated
from rtnb.pricing.prices.rates import rate_book

DAY = date(2026, 1, 31)


def test_names_without_their_date() -> None:
    assert undated("gpt-4o-realtime-preview-2024-10-01") == "gpt-4o-realtime-preview"
    assert undated("gpt-realtime-2.1-mini") == "gpt-realtime-2.1-mini"
    assert undated("") == ""


def test_snapshots_that_cost_the_same_are_one() -> None:
    found = speech_models(rate_book(), DAY)
    assert "gpt-realtime" in found
    assert "gpt-realtime-mini" in found
    assert "gpt-realtime-2025-08-28" not in found
    assert "gpt-realtime-mini-2025-12-15" not in found
    assert not {"whisper-1", "gpt-4o-transcribe", "gpt-realtime-translate"} & set(found)


def test_snapshots_of_other_prices_stay() -> None:
    # In 2025 the undated preview could not be told from its snapshots, whose prices differed.
    found = speech_models(rate_book(), date(2025, 7, 1))
    assert {"gpt-4o-realtime-preview-2024-10-01", "gpt-4o-realtime-preview-2024-12-17"} <= set(found)
    assert "gpt-4o-realtime-preview" not in found


def test_one_model_for_each_price() -> None:
    assert newest_of_each_price(rate_book(), DAY) == ("gpt-4o-realtime-preview", "gpt-realtime", "gpt-realtime-mini")
    assert newest_of_each_price(rate_book(), date(2020, 1, 1)) == ()


def test_models_that_are_charged_by_the_session_can_be_talked_to_as_well() -> None:
    assert "gpt-live-1" in speech_models(rate_book(), date(2026, 11, 21))
    # They have no price of audio to be compared by.
    assert "gpt-live-1" not in newest_of_each_price(rate_book(), date(2026, 11, 21))
