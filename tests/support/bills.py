"""Bills made by hand: meters, projections and comparisons with figures that a test can foresee."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from matplotlib.figure import Figure

from rtnb.pricing import Cost, at, cost, transcription_cost
from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.ahead.budget import NextResponse
from rtnb.pricing.ahead.calibration import Calibration
from rtnb.pricing.ahead.projection import CurvePoint, Projection
from rtnb.pricing.ahead.whatif import Policy, Variant, WhatIf
from rtnb.pricing.bills.ledger import Exchange
from rtnb.pricing.bills.meter import CacheMiss, Entry, Meter
from rtnb.pricing.prices.rows import Rates
from rtnb.pricing.reconciling.reconciliation import Reconciled, Reconciliation
from rtnb.tokens import ModalityCount, TokenUsage

__all__ = [
    "DAY",
    "HOSTILE",
    "MODEL",
    "joined",
    "make_calibration",
    "make_meter",
    "make_next",
    "make_policies",
    "make_projection",
    "make_reconciliation",
    "make_whatif",
    "rates_of",
    "words_of",
]

DAY = date(2026, 11, 21)
MODEL = "gpt-realtime"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e$x^2$ "
"""A name that nobody should have: markup, terminal control, a turn of direction, mathematics."""


def rates_of(model: str = MODEL) -> Rates:
    found = at(model, DAY)
    assert found is not None
    return found


def make_meter(
    count: int = 30,
    *,
    session: str = "talk.rtnb",
    model: str = MODEL,
    seed: int = 1,
    interrupted: Collection[int] = (7,),
    busted: Collection[int] = (12,),
) -> Meter:
    """A talk of `count` responses, 20 s apart; with some interrupted, and some that the cache had nothing for."""
    rnd = random.Random(seed)
    entries: list[Entry] = []
    text, audio, before = 400, 0, ModalityCount()
    so_far = 0.0
    for i in range(count):
        text, audio = text + 6, audio + rnd.randint(30, 110)
        made = rnd.randint(60, 260)
        cached = ModalityCount() if i in busted else ModalityCount(before.text // 64 * 64, before.audio // 64 * 64)
        usage = TokenUsage(
            input_text=text, input_audio=audio, cached_text=cached.text, cached_audio=cached.audio,
            output_text=made // 4, output_audio=made,
        )  # fmt: skip
        misses = []
        if i == 0:
            misses.append(CacheMiss("first use", ModalityCount(text=400), Cost()))
        if i in busted:
            extra = cost(TokenUsage(input_text=before.text, input_audio=before.audio), model, DAY)
            misses.append(CacheMiss("instructions changed", before, extra))
        cut = i in interrupted
        unheard = cost(TokenUsage(output_audio=made // 2), model, DAY) if cut else Cost()
        bill = cost(usage, model, DAY)
        heard = transcription_cost({"type": "duration", "seconds": 6}, "whisper-1", DAY)
        so_far += (bill + heard).total_usd
        exchange = Exchange(
            response_id=f"resp_{i}", turn=i, at_s=20.0 * (i + 1), on=DAY, model=model, usage=usage,
            status="cancelled" if cut else "completed", heard_s=made / 40 if cut else None,
        )  # fmt: skip
        entries.append(
            Entry(
                exchange, session, bill, heard, so_far, before, tuple(misses), made / 40 if cut else 0.0, unheard
            )
        )  # fmt: skip
        before = ModalityCount(text, audio)
        text, audio = text + made // 4, audio + (made // 2 if cut else made)
    return Meter(tuple(entries), (session,), "embedded server")


def joined(*meters: Meter) -> Meter:
    entries = tuple(entry for one in meters for entry in one.entries)
    return Meter(entries, tuple(name for one in meters for name in one.sessions))


def make_projection(
    minutes: int = 10, *, model: str = MODEL, limit: int | None = None, high: float = 3.0
) -> Projection:
    """Three turns a minute; the context grows by 300 tokens a turn and falls to 80 % of `limit`."""
    usage = TokenUsage(input_audio=1000, cached_audio=900, output_audio=200)
    bill = cost(usage, model, DAY)
    curve, context = [], 600
    for k in range(1, minutes * 3 + 1):
        context += 300
        if limit is not None and context > limit:
            context = int(limit * 0.8)
        usd = bill.total_usd * k
        curve.append(CurvePoint(k / 3, usd, usd * 0.7, usd * high, context))
    assumed = Assumptions(instruction_tokens=400, tool_tokens=200, cache_hit_rate=0.9, transcription="whisper-1")
    return Projection(float(minutes), minutes * 3, model, DAY, assumed, bill * (minutes * 3), tuple(curve))


def make_calibration() -> Calibration:
    talk, projection = make_meter(), make_projection()
    curve = tuple((entry.exchange.at_s / 60, entry.cumulative_usd) for entry in talk.entries)
    return Calibration(projection.assumptions, projection, talk.cost, curve, 10.0, 1, ("Fitted to one recording.",))


def _variant(name: str, usage: TokenUsage, *, model: str = MODEL, times: float = 1.0, **more: object) -> Variant:
    policy = None if name == model else Policy(name)
    return Variant(name, model, DAY, policy, cost(usage, model, DAY) * times, **more)  # type: ignore[arg-type]


def make_whatif() -> WhatIf:
    """The same talk on other models, one of which has no price."""
    usage = make_meter().usage
    others = ("gpt-realtime-mini", "gpt-realtime-2.1", "my-own-model")
    return WhatIf(
        _variant(MODEL, usage, peak_context_tokens=7000),
        tuple(_variant(name, usage, model=name, peak_context_tokens=7000) for name in others),
        None,
        ("Other models would answer differently.",),
    )


def make_policies(count: int = 8) -> WhatIf:
    """The same talk under policies of which the cheaper ones lose more, one that refuses, and one that is no use."""
    usage = make_meter().usage
    found = [_variant("auto", usage)]
    found += [_variant(f"summarised above {500 * k:,} tokens", usage, times=0.3 + 0.6 * k / count,
                       loss=0.6 - 0.5 * k / count) for k in range(1, count + 1)]  # fmt: skip
    found.append(_variant("of no use", usage, times=0.95, loss=0.5))
    found.append(_variant("disabled", usage, times=0.2, loss=0.1, refused=12))
    return WhatIf(_variant("as recorded", usage), tuple(found), _variant("simulated", usage, times=0.97))


def make_next() -> NextResponse:
    least = cost(TokenUsage(input_text=600, cached_text=576, input_audio=4000, cached_audio=3968), MODEL, DAY)
    most = cost(TokenUsage(input_text=600, input_audio=4100, output_audio=4096), MODEL, DAY)
    return NextResponse(least, most, ModalityCount(text=600, audio=4000), ("10 s of new audio.",))


def make_reconciliation() -> Reconciliation:
    one, two = TokenUsage(input_text=3000, output_audio=500), TokenUsage(input_text=4000, output_audio=700)
    return Reconciliation(
        (
            Reconciled(date(2026, 11, 20), MODEL, "agrees", 30, 30, one, one, Decimal("1.23"), Decimal("1.23")),
            Reconciled(
                DAY, MODEL, "differs", 30, 34, one, two, Decimal("1.23"), Decimal("1.53"),
                ("The export counts 4 more requests.",),
            ),
            Reconciled(DAY, "my-model", "only in the recordings", 2, None, one, None, None, None),
        ),
        ("One row of the export could not be read.",),
    )  # fmt: skip


def words_of(figure: Figure) -> list[str]:
    """All words of a picture."""
    return [text.get_text() for text in figure.axes[0].texts]
