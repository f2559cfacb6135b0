from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from rtnb.audio import Clip
from rtnb.plots.words import (
    answered,
    clipped,
    cost_facts,
    duration,
    heard,
    latency_cell,
    latency_marks,
    latency_note,
    number,
    prices_note,
    status_note,
    tool_words,
    total_cost,
    total_usage,
    turn_facts,
    usage_facts,
)
from rtnb.pricing import cost
from rtnb.session.views.pieces import ImageView, ToolCallView
from rtnb.session.views.shapes import TurnStatus, TurnView
from rtnb.tokens import TokenUsage


def said(facts: list[object]) -> list[str]:
    return [str(fact) for fact in facts]


def test_the_facts_of_a_turn(spoken: TurnView) -> None:
    assert said([*turn_facts(spoken)]) == [
        "0.93 s speech end → first audio",
        "19 audio + 116 text tokens in, 64 text cached",
        "104 audio + 27 text out",
        "$0.0081 is what gpt-realtime-2.1 would charge (list prices of 2026-11-21); the embedded server is free",
        "embedded server",
    ]
    paid = replace(spoken, endpoint="api.openai.com")
    assert str(turn_facts(paid)[3]) == "$0.0081 at gpt-realtime-2.1 prices, 2026-11-21"
    # The figures are what is strong.
    assert turn_facts(spoken)[1].parts[1::2] == ("19", "116", "64")


def test_every_modality_is_named() -> None:
    usage = TokenUsage(input_text=1000, input_audio=20, input_image=300, cached_text=64, cached_audio=10, output_text=5)
    assert said([*usage_facts(usage)]) == [
        "20 audio + 1,000 text + 300 image tokens in, 10 audio + 64 text cached",
        "5 text out",
    ]
    assert said([*usage_facts(TokenUsage())]) == ["0 tokens in", "0 tokens out"]
    assert said([*usage_facts(TokenUsage(output_other=7))])[1] == "7 of unknown kind out"


def test_counts_that_do_not_add_up_are_pointed_out() -> None:
    assert (
        "cached_text (9) is more than input_text (1)"
        in said([*usage_facts(TokenUsage(input_text=1, cached_text=9))])[-1]
    )


def test_what_has_no_price_is_said() -> None:
    assert said([*cost_facts(cost(TokenUsage(output_text=5), "my-own-model", "2026-01-31"))]) == [
        "unpriced: No price is known for the model 'my-own-model'."
    ]
    partly = cost_facts(cost(TokenUsage(input_text=50, input_other=5), "gpt-realtime", "2026-01-31"))
    assert str(partly[0]) == "at least $0.00020 at gpt-realtime prices, 2026-01-31"
    assert str(partly[1]).startswith("without a price: ")


def test_what_the_costs_of_a_table_are(spoken: TurnView, typed: TurnView) -> None:
    free = "cost: what gpt-realtime-2.1 would charge (list prices of 2026-11-21); the embedded server is free"
    assert prices_note([spoken, typed, TurnView(2, "failed")]) == free
    heard_too = replace(typed, cost=cost(TokenUsage(input_text=1), "gpt-realtime", "2026-11-20"))
    assert prices_note([spoken, heard_too]) == (
        "cost: what gpt-realtime-2.1 and gpt-realtime would charge (list prices); the embedded server is free"
    )
    # Where somebody may have charged it, nothing is called free.
    assert "free" not in prices_note([spoken, replace(typed, endpoint="api.openai.com")])
    assert prices_note([replace(spoken, cost=cost(TokenUsage(output_text=5), "mine", "2026-01-31"))]) == ""
    assert prices_note([TurnView(0, "failed")]) == ""


@pytest.mark.parametrize("status", get_args(TurnStatus))
def test_every_status_says_something_without_words(status: TurnStatus) -> None:
    turn = TurnView(0, status, "the reason")
    words, own = answered(turn)
    assert words
    assert not own
    assert bool(status_note(turn)) == (status in ("cancelled", "incomplete", "failed", "no_response"))


def test_notes_on_turns_that_went_otherwise(spoken: TurnView, interrupted: TurnView) -> None:
    assert status_note(spoken) == ""
    assert status_note(interrupted) == "interrupted by speech: 1.55 s of 4.00 s heard"
    assert status_note(replace(interrupted, status_reason="")) == "interrupted: 1.55 s of 4.00 s heard"
    other = replace(interrupted, status_reason="cancelled by the client")
    assert status_note(other) == "interrupted: 1.55 s of 4.00 s heard (cancelled by the client)"
    assert status_note(TurnView(0, "cancelled", "cancelled by the client")) == "cancelled by the client"
    assert (
        status_note(TurnView(0, "incomplete", "cut off at max_output_tokens"))
        == "incomplete: cut off at max_output_tokens"
    )
    assert status_note(TurnView(0, "no_response", "no response was asked for")) == "no response was asked for"


def test_sound_without_a_transcript(question: Clip) -> None:
    turn = TurnView(0, "completed", user_kind="audio", user_audio=question, assistant_audio=question)
    assert heard(turn) == ("1.87 s of audio, no transcript", False)
    assert answered(turn) == ("1.87 s of audio, no transcript", False)
    assert heard(replace(turn, status="in_progress")) == ("1.87 s of audio …", False)
    assert heard(replace(turn, status="listening")) == ("listening …", False)


def test_totals(spoken: TurnView, typed: TurnView) -> None:
    usage, bill = total_usage([spoken, typed]), total_cost([spoken, typed])
    assert usage is not None
    assert bill is not None
    assert spoken.cost is not None
    assert typed.cost is not None
    assert usage.input_tokens == 135 + 420
    assert bill.exact_usd == spoken.cost.exact_usd + typed.cost.exact_usd
    assert total_usage([TurnView(0, "failed")]) is None
    assert total_cost([TurnView(0, "failed")]) is None


def test_latencies_of_one_kind_share_a_note_and_of_several_have_marks(spoken: TurnView, typed: TurnView) -> None:
    assert latency_marks([spoken, spoken]) == {}
    assert latency_note([spoken, spoken]) == "latency: speech end → first audio"
    marks = latency_marks([spoken, typed])
    assert latency_note([spoken, typed]) == "¹ speech end → first audio, ² request → first text"
    assert [latency_cell(turn, marks) for turn in (spoken, typed, TurnView(0, "failed"))] == ["0.93 s¹", "0.21 s²", ""]
    assert latency_note([]) == ""


def test_numbers_start_at_one() -> None:
    assert number(TurnView(0, "waiting")) == "1"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.00 s"), (9.996, "10.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (3600, "60 min 00 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_clipping_keeps_short_texts_and_says_when_it_cuts() -> None:
    assert clipped(" a\n b ", 10) == "a b"
    assert clipped("x" * 50, 10) == "xxxxxxxxx…"
    assert clipped(" " * 100 + "late", 10).endswith("…")


def test_what_does_not_add_up_is_said_with_the_cost() -> None:
    odd = TokenUsage.from_wire({"total_tokens": 7, "input_tokens": 8, "output_tokens": 0})
    (first, last) = said([*cost_facts(cost(odd, "gpt-realtime", "2026-01-31"))])
    assert "unpriced" in first
    assert last == "counts: total_tokens is 7, but input and output add up to 8"


@pytest.mark.parametrize(
    ("call", "result", "failed"),
    [
        (ToolCallView("f", output="1"), "1", False),
        (ToolCallView("f", output=""), '""', False),
        (ToolCallView("f", status="running"), "running …", False),
        (ToolCallView("f", status="open"), "waiting for its output …", False),
        (ToolCallView("f", status="timed out"), "timed out", True),
        (ToolCallView("f", status="timed_out"), "timed out", True),
        (ToolCallView("f", output="told", error="ValueError: no"), "ValueError: no", True),
        (ToolCallView("f", output="snake_case", status="failed"), "snake_case", True),
    ],
)
def test_a_function_call_in_words(call: ToolCallView, result: str, failed: bool) -> None:
    words = tool_words(call)
    assert (words.signature, words.result, words.failed) == ("f()", result, failed)


def test_a_turn_of_nothing_but_images() -> None:
    images = (ImageView("x"), ImageView("y"))
    assert heard(TurnView(0, "completed", user_kind="image", user_images=images)) == ("2 images", False)
