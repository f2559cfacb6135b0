from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from support.talks import DAY, ledger_of_steps, ledger_of_talk

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.bills.ledger import Exchange, Ledger, Transcribed
from rtnb.pricing.bills.recorded import bill_of, counted, hit_rate_of, model_of, priced, steps_of, talks_of
from rtnb.pricing.prices.rates import rate_book
from rtnb.tokens import ModalityCount, Step, TokenUsage, simulate

BOOK = rate_book()


def test_a_recording_gives_back_its_steps() -> None:
    steps = Assumptions(instruction_tokens=300).steps(5)
    ledger = ledger_of_steps(steps)
    found = steps_of(ledger)
    assert [replace(step, settings_key="") for step in found] == steps
    assert [step.usage for step in simulate(found, input_limit=28_224)] == [one.usage for one in counted(ledger)]


def test_what_a_failed_response_was_given_goes_to_the_next() -> None:
    one = Exchange(response_id="a", turn=0, at_s=1, on=DAY, model="m", status="failed", given=ModalityCount(audio=50))
    two = replace(one, response_id="b", usage=TokenUsage(input_audio=80), given=ModalityCount(audio=30))
    apart = replace(two, response_id="c", in_conversation=False)
    [step] = steps_of(Ledger(exchanges=(one, apart, two)))
    assert step.given == ModalityCount(audio=80)


def test_edits_become_settings_and_changed_items() -> None:
    steps = [Step(ModalityCount(audio=100), ModalityCount(audio=100), ModalityCount(audio=100))] * 5
    ledger = ledger_of_steps(
        steps, edits={1: ("instructions changed",), 2: ("item truncated",), 3: ("tools changed", "item deleted")}
    )
    found = steps_of(ledger)
    assert [step.settings_key for step in found] == ["0", "1", "1", "2", "2"]
    assert [step.intact for step in found[:3]] == [1, 1, 1]
    # Of modalities that were not there nothing is known but what the others say.
    assert found[3].intact == pytest.approx((448 / 500,) * 3)
    assert all(step.removed == ModalityCount() for step in found)


def test_what_was_deleted_is_what_is_missing() -> None:
    """A recording whose third response lost an answer and found half of its beginning in the cache."""
    whole = Step(ModalityCount(4, 100), ModalityCount(20, 200), ModalityCount(20, 200), ModalityCount(text=64))
    lost = replace(whole, removed=ModalityCount(20, 200), intact=0.5)
    steps = [whole, whole, lost, whole]
    ledger = ledger_of_steps(steps, edits={2: ("item deleted",)})
    found = steps_of(ledger)
    assert [step.removed for step in found] == [step.removed for step in steps]
    # The grain hides a few tokens of what was still the same.
    assert isinstance(found[2].intact, tuple)
    assert 0.25 < found[2].intact[1] <= 0.5
    again = simulate(found, input_limit=28_224)
    assert [step.usage.input_tokens for step in again if step.usage] == [
        one.usage.input_tokens for one in ledger.exchanges if one.usage
    ]


def test_output_of_no_stated_modality_stays_uncounted_by_any() -> None:
    one = Exchange(response_id="a", turn=0, at_s=1, on=DAY, model="m", usage=TokenUsage(output_other=9))
    [step] = simulate(steps_of(Ledger(exchanges=(one,))))
    assert step.usage == TokenUsage(output_other=9)


def test_the_hit_rate() -> None:
    whole = ledger_of_talk(10)
    assert hit_rate_of([whole]) == 1.0
    # A cache step is floored to whole tokens when only a part of it comes from the cache.
    assert hit_rate_of([ledger_of_talk(10, hit_rate=0.5)]) == pytest.approx(0.5, abs=0.001)
    assert hit_rate_of([ledger_of_talk(10, hit_rate=0.0)]) == 0.0
    assert hit_rate_of([Ledger()]) is None
    assert hit_rate_of([ledger_of_talk(0.1)]) is None
    # Two recordings are not one: the first response of the second repeats nothing.
    assert hit_rate_of([whole, whole]) == 1.0


def test_the_hit_rate_with_and_without_what_edits_spoilt() -> None:
    steps = Assumptions(instruction_tokens=640).steps(5)
    spoilt = [replace(step, settings_key="other") if index > 7 else step for index, step in enumerate(steps)]
    ledger = ledger_of_steps(spoilt, edits={8: ("instructions changed",)})
    assert hit_rate_of([ledger], unchanged_only=True) == 1.0
    assert 0.5 < (hit_rate_of([ledger]) or 0) < 0.97


def test_a_cache_that_holds_more_than_it_can_is_counted_as_full() -> None:
    one = Exchange(response_id="a", turn=0, at_s=1, on=DAY, model="m", usage=TokenUsage(input_text=100))
    two = replace(one, response_id="b", usage=TokenUsage(input_text=300, cached_text=256))
    assert hit_rate_of([Ledger(exchanges=(one, two))]) == 1.0


def test_the_bill_is_in_order_and_leaves_out_what_was_not_counted() -> None:
    ledger = ledger_of_talk(2, Assumptions(transcription="whisper-1"))
    failed = replace(ledger.exchanges[0], usage=None)
    ledger = replace(ledger, exchanges=(failed, *ledger.exchanges[1:]))
    bill = bill_of(ledger, book=BOOK)
    assert [one.at_s for one, _ in bill] == sorted(one.at_s for one, _ in bill)
    assert len(bill) == len(ledger.exchanges)
    assert isinstance(bill[0][0], Transcribed)
    assert bill[0][1].exact_usd == Decimal("0.0042")


def test_another_model_answers_and_the_transcription_stays() -> None:
    ledger = ledger_of_talk(1, Assumptions(transcription="whisper-1"))
    mini = bill_of(ledger, model="gpt-4o-mini-realtime-preview", on="2025-06-01", book=BOOK)
    assert {cost.model for _, cost in mini} == {"gpt-4o-mini-realtime-preview", "whisper-1"}
    assert {str(cost.on) for _, cost in mini} == {"2025-06-01"}
    assert not any(cost.unpriced for _, cost in mini)


def test_the_model_of_a_response_or_else_of_its_session() -> None:
    one = Exchange(response_id="a", turn=0, at_s=1, on=DAY, model="", usage=TokenUsage(input_text=5))
    assert model_of(Ledger(model="m"), one) == "m"
    assert model_of(Ledger(model="m"), replace(one, model="n")) == "n"
    nameless = priced(Ledger(), one, model=None, on=None, book=BOOK)
    assert nameless is not None
    assert "No model is named" in nameless.unpriced[0]


def test_at_least_one() -> None:
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        talks_of([])
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        talks_of([[]])
    with pytest.raises(ConfigError, match=r"talk\.rtnb"):
        talks_of(["talk.rtnb"])  # type: ignore[list-item]


def test_what_stayed_is_told_by_modality() -> None:
    whole = Exchange(
        response_id="a", turn=0, at_s=1, on=DAY, model="m", settings=ModalityCount(text=300),
        given=ModalityCount(2000, 2000), usage=TokenUsage(input_text=2300, input_audio=2000),
    )  # fmt: skip
    left = replace(
        whole, response_id="b", edits=("item deleted",), given=ModalityCount(audio=20),
        usage=TokenUsage(input_text=2300, input_audio=20, cached_text=2300),
    )  # fmt: skip
    [_, step] = steps_of(Ledger(exchanges=(whole, left)))
    assert step.removed == ModalityCount(audio=2000)
    assert step.intact == (1.0, 0.0, pytest.approx(0.5))
