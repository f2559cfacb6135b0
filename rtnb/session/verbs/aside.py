"""Asides: responses beside the conversation, in parallel with it and with each other.

The API calls them out-of-band: ``response.create`` with ``conversation: "none"``. The server reads the conversation,
or the items it is given, and answers; neither the question nor the answer becomes part of the conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat
from rtnb.errors import ApiError, ConfigError, SessionClosedError, SessionError, TurnTimeoutError
from rtnb.pricing import cost
from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.protocol.ids import new_id
from rtnb.session.config.content import response_of
from rtnb.session.conversation.reading import at, parts, string
from rtnb.session.conversation.reducer import ASIDE_KEY
from rtnb.session.conversation.state import ItemState
from rtnb.session.tools.toolbox import Toolbox
from rtnb.session.verbs.aside_handle import AsideHandle, Running
from rtnb.session.verbs.aside_input import About, input_of, size_of
from rtnb.session.verbs.aside_result import AsideResult
from rtnb.tokens import TokenUsage

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["TIMEOUT_S", "Aside", "AsideHandle"]

TIMEOUT_S: Final = 60.0
"""How long an aside may take when nobody says otherwise; then it is cancelled."""

FORGET_S: Final = 60.0
"""How long the answer to one that was given up is still known for what it is."""

MOST_METADATA: Final = 16
"""Pairs that a response may carry (types of the ``openai`` package, 3.52.0); one of them is ours."""


class Aside:
    """The asides of one session; lives on its loop.

    Parameters
    ----------
    core : Core
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._open: list[Running] = []
        self._turns_waiting = False
        """Whether a turn's response was asked for and not created, as of the event before."""
        core.subscribe(self._on_event)

    async def run(
        self,
        instructions: str | None = None,
        input: About | Iterable[About] | None = None,
        *,
        modalities: Sequence[str] = ("text",),
        timeout: float | None = TIMEOUT_S,
        **overrides: Any,
    ) -> AsideResult:
        """Ask beside the conversation and wait for the answer.

        Parameters
        ----------
        instructions : str, optional
            What to do; the session's own instructions where None.
        input : About or iterable of About, optional
            What it is about: texts, clips, files (as a Path), ids of items, turns, or items in the API's shape. They
            take the place of the conversation, which is what it is about where None; an empty list is nothing at all.
        modalities : {("text",), ("audio",)}
        timeout : float, optional
            Seconds; then it is cancelled.
        **overrides
            ``max_output_tokens``, ``metadata``, ``tools``, ``tool_choice``, ``voice``. Without ``tools`` it has none;
            they are functions, mappings, or names of the session's own, as for a turn. Nobody runs what it calls,
            since the conversation has no place for the output: :attr:`AsideResult.calls` has the calls.

        Returns
        -------
        AsideResult
            Also of a response that failed.

        Raises
        ------
        ApiError
            The server refused the request.
        BudgetError
            It would exceed a limit of the session; nothing was sent.
        TurnTimeoutError
            It took longer and was cancelled.
        SessionClosedError
        """
        handle = await self.start(instructions, input, modalities=modalities, timeout=timeout, **overrides)
        over = asyncio.wrap_future(handle._running.over)
        # Whoever waits may go before it fails; that is nobody's mistake then.
        over.add_done_callback(lambda over: over.cancelled() or over.exception())
        try:
            return await asyncio.shield(over)
        except asyncio.CancelledError:
            # Whoever waited has gone; nobody wants the rest of the answer.
            handle.cancel()
            raise

    async def start(
        self,
        instructions: str | None = None,
        input: About | Iterable[About] | None = None,
        *,
        modalities: Sequence[str] = ("text",),
        timeout: float | None = TIMEOUT_S,
        **overrides: Any,
    ) -> AsideHandle:
        """As :meth:`run`, but returns as soon as it is sent."""
        core = self._core
        items = await input_of(input, core.talk)
        overrides["tools"] = self._tools(overrides.get("tools"))
        if instructions is not None:
            overrides["instructions"] = instructions
        metadata = dict(overrides.pop("metadata", None) or {})
        if len(metadata) >= MOST_METADATA:
            raise ConfigError(f"An aside carries at most {MOST_METADATA - 1} pairs of metadata, not {len(metadata)}.")
        response = response_of({"modalities": list(modalities), **overrides})
        text, audio_s = size_of(items or (), core.talk)
        core.budget.check(
            new_text=f"{instructions or ''}\n{text}",
            new_audio_s=audio_s,
            max_output_tokens=_limit(overrides.get("max_output_tokens")),
            own_input=items is not None,
        )
        running = Running(new_id("event"), new_id("event"), core.now_s())
        response |= {"conversation": "none", "metadata": {**metadata, ASIDE_KEY: running.key}}
        if items is not None:
            response["input"] = items
        self._open.append(running)
        try:
            await core.send({"type": "response.create", "event_id": running.event_id, "response": response})
        except BaseException:
            self._open.remove(running)
            raise
        core.keep(self._finish(running, timeout))
        loop = asyncio.get_running_loop()
        return AsideHandle(running, loop, lambda: _call_on(loop, lambda: self._keep(self._cancel(running))))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        self._core.keep(work)

    async def _cancel(self, running: Running) -> None:
        """Stop one as soon as its response has an id: without one the conversation's would be stopped."""
        with suppress(SessionError):
            await self._core.until(lambda: bool(running.response_id) or running.ended)
            if not running.ended:
                await self._core.send({"type": "response.cancel", "response_id": running.response_id})

    async def _finish(self, running: Running, timeout: float | None) -> None:
        try:
            try:
                await self._core.until(lambda: running.ended, timeout)
            except TimeoutError as error:
                if isinstance(error, SessionError):
                    raise
                await self._give_up(running, timeout or 0.0)
                return
            if running.error is not None:
                raise ApiError(running.error, advice=classify(running.error).advice)
            running.over.set_result(self._result(running, running.done or {}))
        except asyncio.CancelledError:
            if not running.over.done():
                running.over.set_exception(SessionClosedError("The session was closed before the aside was over."))
            raise
        except Exception as error:
            if not running.over.done():
                running.over.set_exception(error)
        finally:
            if running in self._open:
                self._open.remove(running)

    async def _give_up(self, running: Running, timeout: float) -> None:
        """Its time is over: say so, and have the server stop it once that can be said."""
        hint = f"\nMeanwhile the server sent an error that names no event: {running.hint}" if running.hint else ""
        running.over.set_exception(
            TurnTimeoutError(f"The aside was not over after {timeout:g} s and was cancelled.{hint}")
        )
        cancelling = self._core.keep(self._cancel(running))
        try:
            # Its answer may still come, and must not be taken for that to another one.
            await self._core.until(lambda: running.ended, FORGET_S)
        finally:
            cancelling.cancel()

    def _tools(self, tools: Any) -> list[dict[str, Any]]:
        """Tools as the wire has them; a name stands for the tool of the session that has it."""
        if not tools:
            return []
        named = self._core.talk.config.get("tools")
        known = Toolbox(wire for wire in named if isinstance(wire, Mapping)) if isinstance(named, list) else Toolbox()
        return known.with_(tools).wire()

    # What arrives

    def _on_event(self, event: Event) -> None:
        if not self._open:
            return
        turns_waiting, self._turns_waiting = self._turns_waiting, self._core.talk.requested()
        match event.direction, event.type:
            case "received", "response.created":
                self._created(at(event.body, "response"))
            case "received", "response.done":
                self._done(at(event.body, "response"), event.t_s)
            case "received", "error":
                self._refused(at(event.body, "error"), alone=not turns_waiting)
            case ("local", "rtnb.connection.lost") | ("received", "session.created"):
                self._lost(event.t_s)

    def _created(self, response: object) -> None:
        response_id = string(at(response, "id"))
        key = at(response, "metadata", ASIDE_KEY)
        found = next((each for each in self._open if each.key == key), None)
        state = self._core.talk.responses.get(response_id)
        if found is None and key is None and state is not None and not state.in_conversation:
            # A server that echoes no metadata answers in the order it was asked.
            found = next((each for each in self._open if not each.response_id), None)
        if found is not None:
            found.response_id = response_id

    def _done(self, response: object, now_s: float) -> None:
        response_id, key = string(at(response, "id")), at(response, "metadata", ASIDE_KEY)
        for running in self._open:
            if running.key == key or (response_id and running.response_id == response_id):
                running.response_id = response_id
                running.done = response if isinstance(response, Mapping) else {}
                running.done_s = now_s

    def _refused(self, error: object, *, alone: bool) -> None:
        if not isinstance(error, Mapping):
            return
        event_id = error.get("event_id")
        if event_id:
            for running in self._open:
                if event_id == running.event_id:
                    running.error = error
            return
        # Some servers name no event: then it can only be about the one request that waits for an answer.
        waiting = [each for each in self._open if not each.response_id and not each.ended]
        if len(waiting) == 1 and alone and not self._core.asking:
            waiting[0].error = error
            return
        for each in waiting:
            each.hint = string(error.get("message")) or string(error.get("code")) or "without a message"

    def _lost(self, now_s: float) -> None:
        """The connection that it was asked on is gone, and its answer with it."""
        error = {"code": "connection_lost", "message": "The connection was lost before the aside was over."}
        for running in self._open:
            if not running.ended:
                running.done = {
                    "id": running.response_id,
                    "status": "failed",
                    "status_details": {"type": "failed", "error": error},
                }
                running.done_s = now_s

    # What came of it

    def _result(self, running: Running, done: Mapping[str, Any]) -> AsideResult:
        core = self._core
        output = done.get("output")
        wires = [wire for wire in output if isinstance(wire, Mapping)] if isinstance(output, list) else []
        usage = done.get("usage")
        metadata = done.get("metadata")
        details = done.get("status_details")
        day = datetime.fromtimestamp(core.log.start_wall_s, UTC).date()
        model = str(core.talk.config.get("model") or core.model)
        return AsideResult(
            text=" ".join(text for wire in wires if (text := self._text(wire))),
            audio=_sound([item for wire in wires if (item := core.talk.items.get(string(wire.get("id"))))]),
            status=str(done.get("status") or "completed"),
            status_details=dict(details) if isinstance(details, Mapping) else None,
            calls=tuple(
                {name: string(wire.get(name)) for name in ("name", "arguments", "call_id")}
                for wire in wires
                if wire.get("type") == "function_call"
            ),
            usage=TokenUsage.from_wire(usage) if isinstance(usage, Mapping) else None,
            cost=cost(usage, model, day) if isinstance(usage, Mapping) else None,
            response_id=running.response_id,
            metadata={
                str(name): str(value)
                for name, value in (metadata.items() if isinstance(metadata, Mapping) else ())
                if name != ASIDE_KEY
            },
            elapsed_s=max(0.0, running.done_s - running.asked_s),
            model=model,
            endpoint=core.endpoint.label,
        )

    def _text(self, wire: Mapping[str, Any]) -> str:
        said = "".join(string(part.get("text")) or string(part.get("transcript")) for part in parts(wire))
        item = self._core.talk.items.get(string(wire.get("id")))
        return (said or ("".join(item.text) if item is not None else "")).strip()


def _sound(items: Sequence[ItemState]) -> Clip | None:
    heard = [item for item in items if item.audio]
    if not heard:
        return None
    format = AudioFormat.from_wire({"type": heard[0].output_format} if heard[0].output_format else None)
    data = format.whole(b"".join(ref.bytes() for item in heard for ref in item.audio))
    return Clip(format.decode(data), format.rate_hz) if data else None


def _limit(tokens: object) -> int | None:
    return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None


def _call_on(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    """Do something on the session's loop, from any thread; nothing where the loop has ended."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(work)
