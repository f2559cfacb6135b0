"""Context policies with a name, and a grid of them worth trying."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.errors import ConfigError
from rtnb.tokens.context import Summarise, Truncation

__all__ = ["Policy", "policies"]

MOST_TOKENS = 10**12
"""More than any conversation has."""

_AUTO = Truncation()


@dataclass(frozen=True, slots=True)
class Policy:
    """A context policy with a name.

    Examples
    --------
    >>> Policy.of(Summarise(4000)).name
    'summarised above 4,000 tokens, last 2 turns kept'
    """

    name: str
    truncation: Truncation = _AUTO
    summarise: Summarise | None = None

    @classmethod
    def of(cls, value: Policy | Truncation | Summarise | str | Mapping[str, Any]) -> Policy:
        """Of a policy without a name, or of the form that truncation has on the wire.

        Raises
        ------
        ConfigError
            `value` is none of these.
        """
        if isinstance(value, Policy):
            return value
        if isinstance(value, Summarise):
            return cls(str(value), summarise=value)
        truncation = value if isinstance(value, Truncation) else Truncation.from_wire(value)
        return cls(str(truncation), truncation)


def policies(limit_tokens: int) -> tuple[Policy, ...]:
    """A grid of policies worth trying for a talk that needs `limit_tokens` at its longest.

    Parameters
    ----------
    limit_tokens : int
        Tokens of the whole conversation, instructions and tools apart.

    Returns
    -------
    tuple of Policy
        ``auto`` with the model's whole window; limits of three quarters, half, a quarter and an eighth of the talk,
        each with nothing more dropped than must be and with 80 % and 50 % kept; summaries above the same limits.

    Raises
    ------
    ConfigError
        `limit_tokens` is no positive whole number, or one beyond any window.

    Examples
    --------
    >>> for policy in policies(8000)[:4]:
    ...     print(policy.name)
    drops the oldest items when the window is full
    drops the oldest items above 6,000 tokens
    keeps 80 % above 6,000 tokens
    keeps 50 % above 6,000 tokens
    """
    if isinstance(limit_tokens, bool) or not isinstance(limit_tokens, int) or not 1 <= limit_tokens <= MOST_TOKENS:
        raise ConfigError(
            f"limit_tokens is a whole number of tokens from 1 to {MOST_TOKENS:,}, not {limit_tokens!r:.60}."
        )
    limits = list(dict.fromkeys(_round(limit_tokens * share) for share in (0.75, 0.5, 0.25, 0.125)))
    cut = (Truncation("retention_ratio", ratio, limit) for limit in limits for ratio in (1.0, 0.8, 0.5))
    told = (
        Summarise(limit, keep_turns=keep, summary_tokens=min(200, max(20, limit // 5)))
        for limit in limits
        for keep in (2, 4)
    )
    values: tuple[Truncation | Summarise, ...] = (_AUTO, *cut, *told)
    return tuple(Policy.of(value) for value in values)


def _round(tokens: float) -> int:
    """To two digits, since nobody sets a limit of 5,937 tokens."""
    if tokens < 10:
        return max(1, math.floor(tokens))
    step = int(10 ** (math.floor(math.log10(tokens)) - 1))
    return math.floor(tokens / step + 0.5) * step
