"""One exchange: from what the user says to the answered and transcribed turn."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from rtnb.audio.pacing import chunks
from rtnb.errors import ApiError, SessionClosedError
from rtnb.protocol.ids import new_id
from rtnb.session.config.content import BYTES_PER_MS
from rtnb.session.conversation.reducer import TURN_KEY
from rtnb.session.conversation.state import TurnState
from rtnb.session.verbs.streaming import append_event
from rtnb.session.wire.connection import CLOSED, Connection

__all__ = ["TRANSCRIPT_GRACE_S", "answered", "over_of", "say", "settle", "transcribed"]

APPEND_MS = 500
"""Audio that need not keep pace travels in pieces of this length."""

TRANSCRIPT_GRACE_S = 5.0
"""How long a finished turn waits for the transcription of what the user said."""


async def say(connection: Connection, said: str | bytes, response: dict[str, Any], key: str) -> None:
    """Put the words or the audio into the conversation and ask for a response, once none is active."""
    talk = connection.talk
    await connection.until(lambda: talk.active_response() is None)
    if isinstance(said, str):
        await _say_text(connection, said)
        await _request(connection, response, key)
    else:
        await _say_audio(connection, said, response, key)


async def answered(connection: Connection, key: str) -> TurnState:
    """Wait for the end of the answer.

    Raises
    ------
    ApiError
        The server refused the request.
    """
    talk = connection.talk
    state = talk.turn_with_key(key)
    assert state is not None
    await connection.until(lambda: talk.over(state))
    if state.failure is not None:
        raise ApiError(state.failure)
    return state


async def transcribed(connection: Connection, states: Sequence[TurnState]) -> None:
    """Wait for the transcriptions of some turns, for a while."""
    talk = connection.talk
    try:
        await connection.until(lambda: all(talk.heard(state) for state in states), TRANSCRIPT_GRACE_S)
    except (TimeoutError, SessionClosedError):
        return


def over_of(
    connection: Connection,
    state: TurnState,
    keep: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
) -> concurrent.futures.Future[None]:
    """A future that is done when a turn is over and transcribed; `keep` starts what waits for it."""
    over: concurrent.futures.Future[None] = concurrent.futures.Future()
    talk = connection.talk

    async def wait() -> None:
        await connection.until(lambda: talk.over(state))
        await transcribed(connection, [state])

    if talk.over(state) and talk.heard(state):
        over.set_result(None)
    elif connection.over:
        over.set_exception(SessionClosedError(CLOSED))
    else:
        settle(over, keep(wait()))
    return over


def settle(over: concurrent.futures.Future[None], task: asyncio.Task[None]) -> None:
    """Let a thread-safe future learn how a task went; a cancelled task means that the session was closed."""

    def done(task: asyncio.Task[None]) -> None:
        error = SessionClosedError(CLOSED) if task.cancelled() else task.exception()
        if error is None:
            over.set_result(None)
        else:
            over.set_exception(error)

    task.add_done_callback(done)


async def _say_text(connection: Connection, text: str) -> None:
    item = {
        "id": new_id("item"),
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }
    await connection.send({"type": "conversation.item.create", "item": item})


async def _request(connection: Connection, response: dict[str, Any], key: str) -> None:
    metadata = {**(response.get("metadata") or {}), TURN_KEY: key}
    await connection.send({"type": "response.create", "response": {**response, "metadata": metadata}})


async def _say_audio(connection: Connection, data: bytes, response: dict[str, Any], key: str) -> None:
    """Exactly one turn: turn detection off, the clip, a commit, a response, turn detection on again."""
    detection = connection.talk.input_settings().get("turn_detection")
    if detection is not None:
        await connection.ask(_detection_update(None), "session.updated")
    try:
        await connection.send({"type": "input_audio_buffer.clear"})
        for _, chunk in chunks(data, bytes_per_ms=BYTES_PER_MS, chunk_ms=APPEND_MS):
            await connection.send(append_event(chunk))
        await connection.send({"type": "input_audio_buffer.commit"})
        await _request(connection, response, key)
    finally:
        if detection is not None and not connection.over:
            await connection.send(_detection_update(detection))


def _detection_update(detection: Any) -> dict[str, Any]:
    return {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"input": {"turn_detection": detection}}},
    }
