"""What a timeline's view was given, and how its timeline is made: at once, or again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rtnb.errors import ConfigError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.timeline.seen import Seen
from rtnb.session.timeline.taking import look_ahead, timeline_from
from rtnb.session.timeline.timeline import Timeline

__all__ = ["Given", "told"]

WANTED = "TimelineView wants a Session, an AsyncSession, a Recording, a Run, a Turn or a Timeline"


@dataclass(frozen=True, slots=True)
class Given:
    """One of the runs of a view.

    Parameters
    ----------
    session : Session or AsyncSession or None
        Where it goes on.
    look : callable
        What is to be known of it now; quick, and belongs on the session's loop.
    ahead : callable
        Looks at a part of it beforehand; whether there is more of it. On the session's loop too.
    made : callable
        The timeline of that; on any thread.
    timeline : Timeline
        As it was at the beginning.
    """

    session: Session | AsyncSession | None
    look: Callable[[], Seen] | None
    ahead: Callable[[], bool] | None
    made: Callable[[Seen], Timeline] | None
    timeline: Timeline


def told(of: Any) -> Given:
    """Take what a user gave.

    Raises
    ------
    ConfigError
        It has no timeline.
    """
    if isinstance(of, Session | AsyncSession):
        return _session(of)
    if isinstance(of, Timeline):
        return Given(None, None, None, None, of)
    found = getattr(of, "timeline", None)
    if not isinstance(found, Timeline):
        raise ConfigError(f"{WANTED}, not {of!r:.60}.")
    return Given(None, None, None, None, found)


def _session(session: Session | AsyncSession) -> Given:
    inner = session._async if isinstance(session, Session) else session
    log = session.events

    def made(seen: Seen) -> Timeline:
        return timeline_from(log, seen)

    def ahead() -> bool:
        live = inner.status in ("open", "reconnecting")
        return look_ahead(inner._observer, live=live, now_s=inner.core.now_s() if live else None)

    if isinstance(session, Session):
        # Slice by slice: the loop of a session that speaks must not wait for the look at hours of talk.
        while session._call(ahead):
            pass
        seen = session._call(inner._seen)
    else:
        seen = inner._seen()
    return Given(session, inner._seen, ahead, made, made(seen))
