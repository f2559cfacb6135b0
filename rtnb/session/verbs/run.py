"""Run: a recording streamed through turn detection, and the turns it made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rtnb import _display
from rtnb.errors import ConfigError
from rtnb.session.live import show_once
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import RunView

__all__ = ["Run"]


class Run:
    """What ``session.stream(...)`` returns.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect() as s:
    ...     run = s.stream(rtnb.sample("weather_question"))
    >>> run.turns[0].transcript
    'What is the weather in Paris?'
    """

    def __init__(
        self,
        observe: Callable[[], RunView],
        turns: Callable[[], Sequence[Turn]],
        *,
        streamed: Callable[[], float],
        duration_s: float | None,
        timeline: Callable[[], Timeline] | None = None,
    ) -> None:
        self._observe = observe
        self._turns = turns
        self._streamed = streamed
        self._timeline = timeline
        self.duration_s = duration_s
        """Length of the recording; None where the source did not say."""
        self._final: RunView | None = None
        self.shown_in: object = None
        """The cell that shows this run already, if any."""

    def view(self) -> RunView:
        """An immutable snapshot.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     run = s.stream(rtnb.Clip.load(rtnb.sample("weather_question")))
        >>> len(run.view().turns)
        1
        """
        if self._final is not None:
            return self._final
        view = self._observe()
        if view.done and all(turn.settled for turn in view.turns):
            self._final = view
        return view

    @property
    def streamed_s(self) -> float:
        """Seconds streamed so far, the silence behind the recording included."""
        return self._streamed()

    @property
    def turns(self) -> list[Turn]:
        """The turns that turn detection made, in order."""
        return list(self._turns())

    @property
    def timeline(self) -> Timeline:
        """The stretch of the session's timeline that this run takes: its sound, its turns and their events.

        Times are those of the session.

        Raises
        ------
        ConfigError
            The run was made without a session.
        """
        if self._timeline is None:
            raise ConfigError("This run has no session whose timeline could be asked.")
        view = self.view()
        start_s = view.input_start_s
        turns = [turn.index for turn in view.turns if turn.speech]
        return self._timeline().of_turns(*turns, start_s=start_s, end_s=start_s + view.input.duration_s)

    def __repr__(self) -> str:
        view = self.view()
        state = "" if view.done else ", running"
        turns = _display.counted(len(view.turns), "turn")
        return f"Run({view.source!r}, {view.input.duration_s:.1f} s, {turns}{state})"

    def _ipython_display_(self) -> None:
        show_once(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())
