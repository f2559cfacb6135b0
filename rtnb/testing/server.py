"""A server for one test: it plays the model's part, and remembers what it heard, said and was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from rtnb._display import counted
from rtnb.audio import Clip
from rtnb.errors import ConfigError
from rtnb.protocol import Problem
from rtnb.server import EmbeddedServer
from rtnb.server.brains.base import Brain, BrainRequest, Piece
from rtnb.server.brains.demo import DemoBrain
from rtnb.server.brains.scenario import Node, read_scenario
from rtnb.server.brains.script import ScriptBrain
from rtnb.server.faults import Faults, Injector
from rtnb.server.faults.injector import Armed
from rtnb.server.local import brain_of
from rtnb.speech import VoiceLoader
from rtnb.testing.hearing import TOLERANCE, recognised, spoken
from rtnb.testing.judging import called_problem, heard_problem, said_problem, sent_problem, told
from rtnb.testing.keeping import shortened
from rtnb.testing.recorder import Sessions
from rtnb.testing.session_log import McpCall, SessionLog, ToolCall
from rtnb.testing.settings import faults_of, server_options, tones
from rtnb.testing.waiting import WAIT_S, AsyncWaits, Waits

__all__ = ["RtnbServer"]

Json = dict[str, Any]

LOAD_S = 120.0
"""How long the voices may take to load."""


class _Part:
    """The brain of the moment, which a test may exchange."""

    def __init__(self, brain: Brain) -> None:
        self.play(brain)

    def play(self, brain: Brain) -> None:
        self.brain = brain
        self.name = getattr(brain, "name", type(brain).__name__)

    def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        return self.brain.reply(request)


class RtnbServer:
    """A realtime server on loopback for a test: the fixture ``rtnb_server``.

    Parameters
    ----------
    scenario : path or mapping, optional
        What the model says to what, as ``rtnb serve --brain script:FILE`` takes it; it may have a section ``faults``.
    brain : Brain, callable or str, optional
        Or a brain, a function that takes the user's words and returns the answer, or what ``--brain`` takes; rtnb's
        own by default.
    faults : Faults, mapping, list of mapping or path, optional
        Failures on purpose, whatever is played.
    voice : {"auto", "tone"}
        ``"tone"`` loads and hears nothing, for tests that do without speech.
    folder : path, optional
        Which relative paths are looked up in; that of the test in a fixture.
    **settings
        By the names of :class:`rtnb.LocalServer` (`detector`, `realtime_factor`, `latency_ms`, `ear`, `tts`,
        `prompts`, `mcp`) or, for a server that others are to meet, of :class:`rtnb.server.Options` (`limits`,
        `api_key`, `beta`, `drain_s` ...).

    Raises
    ------
    ConfigError
        There is a mistake in the scenario or the faults, which is told with file, line and place, or in a setting.

    Attributes
    ----------
    sessions : list of SessionLog
        All sessions so far, the oldest first.
    refusals : list of Problem
        Why connections were turned away.
    aio : AsyncWaits
        `wait_for`, `wait_until` and `wait_closed` for async tests: ``await rtnb_server.aio.wait_for("response.done")``.

    Notes
    -----
    In an async test, what waits without ``aio`` raises at once, since the agent under test may run on the loop that it
    would block. `speak`, `hear` and `assert_heard` compute on the thread they are called on, for a moment.

    A server for several tests is a fixture of one's own; `sessions` holds those of all tests then, and failures do
    not bring its report by themselves::

        @pytest.fixture(scope="session")
        def model():
            with RtnbServer("scenario.yaml", folder=Path(__file__).parent) as server:
                yield server

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
        folder: str | Path | None = None,
        **settings: Any,
    ) -> None:
        # First what repr() shows: a test that fails may show one whose making has failed.
        self._url = ""
        self._watcher = Sessions()
        if scenario is not None and brain is not None:
            raise ConfigError("A scenario is a brain: give one of the two.")
        if voice not in ("auto", "tone"):
            raise ConfigError(f"voice is 'auto' or 'tone', not {voice!r:.60}.")
        if isinstance(brain, str) and brain.startswith("script:"):
            scenario, brain = brain.removeprefix("script:"), None
        self._folder = Path(folder or "")
        self._waits = Waits(self, self._watcher.changed)
        self.aio = AsyncWaits(self, self._watcher.changed)
        self._part = _Part(DemoBrain() if brain is None else brain_of(brain))
        self._armed: tuple[Armed, ...] = ()
        self.faults = Injector(faults_of(faults, self._folder))
        """Failures on purpose: ``faults.add(drop="abort", on="response.output_audio.delta", nth=3)``."""
        if scenario is not None:
            self.play(scenario)
        options = server_options(settings, self._folder, brain=self._part, faults=self.faults)
        self._server = EmbeddedServer(replace(options, watchers=(*options.watchers, self._watcher)))
        if voice == "tone":
            self._server.voices = VoiceLoader(tones)

    # Its life

    def start(self) -> Self:
        """Listen, with the voices loaded."""
        self._url = self._server.start().url
        try:
            self._server.voices.result(LOAD_S)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End all sessions."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"RtnbServer({self._url or 'not started'}, {counted(len(self.sessions), 'session')})"

    # How to reach it

    @property
    def url(self) -> str:
        """Of the WebSocket, without the model: ``ws://127.0.0.1:PORT/v1/realtime``."""
        return self._url

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
        """Variables that point an agent here, without a change to it.

        * ``OPENAI_API_KEY``: the key; all of OpenAI's packages read it.
        * ``OPENAI_BASE_URL``: of REST. ``OpenAI()`` and ``AsyncOpenAI()`` (openai 3.52) read it, and find the
          WebSocket by it too, with ``ws`` for ``http``, unless they are given a ``websocket_base_url``: for that
          they read no variable.
        * ``OPENAI_WEBSOCKET_BASE_URL``: that of the WebSocket, for the OpenAI Agents SDK, which hands it on.
        * ``REALTIME_URL``: the whole address of the WebSocket, a name of rtnb's own, for code that reads none of
          these.
        """
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
        """Play this scenario from now on; its ``faults`` are armed, in place of those of the one before.

        Raises
        ------
        ConfigError
            There is a mistake in it.
        """
        if isinstance(scenario, Mapping):
            brain, root = ScriptBrain.of(scenario), Node.of(scenario)
        else:
            if not isinstance(scenario, str | Path):
                raise ConfigError(f"A scenario is a file or a mapping, not {scenario!r:.80}.")
            path = self._folder / scenario
            brain, root = ScriptBrain.load(path), read_scenario(path)
        faults = Faults.of_scenario(root)
        self._part.play(brain)
        self._armed = self.faults.put(faults, instead_of=self._armed)

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
    def hear(audio: Clip | bytes, *, language: str | None = None) -> str:
        """What is said in some audio, such as what the agent under test has played; bytes are PCM16 at 24 kHz.

        The `language` is a code such as ``"fr"``, for recognisers that know several; None leaves it to them.

        Raises
        ------
        MissingExtraError
            No recogniser is installed.
        """
        return recognised(audio if isinstance(audio, Clip) else Clip.from_pcm16(audio), language=language)

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
        __tracebackhide__ = True
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
        LoopThreadError
            An event loop runs on this thread; there it is ``await rtnb_server.aio.wait_for(...)``.
        """

        __tracebackhide__ = True
        return self._waits.wait_for(*types, count=count, timeout_s=timeout_s)

    def wait_until(self, condition: Callable[[RtnbServer], Any], *, timeout_s: float = WAIT_S, what: str = "") -> None:
        """Wait until ``condition(server)`` holds; it is tried again at each event.

        Raises
        ------
        AssertionError
            It does not hold in time; the message says what happened.
        """
        __tracebackhide__ = True
        self._waits.wait_until(condition, timeout_s=timeout_s, what=what)

    def wait_closed(self, *, timeout_s: float = WAIT_S) -> None:
        """Wait until all sessions are over."""
        __tracebackhide__ = True
        self._waits.wait_closed(timeout_s=timeout_s)

    # Claims

    def assert_heard(self, words: str, *, tolerance: float = TOLERANCE) -> None:
        """The users' speech had these words, but for a share of them that the recogniser may mishear."""
        __tracebackhide__ = True
        self._hold(heard_problem(self.sessions, words, tolerance))

    def assert_said(self, words: str) -> None:
        """The model said these words."""
        __tracebackhide__ = True
        self._hold(said_problem(self.sessions, words))

    def assert_called(self, name: str, /, **arguments: Any) -> None:
        """The model called this tool, a function or one of an MCP server, with these arguments among others."""
        __tracebackhide__ = True
        self._hold(called_problem(self.sessions, name, arguments))

    def assert_sent(self, event_type: str, /, **members: Any) -> None:
        """The client under test sent such an event, with these members among others."""
        __tracebackhide__ = True
        self._hold(sent_problem(self.sessions, event_type, members))

    def assert_no_errors(self) -> None:
        """No error event, no failed response, no connection refused."""
        __tracebackhide__ = True
        found = [*self.errors, *(f"refused: {problem}" for problem in self.refusals)]
        self._hold(f"There were errors: {'; '.join(found)}." if found else None)

    def _hold(self, problem: str | None) -> None:
        __tracebackhide__ = True
        if problem is not None:
            raise AssertionError(f"{problem}\n\n{shortened(self.report(events=False))}")

    def report(self, *, events: bool = True) -> str:
        """What has happened, for people."""
        parts = []
        for session in self.sessions:
            parts.append(told(session))
            if events:
                parts.append(session.digest())
        parts += [f"refused: {problem}" for problem in self.refusals]
        if fired := self.faults.account():
            parts.append("failures on purpose: " + "; ".join(fired))
        return "\n\n".join(parts) or "No client has connected."

    def save(self, folder: str | Path, name: str = "session") -> list[Path]:
        """Write the sessions to a folder, as ``rtnb serve --record`` does; :func:`rtnb.replay` opens them."""
        return [session.save(folder, f"{name}-{number:03d}") for number, session in enumerate(self.sessions, 1)]
