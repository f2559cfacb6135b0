"""Buttons for what an MCP server wants approved, in the cell that asked."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

from rtnb.protocol.envelope import Event
from rtnb.session.aio import AsyncSession
from rtnb.session.live import deciding, show_buttons
from rtnb.session.tools.approvals import Approval

__all__ = ["Buttons"]


class Buttons:
    """Shows what is to be decided, and that it was.

    Parameters
    ----------
    session : AsyncSession
    blocked : callable
        Whether a cell waits; where buttons cannot be pressed meanwhile, that cell asks by itself.
    """

    def __init__(self, session: AsyncSession, *, blocked: Callable[[], bool]) -> None:
        self._session = session
        self._blocked = blocked
        self._lock = threading.Lock()
        self._known: dict[str, Approval] = {}
        self._verdicts: dict[str, tuple[bool, str, str]] = {}
        self._context = contextvars.copy_context()
        if session.core.behaviour.on_approval is None:
            # Behind the session's own parts: the approvals are listed when this is told.
            session.core.subscribe(self._see)
            session.core.on_close(self._expire)

    def here(self) -> None:
        """The cell that runs now is the one that asked: what it prints later appears in it, too."""
        self._context = contextvars.copy_context()

    def _see(self, event: Event) -> None:
        if event.type == "rtnb.approval":
            body = event.body
            verdict = (bool(body.get("approve")), str(body.get("reason") or ""), str(body.get("by") or ""))
            self._session.core.keep(asyncio.to_thread(self._settle, str(body.get("request_id")), verdict))
            return
        if event.type in ("session.created", "rtnb.connection.lost") and self._known:
            # A new connection knows nothing of what was asked on the one before.
            self._session.core.keep(self._expire())
        for approval in self._session.approvals:
            if approval.id not in self._known:
                self._known[approval.id] = approval
                if deciding(blocked=self._blocked()) == "buttons":
                    # Drawing may take a moment; not on the loop.
                    self._session.core.keep(asyncio.to_thread(self._show, approval, self._context.copy()))

    def _show(self, approval: Approval, context: contextvars.Context) -> None:
        card = context.run(show_buttons, approval)
        with self._lock:
            verdict = self._verdicts.get(approval.id)
        if card is not None and verdict is not None:
            card.settle(verdict[0], verdict[1], by=verdict[2])

    def _settle(self, request_id: str, verdict: tuple[bool, str, str]) -> None:
        with self._lock:
            self._verdicts[request_id] = verdict
        if (card := _card_of(self._known.get(request_id))) is not None:
            card.settle(verdict[0], verdict[1], by=verdict[2])

    async def _expire(self) -> None:
        for approval in list(self._known.values()):
            if (card := _card_of(approval)) is not None:
                await asyncio.to_thread(card.expire)


def _card_of(approval: Approval | None) -> Any:
    """The buttons that show it, whoever showed them."""
    return getattr(approval, "_card", None)
