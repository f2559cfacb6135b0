"""``rtnb prices``: the price list of a day, and one model's prices over time."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtnb.cli.listing import Field, add_formats, as_csv, as_json, paragraph, shown_whole, table, terminal_width
from rtnb.errors import ConfigError

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands
    from rtnb.pricing.prices.rates import RateBook, Rates
    from rtnb.pricing.prices.table import PriceTable

__all__ = ["add_prices", "add_to", "book_of"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    prices = commands.add_parser(
        "prices",
        help="the price list of a day, or one model's prices over time",
        description="The price list of a day; with MODEL, that model's prices over time and where they come from.",
    )
    prices.add_argument(
        "model", nargs="?", metavar="MODEL", help="a model, or a line of models that succeed each other: flagship, mini"
    )
    prices.add_argument("--all", action="store_true", help="every row of every day, withdrawn models included")
    add_prices(prices, "the prices of this day, YYYY-MM-DD (default: today)")
    add_formats(prices)
    prices.set_defaults(run=_prices)


def add_prices(parser: argparse.ArgumentParser, on: str) -> None:
    """``--on`` and ``--prices``, which every command about money takes."""
    parser.add_argument("--on", metavar="DAY", help=on)
    parser.add_argument(
        "--prices", metavar="FILE", help="a JSON or CSV file with prices of your own, which override the list's"
    )


def book_of(options: argparse.Namespace) -> RateBook | None:
    """Prices of one's own that were asked for; None for the usual ones."""
    if options.prices is None:
        return None
    from rtnb.pricing import book

    if not Path(options.prices).expanduser().exists():
        # With its folder, unlike the message of the library: on a shell it is the folder that one gets wrong.
        raise ConfigError(f"There is no file {options.prices!r} with prices.")
    return book(options.prices)


def _prices(options: argparse.Namespace) -> int:
    book = book_of(options)
    listed = _price_table(options, book)
    if options.format == "csv":
        print(as_csv(listed.records()))
    elif options.format == "json":
        print(as_json({"title": listed.title, "rows": listed.records(), "notes": list(listed.notes)}))
    else:
        print(_prices_text(listed, one=options.model is not None, width=terminal_width()))
    return 0


def _price_table(options: argparse.Namespace, book: RateBook | None) -> PriceTable:
    from rtnb.pricing import history
    from rtnb.pricing import table as price_table
    from rtnb.pricing.prices.rates import rate_book
    from rtnb.pricing.prices.table import PriceTable

    known = book or rate_book()
    if options.model in known.lines:
        line = history(options.model, until=options.on, prices=book)
        return PriceTable(line.title, line.rows)
    if options.model is not None:
        listed = price_table(options.on, model=options.model, prices=book)
        if not listed.rows:
            raise ConfigError(known.why_unpriced(options.model, options.on))
        return listed if options.on else replace(listed, title=f"{listed.title} over time")
    rows = tuple(row for model in known.models() for row in known.rows(model))
    if options.all:
        return PriceTable("Every price there is", rows)
    listed = price_table(options.on, prices=book)
    if not listed.rows:
        first = min(row.valid_from for row in rows)
        raise ConfigError(f"No model has a price on {options.on}: the first are of {first}.")
    return listed


PRICE_FIELDS = (
    Field("model", stretch=True, least=32),
    Field("text"),
    Field("audio"),
    Field("image", spare=4),
    Field("from", spare=2),
    Field("ends", spare=1),
    Field("sure", spare=3),
)


def _prices_text(listed: PriceTable, *, one: bool, width: int) -> str:
    rows = [_price_row(row) for row in listed.rows]
    parts = [listed.title, table(PRICE_FIELDS, rows, width=width, whole=shown_whole())]
    own = ", own a price of your own" if any(row.own for row in listed.rows) else ""
    parts.append(
        paragraph(
            "USD per million tokens: input / cached input / output. How sure: A is the vendor's own text, "
            f"B independent tables or bills, C a reconstruction{own}.",
            width=width,
        )
    )
    if one:
        for row in listed.rows:
            said = [f"{row.model}{f' from {_begins(row)}' if _begins(row) else ''}: {'; '.join(row.source)}.", row.note]
            parts.append(paragraph(" ".join(said), width=width, mark="  "))
    parts += [paragraph(note, width=width) for note in listed.notes]
    return "\n".join(parts)


def _price_row(row: Rates) -> list[str]:
    cells = {price.modality: _price_cell(price) for price in row.prices}
    if row.unit != "usd_per_1m_tokens":
        cells = {"audio": _timed(row)}
    return [
        row.model,
        *(cells.get(name, "") for name in ("text", "audio", "image")),
        _begins(row),
        "" if row.last_day is None else row.last_day.isoformat(),
        row.confidence,
    ]


def _begins(row: Rates) -> str:
    """The first day; empty where a row of one's own holds since ever."""
    return "" if row.valid_from == date.min else row.valid_from.isoformat()


def _price_cell(price: Any) -> str:
    columns: tuple[Decimal | None, ...] = (price.input, price.cached, price.output)
    return " / ".join("–" if value is None else f"{value:f}" for value in columns)


def _timed(row: Rates) -> str:
    values = (value for price in row.prices for value in (price.input, price.output) if value is not None)
    return ", ".join(f"${value:f} a {row.per_text}" for value in dict.fromkeys(values))
