"""A calculator over words and signs, exact in fractions; no ``eval``.

Precedence is Python's: powers bind tightest and to the right, then signs and roots, then times and divided by,
then plus and minus.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction

from rtnb.server.brains.numerals import read_number, say_number

__all__ = ["NoValueError", "Token", "evaluate", "read_tokens", "say_tokens", "write_tokens"]

Token = Fraction | str
"""A number, or one of ``+ - * / ^ % ( ) mod of sqrt``."""

_PHRASES: tuple[tuple[str, str], ...] = (
    ("raised to the power of", "^"),
    ("to the power of", "^"),
    ("to the power", "^"),
    ("the square root of", "sqrt"),
    ("square root of", "sqrt"),
    ("square root", "sqrt"),
    ("sqrt", "sqrt"),
    ("multiplied by", "*"),
    ("multiplied with", "*"),
    ("divided by", "/"),
    ("take away", "-"),
    ("percent of", "% of"),
    ("per cent of", "% of"),
    ("% of", "% of"),
    ("half of", "half of"),
    ("a half of", "half of"),
    ("a third of", "third of"),
    ("a quarter of", "quarter of"),
    ("per cent", "%"),
    ("percent", "%"),
    ("squared", "^ two"),
    ("cubed", "^ three"),
    ("plus", "+"),
    ("minus", "-"),
    ("negative", "-"),
    ("times", "*"),
    ("x", "*"),
    ("over", "/"),
    ("modulo", "mod"),
    ("open parenthesis", "("),
    ("close parenthesis", ")"),
    ("open bracket", "("),
    ("close bracket", ")"),
)
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "²": " squared ", "³": " cubed "})
_PHRASE = re.compile(
    r"(?<![a-z])(?:" + "|".join(re.escape(p) for p, _ in sorted(_PHRASES, key=lambda e: -len(e[0]))) + r")(?![a-z])"
)
_MEANING = dict(_PHRASES)
_SCAN = re.compile(r"\d+(?:\.\d+)?|\.\d+|[a-z]+|\*\*|[-+*/^%()=]")
_SPOKEN = {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "divided by",
    "^": "to the power of",
    "%": "percent",
    "sqrt": "the square root of",
}
_PARTS = {"half": Fraction(1, 2), "third": Fraction(1, 3), "quarter": Fraction(1, 4)}
_MOST_TOKENS = 60
_MOST_BITS = 4096


class NoValueError(ArithmeticError):
    """An expression without a value one could say; the message is the reason, in words."""


def read_tokens(text: str) -> list[Token]:
    """Numbers, operators and all other words of `text`, in order.

    Examples
    --------
    >>> [str(token) for token in read_tokens("What is 15% of 1,200?")]
    ['what', 'is', '15', '%', 'of', '1200']
    """
    text = text.lower().translate(_SIGNS)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=\d)\s*x\s*(?=\d)", " * ", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    text = re.sub(r"%(?=\s*[\d(])", " mod ", text)
    text = _PHRASE.sub(lambda match: f" {_MEANING[match.group()]} ", text)
    words = ["^" if word == "**" else word for word in _SCAN.findall(text)]
    tokens: list[Token] = []
    at = 0
    while at < len(words):
        number = read_number(words, at)
        if number is not None:
            tokens.append(number[0])
            at = number[1]
            continue
        followed_by_of = words[at + 1 : at + 2] == ["of"]
        tokens.append(_PARTS[words[at]] if words[at] in _PARTS and followed_by_of else words[at])
        at += 1
    return tokens


def evaluate(tokens: Sequence[Token]) -> Fraction | float | None:
    """The value, a Fraction where it is exact; None when `tokens` are not an expression.

    Raises
    ------
    NoValueError
        Division by zero, an imaginary root, or a number too large to say.

    Examples
    --------
    >>> evaluate(read_tokens("2 + 3 * (4 - 1) ^ 2"))
    Fraction(29, 1)
    """
    if not tokens or len(tokens) > _MOST_TOKENS:
        return None
    try:
        parser = _Parser(tokens)
        value, _ = parser.sum()
        if parser.token is not None:
            return None
        if isinstance(value, float) and not math.isfinite(value):
            raise OverflowError
    except _NotAnExpressionError:
        return None
    except ZeroDivisionError:
        raise NoValueError("nothing can be divided by zero") from None
    except OverflowError:
        raise NoValueError("it is too large for me") from None
    return value


def say_tokens(tokens: list[Token]) -> str:
    """An expression in words.

    Examples
    --------
    >>> say_tokens(read_tokens("(2+3)*4"))
    '(2 plus 3) times 4'
    """
    said = " ".join(_say(token, tokens[at + 1 : at + 2] == ["of"]) for at, token in enumerate(tokens))
    return said.replace("( ", "(").replace(" )", ")")


def write_tokens(tokens: Sequence[Token]) -> str:
    """An expression in signs, as calculators and programs read it.

    Examples
    --------
    >>> write_tokens(read_tokens("fifteen percent of (80 minus 20)"))
    '15% * (80 - 20)'
    """
    signs = {"of": "*", "^": "**", "mod": "%"}
    written = " ".join(signs.get(t, t) if isinstance(t, str) else _written(t) for t in tokens)
    return re.sub(r"sqrt (\S+)", r"sqrt(\1)", written.replace("( ", "(").replace(" )", ")")).replace(" %", "%")


def _written(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def _say(token: Token, before_of: bool) -> str:
    if isinstance(token, str):
        return _SPOKEN.get(token, token)
    named = (word for word, part in _PARTS.items() if before_of and part == token)
    return next(named, say_number(token))


class _NotAnExpressionError(Exception):
    pass


class _Parser:
    """Recursive descent; each method returns a value and whether it is a bare percentage."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *wanted: str) -> str | None:
        token = self.token
        if isinstance(token, str) and token in wanted:
            self._at += 1
            return token
        return None

    def sum(self) -> tuple[Fraction | float, bool]:
        value, percent = self.product()
        while sign := self._take("+", "-"):
            right, right_percent = self.product()
            if right_percent and not percent:
                right = value * right  # "80 plus 15 percent" means 15 percent of the 80
            value = value + right if sign == "+" else value - right
            percent = percent and right_percent
        return value, percent

    def product(self) -> tuple[Fraction | float, bool]:
        value, percent = self.signed()
        while sign := self._take("*", "/", "mod", "of"):
            right, _ = self.signed()
            percent = False
            if sign == "/":
                value = value / right
            elif sign == "mod":
                value = value % right
            else:
                value = value * right
        return value, percent

    def signed(self) -> tuple[Fraction | float, bool]:
        if sign := self._take("-", "+"):
            value, percent = self.signed()
            return (-value if sign == "-" else value), percent
        if self._take("sqrt"):
            return _root(self.signed()[0]), False
        return self.power()

    def power(self) -> tuple[Fraction | float, bool]:
        value, percent = self.atom(), False
        while self._take("%"):
            value, percent = value / 100, True
        if self._take("^"):
            return _power(value, self.signed()[0]), False
        return value, percent

    def atom(self) -> Fraction | float:
        token = self.token
        if isinstance(token, Fraction):
            self._at += 1
            return token
        if self._take("("):
            value, _ = self.sum()
            if self._take(")"):
                return value
        raise _NotAnExpressionError


def _root(value: Fraction | float) -> Fraction | float:
    if value < 0:
        raise NoValueError("a negative number has no real square root")
    if isinstance(value, Fraction):
        top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if (top * top, bottom * bottom) == (value.numerator, value.denominator):
            return Fraction(top, bottom)
    return math.sqrt(value)


def _power(base: Fraction | float, exponent: Fraction | float) -> Fraction | float:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits > 1 and bits * abs(exponent) > _MOST_BITS:
            raise OverflowError
        return Fraction(base ** int(exponent))
    if base < 0:
        raise NoValueError("a negative number has no real root there")
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    return math.pow(base, exponent)
