"""Dated prices: which model cost what, on which day, and who says so.

The rows are data, in ``rates.json`` beside this module, each with its source, the day it was checked and how
sure it is. A model or a day that no row covers has no price: it is "unpriced", never zero and never guessed.

The environment variable ``RTNB_PRICES`` may name a JSON file with prices of your own (see
:func:`rtnb.pricing.book`); they then override the carried ones everywhere.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from rtnb.errors import ConfigError
from rtnb.pricing.prices.own import OwnPrices, OwnRow, covers, discounted, read_own
from rtnb.pricing.prices.rows import Price, Rates, Unit, as_date, earlier, read_row
from rtnb.pricing.prices.spans import Alias, by_name, end_of, holding, outside, overlap

__all__ = [
    "PRICES_VARIABLE",
    "Price",
    "RateBook",
    "Rates",
    "Unit",
    "as_book",
    "as_date",
    "at",
    "models",
    "rate_book",
    "why_unpriced",
]

PRICES_VARIABLE = "RTNB_PRICES"
"""Environment variable that may name a file with prices of your own."""


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

    Examples
    --------
    >>> book = RateBook.of_package()
    >>> book.resolve("gpt-realtime-mini", "2025-12-24"), book.resolve("gpt-realtime-mini", "2026-02-01")
    ('gpt-realtime-mini-2025-10-06', 'gpt-realtime-mini-2025-12-15')
    >>> book.line_of("gpt-realtime-2.1")
    'flagship'
    """

    __slots__ = ("_aliases", "_carried", "_rows", "_snapshots", "checked", "lines")

    def __init__(self, data: Mapping[str, Any]) -> None:
        sources = {key: f"{value['title']}: {value['url']}" for key, value in data["sources"].items()}
        self.checked = date.fromisoformat(data["checked"])
        """When the table as a whole was last checked."""
        self.lines: Mapping[str, tuple[str, ...]] = {
            name: tuple(members) for name, members in data.get("lines", {}).items()
        }
        """Models that succeed each other, oldest first, by the name of their line."""
        self._rows: dict[str, list[Rates]] = {}
        for row in data["rows"]:
            for name in row["models"]:
                self._rows.setdefault(name, []).append(read_row(name, row, sources))
        self._aliases = by_name(data["aliases"])
        self._snapshots = by_name(data.get("snapshots", ()))
        for name, rows in self._rows.items():
            rows.sort(key=lambda row: row.valid_from)
            for before, after in pairwise(rows):
                if before.holds(after.valid_from):
                    raise ConfigError(f"Two prices hold for {name!r} on {after.valid_from}; end the first.")
        self._carried = frozenset({*self._rows, *self._aliases})

    @classmethod
    def of_package(cls) -> Self:
        """The table that rtnb carries."""
        text = resources.files("rtnb.pricing.prices").joinpath("rates.json").read_text(encoding="utf-8")
        return cls(json.loads(text))

    def models(self, on: date | str | None = None) -> tuple[str, ...]:
        """Names that have a price, on a day or ever (`on` is None), sorted."""
        names = sorted({*self._rows, *self._aliases})
        return tuple(names if on is None else (name for name in names if self.at(name, on)))

    def rows(self, model: str) -> tuple[Rates, ...]:
        """Every row of one model name, oldest first."""
        return tuple(self._rows.get(model, ()))

    def spans(self, model: str) -> tuple[Rates, ...]:
        """Every row that ever held for a name, oldest first: its own, and those of what it stood for.

        Examples
        --------
        >>> [(row.model, str(row.valid_from)) for row in RateBook.of_package().spans("gpt-4o-realtime-preview")][-1]
        ('gpt-4o-realtime-preview-2025-06-03', '2025-10-11')
        """
        found = list(self.rows(model))
        for alias in self._aliases.get(model, ()):
            for row in self.rows(alias.model or ""):
                first, last = max(row.valid_from, alias.valid_from), earlier(row.valid_to, alias.valid_to)
                if last is None or first <= last:
                    found.append(replace(row, valid_from=first, valid_to=last))
        return tuple(sorted(found, key=lambda row: row.valid_from))

    def at(self, model: str, on: date | str | None = None) -> Rates | None:
        """The prices of `model` on that day, or None; see :func:`rtnb.pricing.at`.

        Examples
        --------
        >>> book = RateBook.of_package()
        >>> book.at("gpt-realtime", "2026-01-31").price("audio", "output")
        Decimal('64')
        >>> book.at("gpt-realtime", "2024-10-01") is None
        True
        """
        day = as_date(on)
        if model is not None and not isinstance(model, str):
            raise ConfigError(f"A model is named by a text such as 'gpt-realtime', not by {model!r:.60}.")
        alias = self._alias_on(model, day)
        name = alias.model if alias else model
        return next((row for row in self._rows.get(name or "", ()) if row.holds(day)), None)

    def resolve(self, model: str, on: date | str | None = None) -> str | None:
        """The dated snapshot that a name stood for on a day; the name itself where it has none.

        None where the name has no price on that day; :meth:`why_unpriced` says why. Two names with the same answer
        are one model on that day.
        """
        day = as_date(on)
        rates = self.at(model, day)
        if rates is None:
            return None
        snapshot = holding(self._snapshots.get(rates.model, ()), day)
        return snapshot.model if snapshot else rates.model

    def line_of(self, model: str) -> str | None:
        """The line of models to which a name or a snapshot belongs, or None."""
        for line, members in self.lines.items():
            if any(covers(member, model) or covers(model, member) for member in members):
                return line
        return None

    def why_unpriced(self, model: str, on: date | str | None = None) -> str:
        """Why :meth:`at` is None; empty where it is not."""
        day = as_date(on)
        if self.at(model, day):
            return ""
        if not model:
            return "No model is named, so there is no price; name one, such as 'gpt-realtime'."
        spans: list[Rates | Alias] = [*self._rows.get(model, ()), *self._aliases.get(model, ())]
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
        past = [end for span in spans if (end := end_of(span)) is not None and end < day]
        later = min((span.valid_from for span in spans if span.valid_from > day), default=None)
        then = f", and the next begins on {later}" if later else ""
        return f"{model!r} has no price on {day}: its last ended on {max(past)}{then}."

    def why_alias(self, model: str) -> tuple[str, ...]:
        """What an undated name stood for when, in a sentence a span; empty for names that always meant one price."""
        return tuple(
            f"{alias.valid_from} to {alias.valid_to or 'now'}: {alias.model or 'not known'}. {alias.why}"
            for alias in self._aliases.get(model, ())
        )

    def overridden(self, own: Iterable[OwnRow]) -> Self:
        """A book in which rows of your own replace these on their days; see :func:`rtnb.pricing.book`.

        Raises
        ------
        ConfigError
            A pattern fits no model, or two of the rows hold for one model on one day.
        """
        given = tuple(own)
        named = {name for row in given for name in row.names}
        made: dict[str, list[Rates]] = {}
        for row in given:
            for name in self._covered(row, named):
                for new in self._overriding(row, name):
                    for other in made.get(name, ()):
                        if overlap(new, other):
                            raise ConfigError(
                                f"Two of your own prices hold for {name!r} on {max(new.valid_from, other.valid_from)}; "
                                "end the first with 'valid_to'."
                            )
                    made.setdefault(name, []).append(new)
        book = type(self).__new__(type(self))
        book.checked, book.lines, book._snapshots = self.checked, self.lines, self._snapshots
        book._carried = self._carried
        book._rows, book._aliases = {**self._rows}, {**self._aliases}
        for name, news in made.items():
            rows, aliases = list(self.rows(name)), list(self._aliases.get(name, ()))
            for new in news:
                rows = [piece for row in rows for piece in outside(row, new)]
                aliases = [piece for alias in aliases for piece in outside(alias, new)]
            book._rows[name] = sorted([*rows, *news], key=lambda row: row.valid_from)
            if name in book._aliases:
                book._aliases[name] = aliases
        return book

    def near(self, model: str) -> str:
        """The carried name that a model of your own may be a misspelling of; empty if there is none.

        Another number is another model: ``gpt-realtime-3`` is no misspelling.

        Examples
        --------
        >>> book = RateBook.of_package()
        >>> book.near("gpt-realtme"), book.near("gpt-realtime-3"), book.near("gpt-realtime")
        ('gpt-realtime', '', '')
        """
        if model in self._carried:
            return ""
        near = difflib.get_close_matches(model, sorted(self._carried), n=1, cutoff=0.9)
        return near[0] if near and _letters(near[0]) != _letters(model) else ""

    def __repr__(self) -> str:
        own = [row for rows in self._rows.values() for row in rows if row.own]
        mine = f", {len(own)} rows of your own" if len(own) != 1 else ", 1 row of your own"
        return f"RateBook({len(self.models())} models, checked {self.checked}{mine if own else ''})"

    def _covered(self, row: OwnRow, named: set[str]) -> list[str]:
        """The names that a row is for: those it names, and known ones it covers that no other row names."""
        names: list[str] = []
        for pattern in row.names:
            known = [name for name in self.models() if covers(pattern, name)]
            if any(mark in pattern for mark in "*?["):
                found = [name for name in known if name not in named or name in row.names]
            else:
                found = [pattern, *(name for name in known if name not in named)]
            if not known and (row.discount is not None or found != [pattern]):
                near = difflib.get_close_matches(pattern, self.models(), n=3, cutoff=0.5)
                hint = f"; there are {', '.join(near)}" if near else ""
                raise ConfigError(f"Your own prices are for {pattern!r}, which fits no known model{hint}.")
            names += found
        return list(dict.fromkeys(names))

    def _overriding(self, row: OwnRow, name: str) -> list[Rates]:
        if row.discount is not None:
            return [new for old in self.rows(name) if (new := discounted(old, row))]
        # The model's window and shutdown are its latest ones: they belong to it and not to a price.
        like = self.spans(name)[-1:]
        return [row.rates(name, like[0] if like else None)]

    def _alias_on(self, model: str, day: date) -> Alias | None:
        return holding(self._aliases.get(model, ()), day)


def _letters(name: str) -> str:
    return re.sub(r"[\d.]+", "0", name)


@cache
def _carried() -> RateBook:
    return RateBook.of_package()


@lru_cache(maxsize=8)
def _with_file(path: str, mtime_ns: int, size: int) -> RateBook:
    return _carried().overridden(read_own(path))


def rate_book() -> RateBook:
    """The default prices: the table that rtnb carries, with those of the file that ``RTNB_PRICES`` names.

    Raises
    ------
    ConfigError
        The file of ``RTNB_PRICES`` cannot be read or used.

    Examples
    --------
    >>> "gpt-realtime" in rate_book().models()
    True
    """
    given = os.environ.get(PRICES_VARIABLE, "")
    if not given:
        return _carried()
    path = Path(given).expanduser()
    try:
        found = path.stat()
        return _with_file(str(path), found.st_mtime_ns, found.st_size)
    except FileNotFoundError:
        raise ConfigError(f"{PRICES_VARIABLE} names the file {path.name!r}, which does not exist; unset it.") from None
    except OSError as error:
        raise ConfigError(f"{PRICES_VARIABLE}: {path.name!r} cannot be read: {error.strerror}.") from None
    except ConfigError as error:
        raise ConfigError(f"{PRICES_VARIABLE}: {error}") from None


def as_book(prices: RateBook | OwnPrices | None) -> RateBook:
    """The book that a ``prices=`` argument means: the default one for None, one made of it for rows or files.

    Raises
    ------
    ConfigError
        A file cannot be read, or a row cannot be used.

    Examples
    --------
    >>> as_book(None).at("gpt-realtime", "2026-11-21").price("audio", "input")
    Decimal('32')
    >>> as_book({"model": "gpt-realtime", "discount": 0.25}).at("gpt-realtime", "2026-11-21").price("audio", "input")
    Decimal('24')
    """
    if prices is None:
        return rate_book()
    return prices if isinstance(prices, RateBook) else rate_book().overridden(read_own(prices))


def at(model: str, on: date | str | None = None, *, prices: RateBook | OwnPrices | None = None) -> Rates | None:
    """The prices of a model on a day.

    Parameters
    ----------
    model : str
        A model or snapshot, best as ``session.created`` named it.
    on : datetime.date or str, optional
        The day, as ``"2026-01-31"``; today if not given.
    prices : RateBook, path, or rows, optional
        Whose prices; the default book if not given.

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
    return as_book(prices).at(model, on)


def why_unpriced(model: str, on: date | str | None = None, *, prices: RateBook | OwnPrices | None = None) -> str:
    """Why a model has no price on a day, in one sentence; empty where it has one. Takes what :func:`at` takes.

    Examples
    --------
    >>> why_unpriced("gpt-realtime", "2024-01-31")
    "'gpt-realtime' has no price on 2024-01-31: its first is of 2025-08-28."
    >>> why_unpriced("gpt-realtime", "2026-01-31")
    ''
    """
    return as_book(prices).why_unpriced(model, on)


def models(on: date | str | None = None) -> tuple[str, ...]:
    """Names of the models that have a price on a day, or ever (`on` is None).

    Examples
    --------
    >>> "gpt-realtime-2.1" in models("2026-08-01"), "gpt-realtime-2.1" in models("2026-01-01")
    (True, False)
    """
    return rate_book().models(on)
