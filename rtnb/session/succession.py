"""One connection after another: a session outlives each of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rtnb.errors import ApiError, SessionClosedError
from rtnb.session.conversation.reading import string
from rtnb.session.hub import Hub
from rtnb.session.verbs.rebuild import Rebuilt
from rtnb.session.wire.connection import Connection

if TYPE_CHECKING:
    from rtnb.protocol.envelope import Event
    from rtnb.session.verbs.keeper import Keeper

__all__ = ["ANSWER_TIMEOUT_S", "Status", "Succession"]

ANSWER_TIMEOUT_S = 30.0
"""How long a server may take to acknowledge an event."""

Status = Literal["new", "open", "reconnecting", "closed", "lost"]


class Succession(Hub):
    """The part of a session that goes from one connection to the next; what a keeper works with."""

    keeper: Keeper
    requested: dict[str, Any]
    status: Status

    def __init__(self) -> None:
        super().__init__()
        self._connection: Connection | None = None
        self._before: Connection | None = None
        self._leaving: set[Connection] = set()
        self._closing: asyncio.Task[None] | None = None

    async def _attach(self) -> Connection:
        raise NotImplementedError

    async def _send_now(self, event: Mapping[str, Any]) -> str:
        raise NotImplementedError

    async def ask(self, event: Mapping[str, Any], answer: str, *, now: bool = False) -> Event:
        """Send an event and wait for what answers it."""
        raise NotImplementedError

    async def reopen(self, *, reason: str) -> None:
        """Open the next connection, with the settings that were asked for; :meth:`rebuild` comes after it.

        What is sent meanwhile waits. On failure the connection before is used again if it is still there.

        Raises
        ------
        UnreachableError, RefusedError, ApiError, SessionClosedError
        """
        before, old, order = self.status, self._connection, list(self.talk.order)
        self.status = "reconnecting"
        try:
            new = await self._attach()
            ask = self.ask({"type": "session.update", "session": self.requested}, "session.updated", now=True)
            await self._while_open(new, ask)
        except BaseException:
            if old is not None and not old.ended.is_set():
                self._connection, self.status = old, before
                self.note("handover.failed", reason=reason, order=order)
            raise
        self._before = old

    async def rebuild(self, events: Sequence[Mapping[str, Any]]) -> list[ApiError]:
        """Send the events that rebuild the conversation on a new connection, and go on there.

        Returns
        -------
        list of ApiError
            Of what the server refused.

        Raises
        ------
        SessionClosedError
            The new connection ended meanwhile.
        """
        connection = self._connection
        assert connection is not None
        refused: list[ApiError] = []
        await self._while_open(connection, self._send_all(events, refused))
        if connection.ended.is_set():
            raise SessionClosedError(self._ended_by(connection))
        self.status = "open"
        self.note("handover", items=len(events), refused=len(refused))
        if self._before is not None:
            # The old server may take its time to say goodbye, and nobody waits for that.
            self.keep(self._let_go(self._before))
            self._before = None
        return refused

    async def _let_go(self, old: Connection) -> None:
        self._leaving.add(old)
        await asyncio.shield(old.close())
        self._leaving.discard(old)

    async def _send_all(self, events: Sequence[Mapping[str, Any]], refused: list[ApiError]) -> None:
        known = len(self.talk.errors)
        sent = {await self._send_now(event): string((event.get("item") or {}).get("id")) for event in events}

        def left() -> set[str]:
            errors = {error.event_id for error in self.talk.errors[known:]}
            return {event_id for event_id, item in sent.items() if item not in self.talk.order} - errors

        await self.until(lambda: not left(), ANSWER_TIMEOUT_S)
        refused += [
            ApiError({"code": error.code, "message": error.message, "param": error.param, "event_id": error.event_id})
            for error in self.talk.errors[known:]
            if error.event_id in sent
        ]

    async def _while_open(self, connection: Connection, work: Coroutine[Any, Any, object]) -> None:
        """Do something on a connection; raises when the connection ends first."""
        task, ended = asyncio.ensure_future(work), asyncio.ensure_future(connection.ended.wait())
        try:
            await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise SessionClosedError(self._ended_by(connection))
            task.result()
        finally:
            task.cancel()
            ended.cancel()

    # When one is lost

    async def _regain(self, connection: Connection) -> None:
        with contextlib.suppress(SessionClosedError):
            await self._restored(connection, None)

    async def regain(self, rebuilt: Rebuilt) -> None:
        """After a hand-over whose new connection died: try again, with what was to be rebuilt.

        Raises
        ------
        SessionClosedError
            In vain: the session is over.
        """
        assert self._connection is not None
        await self._restored(self._connection, rebuilt)

    async def _restored(self, connection: Connection, rebuilt: Rebuilt | None) -> None:
        back = False
        try:
            back = await self.keeper.lost(connection.code, connection.reason, rebuilt=rebuilt)
        finally:
            if not back and self._closing is None:
                self.status = "lost"
                self._finish(SessionClosedError(self._ended_by(connection)))
        if not back and self._end is not None:
            raise self._end

    def _ended_by(self, connection: Connection) -> str:
        said = f" saying '{connection.reason}'" if connection.reason else ""
        return (
            f"{connection.endpoint.address} ended the connection (code {connection.code}){said}.\nWhat was recorded "
            "stays readable; rtnb.connect() opens a new session."
        )
