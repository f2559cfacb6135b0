"""AsyncSession: the verbs of a session on the loop that enters it."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self, Unpack

from rtnb import _display
from rtnb.errors import ConfigError, SessionError
from rtnb.pricing.bills.ledger import Ledger
from rtnb.protocol.envelope import Event
from rtnb.session.behaviour import BEHAVIOUR, meant, split
from rtnb.session.config.diff import ConfigDiff, diff
from rtnb.session.config.effective import Config
from rtnb.session.config.keywords import DEFAULT_MODEL, DEFAULT_TRANSCRIPTION, SETTINGS, merged, patched
from rtnb.session.config.models import shutdown_note
from rtnb.session.config.spelled import Settings, spelled
from rtnb.session.core import Core
from rtnb.session.live import show_live
from rtnb.session.record import recording
from rtnb.session.record.log import EventLog
from rtnb.session.speaking import Speaking
from rtnb.session.statuses import SessionStatus
from rtnb.session.timeline import Timeline
from rtnb.session.timeline.seen import Seen
from rtnb.session.timeline.taking import seen_of, timeline_from
from rtnb.session.tools.running import ToolRunner
from rtnb.session.tools.toolbox import Tool, Toolbox, ToolsView
from rtnb.session.verbs.aside import Aside
from rtnb.session.verbs.exchange import over_of
from rtnb.session.verbs.interruption import truncate_cut
from rtnb.session.verbs.items import Items
from rtnb.session.verbs.owed import Owed
from rtnb.session.verbs.player import Player
from rtnb.session.verbs.policies import Condensed, Steward
from rtnb.session.verbs.rebuild import Rebuilt
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView, UsageReport
from rtnb.session.views.snapshots import Observer
from rtnb.session.views.timing_report import TimingReport, timing
from rtnb.session.wire.place import Place, Progress

__all__ = ["AsyncSession"]


class AsyncSession(Speaking):
    """A session on the running event loop. The sync :class:`rtnb.Session` has the same verbs without await.

    Parameters
    ----------
    place : Place
        Where to connect; ``rtnb.AsyncSession`` takes an endpoint's name or address instead.
    model : str
    tool_loop
        Where coroutines of tools run; None is the session's own loop.
    hold_approvals : bool
        Whether a turn goes on until somebody has decided about what an MCP server wants approved.
    **settings
        What :func:`rtnb.connect` takes.
    """

    def __init__(
        self,
        place: Place,
        *,
        model: str = DEFAULT_MODEL,
        tool_loop: Any = None,
        hold_approvals: bool = False,
        **settings: Any,
    ) -> None:
        settings.setdefault("transcription", DEFAULT_TRANSCRIPTION)
        behaviour, settings = split(settings)
        for name in settings:
            if name not in SETTINGS and (near := meant(name, BEHAVIOUR)):
                raise ConfigError(f"There is no setting {name!r}.{near}")
        self._toolbox = Toolbox(settings.pop("tools", None) or ())
        self.tools = ToolsView(self._toolbox)
        """The tools of the session; :meth:`tool` adds to them."""
        if len(self._toolbox):
            settings["tools"] = self._toolbox.wire()
        made = patched(settings)
        self._translated = made.changes
        self._core = Core(place, model, made.session, behaviour=behaviour)
        self._core.subscribe(self._on_event)
        self.items = Items(self._core)
        """The items of the conversation, in its order: add, delete, truncate, retrieve."""
        self.player = Player(self._core)
        """Where a real player reports what it played."""
        self._aside = Aside(self._core)
        self._steward = Steward(self._core, self.items, self._aside)
        self._runner = ToolRunner(
            self._core,
            self._toolbox,
            self._core.floor,
            place_async=tool_loop,
            hold_approvals=hold_approvals,
            view=self.view,
        )
        self._core.on_close(self._runner.close)
        self._owed = Owed(self._core)
        self._streaming = False
        self._raw = set()
        self._told_cut = False
        self._unasked = {}
        self._overs: dict[int, concurrent.futures.Future[None]] = {}

    # Opening and closing

    async def open(self) -> Self:
        """Connect and apply the settings; also done by ``async with``.

        Raises
        ------
        UnreachableError, RefusedError
            There is no server, or it refuses.
        ApiError
            It refuses the settings.
        ConfigError
            A budget in dollars for a model that has no price.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> async def main():
        ...     s = await rtnb.AsyncSession(modalities=["text"]).open()
        ...     await s.close()
        >>> asyncio.run(main())
        """
        await self._core.open()
        if self._translated:
            changes = "\n".join(f"  {change}" for change in self._translated)
            self._core.tell(f"The session settings were translated to the GA shape:\n{changes}")
        if (ending := shutdown_note(self._core.model, date.today())) is not None:
            self._core.tell(ending)
        self._tell_differences(self._core.requested)
        self._steward.start()
        return self

    async def close(self) -> None:
        """Close the connection; what was recorded stays readable. Closing twice is fine."""
        await self._core.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def warm(self, progress: Progress = lambda done, total, label: None) -> None:
        """Wait until the endpoint can answer without delay.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> async def main():
        ...     async with rtnb.AsyncSession(modalities=["text"]) as s:
        ...         await s.warm()
        >>> asyncio.run(main())
        """
        await asyncio.to_thread(self._core.place.warm, progress)

    # What it knows

    @property
    def core(self) -> Core:
        """The inside of the session, for parts that are built on it."""
        return self._core

    @property
    def place(self) -> Place:
        """Where it connects."""
        return self._core.place

    @property
    def events(self) -> EventLog:
        """Everything sent and received so far, and rtnb's own notes."""
        return self._core.log

    @property
    def config(self) -> Config:
        """The session settings in effect, as the server last said; ``config.diff()`` compares with what was asked."""
        core = self._core
        spoken = any(item.audio for item in core.talk.items.values())
        assert core.log is not None
        return Config(core.requested, core.talk.config, assistant_audio=spoken)

    @property
    def status(self) -> SessionStatus:
        """``open``, ``reconnecting``, ``closed`` (by this side, or not opened yet), or ``lost``."""
        return self._status()

    def _status(self) -> SessionStatus:
        status = self._core.status
        return "closed" if status == "new" else status

    @property
    def turns(self) -> list[Turn]:
        """All turns so far."""
        assert self._core.log is not None
        return [self._finished_handle(state) for state in self._core.talk.turns]

    @property
    def usage(self) -> UsageReport:
        """Tokens and cost so far, by turn and by line; draws itself as a table."""
        return UsageReport.of(self.view(), self.ledger)

    @property
    def ledger(self) -> Ledger:
        """The session as its bill sees it, for the functions of :mod:`rtnb.pricing`."""
        return self._observer.ledger()

    @property
    def timing(self) -> TimingReport:
        """Every latency by name, with n, p50, p90, p95 and max."""
        return timing(self._observer.session(self._status(), audio=False))

    @property
    def timeline(self) -> Timeline:
        """What happened so far, in lanes over one clock; also as a file: ``timeline.to_perfetto("run.json")``."""
        return timeline_from(self.events, self._seen())

    def _seen(self) -> Seen:
        live = self.status in ("open", "reconnecting")
        return seen_of(self._observer, live=live, now_s=self._core.now_s() if live else None)

    @property
    def budget(self) -> BudgetView:
        """What was spent of the limits; :meth:`raise_budget` raises them."""
        return self._core.budget.view()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the session had to tell, in order."""
        return tuple(self._core.notices)

    @property
    def expires_in_s(self) -> float | None:
        """Seconds until the server ends the connection; None where it has not said."""
        return self._core.keeper.expires_in_s

    @property
    def journal(self) -> Path | None:
        """Where everything is written as it happens; None where nothing is."""
        return None if self._core.journal is None else self._core.journal.path

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write the recording: every event and all audio, in one ``.rtnb`` file that :func:`rtnb.replay` reads.

        `audio` says how audio is kept, as for :meth:`rtnb.Session.save`.
        """
        return recording.save(path, self._core.log, endpoint=self._core.endpoint.label, audio=audio)

    def view(self) -> SessionView:
        """An immutable snapshot."""
        closed = self._core.status == "closed"
        return self._observer.session(self._status(), () if closed else self.place.notes())

    @property
    def _observer(self) -> Observer:
        core = self._core
        return Observer(core.talk, core.log, core.endpoint.label)

    # Settings and tools

    @spelled(Settings)
    async def update(self, **settings: Unpack[Settings]) -> ConfigDiff:
        """Change settings; returns when the server has applied them, with what it made of them.

        Raises
        ------
        ApiError
            The server refused; nothing changed.
        ConfigError
            An unknown setting.
        """
        if mine := [name for name in settings if name in BEHAVIOUR]:
            raise ConfigError(
                f"{mine[0]} is of the client's side: it is given to connect(). raise_budget() raises the limits of a "
                "session."
            )
        before = None
        if "tools" in settings:
            before = self._toolbox.replace(settings["tools"] or ())
            settings["tools"] = self._toolbox.wire()
        try:
            made = patched(settings)
            earlier = self._core.talk.config
            await self._core.update(made.session)
        except BaseException:
            if before is not None:
                self._toolbox.replace(before)
            raise
        if made.changes:
            self._core.tell("Translated to the GA shape: " + "; ".join(map(str, made.changes)))
        return self._tell_differences(made.session, earlier)

    def _tell_differences(self, requested: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> ConfigDiff:
        found = diff(requested, self._core.talk.config, before=before)
        if found.differences:
            self._core.tell(found.sentence)
        return found

    def tool(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Let the model call a Python function: a decorator, with or without options.

        In async code the server is told at once by a task; ``await session.add_tool(function)`` waits for it.

        Parameters
        ----------
        function : callable
            Its signature, type hints and docstring become the schema.
        **options
            ``name``, ``description``, ``background`` (the conversation goes on while it runs), ``timeout_s``.
        """
        if function is None:
            return lambda function: self.tool(function, **options)
        before = list(self._toolbox.values())
        self._toolbox.add(function, **options)
        if self._core.status == "open":
            self._core.keep(self._tell_tools(before))
        else:
            self._core.requested = merged(self._core.requested, {"tools": self._toolbox.wire()})
        return function

    async def add_tool(self, function: Any, **options: Any) -> None:
        """As :meth:`tool`; returns when the server knows it.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> def lookup_order(order_id: int) -> dict:
        ...     "Look up an order by its number."
        ...     return {"order": order_id, "status": "shipped"}
        >>> async def main():
        ...     async with rtnb.AsyncSession(modalities=["text"]) as s:
        ...         await s.add_tool(lookup_order)
        ...         return (await s.ask("Please look up order 17.")).tool_calls[0].output
        >>> asyncio.run(main())
        '{"order":17,"status":"shipped"}'
        """
        before = list(self._toolbox.values())
        self._toolbox.add(function, **options)
        try:
            await self._core.update({"type": "realtime", "tools": self._toolbox.wire()})
        except BaseException:
            self._toolbox.replace(before)
            raise

    async def _tell_tools(self, before: list[Tool]) -> None:
        try:
            await self._core.update({"type": "realtime", "tools": self._toolbox.wire()})
        except SessionError as error:
            self._toolbox.replace(before)
            self._core.tell(f"The server does not take the tool: {error}")

    async def answer(self, call_id: str, output: Any) -> Turn | None:
        """The output of a function call that no Python function answers.

        Returns
        -------
        Turn or None
            The turn that the model answers with, once no other call of the same response is open.
        """
        return await self._answer(self._runner, call_id, output)

    @property
    def open_calls(self) -> list[Any]:
        """Function calls that wait for :meth:`answer`."""
        return self._runner.open_calls()

    @property
    def approvals(self) -> Any:
        """Calls that an MCP server wants approved: each has ``approve()`` and ``deny(reason)``."""
        return self._runner.approvals

    # Long sessions

    def raise_budget(
        self, *, usd: float | None = None, tokens: int | None = None, minutes: float | None = None
    ) -> None:
        """Raise limits of the session.

        Raises
        ------
        ConfigError
            A new limit is not above the old one.
        """
        self._core.budget.raise_(usd=usd, tokens=tokens, minutes=minutes)

    async def handover(self) -> Rebuilt:
        """Go on on a new connection, with the conversation rebuilt there; says what could not be."""
        return await self._core.keeper.handover()

    async def summarise(self, **options: Any) -> Condensed:
        """Replace old turns by a summary; says what became of them.

        Parameters
        ----------
        **options
            ``keep_turns``, ``summary_tokens``, ``instructions`` for the model that writes it, or ``by``: a function
            that takes the text of the turns and returns the summary.
        """
        return await self._steward.summarise(**options)

    async def prune(self, *, turns: int) -> Condensed:
        """Delete all but the latest turns from the conversation; says what was deleted."""
        return await self._steward.prune(turns=turns)

    # Inside

    def _on_event(self, event: Event) -> None:
        # At the end of a response as well: of one that was cut before any of it had arrived.
        ends = event.type in ("input_audio_buffer.speech_started", "response.done")
        if ends and self._core.talk.cut_items:
            self._core.keep(truncate_cut(self._core))
        talk = self._core.talk
        if event.type.endswith("speech_started") and talk.cut_items and not (self._told_cut or talk.player.attached):
            self._told_cut = True
            self._core.tell(
                "Speech interrupted an answer that was still sounding: no player reports here, so rtnb reckons "
                "playback at the pace of speech, and speech before its end is a barge-in. Wait for "
                "turn.audio.duration_s where that is not meant, or attach a player (session.player)."
            )
        if event.type == "error" and self._core.talk.errors:
            error = self._core.talk.errors[-1]
            if error.event_id in self._raw and error.severity != "benign":
                self._core.tell(f"The server refused '{error.cause or 'an event'}' of send_event(): {error.message}")

    def _finished_handle(self, state: Any) -> Turn:
        over = self._overs.get(state.index)
        if over is None:
            over = self._overs[state.index] = over_of(self._core, state)
        return Turn(lambda: self._observer.turn(state), over, key=state.key, timeline=lambda: self.timeline)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return {"text/plain": repr(self)} if not self._core.opened else _display.bundle(self.view())

    def _ipython_display_(self) -> None:
        show_live(self)

    def __repr__(self) -> str:
        core = self._core
        if not core.opened:
            return f"<{type(self).__name__}, {'closed' if core.status == 'closed' else 'not open'}>"
        turns = _display.counted(len(core.talk.turns), "turn")
        return f"<{type(self).__name__} {core.endpoint.label}, {self.status}, {turns}>"
