"""How money is put into words: the same in cards, tables, pictures and on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rtnb.plots.words import Fact, clipped, cost_facts, counted, duration
from rtnb.pricing import Cost, Price, Rates, format_usd
from rtnb.pricing.ahead.budget import NextResponse
from rtnb.pricing.ahead.calibration import Calibration
from rtnb.pricing.ahead.projection import Assumptions, Projection
from rtnb.pricing.ahead.whatif import Variant, WhatIf
from rtnb.pricing.bills.meter import CacheMiss, Meter
from rtnb.pricing.reconciling.reconciliation import Reconciliation
from rtnb.tokens import ModalityCount
from rtnb.tokens.context import Truncation

__all__ = [
    "CONFIDENCE",
    "amount",
    "assumption_rows",
    "calibration_facts",
    "change",
    "clock",
    "difference",
    "meter_bill",
    "meter_facts",
    "meter_span",
    "misses_words",
    "next_facts",
    "percent",
    "price",
    "prices_of",
    "projection_facts",
    "projection_head",
    "rates_facts",
    "reconciliation_facts",
    "sure_words",
    "tokens",
    "truncation_words",
    "variant_name",
    "variant_note",
    "whatif_facts",
]

TEXT_LIMIT = 400
"""Characters of a name or of a reason that are shown: files may hold any length."""


def percent(share: float, *, signed: bool = False) -> str:
    """A share as a percentage, whole where that tells enough.

    Examples
    --------
    >>> percent(0.62), percent(0.004), percent(0.9996), percent(-0.45, signed=True), percent(0)
    ('62 %', '0.4 %', '99.9 %', '−45 %', '0 %')
    """
    if share != share or share in (float("inf"), float("-inf")):
        return "?"
    size = abs(share) * 100
    sign = "−" if share < 0 and size >= 0.05 else "+" if signed and size >= 0.05 else ""
    if size < 0.05:
        return "0 %"
    if round(size, 1) < 1:
        return f"{sign}{size:.1f} %"
    if 99 < size < 100:
        return f"{sign}{min(size, 99.9):.1f} %"
    return f"{sign}{size:,.0f} %"


def change(cost: Cost, base: Cost) -> str:
    """By how much a cost is off another, ``"−45 %"``; empty where one has no full price.

    Examples
    --------
    >>> change(Cost(), Cost())
    ''
    """
    if cost.unpriced or base.unpriced or not base.exact_usd:
        return ""
    return percent(cost.total_usd / base.total_usd - 1, signed=True)


def clock(at_s: float) -> str:
    """A moment of a session, ``"3:05"``.

    Examples
    --------
    >>> clock(185.4), clock(3725)
    ('3:05', '1:02:05')
    """
    minutes, seconds = divmod(round(max(at_s, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def tokens(count: ModalityCount) -> str:
    """Tokens by modality.

    Examples
    --------
    >>> tokens(ModalityCount(text=1200, audio=300)), tokens(ModalityCount())
    ('1,200 text + 300 audio', 'none')
    """
    named = (("text", count.text), ("audio", count.audio), ("image", count.image))
    return " + ".join(f"{value:,} {name}" for name, value in named if value) or "none"


def amount(usd: Decimal | float | None) -> str:
    """An amount, or a dash where it is not known.

    Examples
    --------
    >>> amount(None), amount(Decimal("0.0069656"))
    ('–', '$0.0070')
    """
    return "–" if usd is None else format_usd(usd)


def difference(one: Decimal, other: Decimal) -> str:
    """What the first has more than the second, with its sign.

    Examples
    --------
    >>> difference(Decimal(3), Decimal(1)), difference(Decimal(1), Decimal(3)), difference(Decimal(1), Decimal(1))
    ('+$2.00', '−$2.00', '0')
    """
    off = one - other
    return "0" if not off else f"{'+' if off > 0 else '−'}{format_usd(off.copy_abs())}"


def price(value: Decimal | None) -> str:
    """A price as it is printed.

    Examples
    --------
    >>> price(Decimal("0.40")), price(Decimal("32")), price(None)
    ('$0.40', '$32', '–')
    """
    return "–" if value is None else f"${value:,f}"


def prices_of(found: Price | None, *, cached: bool = True) -> str:
    """What one modality costs: in, cached and out, in one cell; empty where the model does not offer it.

    Examples
    --------
    >>> prices_of(Price("audio", Decimal("32"), Decimal("0.40"), Decimal("64")))
    '32 / 0.40 / 64'
    """
    if found is None:
        return ""
    shown = (found.input, *((found.cached,) if cached else ()), found.output)
    return " / ".join("–" if value is None else f"{value:,f}" for value in shown)


def sure_words(rates: Rates) -> str:
    """How sure a row of the price table is; one's own needs no checking."""
    sure = CONFIDENCE.get(rates.confidence, rates.confidence)
    return f"{sure[:1].upper()}{sure[1:]}." if rates.own else f"Checked {rates.checked}. {sure}."


def rates_facts(rates: Rates) -> list[Fact]:
    """Since when, until when, how large the context is, and how sure all this is."""
    facts = [] if rates.valid_from == date.min else [Fact(("valid from ", str(rates.valid_from)))]
    if rates.valid_to is not None:
        facts.append(Fact(("to ", str(rates.valid_to))))
    if rates.shutdown is not None:
        facts.append(Fact(("the model is shut down on ", str(rates.shutdown))))
    if rates.context_tokens:
        facts.append(Fact(("context ", f"{rates.context_tokens:,}", " tokens")))
    if rates.max_input_tokens:
        facts.append(Fact(("input up to ", f"{rates.max_input_tokens:,}")))
    if rates.max_output_tokens:
        facts.append(Fact(("answer up to ", f"{rates.max_output_tokens:,}")))
    return facts


CONFIDENCE = {
    "A": "A: the vendor's own text",
    "B": "B: independent tables or billed amounts",
    "C": "C: reconstruction",
    "own": "own: prices of your own",
}
"""What the letters of a row mean."""


def misses_words(misses: Sequence[CacheMiss]) -> str:
    """Why input was charged in full, with what that cost more.

    Examples
    --------
    >>> misses_words([CacheMiss("tools changed", ModalityCount(text=640), Cost())])
    'tools changed: 640 text'
    """
    parts = []
    for miss in misses:
        lost = miss.extra if miss.reason != "first use" else Cost()
        more = f", {lost} more" if lost.exact_usd else ""
        parts.append(f"{miss.reason}: {tokens(miss.tokens)}{more}")
    return "; ".join(parts)


def meter_bill(meter: Meter) -> list[Fact]:
    """What it cost in all; where no response came with usage that is said, instead of an amount of nought."""
    if not meter.cost.lines:
        return [Fact(("no response came with usage",))]
    return cost_facts(meter.cost, meter.endpoint)


def meter_facts(meter: Meter) -> list[Fact]:
    """What the cache saved of it, what was not heard, and what a minute cost."""
    facts = []
    if meter.cached_share is not None:
        facts.append(Fact(("", percent(meter.cached_share), " of the input came from the cache")))
    if meter.hit_rate is not None:
        facts.append(Fact(("", percent(meter.hit_rate), " of what a perfect cache would have held")))
    lost = sum((miss.extra for miss in meter.misses if miss.reason != "first use"), Cost())
    if lost.exact_usd:
        facts.append(Fact(("cache misses cost ", str(lost), " more")))
    silent_s = sum(entry.unheard_s for entry in meter.entries)
    if silent_s:
        unheard = meter.unheard
        facts.append(Fact(("", str(unheard), f" for {duration(silent_s)} of answers that nobody heard")))
    lasted_s = _lasted_s(meter)
    if lasted_s >= 60 and meter.cost.exact_usd and not meter.cost.unpriced:
        facts.append(Fact(("", format_usd(meter.total_usd / lasted_s * 60), " a minute")))
    return facts


def meter_span(meter: Meter) -> str:
    """How much the meter is of: ``"30 responses in 27 turns, 10 min 09 s"``."""
    turns = {(entry.session, entry.exchange.turn) for entry in meter.entries if entry.exchange.turn >= 0}
    sessions = f" of {counted(len(meter.sessions), 'session')}" if len(meter.sessions) > 1 else ""
    answered = sum(entry.exchange.status != "no_response" for entry in meter.entries)
    return f"{counted(answered, 'response')} in {counted(len(turns), 'turn')}{sessions}, {duration(_lasted_s(meter))}"


def _lasted_s(meter: Meter) -> float:
    """From the start of each session to the end of its last response, added up."""
    ends: dict[str, float] = {}
    for entry in meter.entries:
        ends[entry.session] = max(ends.get(entry.session, 0.0), entry.exchange.at_s)
    return sum(ends.values())


def projection_head(projection: Projection) -> str:
    """What was projected: ``"10 minutes, 30 turns, gpt-realtime at the prices of 2026-11-21"``."""
    length = f"{projection.minutes:,.4g} minute{'' if projection.minutes == 1 else 's'}"
    model = clipped(projection.model, 80) or "no model"
    return f"{length}, {counted(projection.turns, 'turn')}, {model} at the prices of {projection.on}"


def projection_facts(projection: Projection) -> list[Fact]:
    """What the conversation costs in all and by the minute, and between which bounds the cache moves it."""
    facts = cost_facts(projection.cost)
    if not projection.cost.exact_usd:
        return facts
    if not projection.cost.unpriced:
        facts.append(Fact(("", format_usd(projection.total_usd / projection.minutes), " a minute")))
    if projection.curve:
        last = projection.curve[-1]
        if last.high_usd > last.low_usd:
            bounds = f"{format_usd(last.low_usd)} to {format_usd(last.high_usd)}"
            facts.append(Fact(("", bounds, ", by whether the cache holds everything or nothing")))
        facts.append(Fact(("", f"{max(p.context_tokens for p in projection.curve):,}", " tokens of context at most")))
    return facts


def truncation_words(truncation: Truncation) -> str:
    """A truncation policy in words.

    Examples
    --------
    >>> truncation_words(Truncation())
    'auto: the oldest items go when the context is full'
    >>> truncation_words(Truncation("retention_ratio", 0.8, 8000))
    'retention_ratio: down to 80 %, when 8,000 tokens after the instructions are full'
    """
    limit = truncation.post_instructions
    when = f"when {f'{limit:,} tokens after the instructions are' if limit else 'the context is'} full"
    if truncation.kind == "disabled":
        return f"disabled: the response is refused {when}"
    if truncation.kind == "retention_ratio":
        return f"retention_ratio: down to {percent(truncation.retention_ratio)}, {when}"
    return f"auto: the oldest items go {when}"


def assumption_rows(given: Assumptions) -> list[tuple[str, str]]:
    """What a projection assumes, line by line: what it is, and its value in words."""
    rows = [
        ("turns", f"{given.turns_per_minute:.3g} a minute"),
        ("somebody talks", f"{percent(given.talk_share)} of the time, the user {percent(given.user_share)} of that"),
        ("audio tokens", f"user {given.user_tokens_per_minute:,.0f} and assistant "
                         f"{given.assistant_tokens_per_minute:,.0f} a minute of talk"),
        ("instructions and tools", f"{given.instruction_tokens:,} + {given.tool_tokens:,} tokens"),
        ("text of an answer", f"{given.text_share:.2g} text tokens for each audio token"),
        ("cache", f"{percent(given.cache_hit_rate)} of what a perfect one would hold, "
                  f"in blocks of {given.cache_grain:,} tokens"),
        ("interruptions", f"{percent(given.interruption_rate)} of the answers, of which {percent(given.heard_share)}"
                          " is heard" if given.interruption_rate else "none"),
        ("truncation", truncation_words(given.truncation)),
    ]  # fmt: skip
    if given.summarise is not None:
        policy = given.summarise
        kept = f"the last {counted(policy.keep_turns, 'turn')} kept"
        rows.append(("summary", f"above {policy.above_tokens:,} tokens to {policy.summary_tokens:,}, {kept}"))
    if given.user_text_tokens_per_turn or given.answer_text_tokens_per_turn:
        typed, written = given.user_text_tokens_per_turn, given.answer_text_tokens_per_turn
        rows.append(("text beside the audio", f"{typed:,.3g} tokens given and {written:,.3g} generated a turn"))
    rows.append(("transcription", given.transcription or "none"))
    return rows


def calibration_facts(calibration: Calibration) -> list[Fact]:
    """How near the projection comes to what was billed."""
    actual = calibration.actual
    facts = [
        Fact(("projected ", str(calibration.projected.cost))),
        Fact(("actual ", str(actual), "" if calibration.talks == 1 else " on average")),
    ]
    if actual.exact_usd:
        facts.append(Fact(("off by ", percent(calibration.error, signed=True))))
    facts.append(Fact(("fitted to ", counted(calibration.talks, "recording"))))
    facts.append(Fact(("of ", duration(calibration.minutes * 60), "" if calibration.talks == 1 else " on average")))
    return facts


def variant_note(variant: Variant, actual: Variant | None = None) -> str:
    """What is to be known of a variant besides its cost: the change, what it loses, what it refuses.

    Examples
    --------
    >>> from datetime import date
    >>> variant_note(Variant("kept short", "gpt-realtime", date(2026, 1, 31), None, Cost(), loss=0.12, refused=2))
    '12 % of the context lost, 2 responses refused'
    """
    off = change(variant.cost, actual.cost) if actual is not None and actual is not variant else ""
    parts = ["the same" if off == "0 %" else off]
    if variant.loss > 0.0005:
        parts.append(f"{percent(variant.loss)} of the context lost")
    if variant.refused:
        parts.append(f"{counted(variant.refused, 'response')} refused")
    return ", ".join(part for part in parts if part)


def variant_name(variant: Variant, what: WhatIf) -> str:
    """What a variant is called beside the others: without the model, where all are of the same."""
    if variant is what.simulated:
        return "simulated with its own policy"
    if variant is what.actual:
        return "as recorded" if variant.model in variant.name or not variant.name else variant.name
    alike = all(other.model == what.actual.model for other in what.variants)
    return variant.name.removeprefix(f"{variant.model}, ") if alike else variant.name


def whatif_facts(what: WhatIf) -> list[Fact]:
    """The actual bill, and how near the simulation comes to it."""
    facts = [Fact(("as recorded: ", str(what.actual.cost), f" on {clipped(what.actual.model, 80) or 'no model'}"))]
    if what.simulated is not None:
        off = change(what.simulated.cost, what.actual.cost)
        told = f" ({off or 'no comparison'} against the bill)"
        facts.append(Fact(("simulated with its own policy: ", str(what.simulated.cost), told)))
    return facts


def next_facts(bounds: NextResponse) -> list[Fact]:
    """The bounds in one line, and what would be sent."""
    facts = [Fact(("at least ", str(bounds.at_least))), Fact(("at most ", str(bounds.at_most)))]
    facts.append(Fact(("context ", f"{bounds.context.total:,}", f" tokens ({tokens(bounds.context)})")))
    return facts


def reconciliation_facts(found: Reconciliation) -> list[Fact]:
    """How many days and models agree, and both sums."""
    if not found.rows:
        return []
    statuses = [row.status for row in found.rows]
    facts = [Fact(("", f"{statuses.count(status):,}", f" {status}")) for status in dict.fromkeys(statuses)]
    for name, amounts in (
        ("recorded", [row.recorded_usd for row in found.rows]),
        ("exported", [row.exported_usd for row in found.rows]),
    ):
        known = [usd for usd in amounts if usd is not None]
        if known:
            facts.append(Fact((f"{name} ", format_usd(sum(known, Decimal(0))))))
    return facts
