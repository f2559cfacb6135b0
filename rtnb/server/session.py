"""One realtime session on the server: client events in, server events out, no I/O of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import pybase64

from rtnb.protocol.ids import new_id
from rtnb.protocol.session_config import UpdateRefused, apply_update, default_session
from rtnb.protocol import Problem, check_client_event
from rtnb.server import problems
from rtnb.server.conversation import Conversation, Item, Refused
from rtnb.server.formats import MAX_APPEND_BYTES, MIN_COMMIT_MS
from rtnb.server.hearing import Hearing
from rtnb.server.input_buffer import InputBuffer
from rtnb.server.listening import Listener
from rtnb.server.metering import Meter, transcription_usage
from rtnb.server.options import Options
from rtnb.server.response import Response, ResponseSettings, Surroundings
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.vad import SpeechStarted, SpeechStopped

__all__ = ["ServerSession"]

SESSION_S = 3600
"""A session's length on the live service."""

Json = dict[str, Any]


class ServerSession:
    """State machine of one connection.

    Events are handled strictly one after another (:meth:`handle` is awaited by the connection); responses
    and recognition run as tasks beside it.

    Parameters
    ----------
    options : Options
        Of the server.
    model : str
        From the URL.
    voices : callable
        Gives the voice stack, waiting until it is loaded.
    workers : Workers
        For CPU-bound work.
    send : callable
        Takes each server event; must not block.
    drained : callable
        Waits while the client reads too slowly.
    """

    def __init__(
        self,
        options: Options,
        model: str,
        *,
        voices: Callable[[], Awaitable[VoiceStack]],
        workers: Workers,
        send: Callable[[Json], None],
        drained: Callable[[], Awaitable[None]],
    ) -> None:
        self._send = send
        self._voices = voices
        self._workers = workers
        self._config = default_session(session_id=new_id("sess"), model=model, expires_at=int(time.time()) + SESSION_S)
        self._conversation = Conversation()
        self._buffer = InputBuffer()
        self._hearing = Hearing(voices, workers)
        self._listener: Listener | None = None
        self._speech_item = ""
        self._speech_start_ms = 0
        self._around = Surroundings(
            emit=self.emit,
            brain=options.brain,
            conversation=self._conversation,
            meter=Meter(),
            workers=workers,
            delivery=options.delivery,
            voices=voices,
            drained=drained,
        )
        self._responses: dict[str, tuple[Response, asyncio.Task[None]]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._handlers: Mapping[str, Callable[[Json], Awaitable[None]]] = {
            "session.update": self._session_update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._item_create,
            "conversation.item.delete": self._item_delete,
            "conversation.item.retrieve": self._item_retrieve,
            "conversation.item.truncate": self._item_truncate,
            "response.create": self._response_create,
            "response.cancel": self._response_cancel,
        }

    # Out

    def emit(self, type: str, **members: Any) -> None:
        """Send one server event."""
        self._send({"type": type, "event_id": new_id("event"), **members})

    def error(self, problem: Problem, client_event_id: object = None) -> None:
        """Send an ``error`` event."""
        self.emit(
            "error",
            error={
                "type": problem.type,
                "code": problem.code,
                "message": problem.message,
                "param": problem.param,
                "event_id": client_event_id if isinstance(client_event_id, str) else None,
            },
        )

    # In

    def open(self) -> None:
        """The first event of a connection."""
        self.emit("session.created", session=self._config)

    async def handle(self, event: object) -> None:
        """Carry out one client event; whatever is wrong with it becomes an ``error`` event."""
        client_id = event.get("event_id") if isinstance(event, dict) else None
        try:
            if (problem := check_client_event(event)) is not None:
                raise Refused(problem)
            assert isinstance(event, dict)
            handler = self._handlers.get(event["type"])
            if handler is None:
                raise Refused(problems.unsupported("type", f"'{event['type']}'"))
            await handler(event)
        except (Refused, UpdateRefused) as refused:
            self.error(refused.problem, client_id)

    async def close(self) -> None:
        """End everything that runs; nothing is emitted any more."""
        self._send = lambda event: None
        self._hearing.drop()
        tasks = [task for _, task in self._responses.values()] + list(self._background)
        tasks += [item.heard for item in self._conversation if isinstance(item.heard, asyncio.Task)]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task

    # Session

    @property
    def _turn_detection(self) -> Json | None:
        found: Json | None = self._config["audio"]["input"]["turn_detection"]
        return found

    async def _session_update(self, event: Json) -> None:
        updated = apply_update(self._config, event["session"])
        self._check_supported(updated)
        if updated["audio"]["output"]["voice"] != self._config["audio"]["output"]["voice"] and self._has_spoken():
            raise Refused(problems.voice_locked())
        before, self._config = self._turn_detection, updated
        after = self._turn_detection
        if after is None or before is None:
            self._stop_listening()
        elif self._listener is not None:
            self._listener.reconfigure(after)
        self.emit("session.updated", session=self._config)

    def _check_supported(self, config: Json) -> None:
        audio = config["audio"]
        for side in ("input", "output"):
            if audio[side]["format"]["type"] != "audio/pcm":
                raise Refused(problems.unsupported(f"session.audio.{side}.format", "G.711 audio"))
        if (audio["input"]["turn_detection"] or {}).get("type") == "semantic_vad":
            raise Refused(problems.unsupported("session.audio.input.turn_detection.type", "semantic_vad"))

    def _has_spoken(self) -> bool:
        return any(item.role == "assistant" and item.audio for item in self._conversation)

    # Input audio

    async def _append(self, event: Json) -> None:
        text = event["audio"]
        if len(text) > MAX_APPEND_BYTES * 4 // 3 + 4:
            raise Refused(problems.audio_too_large(MAX_APPEND_BYTES))
        try:
            data = pybase64.b64decode(text, validate=True)
        except ValueError:
            raise Refused(problems.bad_base64("audio")) from None
        if not data:
            return
        detection = self._turn_detection
        if detection is None:
            self._buffer.append(data)
            return
        if self._listener is None:
            stack = await self._voices()
            self._listener = Listener(stack.vad_engine, detection, self._buffer.end_ms)
        self._buffer.append(data)
        for found in await self._workers.run(self._listener.push, data):
            if isinstance(found, SpeechStarted):
                await self._speech_started(found)
            else:
                await self._speech_stopped(found)
        if self._listener.speaking:
            start_ms = self._speech_start_ms
            self._hearing.speculate(self._listener.pending_silence_ms, lambda: self._buffer.slice_ms(start_ms))
        else:
            self._buffer.forget_idle()

    def _stop_listening(self) -> None:
        self._listener = None
        self._hearing.drop()

    async def _speech_started(self, found: SpeechStarted) -> None:
        self._speech_item = new_id("item")
        self._speech_start_ms = found.audio_start_ms
        self.emit(
            "input_audio_buffer.speech_started",
            audio_start_ms=found.audio_start_ms,
            item_id=self._speech_item,
        )
        if (self._turn_detection or {}).get("interrupt_response", True):
            await self._cancel_default("turn_detected")

    async def _speech_stopped(self, found: SpeechStopped) -> None:
        self.emit("input_audio_buffer.speech_stopped", audio_end_ms=found.audio_end_ms, item_id=self._speech_item)
        pcm = self._buffer.slice_ms(self._speech_start_ms, found.audio_end_ms)
        self._buffer.take_until_ms(found.audio_end_ms)
        self._add_user_audio(self._speech_item, pcm, self._hearing.finish(pcm))
        if (self._turn_detection or {}).get("create_response", True):
            active = self._active()
            if active is not None:
                raise Refused(problems.active_response(active.id))
            self._start_response({})

    async def _commit(self, event: Json) -> None:
        duration_ms = self._buffer.duration_ms
        if duration_ms < MIN_COMMIT_MS:
            raise Refused(problems.buffer_too_small(duration_ms))
        item_id = self._speech_item if self._listener and self._listener.speaking else new_id("item")
        if self._turn_detection is not None:
            # A manual commit ends an open speech span; detection starts afresh behind it.
            self._stop_listening()
        pcm = self._buffer.take_all()
        self._add_user_audio(item_id, pcm, self._hearing.start(pcm))

    def _add_user_audio(self, item_id: str, pcm: bytes, heard: asyncio.Task[str]) -> None:
        wire = {
            "id": item_id,
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = Item(wire, bytearray(pcm), heard)
        previous = self._conversation.append(item)
        self.emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous)
        self._announce(item, previous)
        self._transcribe(item)

    async def _clear(self, event: Json) -> None:
        self._buffer.clear()
        if self._turn_detection is not None:
            self._stop_listening()
        self.emit("input_audio_buffer.cleared")

    def _transcribe(self, item: Item) -> None:
        settings = self._config["audio"]["input"]["transcription"]
        if settings is None or item.heard is None:
            return
        task = asyncio.create_task(self._transcription(item, item.heard, settings.get("model") or "whisper-1"))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _transcription(self, item: Item, heard: asyncio.Future[str], model: str) -> None:
        place = {"item_id": item.id, "content_index": 0}
        kind = "conversation.item.input_audio_transcription"
        try:
            text = await asyncio.shield(heard)
        except Exception as error:
            self.emit(
                f"{kind}.failed",
                **place,
                error={"type": "server_error", "code": "transcription_failed", "message": str(error)},
            )
            return
        if text:
            self.emit(f"{kind}.delta", **place, delta=text)
        self.emit(
            f"{kind}.completed",
            **place,
            transcript=text,
            usage=transcription_usage(model, len(item.audio), text),
        )

    # Items

    def _announce(self, item: Item, previous: str | None) -> None:
        self.emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
        self.emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)

    async def _item_create(self, event: Json) -> None:
        item, previous = self._conversation.create(event["item"], event.get("previous_item_id"))
        if item.role == "user" and item.audio:
            item.heard = self._hearing.start(bytes(item.audio))
        self._announce(item, previous)
        self._transcribe(item)

    async def _item_delete(self, event: Json) -> None:
        self._conversation.delete(event["item_id"])
        self.emit("conversation.item.deleted", item_id=event["item_id"])

    async def _item_retrieve(self, event: Json) -> None:
        item = self._conversation.get(event["item_id"], verb="retrieve")
        self.emit("conversation.item.retrieved", item=item.with_audio())

    async def _item_truncate(self, event: Json) -> None:
        self._conversation.truncate(event["item_id"], event["audio_end_ms"])
        self.emit(
            "conversation.item.truncated",
            item_id=event["item_id"],
            content_index=event["content_index"],
            audio_end_ms=event["audio_end_ms"],
        )

    # Responses

    def _active(self) -> Response | None:
        return next((run for run, _ in self._responses.values() if run.in_conversation and not run.ended), None)

    async def _response_create(self, event: Json) -> None:
        params = event.get("response") or {}
        active = self._active()
        if active is not None and params.get("conversation", "auto") != "none":
            raise Refused(problems.active_response(active.id))
        self._start_response(params)

    def _start_response(self, params: Json) -> None:
        response = Response(self._around, self._settings(params), self._context(params))
        response.created()
        task = asyncio.create_task(response.run())
        self._responses[response.id] = (response, task)
        task.add_done_callback(lambda _: self._responses.pop(response.id, None))

    def _context(self, params: Json) -> list[Item]:
        given = params.get("input")
        if given is None:
            return list(self._conversation)
        context = []
        for index, wire in enumerate(given):
            if wire["type"] == "item_reference":
                item = self._conversation.find(wire["id"])
                if item is None:
                    raise Refused(
                        Problem(
                            "invalid_value",
                            f"Item '{wire['id']}' does not exist in the conversation.",
                            f"response.input[{index}].id",
                        )
                    )
                context.append(item)
                continue
            item, _ = Conversation().create(wire, None)
            if item.role == "user" and item.audio:
                item.heard = self._hearing.start(bytes(item.audio))
            context.append(item)
        return context

    def _settings(self, params: Json) -> ResponseSettings:
        session = self._config
        output = session["audio"]["output"]
        override = (params.get("audio") or {}).get("output") or {}
        if (override.get("format") or output["format"])["type"] != "audio/pcm":
            raise Refused(problems.unsupported("response.audio.output.format", "G.711 audio"))

        def chosen(name: str) -> Any:
            return session[name] if params.get(name) is None else params[name]

        return ResponseSettings(
            instructions=chosen("instructions") or "",
            modalities=tuple(chosen("output_modalities")),
            tools=tuple(chosen("tools") or ()),
            tool_choice=chosen("tool_choice"),
            voice=override.get("voice") or output["voice"],
            speed=float(output["speed"]),
            audio_format=override.get("format") or output["format"],
            max_output_tokens=chosen("max_output_tokens"),
            metadata=params.get("metadata"),
            in_conversation=params.get("conversation", "auto") != "none",
        )

    async def _response_cancel(self, event: Json) -> None:
        wanted = event.get("response_id")
        if wanted is None:
            if not await self._cancel_default("client_cancelled"):
                raise Refused(problems.no_active_response())
            return
        entry = self._responses.get(wanted)
        if entry is None:
            raise Refused(problems.no_active_response())
        response, task = entry
        await response.cancel(task, "client_cancelled")

    async def _cancel_default(self, reason: str) -> bool:
        active = self._active()
        if active is None:
            return False
        await active.cancel(self._responses[active.id][1], reason)
        return True
