"""A bill to come, and beside what was recorded."""

from __future__ import annotations

from dataclasses import replace

from support.bills import (
    DAY,
    MODEL,
    make_calibration,
    make_projection,
    words_of,
)

from rtnb.plots.money.projection_chart import (
    calibration_figure,
    calibration_picture,
    projection_figure,
    projection_picture,
)
from rtnb.pricing import project
from rtnb.tokens.context import Truncation


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
