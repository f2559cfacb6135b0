"""Running the functions that the model calls, off the session's loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rtnb.errors import SessionError
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import at, string
from rtnb.session.conversation.reducer import TURN_KEY
from rtnb.session.conversation.state import ResponseState, TurnState
from rtnb.session.tools.approvals import Approvals
from rtnb.session.tools.calls import EXHAUSTED, OpenCall, Outcome, function_names, output_item, unknown
from rtnb.session.tools.context import ToolCancelledError, ToolContext
from rtnb.session.tools.notices import GRACE_S, QUEUED_S, ToolNotices
from rtnb.session.tools.placing import PlaceAsync, ToolLoop, contained
from rtnb.session.tools.remote_calls import RemoteCalls, turn_of
from rtnb.session.tools.results import Output, error_text, output_of, traceback_text, worded
from rtnb.session.tools.rounds import Rounds
from rtnb.session.tools.schema import ArgumentsError, PythonFunction
from rtnb.session.tools.threads import Slot, Slots, Threads
from rtnb.session.tools.toolbox import Tool, Toolbox
from rtnb.session.views.shapes import SessionView
from rtnb.session.views.snapshots import Observer

if TYPE_CHECKING:
    from rtnb.session.core import Core
    from rtnb.session.verbs.floor import Floor

__all__ = ["OpenCall", "ToolRunner"]

CLOSE_S: Final = 1.0
"""How long coroutines of tools are waited for when the session closes."""

LOOK_S: Final = 10.0
"""How long a function waits for a snapshot of its session."""


class ToolRunner:
    """Answers the calls of one session; lives on its loop.

    A function starts when its call is complete, before the response is. All calls of a response run in parallel, and
    when the last one is through *one* response is asked for; see :class:`rtnb.session.tools.rounds.Rounds`.

    Parameters
    ----------
    core : Core
        The session's inside.
    toolbox : Toolbox
        The tools of the session; it may change at any time.
    floor : Floor
        Through which responses are asked for.
    place_async : callable, optional
        Runs coroutines somewhere else; None runs them on the session's own loop.
    hold_approvals : bool
        Whether turns wait for approvals that no function decides.
    view : callable, optional
        Gives a snapshot of the session, on its loop.
    """

    def __init__(
        self,
        core: Core,
        toolbox: Toolbox,
        floor: Floor,
        *,
        place_async: PlaceAsync | None = None,
        hold_approvals: bool = False,
        view: Callable[[], SessionView] | None = None,
    ) -> None:
        behaviour = core.behaviour
        self._core = core
        self._toolbox = toolbox
        self._place = place_async
        self._view = view or self._observe
        self._tracebacks = behaviour.tracebacks
        self._threads = Threads()
        # What the user decides, and what is made of results, waits for no function that hangs.
        self._own_threads = Threads()
        self._slots = Slots()
        self._taken: dict[str, Slot] = {}
        self._notices = ToolNotices(core, self._threads)
        self._rounds = Rounds(core, floor, max_rounds=behaviour.max_tool_rounds)
        self._remote = RemoteCalls(self._rounds, lambda response_id: turn_of(core.talk, response_id))
        self._running: dict[str, ToolContext] = {}
        self._open: dict[str, OpenCall] = {}
        self._seen: set[str] = set()
        self._named: set[str] = set()
        self._lists: dict[str, str] = {}
        """Lists of MCP servers' tools that are being made, with the server's label by item."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.approvals = Approvals(
            core,
            self._rounds,
            decide=behaviour.on_approval,
            run=self._call_user,
            hold=hold_approvals,
            approved=self._remote.approved,
        )
        if isinstance(place_async, ToolLoop):
            place_async.on_blocked = self._notices.blocked
        core.subscribe(self._on_event)

    # What a session says

    def lend(self, key: str, toolbox: Toolbox) -> None:
        """The turn of that key has tools of its own; to be said before its response is asked for."""
        self._rounds.lend(key, toolbox)

    def give_up(self, key: str | None = None) -> None:
        """Nobody waits for the answer of a turn, or of any, any more.

        Functions are told by their context and left to finish, and the model learns of their results; but no response
        follows. Those that waited for others to end are not begun any more.
        """
        for call_id in self._rounds.give_up(key):
            if (context := self._running.get(call_id)) is not None:
                context.cancel("the turn was interrupted")
            if (slot := self._taken.pop(call_id, None)) is not None:
                slot.release()

    def open_calls(self) -> list[OpenCall]:
        """The calls that wait for :meth:`answer`."""
        return list(self._open.values())

    async def answer(self, call_id: str, output: Any, *, key: str = "", respond: bool = True) -> bool:
        """Answer a call that no Python function does.

        Parameters
        ----------
        call_id : str
            Which one.
        output : object
            A string as it is, all else as JSON.
        key : str
            Of the new turn, if there will be one.
        respond : bool
            Whether a response is asked for when nothing else is open.

        Returns
        -------
        bool
            Whether a response was asked for; not so while other calls of the same response are open, or when their
            functions still run and a response follows anyhow.

        Raises
        ------
        SessionError
            There is no such open call.
        """
        call = self._open.get(call_id)
        if call is None:
            raise SessionError(self._no_such_call(call_id))
        made = output_of(output)
        item = output_item(call_id, made.text)
        del self._open[call_id]
        if made.notice:
            self._core.tell(f"The answer to {call.name} by hand {made.notice}")
        if self._rounds.joins(call.response_id):
            self._rounds.close(call.response_id, call_id, item)
            return False
        await self._rounds.add_late(item)
        if not respond or any(other.response_id == call.response_id for other in self._open.values()):
            return False
        await self._rounds.ask_anew(key)
        return True

    async def close(self) -> None:
        """Give everything up; functions in threads cannot be ended, and their results are dropped."""
        for context in list(self._running.values()):
            context.cancel("the session was closed")
        self.approvals.close()
        self._rounds.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if isinstance(self._place, ToolLoop):
            # Its thread may be stuck in somebody's coroutine.
            closing = asyncio.ensure_future(Threads().run(self._place.close))
            await asyncio.wait([closing], timeout=CLOSE_S)

    def _no_such_call(self, call_id: str) -> str:
        if call_id in self._running:
            return f"The call {call_id!r} is being answered by its Python function."
        known = ", ".join(f"{call.call_id!r} ({call.name})" for call in self._open.values())
        answered = call_id in self._seen
        what = f"The call {call_id!r} is answered already" if answered else f"There is no open call {call_id!r}"
        return f"{what}; {f'open are {known}' if known else 'none is open'}."

    # What the server says

    def _on_event(self, event: Event) -> None:
        match (event.direction, event.type):
            case ("received", "response.output_item.done"):
                self._item(event.body.get("item"), string(event.body.get("response_id")))
            case ("received", "response.done"):
                # Not every server ends its items one by one.
                output = at(event.body, "response", "output")
                for item in output if isinstance(output, list) else ():
                    self._item(item, string(at(event.body, "response", "id")))
            case ("received", "conversation.item.added") if at(event.body, "item", "type") == "mcp_list_tools":
                self._lists[string(at(event.body, "item", "id"))] = string(at(event.body, "item", "server_label"))
            case ("received", "mcp_list_tools.completed"):
                self._lists.pop(string(event.body.get("item_id")), None)
            case ("received", "mcp_list_tools.failed"):
                self._notices.unlisted(self._lists.pop(string(event.body.get("item_id")), "?"))
            case ("sent", "response.create") if at(event.body, "response", "metadata", TURN_KEY) is None:
                # Somebody sends events by hand, and answers their calls by hand.
                self._named.update(function_names(at(event.body, "response", "tools")))
        self._remote.see(event)
        self._rounds.see(event)
        self.approvals.see(event)

    def _item(self, item: Any, response_id: str) -> None:
        found = turn_of(self._core.talk, response_id)
        if not isinstance(item, Mapping) or found is None or item.get("status") in ("incomplete", "in_progress"):
            return
        response, turn = found
        match item.get("type"):
            case "function_call":
                self._called(item, response, turn)
            case "mcp_approval_request":
                self.approvals.requested(item, response, turn)

    def _called(self, item: Mapping[str, Any], response: ResponseState, turn: TurnState) -> None:
        call_id, name = string(item.get("call_id")), string(item.get("name"))
        if not call_id:
            self._notices.once(
                f"item {item.get('id')}",
                f"The server sent a call of {name or 'a tool'} without a call_id: it cannot be answered.",
            )
            return
        if call_id in self._seen:
            return
        self._seen.add(call_id)
        meant = self._core.log.arguments(call_id)
        call = OpenCall(call_id, name, string(item.get("arguments")) if meant is None else meant, response.id)
        box = self._rounds.lent(turn)
        tool = (box.find(name) if box is not None else None) or self._toolbox.find(name)
        if tool is None or tool.function is None:
            self._not_python(call, response, turn, tool)
            return
        context = self._running[call_id] = ToolContext(call_id, name, self._look)
        if not tool.background:
            self._rounds.open(response, turn, call_id)
        self._core.note("tool.started", call_id=call_id, name=name, background=tool.background, response_id=response.id)
        task = self._core.keep(self._answer(call, tool, context, exhausted=self._rounds.exhausted(turn)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _not_python(self, call: OpenCall, response: ResponseState, turn: TurnState, tool: Tool | None) -> None:
        box, config = self._rounds.lent(turn), self._core.talk.config
        sent = [*function_names(config.get("tools")), *function_names(self._rounds.first(turn).get("tools"))]
        sent += self._named
        # A stored prompt may bring tools that nobody lists.
        if (tool is not None and tool.kind == "function") or call.name in sent or (call.name and config.get("prompt")):
            self._open[call.call_id] = call
            self._notices.once(
                call.name,
                f"The model called {call.name}, which has no Python function here: "
                f"session.answer({call.call_id!r}, output) answers it.",
            )
            return
        outcome = unknown(call.name, [*function_names(self._toolbox if box is None else box), *sent])
        self._rounds.open(response, turn, call.call_id)
        self._core.note("tool.started", call_id=call.call_id, name=call.name, background=False, response_id=response.id)
        self._finish(call, outcome, 0.0)
        self._notices.once(call.name, f"The model called a tool that is not there, and was told: {outcome.error}.")
        self._rounds.close(response.id, call.call_id, output_item(call.call_id, outcome.output))

    def _finish(self, call: OpenCall, outcome: Outcome, elapsed_s: float) -> None:
        self._core.note(
            "tool.finished",
            call_id=call.call_id,
            name=call.name,
            status=outcome.status,
            error=outcome.error,
            traceback=outcome.trace,
            elapsed_s=round(elapsed_s, 6),
        )

    async def _answer(self, call: OpenCall, tool: Tool, context: ToolContext, *, exhausted: bool) -> None:
        self._loop = asyncio.get_running_loop()
        outcome = Outcome("cancelled", "", "the session was closed")
        begun_s = self._core.now_s()
        try:
            outcome = EXHAUSTED if exhausted else await self._outcome(call, tool, context)
        finally:
            self._running.pop(call.call_id, None)
            self._finish(call, outcome, self._core.now_s() - begun_s)
        if outcome.status in ("failed", "timed out"):
            self._core.tell(f"The tool {call.name} failed, and the model was told: {outcome.error}")
        if outcome.notice:
            self._core.tell(f"The tool {call.name} {outcome.notice}")
        item = output_item(call.call_id, outcome.output)
        if tool.background:
            self._rounds.late(item)
        else:
            self._rounds.close(call.response_id, call.call_id, item)

    async def _outcome(self, call: OpenCall, tool: Tool, context: ToolContext) -> Outcome:
        function = tool.function
        assert function is not None
        if not function.is_async:
            # The time that others take does not count.
            await self._take_slot(call)
        limit = asyncio.timeout(tool.timeout_s)
        try:
            context.check()
            async with limit:
                return Outcome.of(await self._result(function, call, context))
        except ArgumentsError as error:
            return Outcome.wrong("refused", str(error))
        except ToolCancelledError as error:
            return Outcome.wrong("cancelled", str(error))
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _being_cancelled():
                raise
            if limit.expired():
                context.cancel("it took too long")
                asyncio.get_running_loop().call_later(GRACE_S, self._notices.hung)
                return Outcome.wrong("timed out", f"{call.name} was not through after {tool.timeout_s:g} s")
            trace = traceback_text(error)
            said = worded(error)
            return Outcome("failed", error_text(said, trace=trace if self._tracebacks else ""), said, trace)
        finally:
            if (slot := self._taken.pop(call.call_id, None)) is not None:
                slot.release()

    async def _take_slot(self, call: OpenCall) -> None:
        late = asyncio.get_running_loop().call_later(QUEUED_S, self._notices.queued, call.name)
        try:
            self._taken[call.call_id] = await self._slots.take()
        finally:
            late.cancel()

    async def _result(self, function: PythonFunction, call: OpenCall, context: ToolContext) -> Output:
        if function.is_async:

            async def work() -> Any:
                # All of it where coroutines run: validators may be slow, or worse, too.
                return await function.bind(call.arguments, context)()

            return await self._worded(await self._placed(work()))

        def body() -> Any:
            value = function.bind(call.arguments, context)()
            return _Later(value) if inspect.isawaitable(value) else output_of(value)

        found = await self._threads.run(body)
        if isinstance(found, _Later):
            return await self._worded(await self._placed(_awaited(found.awaitable)))
        assert isinstance(found, Output)
        return found

    async def _worded(self, value: Any) -> Output:
        made: Output = output_of(value) if type(value) is str else await self._own_threads.run(lambda: output_of(value))
        return made

    async def _placed(self, work: Any) -> Any:
        return await (contained(work) if self._place is None else self._place(work))

    async def _call_user(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call something of the user's as tools are called; coroutine functions where coroutines run."""
        if inspect.iscoroutinefunction(function):
            return await self._placed(function(*args))
        value = await self._own_threads.run(lambda: function(*args))
        return await self._placed(_awaited(value)) if inspect.isawaitable(value) else value

    def _observe(self) -> SessionView:
        core = self._core
        return Observer(core.talk, core.log, core.endpoint.label).session(core.status)

    def _look(self) -> SessionView:
        """A snapshot of the session, from whatever thread a function runs in."""
        view, loop = self._view, self._loop
        assert loop is not None
        try:
            if asyncio.get_running_loop() is loop:
                return view()
        except RuntimeError:
            # No loop runs in this thread.
            pass

        async def look() -> SessionView:
            return view()

        return asyncio.run_coroutine_threadsafe(look(), loop).result(LOOK_S)


@dataclass(frozen=True, slots=True)
class _Later:
    awaitable: Awaitable[Any]


def _being_cancelled() -> bool:
    """Whether it is this very task that is ended, and not something that a tool waited for."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
