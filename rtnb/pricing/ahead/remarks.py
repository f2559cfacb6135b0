"""Remarks on a projection: what is dropped, refused and summarised in it, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.money import format_usd
from rtnb.tokens import ModalityCount, Simulated, Step, TokenUsage, simulate

__all__ = ["refused", "remarks", "why_refused"]


def refused(steps: Sequence[Step]) -> list[Simulated]:
    """The responses where instructions and tools alone are too long: there is nothing that truncation could drop.

    Examples
    --------
    >>> from rtnb.tokens import ModalityCount
    >>> turn = Step(ModalityCount(audio=100), ModalityCount(), ModalityCount(), settings=ModalityCount(text=40_000))
    >>> [(step.usage, step.full.total) for step in refused([turn, turn])]
    [(None, 40100), (None, 40200)]
    """
    nothing = ModalityCount()
    played = simulate([replace(step, made=nothing, kept=nothing) for step in steps])
    return [replace(step, usage=None) for step in played]


def why_refused(settings_tokens: int, limit_tokens: int, model: str) -> str:
    """The same in a sentence.

    Examples
    --------
    >>> why_refused(40_000, 28_224, "gpt-realtime")[:67]
    'The instructions and tools alone (40,000 tokens) exceed the 28,224 '
    """
    return (
        f"The instructions and tools alone ({settings_tokens:,} tokens) exceed the {limit_tokens:,} that {model!r} "
        "takes as input: every response would be refused, and not billed."
    )


def remarks(
    played: Sequence[Simulated],
    minutes: float,
    priced: Callable[[TokenUsage], Cost],
    *,
    grain: int,
    hit_rate: float,
    rather: Callable[[], str],
) -> list[str]:
    """What the reader of a projection should know: what is dropped, refused and summarised, and what that costs.

    Parameters
    ----------
    played : sequence of Simulated
        The responses, oldest first.
    minutes : float
        Length of the talk.
    priced : callable
        From tokens to their cost.
    grain : int
        Tokens a step of the cache; 0 where there is none.
    hit_rate : float
        Part of what a perfect cache would hold that really comes from it, 0 to 1.
    rather : callable
        What would be cheaper than to drop so often: a sentence with a blank in front, or nothing.

    Examples
    --------
    >>> from rtnb.pricing.bills.billing import cost
    >>> from rtnb.tokens import ModalityCount, Step, simulate
    >>> turn = Step(ModalityCount(audio=100), ModalityCount(audio=200), ModalityCount(audio=200))
    >>> played = simulate([turn] * 4, input_limit=600)
    >>> for note in remarks(played, 4, lambda usage: cost(usage, "gpt-realtime", "2026-01-31"),
    ...         grain=64, hit_rate=1.0, rather=str):
    ...     print(note[:44])
    The oldest turns are dropped from 3.0 min on
    """
    notes = []

    def at(index: int) -> str:
        return f"{minutes * index / len(played):.1f} min"

    def first(found: list[bool]) -> int | None:
        return found.index(True) if True in found else None

    if (index := first([step.dropped > 0 for step in played])) is not None:
        dropping = [k for k in range(index, len(played)) if played[k].dropped > (played[k - 1].dropped if k else 0)]
        note = (
            f"The oldest turns are dropped from {at(index + 1)} on; {played[-1].dropped:,} tokens are gone at the end. "
            f"It happens before {len(dropping):,} of {len(played):,} responses"
        )
        if grain:
            more = _spoilt(played, dropping, priced, grain, hit_rate)
            told = f": {format_usd(more)} more than out of the cache" if more > 0 else ""
            note += f", and everything behind the instructions is then charged in full{told}"
        notes.append(f"{note}.{rather()}")
    if (index := first([step.usage is None for step in played])) is not None:
        count = sum(step.usage is None for step in played)
        notes.append(
            f"From {at(index)} on the conversation does not fit and truncation is disabled: {count} "
            f"response{'' if count == 1 else 's'} would be refused, and not billed."
        )
    if made := [step.summary for step in played if step.summary is not None]:
        times = "once" if len(made) == 1 else f"{len(made)} times"
        notes.append(f"Old turns are summarised {times}, which costs {priced(sum(made, TokenUsage()))} of the sum.")
    return notes


def _spoilt(
    played: Sequence[Simulated],
    dropping: Sequence[int],
    priced: Callable[[TokenUsage], Cost],
    grain: int,
    hit_rate: float,
) -> Decimal:
    """What is charged in full because something before it was dropped, less what it had cost out of the cache."""
    full = cached = TokenUsage()
    for k in dropping:
        now, before = played[k].usage, played[k - 1].usage if k else None
        if now is None or before is None:
            continue
        held = {}
        for name in ("text", "audio", "image"):
            repeated = min(getattr(each, f"input_{name}") for each in (before, now))
            most = math.floor(repeated // grain * grain * hit_rate)
            held[f"cached_{name}"] = max(getattr(now, f"cached_{name}"), most)
        full += now
        cached += replace(now, **held)
    return priced(full).exact_usd - priced(cached).exact_usd
