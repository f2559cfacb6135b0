"""What is done about a conversation that grows: old turns deleted, or replaced by a summary."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rtnb.errors import ConfigError, RtnbError, SessionClosedError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import at, string, whole
from rtnb.session.verbs.summary import (
    INSTRUCTIONS,
    exchanges,
    is_summary,
    old_items,
    plain_text,
    summary_item,
    tokens_of,
)
from rtnb.tokens import KeepLast, Summarise, count_text, settings_tokens

if TYPE_CHECKING:
    from rtnb.session.core import Core
    from rtnb.session.verbs.aside import Aside
    from rtnb.session.verbs.items import Items

__all__ = ["Condensed", "Steward"]

SUMMARY_TIMEOUT_S: Final = 60.0
TRANSCRIPTS_S: Final = 5.0
"""How long a function of the user's waits for transcripts that are on their way."""

Maker = Callable[[str], str | Awaitable[str]]


@dataclass(frozen=True, slots=True, repr=False)
class Condensed:
    """What became of the old turns of a conversation.

    Parameters
    ----------
    items, turns : int
        How many were taken out; 0 where nothing was old.
    before_tokens, after_tokens : int
        The conversation without instructions and tools; an estimate from the last usage that the server sent.
    summary : str
        What stands for them now; empty where nothing does.
    """

    items: int = 0
    turns: int = 0
    before_tokens: int = 0
    after_tokens: int = 0
    summary: str = ""

    def __str__(self) -> str:
        if not self.items:
            return "There are no old turns: nothing was changed."
        items = f"{self.items} item{'s' if self.items != 1 else ''}"
        turns = f"{self.turns} old turn{'s' if self.turns != 1 else ''} ({items})"
        were = "were" if self.turns != 1 else "was"
        done = f"A summary took the place of {turns}" if self.summary else f"{turns} {were} deleted"
        return (
            f"{done}: the conversation went from about {self.before_tokens:,} to {self.after_tokens:,} tokens. "
            "Behind the instructions nothing of it is cached in the next response."
        )

    def __repr__(self) -> str:
        return f"Condensed({self})"


class Steward:
    """Carries out the policy of a session.

    Parameters
    ----------
    core : Core
    items : Items
    aside : Aside
        Asks the model for the summary, outside of the conversation.
    """

    def __init__(self, core: Core, items: Items, aside: Aside) -> None:
        self._core, self._items, self._aside = core, items, aside
        self._at_work = asyncio.Lock()
        self._stuck_at = 0
        self._changed_s = -1.0

    def start(self) -> None:
        """Look after the conversation from now on, if there is a policy.

        Raises
        ------
        ConfigError
            The policy is none.
        """
        policy = self._core.behaviour.policy
        if policy is None:
            return
        if not isinstance(policy, KeepLast | Summarise):
            raise ConfigError(f"policy is rtnb.KeepLast(...) or rtnb.Summarise(...), not {policy!r:.60}.")
        self._core.subscribe(self._on_event)

    # Verbs

    async def prune(self, *, turns: int) -> Condensed:
        """Delete all but the last turns.

        Raises
        ------
        ConfigError
            `turns` is no whole number from 1 up.
        ApiError
            The server refused to delete an item.
        """
        async with self._at_work:
            return await self._prune(KeepLast(turns))

    async def summarise(
        self,
        *,
        keep_turns: int = 2,
        summary_tokens: int = 200,
        by: Maker | None = None,
        instructions: str = "",
    ) -> Condensed:
        """Replace all but the last turns by a summary.

        Parameters
        ----------
        keep_turns : int
            How many of the latest turns stay as they are.
        summary_tokens : int
            The longest summary that the model may write.
        by : callable, optional
            Makes the summary in place of the model: from the text of the old turns, a line for each message, to the
            summary. It may be async; one that is not runs in a thread.
        instructions : str
            For the model; empty for rtnb's own.

        Returns
        -------
        Condensed
            What was done. On every failure the conversation stays as it is.

        Raises
        ------
        ApiError, SessionError
            There is no summary, or the server refused to put it in.
        """
        policy = Summarise(1, keep_turns, summary_tokens, by=by, instructions=instructions)
        async with self._at_work:
            return await self._summarise(policy)

    @property
    def context_tokens(self) -> int:
        """About how many tokens the conversation is, instructions and tools apart.

        By the last usage that the server sent, less what was taken out since; an estimate where it sent none.
        """
        talk = self._core.talk
        for response in reversed(talk.responses.values()):
            if response.done_s is None or response.done_s <= self._changed_s:
                break
            given = whole(at(response.usage, "input_tokens"))
            if response.in_conversation and given:
                tools = talk.config.get("tools")
                own = settings_tokens(string(talk.config.get("instructions")), tools if isinstance(tools, list) else [])
                return max(0, given + whole(at(response.usage, "output_tokens")) - own.total)
        return tokens_of(talk, talk.order)

    # Inside

    def _on_event(self, event: Event) -> None:
        if (event.direction, event.type) == ("received", "response.done") and not self._at_work.locked():
            response = self._core.talk.responses.get(string(at(event.body, "response", "id")))
            if response is not None and response.in_conversation:
                self._core.keep(self._tend())

    async def _tend(self) -> None:
        """After a response: when nothing goes on, see whether the conversation has grown too long."""
        core, policy = self._core, self._core.behaviour.policy
        if self._at_work.locked():
            return
        async with self._at_work:
            try:
                await core.until(self._idle)
                if not self._due(policy):
                    return
                if len(core.talk.items) == self._stuck_at:
                    return
                done = await (self._summarise(policy) if isinstance(policy, Summarise) else self._prune(policy))
            except SessionClosedError:
                return
            except RtnbError as error:
                # Not again before there is something new: a model that fails now would fail for every response.
                self._stuck_at = len(core.talk.items)
                core.tell(f"The conversation stays as it is: {str(error).splitlines()[0]}")
                return
            if done.items:
                core.tell(str(done))

    def _due(self, policy: KeepLast | Summarise) -> bool:
        above = policy.above_tokens
        if above is None or (held := self.context_tokens) <= above:
            return above is None
        if isinstance(policy, KeepLast):
            return True
        return policy.due(held, tokens_of(self._core.talk, old_items(self._core.talk, policy.keep_turns)))

    def _idle(self) -> bool:
        talk = self._core.talk
        held = any(response.held for response in talk.responses.values())
        return talk.free() and not talk.speaking() and not held and self._core.status == "open"

    async def _prune(self, policy: KeepLast) -> Condensed:
        talk = self._core.talk
        old = old_items(talk, policy.turns)
        if not old:
            return Condensed()
        before, gone, turns = self.context_tokens, tokens_of(talk, old), _turns(talk, old)
        await self._items.delete_all(old)
        self._changed_s = self._core.now_s()
        return Condensed(len(old), turns, before, max(0, before - gone))

    async def _summarise(self, policy: Summarise) -> Condensed:
        talk = self._core.talk
        old = old_items(talk, policy.keep_turns)
        if not old:
            return Condensed()
        before, gone, turns = self.context_tokens, tokens_of(talk, old), _turns(talk, old)
        text = await self._made(policy, old)
        order = list(talk.order)
        # What was taken out meanwhile is in the summary and needs no deleting.
        old = [item_id for item_id in old if item_id in talk.order]
        place = order.index(old[0]) if old else 0
        item = summary_item(text)
        (refused,) = await self._items.put([item], previous_item_id=order[place - 1] if place else "root")
        if refused is not None:
            raise refused
        await self._items.delete_all(old)
        self._changed_s = self._core.now_s()
        after = max(0, before - gone) + count_text(text)
        return Condensed(len(old), turns, before, after, text)

    async def _made(self, policy: Summarise, old: Sequence[str]) -> str:
        if policy.by is not None:
            return await self._by_function(policy.by, old)
        order = {"type": "message", "role": "system"}
        asked = {**order, "content": [{"type": "input_text", "text": policy.instructions or INSTRUCTIONS}]}
        # The session's own instructions stay, and the order comes last: so the old items are in the cache already.
        references = [{"type": "item_reference", "id": item_id} for item_id in old]
        result = await self._aside.run(
            None, [*references, asked], max_output_tokens=policy.summary_tokens, timeout=SUMMARY_TIMEOUT_S
        )
        cut_short = result.status == "incomplete" and result.text.strip()
        if result.status != "completed" and not cut_short:
            raise SessionError(f"The model made no summary: its response {result.status} ({result.status_reason}).")
        return _summary(result.text)

    async def _by_function(self, by: Callable[[str], Any], old: Sequence[str]) -> str:
        talk = self._core.talk
        heard = [talk.items[item_id] for item_id in old if item_id in talk.items]
        with suppress(TimeoutError):
            await self._core.until(
                lambda: all(not item.transcript_expected or item.transcript is not None for item in heard),
                TRANSCRIPTS_S,
            )
        text = plain_text(talk, old)
        if not text:
            raise SessionError("There is no text to summarise: what was said was not transcribed.")
        try:
            if inspect.iscoroutinefunction(by):
                made = await by(text)
            else:
                made = await asyncio.to_thread(by, text)
                if inspect.isawaitable(made):
                    made = await made
        except Exception as error:
            raise SessionError(f"The function that makes the summary raised {type(error).__name__}: {error}") from error
        return _summary(made)


def _summary(made: object) -> str:
    if not isinstance(made, str) or not made.strip():
        raise SessionError(f"A summary is a text, not {made!r:.60}.")
    return made.strip()


def _turns(talk: Any, old: Sequence[str]) -> int:
    gone = set(old)
    return sum(1 for one in exchanges(talk) if gone.intersection(one) and not all(map(is_summary, one)))
