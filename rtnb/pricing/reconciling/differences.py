"""Two counts of the same day and model, and the difference between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.pricing.bills.money import EXACT, format_usd
from rtnb.pricing.prices.rates import RateBook
from rtnb.pricing.reconciling.export import Export, ExportRow
from rtnb.tokens import TokenUsage

__all__ = [
    "COUNTS",
    "Key",
    "Side",
    "agree",
    "close",
    "difference",
    "difference_usd",
    "exported_foreign",
    "exported_sides",
    "only_local",
    "recorded_sides",
]

Key = tuple[date, str]
"""A day, UTC, and a model."""

_LOCAL = re.compile(r"embedded server|\s*(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)(:\d+)?\s*", re.IGNORECASE)
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_BREAK = re.compile(r"[\s,:;/|]+")
COUNTS = {
    "input_text": "text input",
    "input_audio": "audio input",
    "input_image": "image input",
    "input_other": "input of unstated modality",
    "cached_text": "cached text",
    "cached_audio": "cached audio",
    "cached_image": "cached image",
    "cached_other": "cached of unstated modality",
    "output_text": "text output",
    "output_audio": "audio output",
    "output_other": "output of unstated modality",
}


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says of a day and model.

    Parameters
    ----------
    requests : int or None
        None where that is not known.
    usage : TokenUsage or None
    usd : decimal.Decimal or None
        None where unpriced, or not stated.
    silent : int
        Recorded responses without usage; they are not among `requests`.
    local : int
        Recorded responses of servers on this machine, which bill nobody; they are among `requests`.
    tiers : tuple of str
        Exported tiers other than the usual one.
    unstated : frozenset of str
        What an export does not tell: ``"input"`` and ``"output"`` by modality, and the ``"cached"`` part. Of those,
        only what both sides know is compared.
    """

    requests: int | None = None
    usage: TokenUsage | None = None
    usd: Decimal | None = None
    silent: int = 0
    local: int = 0
    tiers: tuple[str, ...] = ()
    unstated: frozenset[str] = frozenset()


def is_local(ledger: Ledger) -> bool:
    """Whether a server on this machine answered."""
    return _LOCAL.fullmatch(ledger.endpoint) is not None


def recorded_sides(
    ledgers: Sequence[Ledger], exported: Iterable[Key], book: RateBook
) -> tuple[dict[Key, Side], dict[Key, Side], list[str]]:
    """What recordings say, the same without local servers, and what does not stand in such an export at all."""
    found: dict[Key, list[tuple[Exchange, bool]]] = {}
    seen: set[tuple[str, date, float]] = set()
    exported = set(exported)
    for ledger in ledgers:
        for exchange in ledger.exchanges:
            identity = (exchange.response_id, exchange.on, exchange.at_s)
            if exchange.status == "in_progress" or (exchange.response_id and identity in seen):
                continue
            seen.add(identity)
            key = (exchange.on, _name(exchange.model, exchange.on, book))
            if key not in exported and not _DATED.search(key[1]):
                key = next((other for other in exported if other[0] == key[0] and _undated(other[1]) == key[1]), key)
            found.setdefault(key, []).append((exchange, is_local(ledger)))
    sides = {
        key: _side([exchange for exchange, _ in rows], sum(own for _, own in rows), book) for key, rows in found.items()
    }
    remote = {
        key: _side([exchange for exchange, own in rows if not own], 0, book)
        for key, rows in found.items()
        if any(own for _, own in rows) and not all(own for _, own in rows)
    }
    heard, notes = _transcriptions(ledgers, exported, book)
    return sides | heard, remote, notes


def _side(exchanges: Sequence[Exchange], local: int, book: RateBook) -> Side:
    billed = [exchange for exchange in exchanges if exchange.usage is not None]
    costs = [cost(x.usage, x.model, x.on, prices=book) for x in billed if x.usage is not None]
    return Side(
        requests=len(billed),
        usage=sum((x.usage for x in billed if x.usage is not None), TokenUsage()),
        usd=_usd(costs),
        silent=len(exchanges) - len(billed),
        local=local,
    )


def _transcriptions(ledgers: Sequence[Ledger], exported: set[Key], book: RateBook) -> tuple[dict[Key, Side], list[str]]:
    """Transcriptions whose model the export has, and a note on the others: they have an export of their own."""
    costs: dict[Key, dict[tuple[str, float], Cost]] = {}
    for ledger in ledgers:
        for each in ledger.transcriptions:
            priced = transcription_cost(each.usage, each.model, each.on, prices=book)
            costs.setdefault((each.on, _name(each.model, each.on, book)), {})[each.item_id, each.at_s] = priced
    found = {key: Side(usd=_usd(list(rows.values()))) for key, rows in costs.items() if key in exported}
    apart: dict[str, list[Cost]] = {}
    for (_, model), rows in ((key, rows) for key, rows in costs.items() if key not in exported):
        apart.setdefault(model, []).extend(rows.values())
    notes = []
    for model, bills in sorted(apart.items()):
        total = _usd(bills)
        amount = "unpriced" if total is None else format_usd(total)
        count = "1 transcription" if len(bills) == 1 else f"{len(bills):,} transcriptions"
        by = model or "a model that no event names"
        notes.append(f"{count} by {by} ({amount}), billed apart: not in an export of completions.")
    return found, notes


def exported_sides(exports: Iterable[Export], book: RateBook) -> dict[Key, Side]:
    """What exports say, their rows of a day and model added up."""
    rows: dict[Key, list[ExportRow]] = {}
    for export in exports:
        for row in export.rows:
            rows.setdefault((row.day, _named(row.model, row.day, book)), []).append(row)
    sides = {}
    for key, found in rows.items():
        requests = [row.requests for row in found if row.requests is not None]
        usages = [row.usage for row in found if row.usage is not None]
        amounts = [row.usd for row in found if row.usd is not None]
        sides[key] = Side(
            requests=sum(requests) if requests else None,
            usage=sum(usages, TokenUsage()) if usages else None,
            usd=_sum(amounts) if amounts else None,
            tiers=tuple(dict.fromkeys(row.tier for row in found if row.tier)),
            unstated=frozenset().union(*(row.unstated for row in found)),
        )
    return sides


def exported_foreign(exports: Iterable[Export], book: RateBook) -> dict[Key, str]:
    """What exports have in other currencies than USD only."""
    return {(day, _named(model, day, book)): currency for export in exports for day, model, currency in export.foreign}


def only_local(side: Side) -> bool:
    """Whether servers on this machine, which bill nobody, answered all of it."""
    return side.local > 0 and side.local == (side.requests or 0) + side.silent


def agree(recorded: Side, exported: Side) -> bool:
    """Whether two sides say the same, as far as both say something: counts exactly, amounts to a thousandth.

    Examples
    --------
    >>> agree(Side(requests=3, usd=Decimal("1.20")), Side(usd=Decimal("1.2001")))
    True
    >>> agree(Side(requests=3), Side(requests=4))
    False
    """
    if _both(recorded.requests, exported.requests) and recorded.requests != exported.requests:
        return False
    if _both(recorded.usage, exported.usage) and _counts(recorded, exported) != _counts(exported, recorded):
        return False
    if recorded.usd is not None and exported.usd is not None:
        return close(recorded.usd, exported.usd)
    return exported.usage is not None or exported.requests is not None


def difference(recorded: Side | None, exported: Side | None) -> dict[str, int]:
    """Exported less recorded, by counter, where that is not 0; a side that is missing says 0.

    Examples
    --------
    >>> difference(Side(2, TokenUsage(input_text=50)), Side(3, TokenUsage(input_text=80)))
    {'input_text': 30, 'requests': 1}
    """
    here, there = recorded or Side(), exported or Side()
    found = {}
    if here.usage is not None or there.usage is not None:
        a, b = _counts(here, there), _counts(there, here)
        found = {name: b[name] - a[name] for name in COUNTS}
    if (recorded is None or here.requests is not None) and (exported is None or there.requests is not None):
        found["requests"] = (there.requests or 0) - (here.requests or 0)
    return {name: value for name, value in found.items() if value}


def difference_usd(key: Key, recorded: Side | None, exported: Side | None, book: RateBook) -> Decimal | None:
    """Exported less recorded in USD: as the export states it, and otherwise at the prices of the table.

    Returns
    -------
    Decimal or None
        None where either side has no price, or the export is of a tier with other prices, or does not tell modality
        and cache. A side that is missing is nothing.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import rate_book
    >>> here, there = (Side(usage=TokenUsage(output_audio=n), usd=Decimal(n) * 64 / 1_000_000) for n in (500, 1500))
    >>> difference_usd((date(2026, 1, 31), "gpt-realtime"), here, there, rate_book())
    Decimal('0.064')
    """
    here = Decimal(0) if recorded is None else recorded.usd
    there = Decimal(0) if exported is None else exported.usd
    if (
        exported is not None
        and there is None
        and exported.usage is not None
        and not (exported.tiers or exported.unstated)
    ):
        there = _usd([cost(exported.usage, key[1], key[0], prices=book)])
    return None if here is None or there is None else EXACT.subtract(there, here)


def _name(model: str, on: date, book: RateBook) -> str:
    """One name for an alias and the snapshot that it stood for on that day."""
    return book.resolve(model, on) or model


def _named(model: str, on: date, book: RateBook) -> str:
    """As :func:`_name`, where more may stand behind a model's name: the lines of a cost export do so."""
    for end in (len(model), *(at.start() for at in reversed(list(_BREAK.finditer(model))))):
        if (found := book.resolve(model[:end], on)) is not None:
            return found
    return model


def _undated(model: str) -> str:
    return _DATED.sub("", model)


def _usd(costs: Sequence[Cost]) -> Decimal | None:
    """The sum; None where a part has no price."""
    if any(each.unpriced for each in costs):
        return None
    return _sum([each.exact_usd for each in costs])


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def close(amount: Decimal, other: Decimal) -> bool:
    """To a thousandth, and at least to a twentieth of a cent: exports round."""
    return abs(amount - other) <= max(Decimal("0.0005"), max(abs(amount), abs(other)) / 1000)


def _counts(side: Side, other: Side) -> dict[str, int]:
    """Every counter of a side, as far as both sides tell it: what either does not split is added up."""
    usage, unstated = side.usage or TokenUsage(), side.unstated | other.unstated
    counts = {name: getattr(usage, name) for name in COUNTS}
    sums = {"input": usage.input_tokens, "cached": usage.cached_tokens, "output": usage.output_tokens}
    for part in ("input", "cached", "output"):
        if part in unstated or (part == "cached" and "input" in unstated):
            total = 0 if part == "cached" and "cached" in unstated else sums[part]
            counts |= {name: 0 for name in COUNTS if name.startswith(part)} | {f"{part}_other": total}
    return counts


def _both(one: object, other: object) -> bool:
    return one is not None and other is not None
