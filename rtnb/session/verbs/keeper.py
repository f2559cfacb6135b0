"""Keeping a session alive longer than a connection: the countdown to the limit, hand-overs, and reconnecting."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

from rtnb.errors import ApiError, RefusedError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.session.conversation.reading import at, string
from rtnb.session.verbs.materials import Materials
from rtnb.session.verbs.rebuild import Rebuilt, rebuild
from rtnb.session.verbs.schedule import SHORT_SHARE, Backoff, Schedule
from rtnb.session.verbs.unsettled import CREATED, Unsettled

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation
    from rtnb.session.conversation.state import ConnectionState
    from rtnb.session.core import Core

__all__ = ["DROPS", "Keeper"]

DROPS: Final = frozenset({1001, 1005, 1006, 1011, 1012, 1013, 1015})
"""Close codes after which a new connection may help (source: the reconnection of the ``openai`` package 3.52.0).
1000 is an end that was meant; 3000 and 4000 are refusals, which another try meets again."""

FINAL_STATUS: Final = frozenset({400, 401, 403, 404, 426})
"""HTTP statuses of a handshake that another try meets again."""

TRANSCRIPTS_S: Final = 5.0
"""How long a hand-over waits for transcripts that are on their way, which would be lost with the connection."""

LONGEST_S: Final = 24 * 3600.0
"""A limit further away than this is no limit but a clock that is wrong (own choice)."""


class Keeper:
    """Keeps a session alive; lives on the session's loop.

    Parameters
    ----------
    core : Core
    schedule : Schedule, optional
    backoff : Backoff, optional
    sleep : callable
        ``await sleep(seconds)``.
    chance : callable
        Numbers from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        core: Core,
        *,
        schedule: Schedule | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.schedule, self.backoff = schedule or Schedule(), backoff or Backoff()
        self._core, self._sleep, self._chance = core, sleep, chance
        self._materials = Materials()
        self._renewed = asyncio.Event()
        self._busy = asyncio.Lock()
        self._unsettled = Unsettled()
        self._wrote_answers = False
        self._spent = 0
        self._answered = False

    def start(self) -> None:
        """Begin to count down; once, when the session is open."""
        self._core.subscribe(self._on_event)
        self._core.keep(self._watch())

    # What it knows

    @property
    def expires_s(self) -> float:
        """When the server ends the present connection, on the session's clock.

        By ``expires_at`` of its ``session.created``; `schedule.session_s` after it where that says nothing sensible.
        """
        opened_s, life_s = self._life()
        return opened_s + life_s

    @property
    def expires_in_s(self) -> float:
        """Seconds until the server ends the present connection; never below 0."""
        return max(0.0, self.expires_s - self._core.now_s())

    def reconnects(self, code: int | None) -> bool:
        """Whether a connection that ended with this close code is opened again."""
        return self._core.behaviour.reconnect and code in DROPS

    def materials(self) -> Materials:
        """What the client's items were made of, up to now."""
        return self._materials.catch_up(self._core.log)

    def snapshot(self) -> Rebuilt:
        """The events that would build the conversation again as it is now.

        None where nothing is answered: a transcription session would write the same audio down, and bill it, again.
        """
        talk = self._core.talk
        if self._core.intent == "transcription":
            return Rebuilt(())
        # Whoever runs or decides them sends the output to the new connection, which must know of the call.
        awaited = {call.call_id for call in talk.calls.values() if call.done and call.output is None}
        return rebuild(self.materials(), talk, self._core.log, running=awaited)

    # Verbs

    async def handover(self, reason: str = "as asked", *, wait_s: float = 60.0) -> Rebuilt:
        """Go on with a new connection: the conversation is rebuilt there, and the old one is closed afterwards.

        Parameters
        ----------
        reason : str
            In words, for the log.
        wait_s : float
            How long a quiet moment is waited for: no response, and nobody speaks. What is not over by then fails.

        Returns
        -------
        Rebuilt
            What was rebuilt, and what could not be.

        Raises
        ------
        UnreachableError, RefusedError, ApiError
            There is no new connection; the old one is still used.
        SessionClosedError
            The session is over.
        """
        return await self._unbroken(reason, wait_s, patient=False)

    async def lost(self, code: int | None, reason: str, *, rebuilt: Rebuilt | None = None) -> bool:
        """Open a dropped connection again and rebuild the conversation.

        What was asked for and not answered is not asked again, since it may have been billed; its turn has failed.

        Parameters
        ----------
        code, reason
            Of the close.
        rebuilt : Rebuilt, optional
            What to rebuild, where that is not what the conversation holds now.

        Returns
        -------
        bool
            Whether the session goes on.
        """
        core, started_s = self._core, self._core.now_s()
        # Before another session.created empties the conversation.
        rebuilt = self.snapshot() if rebuilt is None else rebuilt
        self._look_back()
        said = f"code {code}" + (f", '{reason}'" if reason else "")
        gone = self._unsettled.dropped(core.talk)
        told = [f"The connection dropped ({said}).", *([f"{gone} is lost; say it again."] if gone else [])]
        if self._spent < self.backoff.tries:
            told.append("Connecting again.")
        core.tell(" ".join(told))
        problem: SessionError | None = None
        tries = 0
        for delay_s in self.backoff.delays(self._chance, self._spent):
            if core.now_s() + delay_s - started_s > self.backoff.within_s:
                break
            await self._sleep(delay_s)
            tries += 1
            self._spent += 1
            try:
                await core.reopen(reason=f"the connection dropped ({said})")
                refused = await core.rebuild(rebuilt.events)
            except SessionError as error:
                problem = error
                if _is_final(error):
                    break
                continue
            self._tell(f"Connected again after {core.now_s() - started_s:.1f} s", rebuilt, refused)
            return True
        if not tries:
            core.tell(
                f"The server takes connections and drops them: none of the last {self._spent} lived for "
                f"{self.backoff.steady_s:g} s or answered anything; the session is over."
            )
            return False
        why = f" {str(problem).splitlines()[0]}" if problem is not None else ""
        core.tell(
            f"There was no new connection after {tries} {'try' if tries == 1 else 'tries'}; the session is over.{why}"
        )
        return False

    # Inside

    async def _unbroken(self, reason: str, wait_s: float, *, patient: bool) -> Rebuilt:
        """A hand-over that, once begun, goes on to its end even if whoever asked for it is interrupted."""
        begun = asyncio.Event()
        task = self._core.keep(self._hand_over(reason, wait_s, begun, patient=patient))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self._core.ended is not None:
                raise self._core.ended from None
            if not begun.is_set():
                task.cancel()
            # Nobody waits for what it ends with; the log has it.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def _hand_over(self, reason: str, wait_s: float, begun: asyncio.Event, *, patient: bool) -> Rebuilt:
        core = self._core
        async with self._busy, AsyncExitStack() as stack:
            quiet = await self._quiet(stack, wait_s, patient=patient)
            begun.set()
            self._look_back()
            rebuilt, uncommitted = self.snapshot(), self._unsettled.manual(core.talk)
            await core.reopen(reason=reason)
            try:
                refused = await core.rebuild(rebuilt.events)
            except SessionError:
                # Neither connection holds the conversation now: as after a drop.
                await core.regain(rebuilt)
                return rebuilt
            self._tell(f"A new connection took over ({reason})", rebuilt, refused)
            if uncommitted:
                core.tell(f"{uncommitted} is lost; say it again.")
            if not quiet:
                core.tell(
                    "What was being said or answered at that moment was lost; it may have been billed. Say it again."
                )
            return rebuilt

    def _look_back(self) -> None:
        """End the run of drops where the present connection, or the one that just dropped, was of use."""
        connection = self._connection()
        if connection is not None:
            ended_s = self._core.now_s() if connection.lost_s is None else connection.lost_s
            if self._answered or ended_s - connection.opened_s >= self.backoff.steady_s:
                self._spent = 0
        self._answered = False

    def _life(self) -> tuple[float, float]:
        connection = self._connection()
        if connection is None:
            return self._core.now_s(), self.schedule.session_s
        if connection.expires_at:
            life_s = connection.expires_at - (self._core.log.start_wall_s + connection.opened_s)
            if self.schedule.shortest_s <= life_s <= LONGEST_S:
                return connection.opened_s, life_s
        return connection.opened_s, self.schedule.session_s

    def _connection(self) -> ConnectionState | None:
        connections = self._core.talk.connections
        return connections[-1] if connections else None

    def _on_event(self, event: Event) -> None:
        self._unsettled.on_event(event, self._core.talk)
        match event.direction, event.type:
            case "received", kind if kind in CREATED:
                self._renewed.set()
            case "received", "conversation.item.input_audio_transcription.completed":
                # In a conversation the server writes down again what was rebuilt: no sign of health.
                self._answered = self._answered or self._core.intent == "transcription"
            case "sent", "conversation.item.create" if at(event.body, "item", "role") == "assistant":
                self._wrote_answers = True
            case "received", "response.done":
                self._answered = self._answered or at(event.body, "response", "status") != "failed"
                if self._wrote_answers:
                    self._check_speech(event)

    def _check_speech(self, event: Event) -> None:
        """Tell, once, when an answer was to be speech and is text."""
        response = self._core.talk.responses.get(string(at(event.body, "response", "id")))
        if (
            response is None
            or not response.in_conversation
            or at(event.body, "response", "output_modalities") != ["audio"]
        ):
            return
        if response.status == "completed" and response.first_text_s is not None and response.first_audio_s is None:
            self._wrote_answers = False
            self._core.tell(
                "The model answered in text though speech was asked for. Earlier answers stand in the conversation as "
                "text, which models take for the way to answer; instructions that ask for speech help, or prune()."
            )

    async def _quiet(self, stack: AsyncExitStack, wait_s: float, *, patient: bool) -> bool:
        """Take the floor in a quiet moment; False where none came in time.

        One who is `patient` waits also for the commit of a manual turn.
        """
        core, talk = self._core, self._core.talk
        try:
            async with asyncio.timeout(wait_s):
                await stack.enter_async_context(core.floor)
                await core.until(
                    lambda: (
                        talk.free()
                        and not talk.owed
                        and not talk.speaking()
                        and not _held(talk)
                        and not (patient and self._unsettled.manual(talk))
                    )
                )
        except TimeoutError:
            return False
        awaited = [item for item in talk.items.values() if item.transcript_expected and item.transcript is None]
        with suppress(TimeoutError):
            await core.until(lambda: all(item.transcript is not None for item in awaited), min(wait_s, TRANSCRIPTS_S))
        return True

    async def _watch(self) -> None:
        """Count down on every connection of the session."""
        while True:
            self._renewed.clear()
            _, life_s = self._life()
            for left_s, step in self.schedule.plan(life_s, handover=self._core.behaviour.handover):
                await self._pause(self.expires_in_s - left_s)
                if self._renewed.is_set():
                    break
                if step == "notice":
                    self._notice()
                else:
                    await self._hand_over_in_time(life_s)
            if not self._renewed.is_set():
                await self._renewed.wait()

    async def _pause(self, delay_s: float) -> None:
        """Sleep, but no longer than this connection is the present one."""
        if delay_s <= 0:
            return
        waits = [asyncio.ensure_future(self._sleep(delay_s)), asyncio.ensure_future(self._renewed.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _notice(self) -> None:
        left_s = self.expires_in_s
        left = f"{left_s / 60:.0f} min" if left_s >= 60 else f"{left_s:.0f} s"
        then = "A new connection takes over before that."
        if not self._core.behaviour.handover:
            then = "handover() goes on with a new connection; connect(handover=True) does it by itself."
        self._core.tell(f"The server ends this connection in {left}. {then}")

    async def _hand_over_in_time(self, life_s: float) -> None:
        core = self._core
        latest_s = min(self.schedule.latest_s, SHORT_SHARE**2 * life_s)
        problem: SessionError | None = None
        for delay_s in self.backoff.delays(self._chance):
            if core.status != "open" or self._renewed.is_set():
                return
            try:
                wait_s = max(0.0, self.expires_in_s - latest_s)
                await self._unbroken("the server's time limit", wait_s, patient=True)
                return
            except SessionError as error:
                problem = error
                if _is_final(error) or delay_s >= self.expires_in_s:
                    break
            await self._pause(delay_s)
        if problem is not None and core.status == "open":
            core.tell(f"No new connection could take over: {str(problem).splitlines()[0]}")

    def _tell(self, what: str, rebuilt: Rebuilt, refused: list[ApiError]) -> None:
        tokens = _context_tokens(self._core)
        cost = f" The next response is given the conversation uncached, about {tokens:,} tokens." if tokens else ""
        self._core.tell(f"{what}: {rebuilt}.{cost}")
        if refused:
            self._core.tell(
                f"The new connection refused {len(refused)} of the items: {str(refused[0]).splitlines()[0]}"
            )


def _held(talk: Conversation) -> bool:
    """Whether a turn goes on behind a response: tools run, and the answer is still to come."""
    return any(response.held for response in talk.responses.values())


def _context_tokens(core: Core) -> int:
    """Tokens of the context after the last response that was counted."""
    for response in reversed(core.talk.responses.values()):
        if response.in_conversation and response.usage:
            total = response.usage.get("total_tokens")
            return total if isinstance(total, int) else 0
    return 0


def _is_final(error: SessionError) -> bool:
    """Whether another try would meet the same."""
    if isinstance(error, RefusedError):
        if error.code:
            return classify({"code": error.code, "message": str(error)}).severity != "retry"
        return error.close_code in FINAL_STATUS
    return isinstance(error, ApiError)
