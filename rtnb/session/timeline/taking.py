"""How a session, a recording or a log gives its timeline: looked at on its own thread, put together on the caller's."""

from __future__ import annotations

import threading
from typing import Final
from weakref import WeakKeyDictionary

from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.timeline.growing import Growing
from rtnb.session.timeline.seen import Eyes, Seen
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.snapshots import Observer

__all__ = ["look_ahead", "seen_of", "timeline_from", "timeline_of_observer"]

_EYES: WeakKeyDictionary[Conversation, Eyes] = WeakKeyDictionary()
_GROWING: WeakKeyDictionary[EventLog, Growing] = WeakKeyDictionary()
"""One for each, so that a second look is cheap."""
_LOCK = threading.Lock()

SLICE_S: Final = 0.005
"""How long a session's loop looks at a stretch: audio comes in pieces of 20 ms."""


def seen_of(observer: Observer, *, name: str = "", live: bool = False, now_s: float | None = None) -> Seen:
    """What the reducer knows now. Call it on the thread that owns the conversation; see :meth:`Eyes.look`."""
    return _eyes_of(observer).look(observer, name=name, live=live, now_s=now_s)


def look_ahead(observer: Observer, *, live: bool, now_s: float | None, seconds: float = SLICE_S) -> bool:
    """Look at some of the turns that are over, so that the look at all of them is quick; whether there are more.

    Call it on the thread that owns the conversation, with that thread free for other things in between.
    """
    return _eyes_of(observer).ahead(observer, seconds=seconds, live=live, now_s=now_s)


def _eyes_of(observer: Observer) -> Eyes:
    with _LOCK:
        eyes = _EYES.get(observer.talk)
        if eyes is None:
            eyes = _EYES[observer.talk] = Eyes()
    return eyes


def timeline_from(log: EventLog, seen: Seen) -> Timeline:
    """The timeline of what was seen; any thread may ask."""
    with _LOCK:
        growing = _GROWING.get(log)
        if growing is None:
            growing = _GROWING[log] = Growing()
    return growing.take(log, seen)


def timeline_of_observer(
    observer: Observer, *, name: str = "", live: bool = False, now_s: float | None = None
) -> Timeline:
    """Both in one go, where the conversation belongs to the calling thread, as that of a recording does.

    Examples
    --------
    >>> from rtnb.session.conversation.reducer import Conversation
    >>> log, talk = EventLog(start_s=0, start_wall_s=1_795_000_000), Conversation()
    >>> talk.apply(log.record({"type": "session.created", "session": {"model": "gpt-realtime"}}, "received", now_s=0.5))
    >>> timeline_of_observer(Observer(talk, log, "a server"))
    Timeline(0.5 s, 1 event, 0 responses)
    """
    return timeline_from(observer.log, seen_of(observer, name=name, live=live, now_s=now_s))
