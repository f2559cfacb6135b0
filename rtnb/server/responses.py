"""The responses of a session: one at a time in its conversation, others beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rtnb.protocol import Problem
from rtnb.server import problems
from rtnb.server.answer.rates import TokenMinute
from rtnb.server.answer.response import Prepare, Response, Surroundings
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.context import Context
from rtnb.server.conversation import Item
from rtnb.server.intake import take_in
from rtnb.server.mcp.servers import McpServers
from rtnb.server.problems import Refused
from rtnb.server.settings import SessionSettings

__all__ = ["MAX_RESPONSES", "RATE_LIMITS_DELAY_S", "Responses"]

MAX_RESPONSES: Final = 32
"""Responses that one session may have in progress at once. Nothing is published; each is work for everybody's CPUs."""

RATE_LIMITS_DELAY_S: Final = 0.04
"""How long after ``response.done`` the live service sends ``rate_limits.updated``, as one published probe measured."""

CLOSE_S: Final = 1.0
"""How long the end of a session waits for brains that do not let go (own choice: nobody is kept by one for longer)."""


class Responses:
    """Starts, finds and cancels responses.

    Parameters
    ----------
    around : Surroundings
        What they need of their session.
    settings : SessionSettings
    context : Context
    minute : TokenMinute
        The allowance that ``rate_limits.updated`` tells of.
    hear : callable
        Begins the recognition of a user's audio that came in an item.
    answering, answered : callable
        Told when a response of the conversation begins, and how many milliseconds of it a client has still to hear
        when it ends.
    """

    def __init__(
        self,
        around: Surroundings,
        settings: SessionSettings,
        context: Context,
        minute: TokenMinute,
        *,
        hear: Callable[[Item], None],
        answering: Callable[[], None],
        answered: Callable[[float], None],
    ) -> None:
        self._around = around
        self._settings = settings
        self._context = context
        self._minute = minute
        self._hear = hear
        self._answering = answering
        self._answered = answered
        self._running: dict[str, Response] = {}
        self._active: Response | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._ending = False

    @property
    def responding(self) -> bool:
        """Whether a response of the default conversation is in progress."""
        return self._active is not None

    @property
    def busy(self) -> bool:
        """Whether any response is in progress."""
        return bool(self._running)

    @property
    def ending(self) -> bool:
        """Whether no more responses begin."""
        return self._ending

    def create(self, params: Mapping[str, Any], input: list[Item] | None = None) -> None:
        """Start a response.

        Parameters
        ----------
        params : mapping
            The ``response`` of a valid ``response.create``.
        input : list of Item, optional
            What :meth:`own_input` has made of it.

        Raises
        ------
        Refused, UpdateRefused
            It cannot start; nothing has happened.
        """
        if self._ending:
            raise Refused(problems.session_ending())
        settings = self._settings.response(params)
        if settings.in_conversation and self._active is not None:
            raise Refused(problems.active_response(self._active.id))
        if len(self._running) >= MAX_RESPONSES:
            raise Refused(problems.too_many_responses(MAX_RESPONSES))
        mcp = self._around.mcp
        prepare: Prepare | None = None
        if mcp is not None and settings.servers:
            servers = {server.label: server for server in settings.servers}
            if not mcp.knows(servers) or mcp.waits(settings.servers):
                prepare = self._preparing(mcp, settings, input)
            else:
                settings = self._with_offers(mcp, settings, input)
        elif mcp is not None and mcp.waits(()):
            prepare = self._preparing(mcp, settings, input)
        items = self._items(settings, input) if prepare is None else []
        if mcp is not None and settings.servers:
            self._settings.know(servers)
            mcp.announce(servers)
        for item in input or ():
            if item.role == "user" and item.audio and item.heard is None:
                self._hear(item)
        response = Response(self._around, settings, items, self._ended, prepare)
        self._running[response.id] = response
        if settings.in_conversation:
            self._active = response
        task = response.start()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if settings.in_conversation:
            self._answering()

    def _items(self, settings: ResponseSettings, input: list[Item] | None) -> list[Item]:
        return self._context.given(
            settings.instructions,
            settings.counted_tools,
            self._settings.config["truncation"],
            input=input,
            in_conversation=settings.in_conversation,
        )

    @staticmethod
    def _with_offers(mcp: McpServers, settings: ResponseSettings, input: list[Item] | None) -> ResponseSettings:
        names = [str(tool.get("name")) for tool in settings.tools]
        return settings.with_offers(mcp.offers(settings.servers, names), counted=input is not None)

    def _preparing(self, mcp: McpServers, settings: ResponseSettings, input: list[Item] | None) -> Prepare:
        async def prepare() -> tuple[ResponseSettings, Sequence[Item]]:
            await mcp.ready(settings.servers)
            # What has come meanwhile, such as the item of a call, is a part of what is answered.
            found = self._with_offers(mcp, settings, input)
            return found, self._items(found, input)

        return prepare

    def own_input(self, params: Mapping[str, Any]) -> list[Item] | None:
        """The items of a response's own, or None where it is given the conversation.

        Raises
        ------
        Refused
            One of them cannot be taken, refers to nothing, or is the output of no call.
        """
        given = params.get("input")
        if given is None:
            return None
        items = list[Item]()
        calls, known = set[str](), self._around.conversation.has_call
        for index, wire in enumerate(given):
            path = f"response.input[{index}]"
            if wire["type"] == "item_reference":
                item = self._around.conversation.find(wire["id"])
                if item is None:
                    raise Refused(problems.unknown_reference(wire["id"], f"{path}.id"))
            else:
                item = take_in(wire, self._settings.input_format, path)
            call_id = item.wire.get("call_id", "")
            if item.type == "function_call":
                calls.add(call_id)
            elif item.type == "function_call_output" and call_id not in calls and not known(call_id):
                raise Refused(problems.unknown_call(call_id, f"{path}.call_id"))
            items.append(item)
        return items

    def cancel(self, response_id: str | None, reason: str) -> bool:
        """Cut a response short: the one of that id, or that of the default conversation. False if there is none.

        With the latter end the approved calls of MCP tools, which count as a response where there is no other.
        """
        response = self._active if response_id is None else self._running.get(response_id)
        mcp, stopped = self._around.mcp, False
        if mcp is not None and (response_id is None or (response is not None and response is self._active)):
            stopped = mcp.approvals.cancel()
        if response is None:
            return stopped
        response.cancel(reason)
        return True

    def fail(self, problem: Problem) -> None:
        """Let everything in progress end as failed."""
        for response in list(self._running.values()):
            response.fail(problem)

    def _ended(self, response: Response, usage: Mapping[str, Any]) -> None:
        self._running.pop(response.id, None)
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        self._minute.use(usage["total_tokens"], now_s=now_s)
        timer: asyncio.TimerHandle

        def tell() -> None:
            self._timers.discard(timer)
            self._around.emit("rate_limits.updated", rate_limits=[self._minute.to_wire(now_s=loop.time())])

        timer = loop.call_later(RATE_LIMITS_DELAY_S, tell)
        self._timers.add(timer)
        if response is self._active:
            self._active = None
            self._answered(0.0 if response.cancelled else response.playback_left_ms(now_s))

    def wind_down(self) -> None:
        """Cut everything short with its closing events; no more responses begin."""
        self._ending = True
        for response in list(self._running.values()):
            response.cancel("client_cancelled")
        if self._around.mcp is not None:
            self._around.mcp.approvals.cancel()

    async def close(self) -> None:
        """Cut everything short."""
        self.wind_down()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_S)
