"""Where a session stands against its budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtnb._display import Drawable
from rtnb.pricing import format_usd

__all__ = ["BudgetView", "LimitName", "LimitView"]

LimitName = Literal["budget_usd", "budget_tokens", "max_minutes"]

WARN_SHARE = 0.8
"""Of a limit: from there on the user is warned."""


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit of a session.

    Parameters
    ----------
    name : {"budget_usd", "budget_tokens", "max_minutes"}
    spent, next_at_least, allowed : float
        In US dollars, tokens or minutes; `next_at_least` is what one more response takes at least.

    Examples
    --------
    >>> limit = LimitView("budget_tokens", 12_400, 900, 13_000)
    >>> limit.text, limit.near, limit.exceeded
    ('12,400 of 13,000 tokens', True, True)
    """

    name: LimitName
    spent: float
    next_at_least: float
    allowed: float

    @property
    def exceeded(self) -> bool:
        """Whether one more response would be too much."""
        return self.spent >= self.allowed or self.spent + self.next_at_least > self.allowed

    @property
    def near(self) -> bool:
        """Whether four fifths of it are spent."""
        return self.spent >= WARN_SHARE * self.allowed

    @property
    def share(self) -> float:
        """How much of it is spent, 0 to 1 and beyond."""
        return self.spent / self.allowed

    @property
    def text(self) -> str:
        """How much of how much."""
        if self.name == "max_minutes" and self.allowed < 1:
            return f"{self.spent * 60:.1f} s of {self.allowed * 60:.1f} s"
        if self.name == "max_minutes":
            return f"{_clock(self.spent)} of {_clock(self.allowed)} min"
        unit = " tokens" if self.name == "budget_tokens" else ""
        return f"{self.amount(self.spent)} of {self.amount(self.allowed)}{unit}"

    def amount(self, value: float) -> str:
        """A value of this limit in words: ``"$0.0312"``, ``"12,400"``, ``"4:10"``."""
        if self.name == "budget_usd":
            return format_usd(value)
        return _clock(value) if self.name == "max_minutes" else f"{value:,.0f}"


def _clock(minutes: float) -> str:
    whole, seconds = divmod(int(minutes * 60), 60)
    return f"{whole}:{seconds:02d}"


@dataclass(frozen=True, slots=True, repr=False)
class BudgetView(Drawable):
    """All limits of a session.

    Parameters
    ----------
    limits : tuple of LimitView
    silenced : bool
        Whether turn detection is kept from creating responses, because a limit is reached.
    notes : tuple of str
        What could not be counted.
    """

    limits: tuple[LimitView, ...] = ()
    silenced: bool = False
    notes: tuple[str, ...] = ()

    @property
    def exceeded(self) -> LimitView | None:
        """The first limit that one more response would exceed; None where it fits."""
        return next((limit for limit in self.limits if limit.exceeded), None)

    @property
    def text(self) -> str:
        """In one line, for a status bar; empty without limits.

        Examples
        --------
        >>> BudgetView((LimitView("max_minutes", 4.17, 0.0, 10), LimitView("budget_usd", 0.0312, 0.001, 0.5))).text
        '4:10 of 10:00 min · $0.0312 of $0.5000'
        """
        return " · ".join(limit.text for limit in self.limits)

    def __repr__(self) -> str:
        return f"BudgetView({self.text or 'no limit'})"
