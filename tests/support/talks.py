"""Ledgers of talks that never were, with usage as a server would count it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from rtnb.pricing.ahead.assumptions import Assumptions
from rtnb.pricing.bills.ledger import Edit, Exchange, Ledger, Transcribed
from rtnb.tokens import Step, simulate

DAY = date(2026, 1, 31)


def ledger_of_steps(
    steps: Sequence[Step],
    *,
    model: str = "gpt-realtime",
    duration_s: float = 600.0,
    edits: Mapping[int, tuple[Edit, ...]] | None = None,
    input_limit: int | None = 28_224,
    hit_rate: float = 1.0,
    **members: Any,
) -> Ledger:
    """A recording of `steps`, billed by the rules of :func:`rtnb.tokens.simulate`."""
    truncation = members.get("truncation", Ledger().truncation)
    used = simulate(steps, input_limit=input_limit, truncation=truncation, hit_rate=hit_rate)
    exchanges = [
        Exchange(
            response_id=f"resp_{index}",
            turn=index,
            at_s=duration_s * (index + 1) / len(steps),
            on=DAY,
            model=model,
            status="completed" if now.usage else "failed",
            usage=now.usage,
            settings=step.settings,
            given=step.given,
            made=step.made,
            kept=step.kept,
            edits=(edits or {}).get(index, ()),
            user_audio_s=step.given.audio / 10,
            answer_audio_s=step.made.audio / 20,
            heard_s=step.kept.audio / 20 if step.kept.audio < step.made.audio else None,
        )
        for index, (step, now) in enumerate(zip(steps, used, strict=True))
    ]
    return replace(
        Ledger(name="talk", model=model, on=DAY, exchanges=tuple(exchanges), duration_s=duration_s), **members
    )


def ledger_of_talk(minutes: float, assumptions: Assumptions | None = None, **members: Any) -> Ledger:
    """A recording of a talk that went as assumed."""
    assumed = assumptions or Assumptions()
    transcriptions: tuple[Transcribed, ...] = ()
    if assumed.transcription:
        usage = {"type": "duration", "seconds": assumed.user_audio_s(minutes)}
        transcriptions = (
            Transcribed(item_id="item", turn=0, at_s=1.0, on=DAY, model=assumed.transcription, usage=usage),
        )
    return ledger_of_steps(
        assumed.steps(minutes),
        duration_s=minutes * 60,
        hit_rate=members.pop("hit_rate", assumed.cache_hit_rate),
        truncation=assumed.truncation,
        transcriptions=transcriptions,
        transcription_model=assumed.transcription or "",
        **members,
    )
