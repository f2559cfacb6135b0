"""The price list on a day, and how prices came to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook, as_book
from rtnb.pricing.prices.rows import Rates, as_date, undated

__all__ = ["PriceHistory", "PriceTable", "history", "table"]

SOON_DAYS = 180
"""A shutdown within so many days is worth a note: OpenAI gives generally available models at least six months."""


@dataclass(frozen=True, slots=True, repr=False)
class PriceTable(Drawable):
    """Prices side by side.

    Parameters
    ----------
    title : str
        Such as ``"Prices on 2026-11-21"``.
    rows : tuple of Rates
    notes : tuple of str
        What the reader should know: own prices, shutdowns to come, names left out.
    on : datetime.date or None
        The day of the list, from which the ends of models are near or far.

    Examples
    --------
    >>> prices = table(model="gpt-realtime", on="2026-01-31")
    >>> prices
    PriceTable(Prices of gpt-realtime on 2026-01-31, 1 rows)
    >>> prices.records()[0]["audio_output_usd"]
    64.0
    """

    title: str
    rows: tuple[Rates, ...]
    notes: tuple[str, ...] = ()
    on: date | None = None

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row, for tables, CSV and JSON: model, kind, what a price buys, prices by modality in USD,
        days, window, confidence, source. Days are ISO strings, prices floats; the exact ones are in :attr:`rows`.
        """
        return [row.record() for row in self.rows]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a price row; days as dates."""
        return _frame(self.records())

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"PriceTable({self.title}, {len(self.rows)} rows)"


@dataclass(frozen=True, slots=True, repr=False)
class PriceHistory(Drawable):
    """What a model, or a line of models, cost over time.

    Parameters
    ----------
    title : str
    rows : tuple of Rates
        Oldest first.
    until : datetime.date
        Where the picture ends.

    Examples
    --------
    >>> import rtnb
    >>> history = rtnb.pricing.history("gpt-realtime", until="2026-01-31")
    >>> len(history.rows) > 0
    True
    """

    title: str
    rows: tuple[Rates, ...]
    until: date

    def steps(self) -> tuple[tuple[date, date, Rates], ...]:
        """First day, last day and row of each step of the line: a row holds until the next one begins.

        Rows of older models that went on beside a newer one end where the newer begins; a row that held at no time
        as the newest is left out.
        """
        found: list[tuple[date, date, Rates]] = []
        for index, row in enumerate(self.rows):
            later = (after.valid_from for after in self.rows[index + 1 :])
            ends = [day - timedelta(days=1) for day in later]
            last = min([*ends[:1], *([row.last_day] if row.last_day else []), self.until])
            if row.valid_from <= last:
                found.append((row.valid_from, last, row))
        return tuple(found)

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row, as in :meth:`PriceTable.records`."""
        return [row.record() for row in self.rows]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a price row, oldest first."""
        return _frame(self.records())

    def __repr__(self) -> str:
        return f"PriceHistory({self.title}, {len(self.rows)} rows)"


def table(
    on: date | str | None = None,
    *,
    kind: str | None = None,
    model: str | None = None,
    prices: RateBook | OwnPrices | None = None,
    snapshots: bool = False,
) -> PriceTable:
    """The price list on a day; or, with `model`, every row of one model over time.

    Parameters
    ----------
    on : datetime.date or str, optional
        The day, as ``"2026-01-31"``; today if not given. With `model` only the row that held on that day is
        listed, and all if not given. The name of a model in its place is taken as `model`.
    kind : str, optional
        Only ``"speech_to_speech"``, ``"transcription"``, ``"translation"`` or ``"live"``.
    model : str, optional
        Only this model, an undated name with everything it stood for.
    prices : RateBook, path, or rows, optional
        Whose prices; the default book if not given.
    snapshots : bool, optional
        Whether dated snapshots that cost the same as their undated name are listed too.

    Returns
    -------
    PriceTable

    Raises
    ------
    ConfigError
        `on` is no day, or `kind` or `model` is unknown.

    Examples
    --------
    >>> prices = table("2026-11-21", kind="speech_to_speech")
    >>> [row.model for row in prices.rows][:2]
    ['gpt-realtime', 'gpt-realtime-1.5']
    >>> [row["audio_input_usd"] for row in table(model="gpt-4o-realtime-preview-2024-10-01").records()]
    [100.0, 100.0]
    >>> table(model="gpt-realtme")
    Traceback (most recent call last):
        ...
    rtnb.errors.ConfigError: No price is known for the model 'gpt-realtme'; known names like it: gpt-realtime, ...
    """
    book = as_book(prices)
    if model is None and isinstance(on, str) and on in book.models():
        on, model = None, on
    if model is not None:
        return _of_model(book, model, on)
    try:
        day = as_date(on)
    except ConfigError as error:
        raise ConfigError(f"{error} For one model, write table(model='gpt-realtime').") from None
    found = [row for name in book.models() if (row := book.at(name, day)) is not None and row.model == name]
    kinds = sorted({row.kind for name in book.models() for row in book.rows(name)})
    if kind is not None and kind not in kinds:
        raise ConfigError(f"There is no kind of model {kind!r}; there are {', '.join(kinds)}.")
    rows = [row for row in found if kind is None or row.kind == kind]
    notes: list[str] = []
    if not snapshots:
        hidden = {row.model for row in rows if _same_as_undated(row, rows)}
        rows = [row for row in rows if row.model not in hidden]
        if hidden:
            notes.append(f"Dated snapshots that cost the same as their undated name are left out: {_names(hidden)}.")
    order = {"speech_to_speech": 0, "live": 1, "translation": 2, "transcription": 3}
    rows.sort(key=lambda row: (order.get(row.kind, 9), _place(book, row), row.valid_from, row.model))
    return PriceTable(f"Prices on {day}", tuple(rows), (*notes, *_notes(book, rows, day)), day)


def history(*models: str, until: date | str | None = None, prices: RateBook | OwnPrices | None = None) -> PriceHistory:
    """What models cost over time.

    Parameters
    ----------
    *models : str
        Models, undated names with everything they stood for, or the name of a line of models that succeed each
        other: ``"flagship"``, ``"mini"``. The flagship line if none is given.
    until : datetime.date or str, optional
        Where it ends: rows that begin later are left out. Today if not given.
    prices : RateBook, path, or rows, optional
        Whose prices; the default book if not given.

    Returns
    -------
    PriceHistory

    Raises
    ------
    ConfigError
        A name is unknown.

    Examples
    --------
    >>> [str(row.price("audio", "input")) for row in history().rows]
    ['100', '100', '40', '40', '32', '32', '32', '32']
    >>> [(str(first), row.model) for first, last, row in history("mini").steps()][-1]
    ('2026-07-06', 'gpt-realtime-2.1-mini')
    """
    book = as_book(prices)
    names = models or ("flagship",)
    rows: list[Rates] = []
    for name in names:
        members = book.lines.get(name, (name,))
        for member in members:
            found = book.spans(member)
            if not found:
                lines = f" Lines of models are {', '.join(book.lines)}." if book.lines else ""
                raise ConfigError(f"{book.why_unpriced(member)}{lines}")
            rows += found
    end = max(date.today(), book.checked) if until is None else as_date(until)
    kept = sorted((row for row in dict.fromkeys(rows) if row.valid_from <= end), key=lambda row: row.valid_from)
    title = f"Prices of the {names[0]} line" if names[0] in book.lines else f"Prices of {', '.join(names)}"
    return PriceHistory(title, tuple(kept), end)


def _of_model(book: RateBook, model: str, on: date | str | None) -> PriceTable:
    if model not in book.models():
        raise ConfigError(book.why_unpriced(model))
    if on is None:
        rows = book.spans(model)
        return PriceTable(
            f"Prices of {model}", rows, (*book.why_alias(model), *_notes(book, rows, date.today())), date.today()
        )
    day = as_date(on)
    row = book.at(model, day)
    notes = _notes(book, [row], day) if row else (book.why_unpriced(model, day),)
    return PriceTable(f"Prices of {model} on {day}", (row,) if row else (), notes, day)


def _same_as_undated(row: Rates, rows: Sequence[Rates]) -> bool:
    return undated(row.model) != row.model and any(
        other.model == undated(row.model) and (other.prices, other.unit, other.per) == (row.prices, row.unit, row.per)
        for other in rows
    )


def _place(book: RateBook, row: Rates) -> tuple[int, int]:
    """Lines in their order, and models within a line by age."""
    line = book.line_of(row.model)
    return (list(book.lines).index(line), row.valid_from.toordinal()) if line else (len(book.lines), 0)


def _notes(book: RateBook, rows: Iterable[Rates], day: date) -> tuple[str, ...]:
    rows = list(rows)
    notes: list[str] = []
    ending: dict[date, list[str]] = {}
    for row in rows:
        if row.shutdown is not None and timedelta(0) <= row.shutdown - day <= timedelta(days=SOON_DAYS):
            ending.setdefault(row.shutdown, []).append(row.model)
    notes += [f"Ends on {last}: {_names(names)}." for last, names in sorted(ending.items())]
    if mine := [row.model for row in rows if row.own]:
        notes.append(f"Your own prices: {_names(mine)}.")
    for name in sorted(set(mine)):
        if near := book.near(name):
            notes.append(f"{name!r} is a model of your own; if {near!r} is meant, that goes on at its carried price.")
    return tuple(notes)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _frame(records: Sequence[Mapping[str, Any]]) -> Any:
    import pandas as pd

    frame = pd.DataFrame.from_records(list(records))
    for column in ("valid_from", "valid_to", "shutdown", "checked"):
        if column in frame:
            frame[column] = pd.to_datetime(frame[column])
    for column in ("context_tokens", "max_input_tokens", "max_output_tokens"):
        if column in frame:
            frame[column] = frame[column].astype("Int64")
    return frame
