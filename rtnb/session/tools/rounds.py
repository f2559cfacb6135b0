"""Rounds: what a response waits for, and the one response that follows when all of it is there.

A response may hold several calls and requests for approval. Their outputs join the conversation as they come, and
when the last one is there *one* response is asked for. Asking once for each, as many clients do, makes all but the
first fail with ``conversation_already_has_active_response``.

Where the user has spoken meanwhile, the answer to that comes first. If it was begun before the outputs were there, they
are late results, as those of background functions are: one response is asked for once nobody speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rtnb.errors import ApiError, SessionClosedError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.protocol.ids import new_id
from rtnb.session.conversation.reading import at
from rtnb.session.conversation.reducer import TURN_KEY
from rtnb.session.conversation.state import ResponseState, TurnState
from rtnb.session.tools.following import follow_up
from rtnb.session.tools.toolbox import Toolbox

if TYPE_CHECKING:
    from rtnb.session.core import Core
    from rtnb.session.verbs.floor import Floor

__all__ = ["Rounds"]

REMEMBERED: Final = 64
"""Of how many turns it is kept what they were begun with, and which tools they were lent."""

PATIENCE_S: Final = 60.0
"""How long a late result waits for a moment in which nobody speaks; then it asks all the same."""


ITEMS_REMEMBERED: Final = 256
"""Of how many outputs it is kept when the server took them."""

_SPOKEN: Final = "the user has spoken meanwhile"
_GONE_ON: Final = "the conversation has gone on meanwhile"


@dataclass(slots=True, eq=False)
class _Round:
    response: ResponseState
    turn: TurnState
    open: set[str] = field(default_factory=set)
    unsent: list[Mapping[str, Any]] = field(default_factory=list)
    wanted: bool = True
    lost: bool = False
    released: bool = False
    followed: bool = False
    late: bool = False
    sent: list[str] = field(default_factory=list)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)


class Rounds:
    """Keeps the rounds of one session; lives on its loop.

    Parameters
    ----------
    core : Core
        The session's inside.
    floor : Floor
        Through which responses are asked for.
    max_rounds : int
        How many responses may follow in one turn; in the last one the model may call nothing any more.
    """

    def __init__(self, core: Core, floor: Floor, *, max_rounds: int) -> None:
        self._core = core
        self._floor = floor
        self._max_rounds = max_rounds
        self._rounds: dict[str, _Round] = {}
        self._asked: dict[str, int] = {}
        self._lent: dict[str, Toolbox] = {}
        self._first: dict[str, Mapping[str, Any]] = {}
        self._own: set[str] = set()
        self._acked: dict[str, float | None] = {}
        self._late_items: set[str] = set()
        self._late: asyncio.Task[None] | None = None
        self._stopped = False

    # What the runner and the approvals say

    def lend(self, key: str, toolbox: Toolbox) -> None:
        """The turn of that key has tools of its own."""
        self._lent[key] = toolbox
        while len(self._lent) > REMEMBERED:
            del self._lent[next(iter(self._lent))]

    def lent(self, turn: TurnState) -> Toolbox | None:
        """The tools of its own that a turn has, if any."""
        return self._lent.get(turn.key)

    def first(self, turn: TurnState) -> Mapping[str, Any]:
        """What a turn was begun with: its own ``response.create``, as far as it is known."""
        return self._first.get(turn.key, {})

    def exhausted(self, turn: TurnState) -> bool:
        """Whether no response will follow in this turn any more, however much is called."""
        return self._asked.get(turn.key, 0) >= self._max_rounds

    def open(self, response: ResponseState, turn: TurnState, what: str) -> None:
        """The turn of a response goes on until `what` is closed."""
        found = self._rounds.get(response.id)
        if found is None:
            found = self._rounds[response.id] = _Round(response, turn)
            self._core.note("tool.hold", response_id=response.id)
        found.open.add(what)

    def joins(self, response_id: str) -> bool:
        """Whether a response is still to be followed, so that an output would be part of that."""
        found = self._rounds.get(response_id)
        return found is not None and found.wanted and not found.released and bool(found.open)

    def close(self, response_id: str, what: str, item: Mapping[str, Any] | None) -> None:
        """`what` is there; its item goes into the conversation, and with the last one a response is asked for."""
        found = self._rounds.get(response_id)
        if found is None:
            return
        found.open.discard(what)
        if item is not None:
            found.unsent.append(item)
        self._core.keep(self._advance(found))

    def drop(self, response_id: str, what: str) -> None:
        """`what` will never be there; where nothing else was, nothing follows."""
        found = self._rounds.get(response_id)
        if found is None or what not in found.open:
            return
        found.open.discard(what)
        if not (found.open or found.unsent or found.sent):
            found.wanted = False
            self._release(found, "the connection that asked is gone")
        self._core.keep(self._advance(found))

    def late(self, item: Mapping[str, Any], *, ask: bool = True) -> None:
        """Something that no turn waits for: it joins the conversation, and a response follows once nobody speaks."""
        self._core.keep(self._tell_late(item, ask=ask))

    def give_up(self, key: str | None = None) -> list[str]:
        """No response shall follow in this turn, or in any; returns what is still open."""
        still: list[str] = []
        for found in self._rounds.values():
            if key is not None and found.turn.key != key:
                continue
            found.late = False
            if found.released:
                continue
            still += found.open
            found.wanted = False
            self._release(found, "interrupted")
        return still

    def stop(self) -> None:
        """The session is over: nothing is sent any more, and turns that were held end with it."""
        self._stopped = True

    # What happens

    def see(self, event: Event) -> None:
        """Take in an event, after the conversation did."""
        match (event.direction, event.type):
            case ("received", "response.done"):
                self._done(str(at(event.body, "response", "id")))
            case ("sent", "response.create"):
                self._requested(event)
            case ("received", "conversation.item.added" | "conversation.item.created"):
                item_id = at(event.body, "item", "id")
                if isinstance(item_id, str) and self._acked.get(item_id, 0.0) is None:
                    self._acked[item_id] = event.t_s
            case ("local", "rtnb.connection.lost"):
                for found in self._rounds.values():
                    if not found.released and found.response.status in ("in_progress", "failed"):
                        found.lost = True
                        self._done(found.response.id)

    def _requested(self, event: Event) -> None:
        params = event.body.get("response")
        key = at(params, "metadata", TURN_KEY) if isinstance(params, Mapping) else None
        if isinstance(key, str) and isinstance(params, Mapping) and key not in self._asked:
            self._first.setdefault(key, params)
            while len(self._first) > REMEMBERED:
                del self._first[next(iter(self._first))]

    def _done(self, response_id: str) -> None:
        found = self._rounds.get(response_id)
        if found is None:
            return
        if found.lost or found.response.status in ("cancelled", "failed"):
            # Who speaks into a response has not taken its calls back; the one of the server's own may be too early.
            found.late = found.wanted and not found.lost and found.response.reason == "turn_detected"
            found.wanted = False
            self._release(found, "the response before it was " + found.response.status)
        self._core.keep(self._advance(found))

    async def _advance(self, found: _Round) -> None:
        """Send what is there; follow up when all of it is."""
        if self._stopped or not (found.response.over or found.lost):
            return
        mine = False
        try:
            async with found.sending:
                while found.unsent:
                    await self._send(found, found.unsent.pop(0))
                if found.open or found.followed:
                    return
                found.followed = mine = True
            await self._follow(found)
        except SessionClosedError:
            return
        finally:
            # Whoever comes while another follows ends nothing: the turn waits for that response.
            if mine and not self._stopped:
                self._release(found, "the session ended")
                self._rounds.pop(found.response.id, None)

    async def _send(self, found: _Round, item: Mapping[str, Any]) -> None:
        # A new connection may know nothing of a call whose response had not ended on the old one.
        if found.lost:
            self._core.tell(
                "The connection ended in the middle of the response that called a tool; its result was dropped, since "
                "the next connection knows nothing of the call."
            )
        else:
            found.sent.append(await self._create(item))

    async def _create(self, item: Mapping[str, Any]) -> str:
        item_id = new_id("item")
        self._acked[item_id] = None
        while len(self._acked) > ITEMS_REMEMBERED:
            del self._acked[next(iter(self._acked))]
        await self._core.send({"type": "conversation.item.create", "item": {"id": item_id, **item}})
        return item_id

    async def _follow(self, found: _Round) -> None:
        talk = self._core.talk
        await self._core.until(lambda: bool(self._why_not(found)) or _nothing_runs(talk))
        if reason := self._why_not(found):
            if reason == "max_tool_rounds":
                self._core.tell(
                    f"The model goes on calling tools in one turn; it is not asked again "
                    f"(max_tool_rounds={self._max_rounds})."
                )
            self._release(found, reason)
            if found.late or reason in (_SPOKEN, _GONE_ON):
                self._make_up(found.sent)
            return
        key = found.turn.key
        rounds = self._asked[key] = self._asked.get(key, 0) + 1
        response = follow_up(
            self._first.get(key, {}),
            session_choice=talk.config.get("tool_choice"),
            tools=box.wire() if (box := self._lent.get(key)) is not None else None,
            last=rounds >= self._max_rounds,
        )
        problem = await self._ask(response, key, quiet=found.turn.named and key not in self._own)
        if not found.released:
            found.released = True
            self._core.note("tool.release", response_id=found.response.id, asked=not problem, reason=problem)

    def _why_not(self, found: _Round) -> str:
        """Why no response follows; empty when one does."""
        turn, since_s = found.turn, found.response.created_s
        if not found.wanted:
            return "interrupted"
        talk = self._core.talk
        if any(span.started_s > since_s for span in talk.speech[-8:]):
            return _SPOKEN
        newer = [other for other in talk.turns[turn.index + 1 :] if other.opened_s > since_s]
        if any(other.user_items or (other.named and other.key not in self._own) for other in newer):
            return _GONE_ON
        return "max_tool_rounds" if self.exhausted(turn) else ""

    def _release(self, found: _Round, reason: str) -> None:
        if not found.released:
            found.released = True
            self._core.note("tool.release", response_id=found.response.id, asked=False, reason=reason)

    async def _ask(self, response: Mapping[str, Any], key: str, *, quiet: bool) -> str:
        """Ask for a response; what went wrong, or nothing."""
        try:
            await self._floor.request(response, key=key)
        except SessionClosedError:
            raise
        except SessionError as error:
            # Whoever waits for the turn is told by its own verb of what the server refused.
            if not (quiet and isinstance(error, ApiError)):
                self._core.tell(f"After a tool's result no response could be asked for: {error}")
            return str(error)
        return ""

    # Late results

    async def _tell_late(self, item: Mapping[str, Any], *, ask: bool) -> None:
        try:
            await self.add_late(item)
        except SessionClosedError:
            return
        if ask:
            self._make_up(())

    def _make_up(self, items: Iterable[str]) -> None:
        """Have these answered, and all that came late, once nobody speaks."""
        self._late_items.update(items)
        if not self._stopped and (self._late is None or self._late.done()):
            self._late = self._core.keep(self._ask_late())

    async def add_late(self, item: Mapping[str, Any]) -> None:
        """Put an item into the conversation that no turn waits for."""
        self._late_items.add(await self._create(item))

    async def ask_anew(self, key: str = "") -> None:
        """Ask for a response of its own, of a new turn.

        Raises
        ------
        ApiError, BudgetError, SessionClosedError
        """
        key = key or new_id("turn")
        self._own.add(key)
        self._asked.setdefault(key, 0)
        await self._floor.request({}, key=key)

    async def _ask_late(self) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                await self._core.until(self._quiet, PATIENCE_S)
            # What comes from here on asks for itself.
            self._late = None
            items, self._late_items = self._late_items, set()
            if not self._seen(items):
                await self.ask_anew()
        except SessionClosedError:
            return
        except SessionError as error:
            self._core.tell(f"After a tool's result no response could be asked for: {error}")

    def _quiet(self) -> bool:
        """Whether nobody speaks, answers, or waits for an answer."""
        talk = self._core.talk
        return talk.free() and not talk.speaking() and all(talk.over(turn) for turn in talk.turns[-8:])

    def _seen(self, items: Iterable[str]) -> bool:
        """Whether a response was begun that knew all of these already, and did not fail."""
        made = (r for r in self._core.talk.responses.values() if r.in_conversation and r.status != "failed")
        latest = max((response.created_s for response in made), default=0.0)
        acked = [self._acked.get(item_id) for item_id in items]
        return all(acked_s is not None and acked_s < latest for acked_s in acked)


def _nothing_runs(talk: Any) -> bool:
    return talk.active_response() is None and not talk.requested()
