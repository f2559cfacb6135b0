"""From the reducer's state to the immutable views that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from rtnb.audio import Clip
from rtnb.pricing import Cost, cost, transcription_cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.billing.ledger import ledger_of_log
from rtnb.session.config.content import WIRE_RATE_HZ
from rtnb.session.conversation.reading import at, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, ResponseState, SpeechState, TurnState, heard_s
from rtnb.session.record.log import EventLog
from rtnb.session.views.shapes import Latency, RunView, SessionView, SpeechSpan, TurnStatus, TurnView
from rtnb.tokens import TokenUsage

__all__ = ["Observer"]

_REASONS = {
    "turn_detected": "interrupted by speech",
    "client_cancelled": "cancelled by the client",
    "max_output_tokens": "cut off at max_output_tokens",
    "content_filter": "stopped by the content filter",
}


@dataclass(frozen=True, slots=True)
class Observer:
    """Makes views of one session. Call it on the thread that owns the conversation.

    Parameters
    ----------
    talk : Conversation
    log : EventLog
        Holds the audio and the wall clock.
    endpoint : str
        What answers, in words.
    """

    talk: Conversation
    log: EventLog
    endpoint: str

    @property
    def model(self) -> str:
        """The model that the server says it runs."""
        return str(self.talk.config.get("model") or "")

    @property
    def on(self) -> date:
        """The day of the session, for prices."""
        return datetime.fromtimestamp(self.log.start_wall_s, UTC).date()

    def ledger(self, name: str = "") -> Ledger:
        """The session as its bill sees it; costs a pass over all events."""
        return ledger_of_log(self.log, self.talk, name=name or self.endpoint, endpoint=self.endpoint)

    def turn(self, state: TurnState) -> TurnView:
        """One turn."""
        talk = self.talk
        users = [item for item_id in state.user_items if (item := talk.items.get(item_id)) is not None]
        responses = [talk.responses[response_id] for response_id in state.responses]
        answers = [
            item
            for r in responses
            for i in r.items
            if (item := talk.items.get(i)) is not None and item.role == "assistant"
        ]
        status, reason = self._status(state, responses)
        user_audio, user_start_s = self._user_audio(state, users)
        return TurnView(
            index=state.index,
            status=status,
            status_reason=reason,
            user_text=" ".join(text for item in users if (text := _said(item))),
            user_kind=_kind(users),
            user_audio=user_audio,
            user_start_s=user_start_s,
            speech=tuple(self._span(span) for span in state.speech),
            assistant_text=" ".join(text for item in answers if (text := "".join(item.text).strip())),
            assistant_audio=_assistant_audio(answers),
            assistant_start_s=next(
                (start for item in answers if (start := talk.player.start_s(item.id)) is not None), None
            ),
            heard_s=heard_s(answers),
            latency=self._latency(state, responses),
            usage=_usage(responses),
            cost=self._cost(state, responses),
            model=self.model,
            endpoint=self.endpoint,
        )

    def run(self, source: str, first: int, start_bytes: int, end_bytes: int | None, *, done: bool) -> RunView:
        """A streamed recording: the turns from index `first` on and the input audio between two bytes."""
        end = self.talk.clock.total_bytes if end_bytes is None else end_bytes
        data = self.log.stores["sent"].read(start_bytes, (end - start_bytes) // 2 * 2)
        turns = self.talk.turns[first:]
        return RunView(
            source=source,
            input=Clip.from_pcm16(data, WIRE_RATE_HZ),
            input_start_s=self.talk.clock.t_s(start_bytes, begins=True),
            turns=tuple(self.turn(turn) for turn in turns),
            speech=tuple(self._span(span) for turn in turns for span in turn.speech),
            done=done,
            model=self.model,
            endpoint=self.endpoint,
        )

    def session(self, status: Literal["open", "closed", "lost", "recording"], notes: Sequence[str] = ()) -> SessionView:
        """The whole session so far."""
        talk = self.talk
        turns = tuple(self.turn(turn) for turn in talk.turns)
        detection = string(at(talk.config, "audio", "input", "turn_detection", "type"))
        return SessionView(
            endpoint=self.endpoint,
            model=self.model,
            voice=str(at(talk.config, "audio", "output", "voice") or ""),
            status=status,
            duration_s=talk.last_s,
            turns=turns,
            usage=self.usage(),
            cost=self.cost(),
            errors=tuple(error.message for error in talk.errors),
            turn_detection={"server_vad": "server VAD", "semantic_vad": "semantic VAD"}.get(detection, ""),
            notes=tuple(notes),
        )

    def usage(self) -> TokenUsage | None:
        """Tokens of the whole session so far, which needs no audio."""
        return _usage(list(self.talk.responses.values()))

    def cost(self) -> Cost | None:
        """What the whole session cost so far, which needs no audio."""
        talk = self.talk
        by_turn = [self._cost(turn, [talk.responses[each] for each in turn.responses]) for turn in talk.turns]
        # Responses outside of the conversation belong to no turn and are billed like any other.
        return _sum_costs([*(each for each in by_turn if each is not None), *self._outside()])

    def _status(self, state: TurnState, responses: Sequence[ResponseState]) -> tuple[TurnStatus, str]:
        if state.failure is not None:
            return "failed", str(state.failure.get("message") or "the server refused the request")
        if not responses:
            if any(span.stopped_s is None for span in state.speech):
                return "listening", ""
            if not state.answer_expected:
                return "no_response", "no response was asked for"
            return "waiting", ""
        last = responses[-1]
        status: TurnStatus = (
            last.status  # type: ignore[assignment]
            if last.status in ("in_progress", "completed", "cancelled", "incomplete", "failed")
            else "failed"
        )
        return status, last.error or _REASONS.get(last.reason, last.reason)

    def _user_audio(self, state: TurnState, users: Sequence[ItemState]) -> tuple[Clip | None, float]:
        spans = [item.input_bytes for item in users if item.input_bytes is not None]
        if not spans:
            return None, state.opened_s
        store = self.log.stores["sent"]
        pieces = (store.read(start, end - start) for start, end in spans)
        data = b"".join(piece[: len(piece) // 2 * 2] for piece in pieces)  # a log may hold less than an item has
        if not data:
            return None, state.opened_s
        clip = Clip.from_pcm16(data, WIRE_RATE_HZ)
        if state.committed_s is not None and not state.speech:
            # Sent at once, so it never had a time of its own: shown as if it had been spoken up to the commit.
            return clip, state.committed_s - clip.duration_s
        if state.speech:
            # Anchored at the onset: the padding before it may reach back beyond a pause in which nothing was sent.
            rate, span = self.talk.clock.bytes_per_ms, state.speech[0]
            padding_ms = span.audio_start_ms + span.prefix_ms - spans[0][0] / rate
            return clip, self._span(span).onset_s - padding_ms / 1000
        return clip, self.talk.clock.t_s(spans[0][0], begins=True)

    def _span(self, span: SpeechState) -> SpeechSpan:
        rate, clock = self.talk.clock.bytes_per_ms, self.talk.clock
        return SpeechSpan(
            start_s=clock.t_s((span.audio_start_ms + span.prefix_ms) * rate, begins=True) - span.prefix_ms / 1000,
            end_s=None if span.audio_end_ms is None else clock.t_s(span.audio_end_ms * rate),
            prefix_s=span.prefix_ms / 1000,
            silence_s=span.silence_ms / 1000,
        )

    def _latency(self, state: TurnState, responses: Sequence[ResponseState]) -> Latency | None:
        """From the end of speech, or from the request where nobody spoke, to the first of the answer."""
        if not responses:
            return None
        first = responses[0]
        if first.first_audio_s is not None:
            end, end_s = "first audio", first.first_audio_s
        elif first.first_text_s is not None:
            end, end_s = "first text", first.first_text_s
        else:
            return None
        if state.speech:
            speech_end_s = self._span(state.speech[-1]).speech_end_s
            # How long semantic VAD waited is not on the wire: where the speech ended before that cannot be told.
            begin = "speech end" if state.speech[-1].silence_ms else "turn end"
            return None if speech_end_s is None else Latency(begin, end, speech_end_s, end_s)
        if state.committed_s is not None:
            return Latency("commit", end, state.committed_s, end_s)
        if state.requested_s is not None:
            return Latency("request", end, state.requested_s, end_s)
        return Latency("response created", end, first.created_s, end_s)

    def _outside(self) -> list[Cost]:
        outside = (r for r in self.talk.responses.values() if not r.in_conversation)
        return [cost(r.usage, self.model, self.on) for r in outside if r.usage is not None]

    def _cost(self, state: TurnState, responses: Sequence[ResponseState]) -> Cost | None:
        costs = [cost(r.usage, self.model, self.on) for r in responses if r.usage is not None]
        for item_id in state.user_items:
            if (heard := self.talk.transcription_usage.get(item_id)) is not None:
                costs.append(transcription_cost(heard[1], heard[0], self.on))
        return _sum_costs(costs)


def _said(item: ItemState) -> str:
    return " ".join([*item.text, item.transcript or ""]).strip()


def _kind(users: Sequence[ItemState]) -> Literal["text", "audio", "mixed", "none"]:
    typed = any(item.text for item in users)
    spoken = any(item.input_bytes is not None for item in users)
    if typed and spoken:
        return "mixed"
    return "text" if typed else "audio" if spoken else "none"


def _assistant_audio(answers: Sequence[ItemState]) -> Clip | None:
    data = b"".join(ref.bytes() for item in answers for ref in item.audio)
    return Clip.from_pcm16(data[: len(data) // 2 * 2], WIRE_RATE_HZ) if data else None


def _usage(responses: Sequence[ResponseState]) -> TokenUsage | None:
    found = [TokenUsage.from_wire(r.usage) for r in responses if r.usage is not None]
    return sum(found[1:], found[0]) if found else None


def _sum_costs(costs: Sequence[Cost]) -> Cost | None:
    return sum(costs[1:], costs[0]) if costs else None
