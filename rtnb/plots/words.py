"""How facts of a turn are put into words: the same in cards, tables, pages and on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rtnb.pricing import Cost
from rtnb.session.views import Latency, TurnView
from rtnb.tokens import TokenUsage

__all__ = [
    "Fact",
    "answered",
    "cost_facts",
    "duration",
    "heard",
    "interruption",
    "status_note",
    "total_cost",
    "total_usage",
    "turn_facts",
    "usage_facts",
    "usd",
]

MODALITIES = ("text", "audio", "image", "other")


@dataclass(frozen=True, slots=True)
class Fact:
    """A phrase with its figures marked: parts that alternate between plain and strong, plain first."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(self.parts)


def _fact(*parts: str) -> Fact:
    return Fact(parts)


def duration(seconds: float) -> str:
    """A length of sound: ``"1.87 s"``, ``"34.0 s"``, ``"2 min 05 s"``.

    Examples
    --------
    >>> duration(1.868), duration(34), duration(125.2)
    ('1.87 s', '34.0 s', '2 min 05 s')
    """
    if round(seconds, 2) < 10:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def usd(amount: float | Decimal) -> str:
    """Dollars with as many digits as tell one turn from another.

    Examples
    --------
    >>> usd(0.00834), usd(1.5), usd(0), usd(0.000012)
    ('$0.0083', '$1.50', '$0', '<$0.0001')
    """
    if amount == 0:
        return "$0"
    if 0 < amount < Decimal("0.00005"):
        return "<$0.0001"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def heard(turn: TurnView) -> tuple[str, bool]:
    """What the user gave, and whether these are the user's own words rather than ours about them."""
    if turn.user_text:
        return turn.user_text, True
    if turn.user_audio is not None and len(turn.user_audio):
        return f"{duration(turn.user_audio.duration_s)} of audio, no transcript", False
    if turn.status == "listening":
        return "listening …", False
    return ("audio, no transcript" if turn.user_kind == "audio" else "no words"), False


def answered(turn: TurnView) -> tuple[str, bool]:
    """What came back, and whether these are the assistant's own words rather than ours about them."""
    if turn.assistant_text:
        return turn.assistant_text, True
    if turn.assistant_audio is not None and len(turn.assistant_audio):
        return f"{duration(turn.assistant_audio.duration_s)} of audio, no transcript", False
    missing = {
        "waiting": "waiting for the answer …",
        "listening": "…",
        "in_progress": "answering …",
        "cancelled": "cancelled before the answer began",
        "incomplete": "no answer",
        "failed": "no answer",
        "no_response": "no response",
    }
    return missing.get(turn.status, "an answer without words"), False


def interruption(turn: TurnView) -> str:
    """How much of an interrupted answer was heard; empty if all of it was."""
    if turn.heard_s is None:
        return ""
    total = turn.assistant_audio.duration_s if turn.assistant_audio is not None else 0.0
    of = f" of {total:.2f} s" if total else ""
    return f"interrupted: {turn.heard_s:.2f} s{of} heard"


def status_note(turn: TurnView) -> str:
    """Why a turn is not an ordinary completed one; empty if it is, or is still going on."""
    words = {
        "cancelled": interruption(turn) or "cancelled",
        "incomplete": "incomplete",
        "failed": "failed",
        "no_response": "no response",
        "completed": interruption(turn),
    }.get(turn.status, "")
    return f"{words} ({turn.status_reason})" if words and turn.status_reason else words


def _listed(counts: Iterable[tuple[str, int]]) -> list[str]:
    """``["", "19", " audio + ", "116", " text"]``: plain and strong parts in turn."""
    parts: list[str] = [""]
    for name, count in counts:
        if count:
            parts[-1] += " + " if len(parts) > 1 else ""
            parts += [f"{count:,}", f" {'of unknown kind' if name == 'other' else name}"]
    return parts


def usage_facts(usage: TokenUsage) -> list[Fact]:
    """Tokens in, with the cached ones, and tokens out, by modality."""
    order = ("audio", "text", "image", "other")
    into = _listed((name, getattr(usage, f"input_{name}")) for name in order)
    out = _listed((name, getattr(usage, f"output_{name}", 0)) for name in order)
    cached = _listed((name, getattr(usage, f"cached_{name}")) for name in order)
    into = into if len(into) > 1 else ["", "0", ""]
    into[-1] += " tokens in"
    if len(cached) > 1:
        into[-1] += ", " + cached[0]
        into += [*cached[1:-1], cached[-1] + " cached"]
    out = out if len(out) > 1 else ["", "0", " tokens"]
    out[-1] += " out"
    facts = [_fact(*into), _fact(*out)]
    if usage.problems:
        facts.append(_fact(f"counts as the server sent them: {'; '.join(usage.problems)}"))
    return facts


def cost_facts(cost: Cost) -> list[Fact]:
    """What it cost, at which prices; what has no price is said, not left out."""
    prices = f" at {cost.model or 'unknown'} prices" + (f", {cost.on}" if cost.on else "")
    without = [line for line in cost.lines if line.usd is None]
    if without and len(without) == len(cost.lines):
        return [_fact(f"no price known for {cost.model or 'this model'}")]
    facts = [_fact("at least " if without else "", usd(cost.total_usd), prices)]
    if without:
        facts.append(_fact("no price for " + ", ".join(dict.fromkeys(line.label for line in without))))
    return facts


def _latency_fact(latency: Latency) -> Fact:
    return _fact("", f"{latency.seconds:.2f} s", f" {latency.start} → {latency.end}")


def turn_facts(turn: TurnView) -> list[Fact]:
    """Latency with both ends, tokens, cost and who answered."""
    facts = [_latency_fact(turn.latency)] if turn.latency else []
    if turn.usage is not None:
        facts += usage_facts(turn.usage)
    if turn.cost is not None:
        facts += cost_facts(turn.cost)
    if turn.endpoint:
        facts.append(_fact(turn.endpoint))
    return facts


def total_usage(turns: Sequence[TurnView]) -> TokenUsage | None:
    """Tokens of several turns together; None if none was counted."""
    counted = [turn.usage for turn in turns if turn.usage is not None]
    return sum(counted[1:], counted[0]) if counted else None


def total_cost(turns: Sequence[TurnView]) -> tuple[float, bool] | None:
    """Dollars of several turns together and whether every part had a price; None if none was priced."""
    costs = [turn.cost for turn in turns if turn.cost is not None]
    if not costs:
        return None
    return sum(cost.total_usd for cost in costs), all(line.usd is not None for c in costs for line in c.lines)
