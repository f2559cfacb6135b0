"""Turn: the handle on one exchange, which fills while the answer arrives."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Generator, Mapping
from typing import Any

from rtnb import _display
from rtnb.audio import Clip
from rtnb.errors import ConfigError, TurnTimeoutError
from rtnb.pricing import Cost
from rtnb.session.live import show_once
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.pieces import ErrorView, ToolCallView
from rtnb.session.views.shapes import Latency, TurnView
from rtnb.session.views.timing import Timing
from rtnb.tokens import TokenUsage

__all__ = ["Turn"]


class Turn:
    """One turn: what the user gave, what came back, and what it took.

    Made by `ask`, `send` and `stream`. While the answer arrives every property shows what is there so far;
    ``turn.wait()`` blocks until it is over, ``await turn`` does so in async code of any loop.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> turn.status, "42" in turn.text
    ('completed', True)
    """

    def __init__(
        self,
        observe: Callable[[], TurnView],
        over: concurrent.futures.Future[None],
        task: asyncio.Task[None] | None = None,
        *,
        key: str = "",
        timeline: Callable[[], Timeline] | None = None,
    ) -> None:
        self._observe = observe
        self.session_timeline = timeline
        """Gives the timeline of the session that the turn belongs to; None where there is none."""
        self.over = over
        self.task = task
        self.key = key
        self._final: TurnView | None = None
        self.shown_in: object = None
        """The cell that shows this turn already, if any."""
        self.waiter: Callable[[Turn, float | None], Turn] | None = None
        """Where a blocking session has it waited for: there the user is asked meanwhile what only the user decides."""

    def view(self) -> TurnView:
        """An immutable snapshot.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("What is 6 times 7?")
        >>> turn.view().assistant_text
        '6 times 7 is 42.'
        """
        if self._final is not None:
            return self._final
        over = self.over.done()
        view = self._observe()
        # An answer that still sounds may be interrupted, and transcription may come late.
        if over and view.settled:
            self._final = view
        return view

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.over.done()

    def wait(self, timeout: float | None = None) -> Turn:
        """Block until the turn is over, at most `timeout` seconds; returns the turn.

        Raises
        ------
        TurnTimeoutError
            It took longer; the turn goes on.
        ApiError
            The server refused the request.
        SessionClosedError
            The connection ended before the turn did.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.send("What is 6 times 7?")
        ...     turn.wait(timeout=30).status
        'completed'
        """
        if self.waiter is not None:
            return self.waiter(self, timeout)
        return self.wait_plainly(timeout)

    def wait_plainly(self, timeout: float | None = None) -> Turn:
        """As :meth:`wait`, without asking anything meanwhile.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     s.send("What is 6 times 7?").wait_plainly(timeout=30).text
        '6 times 7 is 42.'
        """
        try:
            self.over.result(timeout)
        except concurrent.futures.TimeoutError:
            if self.over.done():
                raise
            raise TurnTimeoutError(
                f"The turn is not over after {timeout:g} s. It goes on: turn.wait() waits longer, "
                "session.interrupt() ends it."
            ) from None
        return self

    def __await__(self) -> Generator[Any, None, Turn]:
        over = asyncio.wrap_future(self.over)
        # Whoever stops waiting is not told of an error later; that is not an error of its own.
        over.add_done_callback(lambda done: done.cancelled() or done.exception())
        yield from asyncio.shield(over).__await__()
        return self

    @property
    def index(self) -> int:
        """Position in the session, from 0."""
        return self.view().index

    @property
    def status(self) -> str:
        """``waiting``, ``listening``, ``in_progress``, ``completed``, ``cancelled``, ``incomplete``, ``failed`` or
        ``no_response``."""
        return self.view().status

    @property
    def status_reason(self) -> str:
        """Why it is not completed, in plain words."""
        return self.view().status_reason

    @property
    def text(self) -> str:
        """What was answered: the text, or the transcript of the answer's audio."""
        return self.view().assistant_text

    @property
    def transcript(self) -> str:
        """What the user said, as transcription heard it, or typed."""
        return self.view().user_text

    @property
    def audio(self) -> Clip | None:
        """The answer's audio; None when there is none."""
        return self.view().assistant_audio

    @property
    def user_audio(self) -> Clip | None:
        """The user's audio as it was committed; None when the turn was typed."""
        return self.view().user_audio

    @property
    def heard_s(self) -> float | None:
        """Seconds of the answer that were heard before it was interrupted; None when it was not."""
        return self.view().heard_s

    @property
    def status_details(self) -> Mapping[str, Any] | None:
        """Why the response is not completed, as the server sent it; None when it is."""
        return self.view().status_details

    @property
    def error(self) -> ErrorView | None:
        """The error that ended it, with its code and what to do; None when there was none."""
        return self.view().error

    @property
    def tool_calls(self) -> tuple[ToolCallView, ...]:
        """The functions that the model called, with what they returned."""
        return self.view().tool_calls

    @property
    def received_s(self) -> float | None:
        """Seconds of the answer's audio that arrived; None when it has none."""
        return self.view().received_s

    @property
    def unheard_s(self) -> float | None:
        """Seconds of it that nobody heard, because the answer was interrupted; None when it has none."""
        return self.view().unheard_s

    @property
    def unheard_cost(self) -> Cost | None:
        """What these seconds cost: audio is billed when it is made, not when it is heard."""
        return self.view().unheard_cost

    @property
    def timing(self) -> Timing:
        """Every latency of the turn, with the events it starts and ends at."""
        return self.view().timing

    @property
    def timeline(self) -> Timeline:
        """The stretch of the session's timeline that this turn takes; times are those of the session.

        Raises
        ------
        ConfigError
            The turn has not begun, or it has no session.
        """
        if self.session_timeline is None:
            raise ConfigError("This turn has no session whose timeline could be asked.")
        return self.session_timeline().of_turns(self.index)

    @property
    def latency(self) -> Latency | None:
        """From the end of speech, or from the request, to the first audio or text; names both ends."""
        return self.view().latency

    @property
    def usage(self) -> TokenUsage | None:
        """Tokens by modality, as the server counted them."""
        return self.view().usage

    @property
    def cost(self) -> Cost | None:
        """What it costs at the model's price on the day of the session, transcription included."""
        return self.view().cost

    def __repr__(self) -> str:
        view = self.view()
        said = _short(view.user_text) or f"[{view.user_kind}]"
        return f"Turn({view.index}, {view.status}: {said!r} → {_short(view.assistant_text)!r})"

    def _ipython_display_(self) -> None:
        show_once(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
