"""``rtnb cost``: what recorded talks cost, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rtnb.cli.listing import (
    Field,
    add_formats,
    as_csv,
    as_json,
    paragraph,
    shown_whole,
    table,
    terminal_width,
)
from rtnb.cli.prices import add_prices, book_of
from rtnb.errors import RtnbError

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands
    from rtnb.pricing.bills.cost import Cost, CostLine
    from rtnb.pricing.bills.ledger import Ledger
    from rtnb.pricing.bills.meter import CacheMiss, Entry, Meter

__all__ = ["add_to"]

Record = dict[str, Any]


def add_to(commands: Commands) -> None:
    """Add the command."""
    cost = commands.add_parser(
        "cost",
        help="what recorded talks cost, and why",
        description="What recorded talks cost: tokens, cached share, cache misses with their reason, audio that was "
        "billed and never heard. Prices are those of the day of the recording.",
    )
    cost.add_argument("recordings", nargs="+", metavar="RECORDING", help="a .rtnb file; several are added up")
    cost.add_argument("--model", help="price as this model; for recordings that name none, or to compare")
    cost.add_argument(
        "--by",
        choices=("response", "turn", "session"),
        default="turn",
        help="a row each (default: turn; turns are counted from 1, and sessions stand in the order they began)",
    )
    add_prices(cost, "at the prices of this day (YYYY-MM-DD), not of the day of the recording")
    add_formats(cost)
    cost.set_defaults(run=_cost)


def _cost(options: argparse.Namespace) -> int:
    from rtnb.pricing.bills.meter import meter

    book = book_of(options)
    ledgers, broken = _read(options.recordings)
    if not ledgers:
        return 1
    metered = meter(*ledgers, model=options.model, on=options.on, prices=book)
    rows = _rows(metered, options.by)
    if options.format == "csv":
        print(as_csv(_record(row, options.by) for row in rows))
    elif options.format == "json":
        records = [_record(row, options.by) for row in rows]
        print(as_json({**_summary(metered), "by": options.by, "rows": records, "unreadable": broken}))
    else:
        print(_cost_text(metered, options.by, rows, terminal_width()))
    return 1 if broken else 0


def _read(paths: Sequence[str]) -> tuple[list[Ledger], list[str]]:
    """What can be read, oldest first; the rest is told on stderr, and does not keep it from being counted.

    Of a recording only its ledger is kept, which is small: the audio of many would fill the memory.
    """
    from rtnb import replay

    begun, broken = [], []
    for path in paths:
        try:
            recording = replay(path)
            begun.append((recording.events.start_wall_s, recording.ledger))
        except RtnbError as error:
            print(f"rtnb: {error}", file=sys.stderr)
            broken.append(path)
    return [ledger for _, ledger in sorted(begun, key=lambda each: each[0])], broken


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a response, or all those of a turn or of a session, and everything up to and with them."""

    session: str
    turn: int | None
    entries: tuple[Entry, ...]
    so_far: Cost


def _rows(metered: Meter, by: str) -> list[Row]:
    """The rows; what it cost so far is added up within a session, and from one to the next where a row is one."""
    if by == "response":
        return [Row(e.session, _turn(e.exchange.turn), (e,), e.cumulative) for e in metered.entries]
    if by == "turn":
        turns = metered.by_turn()
        return [Row(each.session, _turn(each.turn), each.entries, each.entries[-1].cumulative) for each in turns]
    rows, so_far = [], _sum(())
    for name, cost in metered.by_session().items():
        so_far += cost
        rows.append(Row(name, None, tuple(entry for entry in metered.entries if entry.session == name), so_far))
    return rows


def _turn(index: int) -> int | None:
    """Turns are counted from one for people; what is outside of the conversation has no number."""
    return index + 1 if index >= 0 else None


def _record(row: Row, by: str) -> Record:
    """A row under the names of :meth:`rtnb.pricing.Meter.records`, and of how many responses it is."""
    from rtnb.pricing.bills.entries import COLUMNS, record_of

    if not row.entries:
        return {**dict.fromkeys(COLUMNS), "session": row.session, "responses": 0}
    record = record_of(*row.entries)
    if by == "response":
        return record
    if by == "session":
        record["cumulative_usd"] = _usd(row.so_far)
    return {**record, "responses": len(row.entries)}


def _sum(costs: Iterable[Cost]) -> Cost:
    from rtnb.pricing.bills.cost import Cost

    return sum(costs, Cost())


def _nothing_priced(cost: Cost) -> bool:
    return bool(cost.lines) and len(cost.unpriced) == len(cost.lines)


def _usd(cost: Cost) -> float | None:
    """The amount; None where nothing of it has a price, since nought would be a lie."""
    return None if _nothing_priced(cost) else cost.total_usd


def _unpriced(cost: Cost) -> list[str]:
    """What has no price: a sentence for each reason, however many lines it leaves unpriced."""
    reasons: dict[str, list[CostLine]] = {}
    for line in cost.lines:
        if line.unit_price is None:
            reasons.setdefault(line.why, []).append(line)
    told = []
    for why, lines in reasons.items():
        amounts = []
        for unit in ("tokens", "seconds"):
            if quantity := sum((line.quantity for line in lines if line.unit == unit), Decimal(0)):
                amounts.append(f"{int(quantity):,} tokens" if unit == "tokens" else f"{float(quantity):,g} s")
        what = ", ".join(dict.fromkeys(line.label for line in lines))
        told.append(f"{what} ({' and '.join(amounts)}): {why}" if amounts else f"{what}: {why}")
    return told


def _summary(metered: Meter) -> Record:
    cost = metered.cost
    return {
        "total_usd": _usd(cost),
        "unpriced": _unpriced(cost),
        "sessions": list(metered.sessions),
        "cached_share": metered.cached_share,
        "hit_rate": metered.hit_rate,
        "unheard_usd": _usd(metered.unheard),
        "misses": [
            {
                "reason": miss.reason,
                "tokens": miss.tokens.total,
                "extra_usd": _usd(miss.extra),
            }
            for miss in metered.misses
        ],
        "lines": [
            {
                "what": line.label,
                "model": line.model,
                "quantity": line.quantity,
                "unit_price_usd": line.unit_price,
                "per": line.per,
                "usd": line.exact_usd,
                "unpriced": line.why or None,
            }
            for line in cost.lines
        ],
        "notes": list(metered.notes),
    }


COST_FIELDS = (
    Field("session"),
    Field("turn", right=True),
    Field("at", right=True, spare=4),
    Field("status", spare=1),
    Field("in", right=True),
    Field("cached", right=True),
    Field("share", right=True, spare=5),
    Field("out", right=True),
    Field("unheard", right=True, spare=2),
    Field("cost", right=True),
    Field("so far", right=True, spare=6),
    Field("cache miss", stretch=True, spare=3),
)


def _cost_text(metered: Meter, by: str, rows: Sequence[Row], width: int) -> str:
    many = len(metered.sessions) > 1
    usage = metered.usage
    total = [
        "in all" if many or by == "session" else "",
        *("" if many or by == "session" else "in all", "", ""),
        f"{usage.input_tokens:,}",
        f"{usage.cached_tokens:,}",
        _percent(metered.cached_share),
        f"{usage.output_tokens:,}",
        _seconds(sum(entry.unheard_s for entry in metered.entries)),
        _amount([metered.cost] if metered.entries else []),
        *("", ""),
    ]
    cells = [_cells(row, by=by, many=many) for row in rows]
    parts = [table(COST_FIELDS, cells, width=width, total=total, whole=shown_whole()), _bill_text(metered, width)]
    if metered.misses:
        told = [paragraph(_miss_text(miss), width=width, mark="  ") for miss in metered.misses]
        parts.append("\n".join([paragraph("Input that did not come from the cache, by reason:", width=width), *told]))
    sentences = [f"Unpriced: {told}" for told in _unpriced(metered.cost)]
    if metered.unheard.lines:
        sentences.insert(0, f"Generated, billed and never heard: {metered.unheard}")
    return "\n\n".join([*parts, *(paragraph(sentence, width=width) for sentence in (*sentences, *metered.notes))])


def _bill_text(metered: Meter, width: int) -> str:
    """The lines of the bill, under the names of their models where there are several."""
    sessions = metered.sessions[0] if len(metered.sessions) == 1 else f"{len(metered.sessions)} sessions"
    cost = metered.cost
    if not cost.lines:
        # Without a line there is no price to name, and where responses came without usage not even an amount.
        why = "no response came with usage" if metered.entries else "nothing was used"
        return paragraph(f"{sessions}: {why}", width=width)
    day = f" on {cost.on}" if cost.on else ""
    told = [paragraph(f"{sessions}: {cost} at the prices of {cost.model or 'no model'}{day}", width=width)]
    models = dict.fromkeys(line.model for line in cost.lines)
    for model in models:
        mark = "  "
        if len(models) > 1:
            told.append(paragraph(model or "no model", width=width, mark=mark))
            mark = "    "
        told += [paragraph(str(line), width=width, mark=mark) for line in cost.lines if line.model == model]
    return "\n".join(told)


def _miss_text(miss: CacheMiss) -> str:
    told = f"{miss.reason}: {miss.tokens.total:,} tokens"
    if _nothing_priced(miss.extra):
        return f"{told}, unpriced"
    return f"{told}, {miss.extra} more than from the cache" if miss.extra.lines else told


def _cells(row: Row, *, by: str, many: bool) -> list[str]:
    entries = row.entries
    usages = [entry.exchange.usage for entry in entries if entry.exchange.usage is not None]
    given, cached = sum(usage.input_tokens for usage in usages), sum(usage.cached_tokens for usage in usages)
    statuses = [entry.exchange.status for entry in entries] if by == "response" else []
    minutes, seconds = divmod(round(min((entry.exchange.at_s for entry in entries), default=0.0)), 60)
    known = [entry.total for entry in entries if entry.cost is not None or entry.transcription.lines]
    misses = dict.fromkeys(miss.reason for entry in entries for miss in entry.misses)
    return [
        row.session if many or by == "session" else "",
        "" if by == "session" else str(row.turn or "–"),
        "" if by == "session" else f"{minutes}:{seconds:02}",
        "".join(status for status in statuses if status != "completed"),
        f"{given:,}" if usages else "–",
        f"{cached:,}" if usages else "–",
        _percent(cached / given if given else None),
        f"{sum(usage.output_tokens for usage in usages):,}" if usages else "–",
        _seconds(sum(entry.unheard_s for entry in entries)),
        _amount(known),
        _amount([row.so_far]),
        ", ".join(reason for reason in misses if reason != "first use"),
    ]


def _amount(costs: Sequence[Cost]) -> str:
    """The sum in words; a dash where nothing was counted here."""
    return str(_sum(costs)) if costs else "–"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.1f} s" if duration_s else ""
