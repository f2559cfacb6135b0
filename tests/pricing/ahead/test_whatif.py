from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.talks import DAY, ledger_of_steps, ledger_of_talk

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.ahead.policy import Policy, policies
from rtnb.pricing.ahead.variants import percent
from rtnb.pricing.ahead.whatif import cheapest, reprice, what_if
from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.pricing.bills.recorded import bill_of, hit_rate_of
from rtnb.pricing.prices.rates import rate_book
from rtnb.tokens import ModalityCount, Step, Summarise, TokenUsage, Truncation, simulate

TALK = Assumptions(instruction_tokens=300, transcription="whisper-1")
AUTO = Policy("auto")


def test_the_golden_payload_on_other_models() -> None:
    usage = TokenUsage(
        input_text=1977, cached_text=1856, input_audio=1082, cached_audio=1024, output_text=53, output_audio=197
    )
    on = date(2024, 11, 1)
    name = "gpt-4o-realtime-preview-2024-10-01"
    one = Exchange(response_id="r", turn=0, at_s=1, on=on, model=name, usage=usage)
    found = what_if(Ledger(model=name, on=on, exchanges=(one,)), models=["gpt-realtime"], on=DAY)
    assert found.actual.cost.exact_usd == Decimal("0.071985")
    assert found.variants[0].cost == cost(usage, "gpt-realtime", DAY)
    assert found.variants[0].name == "gpt-realtime on 2026-01-31"


def test_another_model_has_the_same_tokens() -> None:
    ledger = ledger_of_talk(5, TALK)
    found = reprice(ledger, model="gpt-realtime-mini")
    [variant] = found.variants

    def tokens(bill: Cost) -> list[tuple[str, Decimal]]:
        return [(line.label, line.quantity) for line in bill.lines]

    assert tokens(variant.cost) == tokens(found.actual.cost)
    assert variant.cost.exact_usd < found.actual.cost.exact_usd
    transcribed = [line for line in variant.cost.lines if line.kind == "transcription"]
    assert transcribed == [line for line in found.actual.cost.lines if line.kind == "transcription"]
    assert found.simulated is None
    assert "would count and answer differently" in found.notes[0]
    assert (variant.policy, variant.on, variant.loss, variant.refused) == (None, DAY, 0, 0)
    assert variant.peak_context_tokens == max(one.usage.input_tokens for one in ledger.exchanges if one.usage)


def test_another_day() -> None:
    ledger = ledger_of_talk(5, TALK, model="gpt-4o-realtime-preview-2025-06-03")
    found = reprice(ledger, on="2025-09-01", model="gpt-realtime")
    assert found.variants[0].on == date(2025, 9, 1)
    assert found.actual.on == DAY
    assert found.variants[0].cost.total_usd < found.actual.cost.total_usd
    gone = reprice(ledger, on="2026-11-21")
    assert not gone.variants[0].priced
    assert gone.variants[0].cost.unpriced


def test_every_other_model_with_a_price_on_the_day() -> None:
    found = what_if(ledger_of_talk(2), on=None)
    names = [variant.name for variant in found.variants]
    assert "gpt-realtime-mini" in names
    assert "gpt-realtime" not in names
    assert not any("2025-08-28" in name or "transcribe" in name for name in names)
    assert all(variant.priced for variant in found.variants)
    later = what_if(ledger_of_talk(2), on="2026-11-21")
    # On another day the recorded model is another price, too.
    assert "gpt-realtime on 2026-11-21" in [variant.name for variant in later.variants]


@given(
    st.builds(
        Assumptions,
        instruction_tokens=st.integers(0, 800),
        cache_hit_rate=st.floats(0, 1),
        interruption_rate=st.sampled_from([0.0, 0.3]),
        truncation=st.sampled_from([Truncation(), Truncation("retention_ratio", 0.6, 1500)]),
    ),
    st.integers(2, 12),
)
@settings(max_examples=25, deadline=None)
def test_the_simulation_meets_what_was_recorded(assumed: Assumptions, minutes: int) -> None:
    found = reprice(ledger_of_talk(minutes, assumed), policy=assumed.truncation)
    assert found.simulated is not None
    # The fit of the hit rate, floored to tokens, is all that may differ.
    assert found.simulated.cost.total_usd == pytest.approx(found.actual.cost.total_usd, rel=0.01)
    assert found.variants[0].cost == found.simulated.cost
    assert found.variants[0].loss == found.simulated.loss == found.actual.loss


def test_a_limit_costs_less_and_loses_more() -> None:
    ledger = ledger_of_talk(10, TALK, model="gpt-realtime")
    grid = [Truncation("retention_ratio", 0.6, limit) for limit in (6000, 3000, 1000)]
    found = what_if(ledger, models=(), policies=grid)
    assert len(found.variants) == 3
    losses = [variant.loss for variant in found.variants]
    peaks = [variant.peak_context_tokens for variant in found.variants]
    assert losses == sorted(losses)
    assert 0 < losses[0] < losses[-1] < 1
    assert peaks == sorted(peaks, reverse=True)
    assert all(peak <= limit + 300 for peak, limit in zip(peaks, (6000, 3000, 1000), strict=True))
    assert found.variants[0].name == "gpt-realtime, keeps 60 % above 6,000 tokens"


def test_the_loss_by_hand() -> None:
    turn = Step(ModalityCount(audio=100), ModalityCount(audio=100), ModalityCount(audio=100), ModalityCount(text=50))
    ledger = ledger_of_steps([turn] * 3)
    cut = reprice(ledger, policy=Truncation("retention_ratio", 1.0, 300)).variants[0]
    # Conversations of 100, 300 and 500 tokens, of the last of which 200 went.
    assert cut.loss == pytest.approx((0 + 0 + 200 / 500) / 3)
    told = Summarise(300, keep_turns=1, summary_tokens=10)
    for keeps in (0.0, 0.5, 1.0):
        summed = reprice(ledger, policy=told, summary_keeps=keeps).variants[0]
        assert summed.loss == pytest.approx((1 - keeps) * 200 / 500 / 3)


def test_making_summaries_is_on_the_bill() -> None:
    ledger = ledger_of_talk(5)
    policy = Summarise(1000, keep_turns=1, summary_tokens=100)
    steps = [replace(step, settings_key="0") for step in Assumptions().steps(5)]
    played = simulate(steps, input_limit=28_224, summarise=policy)
    made = [step.summary for step in played if step.summary]
    assert made
    expected = sum((step.usage for step in played if step.usage), TokenUsage()) + sum(made, TokenUsage())
    assert reprice(ledger, policy=policy).variants[0].cost == cost(expected, "gpt-realtime", DAY)


def test_what_is_outside_of_the_conversation_costs_what_it_did() -> None:
    ledger = ledger_of_talk(5, TALK)
    apart = replace(ledger.exchanges[-1], response_id="apart", in_conversation=False)
    more = replace(ledger, exchanges=(*ledger.exchanges, apart))
    extra = cost(apart.usage or TokenUsage(), "gpt-realtime", DAY).exact_usd
    for policy in (Truncation(), Summarise(2000)):
        with_it, without = (reprice(each, policy=policy).variants[0].cost.exact_usd for each in (more, ledger))
        assert with_it - without == extra


def test_edits_spoil_the_cache_in_the_simulation_and_not_twice() -> None:
    steps = [replace(step, settings_key="later" if index > 9 else "") for index, step in enumerate(TALK.steps(10))]
    ledger = ledger_of_steps(steps, edits={10: ("instructions changed",)})
    found = reprice(ledger, policy=AUTO)
    assert found.simulated is not None
    assert found.simulated.cost.exact_usd == found.actual.cost.exact_usd
    assert "holds 100 % of what it could" in found.notes[0]


def test_several_talks_add_up_and_their_losses_are_averaged() -> None:
    short, long = ledger_of_talk(2), ledger_of_talk(8)
    policy = Truncation("retention_ratio", 0.5, 1500)
    alone = [reprice(each, policy=policy).variants[0] for each in (short, long)]
    both = reprice([short, long], policy=policy).variants[0]
    assert both.peak_context_tokens == max(variant.peak_context_tokens for variant in alone)
    assert both.loss == pytest.approx((alone[0].loss * 6 + alone[1].loss * 24) / 30)
    assert both.cost.total_usd == pytest.approx(sum(variant.cost.total_usd for variant in alone), rel=0.001)
    assert reprice(short, long, model="gpt-realtime-mini").variants[0].cost.exact_usd == sum(
        bill.exact_usd
        for each in (short, long)
        for _, bill in bill_of(each, model="gpt-realtime-mini", book=rate_book())
    )


def test_talks_by_several_models() -> None:
    one, two = ledger_of_talk(2), ledger_of_talk(2, model="gpt-realtime-mini")
    found = reprice(one, two, policy=Truncation())
    assert found.actual.model == found.variants[0].model == "gpt-realtime + gpt-realtime-mini"
    assert found.variants[0].cost.exact_usd == found.actual.cost.exact_usd


def test_models_and_policies_both_named_are_crossed() -> None:
    found = what_if(ledger_of_talk(3), models=["gpt-realtime", "gpt-realtime-mini"], policies=[AUTO, Summarise(500)])
    assert [(variant.model, variant.policy is not None) for variant in found.variants] == [
        ("gpt-realtime", False),
        ("gpt-realtime-mini", False),
        ("gpt-realtime", True),
        ("gpt-realtime-mini", True),
        ("gpt-realtime", True),
        ("gpt-realtime-mini", True),
    ]


def test_refused_responses_are_counted_and_never_recommended() -> None:
    ledger = ledger_of_talk(60, model="gpt-realtime-2.1", input_limit=None)
    ledger = replace(
        ledger,
        on=date(2026, 11, 21),
        exchanges=tuple(replace(one, on=date(2026, 11, 21)) for one in ledger.exchanges),
    )
    found = what_if(ledger, models=["gpt-realtime"], policies=[Truncation("disabled"), Truncation()])
    priced, refusing, dropping = found.variants
    assert refusing.refused > 0
    assert dropping.refused == 0
    assert dropping.peak_context_tokens <= 28_224 < priced.peak_context_tokens
    assert any("takes 28,224 tokens as input" in note for note in found.notes)
    assert refusing.cost.exact_usd < min(priced.cost.exact_usd, dropping.cost.exact_usd)
    assert found.cheapest() is not refusing
    assert refusing not in found.pareto()


@given(st.integers(2, 30), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_the_cheapest_policy_keeps_its_word(minutes: int, keeps: float, max_loss: float) -> None:
    ledger = ledger_of_talk(minutes, TALK)
    found = cheapest(ledger, max_loss=max_loss, summary_keeps=keeps)
    best = found.cheapest(max_loss)
    assert best.loss <= max_loss + 1e-9
    assert best.name in found.notes[0]
    # The window of the model holds this talk: doing nothing is always among the choices.
    assert best.cost.exact_usd <= found.actual.cost.exact_usd
    costs = [each.cost.exact_usd for each in found.variants]
    assert costs == sorted(costs)
    front = found.pareto()
    assert front[0] == found.cheapest(1)
    assert [each.loss for each in front] == sorted((each.loss for each in front), reverse=True)


def test_cheapest_plays_the_whole_grid_on_the_model() -> None:
    ledger = ledger_of_talk(10)
    longest = sum(one.given.total + one.kept.total for one in ledger.exchanges)
    found = cheapest(ledger, model="gpt-realtime-mini")
    assert {each.policy.name for each in found.variants if each.policy} == {each.name for each in policies(longest)}
    assert {each.model for each in found.variants} == {"gpt-realtime-mini"}
    with pytest.raises(ConfigError, match="max_loss"):
        cheapest(ledger, max_loss=1.5)


def test_a_recording_without_a_model() -> None:
    ledger = ledger_of_talk(3, model="")
    found = what_if(ledger, models=["gpt-realtime"], policies=[Summarise(500)], on=DAY)
    assert not found.actual.priced
    assert "No model is named" in found.actual.cost.unpriced[0]
    assert all(each.priced for each in found.variants)
    assert found.records()[1]["change"] is None


def test_responses_that_were_not_counted() -> None:
    ledger = ledger_of_talk(3)
    holes = replace(ledger, exchanges=(replace(ledger.exchanges[0], usage=None), *ledger.exchanges[1:]))
    found = reprice(holes, policy=AUTO)
    assert any("1 response was not counted" in note for note in found.notes)
    nothing = replace(ledger, exchanges=tuple(replace(one, usage=None) for one in ledger.exchanges))
    for empty in (nothing, Ledger(model="gpt-realtime", on=DAY)):
        with pytest.raises(ConfigError, match="nothing to bill"):
            what_if(empty)
        with pytest.raises(ConfigError, match="nothing to bill"):
            cheapest(empty)


def test_deleted_items_are_said() -> None:
    steps = TALK.steps(2)
    ledger = ledger_of_steps(steps, edits={3: ("item deleted",)})
    assert any("Items were deleted" in note for note in reprice(ledger, policy=AUTO).notes)
    assert not any("Items were deleted" in note for note in reprice(ledger, model="gpt-realtime-mini").notes)


def test_bad_input_is_one_clear_error() -> None:
    ledger = ledger_of_talk(1)
    with pytest.raises(ConfigError, match="nothing to change"):
        reprice(ledger)
    with pytest.raises(ConfigError, match="list of names"):
        what_if(ledger, models="gpt-realtime")
    with pytest.raises(ConfigError, match="summary_keeps"):
        what_if(ledger, summary_keeps=2)
    with pytest.raises(ConfigError, match="is no truncation"):
        reprice(ledger, policy="often")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"talk\.rtnb"):
        what_if("talk.rtnb")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="A session or a recording is needed"):
        what_if()


def test_the_loss_that_was_asked_for_is_kept() -> None:
    found = cheapest(ledger_of_talk(10, TALK), max_loss=0.05)
    assert found.max_loss == 0.05
    assert found.cheapest() == found.best
    assert found.best.loss <= 0.05
    assert found.best.name in found.notes[0]


def test_what_has_no_price_is_told_once_for_each_model() -> None:
    ledger = ledger_of_talk(3)
    found = what_if(ledger, models=["nope", "nada"], policies=[AUTO, Summarise(500)])
    for name in ("nope", "nada"):
        [note] = [note for note in found.notes if f"'{name}'" in note]
        assert note.startswith(f"{name}: ")
        assert "not in the sum" in note
    assert len([note for note in cheapest(ledger, model="nope").notes if "No price is known" in note]) == 1


def test_a_transcription_without_a_price_is_told_once_for_all() -> None:
    ledger = ledger_of_talk(3, Assumptions(transcription="nope"))
    found = what_if(ledger, models=["gpt-realtime-mini", "gpt-4o-realtime-preview"])
    [note] = [note for note in found.notes if "'nope'" in note]
    assert "transcription" in note
    assert all(row["unpriced"] == "transcription" for row in found.records())
    assert all(row["usd"] is not None for row in found.records())


def test_a_day_without_a_model_is_told() -> None:
    found = what_if(ledger_of_talk(2), on="2024-01-01")
    assert found.variants == ()
    assert any("No speech-to-speech model has a price on 2024-01-01" in note for note in found.notes)


def test_models_that_are_charged_by_time_are_compared() -> None:
    found = what_if(ledger_of_talk(10, TALK), models=["gpt-live-1"], on="2026-11-21")
    [variant] = found.variants
    assert variant.priced
    assert variant.cost.exact_usd == Decimal("0.50") + Decimal("0.021")
    assert any("'gpt-live-1' is charged by the second of session" in note for note in found.notes)
    later = what_if(ledger_of_talk(10, TALK), on="2026-11-21")
    assert "gpt-live-1 on 2026-11-21" in [variant.name for variant in later.variants]


def test_rows_of_prices_will_do() -> None:
    ledger, row = ledger_of_talk(3), {"model": "gpt-realtime", "discount": 0.5}
    half = reprice(ledger, policy=AUTO).actual.cost.exact_usd / 2
    assert reprice(ledger, policy=AUTO, prices=row).actual.cost.exact_usd == half
    assert what_if(ledger, prices=[row]).actual.cost.exact_usd == half
    assert cheapest(ledger, prices=row).actual.cost.exact_usd == half


def test_the_hit_rate_is_told_with_what_edits_spoilt() -> None:
    steps = [replace(step, settings_key="later" if index > 9 else "") for index, step in enumerate(TALK.steps(10))]
    ledger = ledger_of_steps(steps, edits={10: ("instructions changed",)})
    note = reprice(ledger, policy=AUTO).notes[0]
    overall = hit_rate_of([ledger])
    assert overall is not None
    assert overall < 0.99
    assert f"{percent(overall)} with what changes spoilt" in note
    assert "changes spoilt" not in reprice(ledger_of_talk(5), policy=AUTO).notes[0]


def test_less_is_written_with_a_minus() -> None:
    ledger = ledger_of_talk(5)
    broken = replace(ledger.exchanges[3], usage=replace(ledger.exchanges[3].usage or TokenUsage(), cached_audio=0))
    odd = replace(ledger, exchanges=(*ledger.exchanges[:3], broken, *ledger.exchanges[4:]))
    [note] = [note for note in reprice(odd, policy=AUTO).notes if "was billed" in note]
    assert "(−" in note


def test_before_there_was_a_cache_everything_was_charged_in_full() -> None:
    ledger = ledger_of_talk(5, Assumptions(instruction_tokens=300))
    old = "gpt-4o-realtime-preview-2024-10-01"
    before, after = (what_if(ledger, models=[old], policies=[AUTO], on=day) for day in ("2024-10-15", "2024-10-31"))
    for early, late in zip(before.variants, after.variants, strict=True):
        assert not early.cost.unpriced and early.cost.exact_usd > late.cost.exact_usd
    assert any("no cache on 2024-10-15" in note for note in before.notes)
    assert not any("no cache" in note for note in after.notes)


def test_a_model_in_the_place_of_a_talk_is_told_where_it_goes() -> None:
    ledger = ledger_of_talk(1)
    for sources in ((ledger, "gpt-realtime-2"), ([ledger, "gpt-realtime-2"],)):
        with pytest.raises(ConfigError, match="model='gpt-realtime-2'"):
            reprice(*sources)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=r"models=\['gpt-realtime-2'\]"):
            what_if(*sources)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="model='gpt-realtime-2'"):
            cheapest(*sources)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        reprice("talk.rtnb")  # type: ignore[arg-type]
