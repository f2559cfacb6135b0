"""Pictures about money: what holds for all of them, and what each shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from matplotlib.figure import Figure
from support.bills import (
    DAY,
    HOSTILE,
    MODEL,
    joined,
    make_calibration,
    make_meter,
    make_next,
    make_policies,
    make_projection,
    make_whatif,
    rates_of,
)

from rtnb.plots.bars import Bar, bars_height, draw_bars
from rtnb.plots.canvas import WIDTH, Canvas, Picture, Place
from rtnb.plots.layout import Box
from rtnb.plots.money.meter_chart import meter_figure, meter_picture
from rtnb.plots.money.price_chart import history_figure, history_picture
from rtnb.plots.money.projection_chart import (
    calibration_figure,
    calibration_picture,
    projection_figure,
    projection_picture,
)
from rtnb.plots.money.variant_chart import next_figure, next_picture, whatif_figure, whatif_picture
from rtnb.plots.render import PNG_CAP_BYTES, png, svg
from rtnb.pricing import Cost, Price, Rates, project, transcription_cost
from rtnb.pricing.bills.meter import Entry, Meter
from rtnb.pricing.prices.table import PriceHistory, history
from rtnb.tokens.context import Truncation


def rows_of(*models: str) -> tuple[Rates, ...]:
    return tuple(sorted((rates_of(model) for model in models), key=lambda row: row.valid_from))


def histories() -> list[PriceHistory]:
    return [history(), history("mini"), PriceHistory("One", rows_of("whisper-1"), DAY), history(MODEL, "mini")]


def hostile(meter: Meter) -> Meter:
    entries = tuple(replace(entry, session=HOSTILE * 4) for entry in meter.entries)
    return Meter(entries, (HOSTILE * 4,))


PICTURES: dict[str, Callable[[], Picture]] = {
    "a talk": lambda: meter_picture(make_meter()),
    "one response": lambda: meter_picture(make_meter(1)),
    "300 responses": lambda: meter_picture(make_meter(300, busted=range(20, 300, 30), interrupted=range(9, 300, 25))),
    "three talks": lambda: meter_picture(joined(*(make_meter(20, session=f"talk {i}", seed=i) for i in range(3)))),
    "forty talks": lambda: meter_picture(joined(*(make_meter(3, session=f"talk {i}", seed=i) for i in range(40)))),
    "two hostile names": lambda: meter_picture(joined(hostile(make_meter(5)), make_meter(5))),
    **{f"history {i}": lambda found=found: history_picture(found) for i, found in enumerate(histories())},  # type: ignore[misc]
    "projection": lambda: projection_picture(make_projection()),
    "projection of an hour": lambda: projection_picture(make_projection(60, limit=28_224)),
    "projection of one turn": lambda: projection_picture(
        replace(make_projection(1), curve=make_projection(1).curve[:1], turns=1)
    ),
    "projection far from its bound": lambda: projection_picture(make_projection(high=40)),
    "calibration": lambda: calibration_picture(make_calibration()),
    "models": lambda: whatif_picture(make_whatif()),
    "policies": lambda: whatif_picture(make_policies()),
    "forty policies": lambda: whatif_picture(make_policies(40)),
    "the next response": lambda: next_picture(make_next()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_words_meet_neither_each_other_nor_the_border(name: str) -> None:
    picture = PICTURES[name]()
    height = picture.figure.get_size_inches()[1] * 100
    assert not picture.empty
    for box in picture.boxes:
        assert box.x0 >= 0
        assert box.x1 <= WIDTH
        assert box.y0 >= 0
        assert box.y1 <= height
    boxes = picture.boxes
    assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []


def crosses(box: Box, one: Place, other: Place) -> bool:
    """Whether a straight line enters a box (the clipping of Liang and Barsky)."""
    enter, leave = 0.0, 1.0
    for start, end, low, high in ((one[0], other[0], box.x0, box.x1), (one[1], other[1], box.y0, box.y1)):
        if start == end:
            if not low < start < high:
                return False
            continue
        first, last = sorted(((low - start) / (end - start), (high - start) / (end - start)))
        enter, leave = max(enter, first), min(leave, last)
    return enter < leave


@pytest.mark.parametrize("name", PICTURES)
def test_words_meet_no_line_and_no_mark(name: str) -> None:
    picture = PICTURES[name]()
    # Small letters and capitals; what hangs below the line of writing may come near.
    words = [Box(box.x0, box.y0 + 2.5, box.x1, box.y1 - 2.5) for box in picture.boxes]
    assert [(box, ends) for box in words for ends in picture.strokes if crosses(box, *ends)] == []
    assert [(box, mark) for box in words for mark in picture.marks if box.meets(mark, gap=0)] == []


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_small_and_the_same_every_time(name: str) -> None:
    first, second = PICTURES[name]().figure, PICTURES[name]().figure
    assert len(png(first)) < PNG_CAP_BYTES
    assert png(first) == png(second)
    assert svg(first) == svg(second)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_told_in_words(name: str) -> None:
    picture = PICTURES[name]()
    assert "$" in picture.alt
    assert picture.alt.endswith((".", "more."))
    assert len(picture.alt) < 4000


def words_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_meter_says_its_sum_its_parts_and_why_input_was_charged() -> None:
    meter = make_meter()
    words = words_of(meter_figure(meter))
    assert str(meter.cost) in words
    assert {"audio in", "audio out", "cached input", "text out", "not heard", "transcription"} <= set(words)
    assert "instructions changed" in words
    assert "first use" not in words
    assert "Cache misses: instructions changed" in meter_picture(meter).alt


def test_reasons_that_come_often_are_labelled_once() -> None:
    words = words_of(meter_figure(make_meter(300, busted=range(20, 300, 30))))
    assert [word for word in words if word.startswith("instructions")] == ["instructions changed (×10)"]


def _unknown(entry: Entry) -> Entry:
    return replace(entry, cost=None, exchange=replace(entry.exchange, usage=None, status="failed"))


def test_what_is_not_known_is_marked_and_not_drawn_as_nothing() -> None:
    meter = make_meter(5)
    some = Meter((*meter.entries[:3], _unknown(meter.entries[3]), meter.entries[4]), meter.sessions)
    assert words_of(meter_figure(some)).count("?") == 1
    silent = replace(_unknown(meter.entries[3]), exchange=replace(meter.entries[3].exchange, status="no_response"))
    assert "?" not in words_of(meter_figure(Meter((*meter.entries[:3], silent), meter.sessions)))


def test_a_meter_of_nothing_says_so() -> None:
    assert meter_picture(Meter((), ())).empty
    unpriced = make_meter(3, model="my-own-model")
    unheard = tuple(replace(entry, transcription=Cost()) for entry in unpriced.entries)
    picture = meter_picture(Meter(unheard, ("talk",)))
    assert picture.empty
    assert picture.alt == "nothing here has a price"


def test_one_line_goes_over_all_sessions_and_ends_at_their_sum() -> None:
    meter = joined(make_meter(5, session="one"), make_meter(6, session="two"))
    words = words_of(meter_figure(meter))
    assert "Cost so far, session after session" in words
    assert words.count("one") == words.count("two") == 2
    assert words.count("5 responses") == words.count("6 responses") == 1
    assert str(meter.cost) in words
    many = joined(*(make_meter(2, session=f"s{i}") for i in range(40)))
    words = words_of(meter_figure(many))
    assert {"28 more", "Cost so far, session after session", str(many.cost)} <= set(words)


def test_talks_that_cost_the_same_are_steps_of_one_line() -> None:
    picture = meter_picture(joined(*(make_meter(5, session=f"s{i}") for i in range(3))))
    rises = sum(one[0] == other[0] and other[1] > one[1] for one, other in picture.strokes)
    assert rises == 15


def test_what_has_no_price_is_said_beside_the_sum() -> None:
    unpriced = make_meter(model="my-own-model")
    words = words_of(meter_figure(unpriced))
    assert "+ unpriced" in words
    assert "?: no price" in words
    words = words_of(meter_figure(joined(make_meter(5), make_meter(5, session="two", model="my-own-model"))))
    assert "+ unpriced" in words
    words = words_of(meter_figure(make_meter()))
    assert not {"+ unpriced", "?: no price"} & set(words)
    silent = replace(make_meter().entries[3], cost=None)
    entries = (*make_meter().entries[:3], silent, *make_meter().entries[4:])
    assert "?: no usage sent" in words_of(meter_figure(Meter(entries, ("talk.rtnb",))))


def test_a_price_of_the_past_is_said_at_its_line_and_one_of_today_at_the_right() -> None:
    words = words_of(history_figure(history()))
    assert {"$200", "$100", "$20", "$80", "$40", "$2.50"} <= set(words)
    assert not {"$64", "$32", "$0.40"} & set(words)
    assert {"audio out $64", "audio in $32", "cached audio $0.40"} <= set(words)
    assert "shut down 2025-10-10" in words
    assert "ends 2027-01-20" in words


def test_a_price_that_goes_on_in_a_new_row_is_one_line() -> None:
    alt = history_picture(history("gpt-4o-realtime-preview-2024-10-01")).alt
    assert alt.count("audio in $100") == 1
    assert "cached audio $20 from 2024-10-30" in alt


def test_prices_without_a_first_day_begin_with_the_others() -> None:
    own = replace(rates_of(), valid_from=date.min, shutdown=None)
    assert "from 2025-11-21" in words_of(history_figure(PriceHistory("Own", (own,), DAY)))
    both = PriceHistory("Own", (own, rates_of("gpt-realtime-2.1")), DAY)
    assert words_of(history_figure(both)).count("from 2026-07-06") == 2


def test_a_history_of_nothing_says_so() -> None:
    later = replace(rates_of(), valid_from=DAY + timedelta(days=1))
    assert history_picture(PriceHistory("Later", (later,), DAY)).alt == "no prices to show"
    text = replace(rates_of(), prices=(Price("text", Decimal(4)),))
    assert history_picture(PriceHistory("Text", (text,), DAY)).empty


def test_a_projection_says_its_end_its_bounds_and_its_window() -> None:
    projection = make_projection(60, limit=28_224)
    words = words_of(projection_figure(projection))
    assert "$" + f"{projection.curve[-1].usd:,.2f}" in words
    assert any(word.startswith("no cache $") for word in words)
    assert any(word.startswith("all cached $") for word in words)
    assert "limit 28,224" in words
    assert "truncated from 31.0 min" in words
    assert "limit 28,224" not in words_of(projection_figure(make_projection(5)))


def test_the_picture_and_the_note_name_the_same_minute() -> None:
    projection = project(60, MODEL, on=DAY)
    [word] = [word for word in words_of(projection_figure(projection)) if word.startswith("truncated from ")]
    assert f"are dropped {word.removeprefix('truncated ')} on" in projection.notes[0]


def test_a_bound_that_is_the_projection_itself_is_not_said_again() -> None:
    perfect = make_projection()
    curve = tuple(replace(point, low_usd=point.usd) for point in perfect.curve)
    words = words_of(projection_figure(replace(perfect, curve=curve)))
    assert any(word.startswith("no cache") for word in words)
    assert not any(word.startswith("all cached") for word in words)


def test_a_bound_beyond_the_picture_is_marked() -> None:
    assert any(word.endswith("↑") for word in words_of(projection_figure(make_projection(high=40))))
    assert not any(word.endswith("↑") for word in words_of(projection_figure(make_projection(high=2))))


def test_the_limit_is_the_lower_of_window_and_policy() -> None:
    projection = make_projection(60)
    assumed = replace(projection.assumptions, truncation=Truncation("retention_ratio", 0.8, 20_000))
    assert "limit 20,600" in words_of(projection_figure(replace(projection, assumptions=assumed)))


def test_a_projection_without_a_price_says_so() -> None:
    assert projection_picture(make_projection(model="my-own-model")).empty
    assert projection_picture(replace(make_projection(), curve=())).empty


def test_a_calibration_shows_both_ends() -> None:
    calibration = make_calibration()
    words = words_of(calibration_figure(calibration))
    assert {"projected", "recorded"} <= set(words)
    assert str(calibration.actual) in words
    assert calibration_picture(replace(calibration, actual_curve=())).boxes


def test_what_if_shows_the_change_and_says_what_has_no_price() -> None:
    words = words_of(whatif_figure(make_whatif()))
    assert {"as recorded", "gpt-realtime-mini", "−68 %", "unpriced"} <= set(words)
    assert "Cost against the context that the model no longer sees" not in words


def test_policies_are_shown_with_what_they_lose() -> None:
    what = make_policies()
    words = words_of(whatif_figure(what))
    assert "Cost against the context that the model no longer sees" in words
    assert any("12 responses refused" in word for word in words)
    # Names in the lower picture come with the change; what another beats in both has none.
    named = [word for word in words if word.startswith("summarised") and word.endswith("%")]
    assert len(named) >= 5
    assert not any(word.startswith("of no use −") for word in words)


def test_more_variants_than_there_is_room_for_are_counted() -> None:
    what = make_policies(40)
    words = words_of(whatif_figure(what))
    [rest] = [word for word in words if word.startswith("and 19 more, ")]
    assert rest.endswith(": see the table")
    # The dearest is among those that are shown, and so is what nothing comes near.
    dearest = max(what.variants, key=lambda variant: variant.cost.exact_usd)
    assert dearest.name in words


def test_what_the_model_has_no_price_for_is_not_the_cheapest() -> None:
    heard = transcription_cost({"type": "duration", "seconds": 6}, "whisper-1", DAY)
    what = make_whatif()
    others = tuple(replace(variant, cost=variant.cost + heard) for variant in what.variants)
    words = words_of(whatif_figure(replace(what, variants=others)))
    assert words.index("gpt-realtime-mini") < words.index("my-own-model")


def test_prices_of_another_day_are_said_once() -> None:
    what = make_whatif()
    day = date(2026, 1, 31)
    others = tuple(replace(variant, on=day, name=f"{variant.name} on {day}") for variant in what.variants)
    words = words_of(whatif_figure(replace(what, variants=others)))
    assert words[0] == "The same talk, billed otherwise, at the prices of 2026-01-31"
    assert "gpt-realtime-mini" in words


def test_what_if_without_any_price_says_so() -> None:
    what = replace(make_whatif(), actual=make_whatif().variants[2], variants=())
    assert whatif_picture(what).empty


def test_the_next_response_shows_both_bounds() -> None:
    bounds = make_next()
    words = words_of(next_figure(bounds))
    assert {"at least", str(bounds.at_least), "at most", str(bounds.at_most), "cached input"} <= set(words)
    assert next_picture(replace(bounds, at_most=Cost())).empty


def test_bars_are_as_long_as_their_bills() -> None:
    meter = make_meter()
    bars = [Bar(f"{k}", {part: usd * k for part, usd in _parts(meter).items()}, f"${k}") for k in (1, 2, 4)]
    canvas = Canvas(bars_height(bars, WIDTH) + 10)
    draw_bars(canvas, canvas.height - 4, bars)
    ends = [box.x0 - 8 for box in canvas.boxes if box.x0 > 60]
    start = 2 * ends[0] - ends[1]
    assert ends[2] - start == pytest.approx(4 * (ends[0] - start))


def _parts(meter: Meter) -> dict:  # type: ignore[type-arg]
    from rtnb.plots.parts import parts_of

    return parts_of(meter.cost)
