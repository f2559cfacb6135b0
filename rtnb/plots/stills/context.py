"""How much of a model's context window a conversation takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rtnb.pricing.ahead.budget import next_response
from rtnb.pricing.bills.ledger import Source, ledger_of
from rtnb.pricing.prices.book import as_book

__all__ = ["Context", "context_of"]

NEAR = 0.8
"""Of the window: from there on the gauge warns, as a budget does."""


@dataclass(frozen=True, slots=True)
class Context:
    """Tokens of the next request against what the model takes.

    Parameters
    ----------
    used_tokens : int
        What the model would be given if it were asked now.
    window_tokens : int or None
        What it takes at most; None where nobody has said.

    Examples
    --------
    >>> Context(3_840, 32_000).text
    '12 % of 32k context'
    >>> Context(12, 128_000).text
    'under 1 % of 128k context'
    >>> Context(120, None).text
    '120 tokens of context'
    """

    used_tokens: int
    window_tokens: int | None = None

    @property
    def share(self) -> float | None:
        """How much of the window is taken, 0 to 1; None where the window is not known."""
        return None if not self.window_tokens else self.used_tokens / self.window_tokens

    @property
    def near(self) -> bool:
        """Whether four fifths of it are taken."""
        return self.share is not None and self.share >= NEAR

    @property
    def text(self) -> str:
        """In words, for a status line; the same as the live console says (``contextOf`` of its page)."""
        if self.share is None or self.window_tokens is None:
            return f"{self.used_tokens:,} tokens of context"
        size = self.window_tokens
        window = f"{math.floor(size / 1000 + 0.5):,}k" if size >= 10_000 else f"{size:,}"
        share = self.share * 100
        return f"{'under 1' if 0 < share < 1 else math.floor(share + 0.5)} % of {window} context"


def context_of(source: Source) -> Context | None:
    """The context of what was said so far; None before the first response.

    Parameters
    ----------
    source : Session, Recording, UsageReport or Ledger

    Examples
    --------
    >>> from rtnb.pricing.bills.ledger import Ledger
    >>> context_of(Ledger()) is None
    True
    """
    ledger = ledger_of(source)
    if not ledger.exchanges:
        return None
    last = ledger.exchanges[-1]
    rates = as_book(None).at(ledger.model or last.model, last.on)
    return Context(next_response(ledger).context.total, None if rates is None else rates.context_tokens)
