"""The same talk billed otherwise, and the bounds of the next response."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from support.bills import (
    DAY,
    make_next,
    make_policies,
    make_whatif,
    words_of,
)

from rtnb.plots.money.variant_chart import next_figure, next_picture, whatif_figure, whatif_picture
from rtnb.pricing import Cost, transcription_cost


def test_what_if_shows_the_change_and_says_what_has_no_price() -> None:
    words = words_of(whatif_figure(make_whatif()))
    assert {"as recorded", "gpt-realtime-mini", "−68 %", "unpriced"} <= set(words)
    assert "Cost against the context that the model no longer sees" not in words


def test_policies_are_shown_with_what_they_lose() -> None:
    what = make_policies()
    words = words_of(whatif_figure(what))
    assert "Cost against the context that the model no longer sees" in words
    assert any("12 responses refused" in word for word in words)
    # Names in the lower picture come with the change; what another beats in both has none.
    named = [word for word in words if word.startswith("summarised") and word.endswith("%")]
    assert len(named) >= 5
    assert not any(word.startswith("of no use −") for word in words)


def test_more_variants_than_there_is_room_for_are_counted() -> None:
    what = make_policies(40)
    words = words_of(whatif_figure(what))
    [rest] = [word for word in words if word.startswith("and 19 more, ")]
    assert rest.endswith(": see the table")
    # The dearest is among those that are shown, and so is what nothing comes near.
    dearest = max(what.variants, key=lambda variant: variant.cost.exact_usd)
    assert dearest.name in words


def test_what_the_model_has_no_price_for_is_not_the_cheapest() -> None:
    heard = transcription_cost({"type": "duration", "seconds": 6}, "whisper-1", DAY)
    what = make_whatif()
    others = tuple(replace(variant, cost=variant.cost + heard) for variant in what.variants)
    words = words_of(whatif_figure(replace(what, variants=others)))
    assert words.index("gpt-realtime-mini") < words.index("my-own-model")


def test_prices_of_another_day_are_said_once() -> None:
    what = make_whatif()
    day = date(2026, 1, 31)
    others = tuple(replace(variant, on=day, name=f"{variant.name} on {day}") for variant in what.variants)
    words = words_of(whatif_figure(replace(what, variants=others)))
    assert words[0] == "The same talk, billed otherwise, at the prices of 2026-01-31"
    assert "gpt-realtime-mini" in words


def test_what_if_without_any_price_says_so() -> None:
    what = replace(make_whatif(), actual=make_whatif().variants[2], variants=())
    assert whatif_picture(what).empty


def test_the_next_response_shows_both_bounds() -> None:
    bounds = make_next()
    words = words_of(next_figure(bounds))
    assert {"at least", str(bounds.at_least), "at most", str(bounds.at_most), "cached input"} <= set(words)
    assert next_picture(replace(bounds, at_most=Cost())).empty
