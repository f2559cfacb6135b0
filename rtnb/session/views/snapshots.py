"""From the reducer's state to the immutable views that are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from rtnb.audio import Clip
from rtnb.errors import ConfigError
from rtnb.pricing import Cost, cost, transcription_cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.prices.book import as_book
from rtnb.session.billing.ledger import ledger_of_log
from rtnb.session.conversation.formats import format_of
from rtnb.session.conversation.reading import at, parts, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import CallState, ItemState, ResponseState, SpeechState, TurnState, heard_s
from rtnb.session.record.log import EventLog
from rtnb.session.views import sound
from rtnb.session.views.kept import Bill, kept_of, made_of, settled, sum_of_costs, sum_of_usages
from rtnb.session.views.measuring import Turning, calls_of, measure, truncated_before, truncations, unheard_s
from rtnb.session.views.pieces import BesideView, ErrorView, GivenView, ImageView, ToolCallView
from rtnb.session.views.shapes import (
    Latency,
    RunView,
    SessionStatus,
    SessionView,
    SpeechSpan,
    TurnStatus,
    TurnView,
    UserKind,
)
from rtnb.tokens import ASSISTANT_AUDIO_MS_PER_TOKEN, TokenUsage

__all__ = ["REASONS", "Observer", "said"]

_Frame: TypeAlias = tuple[str, str, date, object]
"""What all views of a session depend on: the endpoint, the model, the day, and the prices in effect."""

REASONS = {
    "turn_detected": "interrupted by speech",
    "client_cancelled": "cancelled by the client",
    "max_output_tokens": "cut off at max_output_tokens",
    "content_filter": "stopped by the content filter",
}
"""Why a response is not completed, in plain words."""


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
        """The model that the server last said it runs; what a response was made by, its own state says."""
        return self.talk.model

    @property
    def on(self) -> date:
        """The day of the session, for prices."""
        return datetime.fromtimestamp(self.log.start_wall_s, UTC).date()

    def ledger(self, name: str = "") -> Ledger:
        """The session as its bill sees it; costs a pass over all events, once for as long as no more come."""
        kept, made = kept_of(self.talk), (len(self.log), name or self.endpoint, self.endpoint)
        if kept.ledger is None or kept.ledger[0] != made:
            kept.ledger = made, ledger_of_log(self.log, self.talk, name=made[1], endpoint=self.endpoint)
        return kept.ledger[1]

    def turn(self, state: TurnState, *, truncated: Sequence[float] | None = None) -> TurnView:
        """One turn; `truncated` says when items were truncated, where the caller knows already."""
        return self._turn(state, truncations(self.talk) if truncated is None else truncated, self._frame())

    def _frame(self) -> _Frame:
        try:
            prices: object = as_book(None)
        except ConfigError as error:
            prices = str(error)
        return self.endpoint, self.model, self.on, prices

    def _turn(self, state: TurnState, truncated: Sequence[float], frame: _Frame, *, audio: bool = True) -> TurnView:
        talk, kept = self.talk, kept_of(self.talk).turns
        users = [item for item_id in state.user_items if (item := talk.items.get(item_id)) is not None]
        responses = [talk.responses[response_id] for response_id in state.responses]
        answers = [
            item
            for r in responses
            for i in r.items
            if (item := talk.items.get(i)) is not None and item.role == "assistant"
        ]
        calls = calls_of(responses, talk)
        behind = truncated_before(state, responses, truncated, talk)
        made = (frame, behind, made_of(state, users, responses, answers, calls, talk))
        before = kept.get(state.index)
        if before is not None and before[0] == made:
            return self._sounding(before[1], users, answers) if audio else before[1]
        status, reason = self._status(state, responses)
        user_audio, user_start_s = self.user_audio(state, users)
        assistant_audio = sound.answered(answers)
        turning = Turning(
            state=state,
            responses=responses,
            answers=answers,
            user_audio=user_audio,
            user_start_s=user_start_s,
            assistant_audio=assistant_audio,
            span=self.span,
            after_truncation=behind,
        )
        unheard = unheard_s(answers)
        bill = self._bill(state, frame)
        made_by = next((each.model for each in reversed(responses) if each.model), "") or self.model
        images = tuple(image for item in users for image in _images(item))
        view = TurnView(
            index=state.index,
            status=status,
            status_reason=reason,
            user_text=" ".join(text for item in users if (text := said(item))),
            user_kind=_kind(users, images),
            user_audio=user_audio,
            user_start_s=user_start_s,
            speech=tuple(self.span(span) for span in state.speech),
            assistant_text=" ".join(text for item in answers if (text := "".join(item.text).strip())),
            assistant_audio=assistant_audio,
            assistant_start_s=next(
                (start for item in answers if (start := talk.player.start_s(item.id)) is not None), None
            ),
            heard_s=heard_s(answers),
            latency=self.latency(state, responses),
            usage=bill.usage,
            cost=bill.cost,
            model=made_by,
            endpoint=self.endpoint,
            user_images=images,
            user_items=tuple(_given(item) for item in users),
            tool_calls=tuple(_call(call) for call in calls),
            status_details=responses[-1].status_details if responses else None,
            error=_error(state, responses),
            received_s=sum(item.audio_ms for item in answers) / 1000 if assistant_audio is not None else None,
            unheard_s=unheard,
            unheard_cost=self._unheard_cost(unheard, bill.usage, made_by),
            timing=measure(turning, talk),
            settled=settled(state, answers, calls, talk),
        )
        silent = user_audio is None and assistant_audio is None
        without = view if silent else replace(view, user_audio=None, assistant_audio=None)
        kept[state.index] = made, without
        return view if audio else without

    def _sounding(self, view: TurnView, users: Sequence[ItemState], answers: Sequence[ItemState]) -> TurnView:
        """A view with its audio, which is not kept."""
        given = sound.given(users, self.log.stores["sent"])
        answered = sound.answered([item for item in answers if item.audio])
        if given is None and answered is None:
            return view
        return replace(view, user_audio=given, assistant_audio=answered)

    def run(
        self, source: str, turns: Sequence[TurnState], start_bytes: int, end_bytes: int | None, *, done: bool
    ) -> RunView:
        """A streamed recording: its turns, and the input audio between two bytes."""
        end = self.talk.clock.total_bytes if end_bytes is None else end_bytes
        data = self.log.stores["sent"].read(start_bytes, end - start_bytes)
        truncated, frame = truncations(self.talk), self._frame()
        return RunView(
            source=source,
            input=sound.clip_of(data, format_of(self.talk.config, "input")),
            input_start_s=self.talk.clock.t_s(start_bytes, begins=True),
            turns=tuple(self._turn(turn, truncated, frame) for turn in turns),
            speech=tuple(self.span(span) for turn in turns for span in turn.speech),
            done=done,
            model=self.model,
            endpoint=self.endpoint,
        )

    def session(self, status: SessionStatus, notes: Sequence[str] = (), *, audio: bool = True) -> SessionView:
        """The whole session so far; `notes` are told besides those in the log.

        Without `audio` the turns have no clips, which take most of the time where nobody listens to them.
        """
        talk = self.talk
        truncated, frame = truncations(talk), self._frame()
        turns = tuple(self._turn(turn, truncated, frame, audio=audio) for turn in talk.turns)
        bills = self._bills(frame)
        detection = string(at(talk.config, "audio", "input", "turn_detection", "type"))
        return SessionView(
            endpoint=self.endpoint,
            model=self.model,
            voice=str(at(talk.config, "audio", "output", "voice") or ""),
            status=status,
            duration_s=talk.last_s,
            turns=turns,
            usage=self._usage_of(bills),
            cost=self._cost_of(bills),
            errors=tuple(error.message for error in talk.errors if error.severity != "benign"),
            turn_detection={"server_vad": "server VAD", "semantic_vad": "semantic VAD"}.get(detection, ""),
            notes=tuple(dict.fromkeys((*talk.notices, *notes))),
            quiet=tuple(error.message for error in talk.errors if error.severity == "benign"),
            beside=self._beside(frame),
        )

    def usage(self) -> TokenUsage | None:
        """Tokens of the whole session so far, which needs no audio."""
        return self._usage_of(self._bills(self._frame()))

    def cost(self) -> Cost | None:
        """What the whole session cost so far, which needs no audio."""
        return self._cost_of(self._bills(self._frame()))

    def _usage_of(self, bills: Sequence[Bill]) -> TokenUsage | None:
        return kept_of(self.talk).usages.of([bill.usage for bill in bills if bill.usage is not None])

    def _cost_of(self, bills: Sequence[Bill]) -> Cost | None:
        return kept_of(self.talk).costs.of([bill.cost for bill in bills if bill.cost is not None])

    def _bills(self, frame: _Frame) -> list[Bill]:
        """Of all turns, and of the responses that belong to none, which are billed like any other."""
        return [*(self._bill(turn, frame) for turn in self.talk.turns), *self._outside(frame)]

    def _outside(self, frame: _Frame) -> list[Bill]:
        outside = [response for response in self.talk.responses.values() if not response.in_conversation]
        return [
            self._priced(each.id, [(each.model, each.usage)], [], frame) for each in outside if each.usage is not None
        ]

    def _beside(self, frame: _Frame) -> BesideView | None:
        bills = self._outside(frame)
        if not bills:
            return None
        usages = [bill.usage for bill in bills if bill.usage is not None]
        costs = [bill.cost for bill in bills if bill.cost is not None]
        return BesideView(len(bills), sum_of_usages(usages) if usages else None, sum_of_costs(costs) if costs else None)

    def _bill(self, state: TurnState, frame: _Frame) -> Bill:
        talk = self.talk
        responses = [talk.responses[response_id] for response_id in state.responses]
        usages = [(each.model, each.usage) for each in responses if each.usage is not None]
        heard = talk.transcription_usage
        return self._priced(
            state.index, usages, [heard[item_id] for item_id in state.user_items if item_id in heard], frame
        )

    def _priced(
        self,
        key: int | str,
        usages: list[tuple[str, dict[str, Any]]],
        heard: list[tuple[str, dict[str, Any]]],
        frame: _Frame,
    ) -> Bill:
        """Each by the model that made it; the last one where the log does not say."""
        kept = kept_of(self.talk).bills
        made = (frame[1:], usages, heard)
        if (before := kept.get(key)) is not None and before[0] == made:
            return before[1]
        _, model, on, _ = frame
        found = [TokenUsage.from_wire(usage) for _, usage in usages]
        # Of what may be billed by time the counts alone do not do.
        timed = ["seconds" in usage or "type" in usage for _, usage in usages]
        costs = [
            cost(usage if timed[n] else found[n], by or model, on) for n, (by, usage) in enumerate(usages)
        ]  # fmt: skip
        costs += [transcription_cost(usage, by, on) for by, usage in heard]
        bill = Bill(sum_of_usages(found) if found else None, sum_of_costs(costs) if costs else None)
        kept[key] = made, bill
        return bill

    def _status(self, state: TurnState, responses: Sequence[ResponseState]) -> tuple[TurnStatus, str]:
        if state.failure is not None:
            return "failed", str(state.failure.get("message") or "the server refused the request")
        if not responses:
            if any(span.stopped_s is None for span in state.speech):
                return "listening", ""
            if not state.answer_expected:
                return "no_response", state.unanswered or "no response was asked for"
            return "waiting", ""
        last = responses[-1]
        status: TurnStatus = (
            last.status  # type: ignore[assignment]
            if last.status in ("in_progress", "completed", "cancelled", "incomplete", "failed")
            else "failed"
        )
        return status, last.error or REASONS.get(last.reason, last.reason)

    def user_audio(self, state: TurnState, users: Sequence[ItemState]) -> tuple[Clip | None, float]:
        """What was heard of the user in a turn, and when its first sample was captured."""
        clip = sound.given(users, self.log.stores["sent"])
        return (None, state.opened_s) if clip is None else (clip, self.user_start_s(state, users, clip.duration_s))

    def user_start_s(self, state: TurnState, users: Sequence[ItemState], duration_s: float) -> float:
        """When the first sample of a user's audio of that length was captured."""
        spans = [item.input_bytes for item in users if item.input_bytes is not None]
        if not spans:
            # Audio in an item of the client's: as if it had been spoken up to the moment it was sent.
            return state.opened_s - duration_s
        if state.committed_s is not None and not state.speech:
            # Sent at once, so it never had a time of its own: shown as if it had been spoken up to the commit.
            return state.committed_s - duration_s
        if state.speech:
            # Anchored at the onset: the padding before it may reach back beyond a pause in which nothing was sent.
            rate, span = self.talk.clock.bytes_per_ms, state.speech[0]
            padding_ms = span.audio_start_ms + span.prefix_ms - spans[0][0] / rate
            return self.span(span).onset_s - padding_ms / 1000
        return self.talk.clock.t_s(spans[0][0], begins=True)

    def span(self, span: SpeechState) -> SpeechSpan:
        """A span of detected speech on the session's clock."""
        rate, clock = self.talk.clock.bytes_per_ms, self.talk.clock
        return SpeechSpan(
            start_s=clock.onset_s((span.audio_start_ms + span.prefix_ms) * rate) - span.prefix_ms / 1000,
            end_s=None if span.audio_end_ms is None else clock.t_s(span.audio_end_ms * rate),
            prefix_s=span.prefix_ms / 1000,
            silence_s=span.silence_ms / 1000,
        )

    def latency(self, state: TurnState, responses: Sequence[ResponseState]) -> Latency | None:
        """From the end of speech, or from the request where nobody spoke, to the first of the answer."""
        # Behind function calls it is not the first response that brings the answer.
        first = next((r for r in responses if r.first_audio_s is not None or r.first_text_s is not None), None)
        if first is None:
            return None
        if first.first_audio_s is not None:
            end, end_s = "first audio", first.first_audio_s
        elif first.first_text_s is not None:
            end, end_s = "first text", first.first_text_s
        else:
            return None
        if state.speech:
            speech_end_s = self.span(state.speech[-1]).speech_end_s
            # How long semantic VAD waited is not on the wire: where the speech ended before that cannot be told.
            begin = "speech end" if state.speech[-1].silence_ms else "turn end"
            return None if speech_end_s is None else Latency(begin, end, speech_end_s, end_s)
        if state.committed_s is not None:
            return Latency("commit", end, state.committed_s, end_s)
        if state.requested_s is not None:
            return Latency("request", end, state.requested_s, end_s)
        return Latency("response created", end, first.created_s, end_s)

    def _unheard_cost(self, unheard: float | None, usage: TokenUsage | None, model: str) -> Cost | None:
        """What audio that nobody heard was billed: no more than the server counted."""
        if unheard is None or usage is None:
            return None
        tokens = min(usage.output_audio, round(unheard * 1000 / ASSISTANT_AUDIO_MS_PER_TOKEN))
        return cost(TokenUsage(output_audio=tokens), model, self.on)


def said(item: ItemState) -> str:
    """What an item says, written or spoken."""
    return " ".join([*item.text, item.transcript or ""]).strip()


def _given(item: ItemState) -> GivenView:
    return GivenView(said(item), item.input_bytes is not None or bool(item.given), tuple(_images(item)))


def _images(item: ItemState) -> Iterable[ImageView]:
    for part in parts(item.wire):
        if part.get("type") == "input_image":
            yield ImageView(string(part.get("image_url")), string(part.get("detail")))


def _kind(users: Sequence[ItemState], images: Sequence[ImageView]) -> UserKind:
    kinds: list[UserKind] = []
    if any(item.text for item in users):
        kinds.append("text")
    if any(item.input_bytes is not None or item.given for item in users):
        kinds.append("audio")
    if images:
        kinds.append("image")
    return "mixed" if len(kinds) > 1 else kinds[0] if kinds else "none"


def _error(state: TurnState, responses: Sequence[ResponseState]) -> ErrorView | None:
    """What the server called an error: of the request, or of the last response."""
    if state.failure is not None:
        return ErrorView.of(state.failure)
    if not responses:
        return None
    last = responses[-1]
    found = at(last.status_details, "error")
    if not isinstance(found, Mapping):
        return ErrorView.of({}) if last.status == "failed" else None
    return ErrorView.of(found if found.get("message") else {**found, "message": last.error})


def _call(call: CallState) -> ToolCallView:
    duration_s = None
    if call.started_s is not None and call.finished_s is not None:
        duration_s = call.finished_s - call.started_s
    return ToolCallView(
        name=call.name,
        arguments=call.arguments,
        output=call.output,
        error=call.error,
        duration_s=duration_s,
        background=call.background,
        status=call.status or ("open" if call.output is None else "completed"),
        call_id=call.call_id,
    )
