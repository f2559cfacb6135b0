"""The right entry for a question, and figures that agree with the rest of the package."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.pricing.prices.rates import at
from rtnb.server.brains.faq import answer_question, entries
from rtnb.server.brains.skill import Utterance

ANSWERS = {entry.id: " ".join(entry.answer) for entry in entries()}


def test_there_is_enough_to_ask() -> None:
    assert len(entries()) >= 35
    assert len(ANSWERS) == len(entries())


def test_a_term_belongs_to_one_entry() -> None:
    counts = Counter(term for entry in entries() for term in entry.terms)
    assert [term for term, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("frame", ["What is {}?", "and {}", "Can you explain {} to me please", "so what does {} mean"])
def test_every_term_finds_its_entry_in_any_frame(frame: str) -> None:
    for entry in entries():
        for term in entry.terms:
            answer = answer_question(Utterance(frame.format(term)))
            assert answer is not None, term
            assert answer.intent == f"faq:{entry.id}", term


def test_every_entry_can_be_found_by_its_keywords() -> None:
    for entry in entries():
        found = set()
        for line in entry.keywords:
            words = " ".join(sorted(group)[0] for group in line)
            answer = answer_question(Utterance(f"{words}?"))
            found.add(answer.intent if answer else None)
        assert f"faq:{entry.id}" in found or not entry.keywords, entry.id


@pytest.mark.parametrize(
    "text", ["whats the treshold", "what are ephemral keys", "explain trancription", "what is intrruption"]
)
def test_typing_errors_are_forgiven(text: str) -> None:
    assert answer_question(Utterance(text)) is not None


@pytest.mark.parametrize(
    "text",
    ["What is the capital of France?", "Who wrote Hamlet?", "What is the price of gold?", "", "I took the bus to work"],
)
def test_what_it_does_not_know_is_left_to_others(text: str) -> None:
    assert answer_question(Utterance(text)) is None


@given(text=st.text(max_size=300))
def test_any_text_is_answered_from_the_file_or_not_at_all(text: str) -> None:
    answer = answer_question(Utterance(text))
    assert answer is None or " ".join(answer.sentences) == ANSWERS[answer.intent.removeprefix("faq:")]


@pytest.mark.parametrize(
    ("entry", "model", "modality"),
    [
        ("audio-price", "gpt-realtime-2.1", "audio"),
        ("mini-price", "gpt-realtime-2.1-mini", "audio"),
        ("text-price", "gpt-realtime-2.1", "text"),
    ],
)
def test_prices_are_those_of_the_price_table(entry: str, model: str, modality: str) -> None:
    (row,) = [entry_ for entry_ in entries() if entry_.id == entry]
    rates = at(model, row.date)
    assert rates is not None
    prices = (rates.price(modality, "input"), rates.price(modality, "cached"), rates.price(modality, "output"))
    given_in, cached, out = (float(price) for price in prices if price is not None)
    assert f"{given_in:g} dollars in" in ANSWERS[entry]
    assert f"{cached * 100:g} cents" in ANSWERS[entry]
    assert f"{out:g} dollars out" in ANSWERS[entry]


def test_a_minute_costs_what_its_tokens_cost() -> None:
    rates = at("gpt-realtime-2.1", "2026-11-21")
    assert rates is not None
    heard, spoken = rates.price("audio", "input"), rates.price("audio", "output")
    assert heard is not None
    assert spoken is not None
    assert round(float(heard) * 600 / 1e6 * 100) == 2
    assert round(float(spoken) * 1200 / 1e6 * 100) == 8
    assert "about 2 cents" in ANSWERS["minute-price"]
    assert "about 8" in ANSWERS["minute-price"]


def test_the_silence_duration_is_the_one_that_the_server_uses() -> None:
    from rtnb.protocol.defaults import default

    assert f"the live service reports {default('server_vad', 'silence_duration_ms')}" in ANSWERS["silence-duration"]
    assert f"default is {default('server_vad', 'prefix_padding_ms')} milliseconds" in ANSWERS["prefix-padding"]
    assert f"default is {default('server_vad', 'threshold')}" in ANSWERS["threshold"]
