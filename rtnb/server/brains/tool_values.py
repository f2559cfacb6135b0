"""Values in an utterance: places, dates, times, numbers with their units, numbers of orders, people, quotations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final

from rtnb.server.brains.numerals import read_number
from rtnb.server.brains.tool_words import tools_data
from rtnb.server.brains.words import capitalized

__all__ = [
    "Number",
    "date_in",
    "durations_s",
    "email_in",
    "identifier_in",
    "message_in",
    "names_in",
    "numbers_in",
    "person_in",
    "places_in",
    "quoted_in",
    "time_in",
    "without_times",
]

_DAYS: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTHS: Final = (
    "(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)"
)
_NTH: Final = r"(?:\d{1,2}(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)"
_SMALL: Final = "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_DATE: Final = re.compile(
    rf"\b(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|"
    rf"(?:the )?{_NTH} (?:of )?{_MONTHS}(?:,? \d{{4}})?|{_MONTHS} (?:the )?{_NTH}(?:,? \d{{4}})?(?!\w)|"
    rf"the day after tomorrow|(?:today|tonight|tomorrow|yesterday)(?: (?:morning|afternoon|evening|night))?|"
    rf"(?:(?:this|next|last|coming) )?{_DAYS}s?(?: (?:morning|afternoon|evening|night))?|"
    rf"(?:this|next|last) (?:week|month|year|weekend|morning|afternoon|evening)|"
    rf"in (?:a|an|\d+|{_SMALL}) (?:days?|weeks?|months?))\b",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    rf"\b(?:(?:half|quarter|ten|five|twenty) (?:past|to) (?:\d{{1,2}}|{_SMALL})|"
    rf"(?:\d{{1,2}}(?::\d\d)?|{_SMALL})(?: thirty| fifteen)? ?(?:[ap]\.?\s?m\b\.?|o'?clock)"
    rf"(?: in the (?:morning|afternoon|evening)| at night)?|"
    rf"\d{{1,2}}:\d\d|noon|midnight|"
    rf"(?<=at )(?:\d{{1,2}}|{_SMALL})(?: thirty| fifteen)?(?: in the (?:morning|afternoon|evening))?"
    rf"(?![\w:%]| (?:percent|degrees|people|persons|guests)))",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL: Final = re.compile(r"\b([\w.]+) at ([\w-]+) dot (\w{2,})\b", re.IGNORECASE)
_QUOTED: Final = re.compile(
    r"[\"“](?P<words>[^\"“”]{1,400})[\"”]|(?:^|(?<=\s))['‘](?P<single>[^'‘’]{1,400})['’](?=\W|$)"
)
_NUMBERED: Final = (
    r"(?:order|number|id|code|tracking|reference|booking|ticket|account|invoice|case|reservation|sku|confirmation|"
    r"product|part|flight|item|customer|no\.?|#)"
)
_ID: Final = re.compile(
    rf"\b{_NUMBERED}(?:\s+(?:{_NUMBERED}|is|it's|:|#))*\s*[:#]?\s*(?P<id>(?=[\w-]*\d)[A-Za-z0-9][\w-]*)|"
    r"#\s?(?P<hash>\w[\w-]*)|\b(?P<mixed>[A-Z]{1,5}-?\d[\w-]*)\b|\b(?P<long>\d[\d-]{2,})\b",
    re.IGNORECASE,
)
_DIGIT: Final = dict(
    zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], "0123456789", strict=True)
) | {"oh": "0"}
_NAME: Final = r"[A-Z][\w'’-]*(?: (?:van |de |von )?[A-Z][\w'’-]*){0,2}"
_PERSON: Final = re.compile(
    r"\b(?i:to|for|with|call|phone|dial|ring|email|mail|text|message|tell|ask|remind|named|called|contact|about|"
    r"invite|name is|name of|under|name|speak to) "
    rf"(?:(?i:doctor|dr\.?|mr\.?|mrs\.?|ms\.?|my|the|name) )*(?P<name>{_NAME})"
)
_RELATIVE: Final = re.compile(
    r"\b(?:to|for|with|call|email|text|tell|message) my (?P<name>mom|mother|dad|father|wife|husband|boss|brother|"
    r"sister|"
    r"son|daughter|doctor|friend|partner|team|manager|landlord)\b",
    re.IGNORECASE,
)
_MESSAGE: Final = re.compile(
    r"\b(?:saying|that says|which says|to say|and say|with the (?:message|text|words|body)|the message|"
    r"(?:tell|telling|inform|informing|text|message|note|write|remember|remind me|know)(?: [\w']+){0,3}? that|note:?|"
    r"remind (?:me|us) (?:to|about|of)|"
    r"(?:message|body|text|reads?):)(?: that)?[\s:,]+(?P<words>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_CAPITAL: Final = (
    r"(?:[A-Z][\w'’.-]*)(?: (?:de |la |of |do |am |upon )?[A-Z][\w'’.-]*){0,3}(?:, [A-Z][A-Za-z]{1,14}(?=\W|$))?"
)
_UNITS_S: Final = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the words around it."""

    value: Fraction
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def plain(self) -> int | float:
        """As JSON has it."""
        return int(self.value) if self.value.denominator == 1 else float(self.value)


@cache
def _no_places() -> frozenset[str]:
    return frozenset(tools_data("no_places").split())


def quoted_in(text: str) -> str | None:
    """What stands in quotation marks.

    Examples
    --------
    >>> quoted_in('Play "Hey Jude" please.')
    'Hey Jude'
    """
    found = _QUOTED.search(text)
    return (found["words"] or found["single"]).strip() if found else None


def date_in(text: str) -> str | None:
    """A date as it was said.

    Examples
    --------
    >>> date_in("A table on Friday, please."), date_in("on the 3rd of May 2027"), date_in("we may go")
    ('Friday', 'the 3rd of May 2027', None)
    """
    found = _DATE.search(text)
    return found.group().strip() if found else None


def time_in(text: str) -> str | None:
    """A time of day as it was said.

    Examples
    --------
    >>> time_in("tomorrow at 7:30 pm"), time_in("at seven"), time_in("set it to seven")
    ('7:30 pm', 'seven', None)
    """
    found = _TIME.search(text)
    return found.group().strip(" .") if found else None


def without_times(text: str) -> str:
    """`text` without its dates and times."""
    return _TIME.sub(" ", _DATE.sub(" ", text))


def email_in(text: str) -> str | None:
    """An address, also a spoken one.

    Examples
    --------
    >>> email_in("Write to ada at example dot com.")
    'ada@example.com'
    """
    if found := _EMAIL.search(text):
        return found.group()
    spoken = _SPOKEN_EMAIL.search(text)
    return f"{spoken[1]}@{spoken[2]}.{spoken[3]}".lower() if spoken else None


def identifier_in(text: str) -> str | None:
    """The number or code of an order or the like, also digit by digit.

    Examples
    --------
    >>> identifier_in("Where is my order AB-123?"), identifier_in("order one two three four")
    ('AB-123', '1234')
    """
    bare = without_times(text)
    words = re.findall(r"[a-z0-9]+", bare.lower())
    if spelled := _spelled(words):
        return spelled
    for match in _ID.finditer(bare):
        return next(value for value in match.groups() if value).rstrip("-")
    numbers = numbers_in(bare)
    return str(numbers[0].plain) if len(numbers) == 1 else None


def _spelled(words: Iterable[str]) -> str:
    """The longest run of digits (and single letters) said one by one, of three or more."""
    best, run = "", ""
    for word in [*words, ""]:
        digit = _DIGIT.get(word) or (word if len(word) == 1 and word.isdigit() else "")
        letter = word.upper() if len(word) == 1 and word.isalpha() and word not in "ai" else ""
        if digit or letter:
            run += digit or letter
            continue
        if len(run) >= 3 and len(run) > len(best) and any(c.isdigit() for c in run):
            best = run
        run = ""
    return best


def person_in(text: str) -> str | None:
    """Who is named.

    Examples
    --------
    >>> person_in("Please email Ada Lovelace about lunch."), person_in("call my mother")
    ('Ada Lovelace', 'mother')
    """
    for found in _PERSON.finditer(text):
        if found["name"].split()[0].lower() not in _no_places():
            return str(found["name"])
    relative = _RELATIVE.search(text)
    return relative["name"] if relative else None


def message_in(text: str) -> str | None:
    """What is to be passed on.

    Examples
    --------
    >>> message_in("Text Bob that I am late.")
    'I am late'
    """
    if (words := quoted_in(text)) is not None:
        return words
    found = _MESSAGE.search(text)
    return found["words"].strip(" .") or None if found else None


def places_in(text: str, prepositions: str = "in|at|for|near|around|of|to|from|like in") -> list[str]:
    """Places after one of the prepositions, else names that stand alone.

    Examples
    --------
    >>> places_in("What is the weather in Paris and London today?")
    ['Paris', 'London']
    >>> places_in("weather in new york tomorrow"), places_in("flights to Rome", "from")
    (['New York'], [])
    """
    bare = without_times(text)
    after = re.compile(
        rf"\b(?i:{prepositions}) (?i:the city of |the )?(?P<list>{_CAPITAL}(?:(?:, | and |, and ){_CAPITAL})*)"
    )
    for match in after.finditer(bare):
        if names := _listed(match["list"]):
            return names
    # Without capitals, as some recognisers and many people write: until a word that is no name.
    for match in re.finditer(rf"\b(?:{prepositions}) (?:the city of )?(?P<words>[^?!.,;:]+)", bare):
        words: list[str] = []
        for word in match["words"].split():
            if word.lower() in _no_places() or not word[0].isalpha() or len(words) == 3:
                break
            words.append(capitalized(word))
        if words:
            return [" ".join(words)]
    return []


def names_in(text: str) -> list[str]:
    """Capitalised names anywhere but at the beginning."""
    found = []
    for match in re.finditer(_CAPITAL, without_times(text)):
        if match.start() and not re.search(r"[.!?]\s*$", text[: match.start()]):
            found += _listed(match.group())
    return found


def _listed(text: str) -> list[str]:
    names = re.split(r" and (?=[A-Z])|, and ", text)
    # "Austin, Texas" is one place; "Paris, Rome and Oslo" are three.
    if len(names) > 1:
        names = [name for part in names for name in part.split(", ")]
    names = [name.strip(" .,'’-") for name in names]
    return [name for name in names if name and name.split()[0].lower() not in _no_places() and name != "I"]


def numbers_in(text: str) -> list[Number]:
    """Numbers in digits and words, with what stands around them.

    Examples
    --------
    >>> [(n.plain, n.after[:1]) for n in numbers_in("twenty-one days and 2.5 hours")]
    [(21, ('days',)), (2.5, ('hours',))]
    """
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text.lower())
    words = re.findall(r"\d+(?:\.\d+)?|[a-z']+|[%€$£]", text.replace("-", " ") if not re.search(r"-\d", text) else text)
    negative = {m.group() for m in re.finditer(r"(?<![\w)])-\d+(?:\.\d+)?", text)}
    found: list[Number] = []
    at = ended = 0
    while at < len(words):
        number = read_number(words, at) if words[at] not in ("point", "a") or words[at + 1 : at + 2] else None
        pronoun = words[at] == "one" and words[max(0, at - 1) : at] in (
            ["this"],
            ["that"],
            ["which"],
            ["the"],
            ["another"],
        )
        if number is None or pronoun:
            at += 1
            continue
        value, end = number
        # Between two numbers "minus" is what is done with them.
        signed = words[max(0, at - 1) : at] in (["minus"], ["negative"]) and not (found and ended == at - 1)
        minus = signed or f"-{words[at]}" in negative
        found.append(Number(-value if minus else value, tuple(words[max(0, at - 4) : at]), tuple(words[end : end + 3])))
        at = ended = end
    return found


def durations_s(numbers: Iterable[Number], text: str = "") -> Fraction | None:
    """How long, in seconds, all together; "half an hour" and "an hour" too.

    Examples
    --------
    >>> durations_s(numbers_in("one hour and 30 minutes"))
    Fraction(5400, 1)
    """
    total = Fraction(0)
    for number in numbers:
        if number.after and (unit := _UNITS_S.get(number.after[0].rstrip("s"))):
            total += number.value * unit
    if re.search(r"\bhalf an hour\b", text):
        total += 1800
    elif re.search(r"\ban hour\b", text):
        total += 3600 + (1800 if "hour and a half" in text else 0)
    elif re.search(r"\ba minute\b", text):
        total += 60
    return total or None
