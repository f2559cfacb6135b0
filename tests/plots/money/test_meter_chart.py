"""The picture of a meter."""

from __future__ import annotations

from dataclasses import replace

from support.bills import (
    joined,
    make_meter,
    words_of,
)

from rtnb.plots.money.meter_chart import meter_figure, meter_picture
from rtnb.pricing import Cost
from rtnb.pricing.bills.meter import Entry, Meter


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
