"""The conversation as a fold over recorded events: one reducer for the live view, replay, stills and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.formats import bytes_per_ms, transcription_model
from rtnb.session.conversation.pending import Pending
from rtnb.session.conversation.playback import VirtualPlayer
from rtnb.session.conversation.reading import at, parts, string, whole
from rtnb.session.conversation.state import ErrorState, InputClock, ItemState, ResponseState, SpeechState, TurnState

__all__ = ["TURN_KEY", "Conversation"]

TURN_KEY = "rtnb_turn"
"""Response metadata by which a request is found again in ``response.created``; servers echo metadata."""


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
        self.responses: dict[str, ResponseState] = {}
        self.turns: list[TurnState] = []
        self.speech: list[SpeechState] = []
        self.errors: list[ErrorState] = []
        self.clock = InputClock()
        self.player = VirtualPlayer()
        self.last_s = 0.0
        self.transcription_usage: dict[str, tuple[str, dict[str, Any]]] = {}
        """Item id to the model and the usage of its transcription; the usage is empty where the server sent none."""
        self._turn_of: dict[str, TurnState] = {}
        self._pending = Pending()
        self._boundary = 0
        self._handlers: dict[tuple[str, str], Callable[[Event], None]] = {
            ("sent", "input_audio_buffer.append"): self._sent_append,
            ("sent", "input_audio_buffer.commit"): self._sent_commit,
            ("sent", "input_audio_buffer.clear"): self._sent_clear,
            ("sent", "conversation.item.create"): self._sent_item,
            ("sent", "response.create"): self._sent_response,
            ("sent", "response.cancel"): self._sent_cancel,
            ("sent", "conversation.item.truncate"): self._sent_truncate,
            ("received", "session.created"): self._session,
            ("received", "session.updated"): self._session,
            ("received", "error"): self._error,
            ("received", "input_audio_buffer.speech_started"): self._speech_started,
            ("received", "input_audio_buffer.speech_stopped"): self._speech_stopped,
            ("received", "input_audio_buffer.committed"): self._committed,
            ("received", "input_audio_buffer.cleared"): self._cleared,
            ("received", "conversation.item.added"): self._item_added,
            ("received", "conversation.item.created"): self._item_added,
            ("received", "conversation.item.done"): self._item_added,
            ("received", "conversation.item.deleted"): self._item_deleted,
            ("received", "conversation.item.truncated"): self._item_truncated,
            ("received", "conversation.item.input_audio_transcription.completed"): self._transcribed,
            ("received", "conversation.item.input_audio_transcription.failed"): self._transcription_failed,
            ("received", "response.created"): self._response_created,
            ("received", "response.output_item.added"): self._output_item,
            ("received", "response.output_item.done"): self._output_item,
            ("received", "response.output_text.delta"): self._text_delta,
            ("received", "response.output_audio_transcript.delta"): self._text_delta,
            ("received", "response.output_text.done"): self._text_done,
            ("received", "response.output_audio_transcript.done"): self._text_done,
            ("received", "response.output_audio.delta"): self._audio_delta,
            ("received", "response.done"): self._response_done,
        }

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        self.last_s = max(self.last_s, event.t_s)
        handler = self._handlers.get((event.direction, event.type))
        if handler is not None:
            handler(event)

    # What others ask

    def turn_with_key(self, key: str) -> TurnState | None:
        """The turn that a client's request opened."""
        return next((turn for turn in self.turns if turn.key == key), None)

    def active_response(self) -> ResponseState | None:
        """The response of the default conversation that is not over."""
        return next((r for r in self.responses.values() if not r.over and r.in_conversation), None)

    def requested(self) -> bool:
        """Whether a response was asked for that the server has not created yet."""
        return bool(self.waiting())

    def waiting(self) -> list[TurnState]:
        """The turns whose response was asked for and not created yet."""
        return [t for t in self.turns if t.requested_s is not None and not t.responses and not t.failure]

    def over(self, turn: TurnState) -> bool:
        """Whether the answer of a turn is complete, whatever became of it."""
        if turn.failure is not None:
            return True
        if turn.responses:
            return all(self.responses[r].over for r in turn.responses)
        return not turn.answer_expected and all(span.stopped_s is not None for span in turn.speech)

    def heard(self, turn: TurnState) -> bool:
        """Whether all transcriptions of a turn that will come have come."""
        items = (self.items.get(item_id) for item_id in turn.user_items)
        return all(item is None or not item.transcript_expected or item.transcript is not None for item in items)

    def input_settings(self) -> Mapping[str, Any]:
        """The effective ``audio.input``."""
        found = at(self.config, "audio", "input")
        return found if isinstance(found, Mapping) else {}

    # Sent

    def _sent_append(self, event: Event) -> None:
        if event.audio:
            self.clock.sent(event.t_s, event.audio[0].offset + event.audio[0].length)

    def _sent_commit(self, event: Event) -> None:
        self._pending.add_commit(string(event.body.get("event_id")), self.clock.total_bytes)

    def _sent_clear(self, event: Event) -> None:
        self._boundary = self.clock.total_bytes

    def _sent_item(self, event: Event) -> None:
        item = event.body.get("item")
        if not isinstance(item, Mapping) or item.get("role") != "user":
            return
        event_id = string(event.body.get("event_id"))
        if isinstance(item.get("id"), str):
            self._take_in(item)
            self._pending.add(item["id"], event_id)
        else:
            self._pending.add_nameless(event_id)

    def _sent_response(self, event: Event) -> None:
        params = event.body.get("response")
        params = params if isinstance(params, Mapping) else {}
        if params.get("conversation") == "none":
            return
        self.player.skip(now_s=event.t_s)
        key = at(params, "metadata", TURN_KEY)
        turn = self._new_turn(event.t_s, key=key if isinstance(key, str) else "")
        turn.requested_s = event.t_s
        self._claim(turn, string(event.body.get("event_id")))
        if self._pending.commits_for(turn):
            turn.committed_s = event.t_s

    def _sent_cancel(self, event: Event) -> None:
        meant = self.responses.get(string(event.body.get("response_id")))
        if meant is None or meant.in_conversation:
            self._cut(event.t_s)

    def _sent_truncate(self, event: Event) -> None:
        item = self._item(string(event.body.get("item_id")))
        item.truncation_sent = True
        if self.player.playing(now_s=event.t_s) == item.id:
            self.player.stop(now_s=event.t_s)
            item.heard_s = whole(event.body.get("audio_end_ms")) / 1000

    def _cut(self, now_s: float) -> None:
        cut = self.player.stop(now_s=now_s)
        if cut is not None:
            self._item(cut[0]).heard_s = cut[1]
        active = self.active_response()
        if active is not None:
            # What is still on its way is never played, even where nothing sounds at the moment.
            active.cut = True

    # Session and errors

    def _session(self, event: Event) -> None:
        session = event.body.get("session")
        if isinstance(session, Mapping):
            self.config = dict(session)
            self.clock.bytes_per_ms = bytes_per_ms(self.config, "input")

    def _error(self, event: Event) -> None:
        error = event.body.get("error")
        error = error if isinstance(error, Mapping) else {}
        event_id, code = error.get("event_id"), error.get("code")
        self.errors.append(ErrorState(event.t_s, code, str(error.get("message") or "unknown error"), event_id))
        turn = self._ended_by(string(event_id), code)
        if turn is not None and not turn.responses:
            turn.failure = dict(error)

    def _ended_by(self, event_id: str, code: object) -> TurnState | None:
        """The turn that an error ends, if any."""
        turn = self._pending.refuse(event_id, code)
        if turn is None and not event_id:
            turn = self._only_waiting()
        if turn is None and code == "conversation_already_has_active_response":
            # Speech that does not interrupt was over while another answer was running.
            turn = next(reversed(self._unanswered_speech()), None)
        return turn

    def _only_waiting(self) -> TurnState | None:
        waiting = self.waiting()
        return waiting[0] if len(waiting) == 1 else None

    # Speech and items

    def _speech_started(self, event: Event) -> None:
        item_id = string(event.body.get("item_id"))
        detection = self.input_settings().get("turn_detection")
        detection = detection if isinstance(detection, Mapping) else {}
        span = SpeechState(
            item_id,
            whole(event.body.get("audio_start_ms")),
            event.t_s,
            prefix_ms=whole(detection.get("prefix_padding_ms")),
            silence_ms=whole(detection.get("silence_duration_ms")),
        )
        # The padding of speech at the very beginning is cut short, so its onset is not prefix_ms after it.
        if span.audio_start_ms <= 0:
            span.prefix_ms = 0
        self.speech.append(span)
        if detection.get("interrupt_response", True):
            self._cut(event.t_s)
        turn = self._turn_of.get(item_id) if item_id else None
        if turn is None:
            turn = self._new_turn(event.t_s)
            self._give(item_id, turn)
        turn.answer_expected = bool(detection.get("create_response", True))
        turn.speech.append(span)

    def _speech_stopped(self, event: Event) -> None:
        item_id = event.body.get("item_id")
        for span in reversed(self.speech):
            if span.item_id == item_id and span.audio_end_ms is None:
                span.audio_end_ms = whole(event.body.get("audio_end_ms"))
                span.stopped_s = event.t_s
                return

    def _committed(self, event: Event) -> None:
        item = self._item(string(event.body.get("item_id")))
        item.role = "user"
        item.transcript_expected = self.input_settings().get("transcription") is not None
        rate = self.clock.bytes_per_ms
        spans = [span for span in self.speech if span.item_id == item.id]
        commit = None
        if spans and spans[-1].audio_end_ms is not None:
            start = max(self._boundary, spans[0].audio_start_ms * rate)
            self._boundary = max(start, spans[-1].audio_end_ms * rate)
        else:
            commit = self._pending.next_commit()
            start, self._boundary = self._boundary, self.clock.total_bytes if commit is None else commit.end_bytes
            self._end_speech(spans, event.t_s, answered=commit is None)
        item.input_bytes = (start, max(start, self._boundary))
        if item.id not in self._turn_of:
            self._give(item.id, None if commit is None else commit.turn)

    def _cleared(self, event: Event) -> None:
        self._end_speech(self.speech, event.t_s, answered=False)

    def _end_speech(self, spans: list[SpeechState], now_s: float, *, answered: bool) -> None:
        """Spans that are still open end here, without a word of turn detection."""
        for span in spans:
            if span.stopped_s is None:
                span.stopped_s = now_s
                span.audio_end_ms = self.clock.total_bytes // self.clock.bytes_per_ms
                if (turn := self._turn_of.get(span.item_id)) is not None and not answered:
                    turn.answer_expected = False

    def _item_added(self, event: Event) -> None:
        item = event.body.get("item")
        if isinstance(item, Mapping) and isinstance(item.get("id"), str):
            new = item["id"] not in self.items
            self._take_in(item)
            if new and item.get("role") == "user" and (sent := self._pending.next_nameless()) is not None:
                self._give(item["id"], sent.turn)

    def _item_deleted(self, event: Event) -> None:
        if (item := self.items.get(string(event.body.get("item_id")))) is not None:
            item.deleted = True

    def _item_truncated(self, event: Event) -> None:
        if (item := self.items.get(string(event.body.get("item_id")))) is not None:
            item.truncated_ms = whole(event.body.get("audio_end_ms"))

    def _transcribed(self, event: Event) -> None:
        item = self._item(string(event.body.get("item_id")))
        item.transcript = str(event.body.get("transcript") or "")
        usage = event.body.get("usage")
        # Without usage it was made all the same, and is not free.
        if isinstance(usage, Mapping) or item.id not in self.transcription_usage:
            model = transcription_model(self.config)
            self.transcription_usage[item.id] = (model, dict(usage) if isinstance(usage, Mapping) else {})

    def _transcription_failed(self, event: Event) -> None:
        item = self._item(string(event.body.get("item_id")))
        item.transcript = item.transcript or ""

    # Responses

    def _response_created(self, event: Event) -> None:
        response = event.body.get("response")
        if not isinstance(response, Mapping) or not isinstance(response.get("id"), str):
            return
        if response["id"] not in self.responses:
            self._begin(response, event.t_s)

    def _begin(self, response: Mapping[str, Any], now_s: float) -> ResponseState:
        state = ResponseState(response["id"], now_s)
        key = at(response, "metadata", TURN_KEY)
        ours = isinstance(key, str) and self.turn_with_key(key) is not None
        state.in_conversation = ours or response.get("conversation_id", "") is not None
        self.responses[state.id] = state
        if state.in_conversation:
            self._turn_for(response, now_s).responses.append(state.id)
        return state

    def _turn_for(self, response: Mapping[str, Any], now_s: float) -> TurnState:
        key = at(response, "metadata", TURN_KEY)
        if isinstance(key, str) and (turn := self.turn_with_key(key)) is not None:
            return turn
        if spoken := self._unanswered_speech():
            # Turn detection answers the latest utterance; the ones before were merged into its context.
            return spoken[-1]
        if requested := self.waiting():
            return requested[0]
        turn = self._new_turn(now_s)
        self._claim(turn)
        return turn

    def _output_item(self, event: Event) -> None:
        item, response = event.body.get("item"), self.responses.get(string(event.body.get("response_id")))
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str):
            return
        self._take_in(item)
        if response is not None and item["id"] not in response.items:
            response.items.append(item["id"])

    def _text_delta(self, event: Event) -> None:
        response = self.responses.get(string(event.body.get("response_id")))
        if response is not None and response.first_text_s is None:
            response.first_text_s = event.t_s
        pieces = self._item(string(event.body.get("item_id"))).pieces
        pieces.setdefault(whole(event.body.get("content_index")), []).append(str(event.body.get("delta") or ""))

    def _text_done(self, event: Event) -> None:
        final = event.body.get("text", event.body.get("transcript"))
        if isinstance(final, str):
            pieces = self._item(string(event.body.get("item_id"))).pieces
            pieces[whole(event.body.get("content_index"))] = [final]

    def _audio_delta(self, event: Event) -> None:
        response = self.responses.get(string(event.body.get("response_id")))
        if response is not None and response.first_audio_s is None:
            response.first_audio_s = event.t_s
        if not event.audio:
            return
        item = self._item(string(event.body.get("item_id")))
        item.audio.append(event.audio[0])
        item.bytes_per_ms = bytes_per_ms(self.config, "output")
        if response is not None and response.cut:
            if item.heard_s is None:
                item.heard_s = self.player.position_s(item.id, now_s=event.t_s)
        elif response is None or response.in_conversation:
            self.player.feed(item.id, event.audio[0].length / item.bytes_per_ms / 1000, now_s=event.t_s)

    def _response_done(self, event: Event) -> None:
        response = event.body.get("response")
        if not isinstance(response, Mapping) or not isinstance(response.get("id"), str):
            return
        # A log may begin in the middle of a response, which is billed all the same.
        state = self.responses.get(response["id"]) or self._begin(response, event.t_s)
        if state.over:
            return
        state.done_s = event.t_s
        state.status = str(response.get("status") or "completed")
        state.reason = string(at(response, "status_details", "reason"))
        state.error = string(at(response, "status_details", "error", "message"))
        usage = response.get("usage")
        state.usage = dict(usage) if isinstance(usage, Mapping) else None
        output = response.get("output")
        for item in output if isinstance(output, list) else ():
            if isinstance(item, Mapping) and isinstance(item.get("id"), str):
                self._take_in(item)
                if item["id"] not in state.items:
                    state.items.append(item["id"])

    # Helpers

    def _new_turn(self, now_s: float, *, key: str = "") -> TurnState:
        turn = TurnState(len(self.turns), key=key, opened_s=now_s)
        self.turns.append(turn)
        return turn

    def _give(self, item_id: str, turn: TurnState | None) -> None:
        """An item of the user's to its turn, or to the next request."""
        if turn is None:
            self._pending.add(item_id)
            return
        turn.user_items.append(item_id)
        self._turn_of[item_id] = turn

    def _claim(self, turn: TurnState, event_id: str = "") -> None:
        self._pending.claim(turn, event_id)
        self._turn_of |= dict.fromkeys(turn.user_items, turn)

    def _unanswered_speech(self) -> list[TurnState]:
        """Turns of speech that is over and waits for an answer."""
        open_turns = [t for t in self.turns if t.speech and t.answer_expected and not t.responses and not t.failure]
        return [turn for turn in open_turns if all(span.stopped_s is not None for span in turn.speech)]

    def _item(self, item_id: str) -> ItemState:
        return self.items.setdefault(item_id, ItemState(item_id))

    def _take_in(self, wire: Mapping[str, Any]) -> None:
        item = self._item(wire["id"])
        item.wire = dict(wire)
        item.type = str(wire.get("type") or item.type)
        item.role = str(wire.get("role") or item.role)
        if item.role == "user":
            texts = [string(part.get("text")) for part in parts(wire)]
        elif not item.pieces:
            texts = [string(part.get("text") or part.get("transcript")) for part in parts(wire)]
        else:
            return
        item.pieces = {index: [text] for index, text in enumerate(texts) if text}
