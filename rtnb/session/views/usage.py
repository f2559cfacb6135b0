"""The report of tokens and cost that a session or a recording gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, overload

from rtnb._display import Drawable
from rtnb.pricing import Cost, cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.views.pieces import BesideView
from rtnb.tokens import TokenUsage

if TYPE_CHECKING:
    from rtnb.pricing.ahead.budget import NextResponse
    from rtnb.pricing.ahead.whatif import Policy, WhatIf
    from rtnb.pricing.bills.meter import Meter
    from rtnb.session.views.shapes import SessionView, TurnView
    from rtnb.tokens.context import Summarise, Truncation

__all__ = ["LateTurns", "UsageReport"]


class LateTurns(Sequence["TurnView"]):
    """Turns of something that is over, made when they are first looked at; otherwise like a tuple of them.

    Parameters
    ----------
    count : int
        How many they are.
    make : callable
        Gives them.

    Examples
    --------
    >>> from rtnb.session.views.shapes import TurnView
    >>> turns = LateTurns(1, lambda: [TurnView(0, "completed")])
    >>> len(turns), turns[0].status, turns == (TurnView(0, "completed"),)
    (1, 'completed', True)
    """

    __slots__ = ("_count", "_made", "_make")

    def __init__(self, count: int, make: Callable[[], Iterable[TurnView]]) -> None:
        self._count, self._make = count, make
        self._made: tuple[TurnView, ...] | None = None

    def _all(self) -> tuple[TurnView, ...]:
        if self._made is None:
            self._made = tuple(self._make())
        return self._made

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> TurnView: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[TurnView, ...]: ...

    def __getitem__(self, place: int | slice) -> TurnView | tuple[TurnView, ...]:
        return self._all()[place]

    def __eq__(self, other: object) -> bool:
        return self._all() == tuple(other) if isinstance(other, tuple | LateTurns) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


@dataclass(frozen=True, slots=True, repr=False)
class UsageReport(Drawable):
    """Tokens and cost of a session, by turn and by line of the bill.

    Examples
    --------
    >>> UsageReport((), TokenUsage(input_text=1669, cached_text=640, output_text=750), None, "model", "endpoint")
    UsageReport(0 turns, 1,669 in (640 cached), 750 out)
    """

    turns: Sequence[TurnView]
    """All turns; those of a recording are made when they are first looked at, since their audio must be unpacked."""
    usage: TokenUsage | None
    cost: Cost | None
    model: str
    endpoint: str
    ledger: Ledger = field(default_factory=Ledger, compare=False)
    """Response by response, for everything that counts money."""

    @classmethod
    def of(cls, session: SessionView, ledger: Ledger | None = None) -> UsageReport:
        """The report of a session so far."""
        given = (session.turns, session.usage, session.cost, session.model, session.endpoint)
        return cls(*given) if ledger is None else cls(*given, ledger)

    @property
    def beside(self) -> BesideView | None:
        """What `usage` and `cost` have besides those of the turns; None where nothing was asked beside them."""
        from rtnb.session.views.kept import sum_of_costs, sum_of_usages

        asides = [each for each in self.ledger.exchanges if not each.in_conversation]
        found = [(each.model or self.model, each.usage) for each in asides if each.usage is not None]
        if not found:
            return None
        # At the prices that the sum has: those of the session's day.
        costs = [cost(usage, model, self.ledger.on) for model, usage in found]
        return BesideView(len(found), sum_of_usages([usage for _, usage in found]), sum_of_costs(costs))

    @property
    def meter(self) -> Meter:
        """Where the money went, response by response; see :func:`rtnb.pricing.meter`."""
        from rtnb.pricing.bills.meter import meter

        return meter(self)

    def reprice(
        self,
        model: str | None = None,
        *,
        on: date | str | None = None,
        policy: Policy | Truncation | Summarise | None = None,
    ) -> WhatIf:
        """What the same talk would have cost; see :func:`rtnb.pricing.reprice`."""
        from rtnb.pricing.ahead.whatif import reprice

        return reprice(self, model=model, on=on, policy=policy)

    def next_response(self, **options: Any) -> NextResponse:
        """What the next response will cost at least, and at most; see :func:`rtnb.pricing.next_response`."""
        from rtnb.pricing.ahead.budget import next_response

        return next_response(self, **options)

    @property
    def total_usd(self) -> float | None:
        """What the session cost so far; None when nothing was used yet, or nothing of it has a price."""
        if self.cost is None or (self.cost.lines and len(self.cost.unpriced) == len(self.cost.lines)):
            return None
        return self.cost.total_usd

    def __repr__(self) -> str:
        parts = [f"{len(self.turns):,} turn{'' if len(self.turns) == 1 else 's'}"]
        if self.usage is not None:
            cached = f" ({self.usage.cached_tokens:,} cached)" if self.usage.cached_tokens else ""
            parts += [f"{self.usage.input_tokens:,} in{cached}", f"{self.usage.output_tokens:,} out"]
        if self.cost is not None:
            parts.append(str(self.cost))
        return f"UsageReport({', '.join(parts)})"
