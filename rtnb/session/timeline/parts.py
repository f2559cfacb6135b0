"""What else lies in the lanes: function calls, transcripts, errors and connections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtnb.protocol.faults import row_of
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import CallState, ItemState, ResponseState, TurnState
from rtnb.session.timeline.shapes import Call, Heard, Link, Problem, Speech, Transcript
from rtnb.session.views.pieces import ToolCallView

__all__ = ["calls_of", "links_of", "problems_of", "said", "transcripts_of"]


def calls_of(talk: Conversation, states: Iterable[CallState], turn: int) -> Iterable[Call]:
    """The function calls of a turn, in order."""
    for call in states:
        moments = [call.done_s, call.started_s, call.finished_s, call.output_s]
        asked_s = min((moment for moment in moments if moment is not None), default=None)
        if asked_s is None:
            response = talk.responses.get(call.response_id)
            if response is None:
                continue
            asked_s = response.created_s
        shown = ToolCallView(call.name, call.arguments, call.output)
        yield Call(
            call_id=call.call_id,
            name=call.name,
            signature=shown.signature,
            status=call.status or ("open" if call.output is None else "completed"),
            asked_s=asked_s,
            done_s=call.done_s,
            started_s=call.started_s,
            finished_s=call.finished_s,
            output_s=call.output_s,
            output=call.output or "",
            error=call.error,
            background=call.background,
            response_id=call.response_id,
            item_id=call.item_id,
            turn=turn,
        )


def transcripts_of(
    talk: Conversation,
    state: TurnState,
    responses: Iterable[ResponseState],
    speech: Sequence[Speech],
    heard: Sequence[Heard],
) -> Iterable[Transcript]:
    """What was said by both sides, where it was said; what was typed stands at the moment it was sent."""
    for item_id in state.user_items:
        item = talk.items.get(item_id)
        if item is not None:
            spans = [span for span in speech if span.item_id == item_id]
            yield from _user(talk, item, state.index, state.opened_s, spans)
    yield from said(talk, responses, heard, state.index)


def said(
    talk: Conversation, responses: Iterable[ResponseState], heard: Sequence[Heard], turn: int
) -> Iterable[Transcript]:
    """What the assistant said or wrote in some responses."""
    played = {each.item_id: each for each in heard}
    for response in responses:
        for item_id in response.items:
            item = talk.items.get(item_id)
            text = "" if item is None or item.role != "assistant" else "".join(item.text).strip()
            if not text:
                continue
            sound = played.get(item_id)
            start_s = sound.start_s if sound else response.first_text_s or response.created_s
            end_s = sound.end_s if sound else response.done_s or talk.last_s
            yield Transcript(
                role="assistant",
                text=text,
                start_s=start_s,
                end_s=max(start_s, end_s),
                ready_s=response.done_s,
                status="in_progress" if response.done_s is None else "completed",
                item_id=item_id,
                turn=turn,
            )


def _user(
    talk: Conversation, item: ItemState, turn: int, opened_s: float, spans: Sequence[Speech]
) -> Iterable[Transcript]:
    text = " ".join([*item.text, item.transcript or item.partial]).strip()
    awaited = item.transcript_expected and item.transcript is None
    if not text and not awaited:
        return
    start_s = end_s = opened_s
    if spans:
        start_s, last_s = spans[0].onset_s, spans[-1].speech_end_s
        end_s = talk.last_s if last_s is None else last_s
    elif item.input_bytes is not None and item.committed_s is not None:
        end_s = item.committed_s
        start_s = end_s - (item.input_bytes[1] - item.input_bytes[0]) / talk.clock.bytes_per_ms / 1000
    lag_s = None
    if item.transcribed_s is not None and item.committed_s is not None:
        lag_s = item.transcribed_s - item.committed_s
    failed = item.transcribed_s is not None and not text
    yield Transcript(
        role="user",
        text=text,
        start_s=start_s,
        end_s=max(start_s, end_s),
        ready_s=item.transcribed_s,
        committed_s=item.committed_s,
        lag_s=lag_s,
        status="in_progress" if awaited else "failed" if failed else "completed",
        item_id=item.id,
        turn=turn,
    )


def problems_of(talk: Conversation) -> Iterable[Problem]:
    """All ``error`` events, in order."""
    for error in talk.errors:
        members = {"code": error.code, "type": error.type, "param": error.param, "message": error.message}
        row = row_of({name: value for name, value in members.items() if value is not None})
        yield Problem(
            t_s=error.t_s,
            message=error.message,
            code=error.code or "",
            severity=error.severity,
            advice="" if row is None else row.advice,
            cause=error.cause,
            cause_id=error.event_id or "",
        )


def links_of(talk: Conversation) -> Iterable[Link]:
    """All connections, in order."""
    for each in talk.connections:
        yield Link(
            start_s=each.opened_s, lost_s=each.lost_s, session_id=each.session_id, code=each.code, reason=each.reason
        )
