"""The options of ``rtnb serve``, in groups."""

from __future__ import annotations

import argparse
from pathlib import Path

from rtnb.cli import arguments as take

__all__ = ["add_arguments"]


def add_arguments(serve: argparse.ArgumentParser) -> None:
    """Add them all."""
    _where(serve.add_argument_group("where"))
    _who(serve.add_argument_group("who is let in"))
    _what(serve.add_argument_group("what answers"))
    _chat(serve.add_argument_group("a language model (--brain chat)", "The key is taken from RTNB_CHAT_KEY alone."))
    _mcp(serve.add_argument_group("MCP servers that sessions name"))
    _voice(serve.add_argument_group("ears, voice and turn detection"))
    _pace(serve.add_argument_group("how fast"))
    _limits(serve.add_argument_group("limits", "With workers, the sessions at once are those of all of them together."))
    _many(serve.add_argument_group("many users"))
    _tests(serve.add_argument_group("for tests"))


_Group = argparse._ArgumentGroup


def _where(group: _Group) -> None:
    group.add_argument(
        "--host",
        type=take.address,
        default="127.0.0.1",
        help="address to listen on; other than loopback only with a key (default: %(default)s)",
    )
    group.add_argument("--port", type=take.port, default=8765, help="0 takes a free one (default: %(default)s)")
    group.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="written once connections are accepted: JSON with url, port and pid; removed at the end",
    )


def _who(group: _Group) -> None:
    group.add_argument(
        "--api-key",
        type=take.key,
        metavar="KEY",
        default=None,
        help="let in only this key; better in RTNB_API_KEY, since others can read a command line "
        "(default: any key, or none)",
    )
    group.add_argument(
        "--allow-host",
        type=take.name,
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which clients may call this server; may be repeated",
    )
    group.add_argument(
        "--allow-origin",
        type=take.origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="pages that may connect besides those of this machine, such as https://hub.example.org; may be repeated",
    )
    group.add_argument(
        "--strict-models",
        action="store_true",
        help="refuse every model name that the API is not known to have; by default names of its realtime families "
        "(with realtime in them, gpt-audio..., gpt-live...) are taken too, and on Azure's paths any deployment",
    )
    group.add_argument(
        "--beta",
        choices=("serve", "reject", "ignore"),
        default="serve",
        help="clients of the beta (OpenAI-Beta: realtime=v1): served in its shape, refused as the live service does, "
        "or answered in the GA shape (default: %(default)s)",
    )


def _what(group: _Group) -> None:
    group.add_argument(
        "--brain",
        type=take.word,
        default="demo",
        metavar="SPEC",
        help="what answers: demo, chat (a language model), script:FILE (a scenario in YAML or JSON; its format is in "
        '"Scenarios" in docs/guides/testing_agents.md), module:callable or file.py:callable (default: %(default)s)',
    )
    group.add_argument(
        "--prompts",
        type=Path,
        metavar="FOLDER",
        help="templates for hosted prompts: ID.md or ID@VERSION.md, which hold {{name}} where a variable goes",
    )


def _chat(group: _Group) -> None:
    group.add_argument(
        "--chat-url",
        type=take.word,
        metavar="URL",
        help="a server of OpenAI-compatible chat completions, such as http://127.0.0.1:11434/v1 "
        "(default: RTNB_CHAT_URL)",
    )
    group.add_argument(
        "--chat-model", type=take.word, metavar="NAME", help="what it calls the model (default: RTNB_CHAT_MODEL)"
    )
    group.add_argument(
        "--chat-template",
        type=Path,
        metavar="FILE",
        help="the prompt that makes a voice of a chat model, in place of rtnb's own",
    )
    group.add_argument(
        "--chat-timeout-s",
        type=take.positive,
        metavar="S",
        help="how long the first token is waited for (default: 60)",
    )
    group.add_argument(
        "--chat-temperature", type=take.temperature, metavar="T", help="from 0 to 2 (default: the model's own)"
    )
    group.add_argument(
        "--chat-context-tokens",
        type=take.count,
        metavar="N",
        help="the model's window: what is older than fits is left out (default: as the session truncates)",
    )
    group.add_argument(
        "--chat-total-s", type=take.positive, metavar="S", help="how long one answer may take in all (default: 600)"
    )
    group.add_argument(
        "--chat-thinks",
        action="store_const",
        const=True,
        help="say nothing before </think>: for servers whose template opens the thought in the prompt",
    )
    group.add_argument("--chat-key", type=take.no_key, help=argparse.SUPPRESS)


def _mcp(group: _Group) -> None:
    group.add_argument(
        "--mcp",
        choices=("on", "off"),
        default="on",
        help="whether they are called; off tells each session that they are not (default: %(default)s)",
    )
    group.add_argument(
        "--mcp-allow",
        type=take.word,
        action="append",
        default=[],
        metavar="PREFIX",
        help="call only those whose address begins so (https://tools.example.com/v1) or whose host has this name; "
        "may be repeated. A server for other machines calls none in its own network unless it is named here",
    )
    group.add_argument(
        "--mcp-timeout-s",
        type=take.positive,
        metavar="S",
        help="how long a list of tools, and a call, may take (default: 10 and 30)",
    )


def _voice(group: _Group) -> None:
    group.add_argument(
        "--voice",
        choices=("auto", "tone"),
        default=None,
        help="auto: recognition and speech where they are installed; tone: neither, and nothing to load",
    )
    group.add_argument(
        "--ear",
        type=take.word,
        metavar="NAME",
        help="what recognises speech: whisper-tiny.en, whisper-base (where they are installed), none, a plugin's "
        "name, module:callable or file.py:callable (default: RTNB_EAR, else auto)",
    )
    group.add_argument(
        "--tts",
        type=take.word,
        metavar="NAME",
        help="what speaks: hibari-heart (where it is installed), tone, a plugin's name, module:callable or "
        "file.py:callable (default: RTNB_TTS, else auto)",
    )
    group.add_argument(
        "--detector",
        type=take.word,
        metavar="SPEC",
        help="turn detection that is calibrated or altered on purpose: a file, or changes such as "
        "hysteresis=0.25,lag_ms=120,threshold=0.5:0.62 (also min_speech_ms, end_lag_ms)",
    )


def _pace(group: _Group) -> None:
    group.add_argument(
        "--realtime-factor",
        type=take.not_negative,
        default=3.0,
        metavar="X",
        help="answers leave at this multiple of real time after the first second, so that they can be interrupted; "
        "0 sends them at once (default: %(default)g)",
    )
    group.add_argument(
        "--latency-ms",
        type=take.not_negative,
        default=0.0,
        metavar="MS",
        help="hold every event back for so long, as a network would (default: 0)",
    )


def _limits(group: _Group) -> None:
    group.add_argument(
        "--session-minutes",
        type=take.positive,
        default=60.0,
        metavar="MIN",
        help="a session's length (default: %(default)g)",
    )
    group.add_argument(
        "--idle-minutes",
        type=take.positive,
        default=15.0,
        metavar="MIN",
        help="a connection that sends nothing for so long is closed (default: %(default)g)",
    )
    group.add_argument(
        "--tier",
        metavar="NAME",
        help="allow as many sessions at once as was published for a usage tier: launch-tier-5 (100 sessions, from "
        "2024-10-01 to 2025-02-02), current (no limit)",
    )
    group.add_argument(
        "--sessions", type=take.count, metavar="N", help="allow so many sessions at once (default: no limit)"
    )
    group.add_argument(
        "--events-per-second",
        type=take.not_negative,
        default=1000.0,
        metavar="N",
        help="client events a connection may send, over ten seconds; 0 for no limit, of bytes neither "
        "(which is 15 MiB a second) (default: %(default)g)",
    )
    group.add_argument(
        "--tokens-per-minute",
        type=take.count,
        default=40_000,
        metavar="N",
        help="what rate_limits.updated counts down from (default: %(default)s)",
    )


def _many(group: _Group) -> None:
    group.add_argument(
        "--workers",
        type=take.workers,
        default=1,
        metavar="N",
        help="processes that share the port. Servers behind a balancer need the same RTNB_SECRET_KEYS (comma "
        "separated, 32 characters and more), so that each honours the client secrets of all (default: %(default)s)",
    )
    group.add_argument(
        "--drain-s",
        type=take.not_negative,
        default=0.0,
        metavar="S",
        help="how long sessions may go on after SIGTERM, while no new ones begin (default: 0)",
    )
    group.add_argument(
        "--metrics",
        choices=("auto", "on", "open", "off"),
        default="auto",
        help="Prometheus at /metrics: auto where prometheus-client is installed; with a key it takes the key, open "
        "does not (default: %(default)s)",
    )
    group.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="of the log on stderr (default: %(default)s)"
    )
    group.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="info tells of every session and answer (default: %(default)s)",
    )


def _tests(group: _Group) -> None:
    group.add_argument(
        "--record",
        type=Path,
        metavar="FOLDER",
        help="what each session sent and got, for `rtnb check FOLDER --expect FILE`",
    )
    group.add_argument(
        "--faults",
        type=Path,
        metavar="FILE",
        help="failures on purpose: drops, delays, errors, rate limits, expiry; a scenario may also bring its own. With "
        "workers, each counts for itself",
    )
