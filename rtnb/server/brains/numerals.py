"""Numbers as people say them, both ways: "one hundred and five" to 105, and 1/3 to "about 0.3333"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["read_number", "read_whole", "say_number"]

_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_UNIT_WORDS.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TEN_WORDS.split(), start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_DIGITS = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_MOST_DIGITS = 30
_MOST_DECIMALS = 6


def read_number(words: Sequence[str], start: int = 0) -> tuple[Fraction, int] | None:
    """The number that begins at `start`, and the index after it; None when none begins there.

    Parameters
    ----------
    words : sequence of str
        Lower case words and digit strings, without thousands separators.

    Examples
    --------
    >>> read_number("two thousand and six plus one".split())
    (Fraction(2006, 1), 4)
    >>> read_number(["three", "point", "one", "four"])
    (Fraction(157, 50), 4)
    """
    total, scale_before = Fraction(0), 10**15
    current: Fraction | None = None
    at = start
    while at < len(words):
        word = words[at]
        value = _small(word)
        room = _room(current) if current is not None else (100 if at > start else None)
        if value is not None and current is None and (total == 0 or value < scale_before):
            current = value
        elif value is not None and current is not None and room and 0 < value < room:
            current += value
        elif word == "hundred" and current is not None and 0 < current < 100:
            current *= 100
        elif word in _SCALES and current is not None and current > 0 and _SCALES[word] < scale_before:
            scale_before = _SCALES[word]
            total, current = total + current * scale_before, None
        elif word == "a" and at == start and words[at + 1 : at + 2] and words[at + 1] in ("hundred", *_SCALES):
            current = Fraction(1)
        elif word == "and" and at > start and room == 100 and _joins(words, at + 1, words[at - 1]):
            pass
        else:
            break
        at += 1
    if at > start and words[at - 1] == "and":
        at -= 1
    decimals, after = _decimals(words, at)
    if at == start and not decimals:
        return None
    if decimals:
        return total + (current or 0) + Fraction(f"0.{decimals}"), after
    return total + (current or 0), at


def _small(word: str) -> Fraction | None:
    """The value of one word or digit string that can begin a number."""
    if word in _UNITS or word in _TENS:
        return Fraction(_UNITS[word] if word in _UNITS else _TENS[word])
    return Fraction(word) if _DIGITS.fullmatch(word) and len(word) <= _MOST_DIGITS else None


def _room(current: Fraction) -> int | None:
    """Below what the next word may be, to be part of the same number: 10 after twenty, 100 after a hundred."""
    if current.denominator != 1 or current <= 0:
        return None
    if current % 100 == 0:
        return 100
    return 10 if current % 10 == 0 and current % 100 >= 20 else None


def _joins(words: Sequence[str], at: int, before: str) -> bool:
    """Whether "and" stands inside a number, as in "one hundred and five"."""
    value = _small(words[at]) if at < len(words) else None
    return before in ("hundred", *_SCALES) and value is not None and 0 < value < 100


def _decimals(words: Sequence[str], at: int) -> tuple[str, int]:
    """Digits said after "point", and the index after them."""
    if at >= len(words) or words[at] != "point":
        return "", at
    digits, after = "", at + 1
    while after < len(words) and len(digits) < _MOST_DIGITS:
        word = words[after]
        if word in _UNITS and _UNITS[word] < 10:
            digits += str(_UNITS[word])
        elif word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS:
            digits += word
        else:
            break
        after += 1
    return (digits, after) if digits else ("", at)


def read_whole(text: str) -> int | None:
    """The whole number that `text` is, in digits or words; None when it is not one.

    Examples
    --------
    >>> read_whole("twenty one"), read_whole("21"), read_whole("21 apples")
    (21, 21, None)
    """
    words = text.split()
    found = read_number(words)
    if found is None or found[1] != len(words) or found[0].denominator != 1:
        return None
    return int(found[0])


def say_number(value: Fraction | float) -> str:
    """A number to be read aloud; "about" tells that it was rounded.

    Examples
    --------
    >>> [say_number(Fraction(*f)) for f in ((84, 1), (1234567, 1), (-3, 8), (1, 3))]
    ['84', '1,234,567', 'minus 0.375', 'about 0.3333']
    """
    if value < 0:
        said = say_number(-value)
        return f"about minus {said[6:]}" if said.startswith("about ") else f"minus {said}"
    if isinstance(value, Fraction):
        scaled = value * 10**_MOST_DECIMALS
        if scaled.denominator == 1 and value < 10**15:
            whole, decimals = divmod(int(scaled), 10**_MOST_DECIMALS)
            return f"{whole:,}" + (f".{decimals:06d}".rstrip("0") if decimals else "")
    try:
        size = float(value)
    except OverflowError:
        return f"about 10 to the {_decimal_exponent(value)}"
    if size == 0:
        return "about 0"
    exponent = math.floor(math.log10(size))
    if exponent >= 15 or exponent < -5:
        mantissa, power = f"{size:.3e}".split("e")
        return f"about {float(mantissa):g} times 10 to the {_signed(int(power))}"
    rounded = f"{size:,.4f}" if exponent >= 0 else f"{size:.{3 - exponent}f}"
    return f"about {rounded.rstrip('0').rstrip('.')}"


def _decimal_exponent(value: Fraction | float) -> int:
    ratio = Fraction(value)
    return round((ratio.numerator.bit_length() - ratio.denominator.bit_length()) * math.log10(2))


def _signed(number: int) -> str:
    return f"minus {-number}" if number < 0 else str(number)
