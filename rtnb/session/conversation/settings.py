"""What the server says of the session and of the client's mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.session.conversation import speech
from rtnb.session.conversation.formats import bytes_per_ms, format_of
from rtnb.session.conversation.reading import at, number, string
from rtnb.session.conversation.requests import ACTIVE_RESPONSE
from rtnb.session.conversation.state import ConnectionState, ErrorState, TurnState

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS", "LOST"]

LOST = "connection_lost"
"""Our own code for what a connection took with it."""


def created(talk: Conversation, event: Event) -> None:
    """A connection begins; on every one but the first the conversation is empty and the input buffer's clock at 0."""
    session = event.body.get("session")
    if talk.connections and not _begins(talk, event):
        updated(talk, event)
        return
    talk.opening = False
    if talk.connections:
        abandon(talk, event.t_s)
        talk.order.clear()
        talk.echoes = False
    body = session if isinstance(session, Mapping) else {}
    talk.connections.append(
        ConnectionState(
            event.t_s,
            string(body.get("id")),
            number(body.get("expires_at")),
            base_bytes=talk.clock.total_bytes,
            event_id=string(event.body.get("event_id")),
        )
    )
    updated(talk, event)


def _begins(talk: Conversation, event: Event) -> bool:
    """Whether a further ``session.created`` is that of a new connection, and not a doubled one."""
    if talk.notes_connections:
        return talk.opening
    last, session = talk.connections[-1], event.body.get("session")
    named = (string(event.body.get("event_id")), string(at(session, "id")))
    return not all(named) or named != (last.event_id, last.session_id)


def updated(talk: Conversation, event: Event) -> None:
    """The settings in effect."""
    session = event.body.get("session")
    if isinstance(session, Mapping):
        talk.config = dict(session)
        talk.model = string(talk.config.get("model")) or talk.model
        talk.clock.bytes_per_ms = bytes_per_ms(talk.config, "input")
        talk.output_format = format_of(talk.config, "output")


def abandon(talk: Conversation, now_s: float) -> None:
    """What a connection left unfinished is never finished."""
    for request in talk.requests:
        if request.turn is not None and request.turn.failure is None:
            request.turn.failure = {
                "type": "connection_error",
                "code": LOST,
                "message": "The connection ended before the server had answered.",
            }
            talk.settle(request.turn)
    talk.requests.clear()
    talk.pending.forget()
    for response in list(talk.open_responses.values()):
        response.status, response.done_s = "failed", now_s
        response.error = "The connection ended before the response did."
        response.held = False
        response.status_details = {"type": "failed", "error": {"type": "connection_error", "code": LOST}}
    talk.open_responses.clear()
    speech.end(talk, talk.open_speech, now_s, answered=False)
    for turn in speech.unanswered(talk):
        turn.answer_expected = False
    talk.boundary = talk.clock.total_bytes


def error(talk: Conversation, event: Event) -> None:
    """An ``error`` event: kept, and told to the turn it ends."""
    body = event.body.get("error")
    body = body if isinstance(body, Mapping) else {}
    event_id, code = body.get("event_id"), body.get("code")
    event_id = event_id if isinstance(event_id, str) else None
    kind, param = body.get("type"), body.get("param")
    talk.errors.append(
        ErrorState(
            event.t_s,
            code if isinstance(code, str) else None,
            str(body.get("message") or "unknown error"),
            event_id,
            cause=talk.sent_types.get(event_id or "", ""),
            severity=classify(body).severity,
            type=kind if isinstance(kind, str) else None,
            param=param if isinstance(param, str) else None,
        )
    )
    turn = _ended_by(talk, string(event_id), code)
    if turn is None or turn.failure is not None:
        return
    asked = [request for request in talk.requests if request.turn is turn]
    talk.requests = [request for request in talk.requests if request.turn is not turn]
    if code == ACTIVE_RESPONSE and asked and (turn.named or turn in talk.owed):
        # The client named this turn itself, so it is one that asks again.
        turn.blocked = True
    elif not turn.responses or asked:
        turn.failure = dict(body)
        talk.settle(turn)


def _ended_by(talk: Conversation, event_id: str, code: object) -> TurnState | None:
    """The turn that an error ends, if any."""
    request = next((each for each in talk.requests if event_id and each.event_id == event_id), None)
    if request is not None:
        if request.turn is None:
            talk.requests.remove(request)
        talk.pending.refuse(event_id, code)
        return request.turn
    turn = talk.pending.refuse(event_id, code)
    if turn is None and not event_id and len(talk.requests) == 1:
        turn = talk.requests[0].turn
        if turn is None:
            # It is about a response outside of the conversation.
            talk.requests.clear()
            return None
    if turn is None and code == ACTIVE_RESPONSE:
        # Speech that does not interrupt was over while another answer was running.
        turn = next(reversed(speech.unanswered(talk)), None)
    return turn


HANDLERS = {
    ("received", "session.created"): created,
    ("received", "transcription_session.created"): created,
    ("received", "session.updated"): updated,
    ("received", "transcription_session.updated"): updated,
    ("received", "error"): error,
}
