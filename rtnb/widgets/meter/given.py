"""What a usage meter was given, and how its report is made: once, or again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rtnb.errors import ConfigError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.usage import UsageReport
from rtnb.widgets.meter.counting import counting_of

__all__ = ["Given", "Glance", "Look", "told"]

WANTED: Final = "UsageMeter wants a Session, an AsyncSession, a Recording or a UsageReport"


@dataclass(frozen=True, slots=True)
class Glance:
    """What the loop of a session is asked for: how far its log goes, and the limits as they stand.

    Parameters
    ----------
    count : int
        Events so far.
    budget : BudgetView or None
    live : bool
        Whether more may come.
    """

    count: int = 0
    budget: BudgetView | None = None
    live: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Tokens, cost and limits at one moment.

    Parameters
    ----------
    report : UsageReport
        The very same object as before where nothing was used since.
    budget : BudgetView or None
    live : bool
        Whether more may come.
    count : int
        Events it is behind: of two looks, the one with more is the later.
    """

    report: UsageReport
    budget: BudgetView | None = None
    live: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """What the meter is of.

    Parameters
    ----------
    session : Session or AsyncSession or None
        Where it goes on.
    glance : callable
        A moment of it; takes microseconds, and of an open session it belongs on the session's loop.
    read : callable
        How it stood at that moment; any thread may ask, and it may take its time.
    first : Look
        How it stood at the beginning.
    """

    session: Session | AsyncSession | None
    glance: Callable[[], Glance]
    read: Callable[[Glance], Look]
    first: Look

    def look(self) -> Look:
        """How it stands now; on the loop of an open AsyncSession, anywhere else of everything else."""
        session = self.session
        return self.read(session._call(self.glance) if isinstance(session, Session) else self.glance())


def _watched(session: Session | AsyncSession) -> Given:
    inner = session._async if isinstance(session, Session) else session
    log = inner.events
    counting = counting_of(log, inner._observer.endpoint)

    def glance() -> Glance:
        return Glance(len(log), inner.budget, inner.status in ("open", "reconnecting"))

    def read(glance: Glance) -> Look:
        report = counting.report(log, glance.count, over=not glance.live)
        return Look(report, glance.budget, glance.live, glance.count)

    first = session._call(glance) if isinstance(session, Session) else glance()
    return Given(session, glance, read, read(first))


def told(of: object) -> Given:
    """Take what a user gave.

    Raises
    ------
    ConfigError
        It has no usage.

    Examples
    --------
    >>> told(UsageReport((), None, None, "gpt-realtime", "embedded server")).first.live
    False
    """
    if isinstance(of, Session | AsyncSession):
        return _watched(of)
    report = of if isinstance(of, UsageReport) else getattr(of, "usage", None)
    if not isinstance(report, UsageReport):
        raise ConfigError(f"{WANTED}, not {of!r:.60}.")
    first = Look(report)
    return Given(None, Glance, lambda glance: first, first)
