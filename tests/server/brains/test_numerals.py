"""Numbers in words, both ways."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.numerals import read_number, read_whole, say_number

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def in_words(number: int, joined: str) -> str:
    """`number` in English, with `joined` ("and" or nothing) after hundreds."""
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            tail = (
                ""
                if not rest
                else f" {joined} {in_words(rest, joined)}"
                if size == 100
                else f" {in_words(rest, joined)}"
            )
            return f"{in_words(number // size, joined)} {name}{tail}"
    if number < 20:
        return UNITS.split()[number]
    tens = TENS.split()[number // 10 - 2]
    return tens if number % 10 == 0 else f"{tens} {UNITS.split()[number % 10]}"


@given(number=st.integers(0, 10**9 - 1), joined=st.sampled_from(["and", ""]))
def test_reads_what_is_written_in_words(number: int, joined: str) -> None:
    assert read_whole(in_words(number, joined)) == number


@given(number=st.integers(0, 10**12))
def test_reads_digits(number: int) -> None:
    assert read_whole(str(number)) == number


@pytest.mark.parametrize(
    ("text", "number", "words_read"),
    [
        ("one hundred and five and three", 105, 4),
        ("five and three", 5, 1),
        ("a hundred", 100, 2),
        ("three point one four", Fraction("3.14"), 4),
        ("point five", Fraction("0.5"), 2),
        ("zero point two five plus", Fraction("0.25"), 4),
        ("2 million", 2_000_000, 2),
        ("1.5 million", 1_500_000, 2),
        ("twenty ten", 20, 1),
        ("twenty point", 20, 1),
        ("nineteen ninety", 19, 1),
        ("two thousand and six", 2006, 4),
        ("thousand", None, 0),
        ("and five", None, 0),
        ("a dog", None, 0),
        ("", None, 0),
    ],
)
def test_reads_the_longest_number(text: str, number: Fraction | int | None, words_read: int) -> None:
    found = read_number(text.split())
    assert found == (None if number is None else (number, words_read))


def test_reads_from_the_middle() -> None:
    assert read_number(["from", "three", "to", "seven"], 1) == (Fraction(3), 2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Fraction(0), "0"),
        (Fraction(84), "84"),
        (Fraction(-84), "minus 84"),
        (Fraction(1, 8), "0.125"),
        (Fraction(2, 3), "about 0.6667"),
        (Fraction(-2, 3), "about minus 0.6667"),
        (Fraction(100, 3), "about 33.3333"),
        (Fraction(1, 3000), "about 0.0003333"),
        (Fraction(10**15), "about 1 times 10 to the 15"),
        (Fraction(1, 10**9), "about 1 times 10 to the minus 9"),
        (Fraction(1, 10**400), "about 0"),
        (Fraction(10**15 - 1), "999,999,999,999,999"),
        (2.0**0.5, "about 1.4142"),
        (0.0, "about 0"),
    ],
)
def test_says_numbers(value: Fraction | float, said: str) -> None:
    assert say_number(value) == said


@given(value=st.fractions() | st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_said_is_near_the_value(value: Fraction | float) -> None:
    said = say_number(value)
    text = said.removeprefix("about ").replace("minus ", "-").replace(",", "")
    mantissa, _, exponent = text.partition(" times 10 to the ")
    near = float(f"{mantissa}e{exponent or 0}")
    if said.startswith("about "):
        assert near == pytest.approx(float(value), rel=1e-3, abs=1e-300) or abs(float(value)) > 1.797e308
    else:
        assert Fraction(text) == value


def test_numbers_beyond_floats_are_said_by_their_size() -> None:
    assert say_number(Fraction(2**4000)) == "about 10 to the 1204"
