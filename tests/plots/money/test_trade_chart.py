from __future__ import annotations

from dataclasses import replace

from support.bills import make_policies, make_whatif

from rtnb.plots.canvas import WIDTH, Canvas
from rtnb.plots.money.trade_chart import TRADE_HIGH, draw_trade, trade_of, unpriced


def test_what_refuses_or_has_no_price_is_no_choice() -> None:
    trade = trade_of(make_policies())
    assert trade is not None
    assert not any(point.refused or unpriced(point) for point in trade.points)
    assert trade.known


def test_there_is_nothing_to_weigh_where_nothing_is_lost() -> None:
    assert trade_of(make_whatif()) is None
    what = make_policies()
    assert trade_of(replace(what, variants=(make_whatif().variants[2],), actual=make_whatif().variants[2])) is None


def test_what_is_far_dearer_than_the_best_is_counted_and_left_out() -> None:
    what = make_policies()
    dear = replace(what.variants[1], cost=what.actual.cost * 20, name="dear")
    trade = trade_of(replace(what, variants=(*what.variants, dear)))
    assert trade is not None
    assert trade.above == 1
    assert dear not in trade.points


def test_variants_that_cost_the_same_can_be_weighed() -> None:
    what = make_policies()
    alike = tuple(replace(v, cost=what.actual.cost, refused=0) for v in what.variants)
    trade = trade_of(replace(what, variants=alike))
    assert trade is not None
    canvas = Canvas(TRADE_HIGH)
    draw_trade(canvas, trade)
    assert all(box.y0 >= 0 and box.y1 <= TRADE_HIGH and box.x1 <= WIDTH for box in canvas.boxes)


def test_the_best_are_named_with_the_change() -> None:
    trade = trade_of(make_policies())
    assert trade is not None
    canvas = Canvas(TRADE_HIGH)
    draw_trade(canvas, trade)
    words = [text.get_text() for text in canvas.figure.axes[0].texts]
    assert "as recorded" in words
    assert sum(word.startswith("summarised") and word.endswith("%") for word in words) >= 5
    # What coincides with the talk as it was is not named a second time.
    assert not any(word.startswith("auto") for word in words)
