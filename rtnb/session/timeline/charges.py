"""What each response and each transcription cost, fresh and cached input and output apart."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rtnb.pricing import Cost, cost, transcription_cost
from rtnb.session.timeline.shapes import Charge
from rtnb.session.views.snapshots import Observer
from rtnb.tokens import TokenUsage

__all__ = ["charges_of", "price"]

_NOTHING = Decimal(0)


def price(observer: Observer, kept: dict[str, Charge], *, until_s: float = math.inf) -> bool:
    """Price what `kept` has no price of, until a moment of the monotonic clock; whether nothing is left."""
    talk = observer.talk
    turns: dict[str, int] | None = None
    for response in talk.responses.values():
        if response.usage is None or response.done_s is None:
            continue
        charge, model = kept.get(response.id), response.model or observer.model
        if charge is None or charge.model != model:
            if time.monotonic() > until_s:
                return False
            if turns is None:
                turns = {response_id: turn.index for turn in talk.turns for response_id in turn.responses}
            kept[response.id] = _response(
                observer, response.id, model, response.usage, response.done_s, turns.get(response.id, -1)
            )
    for item_id, (model, usage) in talk.transcription_usage.items():
        item, key = talk.items.get(item_id), f"heard {item_id}"
        if item is None or item.transcribed_s is None or key in kept:
            continue
        if time.monotonic() > until_s:
            return False
        turn = talk.turn_of.get(item_id)
        kept[key] = _transcription(
            observer, item_id, model, usage, item.transcribed_s, -1 if turn is None else turn.index
        )
    return True


def charges_of(observer: Observer, kept: dict[str, Charge]) -> tuple[Charge, ...]:
    """All of them by time, each with the running total; `kept` are those that were priced before."""
    price(observer, kept)
    talk = observer.talk
    found = [
        kept[response.id]
        for response in talk.responses.values()
        if response.usage is not None and response.done_s is not None
    ]
    for item_id in talk.transcription_usage:
        item = talk.items.get(item_id)
        if item is not None and item.transcribed_s is not None:
            found.append(kept[f"heard {item_id}"])
    found.sort(key=lambda charge: charge.t_s)
    total = _NOTHING
    for place, charge in enumerate(found):
        total += charge.total_usd or _NOTHING
        if charge.running_usd != total:
            key = charge.response_id or f"heard {charge.item_id}"
            found[place] = kept[key] = charge.with_running(total)
    return tuple(found)


def _response(observer: Observer, response_id: str, model: str, usage: dict[str, Any], t_s: float, turn: int) -> Charge:
    counts = TokenUsage.from_wire(usage)
    # Of what may be billed by time the counts alone do not do.
    timed = "seconds" in usage or "type" in usage
    bill = cost(usage if timed else counts, model, observer.on)
    return Charge(
        t_s=t_s,
        kind="response",
        fresh_usd=_sum(bill, "input", "transcription"),
        cached_usd=_sum(bill, "cached"),
        output_usd=_sum(bill, "output"),
        total_usd=_total(bill),
        running_usd=_NOTHING,
        cache_share=counts.cached_tokens / counts.input_tokens if counts.input_tokens > 0 else None,
        usage=counts,
        model=model,
        response_id=response_id,
        turn=turn,
    )


def _transcription(
    observer: Observer, item_id: str, model: str, usage: Mapping[str, Any], t_s: float, turn: int
) -> Charge:
    bill = transcription_cost(usage, model, observer.on)
    return Charge(
        t_s=t_s,
        kind="transcription",
        fresh_usd=_sum(bill, "input", "cached", "output", "transcription"),
        cached_usd=_NOTHING,
        output_usd=_NOTHING,
        total_usd=_total(bill),
        running_usd=_NOTHING,
        model=model,
        item_id=item_id,
        turn=turn,
    )


def _sum(bill: Cost, *kinds: str) -> Decimal:
    return sum((line.exact_usd or _NOTHING for line in bill.lines if line.kind in kinds), _NOTHING)


def _total(bill: Cost) -> Decimal | None:
    """Of what has a price; None where nothing has one."""
    if bill.lines and all(line.unit_price is None for line in bill.lines):
        return None
    return bill.exact_usd
