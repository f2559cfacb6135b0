"""The table of "70 % talk time" that everybody copies, beside what the same talk costs at today's prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rtnb._display import Drawable
from rtnb.pricing.ahead.assumptions import MISSING_MANUAL, Assumptions
from rtnb.pricing.ahead.projection import project
from rtnb.pricing.bills.money import format_usd
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.choice import newest_of_each_price
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook, as_date

__all__ = ["TalkTimeRow", "TalkTimeTable", "talk_time_table"]

MINUTES = (1, 2, 5, 10, 15)
PRINTED_USD = (0.11, 0.26, 0.92, 2.68, 5.28)
PRINTED_ON = date(2024, 11, 21)
PRINTED_MODEL = "gpt-4o-realtime-preview-2024-10-01"
PRINTED_SOURCE = 'Kwindla Hultman Kramer, "OpenAI Realtime API: The Missing Manual", latent.space, 2024-11-21'

_DOCUMENTED = MISSING_MANUAL.changed({"user_share": 0.5})
_NO_CACHE = MISSING_MANUAL.changed({"cache_hit_rate": 0.0})


@dataclass(frozen=True, slots=True)
class TalkTimeRow:
    """What talks of some lengths cost.

    Parameters
    ----------
    what : str
        Whose figures these are, or what was assumed.
    model : str
    on : datetime.date
        The day whose prices hold.
    usd : tuple of float or None
        For each length of the table; None where the model has no price.
    assumptions : Assumptions or None
        None for printed figures.
    why : str
        Why there is no price; empty where there is.

    Examples
    --------
    >>> import rtnb
    >>> row = rtnb.pricing.talk_time_table().rows[0]
    >>> row.what, row.model
    ('printed', 'gpt-4o-realtime-preview-2024-10-01')
    """

    what: str
    model: str
    on: date
    usd: tuple[float | None, ...]
    assumptions: Assumptions | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class TalkTimeTable(Drawable):
    """Costs of talks by length: as printed, as computed, and at other prices.

    Parameters
    ----------
    minutes : tuple of int
        The lengths.
    rows : tuple of TalkTimeRow
        The printed row first.
    notes : tuple of str

    Examples
    --------
    >>> import rtnb
    >>> table = rtnb.pricing.talk_time_table()
    >>> table.minutes
    (1, 2, 5, 10, 15)
    """

    minutes: tuple[int, ...]
    rows: tuple[TalkTimeRow, ...]
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row: ``what``, ``model``, ``on`` and USD under ``"1 min"`` and so on."""
        return [
            {
                "what": row.what,
                "model": row.model,
                "on": row.on,
                **{f"{minutes} min": usd for minutes, usd in zip(self.minutes, row.usd, strict=True)},
            }
            for row in self.rows
        ]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a row, USD."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records())

    def __repr__(self) -> str:
        lengths = ", ".join(f"{minutes} min" for minutes in self.minutes)
        return f"TalkTimeTable({len(self.rows)} rows; {lengths})"


def talk_time_table(
    model: str | Sequence[str] | None = None,
    on: date | str | None = None,
    *,
    prices: RateBook | OwnPrices | None = None,
) -> TalkTimeTable:
    """The printed table of "70 % talk time" beside the same talk at the prices of a day.

    Parameters
    ----------
    model : str or sequence of str, optional
        Whose prices to show; if not given, the newest speech-to-speech model of each audio price of that day.
    on : datetime.date or str, optional
        The day; today if not given.
    prices : RateBook, str, pathlib.Path, mapping or list of mapping, optional
        Whose prices: a book, or what :func:`rtnb.pricing.book` takes; the default book if not given.

    Returns
    -------
    TalkTimeTable
        First what was printed, then what :data:`rtnb.pricing.MISSING_MANUAL` gives at the prices of then, then
        what changes when the talk is halved between the speakers or nothing is cached, then the models.

    Examples
    --------
    >>> table = talk_time_table("gpt-realtime", on="2026-01-31")
    >>> for row in table.rows[0], table.rows[1], table.rows[4]:
    ...     print(f"{row.what:45}", *(f"{usd:.2f}" for usd in row.usd))
    printed                                       0.11 0.26 0.92 2.68 5.28
    the same assumptions                          0.11 0.26 0.92 2.68 5.28
    the same assumptions, other prices            0.03 0.07 0.18 0.39 0.61
    """
    book, day = as_book(prices), as_date(on)

    def row(what: str, name: str, when: date, assumptions: Assumptions) -> TalkTimeRow:
        projections = [project(minutes, name, on=when, assumptions=assumptions, prices=book) for minutes in MINUTES]
        why = projections[0].cost.unpriced
        usd = tuple(None if why else projection.total_usd for projection in projections)
        return TalkTimeRow(what, name, when, usd, assumptions, why[0] if why else "")

    then = [
        TalkTimeRow("printed", PRINTED_MODEL, PRINTED_ON, PRINTED_USD),
        row("the same assumptions", PRINTED_MODEL, PRINTED_ON, MISSING_MANUAL),
        row("talk time halved between the speakers", PRINTED_MODEL, PRINTED_ON, _DOCUMENTED),
        row("nothing cached", PRINTED_MODEL, PRINTED_ON, _NO_CACHE),
    ]
    names = (model,) if isinstance(model, str) else tuple(model) if model else newest_of_each_price(book, day)
    now = [
        made
        for name in names
        for made in (
            row("the same assumptions, other prices", name, day, MISSING_MANUAL),
            row("halved between the speakers, other prices", name, day, _DOCUMENTED),
        )
    ]
    return TalkTimeTable(MINUTES, (*then, *now), _notes(then[1], now))


def _notes(computed: TalkTimeRow, now: list[TalkTimeRow]) -> tuple[str, ...]:
    notes = [
        f"Printed: {PRINTED_SOURCE}. It is repeated elsewhere under later prices, with which it has nothing to do.",
        "Assumed: three turns a minute, 560 audio tokens a minute of talk (800 times 70 %), split evenly; no "
        "instructions, no text, no truncation. The number of turns and the even split are fitted to the figures.",
    ]
    if now and computed.usd[-1] and now[0].usd[-1]:
        share = now[0].usd[-1] / computed.usd[-1]
        notes.append(
            f"{computed.what[0].upper()}{computed.what[1:]} for {MINUTES[-1]} minutes: {format_usd(computed.usd[-1])} "
            f"then, {format_usd(now[0].usd[-1])} with {now[0].model} on {now[0].on} ({share * 100:.0f} % of it)."
        )
    return tuple(notes)
