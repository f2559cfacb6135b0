"""From the command line of ``rtnb serve`` to what a server is made with."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from rtnb.errors import ConfigError

if TYPE_CHECKING:
    from rtnb.server import Options
    from rtnb.server.brains import Brain
    from rtnb.server.mcp.policy import McpPolicy

__all__ = ["API_KEY", "SECRET_KEYS", "made_of", "options_of", "secrets_of"]

API_KEY = "RTNB_API_KEY"
SECRET_KEYS = "RTNB_SECRET_KEYS"
CHAT_KEY = "RTNB_CHAT_KEY"

_CHAT = ("url", "model", "template", "timeout_s", "temperature", "context_tokens", "total_s", "thinks")


def options_of(given: argparse.Namespace) -> Options:
    """The options of a server, from the arguments and the environment. Loads no model.

    Raises
    ------
    ConfigError
        Arguments that contradict each other, or a file that is missing or wrong.
    MissingExtraError
        Something that was asked for is not installed.
    """
    from rtnb.server import Limits, Options
    from rtnb.server.answer.delivery import Delivery
    from rtnb.server.faults import planned
    from rtnb.server.watch import watchers_for
    from rtnb.server.watching import Watcher
    from rtnb.speech import check_ear, check_tts
    from rtnb.vad import load_tuning

    _check(given)
    check_ear(given.ear)
    check_tts(given.tts)
    watchers: list[Watcher] = []
    if given.record is not None:
        from rtnb.testing.recorder import FolderRecorder

        watchers.append(FolderRecorder(given.record))
    return Options(
        brain=_brain(given),
        delivery=Delivery(factor=given.realtime_factor),
        api_key=given.api_key or os.environ.get(API_KEY) or None,
        hosts=(*Options().hosts, *given.allow_host),
        origins=tuple(given.allow_origin),
        beta=given.beta,
        latency_ms=given.latency_ms,
        prompts=given.prompts,
        limits=Limits(
            session_s=given.session_minutes * 60,
            idle_s=given.idle_minutes * 60,
            tier=given.tier,
            sessions=given.sessions,
            events_a_second=given.events_per_second,
            tokens_a_minute=given.tokens_per_minute,
        ),
        tuning=None if given.detector is None else load_tuning(given.detector),
        ear=given.ear,
        tts=given.tts,
        strict_models=given.strict_models,
        mcp=_mcp(given),
        faults=planned(given.brain, given.faults),
        watchers=(*watchers, *watchers_for(metrics=given.metrics, log_level=given.log_level)),
        secret_keys=_secret_keys(),
        drain_s=given.drain_s,
    )


def _check(given: argparse.Namespace) -> None:
    """What contradicts itself, in one line each."""
    if given.brain != "chat" and (chat := [name for name in _CHAT if getattr(given, f"chat_{name}") is not None]):
        raise ConfigError(
            f"--chat-{chat[0].replace('_', '-')} is about a language model, and --brain is {given.brain}: "
            "add --brain chat, or leave it out."
        )
    if given.mcp == "off" and (given.mcp_allow or given.mcp_timeout_s is not None):
        name = "--mcp-allow" if given.mcp_allow else "--mcp-timeout-s"
        raise ConfigError(f"{name} is about MCP servers, and --mcp off calls none: leave one of them out.")
    if given.voice == "tone" and (given.ear is not None or given.tts is not None):
        name = "--ear" if given.ear is not None else "--tts"
        raise ConfigError(f"{name} names a model, and --voice tone loads none: leave one of them out.")
    if given.tier is not None and given.sessions is not None:
        raise ConfigError("--tier and --sessions both limit the sessions at once: leave one of them out.")
    if given.prompts is not None and not given.prompts.is_dir():
        raise ConfigError(f"--prompts takes a folder, and '{given.prompts}' is none.")


def _brain(given: argparse.Namespace) -> Brain:
    from rtnb.server.brains import load_brain

    if given.brain != "chat":
        return load_brain(given.brain)
    from rtnb.server.brains.chat import ChatBrain, ChatSettings

    return ChatBrain(ChatSettings.from_environment(**{name: getattr(given, f"chat_{name}") for name in _CHAT}))


def _mcp(given: argparse.Namespace) -> McpPolicy:
    from rtnb.server.embedded import is_loopback
    from rtnb.server.mcp.policy import McpPolicy

    allow = tuple(given.mcp_allow)
    # Whom strangers could send around in this network, they do not: only to what was named.
    policy: dict[str, Any] = {
        "enabled": given.mcp == "on",
        "allow": allow,
        "private": bool(allow) or is_loopback(given.host),
    }
    if given.mcp_timeout_s is not None:
        policy |= {"list_timeout_s": given.mcp_timeout_s, "call_timeout_s": given.mcp_timeout_s}
    return McpPolicy(**policy)


def _secret_keys() -> tuple[str, ...]:
    return tuple(key.strip() for key in os.environ.get(SECRET_KEYS, "").split(",") if key.strip())


def secrets_of(given: argparse.Namespace) -> tuple[str, ...]:
    """What must never be seen in a log."""
    keys = (given.api_key, os.environ.get(API_KEY), os.environ.get(CHAT_KEY), *_secret_keys())
    return tuple(key for key in keys if key)


def made_of(options: Options, *, workers: int) -> str:
    """What is not as usual about a server, in a few words; empty where everything is.

    Examples
    --------
    >>> from rtnb.server import Options
    >>> from rtnb.vad import load_tuning
    >>> made_of(Options(), workers=1)
    ''
    >>> made_of(Options(tuning=load_tuning("lag_ms=120"), ear="whisper-base"), workers=2)
    'ear whisper-base, detector altered (lag_ms=120.0), 2 workers'
    """
    from rtnb.vad.tuning_spec import spec_of

    parts = [] if options.brain.name == "demo" else [f"brain {options.brain.name}"]
    parts += [f"{what} {name}" for what, name in (("ear", options.ear), ("voice", options.tts)) if name is not None]
    if options.tuning is not None:
        parts.append(f"detector {options.tuning.name} ({spec_of(options.tuning)})")
    if options.faults is not None:
        parts.append("failures on purpose")
    if workers > 1:
        parts.append(f"{workers} workers")
    return ", ".join(parts)
