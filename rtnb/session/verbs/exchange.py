"""One exchange: from what the user says to the answered and transcribed turn."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rtnb.audio.formats import AudioFormat
from rtnb.audio.pacing import chunks
from rtnb.errors import AnswerTimeoutError, ApiError, ConnectionLostError, SessionClosedError, SessionError
from rtnb.protocol.ids import new_id
from rtnb.session.config.content import Parts, Said
from rtnb.session.conversation.formats import audio_format
from rtnb.session.conversation.reading import at
from rtnb.session.conversation.state import TurnState
from rtnb.session.core import Core
from rtnb.session.hub import CLOSED
from rtnb.session.verbs.floor import check_turn
from rtnb.session.verbs.streaming import append_event

__all__ = [
    "TRANSCRIPT_GRACE_S",
    "answered",
    "asked_detection",
    "detection_update",
    "over_of",
    "restore_detection",
    "say",
    "settle",
    "transcribed",
]

APPEND_MS = 500
"""Audio that need not keep pace travels in pieces of this length."""

GIVEN_UP = "The turn was given up before it was asked for, by interrupt() or by whoever waited for it."

TRANSCRIPT_GRACE_S = 5.0
"""How long a finished turn waits for the transcription of what the user said."""


async def say(core: Core, said: Said | None, response: Mapping[str, Any], key: str) -> None:
    """Put what is said into the conversation and ask for a response, once none is active; None says nothing."""
    await core.floor.clear()
    limit = response.get("max_output_tokens")
    spoken = audio_format(core.talk.config, "input")
    core.budget.check(
        new_text=said if isinstance(said, str) else "",
        new_audio_s=len(said) / spoken.bytes_per_ms / 1000 if isinstance(said, bytes) else 0.0,
        max_output_tokens=limit if isinstance(limit, int) else None,
    )
    if isinstance(said, bytes):
        await _say_audio(core, said, spoken, response, key)
        return
    if said is not None:
        parts = Parts(({"type": "input_text", "text": said},)) if isinstance(said, str) else said
        await core.send({"type": "conversation.item.create", "item": parts.item(new_id("item"))})
    await core.floor.request(response, key=key)


async def answered(core: Core, key: str) -> TurnState:
    """Wait for the end of the answer.

    Raises
    ------
    ApiError
        The server refused the request.
    ConnectionLostError
        The connection ended first.
    """
    talk = core.talk
    state = talk.turn_with_key(key)
    assert state is not None
    await core.until(lambda: talk.over(state))
    check_turn(core, state)
    return state


async def transcribed(core: Core, states: Sequence[TurnState]) -> None:
    """Wait for the transcriptions of some turns, for a while."""
    talk = core.talk
    try:
        await core.until(lambda: all(talk.heard(state) for state in states), TRANSCRIPT_GRACE_S)
    except (TimeoutError, SessionClosedError):
        return


def over_of(core: Core, state: TurnState) -> concurrent.futures.Future[None]:
    """A future that is done when a turn is over and transcribed."""
    over: concurrent.futures.Future[None] = concurrent.futures.Future()
    talk = core.talk

    async def wait() -> None:
        await core.until(lambda: talk.over(state))
        await transcribed(core, [state])

    if talk.over(state) and talk.heard(state):
        over.set_result(None)
    elif core.over:
        over.set_exception(SessionClosedError(CLOSED))
    else:
        settle(over, core.keep(wait()))
    return over


def settle(
    over: concurrent.futures.Future[None], task: asyncio.Task[None], *, open: Callable[[], bool] = lambda: False
) -> None:
    """Let a thread-safe future learn how a task went.

    A cancelled task means that the session was closed, or, while it is `open`, that the turn was given up.
    """

    def done(task: asyncio.Task[None]) -> None:
        error = (
            task.exception()
            if not task.cancelled()
            else SessionError(GIVEN_UP)
            if open()
            else SessionClosedError(CLOSED)
        )
        if error is None:
            over.set_result(None)
        else:
            over.set_exception(error)

    task.add_done_callback(done)


async def _say_audio(core: Core, data: bytes, spoken: AudioFormat, response: Mapping[str, Any], key: str) -> None:
    """Exactly one turn: turn detection off, the clip, a commit, a response, turn detection on again."""
    # Nobody changes the settings in the middle of it.
    async with core.updating:
        asked = asked_detection(core)
        detection = core.talk.input_settings().get("turn_detection")
        committed = False
        try:
            if detection is not None:
                await core.ask(detection_update(None), "session.updated")
            await core.send({"type": "input_audio_buffer.clear"})
            for _, chunk in chunks(data, bytes_per_ms=spoken.bytes_per_ms, chunk_ms=APPEND_MS):
                await core.send(append_event(chunk))
            await core.send({"type": "input_audio_buffer.commit"})
            committed = True
        finally:
            if detection is not None and not core.over:
                core.keep(restore_detection(core, detection, asked, clear=not committed))
    await core.floor.request(response, key=key)


async def restore_detection(core: Core, detection: Any, asked: Any, *, clear: bool) -> None:
    """Turn detection on again, where there was one, unless somebody has asked for something else meanwhile."""
    async with core.updating:
        try:
            if clear:
                # Half a clip in the buffer would become the beginning of the next turn.
                await core.send({"type": "input_audio_buffer.clear"})
            if detection is not None and asked_detection(core) == asked:
                await core.ask(detection_update(detection), "session.updated")
        except (ApiError, AnswerTimeoutError) as error:
            core.tell(f"Turn detection stays off: the server did not take it back ({error}). update() turns it on.")
        except (ConnectionLostError, SessionError):
            # A new connection has the settings that were asked for.
            return


def asked_detection(core: Core) -> Any:
    """The turn detection that was asked for; the settings themselves where none was."""
    return at(core.requested, "audio", "input", "turn_detection")


def detection_update(detection: Any) -> dict[str, Any]:
    return {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"input": {"turn_detection": detection}}},
    }
