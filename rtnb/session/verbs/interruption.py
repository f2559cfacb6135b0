"""Stopping an answer, and telling the server how much of it was heard."""

from __future__ import annotations

from contextlib import suppress

from rtnb.errors import SessionClosedError
from rtnb.session.conversation.state import TurnState
from rtnb.session.core import Core

__all__ = ["interrupt", "truncate_cut"]

GRACE_S = 5.0
"""How long a server may take to create a response that is to be cancelled, and to end it."""


async def interrupt(core: Core, only: TurnState | None = None) -> None:
    """Cancel the response and truncate its item at what was played; `only` that of one turn, if it is given."""
    talk = core.talk
    try:
        # A request that was just sent has no response to cancel yet.
        await core.until(lambda: not (talk.requested() if only is None else only in talk.waiting()), GRACE_S)
    except TimeoutError:
        core.note("given_up")
    active = talk.active_response()
    if only is not None and (active is None or active.id not in only.responses):
        return
    if active is not None:
        await core.send({"type": "response.cancel", "response_id": active.id})
        with suppress(TimeoutError):
            await core.until(lambda: active.over, GRACE_S)
        await truncate_cut(core)
        return
    # The answer is complete, but the listener has not heard all of it: answers arrive faster than they sound.
    now_s = core.now_s()
    if (sounding := talk.player.playing(now_s=now_s)) is not None:
        await _truncate(core, sounding, talk.player.position_s(sounding, now_s=now_s))


async def truncate_cut(core: Core) -> None:
    """Truncate every item that was cut short and is not truncated yet."""
    talk = core.talk
    for item_id in list(talk.cut_items):
        item = talk.items[item_id]
        if item.heard_s is None or item.truncated_ms is not None or item.truncation_sent or item.deleted:
            talk.cut_items.pop(item_id, None)
        elif item.audio:
            # A connection that ended meanwhile has nobody left to tell.
            with suppress(SessionClosedError):
                await _truncate(core, item_id, item.heard_s)


async def _truncate(core: Core, item_id: str, heard_s: float) -> None:
    talk = core.talk
    audio_end_ms = min(int(talk.items[item_id].audio_ms), int(heard_s * 1000))
    if audio_end_ms > 0:
        event = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0}
        await core.send({**event, "audio_end_ms": audio_end_ms})
    elif talk.active_response() is None:
        # Nobody heard any of it, and an answer of no length is refused; while it is still made it cannot go.
        talk.cut_items.pop(item_id, None)
        await core.send({"type": "conversation.item.delete", "item_id": item_id})
