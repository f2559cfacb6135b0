"""The models that a session can ask for: what each is for, what it costs, and until when it is there.

Nothing here is a table of its own: names are those of the protocol's catalogue and of the price table, windows, prices
and shutdown dates those of the price table, options those of :mod:`rtnb.protocol.transcription`. ``models.json`` has
what stands in none of them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any, Final, Literal, overload

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.prices.rates import as_date, rate_book
from rtnb.pricing.prices.rows import Rates
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.rules import client_rules
from rtnb.protocol.transcription import transcription_options

__all__ = ["SOON", "ModelInfo", "ModelTable", "models", "shutdown_note"]

Kind = Literal["realtime", "transcription", "translation"]

SOON: Final = timedelta(days=90)
"""A model that ends within so many days is warned of."""

_KINDS: Final[dict[str, Kind]] = {
    "speech_to_speech": "realtime",
    "transcription": "transcription",
    "translation": "translation",
}
"""Kinds of the price table that belong to this protocol; ``live`` models speak another one."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model of the Realtime API.

    Attributes
    ----------
    name : str
    kind : {"realtime", "transcription", "translation"}
    context_tokens, max_input_tokens, max_output_tokens : int or None
        The window, the part of it that input may fill, and the longest answer, where known.
    reasoning : bool or None
        Whether it takes ``reasoning`` and ``parallel_tool_calls``; None for what is no realtime model.
    options : tuple of str
        What can be set beside a transcription model.
    price : str
        In short, USD; empty where none is known.
    since : datetime.date or None
        First day of its first price.
    shutdown : datetime.date or None
        Its last day, where announced.
    successor : str
        What to use instead, where a shutdown is announced; empty otherwise.
    """

    name: str
    kind: Kind
    context_tokens: int | None
    max_input_tokens: int | None
    max_output_tokens: int | None
    reasoning: bool | None
    options: tuple[str, ...]
    price: str
    since: date | None
    shutdown: date | None
    successor: str

    def record(self) -> dict[str, Any]:
        """A flat mapping."""
        return {name: getattr(self, name) for name in self.__slots__} | {"options": ", ".join(self.options)}


@dataclass(frozen=True, slots=True, repr=False)
class ModelTable(Drawable, Sequence[ModelInfo]):
    """Models side by side.

    Parameters
    ----------
    rows : tuple of ModelInfo
    on : datetime.date
        The day from which shutdown dates are looked at.
    checked : datetime.date
        When the sources were last read.
    """

    rows: tuple[ModelInfo, ...]
    on: date
    checked: date

    @property
    def names(self) -> tuple[str, ...]:
        """Names alone."""
        return tuple(row.name for row in self.rows)

    def ending(self) -> tuple[ModelInfo, ...]:
        """Those whose end is announced."""
        return tuple(row for row in self.rows if row.shutdown is not None)

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a model."""
        return [row.record() for row in self.rows]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a model."""
        import pandas as pd

        frame = pd.DataFrame.from_records(self.records())
        for column in ("since", "shutdown"):
            frame[column] = pd.to_datetime(frame[column])
        for column in ("context_tokens", "max_input_tokens", "max_output_tokens"):
            frame[column] = frame[column].astype("Int64")
        return frame

    @overload
    def __getitem__(self, place: int | str) -> ModelInfo: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[ModelInfo, ...]: ...
    def __getitem__(self, place: int | str | slice) -> ModelInfo | tuple[ModelInfo, ...]:
        if isinstance(place, str):
            found = next((row for row in self.rows if row.name == place), None)
            if found is None:
                raise KeyError(place)
            return found
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        lines = [f"ModelTable({len(self.rows)} models on {self.on}, checked {self.checked})"]
        width = max((len(row.name) for row in self.rows), default=0)
        for row in self.rows:
            window = f"{row.context_tokens // 1000}k" if row.context_tokens else "–"
            ends = f"  ends {row.shutdown} → {row.successor or '?'}" if row.shutdown else ""
            thinks = "reasons" if row.reasoning else ""
            lines.append(f"  {row.name:{width}}  {row.kind:13}  {window:>5}  {thinks:7}  {row.price}{ends}".rstrip())
        return "\n".join(lines)


def models(
    kind: Literal["realtime", "transcription", "translation", "all"] = "all",
    *,
    on: date | str | None = None,
    past: bool = False,
) -> ModelTable:
    """The models of the Realtime API, newest first.

    Parameters
    ----------
    kind : {"all", "realtime", "transcription", "translation"}
    on : datetime.date or str, optional
        The day that is looked at, as ``"2026-11-21"``; today if not given.
    past : bool
        Whether to list also those that have been shut down by then.

    Raises
    ------
    ConfigError
        There is no such kind, or `on` is no day.

    Examples
    --------
    >>> table = models("realtime", on="2026-11-21")
    >>> table["gpt-realtime-2.1"].reasoning, table["gpt-realtime"].shutdown, table["gpt-realtime"].successor
    (True, datetime.date(2027, 1, 20), 'gpt-realtime-2.1')
    >>> "gpt-4o-realtime-preview-2024-10-01" in table.names
    False
    """
    kinds = (*_KINDS.values(), "all")
    if kind not in kinds:
        raise ConfigError(f"{kind!r:.40} is no kind of model; there are {', '.join(kinds)}.")
    day = as_date(on)
    rows = [_info(name, day) for name in _names()]
    wanted = [
        row for row in rows if kind in ("all", row.kind) and (past or row.shutdown is None or row.shutdown >= day)
    ]
    order = list(_KINDS.values())
    wanted.sort(key=lambda row: row.name)
    wanted.sort(key=lambda row: (order.index(row.kind), -(row.since or date.min).toordinal()))
    return ModelTable(tuple(wanted), day, max(rate_book().checked, date.fromisoformat(_more()["checked"])))


def shutdown_note(model: str, on: date | str | None = None) -> str | None:
    """What to know about the end of a model that is past or within 90 days; None where there is nothing to say.

    Parameters
    ----------
    model : str
        Realtime or transcription.
    on : datetime.date or str, optional
        The day that is looked at; today if not given.

    Examples
    --------
    >>> shutdown_note("gpt-realtime", "2026-11-21")
    "'gpt-realtime' is shut down on 2027-01-20, in 60 days. Its replacement is 'gpt-realtime-2.1'."
    >>> shutdown_note("gpt-realtime", "2026-01-01") is None, shutdown_note("gpt-realtime-2.1", "2026-11-21") is None
    (True, True)
    """
    day = as_date(on)
    last = _shutdown(model)
    if last is None or last - day > SOON:
        return None
    left = (last - day).days
    when = (
        f"was shut down on {last}" if left < 0
        else f"is shut down today, {last}" if left == 0
        else f"is shut down on {last}, in {left} day{'s' if left != 1 else ''}"
    )  # fmt: skip
    successor = _successor(model)
    remedy = f" Its replacement is {successor!r}." if successor else " rtnb.models() lists what is there."
    return f"{model!r} {when}.{remedy}"


@functools.cache
def _more() -> dict[str, Any]:
    text = resources.files("rtnb.session.config").joinpath("models.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _names() -> list[str]:
    known, book = catalogue(), rate_book()
    priced = [name for name in book.models() if (row := _last(name)) is not None and row.kind in _KINDS]
    return sorted({*known.realtime_models, *known.transcription_models, *priced})


def _last(name: str) -> Rates | None:
    """The newest price row of a name."""
    spans = rate_book().spans(name)
    return spans[-1] if spans else None


def _info(name: str, day: date) -> ModelInfo:
    row = rate_book().at(name, day) or _last(name)
    kind: Kind = "transcription" if name in catalogue().transcription_models else "realtime"
    if row is not None and row.kind in _KINDS:
        kind = _KINDS[row.kind]
    spans = rate_book().spans(name)
    shutdown = _shutdown(name)
    return ModelInfo(
        name=name,
        kind=kind,
        context_tokens=row.context_tokens if row else None,
        max_input_tokens=row.max_input_tokens if row else None,
        max_output_tokens=row.max_output_tokens if row else None,
        reasoning=name not in client_rules().no_reasoning if kind == "realtime" else None,
        options=tuple(sorted(transcription_options(name) or ())) if kind == "transcription" else (),
        price=_price(row) if row else "",
        since=spans[0].valid_from if spans and spans[0].valid_from != date.min else None,
        shutdown=shutdown,
        successor=_successor(name) if shutdown else "",
    )


def _price(row: Rates) -> str:
    """The prices that decide a bill, in short."""
    if row.unit != "usd_per_1m_tokens":
        amounts = [price.input or price.output for price in row.prices]
        first = next((amount for amount in amounts if amount is not None), None)
        return f"${first.normalize():f} / {row.per_text}" if first is not None else ""
    named = {price.modality: price for price in row.prices}
    price = named.get("audio") or named.get("text")
    if price is None:
        return ""
    ends = [
        f"${amount.normalize():f} {side}" for side, amount in (("in", price.input), ("out", price.output)) if amount
    ]
    return f"{price.modality} {', '.join(ends)} / {row.per_text}"


def _shutdown(name: str) -> date | None:
    days = [row.shutdown for row in rate_book().spans(name) if row.shutdown is not None]
    days += [date.fromisoformat(entry["day"]) for entry in _more()["shutdown"] if name in entry["models"]]
    return max(days, default=None)


def _successor(name: str) -> str:
    for entry in _more()["replacements"]:
        if any(fnmatchcase(name, pattern) for pattern in entry["models"]):
            return str(entry["by"])
    line = rate_book().line_of(name)
    members = rate_book().lines[line] if line else ()
    return next((member for member in reversed(members) if _shutdown(member) is None and member != name), "")
