"""The floor: one who speaks at a time, and a response is asked for only when none is active.

The server has one active response in a conversation. Turn detection creates responses by itself, tools and several
cells ask for more, and each of them can win the race: the server refuses the others with
``conversation_already_has_active_response``. Here requests queue behind whatever is active, whoever created it, and
one that lost a race nevertheless is sent again when the winner is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rtnb.errors import ApiError, ConnectionLostError
from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.protocol.ids import new_id
from rtnb.session.conversation.requests import ACTIVE_RESPONSE, TURN_KEY, Request
from rtnb.session.conversation.settings import LOST
from rtnb.session.conversation.state import TurnState

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Floor", "check_turn"]

TRIES = 30
"""How often a request is sent that the server refuses because of another response."""
PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
"""Between two such tries, more with each."""

DUE_S = 5.0
"""How long a response that turn detection owes is waited for; then asking is tried, and the server decides."""


class Floor:
    """Who may ask for a response.

    ``async with floor`` is held for a whole exchange by those who begin one; :meth:`request` also serves those who
    follow up inside of it, such as tools.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._speaking = asyncio.Lock()
        self.holder = ""
        """Key of the exchange that holds it and may not have asked yet."""
        self._asking = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._speaking.acquire()

    async def __aexit__(self, *exc: object) -> None:
        self._speaking.release()

    @property
    def taken(self) -> bool:
        """Whether somebody holds it."""
        return self._speaking.locked()

    async def clear(self, *, first: bool = False) -> None:
        """Wait until a response could be asked for; one who is not `first` lets go ahead what is owed to speech."""
        core = self._core
        talk = core.talk

        def nothing_runs() -> bool:
            # Who speaks now is answered together with what was said before: then nobody is about to ask.
            others = talk.owed and not first and not talk.speaking()
            return talk.active_response() is None and not talk.requested() and not others

        await core.until(nothing_runs)
        if talk.answer_due():
            try:
                await core.until(lambda: nothing_runs() and talk.free(), DUE_S)
            except TimeoutError:
                await core.until(nothing_runs)

    async def request(self, response: Mapping[str, Any], *, key: str = "") -> TurnState:
        """Ask for a response once none is active; returns its turn when the server has created it.

        Parameters
        ----------
        response : mapping
            The ``response`` member of the ``response.create``.
        key : str
            Of the turn it belongs to; a new turn where there is none of that key.

        Raises
        ------
        BudgetError
            It would exceed a limit; nothing was sent.
        ApiError
            The server refused it.
        SessionClosedError
        """
        # Before it is this one's turn to ask: what is owed needs room to ask as well.
        await self.clear()
        turn = await self._ask(response, key, lambda: True)
        assert turn is not None
        return turn

    async def request_owed(self, key: str, wanted: Callable[[], bool]) -> TurnState | None:
        """As :meth:`request`, for a turn of speech that is owed an answer; None where it is not `wanted` any more."""
        return await self._ask({}, key, wanted)

    async def _ask(self, response: Mapping[str, Any], key: str, wanted: Callable[[], bool]) -> TurnState | None:
        core = self._core
        metadata = dict(response.get("metadata") or {})
        if key:
            metadata[TURN_KEY] = key
        event: dict[str, Any] = {
            "type": "response.create",
            "response": {**response, **({"metadata": metadata} if metadata else {})},
        }
        asked: list[Request] = []

        def note(sent: Event) -> None:
            # As it leaves: the server may have answered before the sending of it has returned.
            if sent.direction == "sent" and sent.body.get("event_id") == event["event_id"]:
                asked.append(core.talk.requests[-1])

        async with self._asking:
            for attempt in range(TRIES):
                if attempt:
                    # The server may know of a response that we do not: give it time as well.
                    await asyncio.sleep(min(PAUSE_S * attempt, LONGEST_PAUSE_S))
                await self.clear(first=True)
                if not wanted():
                    return None
                core.budget.check()
                event["event_id"] = new_id("event")
                stop = core.subscribe(note)
                try:
                    await core.send(event)
                finally:
                    stop()
                await core.until(lambda: asked[-1] not in core.talk.requests)
                turn = asked[-1].turn
                assert turn is not None
                last = turn
                if not turn.blocked and turn.failure is None:
                    return turn
                if not turn.blocked and (turn.failure or {}).get("code") != ACTIVE_RESPONSE:
                    check_turn(core, turn)
                # Turn detection or another client's part was faster; behind it there is room.
                turn.failure = None
            last.blocked, last.failure = False, core.last_error()
            check_turn(core, last)
            raise AssertionError("a refused request has an error")


def check_turn(core: Core, state: TurnState) -> None:
    """Raise what a turn failed with on its way, if it did; a response that failed is a result."""
    talk = core.talk
    lost = state.failure is not None and state.failure.get("code") == LOST
    for response_id in state.responses[-1:]:
        error = (talk.responses[response_id].status_details or {}).get("error")
        lost = lost or (isinstance(error, Mapping) and error.get("code") == LOST)
    if lost:
        if core.ended is not None:
            raise core.ended
        kept = bool(state.user_items) and all(item_id in talk.items for item_id in state.user_items)
        raise ConnectionLostError(
            "The connection dropped before the answer was complete, which may have been billed; so it was not asked "
            "for again.\n"
            + (
                "What you said is in the conversation: respond() asks for the answer."
                if kept
                else "What you said was lost with it: say it again."
            )
        )
    if state.failure is not None:
        raise ApiError(state.failure, advice=classify(state.failure).advice)
