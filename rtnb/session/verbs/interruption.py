"""Stopping an answer, and telling the server how much of it was heard."""

from __future__ import annotations

import time
from contextlib import suppress

from rtnb.errors import SessionClosedError
from rtnb.session.config.content import BYTES_PER_MS
from rtnb.session.wire.connection import Connection

__all__ = ["interrupt", "truncate_cut"]

GRACE_S = 5.0
"""How long a server may take to create a response that is to be cancelled, and to end it."""


async def interrupt(connection: Connection) -> None:
    """Cancel the response and truncate its item at what was played."""
    try:
        # A request that was just sent has no response to cancel yet.
        await connection.until(lambda: not connection.talk.requested(), GRACE_S)
    except TimeoutError:
        connection.give_up()
    active = connection.talk.active_response()
    if active is not None:
        await connection.send({"type": "response.cancel", "response_id": active.id})
        with suppress(TimeoutError):
            await connection.until(lambda: active.over, GRACE_S)
        await truncate_cut(connection)
        return
    # The answer is complete, but the listener has not heard all of it: answers arrive faster than they sound.
    now_s = time.monotonic() - connection.start_s
    if (sounding := connection.talk.player.playing(now_s=now_s)) is not None:
        await _truncate(connection, sounding, connection.talk.player.position_s(sounding, now_s=now_s))


async def truncate_cut(connection: Connection) -> None:
    """Truncate every item that was cut short and is not truncated yet."""
    for item in list(connection.talk.items.values()):
        if item.heard_s is None or item.truncated_ms is not None or item.truncation_sent or not item.audio:
            continue
        # A connection that ended meanwhile has nobody left to tell.
        with suppress(SessionClosedError):
            await _truncate(connection, item.id, item.heard_s)


async def _truncate(connection: Connection, item_id: str, heard_s: float) -> None:
    received_ms = connection.talk.items[item_id].audio_bytes // BYTES_PER_MS
    await connection.send(
        {
            "type": "conversation.item.truncate",
            "item_id": item_id,
            "content_index": 0,
            "audio_end_ms": min(received_ms, int(heard_s * 1000)),
        }
    )
