"""Dated prices: which model cost what, on which day, and who says so.

The rows are data, in ``rates.json`` beside this module, each with its source, the day it was checked and how
sure it is. A model or a day that no row covers has no price: it is "unpriced", never zero and never guessed.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Literal, Self, cast

from rtnb._display import Drawable
from rtnb.errors import ConfigError

__all__ = ["Price", "RateBook", "Rates", "Unit", "as_date", "at", "models", "rate_book", "why_unpriced"]

Unit = Literal["usd_per_1m_tokens", "usd_per_minute", "usd_per_session_second"]
"""What a price buys. A minute is one of audio; a session second one of open connection, silence included."""

_COUNTED = {"usd_per_1m_tokens": 1_000_000, "usd_per_minute": 60, "usd_per_session_second": 1}


@dataclass(frozen=True, slots=True)
class Price:
    """What one modality costs; None where the model does not offer it."""

    modality: str
    input: Decimal | None = None
    cached: Decimal | None = None
    output: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rates(Drawable):
    """One row of the price table: what a model cost over some days.

    Parameters
    ----------
    model : str
        The name that the prices are of, aliases resolved.
    kind : str
        ``"speech_to_speech"``, ``"transcription"``, ``"translation"`` or ``"live"``.
    unit : Unit
        What the prices buy.
    per : int
        How many counted things (tokens, or seconds) one price buys: 1,000,000 tokens, or 60 seconds.
    prices : tuple of Price
        By modality, USD.
    valid_from, valid_to : datetime.date
        First and last day; `valid_to` is None while the price holds.
    shutdown : datetime.date or None
        Last day of the model itself, where announced.
    context_tokens, max_input_tokens, max_output_tokens : int or None
        The model's window, the part of it that input may fill, and its longest answer, where known.
    source : tuple of str
        Titles and addresses.
    checked : datetime.date
        When the sources were last read.
    confidence : str
        ``"A"``: the vendor's own text. ``"B"``: independent tables or billed amounts. ``"C"``: reconstruction.
    note : str
        Contradictions and what was made of them.
    """

    model: str
    kind: str
    unit: Unit
    per: int
    prices: tuple[Price, ...]
    valid_from: date
    valid_to: date | None
    shutdown: date | None
    context_tokens: int | None
    max_input_tokens: int | None
    max_output_tokens: int | None
    source: tuple[str, ...]
    checked: date
    confidence: str
    note: str

    @property
    def last_day(self) -> date | None:
        """The last day these prices hold, or None: the end of the price or of the model."""
        days = [day for day in (self.valid_to, self.shutdown) if day is not None]
        return min(days, default=None)

    def holds(self, on: date) -> bool:
        """Whether these prices hold on that day."""
        return self.valid_from <= on and (self.last_day is None or on <= self.last_day)

    def price(self, modality: str, kind: Literal["input", "cached", "output"]) -> Decimal | None:
        """USD for :attr:`per` tokens or seconds, or None where the row has no such price."""
        for price in self.prices:
            if price.modality == modality:
                return {"input": price.input, "cached": price.cached, "output": price.output}[kind]
        return None

    def __repr__(self) -> str:
        prices = ", ".join(
            f"{price.modality} " + "/".join("–" if x is None else f"{x}" for x in _columns(price))
            for price in self.prices
        )
        unit = {1_000_000: "1M tokens", 60: "min"}.get(self.per, f"{self.per} s")
        days = f"from {self.valid_from}" + (f" to {self.last_day}" if self.last_day else "")
        return f"Rates({self.model}, {days}, USD per {unit} in/cached/out: {prices})"


def _columns(price: Price) -> tuple[Decimal | None, ...]:
    return price.input, price.cached, price.output


@dataclass(frozen=True, slots=True)
class _Alias:
    name: str
    model: str | None
    valid_from: date
    valid_to: date
    why: str


class RateBook:
    """A table of dated prices.

    Parameters
    ----------
    data : mapping
        The content of ``rates.json``.

    Raises
    ------
    ConfigError
        Two rows hold for the same model on the same day.
    """

    __slots__ = ("_aliases", "_rows", "checked")

    def __init__(self, data: Mapping[str, Any]) -> None:
        sources = {key: f"{value['title']}: {value['url']}" for key, value in data["sources"].items()}
        self.checked = date.fromisoformat(data["checked"])
        """When the table as a whole was last checked."""
        self._rows: dict[str, list[Rates]] = {}
        for row in data["rows"]:
            for name in row["models"]:
                self._rows.setdefault(name, []).append(_rates(name, row, sources))
        self._aliases: dict[str, list[_Alias]] = {}
        for entry in data["aliases"]:
            self._aliases.setdefault(entry["alias"], []).append(_alias(entry))
        for name, rows in self._rows.items():
            rows.sort(key=lambda row: row.valid_from)
            for before, after in pairwise(rows):
                if before.holds(after.valid_from):
                    raise ConfigError(f"Two prices hold for {name!r} on {after.valid_from}; end the first.")

    @classmethod
    def of_package(cls) -> Self:
        """The table that rtnb carries."""
        text = resources.files("rtnb.pricing").joinpath("rates.json").read_text(encoding="utf-8")
        return cls(json.loads(text))

    def models(self, on: date | str | None = None) -> tuple[str, ...]:
        """Names that have a price, on a day or ever (`on` is None), sorted."""
        names = sorted({*self._rows, *self._aliases})
        return tuple(names if on is None else (name for name in names if self.at(name, on)))

    def rows(self, model: str) -> tuple[Rates, ...]:
        """Every row of one model name, oldest first."""
        return tuple(self._rows.get(model, ()))

    def at(self, model: str, on: date | str | None = None) -> Rates | None:
        """The prices of `model` on that day, or None; see :func:`at`."""
        day = as_date(on)
        alias = self._alias_on(model, day)
        name = alias.model if alias else model
        return next((row for row in self._rows.get(name or "", ()) if row.holds(day)), None)

    def why_unpriced(self, model: str, on: date | str | None = None) -> str:
        """Why :meth:`at` is None; empty where it is not."""
        day = as_date(on)
        if self.at(model, day):
            return ""
        if not model:
            return "No model is named, so there is no price; name one, such as 'gpt-realtime'."
        spans: list[Rates | _Alias] = [*self._rows.get(model, ()), *self._aliases.get(model, ())]
        if not spans:
            near = difflib.get_close_matches(model, self.models(), n=3, cutoff=0.6)
            hint = f"; known names like it: {', '.join(near)}" if near else ""
            return f"No price is known for the model {model!r}{hint}."
        alias = self._alias_on(model, day)
        if alias:
            return f"{model!r} cannot be priced on {day}. {alias.why}"
        first = min(span.valid_from for span in spans)
        if day < first:
            return f"{model!r} has no price on {day}: its first is of {first}."
        past = [end for span in spans if (end := _end(span)) is not None and end < day]
        return f"{model!r} has no price on {day}: its last ended on {max(past)}."

    def _alias_on(self, model: str, day: date) -> _Alias | None:
        aliases = self._aliases.get(model, ())
        return next((alias for alias in aliases if alias.valid_from <= day <= alias.valid_to), None)


def _end(span: Rates | _Alias) -> date | None:
    return span.valid_to if isinstance(span, _Alias) else span.last_day


@cache
def rate_book() -> RateBook:
    """The table that rtnb carries, read once."""
    return RateBook.of_package()


def at(model: str, on: date | str | None = None) -> Rates | None:
    """The prices of a model on a day.

    Parameters
    ----------
    model : str
        A model or snapshot, best as ``session.created`` named it.
    on : datetime.date or str, optional
        The day, as ``"2026-01-31"``; today if not given.

    Returns
    -------
    Rates or None
        None where the model is unknown, or had no price on that day; :func:`why_unpriced` says which.

    Raises
    ------
    ConfigError
        `on` is not a day.

    Examples
    --------
    >>> rates = at("gpt-realtime", "2026-01-31")
    >>> rates.price("audio", "input"), rates.price("audio", "cached"), rates.price("audio", "output")
    (Decimal('32'), Decimal('0.40'), Decimal('64'))
    >>> at("gpt-realtime", "2024-01-31") is None
    True
    """
    return rate_book().at(model, on)


def why_unpriced(model: str, on: date | str | None = None) -> str:
    """Why a model has no price on a day, in one sentence; empty where it has one.

    Examples
    --------
    >>> why_unpriced("gpt-realtime", "2024-01-31")
    "'gpt-realtime' has no price on 2024-01-31: its first is of 2025-08-28."
    >>> why_unpriced("gpt-realtime", "2026-01-31")
    ''
    """
    return rate_book().why_unpriced(model, on)


def models(on: date | str | None = None) -> tuple[str, ...]:
    """Names of the models that have a price on a day, or ever (`on` is None).

    Examples
    --------
    >>> "gpt-realtime-2.1" in models("2026-08-01"), "gpt-realtime-2.1" in models("2026-01-01")
    (True, False)
    """
    return rate_book().models(on)


def as_date(on: date | str | None) -> date:
    """A day: itself, of an ISO string, or today for None.

    Raises
    ------
    ConfigError
        The string is not an ISO date.
    """
    if on is None:
        return date.today()
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    try:
        return datetime.fromisoformat(on).date()
    except (TypeError, ValueError):
        raise ConfigError(f"{on!r} is not a day; write it as '2026-01-31' or give a datetime.date.") from None


def _alias(entry: Mapping[str, Any]) -> _Alias:
    first, last = date.fromisoformat(entry["valid_from"]), date.fromisoformat(entry["valid_to"])
    return _Alias(entry["alias"], entry["model"], first, last, entry["why"])


def _rates(name: str, row: Mapping[str, Any], sources: Mapping[str, str]) -> Rates:
    prices, divisors = _prices(row["prices"])
    if len(divisors) != 1 or row["unit"] not in _COUNTED:
        raise ConfigError(f"The row of {name!r} needs one unit of {', '.join(_COUNTED)}.")
    return Rates(
        model=name,
        kind=row["kind"],
        unit=cast(Unit, row["unit"]),
        per=_COUNTED[row["unit"]] * divisors.pop(),
        prices=prices,
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        shutdown=_day(row["shutdown"]),
        context_tokens=row["context_tokens"],
        max_input_tokens=row["max_input_tokens"],
        max_output_tokens=row["max_output_tokens"],
        source=tuple(sources[key] for key in row["source"]),
        checked=date.fromisoformat(row["checked"]),
        confidence=row["confidence"],
        note=row["note"],
    )


def _prices(table: Mapping[str, Mapping[str, str | None]]) -> tuple[tuple[Price, ...], set[int]]:
    """Prices by modality, and what they are divided by: ``"0.05/60"`` is 0.05 for 60 of the unit."""
    divisors: set[int] = set()

    def number(text: str | None) -> Decimal | None:
        if text is None:
            return None
        value, _, divisor = text.partition("/")
        divisors.add(int(divisor or 1))
        return Decimal(value)

    def row(modality: str, columns: Mapping[str, str | None]) -> Price:
        return Price(modality, *(number(columns.get(name)) for name in ("input", "cached", "output")))

    return tuple(row(modality, columns) for modality, columns in table.items()), divisors


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
