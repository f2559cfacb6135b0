from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from support.bills import DAY, MODEL

from rtnb.plots.palette import BACKGROUND, contrast
from rtnb.plots.parts import PARTS, UNHEARD, Part, part_of, parts_of
from rtnb.pricing import Cost, CostLine, cost, transcription_cost
from rtnb.tokens import TokenUsage

ALL = TokenUsage(input_text=900, input_audio=2000, input_image=800, cached_text=64, cached_audio=1024,
                 output_text=50, output_audio=400)  # fmt: skip


def test_the_parts_of_a_bill_add_up_to_it() -> None:
    bill = cost(ALL, MODEL, DAY) + transcription_cost({"type": "duration", "seconds": 6}, "whisper-1", DAY)
    parts = parts_of(bill)
    assert sum(parts.values()) == pytest.approx(bill.total_usd)
    assert [part.name for part in parts] == [
        "cached input", "text in", "image in", "audio in", "text out", "audio out", "transcription",
    ]  # fmt: skip


def test_what_was_not_heard_is_told_apart_and_not_counted_twice() -> None:
    bill = cost(ALL, MODEL, DAY)
    parts = parts_of(bill, unheard=cost(TokenUsage(output_audio=100), MODEL, DAY))
    assert parts[UNHEARD] == pytest.approx(0.0064)
    assert sum(parts.values()) == pytest.approx(bill.total_usd)
    # More than was made cannot have been missed.
    parts = parts_of(bill, unheard=cost(TokenUsage(output_audio=100_000), MODEL, DAY))
    assert parts[UNHEARD] == pytest.approx(0.0256)
    assert "audio out" not in [part.name for part in parts]


def test_what_has_no_price_is_in_no_part() -> None:
    assert parts_of(cost(ALL, "my-own-model", DAY)) == {}
    assert parts_of(Cost()) == {}


def test_open_sessions_are_a_part_of_their_own() -> None:
    line = CostLine("open session", "session", "input", "m", Decimal(60), "seconds", Decimal("0.05"), 60)
    assert part_of(line).name == "open session"
    assert parts_of(Cost("m", date(2026, 9, 10), (line,)))[part_of(line)] == pytest.approx(0.05)


def test_no_two_parts_look_alike() -> None:
    assert len({(part.ink.light, part.hollow) for part in PARTS}) == len(PARTS)
    assert len({(part.ink.dark, part.hollow) for part in PARTS}) == len(PARTS)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_stands_out_on_both_backgrounds(part: Part) -> None:
    # The two backgrounds that JupyterLab's dark theme uses for output and for panels are lighter than the card's.
    assert contrast(part.ink.light, BACKGROUND.light) >= 3
    assert min(contrast(part.ink.dark, dark) for dark in (BACKGROUND.dark, "#212121")) >= 3


def test_text_and_what_was_cached_can_be_told_apart_without_colour_on_dark_ground() -> None:
    inks = {part.name: part.ink for part in PARTS}
    for name in ("text in", "text out"):
        assert contrast(inks["cached input"].dark, inks[name].dark) >= 1.8
