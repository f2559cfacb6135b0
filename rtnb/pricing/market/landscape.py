"""The field around the Realtime API, its models over time, and prices as printed: dated, sourced, corrected.

The cells are data, in ``landscape.json`` and ``printed.json`` beside this module. Where a document said otherwise, the
cell keeps what it said and why that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError

__all__ = [
    "Figure",
    "Landscape",
    "ModelHistory",
    "PrintedTable",
    "Product",
    "landscape",
    "model_history",
    "printed_tables",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: what is true, when it was checked, and, where a document said otherwise, what and why it is wrong.

    Parameters
    ----------
    text : str
        What is true.
    source : str
        Titles and addresses.
    checked : datetime.date or None
        When the sources were last read.
    confidence : str
        ``"A"``: the maker's own text. ``"B"``: independent text, or the maker's figure at second hand. ``"C"``:
        unverified, or one third party.
    said, why : str
        What the document said where it was wrong, and why it was; empty otherwise.

    Examples
    --------
    >>> cell = landscape().product("Vapi").cells["price"]
    >>> cell.text
    '$0.05 a minute for hosting; transcriber, model, voice and telephone are billed on top, at cost.'
    >>> cell.said
    'A platform fee of about $0.05 to $0.11 a minute.'
    """

    text: str
    source: str = ""
    checked: date | None = None
    confidence: str = ""
    said: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the landscape, or one model: cells by column.

    Examples
    --------
    >>> import rtnb
    >>> product = rtnb.pricing.model_history().products[0]
    >>> sorted(product.cells)[:2]
    ['benchmarks', 'context']
    """

    name: str
    cells: dict[str, Figure]


@dataclass(frozen=True, slots=True, repr=False)
class _Grid(Drawable):
    checked: date
    columns: tuple[str, ...]
    products: tuple[Product, ...]

    def product(self, name: str) -> Product:
        """The row of that name, or the only one whose name holds it; letter case is ignored.

        Raises
        ------
        ConfigError
            There is none, or several hold it.

        Examples
        --------
        >>> landscape().product("evi").name
        'Hume EVI'
        """
        wanted = name.casefold() if isinstance(name, str) else ""
        found = [product for product in self.products if wanted and wanted in product.name.casefold()]
        exact = [product for product in found if product.name.casefold() == wanted]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if found:
            raise ConfigError(f"{name!r} may be {', '.join(product.name for product in found)}; name one of them.")
        raise ConfigError(
            f"There is no row {name!r}; there are {', '.join(product.name for product in self.products)}."
        )

    def corrections(self) -> list[dict[str, str]]:
        """Every cell in which a document was wrong: product, column, what it said, why it is wrong, what is true."""
        return [
            {"name": product.name, "column": column, "said": cell.said, "why": cell.why, "true": cell.text}
            for product in self.products
            for column, cell in product.cells.items()
            if cell.said
        ]

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row: the name, and the text of each cell."""
        return [
            {"name": product.name, **{column: product.cells[column].text for column in self.columns}}
            for product in self.products
        ]

    def to_frame(self, *, details: bool = False) -> Any:
        """A pandas DataFrame, a row a product; with `details` a row a cell, with source, confidence and correction."""
        import pandas as pd

        if not details:
            return pd.DataFrame.from_records(self.records())
        return pd.DataFrame.from_records(
            [
                {
                    "name": product.name,
                    "column": column,
                    "text": cell.text,
                    "confidence": cell.confidence,
                    "checked": cell.checked,
                    "source": cell.source,
                    "said": cell.said,
                    "why": cell.why,
                }
                for product in self.products
                for column, cell in product.cells.items()
            ]
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.products)} rows, checked {self.checked})"


@dataclass(frozen=True, slots=True, repr=False)
class Landscape(_Grid):
    """Voice products side by side.

    Examples
    --------
    >>> field = landscape()
    >>> field
    Landscape(7 rows, checked 2026-11-21)
    >>> [row["name"] for row in field.records()][:3]
    ['OpenAI Realtime API', 'Moshi', 'Cartesia']
    """


@dataclass(frozen=True, slots=True, repr=False)
class ModelHistory(_Grid):
    """The speech-to-speech models, oldest first: cells by column (released, benchmarks, features...).

    Examples
    --------
    >>> import rtnb
    >>> history = rtnb.pricing.model_history()
    >>> history.products[0].name
    'gpt-4o-realtime-preview-2024-10-01'
    """


@dataclass(frozen=True, slots=True, repr=False)
class PrintedTable(Drawable):
    """A price table as a document printed it, with the days on which it was true.

    Parameters
    ----------
    document, title : str
        Where it stands, and what it is of.
    true_from, true_to : datetime.date or None
        When all of it was true together; both None where it never was. `true_to` None with a `true_from`: it still is.
    columns : tuple of str
    rows : tuple of tuple of str
        Cells as printed.
    notes : tuple of str
        What is wrong with it as a whole.
    printed_on : datetime.date or None
        The date of the document; None where it states none.
    spans : tuple of (date or None, date or None)
        For each row when it was true, in the same way.
    remarks : tuple of str
        For each row what is wrong with it; empty where nothing is.

    Examples
    --------
    >>> import rtnb
    >>> printed = rtnb.pricing.printed_tables()[0]
    >>> print(printed.title)
    GA Model Pricing (gpt-realtime)
    """

    document: str
    title: str
    true_from: date | None
    true_to: date | None
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    printed_on: date | None = None
    spans: tuple[tuple[date | None, date | None], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """When the table was true, in words."""
        return in_words(self.true_from, self.true_to)

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row: the cells as printed, when they were true, and what is wrong."""
        return [
            {**dict(zip(self.columns, row, strict=True)), "true": in_words(*span), "wrong": remark}
            for row, span, remark in zip(self.rows, self.spans, self.remarks, strict=True)
        ]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a printed row."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records(), columns=[*self.columns, "true", "wrong"])

    def __repr__(self) -> str:
        return f"PrintedTable({self.title}; {self.document}; true: {self.when})"


def in_words(first: date | None, last: date | None) -> str:
    """A span of days in words.

    Examples
    --------
    >>> in_words(date(2024, 10, 1), date(2024, 10, 29)), in_words(date(2025, 8, 28), None), in_words(None, None)
    ('2024-10-01 to 2024-10-29', 'since 2025-08-28', 'never')
    """
    if first is None:
        return "never"
    return f"since {first}" if last is None else f"{first} to {last}"


@cache
def landscape() -> Landscape:
    """Moshi, Cartesia, EVI, CSM, Vapi and Retell beside the Realtime API: architecture, latency, price, limits.

    Examples
    --------
    >>> [product.name for product in landscape().products]
    ['OpenAI Realtime API', 'Moshi', 'Cartesia', 'Hume EVI', 'Sesame CSM', 'Vapi', 'Retell']
    """
    data = _data("landscape.json")
    return Landscape(_day(data["checked"]), *_grid(data, data["landscape"]))


@cache
def model_history() -> ModelHistory:
    """The models of the Realtime API over time, with benchmarks and features.

    Examples
    --------
    >>> history = model_history()
    >>> history.products[0].name, history.products[0].cells["session length"].text
    ('gpt-4o-realtime-preview-2024-10-01', '15 minutes')
    """
    data = _data("landscape.json")
    return ModelHistory(_day(data["checked"]), *_grid(data, data["history"]))


@cache
def printed_tables() -> tuple[PrintedTable, ...]:
    """The prices that circulate in print, each row with when it was true and what is wrong with it.

    Examples
    --------
    >>> for table in printed_tables()[:4]:
    ...     print(table.title, "|", table.when)
    GA Model Pricing (gpt-realtime) | 2025-08-28 to 2027-01-20
    Mini Model Pricing (gpt-realtime-mini) | 2025-10-06 to 2027-01-20
    Preview Model Pricing (gpt-4o-realtime-preview) | 2024-10-30 to 2025-10-10
    Estimated Conversation Costs (70% talk time) | 2024-10-30 to 2025-10-10
    """
    data = _data("printed.json")
    return tuple(_printed(data["documents"][table["document"]], table) for table in data["tables"])


def _data(name: str) -> Any:
    return json.loads(resources.files("rtnb.pricing.market").joinpath(name).read_text(encoding="utf-8"))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _maybe(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _grid(data: Mapping[str, Any], grid: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Product, ...]]:
    columns = tuple(grid["columns"])
    return columns, tuple(
        Product(row["name"], {column: _figure(data, row["cells"][column]) for column in columns})
        for row in grid["rows"]
    )


def _figure(data: Mapping[str, Any], cell: Mapping[str, Any]) -> Figure:
    return Figure(
        text=cell["text"],
        source=_sources(data["sources"], cell["source"]),
        checked=_day(cell.get("checked", data["checked"])),
        confidence=cell["confidence"],
        said=cell.get("said", ""),
        why=cell.get("why", ""),
    )


def _sources(sources: Mapping[str, Mapping[str, str]], keys: Sequence[str]) -> str:
    texts = (": ".join(part for part in (sources[key]["title"], sources[key]["url"]) if part) for key in keys)
    return "; ".join(texts)


def _printed(document: Mapping[str, Any], table: Mapping[str, Any]) -> PrintedTable:
    return PrintedTable(
        document=document["title"],
        title=table["title"],
        true_from=_maybe(table["true"][0]),
        true_to=_maybe(table["true"][1]),
        columns=tuple(table["columns"]),
        rows=tuple(tuple(row["cells"]) for row in table["rows"]),
        notes=tuple(table["notes"]),
        printed_on=_maybe(document["date"]),
        spans=tuple((_maybe(row["true"][0]), _maybe(row["true"][1])) for row in table["rows"]),
        remarks=tuple(row["wrong"] for row in table["rows"]),
    )
