"""What the client has sent and the server has not answered, and the turn that each of it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb.session.conversation.state import TurnState

__all__ = ["Awaited", "Pending"]

EMPTY_COMMIT = "input_audio_buffer_commit_empty"
"""The error that can only mean a commit, also where a server does not name the event."""


@dataclass(slots=True, eq=False)
class Awaited:
    """A commit, or an item sent without an id: which item it makes is known when the server says so."""

    event_id: str
    end_bytes: int = 0
    """Input audio sent before a commit."""
    turn: TurnState | None = None
    """The request it belongs to; None while none was sent."""


class Pending:
    """User items, commits and requests on their way.

    A request takes everything that was sent before it and not taken yet. Commits, and items sent without an
    id, are answered in the order they were sent.

    Examples
    --------
    >>> pending, turn = Pending(), TurnState(0)
    >>> pending.add("item_1", "event_1")
    >>> pending.claim(turn, "event_2")
    >>> turn.user_items, pending.refuse("event_2", "invalid_value") is turn
    (['item_1'], True)
    """

    def __init__(self) -> None:
        self._items: dict[str, str] = {}
        self._commits: list[Awaited] = []
        self._nameless: list[Awaited] = []
        self._turns: dict[str, TurnState] = {}

    def add(self, item_id: str, event_id: str = "") -> None:
        """A user item that the next request is about; `event_id` is that of the event that made it."""
        self._items.setdefault(item_id, event_id)

    def drop(self, item_id: str) -> None:
        """An item found its turn in another way."""
        self._items.pop(item_id, None)

    def add_nameless(self, event_id: str) -> None:
        """A user item whose id the server chooses."""
        self._nameless.append(Awaited(event_id))

    def add_commit(self, event_id: str, end_bytes: int) -> None:
        """A commit of all input audio up to `end_bytes`."""
        self._commits.append(Awaited(event_id, end_bytes))

    def claim(self, turn: TurnState, event_id: str = "") -> None:
        """A request was sent: what waits is part of it."""
        turn.user_items += self._items
        for awaited in (*self._commits, *self._nameless):
            awaited.turn = awaited.turn or turn
        self._turns |= dict.fromkeys((*self._items.values(), event_id), turn)
        self._items.clear()

    def commits_for(self, turn: TurnState) -> bool:
        """Whether a commit of this turn was not answered yet."""
        return any(commit.turn is turn for commit in self._commits)

    @property
    def committed_bytes(self) -> int:
        """Input audio up to the last commit that was not answered yet; 0 where none waits."""
        return self._commits[-1].end_bytes if self._commits else 0

    def next_commit(self) -> Awaited | None:
        """A commit was answered; None if there was none."""
        return self._commits.pop(0) if self._commits else None

    def next_nameless(self) -> Awaited | None:
        """An item sent without an id has one now; None if there was none."""
        return self._nameless.pop(0) if self._nameless else None

    def forget(self) -> None:
        """A connection is gone, and the answers to all of this with it."""
        self._items.clear()
        self._commits.clear()
        self._nameless.clear()
        self._turns.clear()

    def refuse(self, event_id: str, code: object) -> TurnState | None:
        """An error came about an event, empty if it does not say which: nobody waits for it any more.

        Returns the turn it was part of, if any.
        """
        if not event_id:
            refused = self.next_commit() if code == EMPTY_COMMIT else None
            return None if refused is None else refused.turn
        for awaited in (self._commits, self._nameless):
            for one in awaited:
                if one.event_id == event_id:
                    awaited.remove(one)
                    return one.turn
        self._items = {item: event for item, event in self._items.items() if event != event_id}
        return self._turns.get(event_id)
