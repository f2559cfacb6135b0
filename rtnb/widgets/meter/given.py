"""What a usage meter was given, and how its report is made: once, or again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rtnb.errors import ConfigError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.record.log import EventLog
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.usage import UsageReport

__all__ = ["Given", "Look", "told"]

WANTED: Final = "UsageMeter wants a Session, an AsyncSession, a Recording or a UsageReport"

QUIET: Final = (".delta", ".append")
"""Ends of the types of events that change neither tokens nor cost; nearly all events are of these."""


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
    """

    report: UsageReport
    budget: BudgetView | None = None
    live: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What the meter is of.

    Parameters
    ----------
    session : Session or AsyncSession or None
        Where it goes on.
    look : callable
        How it stands; quick, and of an open session it belongs on the session's loop.
    first : Look
        How it stood at the beginning.
    """

    session: Session | AsyncSession | None
    look: Callable[[], Look]
    first: Look


class _Watch:
    """Looks at a session; makes a new report only where an event says that there is something new to count."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._seen = 0
        self._report: UsageReport | None = None

    def look(self) -> Look:
        session = self._session
        live = session.status in ("open", "reconnecting")
        if self._report is None or self._news(session.events):
            self._report = UsageReport.of(session._observer.session(session.status, audio=False), session.ledger)
        return Look(self._report, session.budget, live)

    def _news(self, log: EventLog) -> bool:
        since, self._seen = self._seen, len(log)
        return any(not log[place].type.endswith(QUIET) for place in range(since, self._seen))


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
        look = _Watch(of._async if isinstance(of, Session) else of).look
        return Given(of, look, of._call(look) if isinstance(of, Session) else look())
    report = of if isinstance(of, UsageReport) else getattr(of, "usage", None)
    if not isinstance(report, UsageReport):
        raise ConfigError(f"{WANTED}, not {of!r:.60}.")
    first = Look(report)
    return Given(None, lambda: first, first)
