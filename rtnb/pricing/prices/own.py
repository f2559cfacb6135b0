"""Prices of your own: reading rows that override the carried ones."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias, cast

from rtnb.errors import ConfigError
from rtnb.pricing.bills.money import EXACT
from rtnb.pricing.prices.own_csv import read_csv
from rtnb.pricing.prices.rows import COUNTED, DIVISIBLE, MODALITIES, Price, Rates, Unit, as_date, earlier, undated

__all__ = ["OwnPrices", "OwnRow", "covers", "discounted", "read_own"]

OwnPrices: TypeAlias = str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""Rows of your own: a JSON or CSV file, one row, a list of rows, or a mapping with the member ``rows``."""

_MEMBERS = (
    *("model", "models", "prices", "discount", "unit", "valid_from", "valid_to", "kind", "shutdown"),
    *("context_tokens", "max_input_tokens", "max_output_tokens", "source", "note", "checked", "confidence"),
)
_IN_MEMORY = "your own table"
_FACTS = ("context_tokens", "max_input_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """One row of your own, before it meets the table that it overrides.

    Parameters
    ----------
    names : tuple of str
        Models, or patterns such as ``"gpt-realtime*"``; see :func:`covers`.
    prices : tuple of Price or None
        New prices; None where `discount` is given instead.
    discount : decimal.Decimal or None
        What is taken off the prices that hold, 0 to 1.
    unit : Unit
    per : int
        How many tokens or seconds one price buys.
    valid_from, valid_to : datetime.date
        First and last day; ``date.min`` and None without limits.
    facts : mapping
        What else the row states of the model: its kind, window and shutdown.
    source, note : str
    """

    names: tuple[str, ...]
    prices: tuple[Price, ...] | None
    discount: Decimal | None
    unit: Unit
    per: int
    valid_from: date
    valid_to: date | None
    facts: Mapping[str, Any]
    source: str
    note: str

    def rates(self, model: str, like: Rates | None) -> Rates:
        """The row for one model; what it does not state of the model is as in `like`, the row it replaces."""
        kind = "speech_to_speech" if self.unit == "usd_per_1m_tokens" else "transcription"
        facts: dict[str, Any] = {"kind": kind, "shutdown": None, **dict.fromkeys(_FACTS)}
        if like is not None:
            facts = {name: getattr(like, name) for name in facts}
        return Rates(
            model=model,
            unit=self.unit,
            per=self.per,
            prices=self.prices or (),
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            source=(f"own: {self.source}",),
            checked=date.today(),
            confidence="own",
            note=self.note,
            **{**facts, **self.facts},
        )


def covers(pattern: str, name: str) -> bool:
    """Whether a row for `pattern` is also one for `name`.

    A name covers itself and its dated snapshots, since a session may be told of either; ``*`` and ``?`` stand for
    anything.

    Examples
    --------
    >>> covers("gpt-realtime", "gpt-realtime-2025-08-28"), covers("gpt-realtime", "gpt-realtime-mini")
    (True, False)
    >>> covers("gpt-realtime-2*", "gpt-realtime-2.1")
    True
    """
    if pattern == name or any(mark in pattern for mark in "*?["):
        return fnmatchcase(name, pattern)
    return undated(name) == pattern


def discounted(row: Rates, own: OwnRow) -> Rates | None:
    """What is left of a row's prices on the days of a discount, or None where the two share no day."""
    first, last = max(row.valid_from, own.valid_from), earlier(row.valid_to, own.valid_to)
    if own.discount is None or (last is not None and last < first):
        return None
    factor = EXACT.subtract(Decimal(1), own.discount)
    prices = tuple(
        Price(price.modality, *(_times(x, factor) for x in (price.input, price.cached, price.output)))
        for price in row.prices
    )
    percent = f"{EXACT.normalize(EXACT.multiply(own.discount, Decimal(100))):f} % off"
    source = (f"own: {own.source}, {percent}", *row.source)
    return replace(
        row, prices=prices, valid_from=first, valid_to=last, source=source, confidence="own", note=own.note or row.note
    )


def read_own(own: OwnPrices) -> tuple[OwnRow, ...]:
    """Read and check rows of your own.

    Raises
    ------
    ConfigError
        The file cannot be read, or a row cannot be used; the message names the row and the member.

    Examples
    --------
    >>> (row,) = read_own({"model": "gpt-realtime", "prices": {"audio": {"input": 28, "cached": "0.35", "output": 56}}})
    >>> row.names, row.prices[0].input
    (('gpt-realtime',), Decimal('28'))
    """
    if isinstance(own, str | Path):
        path = Path(own).expanduser()
        return tuple(_rows(_file(path), path.name))
    return tuple(_rows(own, _IN_MEMORY))


def _file(path: Path) -> object:
    try:
        if path.suffix.lower() == ".csv":
            return read_csv(path)
        return json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path.name!r} with prices.") from None
    except OSError as error:
        raise ConfigError(f"The prices in {path.name!r} cannot be read: {error.strerror}.") from None
    except ConfigError:
        raise
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path.name!r} is not in UTF-8; save it so, in a spreadsheet as the type 'CSV UTF-8'."
        ) from None
    except csv.Error as error:
        raise ConfigError(f"{path.name!r} is not a CSV file with prices: {error}.") from None
    except ValueError as error:
        raise ConfigError(f"{path.name!r} is not a JSON file with prices: {error}.") from None


def _rows(data: object, title: str) -> Iterator[OwnRow]:
    sources: Mapping[str, Any] = {}
    if isinstance(data, Mapping):
        if data.get("currency", "USD") != "USD":
            raise ConfigError(f"The prices in {title} are in {data['currency']!r}; rtnb counts in USD, convert them.")
        sources = data.get("sources") or {}
        if not isinstance(sources, Mapping):
            raise ConfigError(f"{title}: 'sources' is {sources!r:.40}; a mapping of keys to titles is needed.")
        data = data.get("rows", [data])
    if not isinstance(data, Iterable) or isinstance(data, str | bytes):
        raise ConfigError(f"{title}: a row, a list of rows, or a mapping with the member 'rows' is needed.")
    rows = list(data)
    if not rows:
        raise ConfigError(f"{title} holds no rows.")
    for number, row in enumerate(rows, start=1):
        yield _row(row, f"Row {number} of {title}", title, sources)


def _row(row: object, where: str, title: str, sources: Mapping[str, Any]) -> OwnRow:
    if not isinstance(row, Mapping):
        raise ConfigError(f"{where} is {row!r:.60}; a mapping with 'model' and 'prices' is needed.")
    for member in row:
        if member not in _MEMBERS:
            near = difflib.get_close_matches(str(member), _MEMBERS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it may have {', '.join(_MEMBERS)}."
            raise ConfigError(f"{where} has a member {member!r} that means nothing here{hint}")
    names = _names(row, where)
    unit = row.get("unit", "usd_per_1m_tokens")
    if not isinstance(unit, str) or unit not in COUNTED:
        raise ConfigError(f"{where}: the unit {unit!r} is none of {', '.join(COUNTED)}.")
    if ("prices" in row) == ("discount" in row):
        raise ConfigError(f"{where} ({names[0]}) needs either 'prices' or 'discount'.")
    prices, per = _prices(row["prices"], where, unit) if "prices" in row else (None, COUNTED[unit])
    first = date.min if row.get("valid_from") is None else _date(row["valid_from"], where, "valid_from")
    last = None if row.get("valid_to") is None else _date(row["valid_to"], where, "valid_to")
    if last is not None and last < first:
        raise ConfigError(f"{where} ({names[0]}) ends on {last}, before it begins on {first}.")
    return OwnRow(
        names=names,
        prices=prices,
        discount=_discount(row["discount"], where) if "discount" in row else None,
        unit=cast(Unit, unit),
        per=per,
        valid_from=first,
        valid_to=last,
        facts=_facts(row, where),
        source=_source(row.get("source"), sources, title),
        note=str(row.get("note") or ""),
    )


def _names(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = row.get("models", row.get("model"))
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list | tuple) else ()
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(f"{where} names no model; add 'model': 'gpt-realtime', or 'models' with a list.")
    return names


def _prices(table: object, where: str, unit: str) -> tuple[tuple[Price, ...], int]:
    if not isinstance(table, Mapping) or not table:
        raise ConfigError(
            f"{where}: 'prices' must look like {{'audio': {{'input': 32, 'cached': 0.4, 'output': 64}}}}."
        )
    prices: list[Price] = []
    divisors: set[int] = set()
    for modality, columns in table.items():
        if modality not in MODALITIES:
            raise ConfigError(f"{where}: there is no modality {modality!r}; there are {', '.join(MODALITIES)}.")
        found = columns if isinstance(columns, Mapping) else {"input": columns}
        numbers: dict[str, Decimal | None] = {}
        for kind, value in found.items():
            if kind not in ("input", "cached", "output"):
                raise ConfigError(f"{where}: {modality!r} has no price {kind!r}; there are input, cached and output.")
            numbers[kind], divisor = _price(value, f"{where}: the {modality} {kind} price")
            divisors |= {divisor} if numbers[kind] is not None else set()
        prices.append(Price(modality, **numbers))
    if len(divisors) != 1:
        raise ConfigError(f"{where}: 'prices' needs at least one price, and all of them for the same unit.")
    divisor = divisors.pop()
    if divisor != 1 and unit != DIVISIBLE:
        what = {"usd_per_1m_tokens": "1M tokens", "usd_per_minute": "one minute"}[unit]
        raise ConfigError(f"{where}: a price of {unit} is for {what}; write it so, without '/{divisor}'.")
    return tuple(prices), COUNTED[unit] * divisor


def _price(value: object, what: str) -> tuple[Decimal | None, int]:
    if value is None:
        return None, 1
    text, _, divisor = str(value).strip().removeprefix("$").partition("/")
    try:
        price, number = Decimal(text), int(divisor or 1)
    except (InvalidOperation, ValueError):
        price, number = Decimal("NaN"), 1
    absurd = price.is_finite() and price and not -30 < price.adjusted() < 12
    if isinstance(value, bool) or not price.is_finite() or price < 0 or number < 1 or absurd:
        raise ConfigError(f"{what} is {value!r:.40}; write a number of USD, not negative, such as 32 or '0.40'.")
    return _tidy(price), number


def _discount(value: object, where: str) -> Decimal:
    try:
        part = Decimal(str(value))
    except InvalidOperation:
        part = Decimal("NaN")
    if isinstance(value, bool) or not part.is_finite() or not 0 <= part <= 1:
        raise ConfigError(f"{where}: a discount of {value!r:.40} cannot be; write 20 % off as 0.2.")
    return part


def _date(value: object, where: str, member: str) -> date:
    try:
        return as_date(cast(str, value))
    except ConfigError as error:
        raise ConfigError(f"{where}: {member}: {error}") from None


def _facts(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if row.get("kind") is not None:
        facts["kind"] = str(row["kind"])
    if row.get("shutdown") is not None:
        facts["shutdown"] = _date(row["shutdown"], where, "shutdown")
    for name in _FACTS:
        value = row.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise ConfigError(f"{where}: {name} is {value!r:.40}; it is a number of tokens.")
        facts[name] = value
    return facts


def _source(given: object, sources: Mapping[str, Any], title: str) -> str:
    """Where a row is from: the file, and what it gives as its source; keys of the file's list are looked up in it."""
    names = given if isinstance(given, list | tuple) else [given] if given else []
    titles = (sources.get(str(name), name) for name in names)
    texts = [str(text.get("title", text)) if isinstance(text, Mapping) else str(text) for text in titles]
    return "; ".join(texts if title == _IN_MEMORY and texts else [title, *texts])


def _times(value: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if value is None else _tidy(EXACT.multiply(value, factor))


def _tidy(value: Decimal) -> Decimal:
    """Without an exponent and without trailing zeros, but for whole cents."""
    text = f"{EXACT.normalize(value):f}"
    return Decimal(f"{text}0" if text.rpartition(".")[1] and len(text.rpartition(".")[2]) == 1 else text)
