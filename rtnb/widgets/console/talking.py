"""Push-to-talk: everything that is said while a button is held is one turn, whatever turn detection would make of it.

Turn detection ends a turn at a pause; who holds a button says when the turn ends. So it is set aside for the hold, as
it is for a clip, and the release commits once and asks for one response: there is never a second one by the detector.
Where the session has no turn detection nothing needs to be set aside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final, Literal

from rtnb.errors import AudioError, SessionError
from rtnb.protocol.ids import new_id
from rtnb.session.aio import AsyncSession
from rtnb.session.verbs.exchange import asked_detection, detection_update, restore_detection
from rtnb.widgets.line import Line

__all__ = ["HOLD", "Talking"]

Phase = Literal["idle", "beginning", "holding", "ending"]

HOLD: Final = "Hold the button while you speak."

NOTHING: Final = "Nothing was sent."

MIN_COMMIT_MS: Final = 100
"""The API refuses to commit less."""

FLOOR_S: Final = 8.0
"""How long somebody else's exchange is waited for after it was interrupted."""

LAST_S: Final = 3.0
"""How long the last frames of a hold may take to arrive."""

LOOK_S: Final = 0.01

HELD_FRAMES: Final = 200
"""Of 60 ms each: more than a page has on its way or waiting."""

Message = tuple[Mapping[str, Any], list[bytes]]


class Talking:
    """The hold of one view; lives on the session's loop.

    Parameters
    ----------
    session : AsyncSession
    line : Line
        The page's microphone, whose frames pass through :meth:`hear`.
    changed : callable
        Called when `phase` changes.
    """

    def __init__(self, session: AsyncSession, line: Line, changed: Callable[[], None]) -> None:
        self._session, self._line, self._changed = session, line, changed
        self._waiting: list[Message] = []
        self._asked: Any = None
        self._detection: Mapping[str, Any] | None = None
        self._floor = AsyncExitStack()
        self._ready = asyncio.Event()
        self.phase: Phase = "idle"
        self.page = ""
        """Whose hold it is."""
        self.engine = ""
        """The microphone that it is said into, by its page in the line."""

    @property
    def holding(self) -> bool:
        """Whether somebody holds the button."""
        return self.phase in ("beginning", "holding")

    def hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        """A message of the microphone: frames wait until the session is ready for what is said."""
        if self.phase == "beginning" and content.get("type") == "frame":
            if len(self._waiting) < HELD_FRAMES:
                self._waiting.append((content, buffers))
            return
        self._line.hear(content, buffers)

    async def down(self, page: str) -> None:
        """The button is pressed: an answer stops, and what follows is the turn.

        Raises
        ------
        SessionError
            Another page holds it, or the session cannot listen.
        """
        if self.phase != "idle":
            raise SessionError("The button is held in another window already.")
        if not self._line.listening:
            raise SessionError("The microphone is not on here; press the button again.")
        self.page, self.engine = page, self._line.page
        self._ready.clear()
        self._to("beginning")
        core = self._session.core
        try:
            await self._session.interrupt()
            try:
                async with asyncio.timeout(FLOOR_S):
                    await self._floor.enter_async_context(core.floor)
            except TimeoutError:
                raise SessionError(
                    "Something else is being said to the model just now; try again after that."
                ) from None
            async with core.updating:
                self._asked = asked_detection(core)
                found = core.talk.input_settings().get("turn_detection")
                self._detection = dict(found) if isinstance(found, Mapping) else None
                if self._detection is not None:
                    await core.ask(detection_update(None), "session.updated")
            await core.send({"type": "input_audio_buffer.clear"})
        except BaseException:
            await self._end(clear=True)
            raise
        self._to("holding")
        self._hand_on()
        self._ready.set()

    async def up(self, page: str, last: int, *, cancel: bool = False) -> str:
        """The button is let go: one commit, one response. Says what was sent.

        Parameters
        ----------
        page : str
        last : int
            Number of the last frame of the hold; -1 for none.
        cancel : bool
            Whether nothing is to be sent.

        Raises
        ------
        AudioError
            It was held for less than the 0.1 s that the server takes.
        """
        if self.phase == "idle" or page != self.page:
            return NOTHING
        if self.phase == "beginning":
            # A short press: what it waits for comes, or fails and says so itself.
            waits = asyncio.ensure_future(self._ready.wait())
            await asyncio.wait([waits], timeout=FLOOR_S)
            waits.cancel()
        if self.phase != "holding":
            return NOTHING
        self._to("ending")
        core = self._session.core
        committed = False
        try:
            if cancel:
                return NOTHING
            await self._arrived(last)
            held_ms = core.talk.held_ms()
            if held_ms < MIN_COMMIT_MS:
                raise AudioError(f"{HOLD} {held_ms / 1000:.2f} s of sound arrived, and 0.1 s is the least.")
            core.budget.check(new_audio_s=held_ms / 1000)
            await core.send({"type": "input_audio_buffer.commit"})
            committed = True
            # The floor stays taken until the response is asked for: nobody else's question comes between.
            asking = core.keep(self._ask(self._floor.pop_all()))
        finally:
            await self._end(clear=not committed)
        await asyncio.shield(asking)
        return f"{held_ms / 1000:.1f} s were sent."

    @property
    def left(self) -> bool:
        """Whether it is held, and nothing more can come of it: its microphone is off, or another page's."""
        return self.holding and (not self._line.listening or self._line.page != self.engine)

    async def drop(self) -> None:
        """Nobody holds it any more, without a word: the page is gone, or its microphone."""
        if self.phase == "beginning":
            await self._ready.wait()
        if self.phase == "holding":
            self._to("ending")
            await self._end(clear=True)

    # Inside

    async def _ask(self, floor: AsyncExitStack) -> None:
        core = self._session.core
        try:
            await core.floor.request({}, key=new_id("turn"))
        finally:
            await floor.aclose()

    async def _arrived(self, last: int) -> None:
        ear = self._line.ear
        for _ in range(int(LAST_S / LOOK_S)):
            if (ear.done >= last and not ear.waiting) or self._session.core.over:
                return
            await asyncio.sleep(LOOK_S)

    async def _end(self, *, clear: bool) -> None:
        core = self._session.core
        detection, self._detection = self._detection, None
        self._hand_on()
        try:
            if not core.over:
                core.keep(restore_detection(core, detection, self._asked, clear=clear))
        finally:
            await self._floor.aclose()
            self._ready.set()
            self.page = self.engine = ""
            self._to("idle")

    def _hand_on(self) -> None:
        waiting, self._waiting = self._waiting, []
        for content, buffers in waiting:
            self._line.hear(content, buffers)

    def _to(self, phase: Phase) -> None:
        self.phase = phase
        self._changed()
