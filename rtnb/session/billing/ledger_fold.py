"""What the reducer does not keep: which settings, and which items, each response of a session was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from rtnb.pricing.bills.ledger import Edit, Transcribed
from rtnb.protocol.envelope import Event
from rtnb.session.billing.context_trace import ContextTrace, without_transcript
from rtnb.session.conversation.formats import bytes_per_ms, transcription_model
from rtnb.session.conversation.reading import at, string, whole
from rtnb.session.conversation.reducer import TURN_KEY, Conversation
from rtnb.session.conversation.state import ItemState, ResponseState, heard_s
from rtnb.tokens import ModalityCount, item_tokens, settings_tokens

__all__ = ["Draft", "LedgerFold", "day_of"]


_ALREADY_ANSWERING = "conversation_already_has_active_response"


@dataclass(slots=True, eq=False)
class _Request:
    """A ``response.create`` that no response has been created for yet."""

    event_id: str
    key: object
    outside: bool
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A ``conversation.item.create``: where the item is to go, and the length of its audio."""

    event_id: str = ""
    previous_id: str | None = None
    audio_ms: float = 0.0


@dataclass(slots=True, eq=False)
class Draft:
    """A response, as far as the events up to its creation tell."""

    state: ResponseState
    wall_s: float
    model: str
    settings: ModalityCount
    edits: tuple[Edit, ...] = ()
    items: tuple[str, ...] = ()
    items_cut_ms: Mapping[str, int] = field(default_factory=dict)
    """Those of the items that were truncated when it began, and where."""
    over: bool = False
    own_input: bool = False
    """Whether it was given other items than the conversation's."""
    cut_ms: dict[str, int | None] = field(default_factory=dict)
    """Its outputs that were truncated (where) or deleted (None) before the next response was given them."""


class LedgerFold:
    """Goes through the events of a session, once, behind the reducer, which has been through at least as many.

    What is counted in items is counted when somebody asks, of the items as the reducer has them then.

    Examples
    --------
    >>> from rtnb.session.record.log import EventLog
    >>> log, talk = EventLog(start_s=0, start_wall_s=0), Conversation()
    >>> event = log.record({"type": "session.created", "session": {"instructions": "Be brief."}}, "received", now_s=0)
    >>> talk.apply(event)
    >>> fold = LedgerFold(talk)
    >>> fold.apply(event)
    >>> fold.settings()
    ModalityCount(text=5, audio=0, image=0)
    """

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.config: dict[str, Any] = {}
        self.model = ""
        self.drafts: dict[str, Draft] = {}
        self._in_order: list[Draft] = []
        self.transcriptions: dict[str, Transcribed] = {}
        self._outputs = {item_id for response in talk.responses.values() for item_id in response.items}
        self.trace = ContextTrace(self.count, self._outputs)
        self._requests: list[_Request] = []
        self._sent_items: dict[str, _Sent] = {}
        self._nameless: list[_Sent] = []
        self._audio_ms: dict[str, float] = {}
        """Audio that the reducer does not know of: of items that the client made, and of beta-shaped answers."""
        self._last: Draft | None = None
        self._last_settings: tuple[object, object] | None = None
        self._turns = {item_id: turn.index for turn in talk.turns for item_id in turn.user_items}

    def apply(self, event: Event) -> None:
        kind, body = event.type, event.body
        if event.direction == "sent":
            if kind == "response.create":
                self._request(body)
            elif kind == "conversation.item.create":
                self._sent_item(event)
            return
        item_id = string(body.get("item_id"))
        if kind in ("session.created", "session.updated"):
            session = body.get("session")
            self.config = dict(session) if isinstance(session, Mapping) else self.config
            self.model = string(self.config.get("model")) or self.model
        elif kind in ("conversation.item.added", "conversation.item.created", "conversation.item.done"):
            self._item(string(at(body, "item", "id")), body.get("previous_item_id"), self._ms(event, "input"))
        elif kind == "conversation.item.deleted":
            self.trace.delete(item_id)
        elif kind == "conversation.item.truncated":
            self.trace.truncate(item_id, whole(body.get("audio_end_ms")))
        elif kind == "conversation.item.input_audio_transcription.completed":
            self._transcribed(event, item_id)
        elif kind == "response.created":
            self._begin(event)
        elif kind == "response.done":
            self._end(event)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            self._made(string(body.get("response_id")))
        elif kind == "response.audio.delta":  # the beta shape, which the reducer does not play
            self._audio_ms[item_id] = self._audio_ms.get(item_id, 0.0) + self._ms(event, "output")
        elif kind == "error":
            self._refused(at(body, "error"))

    # Tokens

    def count(self, item_id: str, cut_ms: int | None) -> ModalityCount:
        """Tokens of an item as it stands in the conversation, by estimate."""
        item = self.talk.items.get(item_id)
        if item is None:
            return ModalityCount()
        length_ms = self.audio_ms(item)
        if cut_ms is None:
            return item_tokens(item.wire, audio_ms=length_ms)
        return item_tokens(without_transcript(item.wire), audio_ms=min(cut_ms, length_ms or cut_ms))

    def audio_ms(self, item: ItemState) -> int:
        """How long an item's audio is."""
        start, end = item.input_bytes or (0, 0)
        given_ms = (end - start) / self.talk.clock.bytes_per_ms
        return int(given_ms + item.audio_ms + self._audio_ms.get(item.id, 0.0))

    def heard_s(self, items: Sequence[ItemState]) -> float | None:
        """Seconds heard of some answers together; None when none of them was cut.

        Answers in the beta shape are not played by the reducer: what is known of them is where they were truncated.
        """
        unplayed = {item.id for item in items if item.truncated_ms is not None and item.id in self._audio_ms}
        if not unplayed:
            return heard_s(items)
        return sum(
            min(item.truncated_ms or 0, self.audio_ms(item)) / 1000
            if item.id in unplayed
            else self.audio_ms(item) / 1000
            if item.heard_s is None
            else item.heard_s
            for item in items
        )

    def _ms(self, event: Event, side: Literal["input", "output"]) -> float:
        return sum(ref.length for ref in event.audio) / bytes_per_ms(self.config, side)

    def tokens(self, items: Iterable[str]) -> ModalityCount:
        return sum((self.count(item_id, self.trace.cut_ms.get(item_id)) for item_id in items), ModalityCount())

    def settings(self, params: Mapping[str, Any] | None = None) -> ModalityCount:
        """Tokens of the instructions and tools in effect, a response's own where it has some."""
        instructions, tools = self._in_effect(params or {})
        listed = [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []
        return settings_tokens(instructions if isinstance(instructions, str) else "", listed)

    @property
    def output_modalities(self) -> tuple[str, ...]:
        """What answers may be made of, in the GA or the beta shape of the settings; empty where neither tells."""
        stated = self.config.get("output_modalities") or self.config.get("modalities")
        return tuple(each for each in stated if isinstance(each, str)) if isinstance(stated, list) else ()

    def settings_edits(self, instructions: object, tools: object) -> tuple[Edit, ...]:
        """What of the settings differs from those of the last response of the conversation."""
        if self._last_settings is None:
            return ()
        before = self._last_settings
        changed: list[Edit] = []
        if (before[0] or "") != (instructions or ""):
            changed.append("instructions changed")
        if (before[1] or []) != (tools or []):
            changed.append("tools changed")
        return tuple(changed)

    def _in_effect(self, params: Mapping[str, Any]) -> tuple[object, object]:
        instructions, tools = (
            self.config.get(name) if params.get(name) is None else params[name] for name in ("instructions", "tools")
        )
        return instructions, tools

    # Items

    def _sent_item(self, event: Event) -> None:
        previous, item_id = event.body.get("previous_item_id"), at(event.body, "item", "id")
        item = _Sent(
            string(event.body.get("event_id")),
            previous if isinstance(previous, str) else None,
            self._ms(event, "input"),
        )
        if isinstance(item_id, str):
            self._sent_items.setdefault(item_id, item)
        else:
            self._nameless.append(item)

    def _item(self, item_id: str, previous_id: object, audio_ms: float) -> None:
        if not item_id or item_id in self.trace:
            return
        sent = self._sent_items.pop(item_id, None)
        item = self.talk.items.get(item_id)
        of_client = item_id not in self._outputs and (item is None or item.input_bytes is None)
        if sent is None and of_client and self._nameless:
            sent = self._nameless.pop(0)
        sent = sent or _Sent(audio_ms=audio_ms)
        self.trace.add(item_id, previous_id if isinstance(previous_id, str) else sent.previous_id)
        if sent.audio_ms:
            self._audio_ms[item_id] = sent.audio_ms

    def _refused(self, error: object) -> None:
        event_id = string(at(error, "event_id"))
        if event_id:
            self._requests = [request for request in self._requests if request.event_id != event_id]
            self._nameless = [item for item in self._nameless if item.event_id != event_id]
            return
        # Servers often do not name the event; then what is wrong tells which kind it was.
        about_response = string(at(error, "param")).partition(".")[0] == "response"
        if self._requests and (about_response or at(error, "code") == _ALREADY_ANSWERING):
            self._requests.pop()

    def _transcribed(self, event: Event, item_id: str) -> None:
        usage = event.body.get("usage")
        # Without usage, as in the beta API, it was made all the same: unpriced, not free.
        if isinstance(usage, Mapping) or item_id not in self.transcriptions:
            self.transcriptions[item_id] = Transcribed(
                item_id=item_id,
                turn=self._turns.get(item_id, -1),
                at_s=event.t_s,
                on=day_of(event.wall_s),
                model=transcription_model(self.config),
                usage=dict(usage) if isinstance(usage, Mapping) else {},
            )

    # Responses

    def _request(self, body: Mapping[str, Any]) -> None:
        params = body.get("response")
        params = params if isinstance(params, Mapping) else {}
        outside = params.get("conversation") == "none"
        key = at(params, "metadata", TURN_KEY)
        self._requests.append(_Request(string(body.get("event_id")), key, outside, params))

    def _asked(self, response: Mapping[str, Any], state: ResponseState) -> Mapping[str, Any]:
        """The overrides of the request that this response answers; none where turn detection asked for it."""
        key, metadata = at(response, "metadata", TURN_KEY), response.get("metadata") or {}
        for request in self._requests:
            same = request.key == key if key else (request.params.get("metadata") or {}) == metadata
            if same and request.outside is not state.in_conversation:
                self._requests.remove(request)
                return request.params
        return {}

    def _begin(self, event: Event) -> None:
        response = event.body.get("response")
        state = self.talk.responses.get(string(at(response, "id")))
        if state is None or state.id in self.drafts or not isinstance(response, Mapping):
            return
        params = self._asked(response, state)
        draft = self.drafts[state.id] = Draft(state, event.wall_s, self.model, self.settings(params))
        self._in_order.append(draft)
        if not state.in_conversation:
            return
        instructions, tools = self._in_effect(params)
        changed = self.settings_edits(instructions, tools)
        self._last_settings = (instructions, tools)
        self._settle_last()
        entered = self.trace.next()
        draft.items, draft.items_cut_ms = entered.items, entered.cut_ms
        draft.edits = (*changed, *entered.edits)
        draft.own_input = params.get("input") is not None
        self._last = draft

    def _end(self, event: Event) -> None:
        response_id = string(at(event.body, "response", "id"))
        self._made(response_id)
        self._begin(event)  # a log may begin in the middle of a response
        draft = self.drafts.get(response_id)
        if draft is None or draft.over:
            return
        draft.over, draft.wall_s = True, event.wall_s
        if draft.state.in_conversation:
            for item_id in draft.state.items:  # some servers announce outputs in no other way
                if item_id not in self.trace.deleted:
                    self.trace.add(item_id, None)

    def _made(self, response_id: str) -> None:
        if (state := self.talk.responses.get(response_id)) is not None:
            self._outputs.update(state.items)

    def _settle_last(self) -> None:
        """What of the last answer goes back into the conversation is known when the next one begins."""
        if self._last is not None:
            self._last.cut_ms.clear()
            for item_id in self._last.state.items:
                if item_id in self.trace.deleted:
                    self._last.cut_ms[item_id] = None
                elif item_id in self.trace.cut_ms:
                    self._last.cut_ms[item_id] = self.trace.cut_ms[item_id]

    def settled(self, first: int = 0) -> Sequence[Draft]:
        """All responses from the one at that place on, oldest first."""
        self._settle_last()
        return self._in_order[first:]

    def given(self, draft: Draft) -> ModalityCount:
        """Tokens of what entered before a response, by estimate."""
        return sum((self.count(item_id, draft.items_cut_ms.get(item_id)) for item_id in draft.items), ModalityCount())


def day_of(wall_s: float) -> date:
    """The day, UTC, of a Unix time in seconds.

    Examples
    --------
    >>> str(day_of(1_795_000_000))
    '2026-11-18'
    """
    return datetime.fromtimestamp(wall_s, UTC).date()
