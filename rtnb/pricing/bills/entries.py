"""Entries of the meter: one response each, priced, with what was missed by the cache and what nobody heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.cost import Cost, CostLine
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.pricing.bills.misses import Lookback, MissReason, extra_cost, look_back
from rtnb.pricing.prices.rates import RateBook, Rates
from rtnb.tokens import ASSISTANT_AUDIO_MS_PER_TOKEN, ModalityCount

__all__ = ["COLUMNS", "CacheMiss", "Entry", "Pricing", "TurnCost", "entries_of", "record_of"]


@dataclass(frozen=True, slots=True)
class CacheMiss:
    """Tokens that were charged in full although the model had seen them, or because it had seen none yet.

    Parameters
    ----------
    reason : MissReason
    tokens : ModalityCount
        How many, by modality.
    extra : Cost
        What they cost more than cached ones; empty for ``"first use"``, which no cache could have held.

    Examples
    --------
    >>> miss = CacheMiss("first use", ModalityCount(text=120), Cost())
    >>> miss.tokens.total, miss.extra.total_usd
    (120, 0.0)
    """

    reason: MissReason
    tokens: ModalityCount
    extra: Cost


@dataclass(frozen=True, slots=True)
class Entry:
    """One response on the meter.

    Parameters
    ----------
    exchange : Exchange
    session : str
        Name of the session it belongs to.
    cost : Cost or None
        Of the response alone; None where the server sent no usage, so that its cost is unknown.
    transcription : Cost
        Of the transcriptions of its turn; empty where there are none.
    cumulative_usd : float
        Everything up to and with this response, in its session; over all sessions see
        :meth:`rtnb.pricing.Meter.running`. Where :attr:`cumulative` has unpriced lines the true sum is higher.
    repeated : ModalityCount
        Input tokens that the response before had been given too, so that a perfect cache held them.
    misses : tuple of CacheMiss
        What of them was not cached and why. Empty where all came from the cache.
    unheard_s : float
        Seconds of the answer that were generated and billed and never heard.
    unheard : Cost
        What those cost.
    cumulative : Cost
        The same sum as `cumulative_usd`, line by line: it tells what of it is unpriced.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> entry, = s.usage.meter.entries
    >>> entry.exchange.usage.output_text > 0, entry.cumulative_usd > 0
    (True, True)
    """

    exchange: Exchange
    session: str
    cost: Cost | None
    transcription: Cost
    cumulative_usd: float
    repeated: ModalityCount
    misses: tuple[CacheMiss, ...]
    unheard_s: float
    unheard: Cost
    cumulative: Cost = field(default_factory=Cost)

    @property
    def total(self) -> Cost:
        """The response with its transcription."""
        return (self.cost or Cost()) + self.transcription

    @property
    def cached_share(self) -> float | None:
        """Cached part of the input, 0 to 1; None without usage or input."""
        usage = self.exchange.usage
        return None if usage is None or not usage.input_tokens else usage.cached_tokens / usage.input_tokens


@dataclass(frozen=True, slots=True)
class TurnCost:
    """What one turn cost, all its responses together.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> [len(each.entries) for each in s.usage.meter.by_turn()]
    [1]
    """

    session: str
    turn: int
    entries: tuple[Entry, ...]

    @property
    def cost(self) -> Cost:
        """Responses and transcriptions."""
        return sum((entry.total for entry in self.entries), Cost())


@dataclass(frozen=True, slots=True)
class Pricing:
    """Whose prices, of which model and which day; None for those that the ledger names."""

    book: RateBook
    model: str | None
    on: date | None

    def model_of(self, exchange: Exchange) -> str:
        return exchange.model if self.model is None else self.model

    def day_of(self, day: date) -> date:
        return day if self.on is None else self.on

    def rates(self, exchange: Exchange) -> tuple[Rates | None, str]:
        """Prices by the token, or None and the reason."""
        model, day = self.model_of(exchange), self.day_of(exchange.on)
        rates = self.book.at(model, day)
        if rates is not None and rates.unit != "usd_per_1m_tokens":
            return None, f"{model!r} is not priced by the token"
        return rates, "" if rates else self.book.why_unpriced(model, day)


def entries_of(ledger: Ledger, pricing: Pricing) -> list[Entry]:
    """The entries of one session, in the order in which the responses were over.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import rate_book
    >>> from rtnb.tokens import TokenUsage
    >>> one = Exchange(response_id="resp_1", turn=0, at_s=3.0, on=date(2026, 1, 31), model="gpt-realtime",
    ...     usage=TokenUsage(output_audio=100), answer_audio_s=5.0, heard_s=2.0)
    >>> (entry,) = entries_of(Ledger(exchanges=(one,)), Pricing(rate_book(), None, None))
    >>> print(entry.cost, entry.unheard_s, entry.unheard)
    $0.0064 3.0 $0.0038
    >>> record_of(entry)["unheard_usd"]
    0.00384
    """
    heard: dict[int, list[Cost]] = {}
    heard_at: dict[int, tuple[float, date]] = {}
    for each in ledger.transcriptions:
        priced = transcription_cost(each.usage, each.model, pricing.day_of(each.on), prices=pricing.book)
        heard.setdefault(each.turn, []).append(priced)
        heard_at.setdefault(each.turn, (each.at_s, each.on))
    raw = []
    for exchange, found in zip(ledger.exchanges, look_back(ledger.exchanges), strict=True):
        transcription = sum(heard.pop(exchange.turn, ()), Cost()) if exchange.turn >= 0 else Cost()
        raw.append(_entry(exchange, found, transcription, ledger.name, pricing))
    for turn, costs in heard.items():
        at_s, day = heard_at[turn]
        alone = Exchange(
            response_id="",
            turn=turn,
            at_s=at_s,
            on=day,
            model=ledger.model,
            status="no_response",
            in_conversation=False,
        )
        raw.append(Entry(alone, ledger.name, Cost(), sum(costs, Cost()), 0.0, ModalityCount(), (), 0.0, Cost()))
    so_far, entries = Cost(), []
    for entry in sorted(raw, key=lambda entry: entry.exchange.at_s):
        so_far += entry.total
        entries.append(replace(entry, cumulative_usd=so_far.total_usd, cumulative=so_far))
    return entries


def _entry(exchange: Exchange, found: Lookback, transcription: Cost, session: str, pricing: Pricing) -> Entry:
    model, day = pricing.model_of(exchange), pricing.day_of(exchange.on)
    rates, why = pricing.rates(exchange)
    misses: tuple[CacheMiss, ...] = ()
    if found.miss is not None:
        first = found.miss.reason == "first use"
        extra = Cost() if first else extra_cost(found.miss.tokens, model, day, rates, why)
        misses = (CacheMiss(found.miss.reason, found.miss.tokens, extra),)
    unheard_s = 0.0 if exchange.heard_s is None else max(0.0, exchange.answer_audio_s - exchange.heard_s)
    return Entry(
        exchange=exchange,
        session=session,
        cost=None if exchange.usage is None else cost(exchange.usage, model, day, prices=pricing.book),
        transcription=transcription,
        cumulative_usd=0.0,
        repeated=found.repeated,
        misses=misses,
        unheard_s=unheard_s,
        unheard=_unheard(exchange, unheard_s, model, day, rates, why),
    )


def _unheard(exchange: Exchange, unheard_s: float, model: str, day: date, rates: Rates | None, why: str) -> Cost:
    billed = 0 if exchange.usage is None else exchange.usage.output_audio
    tokens = min(billed, round(unheard_s * 1000 / ASSISTANT_AUDIO_MS_PER_TOKEN))
    if tokens <= 0:
        return Cost()
    price = rates.price("audio", "output") if rates else None
    why = "" if price is not None else why or f"{model!r} has no price for it"
    line = CostLine("audio output never heard", "audio", "output", model, Decimal(tokens), "tokens", price, why=why)
    return Cost(model, day, (line if rates is None else replace(line, per=rates.per),))


_Value = TypeVar("_Value")
_TOKENS = (
    *("input_text", "input_audio", "input_image", "input_other"),
    *("cached_text", "cached_audio", "cached_image", "cached_other"),
    *("output_text", "output_audio", "output_other"),
)
COLUMNS = (
    *("session", "turn", "response_id", "at_s", "on", "model", "status", "in_conversation"),
    *_TOKENS,
    *("cached_share", "usd", "transcription_usd", "cumulative_usd", "unpriced"),
    *("miss_reason", "miss_tokens", "miss_usd", "user_audio_s", "answer_audio_s", "unheard_s", "unheard_usd"),
)


def record_of(entry: Entry, *more: Entry) -> dict[str, Any]:
    """The row of a response, or of several together, for tables, CSV and JSON: the only place that makes one.

    Parameters
    ----------
    entry : Entry
    *more : Entry
        Further responses of the same row, such as those of a turn, oldest first.

    Returns
    -------
    dict
        The keys are :data:`COLUMNS`. Turns are counted from 1. None stands where something is not known, not priced
        at all, or not the same for all responses of the row (``session``, ``turn``, ``response_id``,
        ``in_conversation``); several models or statuses are joined by ``" + "``. Amounts are what has a price:
        ``unpriced`` says what has not. ``cumulative_usd`` is the sum within the session up to the last of them.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import rate_book
    >>> from rtnb.tokens import TokenUsage
    >>> one, other = (Exchange(response_id=f"resp_{n}", turn=0, at_s=3.0 * n, on=date(2026, 1, 31),
    ...     model="gpt-realtime", usage=TokenUsage(input_text=50 * n, output_audio=100)) for n in (1, 2))
    >>> entries = entries_of(Ledger(exchanges=(one, other)), Pricing(rate_book(), None, None))
    >>> row = record_of(*entries)
    >>> row["turn"], row["response_id"], row["input_text"], row["usd"], row["cumulative_usd"]
    (1, None, 150, 0.0134, 0.0134)
    """
    entries = (entry, *more)
    exchanges = [each.exchange for each in entries]
    usages = [exchange.usage for exchange in exchanges if exchange.usage is not None]
    usage = sum(usages[1:], usages[0]) if usages else None
    costs = [each.cost for each in entries if each.cost is not None]
    transcription = sum((each.transcription for each in entries), Cost())
    misses = [miss for each in entries for miss in each.misses]
    turn = _same(exchange.turn for exchange in exchanges)
    values = (
        *(_same(each.session for each in entries), turn + 1 if turn is not None and turn >= 0 else None),
        *(_same(exchange.response_id for exchange in exchanges), min(exchange.at_s for exchange in exchanges)),
        min(exchange.on for exchange in exchanges).isoformat(),
        _joined(each.exchange.model if each.cost is None else each.cost.model for each in entries),
        _joined(exchange.status for exchange in exchanges),
        _same(exchange.in_conversation for exchange in exchanges),
        *(None if usage is None else getattr(usage, name) for name in _TOKENS),
        usage.cached_tokens / usage.input_tokens if usage is not None and usage.input_tokens else None,
        *(_usd(sum(costs, Cost())) if costs else None, _usd(transcription)),
        entries[-1].cumulative_usd if _priced(entries[-1].cumulative) else None,
        "; ".join(sum((each.total for each in entries), Cost()).unpriced),
        "; ".join(dict.fromkeys(miss.reason for miss in misses)),
        *(sum(miss.tokens.total for miss in misses), _usd(sum((miss.extra for miss in misses), Cost()))),
        *(sum(getattr(exchange, name) for exchange in exchanges) for name in ("user_audio_s", "answer_audio_s")),
        *(sum(each.unheard_s for each in entries), _usd(sum((each.unheard for each in entries), Cost()))),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _usd(cost: Cost) -> float | None:
    """What of it has a price; None where nothing has."""
    return None if cost.lines and not _priced(cost) else cost.total_usd


def _priced(cost: Cost) -> bool:
    return any(line.unit_price is not None for line in cost.lines)


def _same(values: Iterable[_Value]) -> _Value | None:
    """What all of them are; None where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _joined(names: Iterable[str]) -> str:
    return " + ".join(name for name in dict.fromkeys(names) if name)
