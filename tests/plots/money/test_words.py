from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.bills import (
    DAY,
    MODEL,
    joined,
    make_calibration,
    make_meter,
    make_next,
    make_policies,
    make_projection,
    make_reconciliation,
    make_whatif,
)

from rtnb.plots.money.text import meter_text
from rtnb.plots.money.words import (
    assumption_rows,
    calibration_facts,
    change,
    difference,
    meter_bill,
    meter_facts,
    meter_span,
    next_facts,
    percent,
    projection_facts,
    reconciliation_facts,
    truncation_words,
    variant_name,
    variant_note,
    whatif_facts,
)
from rtnb.plots.words import Fact
from rtnb.pricing import Cost, cost
from rtnb.pricing.bills.meter import Meter
from rtnb.tokens import TokenUsage
from rtnb.tokens.context import Summarise, Truncation


def said(facts: list[Fact]) -> str:
    return " · ".join(map(str, facts))


@given(share=st.floats(-3, 3))
def test_percentages_keep_their_sign_and_never_round_up_to_all(share: float) -> None:
    text = percent(share)
    assert text.endswith(" %")
    assert text.startswith("−") == (share <= -0.0005)
    assert (text == "100 %") == (0.999999999 < share < 1.005) or not 0 < share < 1
    assert percent(-share, signed=True)[:1] != percent(share, signed=True)[:1] or abs(share) < 0.0005


def test_percentages_that_are_none() -> None:
    assert percent(float("nan")) == "?"
    assert percent(float("inf")) == "?"


def test_changes_are_told_only_between_full_prices() -> None:
    one = cost(TokenUsage(input_text=1000), MODEL, DAY)
    two = cost(TokenUsage(input_text=1500), MODEL, DAY)
    none = cost(TokenUsage(input_text=1000), "mine", DAY)
    assert change(two, one) == "+50 %"
    assert change(one, two) == "−33 %"
    assert change(none, one) == change(one, none) == change(one, Cost()) == ""


def test_differences_are_exact() -> None:
    assert difference(Decimal("0.1") + Decimal("0.2"), Decimal("0.3")) == "0"


def test_a_meter_tells_what_the_cache_did_and_what_nobody_heard() -> None:
    meter = make_meter()
    told = said(meter_facts(meter))
    assert f"{percent(meter.cached_share or 0)} of the input came from the cache" in told
    assert "of what a perfect cache would have held" in told
    assert "cache misses cost $" in told
    assert "of answers that nobody heard" in told
    assert "a minute" in told
    assert meter_span(meter) == "30 responses in 30 turns, 10 min 00 s"
    assert said(meter_facts(make_meter(1, busted=(), interrupted=()))).count("·") == 0


def test_first_use_is_no_loss() -> None:
    assert "cache misses" not in said(meter_facts(make_meter(busted=())))


def test_a_projection_tells_its_bounds() -> None:
    projection = make_projection()
    assert "by whether the cache holds everything or nothing" in said(projection_facts(projection))
    assert said(projection_facts(make_projection(model="mine"))).startswith("unpriced: No price is known")


def test_assumptions_are_all_told() -> None:
    given = replace(
        make_projection().assumptions, interruption_rate=0.1, summarise=Summarise(4000, 2, 200),
        user_text_tokens_per_turn=12.5,
    )  # fmt: skip
    told = dict(assumption_rows(given))
    assert told["instructions and tools"] == "400 + 200 tokens"
    assert told["interruptions"] == "10 % of the answers, of which 50 % is heard"
    assert told["summary"] == "above 4,000 tokens to 200, the last 2 turns kept"
    assert told["text beside the audio"].startswith("12.5 tokens given")
    assert told["transcription"] == "whisper-1"


def test_truncation_in_words() -> None:
    assert "refused" in truncation_words(Truncation("disabled"))
    told = truncation_words(Truncation("retention_ratio", 0.5))
    assert told == "retention_ratio: down to 50 %, when the context is full"


def test_a_calibration_tells_how_far_off_it_is() -> None:
    calibration = make_calibration()
    told = said(calibration_facts(calibration))
    assert f"off by {percent(calibration.error, signed=True)}" in told
    assert "fitted to 1 recording" in told
    assert "off by" not in said(calibration_facts(replace(calibration, actual=Cost())))


def test_variants_are_named_without_what_all_share() -> None:
    what = make_policies()
    named = replace(what.variants[1], name=f"{MODEL}, summarised")
    alike = replace(what, variants=(named,))
    assert variant_name(named, alike) == "summarised"
    mixed = replace(what, variants=(named, make_whatif().variants[0]))
    assert variant_name(named, mixed) == f"{MODEL}, summarised"
    assert variant_name(what.actual, what) == "as recorded"
    assert what.simulated is not None
    assert variant_name(what.simulated, what) == "simulated with its own policy"


def test_notes_of_variants() -> None:
    what = make_policies()
    refusing = next(variant for variant in what.variants if variant.refused)
    assert variant_note(refusing, what.actual) == "−80 %, 10 % of the context lost, 12 responses refused"
    assert variant_note(what.actual, what.actual) == ""
    assert variant_note(what.variants[0], what.actual) == "the same"


def test_what_if_tells_how_far_to_trust_it() -> None:
    assert "(−3 % against the bill)" in said(whatif_facts(make_policies()))
    assert "simulated" not in said(whatif_facts(make_whatif()))


def test_the_next_response_and_the_export() -> None:
    assert "context 4,600 tokens (600 text + 4,000 audio)" in said(next_facts(make_next()))
    told = said(reconciliation_facts(make_reconciliation()))
    assert told == "1 agrees · 1 differs · 1 only in the recordings · recorded $2.46 · exported $2.76"
    assert reconciliation_facts(replace(make_reconciliation(), rows=())) == []


def test_no_bare_figure_stands_for_what_is_partly_unpriced() -> None:
    meter = joined(make_meter(20), make_meter(20, session="two", model="my-own-model"))
    facts = [str(fact) for fact in meter_facts(meter)]
    assert not any("a minute" in fact for fact in facts)
    [missed] = [fact for fact in facts if fact.startswith("cache misses cost")]
    assert missed.endswith(" + unpriced more")
    assert any("a minute" in str(fact) for fact in meter_facts(make_meter(20)))
    projection = make_projection()
    more = replace(projection, cost=projection.cost + make_meter(1, model="my-own-model").cost)
    assert any("a minute" in str(fact) for fact in projection_facts(projection))
    assert not any("a minute" in str(fact) for fact in projection_facts(more))


def test_without_usage_there_is_no_amount_of_nought() -> None:
    silent = replace(make_meter().entries[0], cost=None, transcription=Cost())
    meter = Meter((silent,), ("talk",))
    assert meter.cost == Cost()
    assert [str(fact) for fact in meter_bill(meter)] == ["no response came with usage"]
    assert "$" not in meter_text(meter).splitlines()[0]
    assert "$" in str(meter_bill(make_meter())[0])
