"""Ledgers made by hand and by hypothesis: talks whose counts are consistent, as a server would send them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from rtnb.pricing.bills.ledger import Exchange, Ledger, Transcribed
from rtnb.pricing.bills.misses import held
from rtnb.tokens import ModalityCount, TokenUsage

__all__ = ["DAY", "MODEL", "exchange", "heard", "ledgers", "talk"]

DAY = date(2026, 1, 31)
MODEL = "gpt-realtime"


def exchange(number: int = 1, usage: TokenUsage | None = None, **members: Any) -> Exchange:
    """One response; its audio lasts as long as its tokens say."""
    made = ModalityCount(usage.output_text, usage.output_audio) if usage else ModalityCount()
    usual: dict[str, Any] = {
        "response_id": f"resp_{number}",
        "turn": number - 1,
        "at_s": 10.0 * number,
        "on": DAY,
        "model": MODEL,
        "usage": usage,
        "made": made,
        "kept": made,
        "answer_audio_s": made.audio * 0.05,
    }
    return Exchange(**{**usual, **members})


def heard(number: int = 1, seconds: float = 30, **members: Any) -> Transcribed:
    """The transcription of a turn."""
    usual: dict[str, Any] = {
        "item_id": f"item_{number}",
        "turn": number - 1,
        "at_s": 10.0 * number - 1,
        "on": DAY,
        "model": "whisper-1",
        "usage": {"type": "duration", "seconds": seconds},
    }
    return Transcribed(**{**usual, **members})


def talk(
    *turns: tuple[ModalityCount, ModalityCount], settings: int = 300, model: str = MODEL, **members: Any
) -> Ledger:
    """A talk of what is given and what is answered, turn by turn, with a perfect cache."""
    context, before, exchanges = ModalityCount(text=settings), ModalityCount(), []
    for number, (given, made) in enumerate(turns, start=1):
        context += given
        usage = TokenUsage.of(context, cached=held(before), made=made)
        front = ModalityCount(text=settings)
        exchanges.append(exchange(number, usage, given=given, settings=front, model=model))
        before = context
        context += made
    usual: dict[str, Any] = {"name": "talk", "endpoint": "api.openai.com", "model": model, "on": DAY}
    ended = {"duration_s": 10.0 * len(turns), "settings": ModalityCount(text=settings)}
    return Ledger(exchanges=tuple(exchanges), **{**usual, **ended, **members})


def _counts(most: int) -> st.SearchStrategy[ModalityCount]:
    return st.builds(ModalityCount, st.integers(0, most), st.integers(0, most))


@st.composite
def ledgers(draw: st.DrawFn, *, min_turns: int = 0, max_turns: int = 8) -> Ledger:
    """Talks with cache misses, interrupted answers and edits, spread over a few days."""
    settings = ModalityCount(text=draw(st.integers(0, 500)))
    context, before, exchanges = settings, ModalityCount(), []
    name = draw(st.uuids()).hex[:8]
    for number in range(1, draw(st.integers(min_turns, max_turns)) + 1):
        given, made = draw(_counts(400)) + ModalityCount(text=1), draw(_counts(800))
        kept = made if draw(st.booleans()) else ModalityCount(0, draw(st.integers(0, made.audio)))
        context += given
        most = held(before)
        cached = ModalityCount(
            draw(st.sampled_from([0, most.text // 128 * 64, most.text])), draw(st.sampled_from([0, most.audio]))
        )
        usage = TokenUsage.of(context, cached=cached, made=made)
        exchanges.append(
            exchange(
                number,
                usage,
                response_id=f"{name}_{number}",
                given=given,
                kept=kept,
                settings=settings,
                heard_s=None if kept == made else kept.audio * 0.05,
                on=DAY + timedelta(days=draw(st.integers(0, 2))),
                edits=draw(st.sampled_from([(), (), ("instructions changed",)])) if number > 1 else (),
            )
        )
        before, context = context, context + kept
    return Ledger(
        name=name, endpoint="api.openai.com", model=MODEL, on=DAY, exchanges=tuple(exchanges), settings=settings
    )
