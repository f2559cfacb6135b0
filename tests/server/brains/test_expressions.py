"""The calculator, held against Python's own arithmetic."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.expressions import NoValueError, evaluate, read_tokens, say_tokens

WORDS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "**": "to the power of", "%": "mod"}

numbers = st.integers(0, 999).map(str) | st.decimals(0, 99, places=2).map(str)


def _joined(parts: tuple[str, str, str]) -> str:
    return " ".join(parts)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    grouped = inner.map(lambda text: f"( {text} )")
    return (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner).map(_joined)
        | grouped
        | grouped.map(lambda text: f"- {text}")
        | st.tuples(grouped, st.just("**"), st.integers(0, 4).map(str)).map(_joined)
    )


expressions = st.recursive(numbers, _compound, max_leaves=8)


def by_python(source: str) -> Any:
    """What Python makes of `source`, every number a Fraction."""
    exact = re.sub(r"\d+(?:\.\d+)?", lambda number: f"Fraction('{number.group()}')", source)
    return eval(exact, {"Fraction": Fraction})


def in_words(source: str) -> str:
    return " ".join(WORDS.get(part, part) for part in source.split())


@given(source=expressions)
def test_any_expression_has_pythons_value(source: str) -> None:
    # A percent sign between numbers is the remainder, as in Python; "mod" is its name.
    tokens = read_tokens(in_words(source))
    try:
        expected = by_python(source)
    except ZeroDivisionError:
        with pytest.raises(NoValueError, match="zero"):
            evaluate(tokens)
        return
    try:
        value = evaluate(tokens)
    except NoValueError as reason:
        assert "too large" in str(reason)
        assert abs(expected) > 10**100 or expected.denominator > 10**100
        return
    assert value is not None
    if isinstance(expected, Fraction):
        assert value == expected
    else:
        assert value == pytest.approx(expected)


@given(source=expressions)
def test_signs_and_words_are_the_same(source: str) -> None:
    assert read_tokens(source.replace("%", "mod")) == read_tokens(in_words(source))


@given(text=st.text(alphabet="0123456789.+-*/^%() xmodplusof", max_size=40))
def test_whatever_is_written_is_a_value_or_no_expression_or_has_a_reason(text: str) -> None:
    tokens = read_tokens(text)
    assert say_tokens(tokens) is not None
    try:
        value = evaluate(tokens)
    except NoValueError as reason:
        assert str(reason)
    else:
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15% of 80", 12),
        ("15 percent of 80", 12),
        ("80 plus 15 percent", 92),
        ("80 minus 25 percent", 60),
        ("5 percent plus 10 percent", Fraction(15, 100)),
        ("half of 10", 5),
        ("a third of 12", 4),
        ("square root of 81", 9),
        ("the square root of 2.25", Fraction(3, 2)),
        ("square root of 16 plus 9", 13),
        ("4 squared", 16),
        ("2 cubed", 8),
        ("5²", 25),
        ("2 ** 3 ** 2", 512),
        ("-3 ^ 2", -9),
        ("7 % 4", 3),
        ("6 × 7 − 2", 40),
        ("12x7", 84),
        ("1,200 + 34", 1234),
        ("twenty-one plus one", 22),
        ("open parenthesis 2 plus 3 close parenthesis times 4", 20),
    ],
)
def test_what_people_write_and_say(text: str, value: Fraction | int) -> None:
    assert evaluate(read_tokens(text)) == value


@pytest.mark.parametrize("text", ["", "plus", "2 +", "2 3", "( 2", "2 )", "apples plus 2", "2 + of", "1 +" * 40 + "1"])
def test_what_is_no_expression(text: str) -> None:
    assert evaluate(read_tokens(text)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "divided by zero"),
        ("1 mod 0", "divided by zero"),
        ("0 ^ -1", "divided by zero"),
        ("0 ^ -0.5", "divided by zero"),
        ("square root of -4", "no real square root"),
        ("(-8) ^ 0.5", "no real root"),
        ("10 ^ 5000", "too large"),
        ("9 ^ 9 ^ 9 ^ 9", "too large"),
        ("(10 ^ 300.5) * (10 ^ 300.5)", "too large"),
    ],
)
def test_expressions_without_a_value_say_why(text: str, reason: str) -> None:
    with pytest.raises(NoValueError, match=reason):
        evaluate(read_tokens(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(2+3)*4", "(2 plus 3) times 4"),
        ("15% of 80", "15 percent of 80"),
        ("half of 10", "half of 10"),
        ("0.5 * 4", "0.5 times 4"),
        ("sqrt 9 ^ -2", "the square root of 9 to the power of minus 2"),
    ],
)
def test_expressions_are_said_in_words(text: str, said: str) -> None:
    assert say_tokens(read_tokens(text)) == said
