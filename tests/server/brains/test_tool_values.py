"""Values in what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import tool_values as values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tomorrow evening", "tomorrow evening"),
        ("on the 3rd of May", "the 3rd of May"),
        ("May 3rd, 2027", "May 3rd, 2027"),
        ("2026-12-24", "2026-12-24"),
        ("next Friday", "next Friday"),
        ("in two weeks", "in two weeks"),
        ("You may go.", None),
        ("I march on.", None),
    ],
)
def test_dates(text: str, found: str | None) -> None:
    assert values.date_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at 7 p.m. please", "7 p.m"),
        ("at 19:30", "19:30"),
        ("at half past six", "half past six"),
        ("seven o'clock", "seven o'clock"),
        ("at noon", "noon"),
        ("at eight people", None),
        ("at 50 percent", None),
        ("for two", None),
    ],
)
def test_times(text: str, found: str | None) -> None:
    assert values.time_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("order 12345", "12345"),
        ("order number is AB-123", "AB-123"),
        ("order #77", "77"),
        ("ticket one two three", "123"),
        ("code A B 1 2", "B12"),
        ("order five", "5"),
        ("my order of tomorrow at 7 pm", None),
        ("my order", None),
    ],
)
def test_identifiers(text: str, found: str | None) -> None:
    assert values.identifier_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weather in Paris, Rome and Oslo", ["Paris", "Rome", "Oslo"]),
        ("weather in Austin, Texas", ["Austin, Texas"]),
        ("weather in rio de janeiro", ["Rio De Janeiro"]),
        ("weather for Friday in Bonn", ["Bonn"]),
        ("weather for me", []),
    ],
)
def test_places(text: str, found: list[str]) -> None:
    assert values.places_in(text) == found


def test_numbers_know_what_is_around_them() -> None:
    (first, second) = values.numbers_in("Two pizzas and minus 1,200.5 points for this one")
    assert (first.plain, first.after[0], second.plain, second.after[0]) == (2, "pizzas", -1200.5, "points")


def test_minus_between_two_numbers_is_no_sign() -> None:
    assert [n.plain for n in values.numbers_in("seven minus nine")] == [7, 9]
    assert [n.plain for n in values.numbers_in("seven times minus nine")] == [7, -9]
    assert [n.plain for n in values.numbers_in("minus three plus five")] == [-3, 5]


@given(st.text(max_size=200))
def test_nothing_breaks_on_any_text(text: str) -> None:
    for find in (
        *(values.date_in, values.time_in, values.identifier_in, values.person_in, values.message_in),
        *(values.places_in, values.names_in, values.numbers_in, values.email_in, values.quoted_in),
    ):
        find(text)
