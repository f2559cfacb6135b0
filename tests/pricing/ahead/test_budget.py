from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import DAY, MODEL, exchange, ledgers, talk

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.budget import next_response
from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.prices.rates import rate_book
from rtnb.tokens import ModalityCount, TokenUsage
from rtnb.tokens.context import Truncation
from rtnb.tokens.simulation import Step, simulate

TURN = (ModalityCount(20, 70), ModalityCount(15, 90))
DOLLAR = Decimal(1_000_000)


def test_before_the_first_response_settings_and_what_is_there() -> None:
    bounds = next_response(
        Ledger(model=MODEL, on=DAY, settings=ModalityCount(text=100), pending=ModalityCount(audio=50))
    )
    assert bounds.context == ModalityCount(100, 50)
    assert bounds.at_least.exact_usd == (Decimal(73) * 4 + 50 * 32) / DOLLAR
    assert bounds.at_most.exact_usd == (Decimal(136) * 4 + 50 * 32 + 4096 * 64) / DOLLAR


def test_the_context_is_the_last_prompt_its_answer_and_what_entered() -> None:
    ledger = talk(TURN, TURN, pending=ModalityCount(7, 30))
    bounds = next_response(ledger)
    assert bounds.context == ModalityCount(300 + 40 + 30 + 7, 140 + 180 + 30)
    last = ledger.exchanges[-1].usage
    assert last is not None
    cached = {line.modality: line.tokens for line in bounds.at_least.lines if line.kind == "cached"}
    assert cached == {"text": last.input_text // 64 * 64, "audio": last.input_audio // 64 * 64}
    assert not [line for line in bounds.at_least.lines if line.kind == "output"]
    assert not [line for line in bounds.at_most.lines if line.kind == "cached"]


@pytest.mark.parametrize(
    ("session", "asked", "model", "expected"),
    [
        (None, None, MODEL, 4096),
        (500, None, MODEL, 500),
        (500, 80, MODEL, 80),
        (None, 9000, MODEL, 4096),
        (None, None, "x", 4096),
    ],
)
def test_the_longest_answer(session: int | None, asked: int | None, model: str, expected: int) -> None:
    bounds = next_response(talk(TURN, model=model, max_output_tokens=session), max_output_tokens=asked)
    (made,) = [line for line in bounds.at_most.lines if line.kind == "output"]
    assert (made.tokens, made.modality) == (expected, "audio")
    assert any("4,096 tokens are assumed" in note for note in bounds.notes) is (model == "x")


def test_new_input_and_its_transcription() -> None:
    ledger = talk(TURN, transcription_model="whisper-1")
    least, most = (next_response(ledger, **new) for new in ({}, {"new_audio_s": 12.34, "new_text_tokens": 100}))
    assert most.at_least == least.at_least
    difference = most.at_most.exact_usd - least.at_most.exact_usd
    assert difference == (Decimal(104) * 4 + 124 * 32) / DOLLAR + Decimal("0.0013")
    token_billed = next_response(replace(ledger, transcription_model="gpt-4o-transcribe"), new_audio_s=60)
    heard = [line for line in token_billed.at_most.lines if line.kind == "transcription"]
    assert {(line.modality, line.tokens) for line in heard} == {("audio", 600), ("text", 600)}
    unknown = next_response(replace(ledger, transcription_model="an ear"), new_audio_s=60)
    assert unknown.at_most.unpriced


def test_the_worst_case_has_room_for_what_frames_the_last_answer() -> None:
    bounds = next_response(talk(TURN, TURN))
    given_text = next(line.tokens for line in bounds.at_most.lines if line.kind == "input" and line.modality == "text")
    assert given_text == bounds.context.text + 2


def test_settings_that_changed_spoil_the_cache() -> None:
    ledger = talk(TURN, TURN)
    changed = replace(ledger, edits=("instructions changed",), settings=ModalityCount(text=500))
    bounds = next_response(changed)
    assert bounds.context == next_response(ledger).context + ModalityCount(text=200)
    assert not [line for line in bounds.at_least.lines if line.kind == "cached"]
    assert next_response(ledger, model="gpt-realtime-mini").at_least.lines[0].kind == "input"


def test_what_was_removed_is_not_sent_again() -> None:
    ledger = talk(TURN, TURN)
    fewer = replace(ledger, edits=("item deleted",), removed=ModalityCount(2, 70))
    plain, bounds = next_response(ledger), next_response(fewer)
    assert bounds.context == ModalityCount(plain.context.text - 2, plain.context.audio - 70)
    assert bounds.at_most.exact_usd < plain.at_most.exact_usd


def test_responses_without_usage_are_estimated() -> None:
    ledger = talk(TURN, TURN)
    failed = exchange(3, None, status="failed", given=ModalityCount(5, 40), kept=ModalityCount(3, 20))
    bounds = next_response(replace(ledger, exchanges=(*ledger.exchanges, failed)))
    assert bounds.context == next_response(ledger).context + ModalityCount(8, 60)


def test_a_response_outside_may_have_put_the_answer_into_the_cache() -> None:
    ledger = talk(TURN, TURN)
    side = exchange(9, TokenUsage(input_text=900, input_audio=900, output_text=5), in_conversation=False, turn=-1)
    after = replace(ledger, exchanges=(*ledger.exchanges, side))
    plain, bounds = next_response(ledger), next_response(after)
    assert bounds.context == plain.context
    assert bounds.at_least.exact_usd < plain.at_least.exact_usd


def test_a_small_response_outside_does_not_empty_the_cache() -> None:
    ledger = talk(TURN, TURN)
    side = exchange(9, TokenUsage(input_text=70, output_text=5), in_conversation=False, turn=-1)
    assert next_response(replace(ledger, exchanges=(*ledger.exchanges, side))) == next_response(ledger)


def long_talk(**members: Any) -> Ledger:
    """Just below the 28,224 tokens that the model's window leaves for input."""
    return talk(*[(ModalityCount(10, 990), ModalityCount(100, 900))] * 14, settings=200, **members)


def test_the_window_caps_the_worst_case() -> None:
    rates = rate_book().at(MODEL, DAY)
    assert rates is not None and rates.max_input_tokens == 28224
    bounds = next_response(long_talk(), new_audio_s=600)
    given_tokens = sum(line.tokens or 0 for line in bounds.at_most.lines if line.kind == "input")
    assert given_tokens == 28224
    assert bounds.context.total <= 28224
    assert any("oldest items are then dropped" in note for note in bounds.notes)
    assert bounds.at_least.exact_usd < bounds.at_most.exact_usd


def test_a_limit_of_the_session_caps_as_well() -> None:
    policy = Truncation("retention_ratio", 0.5, 5000)
    bounds = next_response(long_talk(truncation=policy))
    assert bounds.context.total <= 200 + 2500
    assert sum(line.tokens or 0 for line in bounds.at_most.lines if line.kind == "input") == 5200


def test_with_truncation_disabled_it_may_be_refused() -> None:
    ledger = long_talk(truncation=Truncation("disabled"))
    bounds = next_response(ledger, new_audio_s=600)
    assert any("refused" in note for note in bounds.notes)
    over = next_response(replace(ledger, pending=ModalityCount(audio=5000)))
    assert over.at_least.exact_usd == 0 and over.at_most.exact_usd > 0


def test_no_price_is_said_and_never_zero() -> None:
    bounds = next_response(talk(TURN, model="my-model"))
    assert bounds.at_least.unpriced and bounds.at_most.unpriced
    assert any("my-model" in note for note in bounds.notes)
    assert not next_response(talk(TURN, model="my-model"), model=MODEL).at_most.unpriced
    early = next_response(talk(TURN), on="2024-01-31")
    assert early.at_least.unpriced


@pytest.mark.parametrize(
    "wrong",
    [
        {"new_audio_s": -1}, {"new_audio_s": float("nan")}, {"new_audio_s": float("inf")}, {"new_audio_s": "5"},
        {"new_text_tokens": -1}, {"new_text_tokens": 1.5}, {"max_output_tokens": 0}, {"max_output_tokens": True},
        {"on": "soon"},
    ],
)  # fmt: skip
def test_bad_numbers_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong.values())) if wrong == {"on": "soon"} else next(iter(wrong))):
        next_response(talk(TURN), **wrong)


@given(ledgers(min_turns=2), st.data())
def test_the_true_cost_lies_between(ledger: Ledger, data: st.DataObject) -> None:
    """Every response of a talk against the bounds that the talk before it gives."""
    for index, now in enumerate(ledger.exchanges):
        usage = now.usage
        assert usage is not None
        before = replace(ledger, exchanges=ledger.exchanges[:index], pending=now.given, edits=now.edits)
        bounds = next_response(before, max_output_tokens=max(1, usage.output_tokens))
        true = cost(usage, now.model, now.on).exact_usd
        if now.edits or index == 0:  # generated caches ignore edits, and no cache holds what was never given
            true = cost(replace(usage, cached_text=0, cached_audio=0), now.model, now.on).exact_usd
        assert bounds.at_least.exact_usd <= true <= bounds.at_most.exact_usd
        assert bounds.context == ModalityCount(usage.input_text, usage.input_audio)


_TRUNCATIONS = [
    Truncation("retention_ratio", 1.0, 3000),
    Truncation("retention_ratio", 0.8, 2000),
    Truncation("retention_ratio", 0.3, 2500),
]
_COUNTS = st.builds(ModalityCount, st.integers(0, 60), st.integers(0, 500))


@given(
    st.sampled_from(_TRUNCATIONS),
    st.integers(0, 400),
    st.lists(st.tuples(_COUNTS, _COUNTS, st.booleans()), max_size=25),
)
def test_the_bounds_hold_while_a_server_truncates(
    truncation: Truncation, front: int, turns: list[tuple[ModalityCount, ModalityCount, bool]]
) -> None:
    settings = ModalityCount(text=front)
    steps = [
        Step(entered + ModalityCount(text=1), made, made if whole else ModalityCount(0, made.audio // 2), settings)
        for entered, made, whole in turns
    ]
    ledger = Ledger(model=MODEL, on=DAY, truncation=truncation, settings=settings)
    for number, (step, found) in enumerate(zip(steps, simulate(steps, truncation=truncation), strict=True)):
        assert found.usage is not None
        bounds = next_response(replace(ledger, pending=step.given), max_output_tokens=max(1, found.usage.output_tokens))
        true = cost(found.usage, MODEL, DAY).exact_usd
        assert bounds.at_least.exact_usd <= true <= bounds.at_most.exact_usd
        now = exchange(number, found.usage, given=step.given, kept=step.kept, settings=settings)
        ledger = replace(ledger, exchanges=(*ledger.exchanges, now))


@given(ledgers(), st.floats(0, 100), st.floats(0, 100), st.integers(0, 500))
def test_more_input_never_costs_less(ledger: Ledger, some: float, more: float, text: int) -> None:
    few = next_response(ledger, new_audio_s=some)
    many = next_response(ledger, new_audio_s=some + more, new_text_tokens=text)
    assert few.at_least.exact_usd <= few.at_most.exact_usd <= many.at_most.exact_usd


def test_tokens_of_unstated_modality_count_as_the_dearest_at_most_and_the_cheapest_at_least() -> None:
    bare = TokenUsage.from_wire({"input_tokens": 20_000, "output_tokens": 200})
    ledger = Ledger(model=MODEL, on=DAY, exchanges=(exchange(1, bare),), settings=ModalityCount(text=5))
    bounds = next_response(ledger, max_output_tokens=1000)
    assert bounds.context.total == 20_200
    given = sum(line.exact_usd or 0 for line in bounds.at_most.lines if line.kind == "input")
    assert given >= Decimal(20_200) * 32 / DOLLAR
    lowest = 20_000 // 64 * 64
    assert bounds.at_least.exact_usd == (lowest * Decimal("0.4") + (20_200 - lowest) * 4) / DOLLAR
    (note,) = [note for note in bounds.notes if "modality" in note]
    assert "20,200" in note and "audio" in note and "text" in note
    assert not [note for note in next_response(talk(TURN)).notes if "modality" in note]


def test_tokens_of_unstated_modality_of_an_earlier_response_are_in_the_last_prompt() -> None:
    bare = TokenUsage.from_wire({"input_tokens": 20_000, "output_tokens": 200})
    stated = TokenUsage(input_text=300, input_audio=100, output_text=5)
    ledger = Ledger(model=MODEL, on=DAY, exchanges=(exchange(1, bare), exchange(2, stated)))
    assert next_response(ledger).context == ModalityCount(305, 100)


@given(st.integers(1, 25_000), st.integers(0, 2000), st.sampled_from(["text", "audio"]))
def test_however_unstated_tokens_are_spread_the_bounds_hold(given_tokens: int, made: int, modality: str) -> None:
    bare = TokenUsage.from_wire({"input_tokens": given_tokens, "output_tokens": made})
    bounds = next_response(Ledger(model=MODEL, on=DAY, exchanges=(exchange(1, bare),)), max_output_tokens=100)
    # What it turns out to be, cached as far as it can be, or not at all.
    context = ModalityCount(**{modality: given_tokens + made})
    held_tokens = ModalityCount(**{modality: given_tokens // 64 * 64})
    best = cost(TokenUsage.of(context, cached=held_tokens), MODEL, DAY).exact_usd
    worst = cost(TokenUsage.of(context, made=ModalityCount(audio=100)), MODEL, DAY).exact_usd
    assert bounds.at_least.exact_usd <= best <= worst <= bounds.at_most.exact_usd


@pytest.mark.parametrize(
    ("allowed", "modality"),
    [(("text",), "text"), (("audio",), "audio"), (("text", "audio"), "audio"), ((), "audio")],
)
def test_the_longest_answer_is_of_a_modality_that_the_session_allows(allowed: tuple[str, ...], modality: str) -> None:
    bounds = next_response(replace(talk(TURN), output_modalities=allowed))
    (made,) = [line for line in bounds.at_most.lines if line.kind == "output"]
    assert (made.tokens, made.modality) == (4096, modality)
