"""Calls of MCP tools, which the server makes by itself: when they are through, a response is asked for.

A call that was approved is made at once, and its response asked for when it is through as well. Where a server does not
begin within :data:`BEGIN_S`, it is one that makes the call in the next response, and is asked for that.

The service does not go on by itself. The official Ruby example of approvals (``openai/openai-ruby``,
``examples/realtime/mcp_approval.rb``) asks for a response once the one that called is done and
``response.mcp_call.completed`` has come; ``openai-agents-js`` does the same unless it is told not to
(``automaticallyTriggerResponseForMcpToolCalls``). Where a server does go on, with a message behind the call in the same
response, nothing is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import at, string
from rtnb.session.tools.rounds import Rounds

if TYPE_CHECKING:
    from rtnb.session.conversation.state import ResponseState, TurnState

__all__ = ["RemoteCalls", "turn_of"]

BEGIN_S: Final = 1.0
"""How long a server has to begin with an approved call (own choice: many times what the way there and back takes)."""

REMEMBERED: Final = 256
"""Of how many calls it is kept that they are through."""


class RemoteCalls:
    """Holds the turns of one session until the calls of MCP tools in it are through.

    Parameters
    ----------
    rounds : Rounds
        What asks for the response behind them.
    found : callable
        The response of an id and its turn, or None where it belongs to none.
    """

    def __init__(self, rounds: Rounds, found: Callable[[str], tuple[ResponseState, TurnState] | None]) -> None:
        self._rounds = rounds
        self._found = found
        self._through: dict[str, None] = {}
        self._waiting: dict[str, str] = {}
        self._approved: dict[str, str] = {}

    def approved(self, request_id: str, response_id: str) -> None:
        """A yes is on its way to the request of a response that is still to be followed."""
        if (found := self._found(response_id)) is None:
            return
        self._rounds.open(*found, _call_of(request_id))
        self._approved[request_id] = response_id
        asyncio.get_running_loop().call_later(BEGIN_S, self._not_begun, request_id)

    def see(self, event: Event) -> None:
        """Take in an event, before the rounds do."""
        match (event.direction, event.type):
            case ("received", "response.mcp_call.completed" | "response.mcp_call.failed"):
                self._ended(string(event.body.get("item_id")))
            case ("received", "conversation.item.added"):
                self._begun(event.body.get("item"))
            case ("received", "response.done"):
                self._done(string(at(event.body, "response", "id")), at(event.body, "response", "output"))
            case ("local", "rtnb.connection.lost" | "rtnb.handover"):
                waiting, self._waiting = self._waiting, {}
                waiting |= {_call_of(request_id): response_id for request_id, response_id in self._approved.items()}
                self._approved.clear()
                for what, response_id in waiting.items():
                    self._rounds.drop(response_id, what)

    def _begun(self, item: Any) -> None:
        if not isinstance(item, Mapping) or item.get("type") != "mcp_call":
            return
        request_id = string(item.get("approval_request_id"))
        if (response_id := self._approved.pop(request_id, None)) is None:
            return
        if (found := self._found(response_id)) is not None:
            item_id = string(item.get("id"))
            self._rounds.open(*found, item_id)
            self._waiting[item_id] = response_id
        self._rounds.close(response_id, _call_of(request_id), None)

    def _not_begun(self, request_id: str) -> None:
        if (response_id := self._approved.pop(request_id, None)) is not None:
            self._rounds.close(response_id, _call_of(request_id), None)

    def _ended(self, item_id: str) -> None:
        self._through[item_id] = None
        while len(self._through) > REMEMBERED:
            del self._through[next(iter(self._through))]
        if (response_id := self._waiting.pop(item_id, None)) is not None:
            self._rounds.close(response_id, item_id, None)

    def _done(self, response_id: str, output: Any) -> None:
        items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, list) else []
        calls = [index for index, item in enumerate(items) if item.get("type") == "mcp_call"]
        goes_on = any(item.get("type") == "message" for item in items[calls[-1] :]) if calls else True
        found = self._found(response_id)
        if goes_on or found is None:
            return
        response, turn = found
        for item in (items[index] for index in calls):
            item_id = string(item.get("id"))
            self._rounds.open(response, turn, item_id)
            if item_id in self._through or item.get("output") is not None or item.get("error") is not None:
                self._rounds.close(response.id, item_id, None)
            else:
                self._waiting[item_id] = response.id


def turn_of(talk: Any, response_id: str) -> tuple[ResponseState, TurnState] | None:
    """A response of the conversation and its turn; None where there is none of that id."""
    response = talk.responses.get(response_id)
    if response is None or not response.in_conversation:
        return None
    turn = next((each for each in reversed(talk.turns) if response_id in each.responses), None)
    return None if turn is None else (response, turn)


def _call_of(request_id: str) -> str:
    return f"the call of {request_id}"
