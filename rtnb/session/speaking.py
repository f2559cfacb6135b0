"""What is said, heard and asked in a session: the verbs of an exchange, on the session's loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError, SessionError, TurnTimeoutError
from rtnb.protocol.ids import new_id
from rtnb.session.config.content import Content, Parts, Said, checked_event, pcm_of, response_of, said_of
from rtnb.session.config.spelled import Overrides, spelled
from rtnb.session.conversation.formats import audio_format
from rtnb.session.conversation.state import TurnState
from rtnb.session.core import Core
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.tools.running import ToolRunner
from rtnb.session.tools.toolbox import Toolbox
from rtnb.session.verbs.aside import Aside
from rtnb.session.verbs.exchange import answered, say, settle, transcribed
from rtnb.session.verbs.history import LoadedHistory, export_history, load
from rtnb.session.verbs.interruption import interrupt
from rtnb.session.verbs.item import Item
from rtnb.session.verbs.items import Items, Role
from rtnb.session.verbs.judging import classify, moderate, transcribe
from rtnb.session.verbs.owed import Owed
from rtnb.session.verbs.run import Run
from rtnb.session.verbs.sources import Streamable, source_of
from rtnb.session.verbs.streaming import Pace, append_event, finish_turns, gated, play_in
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import TurnView
from rtnb.session.views.snapshots import Observer

__all__ = ["Speaking"]

MIN_COMMIT_MS = 100
"""The API refuses to commit less."""


class Speaking:
    """The verbs of an exchange; a session is made of them and of what it knows."""

    _core: Core
    _aside: Aside
    _runner: ToolRunner
    _streaming: bool
    _raw: set[str]
    """Ids of events that the user sent: nobody waits for their errors."""
    _unasked: dict[str, asyncio.Task[None]]
    """Exchanges that were begun and have not asked for their response yet, in order."""
    _toolbox: Toolbox
    _owed: Owed
    items: Items

    @property
    def _observer(self) -> Observer:
        raise NotImplementedError

    @property
    def timeline(self) -> Timeline:
        """What happened so far."""
        raise NotImplementedError

    def _finished_handle(self, state: Any) -> Turn:
        raise NotImplementedError

    async def warm(self) -> None:
        """Wait until the endpoint can answer without delay."""
        raise NotImplementedError

    # Turns

    @spelled(Overrides)
    async def ask(self, content: Content, *, timeout: float | None = 120.0, **overrides: Unpack[Overrides]) -> Turn:
        """Say something and wait for the answer.

        Parameters
        ----------
        content : str, Clip, Image, Path, or a list of them
            Text, audio, a picture, or several in one message. Audio alone is exactly one turn: turn detection is
            set aside for it.
        timeout : float, optional
            Seconds to wait.
        **overrides
            For this response alone: ``instructions``, ``modalities``, ``voice``, ``output_format``,
            ``max_output_tokens``, ``tools``, ``tool_choice``, ``parallel_tool_calls``, ``reasoning``, ``prompt``,
            ``metadata``, ``input``.

        Raises
        ------
        ApiError
            The server refused the request. A response that fails is a turn with ``status == "failed"``.
        BudgetError
            It would exceed a limit; nothing was sent.
        TurnTimeoutError
        ConnectionLostError
            The connection dropped before the answer was complete.
        """
        checked_timeout(timeout)
        return await self._waited(await self.send(content, **overrides), timeout)

    @spelled(Overrides)
    async def respond(self, *, timeout: float | None = 120.0, **overrides: Unpack[Overrides]) -> Turn:
        """Ask for a response to the conversation as it is, and wait for it; takes what :meth:`ask` takes."""
        checked_timeout(timeout)
        return await self._waited(await self.begin(None, overrides), timeout)

    @spelled(Overrides)
    async def send(self, content: Content, **overrides: Unpack[Overrides]) -> Turn:
        """Say something; returns the turn at once, which fills while the answer arrives.

        It queues behind whatever response is active, whoever created it.
        """
        if content is None:
            raise ConfigError("There is nothing to say; respond() asks for a response to what is there.")
        return await self.begin(content, overrides)

    async def _waited(self, turn: Turn, timeout: float | None) -> Turn:
        try:
            async with asyncio.timeout(timeout):
                return await turn
        except asyncio.CancelledError:
            # Whoever waited has gone; nobody wants the rest of the answer.
            self._core.keep(self.abandon(turn))
            raise
        except TimeoutError as error:
            if isinstance(error, SessionError):
                raise
            raise TurnTimeoutError(
                f"The turn is not over after {timeout:g} s. It goes on: wait for the turn again, or interrupt()."
            ) from None

    async def begin(self, content: Any, overrides: Mapping[str, Any]) -> Turn:
        """Begin an exchange; None says nothing and only asks.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> async def main():
        ...     async with rtnb.AsyncSession(modalities=["text"]) as s:
        ...         return (await (await s.begin("What is 6 times 7?", {}))).text
        >>> asyncio.run(main())
        '6 times 7 is 42.'
        """
        core = self._core
        core.check_loop()
        if core.over:
            await core.until(lambda: False)
        spoken = audio_format(core.talk.config, "input")
        said: Said | None = None if content is None else await asyncio.to_thread(said_of, content, spoken)
        if isinstance(said, bytes) and self._streaming:
            raise SessionError("A recording is being streamed; send the clip when run and stream are over.")
        tools: Toolbox | None = None
        if overrides.get("tools") is not None:
            tools = self._toolbox.with_(overrides["tools"])
            overrides = {**overrides, "tools": tools.wire()}
        response = response_of(overrides)
        if response.get("conversation") == "none":
            raise ConfigError("A response outside of the conversation is no turn: aside(...) asks for one.")
        key = new_id("turn")

        async def work() -> None:
            try:
                async with core.floor:
                    await self.warm()
                    if tools is not None:
                        self._runner.lend(key, tools)
                    await say(core, said, response, key)
                    self._unasked.pop(key, None)
                    state = await answered(core, key)
                await transcribed(core, [state])
            finally:
                self._unasked.pop(key, None)

        task = self._unasked[key] = core.keep(work())
        return self._handle(key, task, said)

    def _handle(self, key: str, task: asyncio.Task[None], said: Said | None = None) -> Turn:
        core = self._core
        over: concurrent.futures.Future[None] = concurrent.futures.Future()
        settle(over, task, open=lambda: core.status in ("open", "reconnecting"))

        def observe() -> TurnView:
            state = core.talk.turn_with_key(key)
            if state is not None:
                return self._observer.turn(state)
            # Not requested yet: it waits for its turn to speak.
            return TurnView(
                index=len(core.talk.turns),
                status="waiting",
                user_text=said if isinstance(said, str) else "",
                user_kind="text"
                if isinstance(said, str)
                else "audio"
                if isinstance(said, bytes)
                else "mixed"
                if isinstance(said, Parts)
                else "none",
                model=self._observer.model,
                endpoint=core.endpoint.label,
            )

        return Turn(observe, over, task, key=key, timeline=lambda: self.timeline)

    async def _answer(self, runner: ToolRunner, call_id: str, output: Any) -> Turn | None:
        core, key = self._core, new_id("turn")
        if not await runner.answer(call_id, output, key=key):
            return None

        async def work() -> None:
            await answered(core, key)

        return self._handle(key, core.keep(work()))

    async def interrupt(self) -> None:
        """Stop the answer: cancels the response and truncates its item at what was played.

        Where nothing is answered yet, the exchange that is about to ask is given up before it does.
        """
        core = self._core
        core.check_loop()
        if core.over:
            return
        self._runner.give_up()
        if core.talk.active_response() is None and not core.talk.requested() and not self._owed.give_up():
            about_to_ask = next(iter(self._unasked.values()), None)
            if about_to_ask is not None:
                about_to_ask.cancel()
        await interrupt(core)

    async def abandon(self, turn: Turn) -> None:
        """Give a turn up: interrupt its answer, or never ask for it; other turns go on.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> async def main():
        ...     async with rtnb.AsyncSession(modalities=["text"]) as s:
        ...         turn = await s.send("What is server VAD?")
        ...         await s.abandon(turn)
        ...         return (await s.ask("What is 6 times 7?")).text
        >>> asyncio.run(main())
        '6 times 7 is 42.'
        """
        core = self._core
        core.check_loop()
        state = core.talk.turn_with_key(turn.key)
        unasked = self._unasked.get(turn.key)
        if unasked is not None and (state is None or not (state.responses or state in core.talk.waiting())):
            unasked.cancel()
        elif state is not None and not core.over and not core.talk.over(state) and not self._owed.give_up(state):
            self._runner.give_up(turn.key)
            await interrupt(core, state)

    # Audio

    async def stream(
        self,
        source: Streamable,
        *,
        name: str = "",
        rate_hz: int | None = None,
        pace: Pace = "real",
    ) -> Run:
        """Play audio into the input buffer at real pace, so that turn detection really runs.

        Behind it silence follows until the last turn is over.

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

        Raises
        ------
        ConfigError
            Turn detection is off.
        SessionError
            Another stream is running.
        AudioError
            It is nothing that can be streamed.
        """
        run, work = await self.start_stream(source, name=name, rate_hz=rate_hz, pace=pace)
        await work
        return run

    async def start_stream(
        self, source: Streamable, *, name: str = "", rate_hz: int | None = None, pace: Pace = "real"
    ) -> tuple[Run, asyncio.Task[None]]:
        """As :meth:`stream`, but returns at once with the task that streams.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> async def main():
        ...     async with rtnb.AsyncSession(modalities=["text"]) as s:
        ...         run, streaming = await s.start_stream(rtnb.sample("weather_question"))
        ...         await streaming
        ...         return run.turns[0].transcript
        >>> asyncio.run(main())
        'What is the weather in Paris?'
        """
        core = self._core
        core.check_loop()
        if core.over:
            await core.until(lambda: False)
        if pace not in ("real", "source"):
            raise ConfigError(f"pace is 'real' or 'source', not {pace!r:.60}.")
        if self._streaming:
            raise SessionError("A recording is being streamed already; wait for it to end.")
        async with core.updating:
            # A clip that was just said has turn detection set aside for a moment.
            detection = core.talk.input_settings().get("turn_detection")
        if detection is None:
            raise ConfigError(
                "stream needs turn detection, which is off: update(turn_detection=rtnb.ServerVad()) turns it on; "
                "ask(clip) sends a clip as one turn without it."
            )
        spoken = audio_format(core.talk.config, "input")
        given = await source_of(source, spoken, name=name, rate_hz=rate_hz)
        self._streaming = True
        talk = core.talk
        first, start_bytes = len(talk.turns), talk.clock.total_bytes
        end: list[int] = []
        last: int | None = None

        def turns() -> list[TurnState]:
            return talk.turns[first:last]

        async def work() -> None:
            nonlocal last
            try:
                async with core.floor:
                    await self.warm()
                    await play_in(core, given.pieces, pace=pace)
                    end.append(talk.clock.total_bytes)
                    await finish_turns(core, first)
                    await transcribed(core, talk.turns[first:])
            except BaseException:
                if core.status == "open":
                    # Half a sentence in the buffer would become the beginning of the next turn.
                    core.keep(self.clear())
                raise
            finally:
                self._streaming = False
                end.append(talk.clock.total_bytes)
                # What is said from here on is none of the recording's.
                last = len(talk.turns)

        task = core.keep(work())
        run = Run(
            lambda: self._observer.run(given.name, turns(), start_bytes, end[0] if end else None, done=task.done()),
            lambda: [self._finished_handle(state) for state in turns()],
            streamed=lambda: (talk.clock.total_bytes - start_bytes) / talk.clock.bytes_per_ms / 1000,
            duration_s=given.duration_s,
            timeline=lambda: self.timeline,
        )
        return run, task

    async def append(self, audio: bytes | Clip) -> None:
        """Append a clip, or bytes in the session's input format, to the input buffer.

        In half duplex silence is sent in its place while an answer sounds.

        Raises
        ------
        AudioError
            It is neither.
        """
        core = self._core
        if data := pcm_of(audio, audio_format(core.talk.config, "input")):
            await core.send(append_event(gated(core, data)))

    async def commit(self) -> None:
        """Make a user item of the input buffer; asks for no response by itself.

        Raises
        ------
        AudioError
            The buffer holds less than the 100 ms that the server takes.
        """
        core = self._core
        held_ms = core.talk.held_ms()
        # With turn detection on the server may have committed meanwhile; then it decides, and says so quietly.
        if held_ms < MIN_COMMIT_MS and core.talk.input_settings().get("turn_detection") is None:
            raise AudioError(
                f"The input buffer holds {held_ms:.0f} ms; the server commits {MIN_COMMIT_MS} ms or more. "
                "append() audio first."
            )
        await core.send({"type": "input_audio_buffer.commit"})

    async def clear(self) -> None:
        """Empty the input buffer."""
        await self._core.send({"type": "input_audio_buffer.clear"})

    # Items, history, events

    async def add(self, content: Content, *, role: Role = "user", **options: Any) -> Item:
        """Put an item into the conversation without asking for a response."""
        return await self.items.add(content, role=role, **options)

    async def load_history(self, messages: Sequence[Mapping[str, Any]]) -> LoadedHistory:
        """Put a text history into the conversation; says what the API cannot take."""
        return await load(self.items, messages)

    def export_history(self, style: Literal["chat", "items"] = "chat") -> list[dict[str, Any]]:
        """The conversation as text: ``"chat"`` messages, or the protocol's ``"items"``."""
        return export_history(self.items.materials, self._core.talk, self._core.log, style)

    async def send_event(self, event: Mapping[str, Any]) -> str:
        """Send any event; returns its ``event_id``.

        Raises
        ------
        ConfigError
            It is no mapping with a type, or not JSON.
        """
        sent = dict(checked_event(event))
        if not isinstance(sent.get("event_id"), str):
            sent["event_id"] = new_id("event")
        self._raw.add(sent["event_id"])
        return await self._core.send(sent)

    # Beside the conversation

    async def aside(
        self, instructions: str | None = None, input: Any = None, *, wait: bool = True, **options: Any
    ) -> Any:
        """A response outside of the conversation, beside whatever goes on in it.

        Parameters
        ----------
        instructions : str, optional
        input : optional
            What it is given instead of the conversation: text, clips, turns, items, or a list of them.
        wait : bool
            False returns a handle at once.
        **options
            ``timeout`` in seconds, and the overrides of :meth:`ask`.

        Returns
        -------
        AsideResult or AsideHandle
        """
        begin = self._aside.run if wait else self._aside.start
        return await begin(instructions, input, **options)

    async def classify(self, labels: Sequence[str], about: Any = None, **options: Any) -> Any:
        """Which of some labels fits the conversation, a turn or a text best, as the model sees it."""
        return await classify(self._aside, labels, about, **options)

    async def moderate(self, about: Any = None, **options: Any) -> Any:
        """Whether the conversation, a turn or a text should be flagged, as the model sees it."""
        return await moderate(self._aside, about, **options)

    async def transcribe(self, turn: Any = None, **options: Any) -> Any:
        """What the user said in a turn, by the model itself instead of a transcription model."""
        return await transcribe(self._aside, self._core, turn, **options)


def checked_timeout(timeout: object) -> None:
    """Refuse what is no time-out before anything is sent.

    Examples
    --------
    >>> checked_timeout(None), checked_timeout(3)
    (None, None)
    """
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0):
        raise ConfigError(f"timeout is a number of seconds above 0, or None to wait for ever, not {timeout!r:.60}.")
