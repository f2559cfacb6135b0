"""What a session used so far, worked out beside it: its loop gives no more than its log, which only grows.

A report goes through every turn and every event that costs money. On the loop of a session that would keep audio
waiting, so a reducer of its own follows the log here, as it does for a recording, on whatever thread asks.
"""

from __future__ import annotations

import threading
from typing import Final
from weakref import WeakKeyDictionary

from rtnb.session.billing.running import BULK
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.views.snapshots import Observer
from rtnb.session.views.usage import UsageReport

__all__ = ["COUNTS", "Counting", "counting_of"]

COUNTS: Final = frozenset(
    (
        "session.created", "session.updated", "error",
        "conversation.item.added", "conversation.item.created", "conversation.item.done",
        "conversation.item.deleted", "conversation.item.truncated",
        "conversation.item.input_audio_transcription.completed",
        "response.created", "response.done",
    )
)  # fmt: skip
"""Events behind which tokens, cost or the context may be others; nearly all events are of other types."""

UNBILLED: Final = BULK | {"response.output_text.delta", "response.function_call_arguments.delta"}
"""No bill depends on one of these."""


class Counting:
    """Counts what one session used; any thread may ask.

    Parameters
    ----------
    log : EventLog
        Everything sent and received.
    endpoint : str
        What answers, in words.

    Examples
    --------
    >>> log = EventLog(start_s=0, start_wall_s=1_795_000_000)
    >>> event = log.record({"type": "session.created", "session": {"model": "gpt-realtime"}}, "received", now_s=0.0)
    >>> counting = Counting(log, "a server")
    >>> report = counting.report(log, 1)
    >>> report.model, counting.report(log, 1) is report
    ('gpt-realtime', True)
    """

    def __init__(self, log: EventLog, endpoint: str) -> None:
        self._lock = threading.Lock()
        self._seen = 0
        self._talk = Conversation()
        self._billed = EventLog(start_s=0.0, start_wall_s=log.start_wall_s)
        # Where audio lies in the session's own log.
        self._billed.stores = log.stores
        self._observer = Observer(self._talk, self._billed, endpoint)
        self._report: UsageReport | None = None

    def report(self, log: EventLog, count: int, *, over: bool = False) -> UsageReport:
        """Tokens and cost behind the first `count` events, or later; the same object where nothing was used since.

        At the end of a session, where `over`, what came last counts too, of whatever type.
        """
        with self._lock:
            events = log[self._seen : count]
            self._seen += len(events)
            news = self._report is None
            for event in events:
                self._talk.apply(event)
                if event.type not in UNBILLED:
                    self._billed.restore(event)
                news = news or over or event.type in COUNTS
            if news or self._report is None:
                self._report = UsageReport.of(self._observer.session("open", audio=False), self._observer.ledger())
            return self._report


_COUNTING: WeakKeyDictionary[EventLog, Counting] = WeakKeyDictionary()
"""One for each session, however many meters it has."""
_LOCK = threading.Lock()


def counting_of(log: EventLog, endpoint: str) -> Counting:
    """What counts for the session of that log."""
    with _LOCK:
        found = _COUNTING.get(log)
        if found is None:
            found = _COUNTING[log] = Counting(log, endpoint)
        return found
