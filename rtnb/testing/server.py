"""A server for one test: it plays the model's part, and remembers what it heard, said and was told."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from rtnb.audio import Clip
from rtnb.errors import ConfigError
from rtnb.protocol import Problem
from rtnb.server import EmbeddedServer, Options
from rtnb.server.brains.base import Brain, BrainRequest, Piece
from rtnb.server.brains.demo import DemoBrain
from rtnb.server.brains.load import load_brain
from rtnb.server.brains.scenario import Node, read_scenario
from rtnb.server.brains.script import ScriptBrain
from rtnb.server.faults import Faults, Injector
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.testing.hearing import TOLERANCE, recognised, spoken
from rtnb.testing.judging import called_problem, heard_problem, said_problem, sent_problem, told
from rtnb.testing.recorder import Sessions
from rtnb.testing.session_log import McpCall, SessionLog, ToolCall

__all__ = ["RtnbServer"]

Json = dict[str, Any]

WAIT_S = 20.0
"""How long a test waits for something, if it does not say: several spoken answers, on a busy machine."""

LOAD_S = 120.0
"""How long the voices may take to load."""


class _Part:
    """The brain of the moment, which a test may exchange."""

    def __init__(self, brain: Brain) -> None:
        self.play(brain)

    def play(self, brain: Brain) -> None:
        self.brain = brain
        self.name = brain.name

    def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        return self.brain.reply(request)


class RtnbServer:
    """A realtime server on loopback for a test: the fixture ``rtnb_server``.

    Parameters
    ----------
    scenario : path or mapping, optional
        What the model says to what, as ``rtnb serve --brain script:FILE`` takes it; it may have a section ``faults``.
    brain : Brain or str, optional
        Or a brain, or what ``--brain`` takes; rtnb's own by default.
    faults : Faults, mapping, iterable of mapping or path, optional
        Failures on purpose.
    voice : {"auto", "tone"}
        ``"tone"`` loads and hears nothing, for tests that do without speech.
    folder : path, optional
        Which relative paths are looked up in.
    **options
        Of :class:`rtnb.server.Options`.

    Raises
    ------
    ConfigError
        There is a mistake in the scenario or the faults, which is told with file, line and place.

    Attributes
    ----------
    sessions : list of SessionLog
        All sessions so far, the oldest first.
    refusals : list of Problem
        Why connections were turned away.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.testing import RtnbServer
    >>> with RtnbServer({"rules": [{"on": "hello", "say": "Good morning."}]}, voice="tone") as server:
    ...     with rtnb.connect(server.url, key=server.key, modalities=["text"]) as s:
    ...         _ = s.ask("Hello!")
    ...     server.assert_said("good morning")
    ...     server.session.typed
    ['Hello!']
    """

    def __init__(
        self,
        scenario: str | Path | Mapping[str, Any] | None = None,
        *,
        brain: Brain | str | None = None,
        faults: Faults | Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | Path | None = None,
        voice: str = "auto",
        folder: Path | None = None,
        **options: Any,
    ) -> None:
        if scenario is not None and brain is not None:
            raise ConfigError("A scenario is a brain: give one of the two.")
        if voice not in ("auto", "tone"):
            raise ConfigError(f"voice is 'auto' or 'tone', not {voice!r:.60}.")
        self._folder = folder or Path()
        self._watcher = Sessions()
        self._part = _Part(load_brain(brain) if isinstance(brain, str) else brain or DemoBrain())
        self.faults = Injector(self._planned(faults))
        """Failures on purpose: ``faults.add(drop="abort", on="response.output_audio.delta", nth=3)``."""
        if scenario is not None:
            self.play(scenario)
        try:
            settings = Options(brain=self._part, faults=self.faults, **options)
        except TypeError as error:
            raise ConfigError(f"These are no options of a server: {error}.") from None
        settings = replace(settings, watchers=(*settings.watchers, self._watcher))
        self._server = EmbeddedServer(settings)
        if voice == "tone":
            self._server.voices = VoiceLoader(_tones)

    def _planned(self, faults: Any) -> Faults | None:
        if faults is None or isinstance(faults, Faults):
            return faults
        return Faults.load(self._folder / faults) if isinstance(faults, str | Path) else Faults.of(faults)

    # Its life

    def start(self) -> Self:
        """Listen, with the voices loaded."""
        self._server.start()
        self._server.voices.result(LOAD_S)
        return self

    def stop(self) -> None:
        """End all sessions."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"RtnbServer({self.url}, {len(self.sessions)} sessions)"

    # How to reach it

    @property
    def url(self) -> str:
        """Of the WebSocket, without the model: ``ws://127.0.0.1:PORT/v1/realtime``."""
        return self._server.url

    @property
    def websocket_base_url(self) -> str:
        """What SDKs add ``/realtime`` to."""
        return self.url.removesuffix("/realtime")

    @property
    def base_url(self) -> str:
        """Of REST: ``http://127.0.0.1:PORT/v1``."""
        return self.websocket_base_url.replace("ws://", "http://", 1)

    @property
    def key(self) -> str:
        """The API key that it takes; a random one."""
        return self._server.key

    def env(self) -> dict[str, str]:
        """Variables for an agent: ``OPENAI_API_KEY``, ``OPENAI_BASE_URL``, ``OPENAI_WEBSOCKET_BASE_URL``, and
        ``REALTIME_URL``, the whole address, for code that reads none of these."""
        return {
            "OPENAI_API_KEY": self.key,
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_WEBSOCKET_BASE_URL": self.websocket_base_url,
            "REALTIME_URL": self.url,
        }

    def use(self, monkeypatch: Any) -> None:
        """Set these variables for the time of a test, with pytest's ``monkeypatch``."""
        for name, value in self.env().items():
            monkeypatch.setenv(name, value)

    # What it plays

    def play(self, scenario: str | Path | Mapping[str, Any]) -> None:
        """Play this scenario from now on; its ``faults``, if any, are armed.

        Raises
        ------
        ConfigError
            There is a mistake in it.
        """
        if isinstance(scenario, Mapping):
            brain, root = ScriptBrain.of(scenario), Node.of(scenario)
        else:
            path = self._folder / scenario
            brain, root = ScriptBrain.load(path), read_scenario(path)
        faults = Faults.of_scenario(root)
        self._part.play(brain)
        self.faults.put(faults)

    @staticmethod
    def speak(text: str, *, voice: str = "cedar", speed: float = 1.0) -> Clip:
        """A text as a user would speak it, for the microphone of the agent under test.

        Raises
        ------
        MissingExtraError
            No voice is installed.
        """
        return spoken(text, voice, speed)

    @staticmethod
    def hear(audio: Clip | bytes) -> str:
        """What is said in some audio, such as what the agent under test has played; bytes are PCM16 at 24 kHz.

        Raises
        ------
        MissingExtraError
            No recogniser is installed.
        """
        return recognised(audio if isinstance(audio, Clip) else Clip.from_pcm16(audio))

    # What happened

    @property
    def sessions(self) -> list[SessionLog]:
        return list(self._watcher.logs)

    @property
    def refusals(self) -> list[Problem]:
        return list(self._watcher.refusals)

    @property
    def session(self) -> SessionLog:
        """The newest session."""
        sessions = self.sessions
        if not sessions:
            refused = "; ".join(str(problem) for problem in self.refusals)
            raise AssertionError(f"No session has begun{f': connections were refused ({refused})' if refused else ''}.")
        return sessions[-1]

    def _all(self, name: str) -> list[Any]:
        return [each for session in self.sessions for each in getattr(session, name)]

    @property
    def said(self) -> list[str]:
        """What the model said, in all sessions."""
        return self._all("said")

    @property
    def heard(self) -> list[str]:
        """What the users said, recognised from what the client sent."""
        return self._all("heard")

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The functions that the model called."""
        return self._all("tool_calls")

    @property
    def mcp_calls(self) -> list[McpCall]:
        """The tools of MCP servers that the model called."""
        return self._all("mcp_calls")

    @property
    def errors(self) -> list[str]:
        """Error events and failures."""
        return self._all("errors")

    def received(self, *types: str) -> list[Json]:
        """The clients' events, of these types or of all."""
        return [event for session in self.sessions for event in session.sent_by_client(*types)]

    def sent(self, *types: str) -> list[Json]:
        """The server's events, of these types or of all."""
        return [event for session in self.sessions for event in session.sent_by_server(*types)]

    # Waiting

    def wait_for(self, *types: str, count: int = 1, timeout_s: float = WAIT_S) -> Json:
        """Wait until so many events of one of these types have passed, either way; gives the last of them.

        Raises
        ------
        AssertionError
            They did not come in time; the message says what did.
        """

        def passed() -> list[Json]:
            steps = [step for session in self.sessions for step in session.steps]
            return [step.event for step in steps if step.type in types]

        self._wait(lambda: len(passed()) >= count, f"{count} x {' or '.join(types)}", timeout_s)
        return passed()[count - 1]

    def wait_until(self, condition: Callable[[RtnbServer], Any], *, timeout_s: float = WAIT_S, what: str = "") -> None:
        """Wait until ``condition(server)`` holds; it is tried again at each event.

        Raises
        ------
        AssertionError
            It does not hold in time; the message says what happened.
        """
        self._wait(lambda: condition(self), what or getattr(condition, "__name__", "the condition"), timeout_s)

    def wait_closed(self, *, timeout_s: float = WAIT_S) -> None:
        """Wait until all sessions are over."""
        self._wait(lambda: all(each.closed_with for each in self.sessions), "the end of all sessions", timeout_s)

    def _wait(self, condition: Callable[[], Any], what: str, timeout_s: float) -> None:
        end_s = time.monotonic() + timeout_s
        changed = self._watcher.changed
        while True:
            with changed:
                seen = self._events()
            if condition():
                return
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise AssertionError(f"After {timeout_s:g} s there was no {what}.\n\n{self.report()}")
            with changed:
                # The condition is not tried under the lock, for it may take long: recognise speech, say.
                if self._events() == seen:
                    changed.wait(min(left_s, 0.25))

    def _events(self) -> int:
        return sum(len(session.steps) + 1 + (session.closed_with is not None) for session in self.sessions)

    # Claims

    def assert_heard(self, words: str, *, tolerance: float = TOLERANCE) -> None:
        """The users' speech had these words, but for a share of them that the recogniser may mishear."""
        self._hold(heard_problem(self.sessions, words, tolerance))

    def assert_said(self, words: str) -> None:
        """The model said these words."""
        self._hold(said_problem(self.sessions, words))

    def assert_called(self, name: str, /, **arguments: Any) -> None:
        """The model called this tool, a function or one of an MCP server, with these arguments among others."""
        self._hold(called_problem(self.sessions, name, arguments))

    def assert_sent(self, event_type: str, /, **members: Any) -> None:
        """The client under test sent such an event, with these members among others."""
        self._hold(sent_problem(self.sessions, event_type, members))

    def assert_no_errors(self) -> None:
        """No error event, no failed response, no connection refused."""
        found = [*self.errors, *(f"refused: {problem}" for problem in self.refusals)]
        self._hold(f"There were errors: {'; '.join(found)}." if found else None)

    def _hold(self, problem: str | None) -> None:
        __tracebackhide__ = True
        if problem is not None:
            raise AssertionError(f"{problem}\n\n{self.report(events=False)}")

    def report(self, *, events: bool = True) -> str:
        """What has happened, for people."""
        parts = []
        for session in self.sessions:
            parts.append(told(session))
            if events:
                parts.append(session.digest())
        parts += [f"refused: {problem}" for problem in self.refusals]
        fired = [f"{each.fault.text} (session {each.session}, {each.event})" for each in self.faults.fired]
        if fired:
            parts.append("failures on purpose: " + "; ".join(fired))
        return "\n\n".join(parts) or "No client has connected."

    def save(self, folder: str | Path, name: str = "session") -> list[Path]:
        """Write the sessions to a folder, as ``rtnb serve --record`` does; :func:`rtnb.replay` opens them."""
        return [session.save(folder, f"{name}-{number:03d}") for number, session in enumerate(self.sessions, 1)]


def _tones(progress: object) -> VoiceStack:
    from rtnb.vad import load_engine

    return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))
