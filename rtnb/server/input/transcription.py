"""The transcription events of the user's audio: deltas while they speak, or once they are done, then the whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from rtnb.audio.formats import AudioFormat
from rtnb.errors import ConfigError
from rtnb.server.answer.output import Emit
from rtnb.server.conversation import Item
from rtnb.server.input.agreement import pieces
from rtnb.server.input.hearing import Hearing
from rtnb.server.input.live import LiveTurn
from rtnb.server.input.models import live_pace, transcription_model, transcription_usage
from rtnb.speech import Token, Transcription
from rtnb.speech.calls import whole
from rtnb.speech.languages import language_code

__all__ = ["LOGPROBS", "Transcriber"]

KIND = "conversation.item.input_audio_transcription"

LOGPROBS = "item.input_audio_transcription.logprobs"
"""The ``include`` of a session that wants the probability of every token."""

Json = dict[str, Any]


class Transcriber:
    """Emits the transcription events of one session, asynchronously to everything else.

    How they come depends on the name of the model: see :mod:`rtnb.server.input.models`. Every model hears with the
    same recogniser, that of the server. ``language``, or those of ``languages`` that the recogniser knows, say what it
    listens for; where it knows none of them, the transcription fails, and the brain hears what it hears unasked.
    ``prompt`` and ``keywords`` are accepted and change nothing that is heard.

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
        self._live: dict[str, LiveTurn] = {}
        self._running: set[asyncio.Task[None]] = set()
        hearing.tokens = self._wants_logprobs
        hearing.languages = self._languages

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
        settings = self._settings()
        asked = settings["transcription"]
        if asked is None or transcription_model(asked.get("model")).deltas != "live":
            return
        turn = self._live.get(item_id)
        if turn is None:
            turn = self._live[item_id] = LiveTurn(
                pace=live_pace(asked.get("delay")),
                slot=self._hearing.guesses,
                recognise=self._hearing.guess,
                listen=self._hearing.listen,
                push=self._hearing.push,
                say=lambda delta: self._emit(f"{KIND}.delta", item_id=item_id, content_index=0, delta=delta),
            )
        turn.speaking(audio_ms, audio, AudioFormat.from_wire(settings.get("format")))

    def dropped(self, item_id: str) -> None:
        """The turn under way came to nothing: its audio was cleared."""
        if (turn := self._live.pop(item_id, None)) is not None:
            turn.drop()

    def committed(self, item: Item) -> None:
        """The turn is an item: send what is left to send, if the session asks for transcription."""
        turn = self._live.pop(item.id, None)
        if turn is not None:
            turn.drop()
        asked = self._settings()["transcription"]
        if asked is None or item.heard is None:
            return
        task = asyncio.create_task(self._transcription(item, dict(asked), turn))
        self._track(task)

    @property
    def language(self) -> str | None:
        """What the session says is spoken, as a code; None when it names none, or several."""
        languages = self._languages()
        return languages[0] if len(languages) == 1 else None

    def _languages(self) -> tuple[str, ...]:
        return _asked_for(self._settings()["transcription"])

    def prepare(self) -> None:
        """The session may have named another language: load what it takes beside everything else."""
        if self._languages():
            self._track(asyncio.create_task(self._prepare()))

    async def _prepare(self) -> None:
        # Whoever asks for words is told what is wrong.
        with suppress(Exception):
            await self._hearing.prepare()

    def _track(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _spoken(self, item: Item, languages: tuple[str, ...]) -> Transcription:
        """What the brain hears too; or, in a language that the recogniser does not know, its refusal."""
        if item.heard is not None and await self._hearing.knows(languages):
            return await item.heard.transcription()
        return await self._hearing.later(lambda: item.audio, item.format, languages).transcription()

    def _wants_logprobs(self) -> bool:
        asked = self._settings()["transcription"]
        wanted = LOGPROBS in (self._include() or ())
        return wanted and asked is not None and transcription_model(asked.get("model")).logprobs

    async def _transcription(self, item: Item, asked: Json, turn: LiveTurn | None) -> None:
        place = {"item_id": item.id, "content_index": item.audio_index}
        try:
            self._tell(item, asked, turn, await self._spoken(item, _asked_for(asked)), place)
        except Exception as error:
            self._emit(f"{KIND}.failed", **place, error=_failure(error))

    def _tell(self, item: Item, asked: Json, turn: LiveTurn | None, spoken: Transcription, place: Json) -> None:
        name = asked.get("model")
        model = transcription_model(name)
        # A recogniser that gives no tokens, or was not asked in time, leaves them out.
        logprobs = self._wants_logprobs() and bool(spoken.tokens or not spoken.text)
        if turn is not None:
            # What is out already is not taken back: what is retrieved later says the same.
            text = turn.finish(spoken.text)
        else:
            text = spoken.text
            for delta in _deltas(spoken, whole=model.deltas == "once", logprobs=logprobs):
                self._emit(f"{KIND}.delta", **place, **delta)
        item.set_transcript(item.audio_index, text)
        if model.segments and text:
            end_s = item.audio_ms / 1000
            self._emit(f"{KIND}.segment", **place, id="seg_0001", speaker="A", start=0.0, end=end_s, text=text)
        more: Json = {"logprobs": [token.to_wire() for token in spoken.tokens]} if logprobs else {}
        if model.languages:
            code = spoken.language or (_asked_for(asked)[0] if len(_asked_for(asked)) == 1 else None)
            more["languages"] = [{"code": code}] if text and code else []
        self._emit(
            f"{KIND}.completed",
            **place,
            transcript=text,
            usage=transcription_usage(name, item.audio_ms, text, asked.get("prompt")),
            **more,
        )

    async def close(self) -> None:
        """End what runs."""
        for turn in self._live.values():
            turn.drop()
        self._live.clear()
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task


def _asked_for(asked: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The languages that a session names, as codes; none when it leaves that to the recogniser."""
    if asked is None:
        return ()
    languages = [asked["language"]] if asked.get("language") else list(asked.get("languages") or ())
    return tuple(dict.fromkeys(language_code(str(language)) for language in languages))


def _failure(error: Exception) -> Json:
    """The ``error`` of a failed transcription; a null ``param`` would break clients that check types."""
    # One line: the advice that an exception puts on a line of its own follows in the same one.
    message = whole(" ".join(str(error).split()))
    if isinstance(error, ConfigError):
        return {"type": "invalid_request_error", "code": "unsupported_language", "message": message}
    return {"type": "server_error", "code": "transcription_failed", "message": message}


def _deltas(spoken: Transcription, *, whole: bool, logprobs: bool) -> Iterator[Json]:
    """The text in one or word by word, each with its tokens if they are wanted."""
    tokens = list(spoken.tokens)
    for delta in [spoken.text] if whole and spoken.text else pieces(spoken.text):
        if not logprobs:
            yield {"delta": delta}
            continue
        own: list[Token] = []
        left = len(delta.encode())
        while tokens and left > 0:
            own.append(tokens.pop(0))
            left -= len(own[-1].data)
        yield {"delta": delta, "logprobs": [token.to_wire() for token in own]}
