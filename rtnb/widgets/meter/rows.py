"""What a page of the meter is told: turns, points of the cost line, gauges and words, all worked out already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rtnb.pricing.bills.cost import Cost
from rtnb.session.views.usage import UsageReport
from rtnb.tokens import TokenUsage
from rtnb.widgets.meter.given import Look

if TYPE_CHECKING:
    from rtnb.plots.stills.context import Context
    from rtnb.plots.stills.meter import Gauge
    from rtnb.pricing.ahead.whatif import WhatIf
    from rtnb.pricing.bills.entries import TurnCost
    from rtnb.pricing.bills.meter import Meter

__all__ = ["PARTS", "changed_from", "head_of", "models_of", "points_of", "turns_of", "what_if_of", "with_limits"]

Row: TypeAlias = dict[str, Any]

PARTS: Final = (
    "cached text", "cached audio", "cached image", "cached other", "text in", "audio in", "image in", "other in",
    "text out", "audio out", "other out",
)  # fmt: skip
"""The order of a turn's counts."""

MOST_TEXT: Final = 400
"""Characters of a name or a sentence: a server may send any length."""

SHOWN: Final = (" of the input came from the cache", " of what a perfect cache would have held")
"""Ends of facts that a gauge shows."""

SILENCED: Final = "Turn detection answers no more until a limit is raised."


def changed_from(before: Sequence[object], now: Sequence[object]) -> int:
    """The first place at which two lists differ: what a page that knows the first one has to be told from.

    Examples
    --------
    >>> changed_from([1, 2, 3], [1, 2, 4, 5]), changed_from([1, 2], [1, 2, 3]), changed_from([1, 2], [1])
    (2, 2, 1)
    """
    for place, (old, new) in enumerate(zip(before, now, strict=False)):
        if old != new:
            return place
    return min(len(before), len(now))


def turns_of(meter: Meter) -> list[Row]:
    """A row a turn: its tokens by modality and cache, what it cost, and what everything had cost by its end."""
    return [_turn(turn) for turn in meter.by_turn()]


def points_of(meter: Meter) -> list[list[float]]:
    """The cost line: seconds on the session's clock, USD so far and turn (-1: none) of each response."""
    return [[entry.exchange.at_s, total.total_usd, entry.exchange.turn] for entry, total in meter.running()]


def _turn(turn: TurnCost) -> Row:
    used = [entry.exchange.usage for entry in turn.entries if entry.exchange.usage is not None]
    last = max(turn.entries, key=lambda entry: entry.exchange.at_s)
    usage, cost = sum(used, TokenUsage()), turn.cost
    running = any(entry.exchange.status == "in_progress" for entry in turn.entries)
    unknown = any(entry.cost is None for entry in turn.entries) and not running
    text = str(cost) if cost.lines else "in progress" if running else "unknown"
    return {
        "turn": turn.turn,
        "counts": _counts(usage),
        "cost": text,
        "usd": cost.total_usd if cost.exact_usd else 0.0,
        "so_far": str(last.cumulative),
        "so_far_usd": last.cumulative_usd,
        "share": _share(usage),
        "at_s": last.exchange.at_s,
        "running": running,
        "unsure": unknown or bool(cost.unpriced),
        "status": ", ".join(dict.fromkeys(_status(each.exchange.status) for each in turn.entries)),
        "misses": [
            f"{miss.tokens.total:,} not cached: {miss.reason}"[:MOST_TEXT]
            for entry in turn.entries
            for miss in entry.misses
            if miss.reason != "first use"
        ],
    }


def _status(status: str) -> str:
    return status.replace("_", " ")[:MOST_TEXT]


def _counts(usage: TokenUsage) -> list[int]:
    names = ("text", "audio", "image", "other")
    given = [getattr(usage, f"input_{name}") for name in names]
    cached = [getattr(usage, f"cached_{name}") for name in names]
    # A server may call more cached than it was given; what is left over is never less than nothing.
    fresh = [max(all_ - held, 0) for all_, held in zip(given, cached, strict=True)]
    return [*cached, *fresh, usage.output_text, usage.output_audio, usage.output_other]


def _share(usage: TokenUsage) -> float | None:
    return usage.cached_tokens / usage.input_tokens if usage.input_tokens else None


def head_of(report: UsageReport, meter: Meter, context: Context | None) -> Row:
    """What stands above and below, limits apart: the bill in words, gauges, notes."""
    from rtnb.plots.money.words import meter_facts, meter_span
    from rtnb.plots.stills.meter import gauges_of
    from rtnb.plots.words import clipped, cost_facts

    used = bool(meter.entries)
    gauges = [_gauge(gauge) for gauge in gauges_of(report, context=context)]
    if context is not None and context.share is None:
        gauges.insert(0, {"name": "context", "text": f"{context.text}; the window is not known", "share": None})
    facts = [str(fact) for fact in meter_facts(meter)] if used else []
    return {
        "model": clipped(report.model, 80),
        "endpoint": clipped(report.endpoint, 80),
        "bill": [str(fact) for fact in cost_facts(report.cost, report.endpoint)] if report.cost else [],
        "total": _total(meter.cost) if used else "",
        "span": meter_span(meter) if used else "",
        "counts": _counts(meter.usage),
        "share": meter.cached_share if used else None,
        "facts": [fact for fact in facts if not fact.endswith(SHOWN)],
        "gauges": gauges,
        "notes": [clipped(note, MOST_TEXT) for note in meter.notes],
    }


def with_limits(head: Row, look: Look) -> Row:
    """The same with the limits as they stand: those of time move while nothing is used."""
    from rtnb.plots.stills.meter import gauges_of
    from rtnb.plots.words import clipped

    budget = look.budget
    if budget is None:
        return {**head, "live": look.live}
    limits = [_gauge(gauge) for gauge in gauges_of(UsageReport((), None, None, "", ""), budget)]
    notes = [SILENCED] if budget.silenced else []
    notes += [*head["notes"], *(clipped(note, MOST_TEXT) for note in budget.notes)]
    return {**head, "gauges": [*head["gauges"], *limits], "notes": notes, "live": look.live}


def _total(cost: Cost) -> str:
    return str(cost) if cost.lines else "cost unknown"


def _gauge(gauge: Gauge) -> Row:
    from rtnb.plots.palette import ERROR, STORED, VAD_MARK

    tone = {ERROR: "over", VAD_MARK: "near", STORED: "cache"}.get(gauge.ink, "fine")
    return {"name": gauge.name, "text": gauge.text, "share": gauge.share, "tone": tone}


def models_of(look: Look) -> list[str]:
    """Models to choose from: those to talk to that have a price on the day of the session."""
    from rtnb.pricing.prices.book import as_book
    from rtnb.pricing.prices.choice import speech_models

    return list(speech_models(as_book(None), look.report.ledger.on))


def what_if_of(model: str, found: WhatIf | None, problem: str = "") -> Row:
    """What another model would have cost, in words; with what cannot be known said."""
    from rtnb.plots.money.words import variant_note
    from rtnb.plots.words import clipped

    if found is None:
        return {"model": model, "cost": "", "change": "", "text": problem, "notes": [], "priced": False}
    (variant,) = found.variants
    return {
        "model": model,
        "cost": str(variant.cost),
        "change": variant_note(variant, found.actual),
        "text": f"instead of {found.actual.cost}",
        "notes": [clipped(note, MOST_TEXT) for note in found.notes],
        "priced": variant.priced,
    }
