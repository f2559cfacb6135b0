"""One realtime session on the server: client events in, server events out, no I/O of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rtnb.protocol import Problem, check_client_event
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.ids import new_id
from rtnb.protocol.problems import wrong_value
from rtnb.protocol.session_config import UpdateRefused, apply_update, default_session
from rtnb.server import problems
from rtnb.server.answer.metering import Meter
from rtnb.server.answer.response import Response, ResponseSettings, Surroundings
from rtnb.server.conversation import Conversation, Item, Refused
from rtnb.server.input.audio import InputAudio, announce
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack

__all__ = ["ServerSession"]

Json = dict[str, Any]


class ServerSession:
    """State machine of one connection.

    Events are handled strictly one after another (:meth:`handle` is awaited by the connection); responses
    and recognition run as tasks beside it.

    Parameters
    ----------
    options : Options
        Of the server.
    opening : Opening
        What the connection is for, from its URL, headers and client secret.
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
        opening: Opening,
        *,
        voices: Callable[[], Awaitable[VoiceStack]],
        workers: Workers,
        send: Callable[[Json], None],
        drained: Callable[[], Awaitable[None]],
    ) -> None:
        self._send = send
        self._voices = voices
        self._workers = workers
        self._config = default_session(
            session_id=new_id("sess"), model=opening.model, expires_at=int(time.time() + options.limits.session_s)
        )
        self._conversation = Conversation()
        self._input = InputAudio(
            emit=self.emit,
            conversation=self._conversation,
            settings=lambda: self._config["audio"]["input"],
            include=lambda: self._config["include"],
            voices=voices,
            workers=workers,
            interrupt=lambda: self._cancel_default("turn_detected"),
            respond=self._answer_turn,
        )
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
        self._handlers: Mapping[str, Callable[[Json], Awaitable[None]]] = {
            "session.update": self._session_update,
            "input_audio_buffer.append": self._input.append,
            "input_audio_buffer.commit": self._input.commit,
            "input_audio_buffer.clear": self._input.clear,
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
        for response, task in list(self._responses.values()):
            await response.cancel(task, "client_cancelled")
        await self._input.close()

    # Session

    async def _session_update(self, event: Json) -> None:
        # A model in it is ignored, the connection's or another: it cannot change, and every client sends it.
        updated = apply_update(self._config, event["session"])
        self._check_supported(updated)
        if updated["audio"]["output"]["voice"] != self._config["audio"]["output"]["voice"] and self._has_spoken():
            raise Refused(problems.voice_locked())
        before, self._config = self._config, updated
        self._input.turn_detection_changed(
            before["audio"]["input"]["turn_detection"], updated["audio"]["input"]["turn_detection"]
        )
        self.emit("session.updated", session=self._config)

    def _check_supported(self, config: Json) -> None:
        audio = config["audio"]
        for side in ("input", "output"):
            if audio[side]["format"]["type"] != "audio/pcm":
                raise Refused(problems.unsupported(f"session.audio.{side}.format", "G.711 audio"))
        detection = audio["input"]["turn_detection"] or {}
        if detection.get("type") == "semantic_vad":
            raise Refused(problems.unsupported("session.audio.input.turn_detection.type", "semantic_vad"))
        if detection.get("idle_timeout_ms") is not None:
            raise Refused(problems.unsupported("session.audio.input.turn_detection.idle_timeout_ms", "idle timeouts"))
        if config["include"]:
            raise Refused(problems.unsupported("session.include", "log probabilities of a transcription"))
        _check_voice(audio["output"]["voice"], "session.audio.output.voice")

    def _has_spoken(self) -> bool:
        return any(item.role == "assistant" and item.audio for item in self._conversation)

    # Items

    async def _item_create(self, event: Json) -> None:
        item, previous = self._conversation.create(event["item"], event.get("previous_item_id"))
        if item.role == "user" and item.audio:
            self._input.hear(item)
        announce(self.emit, item, previous)
        self._input.transcribe(item)

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
        self._respond(event.get("response") or {})

    def _answer_turn(self) -> None:
        """A response that turn detection wants; what forbids it is no client event's fault."""
        try:
            self._respond({})
        except Refused as refused:
            self.error(refused.problem)

    def _respond(self, params: Json) -> None:
        active = self._active()
        if active is not None and params.get("conversation", "auto") != "none":
            raise Refused(problems.active_response(active.id))
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
                self._input.hear(item)
            context.append(item)
        return context

    def _settings(self, params: Json) -> ResponseSettings:
        session = self._config
        output = session["audio"]["output"]
        override = (params.get("audio") or {}).get("output") or {}
        if (override.get("format") or output["format"])["type"] != "audio/pcm":
            raise Refused(problems.unsupported("response.audio.output.format", "G.711 audio"))
        _check_voice(override.get("voice") or output["voice"], "response.audio.output.voice")

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


def _check_voice(voice: Any, param: str) -> None:
    """A name is one of the built-in voices; an object names a custom one by its id."""
    if isinstance(voice, str) and voice not in catalogue().voices:
        raise Refused(wrong_value(param, voice, catalogue().voices))
