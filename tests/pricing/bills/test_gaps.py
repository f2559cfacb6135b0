from __future__ import annotations

from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.gaps import gaps, unpriced_labels
from rtnb.tokens import TokenUsage

DAY = "2026-01-31"


def test_a_sentence_for_each_reason() -> None:
    bill = cost(TokenUsage(input_text=5, output_text=5), "nope", DAY)
    bill += transcription_cost({"seconds": 3}, "nada", DAY)
    bill += cost(TokenUsage(input_other=5, input_text=1), "gpt-realtime", DAY)
    first, second, third = gaps(bill)
    assert {first.partition(": ")[2], second.partition(": ")[2]} == {
        "text input, text output. No price is known for the model 'nope'.",
        "input of unstated modality. The server did not say of which modality these tokens are.",
    }
    assert third == "Unpriced, and not in the sum: transcription. No price is known for the model 'nada'."
    assert unpriced_labels(bill).split(", ")[-1] == "transcription"


def test_nothing_is_missing() -> None:
    bill = cost(TokenUsage(input_text=5), "gpt-realtime", DAY)
    assert gaps(bill) == ()
    assert unpriced_labels(bill) == ""
