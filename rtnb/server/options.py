"""How an embedded server behaves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from rtnb.errors import ConfigError
from rtnb.server.answer.delivery import Delivery
from rtnb.server.brains import Brain, DemoBrain
from rtnb.server.faults import Faults, Injector
from rtnb.server.mcp.policy import McpPolicy
from rtnb.server.watching import Watcher
from rtnb.vad import DetectorTuning

__all__ = ["BetaPolicy", "Limits", "Options"]

BetaPolicy = Literal["serve", "reject", "ignore"]
"""What becomes of a client that speaks the beta shape: served in it, refused as the live service does, or
answered in the GA shape as if it had not said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds a session; the defaults are those of the live service where it states any.

    Parameters
    ----------
    session_s : float
        A session's length; at its end stands ``session_expired``.
    idle_s : float
        A connection on which nothing arrives for so long is closed.
    tier : str, optional
        Usage tier whose number of concurrent sessions holds, a name in ``tiers.json``; None for no such limit.
    events_a_second : float
        Client events a second that one connection may send over ten seconds; more are answered with
        ``rate_limit_exceeded``. 0 for no limit, of bytes neither.
    bytes_a_second : float
        Bytes of client events a second that one connection may send after 64 MiB at once; what is more is answered
        in the same way. 0 for no limit. By default 250 times what PCM16 at real pace has in base64.
    held_bytes : int
        What the items of one session may hold together (own choice: three hours of PCM16).
    tokens_a_minute : int
        What ``rate_limits.updated`` counts down from.
    sessions : int, optional
        Concurrent sessions, in place of the tier's number.
    connections : int
        Connections at once, of any kind; more are refused with HTTP status 503.
    handshake_s : float
        A connection that has not sent a whole request by then is closed.
    stall_s : float
        A client that does not take one frame for so long is cut off.
    """

    session_s: float = 3600.0
    idle_s: float = 900.0
    tier: str | None = None
    events_a_second: float = 1000.0
    bytes_a_second: float = 15.0 * 2**20
    held_bytes: int = 512 * 2**20
    tokens_a_minute: int = 40_000
    sessions: int | None = None
    connections: int = 1000
    handshake_s: float = 10.0
    stall_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("session_s", "idle_s", "handshake_s", "stall_s"):
            _check_number(self, name, "seconds", above=True)
        for name in ("events_a_second", "bytes_a_second"):
            _check_number(self, name, "a number, 0 for no limit,")
        for name in ("held_bytes", "tokens_a_minute", "connections"):
            _check_number(self, name, "a whole number", least=1, whole=True)
        if self.sessions is not None:
            _check_number(self, "sessions", "None or a whole number", least=1, whole=True)
        _check_text(self, "tier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of a server, the same for all its sessions.

    Parameters
    ----------
    brain : Brain
        The mind that answers.
    delivery : Delivery
        How fast answers leave.
    api_key : str, optional
        The only key that is let in; None lets in any, and none at all. Client secrets are checked in any case.
    hosts : tuple of str
        Names by which clients may call the server (the ``Host`` header, without the port).
    origins : tuple of str
        Origins besides those of `hosts` whose pages may connect, such as ``"https://hub.example.org"``.
    beta : {"serve", "reject", "ignore"}
        What becomes of clients that speak the beta shape.
    latency_ms : float
        Every server event is held back for so long, as a network would.
    prompts : Path, optional
        Folder of the templates that a session's ``prompt`` names: ``ID.md``, or ``ID@VERSION.md``.
    limits : Limits
        What bounds a session.
    tuning : DetectorTuning, optional
        Threshold map, hysteresis, minimum speech and lags of turn detection, which the API does not document: a
        calibrated detector, or one that is altered on purpose. The local row of ``rtnb/vad/tuning.json`` by default.
    ear, tts : str, optional
        What recognises speech and what speaks, by name; the usual ones by default.
    strict_models : bool
        Refuse every name of a model that the API is not known to have. Otherwise names of its realtime families
        are taken too, since clients may be older or newer than the list; all others are refused in any case.
    mcp : McpPolicy
        Which MCP servers may be called, and for how long they are waited for.
    faults : Faults or Injector, optional
        Failures on purpose.
    watchers : tuple of Watcher
        What looks at the connections: metrics, logs, recorders.
    secret_keys : tuple of str
        Keys with which client secrets are sealed; all of them open one, the first makes one. Servers that have one
        in common honour each other's secrets. By default a random one, which nobody else has.
    drain_s : float
        How long a server that is told to end lets its sessions go on; 0 closes them at once.
    """

    brain: Brain = field(default_factory=DemoBrain)
    delivery: Delivery = field(default_factory=Delivery)
    api_key: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    origins: tuple[str, ...] = ()
    beta: BetaPolicy = "serve"
    latency_ms: float = 0.0
    prompts: Path | None = None
    limits: Limits = field(default_factory=Limits)
    tuning: DetectorTuning | None = None
    ear: str | None = None
    tts: str | None = None
    strict_models: bool = False
    mcp: McpPolicy = field(default_factory=McpPolicy)
    faults: Faults | Injector | None = None
    watchers: tuple[Watcher, ...] = ()
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    drain_s: float = 0.0

    def __post_init__(self) -> None:
        if not callable(getattr(self.brain, "reply", None)) or isinstance(self.brain, type):
            raise ConfigError(f"Options: brain is an object with a method reply, not {self.brain!r:.80}.")
        for name, kinds in _KINDS.items():
            if not isinstance(value := getattr(self, name), kinds):
                told = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
                raise ConfigError(f"Options: {name} is {told}, not {value!r:.80}.")
        if self.beta not in get_args(BetaPolicy):
            raise ConfigError(f"Options: beta is one of {', '.join(get_args(BetaPolicy))}, not {self.beta!r:.80}.")
        for name in ("latency_ms", "drain_s"):
            _check_number(self, name, "milliseconds" if name.endswith("_ms") else "seconds", most=_MOST)
        for name in ("factor", "lead_s"):
            _check_number(self.delivery, name, "a number")
        for name in ("api_key", "ear", "tts"):
            _check_text(self, name)
        for name in ("hosts", "origins", "secret_keys", "watchers"):
            if isinstance(value := getattr(self, name), list):
                object.__setattr__(self, name, value := tuple(value))
            kind = Watcher if name == "watchers" else str
            if not isinstance(value, tuple) or not all(isinstance(each, kind) for each in value):
                # Keys are secret.
                got = type(value).__name__ if name == "secret_keys" else f"{value!r:.80}"
                raise ConfigError(f"Options: {name} is a tuple of {kind.__name__}, not {got}.")


_MOST = 1e9
"""Of milliseconds or seconds, as in a scenario: what is more is a mistake. Own choice."""

_KINDS: dict[str, tuple[type, ...]] = {
    "delivery": (Delivery,),
    "prompts": (Path, type(None)),
    "limits": (Limits,),
    "tuning": (DetectorTuning, type(None)),
    "strict_models": (bool,),
    "mcp": (McpPolicy,),
    "faults": (Faults, Injector, type(None)),
}


def _check_number(
    of: object,
    name: str,
    what: str,
    *,
    least: float = 0,
    most: float = math.inf,
    above: bool = False,
    whole: bool = False,
) -> None:
    value: Any = getattr(of, name)
    right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not right or not (value > least if above else value >= least) or value > most:
        upwards = f"above {least:g}" if above else f"from {least:g}" + (" up" if most == math.inf else f" to {most:g}")
        raise ConfigError(f"{type(of).__name__}: {name} is {what} {upwards}, not {value!r:.80}.")


def _check_text(of: object, name: str) -> None:
    value = getattr(of, name)
    if value is not None and not (isinstance(value, str) and value.strip()):
        # A key is secret.
        got = type(value).__name__ if name == "api_key" else f"{value!r:.80}"
        raise ConfigError(f"{type(of).__name__}: {name} is a text or None, not {got}.")
