"""The tables of everything about money: what stands in which column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from rtnb.plots.money.words import (
    amount,
    assumption_rows,
    change,
    clock,
    misses_words,
    percent,
    price,
    prices_of,
    tokens,
    variant_name,
)
from rtnb.plots.parts import PARTS, parts_of
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.words import counted, duration
from rtnb.pricing import Rates, format_usd
from rtnb.pricing.ahead.calibration import Calibration
from rtnb.pricing.ahead.projection import Assumptions
from rtnb.pricing.ahead.talktime import TalkTimeTable
from rtnb.pricing.ahead.whatif import WhatIf
from rtnb.pricing.bills.meter import Entry, Meter

__all__ = [
    "assumptions_sheet",
    "broken_name",
    "calibration_sheet",
    "misses_sheet",
    "narrow_prices_sheet",
    "prices_sheet",
    "rates_sheet",
    "responses_sheet",
    "sessions_sheet",
    "talktime_sheet",
    "used_columns",
    "whatif_sheet",
]

SOON = timedelta(days=180)
"""A model that ends within so many days is marked."""

_KINDS = ("input", "cached", "output")
_SHORT = {"input": "in", "cached": "cached", "output": "out"}
_DASH = "–"


def _first(row: Rates) -> str:
    return "" if row.valid_from == date.min else str(row.valid_from)


def _end(row: Rates, on: date | None = None) -> str | Cell:
    """The last day of the price or of the model; what is near is marked."""
    last = row.last_day
    return "" if last is None else Cell(str(last), strong=_soon(row, on))


def _soon(row: Rates, on: date | None) -> bool:
    """Whether the model itself is still there on a day and ends before long."""
    if on is None or row.shutdown is None or row.last_day != row.shutdown:
        return False
    return timedelta(0) <= row.shutdown - on <= SOON


def _model(row: Rates) -> Cell:
    return Cell(row.model, "own price" if row.own else "", strong=row.own)


def prices_sheet(rows: Sequence[Rates], *, caption: str = "", on: date | None = None) -> Sheet:
    """Prices side by side, a column a price; what no row offers has none.

    Parameters
    ----------
    rows : sequence of Rates
    caption : str
        What stands below, after what is said of the unit.
    on : datetime.date, optional
        The day from which the ends of models are looked at; those that are near are bold.
    """
    by_token = [row for row in rows if row.unit == "usd_per_1m_tokens"]
    columns = [
        (modality, kind)
        for modality in ("text", "audio", "image")
        for kind in _KINDS
        if any(_price(row, modality, kind) for row in by_token)
    ]
    # Where audio has prices by tokens, one by time stands across their columns.
    timed = len(by_token) < len(rows)
    shared = next((i for i, (modality, _) in enumerate(columns) if modality == "audio"), None) if timed else None
    joint = sum(modality == "audio" for modality, _ in columns)
    apart = timed and shared is None
    heads = (
        Head("model", words=True, least="9.5em"), *(Head(_SHORT[kind], modality) for modality, kind in columns),
        *([Head("by time")] if apart else []), Head("from"), Head("ends"), Head("sure"),
    )  # fmt: skip
    cells = tuple(
        (
            _model(row),
            *(
                _price(row, modality, kind)
                if row in by_token
                else Cell(_by_time(row), span=joint)
                if i == shared
                else ""
                for i, (modality, kind) in enumerate(columns)
            ),
            *([_by_time(row)] if apart else []),
            *(_first(row), _end(row, on), row.confidence),
        )
        for row in rows
    )
    unit = ["USD per 1M tokens"] if columns else []
    by_time = ["min: a minute of audio"] if any(row.unit == "usd_per_minute" for row in rows) else []
    bold = [f"bold: the model ends within half a year of {on}"] if any(_soon(row, on) for row in rows) else []
    return Sheet(heads, cells, caption="; ".join([*unit, *by_time, *bold, *([caption] if caption else [])]))


def _price(row: Rates, modality: str, kind: str) -> str:
    found = next((p for p in row.prices if p.modality == modality), None)
    value = None if found is None else getattr(found, kind)
    return "" if value is None else price(value)


def _by_time(row: Rates) -> str:
    if row.unit == "usd_per_1m_tokens":
        return ""
    usd = next((p.input for p in row.prices if p.input is not None), None)
    return "" if usd is None else f"{price(usd)} / {row.per_text.replace('minute', 'min')}"


def narrow_prices_sheet(rows: Sequence[Rates], *, caption: str = "") -> Sheet:
    """The same for terminals: in, cached and out in one column, the days in another."""
    modalities = [m for m in ("text", "audio", "image") if any(_joint(row, m) for row in rows)]
    heads = (Head("model", words=True), *(Head(m) for m in modalities), Head("days", words=True), Head("sure"))
    cells = tuple(
        (broken_name(row.model), *(_joint(row, m) for m in modalities), _days(row), row.confidence) for row in rows
    )
    given = "USD per 1M tokens, in/cached/out."
    return Sheet(heads, cells, caption=f"{given} {caption}".strip())


NAME = 24
"""Columns of a terminal that a model's name gets before it is broken at its hyphens."""


def broken_name(name: str) -> str:
    """A name in lines, broken where it has hyphens."""
    lines = [""]
    for part in name.split("-"):
        joined = f"{lines[-1]}-{part}" if lines[-1] else part
        if len(joined) <= NAME or not lines[-1]:
            lines[-1] = joined
        else:
            lines[-1] += "-"
            lines.append(part)
    return "\n".join(lines)


def _days(row: Rates) -> str:
    first, end = _first(row), _end(row)
    last = end.text if isinstance(end, Cell) else end
    return "\n".join([*([first] if first else []), *([f"to {last}"] if last else [])])


def _joint(row: Rates, modality: str) -> str:
    """Prices of one modality; those by time stand with audio."""
    wanted = (modality, "session") if modality == "audio" else (modality,)
    found = next((p for p in row.prices if p.modality in wanted), None)
    if found is None:
        return ""
    if row.unit != "usd_per_1m_tokens":
        return "" if found.input is None else f"{found.input:,f} a {row.per_text}".replace(" of ", "\nof ")
    if found.cached is None and found.output is None:
        return "" if found.input is None else f"{found.input:,f}"
    # Images are given and never made.
    shown = prices_of(found).replace(" ", "")
    return shown.removesuffix(f"/{_DASH}") if found.output is None else shown


def rates_sheet(rates: Rates) -> Sheet:
    """The prices of one row, a line a modality."""
    heads = (Head(f"USD per {rates.per_text}", words=True), *(Head(_SHORT[kind]) for kind in _KINDS))
    return Sheet(heads, tuple((p.modality, *(price(getattr(p, kind)) for kind in _KINDS)) for p in rates.prices))


def responses_sheet(meter: Meter) -> Sheet:
    """Every response: when, how many tokens, what it cost, why input was not cached."""
    several = len({entry.session for entry in meter.entries}) > 1
    heads = (
        *([Head("session", words=True, least="7em")] if several else []),
        Head("#"), Head("at"), Head("in", "tokens"), Head("cached", "tokens"), Head("out", "tokens"),
        Head("cost"), *([] if several else [Head("so far")]), Head("what happened", words=True, least="14em"),
    )  # fmt: skip
    rows, short = [], False
    for i, entry in enumerate(meter.entries):
        usage = entry.exchange.usage
        counts = ("", "", "") if usage is None else (
            f"{usage.input_tokens:,}", f"{usage.cached_tokens:,}", f"{usage.output_tokens:,}"
        )  # fmt: skip
        cost = "unknown" if entry.cost is None and not entry.transcription.lines else str(entry.total)
        short = short or bool(entry.total.unpriced)
        so_far = [] if several else [_so_far(entry.cumulative_usd, short)]
        cells = (str(i + 1), clock(entry.exchange.at_s), *counts, cost, *so_far, _happened(entry))
        rows.append((*([entry.session] if several else []), *cells))
    usage = meter.usage
    sums = (f"{usage.input_tokens:,}", f"{usage.cached_tokens:,}", f"{usage.output_tokens:,}")
    count = counted(len(rows), "response")
    total = (*([""] if several else []), "", "", *sums, str(meter.cost), *([] if several else [""]), count)
    return Sheet(heads, tuple(rows), total if rows else ())


def _so_far(usd: float, short: bool) -> str:
    """A running total; `short` where something before has no price."""
    if not short:
        return format_usd(usd)
    return f"{format_usd(usd)} + unpriced" if usd else "unpriced"


def _happened(entry: Entry) -> str:
    exchange, parts = entry.exchange, []
    if exchange.status == "no_response":
        parts.append("no response, transcription only")
    elif entry.cost is None:
        parts.append(f"{exchange.status.replace('_', ' ')}, the server sent no usage")
    elif exchange.heard_s is not None:
        parts.append(f"interrupted, {duration(entry.unheard_s)} not heard ({entry.unheard})")
    elif exchange.status != "completed":
        parts.append(exchange.status.replace("_", " "))
    if not exchange.in_conversation:
        parts.append("outside of the conversation")
    if entry.misses:
        parts.append(misses_words(entry.misses))
    return "; ".join(parts)


def misses_sheet(meter: Meter) -> Sheet:
    """Why input was charged in full, added up by reason."""
    heads = (Head("charged in full because of", words=True), Head("tokens"), Head("cost more"), Head("responses"))
    counts = {
        miss.reason: sum(any(m.reason == miss.reason for m in entry.misses) for entry in meter.entries)
        for miss in meter.misses
    }
    # Something is new to every response.
    counts["first use"] = sum(entry.exchange.usage is not None for entry in meter.entries)
    rows = tuple(
        (miss.reason, tokens(miss.tokens), _DASH if miss.reason == "first use" else str(miss.extra),
         f"{counts[miss.reason]:,}")
        for miss in meter.misses
    )  # fmt: skip
    return Sheet(heads, rows, caption="cost more: than the same tokens from the cache" if rows else "")


def sessions_sheet(meter: Meter) -> Sheet:
    """What each session cost."""
    heads = (Head("session", words=True), Head("responses"), Head("length"), Head("cached"), Head("cost"))
    rows = []
    for name, cost in meter.by_session().items():
        mine = [entry for entry in meter.entries if entry.session == name]
        used = [entry.exchange.usage for entry in mine if entry.exchange.usage is not None]
        given = sum(usage.input_tokens for usage in used)
        share = percent(sum(usage.cached_tokens for usage in used) / given) if given else ""
        length = clock(max((entry.exchange.at_s for entry in mine), default=0.0))
        rows.append((name, f"{len(mine):,}", length, share, str(cost) if mine else "nothing"))
    share = "" if meter.cached_share is None else percent(meter.cached_share)
    total = ("total", f"{len(meter.entries):,}", "", share, str(meter.cost))
    return Sheet(heads, tuple(rows), total)


def assumptions_sheet(assumptions: Assumptions) -> Sheet:
    """What was assumed."""
    return Sheet((Head("assumed", words=True), Head("", words=True)), tuple(assumption_rows(assumptions)))


def calibration_sheet(calibration: Calibration) -> Sheet:
    """The projected bill against the recorded one, part by part."""
    projected, actual = parts_of(calibration.projected.cost), parts_of(calibration.actual)
    heads = (Head("part", words=True), Head("projected"), Head("recorded"), Head("difference"))
    rows = []
    for part in PARTS:
        one, other = projected.get(part), actual.get(part)
        if one is not None or other is not None:
            rows.append((part.name, amount(one), amount(other), _signed((one or 0.0) - (other or 0.0))))
    costs = calibration.projected.cost, calibration.actual
    total = ("total", *map(str, costs), change(*costs) or _DASH)
    return Sheet(heads, tuple(rows), total)


def _signed(usd: float) -> str:
    return f"{'−' if usd < 0 else '+'}{format_usd(abs(usd))}" if usd else "0"


def whatif_sheet(what: WhatIf) -> Sheet:
    """Variants beside each other, the actual one first."""
    heads = (
        Head("variant", words=True, least="12em"), Head("model", words=True), Head("prices of"), Head("cost"),
        Head("change"), Head("lost"), Head("peak context"), Head("refused"),
    )  # fmt: skip

    # Where the names of all variants begin with their models, no column need say so again.
    named = all(variant_name(variant, what).startswith(variant.model) for variant in what.variants)
    rows: list[tuple[str | Cell, ...]] = []
    for variant in (what.actual, *([what.simulated] if what.simulated is not None else []), *what.variants):
        actual = variant is what.actual
        rows.append((
            Cell(variant_name(variant, what), variant.model if actual and named else "", strong=actual),
            variant.model,
            str(variant.on),
            str(variant.cost),
            "" if actual else change(variant.cost, what.actual.cost),
            percent(variant.loss) if variant.loss else "",
            f"{variant.peak_context_tokens:,}" if variant.peak_context_tokens else "",
            f"{variant.refused:,}" if variant.refused else "",
        ))  # fmt: skip
    kept = used_columns(rows, always=(0, 3, 4))
    shown = [what.actual, *what.variants]
    alike = [*([1] if named or len({variant.model for variant in shown}) == 1 else []),
             *([2] if len({variant.on for variant in shown}) == 1 else [])]  # fmt: skip
    kept = [i for i in kept if i not in alike]
    day = [f"prices of {what.actual.on}"] if 2 in alike else []
    caption = "lost: part of the conversation that the model no longer saw, mean over the responses"
    lost = any(variant.loss for variant in (what.actual, *what.variants))
    unpriced = dict.fromkeys(
        reason.partition("): ")[2] or reason for variant in what.variants for reason in variant.cost.unpriced
    )
    notes = [*day, *([caption] if lost else []), *(reason.rstrip(".") for reason in list(unpriced)[:6])]
    return Sheet(
        tuple(heads[i] for i in kept), tuple(tuple(cells[i] for i in kept) for cells in rows), caption="; ".join(notes)
    )


def used_columns(rows: Sequence[Sequence[str | Cell]], *, always: Sequence[int]) -> list[int]:
    """Columns in which anything is said, and those that stay in any case."""
    return [i for i in range(len(rows[0])) if i in always or any(str(row[i]) for row in rows)]


def talktime_sheet(table: TalkTimeTable) -> Sheet:
    """Costs of talks by length: as printed, as computed, at other prices."""
    heads = (
        Head("whose figures", words=True, least="12em"), Head("model", words=True), Head("prices of"),
        *(Head(f"{minutes} min", "USD") for minutes in table.minutes),
    )  # fmt: skip
    rows: list[tuple[str | Cell, ...]] = []
    for row in table.rows:
        amounts = ("unpriced" if usd is None else f"{usd:,.2f}" for usd in row.usd)
        rows.append((Cell(row.what, row.why, strong=row.assumptions is None), row.model, str(row.on), *amounts))
    return Sheet(heads, tuple(rows))
