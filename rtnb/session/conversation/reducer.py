"""The conversation as a fold over recorded events: one reducer for the live view, replay, stills and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rtnb.protocol.envelope import Event
from rtnb.session.conversation import calls, items, local, remote_calls, responses, settings, speech
from rtnb.session.conversation.order import ItemOrder
from rtnb.session.conversation.pending import Pending
from rtnb.session.conversation.playback import VirtualPlayer
from rtnb.session.conversation.reading import at
from rtnb.session.conversation.requests import ASIDE_KEY, TURN_KEY, Request
from rtnb.session.conversation.state import (
    CallState,
    ConnectionState,
    ErrorState,
    InputClock,
    ItemState,
    ResponseState,
    SpeechState,
    TurnState,
)

__all__ = ["ASIDE_KEY", "TURN_KEY", "Conversation"]

Handler = Callable[["Conversation", Event], None]


class Conversation:
    """State of a session, made of its events alone. Not thread-safe: it lives on the loop thread.

    Unknown events and members are ignored; events out of order, doubled or missing never raise.

    Examples
    --------
    >>> from rtnb.session.record.log import EventLog
    >>> log, talk = EventLog(start_s=0, start_wall_s=0), Conversation()
    >>> talk.apply(log.record({"type": "session.created", "session": {"model": "m"}}, "received", now_s=0))
    >>> talk.config["model"]
    'm'
    """

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.items: dict[str, ItemState] = {}
        self.order = ItemOrder()
        """Ids of the items that the server has, in the order of the conversation."""
        self.responses: dict[str, ResponseState] = {}
        self.open_responses: dict[str, ResponseState] = {}
        """Those that are not over, out-of-band ones too."""
        self.calls: dict[str, CallState] = {}
        self.turns: list[TurnState] = []
        self.speech: list[SpeechState] = []
        self.open_speech: list[SpeechState] = []
        """Spans that are not over."""
        self.errors: list[ErrorState] = []
        self.connections: list[ConnectionState] = []
        self.notices: list[str] = []
        self.clock = InputClock()
        self.player = VirtualPlayer()
        self.last_s = 0.0
        self.transcription_usage: dict[str, tuple[str, dict[str, Any]]] = {}
        """Item id to the model and the usage of its transcription; the usage is empty where the server sent none."""
        # For the handlers.
        self.turn_of: dict[str, TurnState] = {}
        self.by_key: dict[str, TurnState] = {}
        self.pending = Pending()
        self.requests: list[Request] = []
        self.boundary = 0
        self.spans_of: dict[str, list[SpeechState]] = {}
        self.spoken: dict[int, TurnState] = {}
        """Turns of speech that may wait for an answer."""
        self.owed: list[TurnState] = []
        """Turns of speech whose answer was refused because of another response, and which the client asks for later."""
        self.opening = self.notes_connections = False
        self.sent_types: dict[str, str] = {}
        self.sent_to_root: set[str] = set()
        self.idle_timeout = False
        self.cut_items: dict[str, None] = {}
        """Ids of answers that were cut short and may not be truncated yet."""
        self.echoes = False
        """Whether the server repeats the metadata of requests."""
        self.chunk_of: Mapping[str, Any] | None = None
        self.chunk_for: tuple[ResponseState | None, ItemState | None] = (None, None)
        self.output_format = ""
        self.model = ""
        """What the server last said it runs."""

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        if event.t_s > self.last_s:
            self.last_s = event.t_s
        # A damaged journal may say a direction that is none.
        handler = BY_DIRECTION.get(event.direction, NONE).get(event.type)
        if handler is not None:
            handler(self, event)

    # What others ask

    def turn_with_key(self, key: str) -> TurnState | None:
        """The turn of that key, which requests carry in their metadata."""
        return self.by_key.get(key)

    def active_response(self) -> ResponseState | None:
        """The response of the default conversation that is not over."""
        return next((r for r in self.open_responses.values() if r.in_conversation), None)

    def requested(self) -> bool:
        """Whether a response was asked for that the server has not created yet."""
        return any(request.turn is not None for request in self.requests)

    def request_open(self, event_id: str) -> bool:
        """Whether the server has said nothing yet about a ``response.create``."""
        return any(request.event_id == event_id for request in self.requests)

    def waiting(self) -> list[TurnState]:
        """The turns whose response was asked for and not created yet."""
        return [request.turn for request in self.requests if request.turn is not None]

    def answer_due(self) -> bool:
        """Whether turn detection is about to create a response by itself."""
        return bool(speech.unanswered(self))

    def free(self) -> bool:
        """Whether a response can be asked for: none is active, asked for, or due."""
        return self.active_response() is None and not self.requested() and not self.answer_due()

    def speaking(self) -> bool:
        """Whether turn detection hears the user speak."""
        return bool(self.open_speech)

    def over(self, turn: TurnState) -> bool:
        """Whether the answer of a turn is complete, whatever became of it."""
        if turn.failure is not None:
            return True
        if turn.blocked or turn in self.owed or any(request.turn is turn for request in self.requests):
            return False
        if turn.responses:
            made = [self.responses[response_id] for response_id in turn.responses]
            return all(response.over and not response.held for response in made)
        return not turn.answer_expected and all(span.stopped_s is not None for span in turn.speech)

    def heard(self, turn: TurnState) -> bool:
        """Whether all transcriptions of a turn that will come have come."""
        found = (self.items.get(item_id) for item_id in turn.user_items)
        return all(item is None or not item.transcript_expected or item.transcript is not None for item in found)

    def held_ms(self) -> float:
        """Input audio that was sent and neither committed nor cleared, in milliseconds."""
        start = max(self.boundary, self.pending.committed_bytes)
        return max(0, self.clock.total_bytes - start) / self.clock.bytes_per_ms

    def input_settings(self) -> Mapping[str, Any]:
        """The effective ``audio.input``."""
        found = at(self.config, "audio", "input")
        return found if isinstance(found, Mapping) else {}

    # What the handlers share

    def item(self, item_id: str) -> ItemState:
        """The item of that id, known or not yet."""
        found = self.items.get(item_id)
        if found is None:
            found = self.items[item_id] = ItemState(item_id)
        return found

    def new_turn(self, now_s: float, *, key: str = "") -> TurnState:
        """The next turn."""
        turn = TurnState(len(self.turns), key=key or f"turn{len(self.turns)}", named=bool(key), opened_s=now_s)
        self.turns.append(turn)
        self.by_key.setdefault(turn.key, turn)
        return turn

    def settle(self, turn: TurnState) -> None:
        """Nothing is owed to a turn any more."""
        if turn in self.owed:
            self.owed.remove(turn)

    def give(self, item_id: str, turn: TurnState | None) -> None:
        """An item of the user's to its turn, or to the next request."""
        if item_id in self.turn_of:
            return
        if turn is None:
            self.pending.add(item_id)
            return
        self.pending.drop(item_id)
        turn.user_items.append(item_id)
        self.turn_of[item_id] = turn

    def claim(self, turn: TurnState, event_id: str = "") -> None:
        """A request takes what was given before it."""
        self.pending.claim(turn, event_id)
        self.turn_of |= dict.fromkeys(turn.user_items, turn)

    def cut(self, now_s: float) -> None:
        """The answer is interrupted: what sounds stops, and what is still on its way is never played."""
        stopped = self.player.stop(now_s=now_s)
        if stopped is not None:
            item = self.item(stopped[0])
            item.heard_s, item.cut_s = stopped[1], now_s
            self.cut_items[item.id] = None
        active = self.active_response()
        if active is not None:
            active.cut = True


HANDLERS: dict[tuple[str, str], Handler] = {
    **settings.HANDLERS,
    **speech.HANDLERS,
    **items.HANDLERS,
    **responses.HANDLERS,
    **calls.HANDLERS,
    **remote_calls.HANDLERS,
    **local.HANDLERS,
}
"""By direction and type."""

NONE: dict[str, Handler] = {}

BY_DIRECTION: dict[str, dict[str, Handler]] = {
    direction: {kind: handler for (way, kind), handler in HANDLERS.items() if way == direction}
    for direction in ("sent", "received", "local")
}
