"""The skill of sums: finds the expression in a sentence, works it out, and says both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from rtnb.server.brains.base import Message
from rtnb.server.brains.expressions import NoValueError, Token, evaluate, read_tokens, say_tokens
from rtnb.server.brains.numerals import say_number
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import capitalized

__all__ = ["answer_arithmetic", "sum_in"]

_WORDS_BEFORE = (
    "so and okay ok well please now then hey hi hello um uh can could would will you tell me us do know what whats s "
    "is are how much many does calculate compute evaluate solve work out give find get if i we let the result value "
    "answer of to a just quickly one more question"
)
_WORDS_AFTER = "please equals equal to make makes is be = for me us again exactly now then thanks you"
_BEFORE = frozenset(_WORDS_BEFORE.split())
_AFTER = frozenset(_WORDS_AFTER.split())
_ASKING = re.compile(r".*\b(?:what(?:'s| is| are)|how much is|calculate|compute)\b", re.IGNORECASE | re.DOTALL)
_ORDERS: dict[Token, str] = {
    "add": "+",
    "sum": "+",
    "subtract": "-",
    "take": "-",
    "difference": "-",
    "multiply": "*",
    "product": "*",
    "divide": "/",
}
_LONGEST_RESTATED = 16
"""In tokens: beyond it an expression is not said again."""


def answer_arithmetic(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer a sum, in digits or words.

    Examples
    --------
    >>> answer_arithmetic(Utterance("What is twelve times seven?")).sentences
    ('12 times 7 is 84.',)
    >>> answer_arithmetic(Utterance("What is 5 divided by zero?")).sentences
    ('5 divided by 0 has no answer: nothing can be divided by zero.',)
    """
    text = said.text.replace("’", "'")
    asked = _ASKING.match(text)
    for candidate in (text, text[asked.end() :] if asked else ""):
        expression = _expression(read_tokens(candidate))
        if len(expression) < 2:
            continue
        restated = capitalized(say_tokens(expression)) if len(expression) <= _LONGEST_RESTATED else "That"
        try:
            value = evaluate(expression)
        except NoValueError as reason:
            return Answer("arithmetic", (f"{restated} has no answer: {reason}.",))
        if value is not None:
            return Answer("arithmetic", (f"{restated} is {say_number(value)}.",))
    return None


def sum_in(text: str) -> list[Token]:
    """The expression in `text`; empty where there is none that has a value.

    Examples
    --------
    >>> [str(token) for token in sum_in("What is twelve times seven?")]
    ['12', '*', '7']
    """
    asked = _ASKING.match(text)
    for candidate in (text, text[asked.end() :] if asked else ""):
        expression = _expression(read_tokens(candidate))
        try:
            if len(expression) > 1 and evaluate(expression) is not None:
                return expression
        except NoValueError:
            return expression
    return []


def _expression(tokens: Sequence[Token]) -> list[Token]:
    """`tokens` without the words around the sum, with orders such as "add 2 and 3" rewritten as sums."""
    rest = list(tokens)
    while rest and rest[0] in _BEFORE:
        rest.pop(0)
    while rest and rest[-1] in _AFTER:
        rest.pop()
    if not rest or isinstance(rest[0], Fraction):
        return rest
    order = rest[0]
    if order in ("double", "twice"):
        return [Fraction(2), "*", *rest[1:]]
    if order not in _ORDERS:
        return rest
    rest = [token for token in rest[1:] if token not in ("of", "between", "the")]
    if order in ("subtract", "take") and "from" in rest:
        at = rest.index("from")
        return [*rest[at + 1 :], "-", *rest[:at]]
    return [_ORDERS[order] if token in ("and", "to", "by", "with", "from") else token for token in rest]
