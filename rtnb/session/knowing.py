"""What a session knows, read from any thread: each look is taken on the loop thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rtnb import _display
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.aio import AsyncSession
from rtnb.session.config.effective import Config
from rtnb.session.desk import Desk
from rtnb.session.live import show_live
from rtnb.session.record import recording
from rtnb.session.record.log import EventLog
from rtnb.session.statuses import SessionStatus
from rtnb.session.timeline import Timeline
from rtnb.session.timeline.taking import timeline_from
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView, UsageReport
from rtnb.session.views.timing_report import TimingReport

__all__ = ["Knowing"]

T = TypeVar("T")


class Knowing:
    """The properties of a blocking session."""

    _async: AsyncSession
    _desk: Desk

    def _call(self, look: Callable[[], T]) -> T:
        raise NotImplementedError

    def _wrapped(self, turn: Turn) -> Turn:
        wrapped = Turn(
            lambda: self._call(turn.view), turn.over, turn.task, key=turn.key, timeline=lambda: self.timeline
        )
        wrapped.waiter = self._desk.wait
        return wrapped

    @property
    def events(self) -> EventLog:
        """Everything sent and received so far."""
        return self._async.events

    @property
    def timing(self) -> TimingReport:
        """Every latency by name, with n, p50, p90, p95 and max."""
        return self._call(lambda: self._async.timing)

    @property
    def timeline(self) -> Timeline:
        """What happened so far, in lanes over one clock; also as a file: ``timeline.to_perfetto("run.json")``.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     _ = s.ask("Spell cat.", show=False)
        ...     timeline = s.timeline
        >>> [response.status for response in timeline.responses]
        ['completed']
        """
        # The loop thread only looks; lanes are made on the caller's.
        return timeline_from(self.events, self._call(lambda: self._async._seen()))

    @property
    def notices(self) -> tuple[str, ...]:
        """What the session had to tell, in order."""
        return self._call(lambda: self._async.notices)

    @property
    def journal(self) -> Path | None:
        """Where everything is written as it happens; None where nothing is. :func:`rtnb.replay` reads it."""
        return self._async.journal

    @property
    def turns(self) -> list[Turn]:
        """All turns so far."""
        return [self._wrapped(turn) for turn in self._call(lambda: self._async.turns)]

    @property
    def usage(self) -> UsageReport:
        """Tokens and cost so far, by turn and by line; draws itself as a table."""
        view, ledger = self._call(lambda: (self._async.view(), self._async.ledger))
        return UsageReport.of(view, ledger)

    @property
    def ledger(self) -> Ledger:
        """The session as its bill sees it, for the functions of :mod:`rtnb.pricing`."""
        return self._call(lambda: self._async.ledger)

    @property
    def status(self) -> SessionStatus:
        """``open``, ``reconnecting``, ``closed`` by this side, or ``lost``."""
        return self._async.status

    def view(self) -> SessionView:
        """An immutable snapshot.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     before = s.view()
        ...     turn = s.ask("What is 6 times 7?")
        ...     len(before.turns), len(s.view().turns)
        (0, 1)
        """
        return self._call(self._async.view)

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write the recording: every event and all audio, in one ``.rtnb`` file that :func:`rtnb.replay` reads.

        Parameters
        ----------
        path : str or Path
            The file; what stands there is replaced.
        audio : {"pcm", "flac", "opus", "none"} or None
            How audio is kept: as it came, packed without loss, packed to about 24 kbit/s (which sounds the same,
            but has other samples), or not at all. ``"opus"`` takes time, in which the cell waits and shows no
            progress: a second or two for each minute of audio, depending on the machine; the others do not.

        Raises
        ------
        RecordingError
            The place cannot be written.
        ConfigError
            There is no such way to keep audio, or it is ``"opus"`` and the session did not speak PCM.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("What is 6 times 7?")
        ...     path = s.save(Path(tempfile.mkdtemp()) / "talk.rtnb")
        >>> rtnb.replay(path).turns[0].text
        '6 times 7 is 42.'
        """
        core = self._async.core
        # On the caller's thread: packing minutes of audio would stall the loop. The log only grows.
        return recording.save(path, core.log, endpoint=core.endpoint.label, audio=audio)

    @property
    def config(self) -> Config:
        """The session settings in effect, as the server last said; ``config.diff()`` compares with what was asked."""
        return self._call(lambda: self._async.config)

    @property
    def budget(self) -> BudgetView:
        """What was spent of the limits; :meth:`raise_budget` raises them."""
        return self._call(lambda: self._async.budget)

    @property
    def expires_in_s(self) -> float | None:
        """Seconds until the server ends the connection; None where it has not said."""
        return self._call(lambda: self._async.expires_in_s)

    @property
    def open_calls(self) -> list[Any]:
        """Function calls that wait for :meth:`answer`."""
        return self._call(lambda: self._async.open_calls)

    @property
    def approvals(self) -> Any:
        """Calls that an MCP server wants approved: each has ``approve()`` and ``deny(reason)``."""
        return self._async.approvals

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncSession", "Session", 1)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())

    def _ipython_display_(self) -> None:
        show_live(self)
