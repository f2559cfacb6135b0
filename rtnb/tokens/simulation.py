"""A conversation played through a context policy, in tokens: what each response would be given, cached and lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rtnb.tokens.cache import CACHE_GRAIN_TOKENS
from rtnb.tokens.context import Summarise, Truncation
from rtnb.tokens.counting import ModalityCount
from rtnb.tokens.usage import TokenUsage

__all__ = ["Simulated", "Step", "simulate"]


@dataclass(frozen=True, slots=True)
class Step:
    """One response of a conversation, as far as its context is concerned.

    Parameters
    ----------
    given : ModalityCount
        What entered the conversation since the response before, the answer to that one apart: the user's turn,
        outputs of tools.
    made : ModalityCount
        What the model generated. All of it is billed.
    kept : ModalityCount
        What of `made` goes back into the conversation: less where the answer was interrupted and truncated.
    settings : ModalityCount
        Instructions and tools in front of the conversation.
    settings_key : str
        Another key means other settings: nothing behind them is cached.
    """

    given: ModalityCount
    made: ModalityCount
    kept: ModalityCount
    settings: ModalityCount = ModalityCount()
    settings_key: str = ""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What one response would use.

    Parameters
    ----------
    usage : TokenUsage or None
        None where the response is refused, because the conversation does not fit and truncation is disabled.
    full : ModalityCount
        The whole conversation so far with its settings, had nothing ever been left out.
    dropped : int
        Tokens of `full` that truncation has left out.
    condensed : int
        Tokens of `full` that stand in the context only as part of a summary.
    summary : TokenUsage or None
        What making a summary before this response used; None where none was made.
    """

    usage: TokenUsage | None
    full: ModalityCount
    dropped: int = 0
    condensed: int = 0
    summary: TokenUsage | None = None


def simulate(
    steps: Iterable[Step],
    *,
    input_limit: int | None = None,
    truncation: Truncation = Truncation(),  # noqa: B008
    summarise: Summarise | None = None,
    grain: int = CACHE_GRAIN_TOKENS,
    hit_rate: float = 1.0,
) -> list[Simulated]:
    """Play `steps` through a policy."""
    raise NotImplementedError
