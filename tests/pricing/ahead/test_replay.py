from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from support.talks import DAY, ledger_of_steps, ledger_of_talk

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.ahead.replay import Replay
from rtnb.pricing.bills.ledger import Exchange, Ledger, Source
from rtnb.pricing.prices.rates import rate_book
from rtnb.tokens import ModalityCount, Step, Summarise, TokenUsage, Truncation


def replay_of(*sources: Source, on: str | None = None, keeps: float = 0.5) -> Replay:
    return Replay(sources, on=on, book=rate_book(), summary_keeps=keeps)


def test_the_window_is_the_one_of_the_model_and_the_day() -> None:
    replay = replay_of(ledger_of_talk(1))
    assert replay.input_limit("gpt-realtime") == 28_224
    # 2.1 was not there yet on the recorded day.
    assert replay.input_limit("gpt-realtime-2.1") is None
    assert replay.input_limit("gpt-realtime-2.1", date(2026, 11, 21)) == 96_000
    assert replay.input_limit("nobody") is None


def test_models_to_compare_with() -> None:
    own = replay_of(ledger_of_talk(1, model="gpt-realtime-2025-08-28"))
    assert "gpt-realtime" not in own.other_models()
    assert "gpt-realtime" in replay_of(ledger_of_talk(1), on="2026-11-21").other_models()
    assert "gpt-realtime" in replay_of(ledger_of_talk(1, model="")).other_models()


def test_the_longest_conversation_of_several() -> None:
    turn = Step(ModalityCount(4, 100), ModalityCount(20, 200), ModalityCount(10, 100))
    assert replay_of(ledger_of_steps([turn] * 2), ledger_of_steps([turn] * 5)).longest_tokens == 5 * 214


def test_days() -> None:
    ledger = ledger_of_talk(1)
    assert replay_of(ledger).same_day
    assert replay_of(ledger, on=str(DAY)).same_day
    other = replay_of(ledger, on="2026-02-01")
    assert not other.same_day
    assert (other.on, other.recorded_on) == (date(2026, 2, 1), DAY)


def test_as_recorded_keeps_the_day_and_the_policy() -> None:
    cut = Truncation("retention_ratio", 0.5, 800)
    replay = replay_of(ledger_of_talk(8, Assumptions(truncation=cut)), on="2024-01-01")
    own = replay.play(None, None, None, as_recorded=True)
    assert own.cost.exact_usd == replay.actual.exact_usd
    assert not own.cost.unpriced
    assert own.loss == replay.recorded.loss > 0
    # On the other day there was no such model, and so no price.
    assert replay.play(None, None, None).cost.unpriced


def test_the_bill_of_several_days_is_by_the_day() -> None:
    ledger = ledger_of_talk(2, model="gpt-4o-realtime-preview-2024-10-01")
    early, late = (
        replace(ledger, on=day, exchanges=tuple(replace(one, on=day) for one in ledger.exchanges))
        for day in (date(2024, 10, 5), date(2024, 11, 5))
    )
    # Cached tokens had no price before 2024-10-30.
    assert replay_of(early).actual.unpriced
    assert not replay_of(late).actual.unpriced
    both = replay_of(early, late)
    assert both.actual.on is None
    assert both.actual.exact_usd == replay_of(early).actual.exact_usd + replay_of(late).actual.exact_usd


@pytest.mark.parametrize("keeps", [-0.1, 1.1, float("nan"), "0.5", True])
def test_shares_that_are_none(keeps: float) -> None:
    with pytest.raises(ConfigError, match="summary_keeps is a share"):
        replay_of(ledger_of_talk(1), keeps=keeps)


def deleted_audio() -> Ledger:
    """A long text and a long audio are given; then the audio is deleted, and all of the text is still cached."""
    settings = ModalityCount(text=300)
    made = ModalityCount(20, 60)
    one = Exchange(
        response_id="a", turn=0, at_s=5, on=DAY, model="gpt-realtime", settings=settings, made=made, kept=made,
        given=ModalityCount(2000, 2000),
        usage=TokenUsage(input_text=2300, input_audio=2000, output_text=20, output_audio=60),
    )  # fmt: skip
    two = replace(
        one, response_id="b", at_s=10, given=ModalityCount(audio=20), edits=("item deleted",),
        usage=TokenUsage(input_text=2320, input_audio=80, cached_text=2304, output_text=20, output_audio=60),
    )  # fmt: skip
    three = replace(
        two, response_id="c", at_s=15, edits=(),
        usage=TokenUsage(
            input_text=2340, input_audio=160, cached_text=2304, cached_audio=64, output_text=20, output_audio=60
        ),
    )  # fmt: skip
    return Ledger(model="gpt-realtime", on=DAY, exchanges=(one, two, three), duration_s=20)


def test_a_talk_with_deleted_audio_costs_what_it_did() -> None:
    replay = replay_of(deleted_audio())
    own = replay.play(None, None, None, as_recorded=True)
    assert not own.cost.unpriced
    assert own.cost.total_usd == pytest.approx(replay.actual.total_usd, rel=0.01)


def test_a_broken_count_of_one_response_does_not_touch_another() -> None:
    ledger = ledger_of_talk(2)
    broken = replace(ledger.exchanges[1], usage=TokenUsage(output_audio=-100))
    own = replay_of(replace(ledger, exchanges=(*ledger.exchanges, broken))).play(None, None, None)
    alone = replay_of(ledger).play(None, None, None)
    made = [
        sum(line.quantity for line in each.cost.lines if line.label == "audio output" and line.unit_price is not None)
        for each in (own, alone)
    ]
    assert made[0] == made[1]
    assert any("negative" in reason for reason in own.cost.unpriced)


def test_models_that_are_charged_by_time_are_billed_by_the_length_of_the_talk() -> None:
    ledger = ledger_of_talk(10, Assumptions(transcription="whisper-1"))
    replay = replay_of(ledger, on="2026-11-21")
    bill = replay.bill("gpt-live-1")
    [line] = [line for line in bill.lines if line.kind != "transcription"]
    assert line.seconds == 600
    assert bill.exact_usd == Decimal("0.50") + Decimal("0.021")
    assert replay.play(None, Summarise(500), "gpt-live-1").cost == bill
    assert "gpt-live-1" in replay.other_models()
    unknown = replay_of(replace(ledger, duration_s=0.0), on="2026-11-21").bill("gpt-live-1")
    assert "how long the session was" in unknown.unpriced[0]


def test_nothing_to_bill_is_one_clear_error() -> None:
    empty = ledger_of_talk(1)
    zero = replace(empty, exchanges=tuple(replace(one, usage=TokenUsage()) for one in empty.exchanges))
    none = replace(empty, exchanges=tuple(replace(one, usage=None) for one in empty.exchanges))
    for ledger in (Ledger(), Ledger(model="gpt-realtime", duration_s=60), zero, none):
        with pytest.raises(ConfigError, match="nothing to bill"):
            replay_of(ledger)
    # What was only written down may be billed again, but there is nothing to play.
    heard = ledger_of_talk(1, Assumptions(transcription="whisper-1"))
    heard = replace(heard, exchanges=())
    assert replay_of(heard).actual.exact_usd > 0
    with pytest.raises(ConfigError, match="no answered response"):
        replay_of(heard).play(None, None, None)
