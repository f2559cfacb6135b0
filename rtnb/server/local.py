"""The embedded servers of a process: those that ``connect("local")`` starts, one for each way they are set up."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError
from rtnb.server.answer.delivery import Delivery
from rtnb.server.brains import Brain, CallableBrain, load_brain
from rtnb.server.embedded import EmbeddedServer
from rtnb.server.faults import Faults, planned
from rtnb.server.mcp.policy import McpPolicy
from rtnb.server.options import Limits, Options
from rtnb.speech import check_ear, check_tts
from rtnb.vad import DetectorTuning, load_tuning

__all__ = ["LocalServer", "SharedServers", "brain_of", "shared_servers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """How the embedded server of ``rtnb.connect("local", server=...)`` is set up.

    Sessions of one process whose servers are set up alike share one; it ends with the last of them.

    Parameters
    ----------
    brain : str, Brain or callable
        What answers: ``"demo"``, ``"chat"``, ``"script:FILE"``, ``"module:callable"`` or ``"file.py:callable"``, a
        brain such as :class:`rtnb.ChatBrain`, or a function that takes the user's words and returns the answer.
    detector : str, mapping, Path or DetectorTuning, optional
        Turn detection that is calibrated, or altered on purpose, as :func:`rtnb.vad.load_tuning` takes it:
        ``"hysteresis=0.25,lag_ms=120"``, a file, or a :class:`rtnb.DetectorTuning`.
    ear, tts : str, optional
        What recognises speech and what speaks, by name; the usual ones by default.
    realtime_factor : float
        Answers leave at this multiple of real time after the first second; 0 sends them at once.
    latency_ms : float
        Every server event is held back for so long, as a network would.
    session_s : float
        How long a connection lasts, in seconds; the live service's 60 minutes by default. A short one shows how a
        session is handed over to the next connection.
    faults : list, mapping, path or Faults, optional
        Failures on purpose, such as ``[{"fail": "server_error", "times": 1}]``, or the file that plans them. A scenario
        may bring some of its own.
    prompts : path, optional
        Folder with the templates of hosted prompts: ``ID.md`` or ``ID@VERSION.md``.
    mcp : bool or McpPolicy
        Whether MCP servers that sessions name are called, or which and how.

    Raises
    ------
    ConfigError
        A setting that cannot be used. Files are read when the first session is opened.

    Examples
    --------
    >>> import rtnb
    >>> server = rtnb.LocalServer(brain=lambda text: "Forty-two.", detector="lag_ms=120", realtime_factor=0)
    >>> server.detector
    DetectorTuning(lag_ms=120.0, name='altered')
    >>> with rtnb.connect("local", server=server, modalities=["text"]) as s:
    ...     print(s.ask("What is the answer?", show=False).text)
    Forty-two.
    """

    brain: Brain | Callable[..., Any] | str = "demo"
    detector: DetectorTuning | Mapping[str, Any] | str | Path | None = None
    ear: str | None = None
    tts: str | None = None
    realtime_factor: float = field(default_factory=lambda: Delivery().factor)
    latency_ms: float = 0.0
    session_s: float = field(default_factory=lambda: Limits().session_s)
    faults: Faults | Sequence[Mapping[str, Any]] | Mapping[str, Any] | str | Path | None = None
    prompts: str | Path | None = None
    mcp: bool | McpPolicy = True

    def __post_init__(self) -> None:
        if not (isinstance(self.brain, str) or callable(self.brain) or callable(getattr(self.brain, "reply", None))):
            brain_of(self.brain, "LocalServer: ")
        if self.detector is not None:
            object.__setattr__(self, "detector", load_tuning(self.detector))
        for name in ("ear", "tts"):
            if not ((value := getattr(self, name)) is None or (isinstance(value, str) and value.strip())):
                raise ConfigError(f"LocalServer: {name} is a name or None, not {value!r:.80}.")
        for name, unit in (("realtime_factor", "a multiple of real time"), ("latency_ms", "milliseconds")):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ConfigError(f"LocalServer: {name} is {unit} from 0, not {value!r:.80}.")
        if isinstance(value := self.session_s, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise ConfigError(f"LocalServer: session_s is seconds above 0, not {value!r:.80}.")
        for name in ("faults", "prompts"):
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, Path(value))
        if isinstance(self.faults, list | tuple | Mapping):
            object.__setattr__(self, "faults", Faults.of(self.faults))
        if not (self.faults is None or isinstance(self.faults, Faults | Path)):
            raise ConfigError(f"LocalServer: faults is a plan or its file, not {self.faults!r:.80}.")
        if not (self.prompts is None or isinstance(self.prompts, Path)):
            raise ConfigError(f"LocalServer: prompts is a folder, not {self.prompts!r:.80}.")
        if not isinstance(self.mcp, bool | McpPolicy):
            raise ConfigError(f"LocalServer: mcp is True, False or an McpPolicy, not {self.mcp!r:.80}.")

    def options(self) -> Options:
        """What the server is made with.

        Raises
        ------
        ConfigError
            There is no such brain, ear, voice, folder or file, or it is wrong.
        """
        if self.prompts is not None and not Path(self.prompts).is_dir():
            raise ConfigError(f"LocalServer: prompts takes a folder, and '{self.prompts}' is none.")
        check_ear(self.ear)
        check_tts(self.tts)
        assert self.detector is None or isinstance(self.detector, DetectorTuning)
        return Options(
            brain=brain_of(self.brain, "LocalServer: "),
            tuning=self.detector,
            ear=self.ear,
            tts=self.tts,
            delivery=Delivery(factor=self.realtime_factor),
            latency_ms=self.latency_ms,
            faults=self._plan(),
            prompts=None if self.prompts is None else Path(self.prompts),
            mcp=self.mcp if isinstance(self.mcp, McpPolicy) else McpPolicy(enabled=self.mcp),
            # A notebook is left alone for longer than a client of the service may be silent.
            limits=Limits(idle_s=math.inf, session_s=self.session_s),
        )

    def _plan(self) -> Faults | None:
        own = self.faults if isinstance(self.faults, Faults) else Faults()
        file = self.faults if isinstance(self.faults, Path) else None
        written = planned(self.brain if isinstance(self.brain, str) else "demo", file)
        return (written or Faults()) + own or None

    def files(self) -> tuple[tuple[str, int, int], ...]:
        """The files that it is made from, as they are now: path, time of change in ns, and size.

        One that was edited since makes another server.
        """
        found = [self.faults] if isinstance(self.faults, Path) else []
        if isinstance(self.brain, str):
            script, colon, rest = self.brain.partition(":")
            found.append(Path(rest if script == "script" and colon else self.brain.rpartition(":")[0]))
        states = []
        for path in found:
            try:
                state = path.stat()
            except (OSError, ValueError):
                continue
            states.append((str(path.resolve()), state.st_mtime_ns, state.st_size))
        return tuple(states)


def brain_of(given: object, who: str = "") -> Brain:
    """A brain of a name, a function, or itself; `who` takes it, such as ``"LocalServer: "``, for messages.

    Raises
    ------
    ConfigError
        It is none of these, or there is no such brain.
    """
    if isinstance(given, str):
        return load_brain(given)
    if callable(getattr(given, "reply", None)):
        if isinstance(given, type):
            raise ConfigError(f"{who}brain is the class {given.__name__}; make one of it: {given.__name__}().")
        return given  # type: ignore[return-value]
    if not callable(given):
        raise ConfigError(
            f"{who}brain is a name such as 'chat' or 'script:FILE', a brain or a function, not {given!r:.80}."
        )
    return CallableBrain(given)


@dataclass(slots=True)
class _Running:
    settings: LocalServer
    files: tuple[tuple[str, int, int], ...]
    server: EmbeddedServer
    users: int = 0


class SharedServers:
    """The embedded servers of the process's local sessions; each stops with the last of its own.

    Examples
    --------
    >>> servers = SharedServers()
    >>> first, second = servers.acquire(LocalServer()), servers.acquire(LocalServer())
    >>> first is second
    True
    >>> servers.release(first); servers.release(second)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[_Running] = []

    def acquire(self, settings: LocalServer) -> EmbeddedServer:
        """A server that is set up like that, running; to be released as often as it was acquired.

        Raises
        ------
        ConfigError
            It cannot be set up like that.
        SessionError
            It does not start.
        """
        with self._lock:
            files = settings.files()
            for running in self._running:
                if running.files == files and running.settings == settings:
                    break
            else:
                running = _Running(settings, files, EmbeddedServer(settings.options()).start())
                self._running.append(running)
            running.users += 1
            return running.server

    def release(self, server: EmbeddedServer) -> None:
        """One session fewer."""
        with self._lock:
            for running in self._running:
                if running.server is server:
                    running.users -= 1
                    if not running.users:
                        self._running.remove(running)
                        break
            else:
                return
            server.stop()


_SERVERS = SharedServers()

if hasattr(os, "register_at_fork"):
    # The servers' threads stay with the parent.
    os.register_at_fork(after_in_child=_SERVERS.__init__)  # type: ignore[misc]


def shared_servers() -> SharedServers:
    """Those of this process."""
    return _SERVERS
