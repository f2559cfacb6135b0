"""Session: the blocking verbs, for notebook cells and scripts. The work happens on the loop thread."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from rtnb.errors import RtnbError, SessionClosedError, SessionError
from rtnb.session.aio import AsyncSession
from rtnb.session.blocking import Blocking
from rtnb.session.buttons import Buttons
from rtnb.session.config.content import Content
from rtnb.session.config.spelled import Overrides, spelled
from rtnb.session.desk import Desk
from rtnb.session.hub import CLOSED
from rtnb.session.knowing import Knowing
from rtnb.session.live import Card, ProgressBar, current_cell, deciding, notice
from rtnb.session.registry import listed, open_sessions, unlisted
from rtnb.session.speaking import checked_timeout
from rtnb.session.tools.placing import ToolLoop
from rtnb.session.tools.threads import in_tool
from rtnb.session.verbs.exchange import settle
from rtnb.session.verbs.run import Run
from rtnb.session.verbs.sources import Streamable
from rtnb.session.verbs.streaming import Pace
from rtnb.session.verbs.turn import Turn
from rtnb.session.wire.loop import shared_loop
from rtnb.session.wire.place import Place

__all__ = ["Session"]

T = TypeVar("T")


FORKED = (
    "This session belongs to the process that this one was forked from; what it had recorded stays readable here. "
    "rtnb.connect() opens one of this process."
)

PROGRESS_S = 0.5
"""How often a blocking stream reports."""


class Session(Blocking, Knowing):
    """A conversation with a realtime voice model; made by :func:`rtnb.connect`.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     print(s.ask("Spell cat.").text)
    C, A, T.
    """

    def __init__(self, place: Place, **settings: Any) -> None:
        self._loop = shared_loop()
        self._tool_loop = ToolLoop()
        self._async = AsyncSession(
            place, tool_loop=self._tool_loop, hold_approvals=deciding(blocked=False) != "none", **settings
        )
        self._desk = Desk(lambda: self._call(lambda: list(self._async.approvals)))
        self._buttons = Buttons(self._async, blocked=lambda: self._desk.waiting > 0)
        self._closed = False
        self._pid = os.getpid()
        self._told = 0
        self._warmed = False
        try:
            self._loop.acquire(self)
            self._loop.run(self._async.open())
            others = open_sessions()
            listed(self)
        except BaseException:
            self.close()
            raise
        if others:
            names = "\n".join(f"  {session!r}" for session in others)
            notice(f"Still open from before (rtnb.close_all() closes all):\n{names}", scripts=False)
        self._show_notices()

    def close(self) -> None:
        """Close the connection; what was recorded stays readable. Closing twice is fine.

        Examples
        --------
        >>> import rtnb
        >>> s = rtnb.connect(modalities=["text"])
        >>> turn = s.ask("What is 6 times 7?")
        >>> s.close()
        >>> s.turns[0].text
        '6 times 7 is 42.'
        """
        if self._closed or self._forked:
            return
        self._closed = True
        unlisted(self)
        try:
            if self._loop.running:
                self._loop.run(self._async.close())
                self._show_notices()
        finally:
            self._loop.release(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Verbs

    @spelled(Overrides)
    def ask(
        self, content: Content, *, timeout: float | None = 120.0, show: bool = True, **overrides: Unpack[Overrides]
    ) -> Turn:
        """Say something, wait for the answer, and show it as a card.

        Parameters
        ----------
        content : str, Clip, Image, Path, or a list of them
            Text, audio, a picture, or several in one message. Audio alone is exactly one turn: turn detection is
            set aside for it.
        timeout : float, optional
            Seconds to wait; None waits for ever.
        show : bool
            Whether the cell shows a card.
        **overrides
            For this response alone: ``instructions``, ``modalities``, ``voice``, ``output_format``,
            ``max_output_tokens``, ``tools``, ``tool_choice``, ``parallel_tool_calls``, ``reasoning``, ``prompt``,
            ``metadata``, ``input``.

        Returns
        -------
        Turn
            A response that failed is a turn with ``status == "failed"``.

        Raises
        ------
        ApiError
            The server refused the request.
        BudgetError
            It would exceed a limit of the session; nothing was sent.
        TurnTimeoutError
            It took longer; the turn goes on.
        ConnectionLostError
            The connection dropped before the answer was complete; nothing was asked again.
        SessionClosedError
            The session is over.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("What is 12 times 12?", show=False)
        >>> "144" in turn.text
        True
        """
        checked_timeout(timeout)
        return self._exchange(lambda: self._async.send(content, **overrides), timeout, show)

    @spelled(Overrides)
    def respond(self, *, timeout: float | None = 120.0, show: bool = True, **overrides: Unpack[Overrides]) -> Turn:
        """Ask for a response to the conversation as it is; takes what :meth:`ask` takes.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     _ = s.add("Spell dog.")
        ...     print(s.respond(show=False).text)
        D, O, G.
        """
        checked_timeout(timeout)
        return self._exchange(lambda: self._async.begin(None, overrides), timeout, show)

    def _exchange(self, begin: Callable[[], Coroutine[Any, Any, Turn]], timeout: float | None, show: bool) -> Turn:
        self._check_caller()
        turn: Turn | None = None
        try:
            self._warm()
            turn = self._wrapped(self._run(begin()))
            return self._waited(turn, timeout, show)
        except KeyboardInterrupt:
            self._run(self._async.interrupt() if turn is None else self._async.abandon(turn))
            raise
        finally:
            self._show_notices()

    def _waited(self, turn: Turn, timeout: float | None, show: bool) -> Turn:
        card = self._present(turn, lambda: turn.done, show)
        try:
            return self._desk.wait(turn, timeout)
        finally:
            # Drawn by the cell itself, so that the picture is there when the cell is done.
            if card is not None:
                card.finish()

    @spelled(Overrides)
    def send(self, content: Content, *, show: bool = True, **overrides: Unpack[Overrides]) -> Turn:
        """As :meth:`ask`, but returns at once; the card fills while the answer arrives.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.send("What is 6 times 7?")      # the answer is on its way
        ...     turn.wait().text
        '6 times 7 is 42.'
        """
        self._check_caller()
        self._warm()
        turn = self._wrapped(self._run(self._async.send(content, **overrides)))
        card = self._present(turn, lambda: turn.done, show)
        if card is not None:

            def wait(turn: Turn, timeout: float | None) -> Turn:
                try:
                    return self._desk.wait(turn, timeout)
                finally:
                    # In the file that is saved, the card is as far as the turn.
                    card.draw()

            turn.waiter = wait
        self._show_notices()
        return turn

    def stream(
        self,
        source: Streamable,
        *,
        name: str = "",
        rate_hz: int | None = None,
        pace: Pace = "real",
        show: bool = True,
        progress: Callable[[float, float], None] | None = None,
    ) -> Run:
        """Play a recording into the session at real pace, so that turn detection really runs.

        Blocks until the recording is over and its last turn answered; silence follows it meanwhile.

        Parameters
        ----------
        source : Clip, Path, str, array, or an iterable of bytes, clips or arrays
            A clip, the path of an audio file, samples, or something that yields audio, async or not.
        name : str, optional
            What to call it in pictures; the file's name by default.
        rate_hz : int, optional
            Of bare samples.
        pace : {"real", "source"}
            At the pace it was spoken, or as fast as the source gives it.
        show : bool
            Whether the cell shows a picture of the run with its turns.
        progress : callable, optional
            Called about twice a second with the seconds that were streamed and the seconds of the recording.

        Raises
        ------
        ConfigError
            Turn detection is off.

        Examples
        --------
        >>> import rtnb
        >>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     run = s.stream(clip)
        >>> [turn.transcript for turn in run.turns]
        ['What is the weather in Paris?']
        """
        self._check_caller()
        self._warm()
        inner, work = self._run(self._async.start_stream(source, name=name, rate_hz=rate_hz, pace=pace))

        def turns() -> list[Turn]:
            return [self._wrapped(turn) for turn in self._call(lambda: inner.turns)]

        run = Run(
            lambda: self._call(inner.view),
            turns,
            streamed=lambda: self._call(lambda: inner.streamed_s),
            duration_s=inner.duration_s,
            timeline=lambda: self.timeline,
        )
        over: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._loop.call(lambda: settle(over, work))
        card: Card | None = None
        self._desk.waiting += 1
        try:
            card = self._present(run, over.done, show)
            while progress is not None and not over.done():
                progress(run.streamed_s, run.streamed_s if run.duration_s is None else run.duration_s)
                concurrent.futures.wait([over], PROGRESS_S)
            self._desk.attend(over, None)
            over.result()
        except KeyboardInterrupt:
            self._loop.call(work.cancel)
            self.interrupt()
            raise
        finally:
            self._desk.waiting -= 1
            if card is not None:
                card.finish()
            self._show_notices()
        return run

    def interrupt(self) -> None:
        """Stop the answer: cancels the response and truncates its item at what was played.

        Examples
        --------
        >>> import time, rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.send("Tell me a long story.")
        ...     while not turn.text:
        ...         time.sleep(0.01)
        ...     s.interrupt()
        ...     turn.wait().status
        'cancelled'
        """
        self._run(self._async.interrupt())

    def answer(self, call_id: str, output: Any, *, timeout: float | None = 120.0, show: bool = True) -> Turn | None:
        """The output of a function call that no Python function answers, and what the model makes of it.

        Returns
        -------
        Turn or None
            None while other calls of the same response are open.

        Examples
        --------
        >>> import rtnb
        >>> look = {"type": "function", "name": "look_up_order", "parameters": {"type": "object", "properties": {
        ...     "order_id": {"type": "integer"}}, "required": ["order_id"]}}
        >>> with rtnb.connect(modalities=["text"], tools=[look]) as s:
        ...     asked = s.ask("Please look up order 17.")
        ...     (call,) = asked.tool_calls
        ...     answered = s.answer(call.call_id, {"status": "shipped"})
        >>> print(call.name, call.arguments, "shipped" in answered.text)
        look_up_order {"order_id": 17} True
        """
        checked_timeout(timeout)
        self._check_caller()
        inner = self._run(self._async.answer(call_id, output))
        return None if inner is None else self._waited(self._wrapped(inner), timeout, show)

    # Inside

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed or self._forked:
            work.close()
            raise SessionClosedError(FORKED if self._forked else CLOSED)
        try:
            return self._loop.run(work)
        except RtnbError as error:
            # Without the frames of threads and loops, which bury the message in a notebook.
            raise error.with_traceback(None) from None
        except RuntimeError as error:
            if "after shutdown" not in str(error) and "interpreter shutdown" not in str(error):
                raise
            raise SessionClosedError(
                "The program is ending: its main thread is over. Join the thread that asks before it ends."
            ) from None
        finally:
            if not in_tool():
                self._show_notices()

    @property
    def _forked(self) -> bool:
        """Whether this is a copy in a child process, where neither the connection nor its thread came along."""
        return self._pid != os.getpid()

    def _check_caller(self) -> None:
        self._buttons.here()
        if in_tool():
            raise SessionError(
                "A tool that asks its own session would wait for itself: return a result, or use aside()."
            )

    def _call(self, look: Callable[[], T]) -> T:
        """Look at the reducer's state where it lives; after the end nothing changes it any more."""
        return look() if self._closed or self._forked else self._loop.call(look)

    def _warm(self) -> None:
        """Wait, with a bar, until the endpoint answers without delay; only the first time."""
        if self._warmed or self._closed:
            return
        bar = ProgressBar("Loading the local voices")
        shown = False

        def progress(done: int, total: int, label: str) -> None:
            nonlocal shown
            shown = True
            bar(done, total, label)

        # On the caller's thread: it may draw, and an interrupt ends it.
        self._async.place.warm(progress)
        if shown:
            bar.close("Local voices ready.")
        self._warmed = True
        for note in self._async.place.notes():
            notice(note)

    def _show_notices(self) -> None:
        """What the session had to tell since the last time, on the caller's thread."""
        told = self._async.notices
        for text in told[self._told :]:
            notice(text)
        self._told = len(told)

    def _present(self, subject: Turn | Run, done: Callable[[], bool], show: bool) -> Card | None:
        card = Card.show(subject.view) if show else None
        if card is not None:
            subject.shown_in = current_cell()
            self._loop.submit(card.follow(done))
        return card
