"""The skill of simple geography: capitals, largest cities, and where a city is."""

from __future__ import annotations

import re
from functools import cache

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import capitalized, plain

__all__ = ["answer_geography"]

_CAPITAL_OF = re.compile(r"\bcapital(?: city)? (?:of|in) (?P<place>.+)$|\b(?P<before>[\w ]+?) capital(?: city)?$")
_LARGEST = re.compile(r"\b(?:largest|biggest|most populous) city (?:of|in) (?P<place>.+)$")
_REVERSE = re.compile(
    r"\b(?:which|what) (?:country|state|province)(?: is| has)? (?P<city>.+?)(?: is)?(?: the| as its| its)? capital\b|"
    r"^(?:of )?(?:which|what) (?:country|state|province) is (?P<of>.+?) the capital\b|"
    r"^(?P<is>[\w ]+) is the capital of "
)
_WHERE = re.compile(
    r"\b(?:where is|where are|in (?:which|what) (?:city|country) is|what (?:city|country) is)"
    r"(?: the)? (?P<place>.+?)(?: in| located)?$"
)
_TRAILS = re.compile(r" (?:please|again|exactly|called|now|today|do you know|located|then)$")
_LEADS = re.compile(r"^(?:.*\b(?:what is|what was|name|tell me|is)\b )?(?:the |city of )*")


@cache
def _table(name: str) -> dict[str, tuple[str, str]]:
    """By the place as it is compared: the place and the value as they are said."""
    rows: dict[str, str] = section(name, "geography.json")
    return {_key(place): (place, value) for place, value in rows.items()}


@cache
def _of_capital() -> dict[str, str]:
    found: dict[str, str] = {}
    for place, city in section("capitals", "geography.json").items():
        found.setdefault(_key(city), place)
    return found


def _key(text: str) -> str:
    return re.sub(r"^(?:the|a) ", "", plain(text))


def _asked(text: str) -> str:
    while (shorter := _TRAILS.sub("", text)) != text:
        text = shorter
    return _key(text)


def answer_geography(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer what the capital of a country is, and the like.

    Examples
    --------
    >>> answer_geography(Utterance("What's the capital of France?")).sentences
    ('The capital of France is Paris.',)
    >>> answer_geography(Utterance("Where is Toronto?")).sentences
    ('Toronto is in Ontario, Canada.',)
    """
    if found := _LARGEST.search(said.plain):
        return _answer("largest", "The largest city of {place} is {value}.", found["place"])
    if found := _REVERSE.search(said.plain):
        city = _asked(found["city"] or found["of"] or found["is"])
        place = _of_capital().get(re.sub(r"^is ", "", city))
        if place and not found["is"]:
            return Answer("geography", (f"{_city(place)} is the capital of {place}.",))
    if found := _CAPITAL_OF.search(said.plain):
        place = found["place"] or _LEADS.sub("", found["before"])
        return _answer("capitals", "The capital of {place} is {value}.", place)
    if found := _WHERE.search(said.plain):
        asked = _asked(found["place"])
        if answer := _answer("cities", "{place} is in {value}.", asked) or _answer(
            "landmarks", "{place} is in {value}.", asked
        ):
            return answer
        if country := _of_capital().get(asked):
            return Answer("geography", (f"{_city(country)} is in {country}.",))
    return None


def _city(place: str) -> str:
    return str(section("capitals", "geography.json")[place])


def _answer(table: str, frame: str, place: str) -> Answer | None:
    row = _table(table).get(_asked(place))
    if row is None:
        return None
    text = frame.replace("{place}", row[0]).replace("{value}", row[1])
    return Answer("geography", (capitalized(text.removesuffix(".")) + ("" if text.endswith("D.C..") else "."),))
