"""One session on the server: client events in, server events out, no I/O of its own."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from rtnb.protocol import Problem, check_client_event
from rtnb.protocol.ids import new_id
from rtnb.protocol.plain import is_plain
from rtnb.protocol.session_config import UpdateRefused
from rtnb.server import problems
from rtnb.server.answer.metering import Meter
from rtnb.server.answer.output import announce
from rtnb.server.answer.rates import TokenMinute
from rtnb.server.answer.response import Surroundings
from rtnb.server.context import Context
from rtnb.server.conversation import Conversation
from rtnb.server.input.audio import InputAudio
from rtnb.server.intake import take_in
from rtnb.server.mcp.servers import McpServers
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.problems import Refused
from rtnb.server.responses import Responses
from rtnb.server.settings import SessionSettings
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack

__all__ = ["ServerSession"]

log = logging.getLogger(__name__)

LARGE_BYTES: Final = 2**20
"""Audio that is put into base64 in a thread: more than a millisecond of work."""

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
        meter = Meter()
        self._workers = workers
        self._closed = False
        self._conversation = Conversation(options.limits.held_bytes)
        self._context = Context(self._conversation, meter, opening.model)
        self._settings = SessionSettings(options, opening, self._conversation, self._context)
        self._unfit: Problem | None = None
        try:
            self._settings.open()
        except (Refused, UpdateRefused) as refused:
            self._unfit = refused.problem
        # The input side refers to itself in many places: it must not keep the session from being freed.
        session = weakref.proxy(self)
        self._input = InputAudio(
            emit=lambda type, **members: session.emit(type, **members),
            conversation=self._conversation,
            settings=lambda: session._settings.input,
            include=lambda: session._settings.config["include"],
            voices=voices,
            workers=workers,
            interrupt=lambda: session._interrupt(),
            respond=lambda: session._answer_turn(),
            tuning=options.tuning,
        )
        self._mcp = McpServers(lambda type, **members: session.emit(type, **members), self._conversation, options.mcp)
        around = Surroundings(
            emit=self.emit,
            brain=options.brain,
            conversation=self._conversation,
            meter=meter,
            workers=workers,
            delivery=options.delivery,
            voices=voices,
            drained=drained,
            owner=self._input,
            language=lambda: session._input.language,
            mcp=self._mcp,
        )
        self._responses = Responses(
            around,
            self._settings,
            self._context,
            TokenMinute(options.limits.tokens_a_minute),
            hear=self._input.hear,
            answering=self._input.answering,
            answered=self._input.answered,
        )
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

    @property
    def id(self) -> str:
        """As ``session.created`` tells it."""
        return str(self._settings.config["id"])

    @property
    def busy(self) -> bool:
        """Whether a response is in progress, or a user's audio is still being recognised."""
        return not self._closed and (self._responses.busy or self._conversation.recognising)

    # Out

    def emit(self, type: str, **members: Any) -> None:
        """Send one server event."""
        self._send({"type": type, "event_id": new_id("event"), **members})

    def error(self, problem: Problem, client_event_id: object = None) -> None:
        """Send an ``error`` event."""
        # An id that no strict parser takes could not be written out again.
        known = isinstance(client_event_id, str) and is_plain(client_event_id)
        self.emit("error", error=problem.as_error(str(client_event_id) if known else None))

    # In

    def open(self) -> None:
        """The first event of a connection."""
        self.emit("session.created", session=self._settings.config)
        if self._unfit is not None:
            self.error(self._unfit)
        self._mcp.settle(self._settings.servers)

    async def handle(self, event: object) -> None:
        """Carry out one client event; whatever is wrong with it becomes an ``error`` event."""
        if self._closed:
            return
        client_id = event.get("event_id") if isinstance(event, dict) else None
        try:
            if (problem := check_client_event(event)) is not None:
                raise Refused(problem)
            assert isinstance(event, dict)
            handler = self._handlers.get(event["type"])
            if handler is None:
                raise Refused(problems.only_for_translation(event["type"]))
            await handler(event)
        except (Refused, UpdateRefused) as refused:
            self.error(refused.problem, client_id)
        except Exception as error:
            # A defect of the server's own must not end the session of a client who can do nothing about it.
            log.exception("a client event failed")
            self.error(problems.server_failure(f"The embedded server failed: {type(error).__name__}."), client_id)

    @property
    def answering(self) -> bool:
        """Whether a response is in progress."""
        return not self._closed and self._responses.busy

    def fail(self, problem: Problem) -> None:
        """Let all responses in progress end as failed."""
        if not self._closed:
            self._responses.fail(problem)

    async def wind_down(self) -> None:
        """End what is being answered, with its closing events; no more answers begin, all else is still handled."""
        if not self._closed:
            self._responses.wind_down()

    async def close(self) -> None:
        """End everything that runs and let go of what it held; nothing is emitted any more."""
        if self._closed:
            return
        self._closed = True
        self._send = lambda event: None
        await self._responses.close()
        await self._mcp.close()
        await self._input.close()
        # Parts hold methods of the session: without these it is freed at once rather than by the collector.
        self._handlers = {}
        self._conversation.clear()
        del self._responses, self._input, self._mcp

    async def _in_thread(self, work: Callable[..., Any], *args: object) -> Any:
        return await self._workers.run(work, *args, owner=self._input)

    # Session

    async def _session_update(self, event: Json) -> None:
        # A model in it is ignored, the connection's or another: it cannot change, and every client sends it.
        await self._settings.count(event["session"], self._in_thread)
        before = self._settings.input
        self._settings.update(event["session"], responding=self._responses.responding)
        after = self._settings.config
        self._input.settings_changed(before, self._settings.input)
        self.emit("session.updated", session=after)
        self._mcp.settle(self._settings.servers)

    # Items

    async def _item_create(self, event: Json) -> None:
        item = take_in(event["item"], self._settings.input_format)
        approval = item.type == "mcp_approval_response"
        if approval:
            self._mcp.approvals.check(item.wire)
        previous = self._conversation.place(item, event.get("previous_item_id"))
        if item.role == "user" and item.audio:
            self._input.hear(item)
        announce(self.emit, item, previous)
        if approval:
            self._mcp.approvals.answer(item)
        self._input.transcribe(item)
        if not self._settings.transcribes_only:
            # Now rather than when a response wants it, together with everything else that is new.
            await self._context.count([item], self._in_thread)

    async def _item_delete(self, event: Json) -> None:
        self._conversation.delete(event["item_id"])
        self.emit("conversation.item.deleted", item_id=event["item_id"])

    async def _item_retrieve(self, event: Json) -> None:
        item = self._conversation.get(event["item_id"], verb="retrieve")
        large = len(item.audio) > LARGE_BYTES
        shown = await self._in_thread(item.with_audio) if large else item.with_audio()
        self.emit("conversation.item.retrieved", item=shown)

    async def _item_truncate(self, event: Json) -> None:
        left_ms = self._conversation.truncate(event["item_id"], event["audio_end_ms"], event["content_index"])
        self._input.truncated(left_ms)
        self.emit(
            "conversation.item.truncated",
            item_id=event["item_id"],
            content_index=event["content_index"],
            audio_end_ms=event["audio_end_ms"],
        )

    # Responses

    async def _response_create(self, event: Json) -> None:
        if self._settings.transcribes_only:
            raise Refused(problems.no_responses_here(event["type"]))
        params = event.get("response") or {}
        input = self._responses.own_input(params)
        await self._settings.count(params, self._in_thread)
        await self._context.count(self._conversation if input is None else input, self._in_thread)
        self._responses.create(params, input)

    async def _response_cancel(self, event: Json) -> None:
        if not self._responses.cancel(event.get("response_id"), "client_cancelled"):
            raise Refused(problems.no_active_response())

    async def _interrupt(self) -> bool:
        return self._responses.cancel(None, "turn_detected")

    def _answer_turn(self) -> None:
        """A response that turn detection wants; what forbids it is no client event's fault."""
        if self._settings.transcribes_only or self._responses.ending:
            return
        try:
            self._responses.create({})
        except (Refused, UpdateRefused) as refused:
            self.error(refused.problem)
