from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing import Cost, CostLine, cost, transcription_cost
from rtnb.tokens import TokenUsage

DAY = "2026-01-31"


def line(usd: str | None = "4", tokens: int = 10, **other: object) -> CostLine:
    price = None if usd is None else Decimal(usd)
    values: dict[str, object] = {
        "label": "text input",
        "modality": "text",
        "kind": "input",
        "model": "m",
        "quantity": Decimal(tokens),
        "unit": "tokens",
        "unit_price": price,
        "why": "" if price else "nobody knows",
    }
    return CostLine(**{**values, **other})  # type: ignore[arg-type]


def test_a_line_of_tokens() -> None:
    one = line("32", 1024)
    assert one.exact_usd == Decimal("0.032768")
    assert one.usd == 0.032768
    assert one.tokens == 1024
    assert one.seconds is None
    assert one.quantity_text == "1,024 tokens"
    assert line(tokens=1).quantity_text == "1 token"
    assert one.price_text == "$32 / 1M tokens"
    assert str(one) == "text input: 1,024 tokens at $32 / 1M tokens = $0.0328"


def test_a_line_of_seconds() -> None:
    one = line("0.006", unit="seconds", per=60, quantity=Decimal("12.5"))
    assert one.exact_usd == Decimal("0.00125")
    assert one.seconds == 12.5
    assert one.tokens is None
    assert one.quantity_text == "12.5 s"
    assert one.price_text == "$0.006 / min"


def test_a_line_without_a_price() -> None:
    one = line(None)
    assert one.usd is None
    assert one.exact_usd is None
    assert one.price_text == ""
    assert str(one) == "text input: 10 tokens = unpriced"


def test_total_leaves_out_what_is_unpriced_and_says_so() -> None:
    bill = Cost("m", None, (line("4", 1_000_000), line(None, 7)))
    assert bill.total_usd == 4.0
    assert bill.exact_usd == 4
    assert bill.unpriced == ("text input (7 tokens): nobody knows",)
    assert str(bill) == "$4.00 + unpriced"
    assert str(Cost("m", None, (line(None),))) == "unpriced"


def test_nothing_costs_nothing() -> None:
    assert Cost().total_usd == 0
    assert str(Cost()) == "$0.00"
    assert repr(Cost()) == "Cost($0.00, no model, 0 lines)"


def test_sum_merges_equal_lines() -> None:
    total = Cost("m", date(2026, 1, 31), (line(),)) + Cost("m", date(2026, 1, 31), (line(), line("5")))
    assert total.lines == (line(tokens=20), line("5"))
    assert total.on == date(2026, 1, 31)
    assert total.model == "m"


def test_sum_over_days_and_models() -> None:
    usage = TokenUsage(output_audio=100)
    answer, heard = cost(usage, "gpt-realtime", DAY), transcription_cost({"seconds": 3}, "whisper-1", "2026-02-01")
    total = answer + heard
    assert total.model == "gpt-realtime + whisper-1"
    assert total.on is None
    assert total.exact_usd == Decimal("0.0064") + Decimal("0.0003")
    assert [x.model for x in total.lines] == ["gpt-realtime", "whisper-1"]
    assert (total + answer).model == total.model


def test_sum_of_a_list() -> None:
    bills = [cost(TokenUsage(output_text=n), "gpt-realtime", DAY) for n in (1, 2, 3)]
    total = sum(bills, Cost())
    assert total == sum(bills) == cost(TokenUsage(output_text=6), "gpt-realtime", DAY)
    assert bills[0] + Cost() == Cost() + bills[0] == bills[0]


def test_only_costs_add_to_costs() -> None:
    with pytest.raises(TypeError):
        Cost() + 0.5  # type: ignore[operator]


def test_lines_come_in_the_order_of_a_bill() -> None:
    usage = TokenUsage(
        input_text=100,
        cached_text=64,
        input_audio=100,
        cached_audio=64,
        input_image=85,
        output_text=1,
        output_audio=1,
        input_other=1,
    )
    bill = transcription_cost({"seconds": 1}, "whisper-1", DAY) + cost(usage, "gpt-realtime", DAY)
    assert [x.label for x in bill.lines] == [
        "text input",
        "cached text input",
        "audio input",
        "cached audio input",
        "image input",
        "input of unstated modality",
        "text output",
        "audio output",
        "transcription",
    ]


def test_is_a_value_that_draws_itself() -> None:
    bill = cost(TokenUsage(output_audio=100), "gpt-realtime", DAY)
    assert isinstance(bill, Drawable)
    assert pickle.loads(pickle.dumps(bill)) == bill
    assert hash(bill) == hash(pickle.loads(pickle.dumps(bill)))
    assert repr(bill) == "Cost($0.0064, gpt-realtime on 2026-01-31, 1 lines)"
    with pytest.raises(AttributeError):
        bill.model = "other"  # type: ignore[misc]


def test_a_quantity_that_is_not_known_is_a_dash() -> None:
    line = CostLine("transcription", "audio", "transcription", "m", Decimal(0), "seconds", None, why="why")
    assert line.quantity_text == "–"
    assert str(line) == "transcription: – = unpriced"
    assert Cost("m", None, (line,)).unpriced == ("transcription: why",)
    assert replace(line, unit_price=Decimal(1)).quantity_text == "0 s"


def test_problems_of_a_sum_are_named_once_and_compared_by_nothing() -> None:
    one, two = Cost("m", problems=("a", "b")), Cost("m", problems=("b", "c"))
    assert (one + two).problems == ("a", "b", "c")
    assert (Cost(problems=("x",)) + one).problems == ("x", "a", "b")
    assert (one + Cost(problems=("x",))).problems == ("a", "b", "x")
    assert sum([one, one], Cost()).problems == ("a", "b")
    assert one == two
    assert hash(one) == hash(two)


def test_a_bill_is_aligned_as_text_is() -> None:
    bill = cost(TokenUsage(output_text=1000), "gpt-realtime", "2026-01-31")
    assert f"{bill:>9}|{bill}" == "  $0.0160|$0.0160"


def test_a_bill_is_formatted_as_a_number_where_text_cannot_be() -> None:
    bill = cost(TokenUsage(output_text=100_000), "gpt-realtime", "2026-01-31")
    assert f"{bill:.3f}|{bill:,}|{bill:09.2f}" == "1.600|1.6|000001.60"
    assert float(bill) == 1.6
    assert float(Cost()) == 0.0
    with pytest.raises(ConfigError, match=r"'\.2q'.*\.2f"):
        f"{bill:.2q}"


def test_a_bill_with_gaps_is_no_number() -> None:
    bill = cost(TokenUsage(output_text=1000), "my-own-model", "2026-01-31")
    assert f"{bill:>10}" == "  unpriced"
    with pytest.raises(ConfigError, match=r"text output.*total_usd"):
        float(bill)
    with pytest.raises(ConfigError, match=r"text output.*total_usd"):
        f"{bill:.2f}"
