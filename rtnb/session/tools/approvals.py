"""Approvals: a call that an MCP server's settings want confirmed is decided by a function, a button, or a question."""

from __future__ import annotations

import asyncio
import builtins
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, overload

from rtnb.errors import SessionClosedError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import string
from rtnb.session.conversation.state import ResponseState, TurnState
from rtnb.session.tools.results import worded
from rtnb.session.tools.rounds import Rounds

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Approval", "Approvals", "ask_in_terminal", "question"]

DECISION_S: Final = 300.0
"""How long a deciding function may take (own choice); then the call is denied."""

SHOWN_CHARS: Final = 300
"""How much of the arguments a question shows."""


class Run(Protocol):
    """Calls a function of the user's off the loop."""

    def __call__(self, function: Callable[..., Any], *args: Any) -> Awaitable[Any]: ...


class Approval:
    """A call of an MCP server's tool that waits for a yes or a no; both may be said from any thread.

    Parameters
    ----------
    id : str
        Of the request's item.
    server : str
        Label of the MCP server.
    tool : str
        Which of its tools.
    arguments : str
        What it would be called with, as JSON text.
    decide : callable
        Takes the approval, yes or no, the reason, and who decided.

    Examples
    --------
    >>> said = []
    >>> approval = Approval("mcpr_1", "shop", "refund", '{"order": "A-1"}', lambda *verdict: said.append(verdict[1:]))
    >>> approval
    Approval(shop.refund(order='A-1'), pending)
    >>> approval.deny("not without a receipt")
    >>> approval.decided, said
    (False, [(False, 'not without a receipt', 'user')])
    """

    def __init__(
        self,
        id: str,
        server: str,
        tool: str,
        arguments: str,
        decide: Callable[[Approval, bool, str, str], None],
        *,
        response_id: str = "",
    ) -> None:
        self.id = id
        self.server = server
        self.tool = tool
        self.raw_arguments = arguments
        self.response_id = response_id
        self.decided: bool | None = None
        """True or False once it is decided, None before."""
        self.void = False
        """Whether nobody waits for the decision any more: the connection that asked is gone."""
        self.reason = ""
        self._decide = decide

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What it would be called with; empty where that is no JSON object."""
        try:
            found = json.loads(self.raw_arguments)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def approve(self, *, by: str = "user") -> None:
        """Let the call happen; a response is asked for, in which the server makes it.

        Raises
        ------
        SessionError
            It is decided already or void, or the session is over.
        """
        self._settle(True, "", by)

    def deny(self, reason: str = "", *, by: str = "user") -> None:
        """Refuse the call; the model is told, with the reason if there is one.

        Raises
        ------
        SessionError
            It is decided already or void, or the session is over.
        """
        self._settle(False, reason, by)

    def _settle(self, approve: bool, reason: str, by: str) -> None:
        if self.decided is not None:
            verdict = "approved" if self.decided else "denied"
            raise SessionError(f"{self.server}.{self.tool} has been {verdict} already.")
        if self.void:
            raise SessionError(
                f"{self.server}.{self.tool} cannot be decided any more: the connection that asked is gone, and the new "
                "one knows nothing of the request. Ask the model again."
            )
        self._decide(self, approve, reason, by)
        self.decided, self.reason = approve, reason

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r:.40}" for name, value in self.arguments.items())
        state = "approved" if self.decided else "void" if self.void else "pending" if self.decided is None else "denied"
        return f"Approval({self.server}.{self.tool}({members}), {state})"


class Approvals(Sequence[Approval]):
    """The approvals of a session that are pending, oldest first. It may be read from any thread.

    Parameters
    ----------
    core : Core
        The session's inside.
    rounds : Rounds
        What asks for the response behind a decision.
    decide : callable, optional
        The user's function: takes an :class:`Approval`, returns True, False, or False and a reason.
    run : callable
        Calls it off the loop.
    hold : bool
        Whether turns wait for decisions without a function; the waiting cell then asks with :func:`ask_in_terminal`.
    approved : callable, optional
        Told the ids of a request and of its response when the call is allowed and its turn goes on.
    """

    def __init__(
        self,
        core: Core,
        rounds: Rounds,
        *,
        decide: Callable[..., Any] | None,
        run: Run,
        hold: bool = False,
        approved: Callable[[str, str], None] = lambda request_id, response_id: None,
    ) -> None:
        self.hold = hold
        self._core = core
        self._rounds = rounds
        self._function = decide
        self._run = run
        self._approved = approved
        self._seen: set[str] = set()
        self._pending: tuple[Approval, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @overload
    def __getitem__(self, index: int) -> Approval: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Approval, ...]: ...
    def __getitem__(self, index: int | slice) -> Approval | tuple[Approval, ...]:
        return self._pending[index]

    def __len__(self) -> int:
        return len(self._pending)

    def __iter__(self) -> Iterator[Approval]:
        return iter(self._pending)

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self._pending))}]"

    def requested(self, item: Mapping[str, Any], response: ResponseState, turn: TurnState) -> None:
        """The server wants a call approved."""
        request_id = string(item.get("id"))
        if not request_id or request_id in self._seen:
            return
        self._seen.add(request_id)
        self._loop = asyncio.get_running_loop()
        approval = Approval(
            request_id,
            string(item.get("server_label")),
            string(item.get("name")),
            string(item.get("arguments")),
            self._decided,
            response_id=response.id,
        )
        self._pending = (*self._pending, approval)
        if self._function is not None or self.hold:
            self._rounds.open(response, turn, request_id)
        if self._function is not None:
            self._core.keep(self._ask(self._function, approval))
        elif not self.hold:
            self._core.tell(
                f"{question(approval)} session.approvals[{len(self._pending) - 1}].approve() lets it, .deny(reason) "
                "does not; connect(on_approval=function) decides by itself."
            )

    def see(self, event: Event) -> None:
        """Take in an event: requests of a connection end with it."""
        if event.direction == "local" and event.type in ("rtnb.connection.lost", "rtnb.handover"):
            pending, self._pending = self._pending, ()
            for approval in pending:
                approval.void = True
                self._rounds.drop(approval.response_id, approval.id)
            if pending and not self._closed:
                what = ", ".join(f"{approval.server}.{approval.tool}" for approval in pending)
                self._core.tell(
                    f"What waited for approval is void, since the connection that asked is gone: {what}. "
                    "Ask the model again."
                )

    def close(self) -> None:
        """The session is over; nothing can be decided any more."""
        self._closed = True

    async def _ask(self, function: Callable[..., Any], approval: Approval) -> None:
        verdict: Any = False
        problem = ""
        limit = asyncio.timeout(DECISION_S)
        try:
            async with limit:
                verdict = await self._run(function, approval)
        except Exception as error:
            late = f"nobody decided within {DECISION_S:g} s"
            problem = late if limit.expired() else f"the function that decides raised {worded(error)}"
        try:
            await self._core.until(lambda: self._core.status != "reconnecting")
        except SessionClosedError:
            return
        if approval.decided is not None or approval.void:
            return
        approve, reason = _read(verdict)
        if problem:
            approve = False
        elif approve is None:
            problem = f"the function that decides returned {verdict!r:.60} instead of True, False, or (False, reason)"
            approve = False
        if problem:
            # What went wrong in here is no business of the model's.
            reason = "not approved"
            self._core.tell(f"{approval.server}.{approval.tool} was denied: {problem}.")
        approval._settle(bool(approve), reason, "function")

    def _decided(self, approval: Approval, approve: bool, reason: str, by: str) -> None:
        loop = self._loop
        if loop is None or self._closed or self._core.over:
            raise SessionClosedError("The session is over; its approvals cannot be decided any more.")
        if self._core.status == "reconnecting":
            raise SessionError("The connection is being changed just now; decide again when it stands.")
        try:
            running: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is loop:
            self._apply(approval, approve, reason, by)
        else:
            loop.call_soon_threadsafe(self._apply, approval, approve, reason, by)

    def _apply(self, approval: Approval, approve: bool, reason: str, by: str) -> None:
        if approval not in self._pending:
            return
        self._pending = tuple(each for each in self._pending if each is not approval)
        request_id = approval.id
        self._core.note("approval", request_id=request_id, approve=approve, reason=reason, by=by)
        item = {"type": "mcp_approval_response", "approval_request_id": request_id, "approve": approve}
        if reason:
            item["reason"] = reason
        if self._rounds.joins(approval.response_id):
            if approve:
                self._approved(request_id, approval.response_id)
            self._rounds.close(approval.response_id, request_id, item)
            return
        self._rounds.close(approval.response_id, request_id, None)
        others = any(each.response_id == approval.response_id for each in self._pending)
        self._rounds.late(item, ask=not others)


def _read(verdict: Any) -> tuple[bool | None, str]:
    if isinstance(verdict, bool):
        return verdict, ""
    if isinstance(verdict, tuple) and len(verdict) == 2 and isinstance(verdict[0], bool):
        return verdict[0], "" if verdict[1] is None else str(verdict[1])
    return None, ""


def question(approval: Approval) -> str:
    """What is asked: which server wants to run which tool with what.

    Examples
    --------
    >>> question(Approval("mcpr_1", "shop", "refund", '{"order": "A-1"}', print))
    "The MCP server 'shop' wants to run refund({'order': 'A-1'})."
    """
    # As Python writes it: nothing in there can move a terminal's cursor.
    shown = repr(dict(approval.arguments)) if approval.arguments else repr(approval.raw_arguments)
    if approval.raw_arguments.strip() in ("", "{}"):
        shown = ""
    if len(shown) > SHOWN_CHARS:
        shown = f"{shown[: SHOWN_CHARS - 1]}…"
    tool = approval.tool if approval.tool.isprintable() else repr(approval.tool)
    return f"The MCP server {approval.server!r} wants to run {tool}({shown})."


def ask_in_terminal(approval: Approval, input: Callable[[str], str] = builtins.input) -> bool | None:
    """Ask for a decision with ``input()``, and pass it on.

    Returns
    -------
    bool or None
        What was decided; None where nobody can be asked, and the approval stays pending.

    Examples
    --------
    >>> approval = Approval("mcpr_1", "shop", "refund", "{}", lambda *verdict: None)
    >>> ask_in_terminal(approval, input=lambda prompt: "not today")
    False
    >>> approval.reason
    'not today'
    """
    try:
        answer = input(f"{question(approval)} Allow it? [y/N, or why not] ").strip()
    except (EOFError, OSError, NotImplementedError, RuntimeError):
        # No keyboard: a pipe that ended, or a notebook that runs without its user. (Jupyter's own error for that is a
        # NotImplementedError.)
        return None
    if approval.decided is not None or approval.void:
        # A button was quicker, or the connection has gone.
        return approval.decided
    if answer.lower() in ("y", "yes"):
        approval.approve()
        return True
    approval.deny("" if answer.lower() in ("", "n", "no") else answer)
    return False
