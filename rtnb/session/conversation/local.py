"""rtnb's own notes in the log: what a replay could not know from the wire alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rtnb.protocol.envelope import Event
from rtnb.session.conversation import settings
from rtnb.session.conversation.reading import number, string

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS"]


def notice(talk: Conversation, event: Event) -> None:
    """Something that the user was told."""
    talk.notices.append(string(event.body.get("text")))


def opened(talk: Conversation, event: Event) -> None:
    """A connection stands; the server's greeting comes next."""
    talk.opening = talk.notes_connections = True


def lost(talk: Conversation, event: Event) -> None:
    """A connection ended without being asked to."""
    if talk.connections:
        last = talk.connections[-1]
        code = number(event.body.get("code"))
        last.lost_s, last.code = event.t_s, None if code is None else int(code)
        last.reason = string(event.body.get("reason"))
    settings.abandon(talk, event.t_s)
    talk.player.skip(now_s=event.t_s)


def given_up(talk: Conversation, event: Event) -> None:
    """The client stopped waiting for responses that were never created."""
    for request in talk.requests:
        if request.turn is not None:
            request.turn.failure = {"message": "Given up: the server never created the response.", "code": None}
            talk.settle(request.turn)
    talk.requests.clear()


def owed(talk: Conversation, event: Event) -> None:
    """Speech whose answer was refused because of another one: the client asks for it when that is over."""
    turn = talk.turn_of.get(string(event.body.get("item_id")))
    if turn is None or turn.responses or turn in talk.owed:
        return
    turn.failure = None
    talk.spoken.pop(turn.index, None)
    talk.owed.append(turn)


def settled(talk: Conversation, event: Event) -> None:
    """No response will be such a turn's own: others know what was said in it, or it cannot be asked for."""
    turn = talk.turn_of.get(string(event.body.get("item_id")))
    if turn is None or turn not in talk.owed:
        return
    talk.settle(turn)
    turn.blocked, turn.answer_expected = False, False
    turn.unanswered = string(event.body.get("reason"))
    problem = event.body.get("error")
    if isinstance(problem, Mapping):
        turn.failure = dict(problem)


def handover_failed(talk: Conversation, event: Event) -> None:
    """The connection before is used again, and it has the conversation."""
    order = event.body.get("order")
    talk.order.clear()
    for item_id in order if isinstance(order, list) else ():
        if isinstance(item_id, str):
            talk.order.add(item_id, None)


def history(talk: Conversation, event: Event) -> None:
    """Items that are about to be loaded: they are of the past, and no request takes them for what was just said."""
    listed = event.body.get("items")
    for item_id in listed if isinstance(listed, list) else ():
        if isinstance(item_id, str):
            talk.item(item_id)


def player(talk: Conversation, event: Event) -> None:
    """A real player that reports what it played came or went."""
    if event.body.get("attached") is True:
        talk.player.attach(now_s=event.t_s)
    else:
        talk.player.detach(now_s=event.t_s)


def playback(talk: Conversation, event: Event) -> None:
    """A real player's report."""
    played_ms = number(event.body.get("played_ms"))
    if played_ms is not None:
        talk.player.report(string(event.body.get("item_id")), played_ms / 1000, now_s=event.t_s)


HANDLERS = {
    ("local", "rtnb.notice"): notice,
    ("local", "rtnb.connection.opened"): opened,
    ("local", "rtnb.connection.lost"): lost,
    ("local", "rtnb.given_up"): given_up,
    ("local", "rtnb.answer.owed"): owed,
    ("local", "rtnb.answer.settled"): settled,
    ("local", "rtnb.handover.failed"): handover_failed,
    ("local", "rtnb.history"): history,
    ("local", "rtnb.player"): player,
    ("local", "rtnb.playback"): playback,
}
