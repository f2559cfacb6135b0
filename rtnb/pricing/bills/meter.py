"""Meter: what a session cost, response by response, and where the money went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.entries import COLUMNS, CacheMiss, Entry, Pricing, TurnCost, entries_of, record_of
from rtnb.pricing.bills.ledger import Ledger, Source, ledgers_of
from rtnb.pricing.bills.misses import MissReason, cached_of, held
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook, as_date
from rtnb.tokens import ModalityCount, TokenUsage

__all__ = ["CacheMiss", "Entry", "Meter", "MissReason", "TurnCost", "meter"]


@dataclass(frozen=True, slots=True, repr=False)
class Meter(Drawable):
    """What one session, or many, cost and why.

    Parameters
    ----------
    entries : tuple of Entry
        Every response, session by session, oldest first.
    sessions : tuple of str
        Their names, in order.
    endpoint : str
        What answered, in words; empty where several did.
    notes : tuple of str
        What the reader should know: responses without usage, sessions without a model, counts that contradict each
        other.
    starts_s : tuple of float
        When each of the sessions began, as Unix time in seconds; the beginning of their day, UTC, where no more is
        known. Empty for sessions that stand in their order already.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> meter = s.usage.meter
    >>> len(meter.entries), meter.total_usd > 0
    (1, True)
    """

    entries: tuple[Entry, ...]
    sessions: tuple[str, ...]
    endpoint: str = ""
    notes: tuple[str, ...] = ()
    starts_s: tuple[float, ...] = ()

    @property
    def cost(self) -> Cost:
        """Everything, line by line."""
        return sum((entry.total for entry in self.entries), Cost())

    @property
    def total_usd(self) -> float:
        """Everything, as a float; where :attr:`cost` has unpriced lines the true sum is higher."""
        return self.cost.total_usd

    @property
    def usage(self) -> TokenUsage:
        """All tokens."""
        return sum((e.exchange.usage for e in self.entries if e.exchange.usage is not None), TokenUsage())

    @property
    def cached_share(self) -> float | None:
        """Cached part of all input, 0 to 1; None where there was no input."""
        usage = self.usage
        return usage.cached_tokens / usage.input_tokens if usage.input_tokens > 0 else None

    @property
    def hit_rate(self) -> float | None:
        """Cached part of what a perfect cache would have held, 0 to 1; None where it could have held nothing.

        First uses and new input do not count: no cache holds what no response was given before.
        """
        expected = cached = 0
        for entry in self.entries:
            perfect, real = held(entry.repeated), cached_of(entry.exchange)
            expected += perfect.total
            cached += min(perfect.text, real.text) + min(perfect.audio, real.audio) + min(perfect.image, real.image)
        return cached / expected if expected else None

    @property
    def misses(self) -> tuple[CacheMiss, ...]:
        """All input that was charged in full, by reason, dearest first.

        ``"first use"`` is what no cache could have held: each response's new input, the answer before it, and what
        is left over of a block of 64 tokens. With the misses of the entries it adds up to the uncached input.
        """
        by_reason: dict[MissReason, list[CacheMiss]] = {}
        for entry in self.entries:
            for miss in entry.misses:
                if miss.reason != "first use":
                    by_reason.setdefault(miss.reason, []).append(miss)
        added = [
            CacheMiss(
                reason,
                sum((miss.tokens for miss in found), ModalityCount()),
                sum((miss.extra for miss in found), Cost()),
            )
            for reason, found in by_reason.items()
        ]
        used = self.usage
        fresh = ModalityCount(
            max(used.input_text - used.cached_text, 0),
            max(used.input_audio - used.cached_audio, 0),
            max(used.input_image - used.cached_image, 0),
        ).less(sum((miss.tokens for miss in added), ModalityCount()))
        if fresh.total:
            added.append(CacheMiss("first use", fresh, Cost()))
        return tuple(sorted(added, key=lambda miss: (-miss.extra.exact_usd, -miss.tokens.total, miss.reason)))

    @property
    def unheard(self) -> Cost:
        """What was generated, billed and never heard."""
        return sum((entry.unheard for entry in self.entries), Cost())

    def by_turn(self) -> tuple[TurnCost, ...]:
        """Turn by turn; what belongs to no turn stands in one of index -1."""
        turns: dict[tuple[str, int], list[Entry]] = {}
        for entry in self.entries:
            turns.setdefault((entry.session, entry.exchange.turn), []).append(entry)
        places = {name: place for place, name in enumerate(self.sessions)}
        keys = sorted(turns, key=lambda key: (places.get(key[0], len(places)), key[1] < 0, key[1]))
        return tuple(TurnCost(session, turn, tuple(turns[session, turn])) for session, turn in keys)

    def by_session(self) -> dict[str, Cost]:
        """Session by session."""
        costs = {name: Cost() for name in self.sessions}
        for entry in self.entries:
            costs[entry.session] = costs.get(entry.session, Cost()) + entry.total
        return costs

    def running(self) -> tuple[tuple[Entry, Cost], ...]:
        """Every response with the total so far over all sessions, one session after the other by when they began.

        The last total is :attr:`cost`. ``str`` of a total says where something in it is unpriced.

        Examples
        --------
        >>> from datetime import date
        >>> from rtnb.pricing.bills.ledger import Exchange
        >>> usage = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
        >>> talks = [Ledger(name=f"talk {day}", on=date(2026, 1, day), exchanges=(Exchange(response_id=f"resp_{day}",
        ...     turn=0, at_s=3.0, on=date(2026, 1, day), model="gpt-realtime", usage=usage),)) for day in (31, 30)]
        >>> [(entry.session, str(total)) for entry, total in meter(talks).running()]
        [('talk 30', '$0.0070'), ('talk 31', '$0.0139')]
        """
        places = {name: place for place, name in enumerate(self.sessions)}
        starts = dict(zip(self.sessions, self.starts_s, strict=False))

        def begun(entry: Entry) -> tuple[float, int]:
            return starts.get(entry.session, 0.0), places.get(entry.session, len(places))

        so_far, found = Cost(), []
        for entry in sorted(self.entries, key=begun):
            so_far += entry.total
            found.append((entry, so_far))
        return tuple(found)

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a response, for tables, CSV and JSON: see :func:`rtnb.pricing.bills.entries.record_of`.

        Turns are counted from 1; None stands where something is not known or not priced.
        """
        return [record_of(entry) for entry in self.entries]

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a response."""
        import pandas as pd

        return pd.DataFrame(self.records(), columns=list(COLUMNS))

    def __repr__(self) -> str:
        sessions = f" of {len(self.sessions)} sessions" if len(self.sessions) != 1 else ""
        count = len(self.entries)
        cost = self.cost if self.entries else "nothing was used"
        return f"Meter({count:,} response{'' if count == 1 else 's'}{sessions}, {cost})"


def meter(
    *sources: Source | Iterable[Source],
    model: str | None = None,
    on: date | str | None = None,
    prices: RateBook | OwnPrices | None = None,
) -> Meter:
    """Meter sessions and recordings.

    Parameters
    ----------
    *sources : Source, or iterable of Source
        Sessions, recordings, usage reports, ledgers, or lists of them. A response that two of them hold, as two
        saves of one session do, is counted once.
    model : str, optional
        Price the responses as ones of this model, such as for recordings that name none; the recorded one if not
        given. Transcriptions keep theirs.
    on : datetime.date or str, optional
        The day whose prices hold; the day of each response, UTC, if not given.
    prices : RateBook, path, mapping or list of mapping, optional
        Whose prices, or rows of your own as :func:`rtnb.pricing.book` takes them; the default book if not given.

    Returns
    -------
    Meter
        Transcriptions stand with the first response of their turn, and in an entry of their own, of the status
        ``"no_response"``, where it drew none.

    Raises
    ------
    ConfigError
        No argument was given (an empty list is a bill of nothing), or something else, such as the name of a file, or
        `on` is no day.

    Notes
    -----
    Unheard audio: the seconds of an interrupted answer behind the point where it was interrupted, at one token for
    50 ms and never more tokens than were billed, at the price of audio output.

    Examples
    --------
    >>> from datetime import date
    >>> from rtnb.pricing.bills.ledger import Exchange
    >>> usage = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
    >>> one = Exchange(response_id="resp_1", turn=0, at_s=3.0, on=date(2026, 1, 31), model="gpt-realtime", usage=usage)
    >>> bill = meter(Ledger(name="talk", exchanges=(one,)))
    >>> bill
    Meter(1 response, $0.0070)
    >>> bill.misses[0].reason, bill.misses[0].tokens.total, round(bill.cached_share, 2)
    ('first use', 68, 0.48)
    """
    if not sources:
        raise ConfigError("There is no session or recording to meter. Read a file with rtnb.replay('talk.rtnb') first.")
    day = None if on is None else as_date(on)
    pricing = Pricing(as_book(prices), model, day)
    ledgers = _named(ledgers_of(sources))
    notes: list[str] = []
    entries: list[Entry] = []
    counted: set[tuple[object, ...]] = set()
    for ledger in ledgers:
        new = _without(ledger, counted)
        if len(new.exchanges) + len(new.transcriptions) < len(ledger.exchanges) + len(ledger.transcriptions):
            notes.append(f"{ledger.name}: what other sources hold too is counted once.")
        entries += entries_of(new, pricing)
    endpoints = {ledger.endpoint for ledger in ledgers}
    return Meter(
        entries=tuple(entries),
        sessions=tuple(ledger.name for ledger in ledgers),
        endpoint=endpoints.pop() if len(endpoints) == 1 else "",
        notes=(*notes, *_notes(entries, pricing)),
        starts_s=tuple(_start_s(ledger) for ledger in ledgers),
    )


def _start_s(ledger: Ledger) -> float:
    if ledger.start_wall_s is not None:
        return ledger.start_wall_s
    return datetime(ledger.on.year, ledger.on.month, ledger.on.day, tzinfo=UTC).timestamp()


def _named(ledgers: Sequence[Ledger]) -> list[Ledger]:
    """The ledgers, each with a name of its own."""
    named: list[Ledger] = []
    taken: set[str] = set()
    for ledger in ledgers:
        base = name = ledger.name or ledger.endpoint or "session"
        number = 1
        while name in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(name)
        named.append(replace(ledger, name=name))
    return named


def _without(ledger: Ledger, counted: set[tuple[object, ...]]) -> Ledger:
    """The ledger without what was counted before, under the very same id, time and counts."""

    def new(*key: object) -> bool:
        if key in counted or not key[0]:
            return not key[0]
        counted.add(key)
        return True

    return replace(
        ledger,
        exchanges=tuple(x for x in ledger.exchanges if new(x.response_id, x.on, x.at_s, str(x.usage))),
        transcriptions=tuple(t for t in ledger.transcriptions if new(t.item_id, t.on, t.at_s, str(t.usage))),
    )


def _notes(entries: Sequence[Entry], pricing: Pricing) -> Iterator[str]:
    running = sum(entry.exchange.status == "in_progress" for entry in entries)
    if running:
        yield f"{_responses(running)} still in progress; what {_it(running)} will cost is not known yet."
    missing = sum(entry.cost is None and entry.exchange.status != "in_progress" for entry in entries)
    if missing:
        yield f"{_responses(missing)} without usage, failed or cancelled: what {_it(missing)} cost is unknown."
    nameless = {
        e.session for e in entries if e.cost is not None and e.exchange.usage and not pricing.model_of(e.exchange)
    }
    for session in sorted(nameless):
        yield f"{session}: no event names the model, so it is unpriced; meter(..., model='gpt-realtime') prices it."
    problems = [
        f"{entry.session}, response {entry.exchange.response_id}: {problem}."
        for entry in entries
        if entry.exchange.usage is not None
        for problem in entry.exchange.usage.problems
    ]
    yield from problems[:_SHOWN_PROBLEMS]
    if len(problems) > _SHOWN_PROBLEMS:
        yield f"{len(problems) - _SHOWN_PROBLEMS:,} more counts contradict each other or are incomplete."


_SHOWN_PROBLEMS = 5


def _responses(count: int) -> str:
    return "1 response is" if count == 1 else f"{count:,} responses are"


def _it(count: int) -> str:
    return "it" if count == 1 else "they"
