"""Which live view shows what, where an object is the last expression of a cell."""

from __future__ import annotations

import logging
from typing import Any

from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.timeline import Timeline
from rtnb.widgets.frame.live import LiveView

__all__ = ["view_of"]

_LOGGER = logging.getLogger("rtnb.widgets")


def view_of(subject: Any) -> LiveView | None:
    """A live view of an open session or of a timeline; None for what draws itself.

    Examples
    --------
    >>> view_of("a sentence") is None
    True
    """
    try:
        if isinstance(subject, Session | AsyncSession) and subject.status in ("open", "reconnecting"):
            from rtnb.widgets.console.console import Console

            return Console(subject)
        if isinstance(subject, Timeline):
            from rtnb.widgets.timeline.view import TimelineView

            return TimelineView(subject)
    except Exception:
        # What a session or a timeline says of itself is there without widgets, too.
        _LOGGER.exception("no live view")
    return None
