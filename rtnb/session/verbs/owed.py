"""Answers that turn detection wanted while another one was under way: they are asked for when that is over.

With ``interrupt_response`` off the server hears and notes what is said during an answer, and asks itself for a response
to it, which it refuses with ``conversation_already_has_active_response``; nobody asks again. Here the session does, as
its own verbs queue behind whatever is active. The error names no event, since no client sent one.

What is answered meanwhile is not answered twice: any response that was begun after the refusal was given the words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from rtnb.errors import SessionClosedError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import at
from rtnb.session.conversation.requests import ACTIVE_RESPONSE
from rtnb.session.conversation.state import TurnState

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Owed"]

PATIENCE_S: Final = 60.0
"""How long a moment is waited for in which nobody speaks; then it is asked for all the same."""

TOGETHER: Final = "answered together with what came after it"
INTERRUPTED: Final = "interrupted before it was asked for"
DELETED: Final = "what was said was deleted"
UNWANTED: Final = "create_response was turned off"


class Owed:
    """Asks for the answers that turn detection was refused; lives on the session's loop.

    Parameters
    ----------
    core : Core
        The session's inside.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._refused: dict[str, tuple[float, Mapping[str, Any]]] = {}
        """By item: when, and the error."""
        self._asking: asyncio.Task[None] | None = None
        self._told = False
        core.subscribe(self._on_event)

    def give_up(self, turn: TurnState | None = None) -> bool:
        """Ask no more for one turn, or for the latest; whether there was any."""
        owed = self._core.talk.owed
        turn = turn or (owed[-1] if owed else None)
        if turn is None or turn not in owed:
            return False
        self._settle(turn, INTERRUPTED)
        return True

    # Inside

    def _on_event(self, event: Event) -> None:
        error = event.body.get("error")
        if event.type != "error" or not isinstance(error, Mapping) or error.get("code") != ACTIVE_RESPONSE:
            return
        turns = reversed(self._core.talk.turns)
        # The reducer has just found out whose answer it was; a client's own request is asked again by the floor.
        turn = next((t for t in turns if t.speech and not t.named and not t.responses and t.failure == error), None)
        if turn is None or not turn.user_items or not turn.answer_expected:
            return
        item_id = turn.user_items[-1]
        self._refused[item_id] = event.t_s, dict(error)
        self._core.note("answer.owed", item_id=item_id)
        if self._asking is None or self._asking.done():
            self._asking = self._core.keep(self._ask_all())

    async def _ask_all(self) -> None:
        core, talk = self._core, self._core.talk
        try:
            while talk.owed:
                await core.until(lambda: not talk.owed or _nothing_runs(core))
                with suppress(TimeoutError):
                    # Whoever speaks is answered by the server, with all that was said before.
                    await core.until(lambda: not talk.owed or (_nothing_runs(core) and self._quiet()), PATIENCE_S)
                for turn in list(talk.owed):
                    if reason := self._why_not(turn):
                        self._settle(turn, reason)
                for turn in talk.owed[:-1]:
                    self._settle(turn, TOGETHER)
                if talk.owed:
                    await self._ask(talk.owed[-1])
        except SessionClosedError:
            return
        finally:
            # Where nobody asks any more, nobody waits for it either.
            for turn in list(talk.owed):
                self._settle(turn, refused=True)

    async def _ask(self, turn: TurnState) -> None:
        core = self._core
        if not self._told:
            self._told = True
            core.tell(
                f"Turn {turn.index + 1} was said during an answer that is not interrupted, so the server refused to "
                "answer it then. rtnb asks for its answer now, and will do so again without a word."
            )
        try:
            await core.floor.request_owed(turn.key, lambda: turn in core.talk.owed and not self._why_not(turn))
        except SessionClosedError:
            raise
        except SessionError as error:
            core.tell(f"Turn {turn.index + 1} could not be answered: {error}")
            if turn in core.talk.owed:
                self._settle(turn, refused=True)

    def _quiet(self) -> bool:
        talk = self._core.talk
        items = [talk.items.get(turn.user_items[-1]) for turn in talk.owed]
        return not talk.speaking() and all(item is not None and item.committed_s is not None for item in items)

    def _why_not(self, turn: TurnState) -> str:
        """Why no answer is asked for any more; empty when one is."""
        talk = self._core.talk
        item_id = turn.user_items[-1]
        refused_s, _ = self._refused[item_id]
        made = (r for r in talk.responses.values() if r.in_conversation and r.status != "failed")
        if any(response.created_s > refused_s for response in made):
            return TOGETHER
        if item_id in talk.items and talk.items[item_id].deleted:
            return DELETED
        return UNWANTED if at(talk.input_settings(), "turn_detection", "create_response") is False else ""

    def _settle(self, turn: TurnState, reason: str = "", *, refused: bool = False) -> None:
        item_id = turn.user_items[-1]
        _, error = self._refused.pop(item_id, (0.0, {}))
        self._core.note("answer.settled", item_id=item_id, reason=reason, **({"error": dict(error)} if refused else {}))


def _nothing_runs(core: Core) -> bool:
    return core.talk.active_response() is None and not core.talk.requested()
