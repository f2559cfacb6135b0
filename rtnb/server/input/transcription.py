"""The transcription events of the user's audio: deltas while they speak, or once they are done, then the whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rtnb.server.answer.metering import transcription_usage
from rtnb.server.answer.output import Emit
from rtnb.server.conversation import Item
from rtnb.server.input.hearing import Hearing, is_own_language

__all__ = ["Transcriber"]

KIND = "conversation.item.input_audio_transcription"


class Transcriber:
    """Emits the transcription events of one session, asynchronously to everything else.

    Parameters
    ----------
    emit : callable
        Sends a server event.
    settings : callable
        Gives the effective ``audio.input`` of the session; its ``transcription`` is None when there is to be none.
    include : callable
        Gives the effective ``include`` of the session, None or a list.
    hearing : Hearing
        What recognises.
    """

    def __init__(
        self,
        *,
        emit: Emit,
        settings: Callable[[], Mapping[str, Any]],
        include: Callable[[], list[str] | None],
        hearing: Hearing,
    ) -> None:
        self._emit = emit
        self._settings = settings
        self._include = include
        self._hearing = hearing
        self._running: set[asyncio.Task[None]] = set()

    def speaking(self, item_id: str, audio_ms: float, audio: Callable[[], bytes]) -> None:
        """Audio of a turn under way has arrived: a model that transcribes while one speaks may emit deltas.

        Parameters
        ----------
        item_id : str
            Of the item that the turn will become.
        audio_ms : float
            How long the turn is so far.
        audio : callable
            Gives its audio so far, in the session's input format.
        """

    def dropped(self, item_id: str) -> None:
        """The turn under way came to nothing: its audio was cleared."""

    def committed(self, item: Item) -> None:
        """The turn is an item: send what is left to send, if the session asks for transcription."""
        settings = self._settings()["transcription"]
        if settings is None or item.heard is None:
            return
        language = settings.get("language")
        # What the brain hears is in the recogniser's own language; another one needs a hearing of its own.
        own = is_own_language(language)
        heard = item.heard if own else self._hearing.start(bytes(item.audio), item.format, language)
        task = asyncio.create_task(self._transcription(item, heard, settings.get("model") or "whisper-1"))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _transcription(self, item: Item, heard: asyncio.Future[str], model: str) -> None:
        index = item.audio_index
        place = {"item_id": item.id, "content_index": index}
        try:
            text = await asyncio.shield(heard)
        except Exception as error:
            self._emit(
                f"{KIND}.failed",
                **place,
                error={"type": "server_error", "code": "transcription_failed", "message": str(error)},
            )
            return
        item.set_transcript(index, text)
        if text:
            self._emit(f"{KIND}.delta", **place, delta=text)
        self._emit(
            f"{KIND}.completed",
            **place,
            transcript=text,
            usage=transcription_usage(model, item.audio_ms, text),
        )

    async def close(self) -> None:
        """End what runs."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
