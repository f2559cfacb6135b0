"""Which live view shows what, where an object is the last expression of a cell."""

from __future__ import annotations

import logging
import weakref
from typing import Any, Final

from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.timeline import Timeline
from rtnb.widgets.frame.live import LiveView

__all__ = ["view_of"]

_LOGGER = logging.getLogger("rtnb.widgets")

_CONSOLES: Final[weakref.WeakKeyDictionary[Any, weakref.ref[LiveView]]] = weakref.WeakKeyDictionary()
"""By the inside of a session: the console that is shown for it."""


def view_of(subject: Any) -> LiveView | None:
    """A live view of an open session or of a timeline; None for what draws itself.

    Examples
    --------
    >>> view_of("a sentence") is None
    True
    """
    try:
        if isinstance(subject, Session | AsyncSession) and subject.status in ("open", "reconnecting"):
            return _console(subject)
        if isinstance(subject, Timeline):
            from rtnb.widgets.timeline.view import TimelineView

            return TimelineView(subject)
    except Exception:
        # What a session or a timeline says of itself is there without widgets, too.
        _LOGGER.exception("no live view")
    return None


def _console(session: Session | AsyncSession) -> LiveView:
    """One of a session, however often its cell is run: shown again it goes on."""
    from rtnb.widgets.console.console import Console

    core = (session._async if isinstance(session, Session) else session).core
    known = _CONSOLES.get(core)
    console = known() if known is not None else None
    if console is None or console.frozen:
        console = Console(session)
        _CONSOLES[core] = weakref.ref(console)
    elif isinstance(session, Session):
        session._buttons.here()
    return console
