"""One row of the price table: what a model cost over some days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

from rtnb._display import Drawable
from rtnb.errors import ConfigError

__all__ = ["Price", "Rates", "Unit", "as_date", "earlier", "read_row", "undated"]

Unit = Literal["usd_per_1m_tokens", "usd_per_minute", "usd_per_session_second"]
"""What a price buys. A minute is one of audio; a session second one of open connection, silence included."""

COUNTED: dict[str, int] = {"usd_per_1m_tokens": 1_000_000, "usd_per_minute": 60, "usd_per_session_second": 1}
"""How many tokens or seconds a price of each unit buys."""

DIVISIBLE = "usd_per_session_second"
"""The one unit of which a price may be for several, ``"0.05/60"``: such prices by the minute are no whole decimals."""

MODALITIES = ("text", "audio", "image", "session")
"""Columns of the table, in order; ``session`` is the time that a connection is open."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one modality costs; None where the model does not offer it.

    Examples
    --------
    >>> Price("image", input=Decimal("5"), cached=Decimal("0.50")).output is None
    True
    """

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
        First and last day; `valid_from` is ``date.min`` where a row of your own states none, `valid_to` is None
        while the price holds.
    shutdown : datetime.date or None
        Last day of the model itself, where announced.
    context_tokens, max_input_tokens, max_output_tokens : int or None
        The model's window, the part of it that input may fill, and its longest answer, where known.
    source : tuple of str
        Titles and addresses; the first begins with ``own`` in a row of your own.
    checked : datetime.date
        When the sources were last read.
    confidence : str
        ``"A"``: the vendor's own text. ``"B"``: independent tables or billed amounts. ``"C"``: reconstruction.
        ``"own"``: a row of your own.
    note : str
        Contradictions and what was made of them.

    Examples
    --------
    >>> import rtnb
    >>> rates = rtnb.pricing.at("gpt-realtime-2.1-mini", "2026-11-21")
    >>> rates.price("audio", "output"), rates.per_text, rates.context_tokens
    (Decimal('20'), '1M tokens', 128000)
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

    @property
    def own(self) -> bool:
        """Whether the row is from a table of your own rather than from the one that rtnb carries."""
        return self.confidence == "own"

    @property
    def per_text(self) -> str:
        """What one price buys, in words: ``"1M tokens"``, ``"minute"``, ``"minute of session"``."""
        if self.unit == "usd_per_1m_tokens":
            return "1M tokens"
        counted = {60: "minute", 1: "second", 3600: "hour"}.get(self.per, f"{self.per} s")
        return f"{counted} of session" if self.unit == "usd_per_session_second" else counted

    def holds(self, on: date) -> bool:
        """Whether these prices hold on that day."""
        return self.valid_from <= on and (self.last_day is None or on <= self.last_day)

    def price(self, modality: str, kind: Literal["input", "cached", "output"]) -> Decimal | None:
        """USD for :attr:`per` tokens or seconds, or None where the row has no such price."""
        for price in self.prices:
            if price.modality == modality:
                return {"input": price.input, "cached": price.cached, "output": price.output}[kind]
        return None

    def record(self) -> dict[str, Any]:
        """The row as a flat mapping of plain values, ready for JSON, CSV or pandas.

        Examples
        --------
        >>> import rtnb
        >>> row = rtnb.pricing.at("gpt-realtime", "2026-11-21").record()
        >>> row["model"], row["audio_input_usd"], row["audio_cached_usd"], row["per"], row["shutdown"]
        ('gpt-realtime', 32.0, 0.4, '1M tokens', '2027-01-20')
        """
        record: dict[str, Any] = {"model": self.model, "kind": self.kind, "per": self.per_text}
        for modality in MODALITIES[:3]:
            for kind in ("input", "cached", "output"):
                record[f"{modality}_{kind}_usd"] = _number(self.price(modality, cast(Any, kind)))
        record["session_usd"] = _number(self.price("session", "input"))
        return record | {
            "valid_from": None if self.valid_from == date.min else self.valid_from.isoformat(),
            "valid_to": _iso(self.valid_to),
            "shutdown": _iso(self.shutdown),
            "context_tokens": self.context_tokens,
            "max_input_tokens": self.max_input_tokens,
            "max_output_tokens": self.max_output_tokens,
            "confidence": self.confidence,
            "checked": self.checked.isoformat(),
            "source": "; ".join(self.source),
            "note": self.note,
        }

    def __repr__(self) -> str:
        prices = ", ".join(
            f"{price.modality} " + "/".join("–" if x is None else f"{x}" for x in _columns(price))
            for price in self.prices
        )
        unit = {1_000_000: "1M tokens", 60: "min"}.get(self.per, f"{self.per} s")
        first = "" if self.valid_from == date.min else f"from {self.valid_from}"
        last = f"to {self.last_day}" if self.last_day else ""
        days = " ".join(part for part in (first, last) if part) or "always"
        mark = "own row, " if self.own else ""
        return f"Rates({self.model}, {mark}{days}, USD per {unit} in/cached/out: {prices})"


def _columns(price: Price) -> tuple[Decimal | None, ...]:
    return price.input, price.cached, price.output


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def as_date(on: date | str | None) -> date:
    """A day: itself, of an ISO string, or today for None.

    Raises
    ------
    ConfigError
        The string is not an ISO date.

    Examples
    --------
    >>> as_date("2026-01-31")
    datetime.date(2026, 1, 31)
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


def undated(model: str) -> str:
    """The name of a model without the date of its snapshot.

    Examples
    --------
    >>> undated("gpt-realtime-2025-08-28"), undated("gpt-realtime-1.5")
    ('gpt-realtime', 'gpt-realtime-1.5')
    """
    return re.sub(r"-\d{4}-\d{2}-\d{2}\Z", "", model)


def earlier(a: date | None, b: date | None) -> date | None:
    """The earlier of two last days, None being no end."""
    return min((day for day in (a, b) if day is not None), default=None)


def read_row(name: str, row: Mapping[str, Any], sources: Mapping[str, str]) -> Rates:
    """A row of the carried table, for one of the names it lists; `sources` are texts by key."""
    prices, divisors = _prices(row["prices"])
    if len(divisors) != 1 or row["unit"] not in COUNTED or (divisors != {1} and row["unit"] != DIVISIBLE):
        raise ConfigError(f"The row of {name!r} needs one unit of {', '.join(COUNTED)}.")
    return Rates(
        model=name,
        kind=row["kind"],
        unit=cast(Unit, row["unit"]),
        per=COUNTED[row["unit"]] * divisors.pop(),
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
