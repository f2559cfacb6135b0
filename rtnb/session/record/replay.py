"""A recording watched again: at its own pace, faster, or event by event, with no server."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rtnb import _display
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.live import FRAME_S, Card
from rtnb.session.record.log import EventLog
from rtnb.session.views.shapes import SessionView, TurnView
from rtnb.session.views.snapshots import Observer

if TYPE_CHECKING:
    from rtnb.session.record.recording import Recording

__all__ = ["Cursor", "Replay"]

TICK_S = 1e-6


class Cursor:
    """How far a log has been gone through, and the state at that point. Pure: time is an argument.

    Parameters
    ----------
    events : sequence of Event
        In order.

    Examples
    --------
    >>> log = EventLog(start_s=0, start_wall_s=0)
    >>> for now_s in (0.0, 0.5, 2.0):
    ...     _ = log.record({"type": "input_audio_buffer.clear"}, "sent", now_s=now_s)
    >>> cursor = Cursor(log)
    >>> cursor.advance(1.0), cursor.index, cursor.t_s, cursor.due_s
    (2, 2, 1.0, 2.0)
    >>> cursor.seek(0.1)
    >>> cursor.index
    1
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)
        self.rewind()

    def rewind(self) -> None:
        """Back to before the first event."""
        self.index = 0
        self.t_s = 0.0
        self.talk = Conversation()

    @property
    def length_s(self) -> float:
        """When the last event was."""
        return max((event.t_s for event in self._events), default=0.0)

    @property
    def due_s(self) -> float | None:
        """When the next event is; None after the last. An event that is late in its log is due at once."""
        return max(self._events[self.index].t_s, self.t_s) if self.index < len(self._events) else None

    @property
    def event(self) -> Event | None:
        """The last one applied."""
        return self._events[self.index - 1] if self.index else None

    def step(self) -> Event | None:
        """Apply the next event, whenever it is; None after the last."""
        if self.index >= len(self._events):
            return None
        event = self._events[self.index]
        self.talk.apply(event)
        self.index += 1
        self.t_s = max(self.t_s, event.t_s)
        return event

    def advance(self, to_s: float) -> int:
        """Apply all events up to a time, that of the replay from then on; how many there were."""
        before = self.index
        while (due := self.due_s) is not None and due <= to_s:
            self.step()
        self.t_s = max(self.t_s, min(to_s, self.length_s))
        return self.index - before

    def seek(self, to_s: float) -> None:
        """Go to a time, forwards or backwards."""
        if to_s < self.t_s:
            self.rewind()
        self.advance(to_s)


class Replay:
    """A recording as it stood at some moment, which moves on as its events did.

    Parameters
    ----------
    log : EventLog
    endpoint : str
        What answered, in words.
    notes : tuple of str
        What a reader of the recording should know.
    clock : callable
        Monotonic seconds.
    sleep : callable
        Waits so many seconds.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("Spell cat.", show=False)
    ...     replay = Replay(s.events, endpoint="embedded server")
    >>> replay.step(until="response.output_text.delta").type, replay.turns[0].status
    ('response.output_text.delta', 'in_progress')
    >>> replay.play(speed="fast")
    >>> replay.done, replay.turns[0].assistant_text
    (True, 'C, A, T.')
    """

    def __init__(
        self,
        log: EventLog,
        *,
        endpoint: str,
        notes: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._log, self._endpoint, self._notes = log, endpoint, notes
        self._clock, self._sleep = clock, sleep
        self._cursor = Cursor(log)

    @classmethod
    def of(cls, recording: Recording, **members: Any) -> Replay:
        """The replay of a recording, from its beginning."""
        return cls(recording.events, endpoint=recording.endpoint, notes=recording.notes, **members)

    # Where it stands

    @property
    def t_s(self) -> float:
        """The moment it stands at, in seconds since the session began."""
        return self._cursor.t_s

    @property
    def length_s(self) -> float:
        """When the last event was, in seconds since the session began."""
        return self._cursor.length_s

    @property
    def event(self) -> Event | None:
        """The last event that happened; None before the first."""
        return self._cursor.event

    @property
    def done(self) -> bool:
        """Whether all events have happened."""
        return self._cursor.due_s is None

    @property
    def turns(self) -> list[TurnView]:
        """The turns as they stood then."""
        observer = self._observer()
        return [observer.turn(state) for state in self._cursor.talk.turns]

    def view(self) -> SessionView:
        """The whole session as it stood then."""
        return self._observer().session("recording", self._notes)

    def _observer(self) -> Observer:
        return Observer(self._cursor.talk, self._log, self._endpoint)

    # Moving

    def step(self, until: str | None = None) -> Event | None:
        """Let the next event happen, or all up to the next one of a type.

        Parameters
        ----------
        until : str, optional
            A type, or the beginning of one up to a dot: ``"response"`` is any event of a response.

        Returns
        -------
        Event or None
            The last one applied; None when there is none (any more).
        """
        while (event := self._cursor.step()) is not None:
            if until is None or event.type == until or event.type.startswith(f"{until}."):
                return event
        return None

    def steps(self, until: str | None = None) -> Iterator[Replay]:
        """This replay after each event from here on, or after each of a type.

        Examples
        --------
        >>> log = EventLog(start_s=0, start_wall_s=0)
        >>> _ = log.record({"type": "response.cancel"}, "sent", now_s=0.25)
        >>> [replay.event for replay in Replay(log, endpoint="").steps()]
        [   0.250 → response.cancel]
        """
        while self.step(until) is not None:
            yield self

    def seek(self, t_s: float) -> Replay:
        """Go to a moment, forwards or backwards; returns the replay.

        Raises
        ------
        ConfigError
            It is no time.
        """
        if not isinstance(t_s, int | float) or math.isnan(t_s):
            raise ConfigError(f"A moment of a replay is a number of seconds since the session began, not {t_s!r}.")
        self._cursor.seek(max(0.0, float(t_s)))
        return self

    def play(
        self,
        speed: float | str = 1.0,
        *,
        until_s: float | None = None,
        longest_wait_s: float | None = None,
        on_event: Callable[[Event], object] | None = None,
        show: Callable[[Replay], object] | None = None,
    ) -> None:
        """Go on from here, with a card in the notebook cell that is redrawn meanwhile.

        It can be interrupted, and goes on from there when it is played again; at its end it begins anew.

        Parameters
        ----------
        speed : float or "fast"
            1 is the pace of the session, 4 four times as fast; ``"fast"`` (or infinity) waits for nothing.
        until_s : float, optional
            Stop at this moment.
        longest_wait_s : float, optional
            Shorten every pause of the session to this.
        on_event : callable, optional
            Takes each event as it happens.
        show : callable, optional
            What the card shows, such as ``lambda replay: replay.turns[-1]``; the whole session by default.

        Raises
        ------
        ConfigError
            A speed that is none.
        """
        card = Card.show(lambda: (show or Replay.view)(self))
        try:
            for wait_s, draw in self._plan(_checked(speed), until_s, longest_wait_s, on_event):
                if draw and card is not None:
                    card.draw()
                if wait_s > 0:
                    self._sleep(wait_s)
        finally:
            if card is not None:
                card.finish()

    async def play_async(
        self,
        speed: float | str = 1.0,
        *,
        until_s: float | None = None,
        longest_wait_s: float | None = None,
        on_event: Callable[[Event], object] | None = None,
        show: Callable[[Replay], object] | None = None,
        sleep: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        """As :meth:`play`, on the running event loop."""
        card = Card.show(lambda: (show or Replay.view)(self))
        try:
            for wait_s, draw in self._plan(_checked(speed), until_s, longest_wait_s, on_event):
                if draw and card is not None:
                    # Not in a thread: the state that it shows belongs to this one.
                    card.draw()
                await sleep(max(0.0, wait_s))
        finally:
            if card is not None:
                card.finish()

    async def steps_async(self, until: str | None = None) -> AsyncIterator[Replay]:
        """As :meth:`steps`; lets the event loop run between events."""
        for each in self.steps(until):
            yield each
            await asyncio.sleep(0)

    def _plan(
        self,
        speed: float,
        until_s: float | None,
        longest_wait_s: float | None,
        on_event: Callable[[Event], object] | None,
    ) -> Iterator[tuple[float, bool]]:
        """Applies what is due, then gives how long to wait and whether to draw, again and again."""
        cursor = self._cursor
        if self.done:
            cursor.rewind()
        end_s = cursor.length_s if until_s is None else min(until_s, cursor.length_s)
        if end_s < cursor.t_s:
            return
        begun, from_s, drawn = self._clock(), cursor.t_s, -math.inf
        while (due := cursor.due_s) is not None and due <= end_s:
            now = self._clock()
            # What is due within a tick counts as due: a wait too short for the clock would never end.
            reached = math.inf if math.isinf(speed) else from_s + (now - begun) * speed + TICK_S
            if longest_wait_s is not None and due - max(reached, cursor.t_s) > longest_wait_s:
                # The rest of the pause is left out: the session's clock jumps.
                cursor.advance(due - longest_wait_s)
                begun, from_s, reached = now, cursor.t_s, cursor.t_s
            while (due := cursor.due_s) is not None and due <= min(reached, end_s):
                event = cursor.step()
                if on_event is not None and event is not None:
                    on_event(event)
                if self._clock() - drawn >= FRAME_S:
                    break
            else:
                cursor.advance(min(reached, end_s))
            draw = self._clock() - drawn >= FRAME_S
            if draw:
                drawn = self._clock()
            wait_s = 0.0 if due is None or due <= reached else (min(due, end_s) - reached + TICK_S) / speed
            if longest_wait_s is not None and due is not None and due - reached > longest_wait_s:
                wait_s = 0.0  # it is shortened first
            yield min(wait_s, FRAME_S), draw
        if not math.isinf(speed) and until_s is not None:
            cursor.advance(end_s)

    def __repr__(self) -> str:
        return f"<Replay of {self._endpoint or 'a session'} at {self.t_s:.2f} of {self.length_s:.2f} s>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())


def _checked(speed: float | str) -> float:
    if speed == "fast":
        return math.inf
    if isinstance(speed, str | bool) or not isinstance(speed, int | float) or not speed > 0:
        raise ConfigError(f"speed is a number above 0, such as 1 or 4, or 'fast'; not {speed!r}.")
    return float(speed)
