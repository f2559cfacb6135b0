"""``rtnb demo``, ``rtnb serve`` and ``rtnb lab``."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rtnb.errors import ConfigError

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands that run something."""
    demo = commands.add_parser("demo", help="one conversation with the embedded server: no key, no network")
    demo.add_argument("--folder", type=Path, default=Path(), help="where demo.rtnb and demo.html go (default: here)")
    demo.set_defaults(run=_demo)

    _add_serve(commands)

    lab = commands.add_parser("lab", help="JupyterLab on a notebook")
    lab.add_argument("notebook", type=Path, nargs="?", default=Path("notebooks/00_quickstart.ipynb"))
    lab.set_defaults(run=_lab)


def _add_serve(commands: Commands) -> None:
    serve = commands.add_parser(
        "serve",
        help="the embedded server alone, for any Realtime client",
        description="Serves the OpenAI Realtime API on this machine, to any client: real turn detection, recognition "
        "and voices, no key, no network, no cost. Point a client at the address it prints, "
        "ws://127.0.0.1:8765/v1/realtime, with any key and any realtime model.",
        epilog="In CI: rtnb serve --port 0 --ready-file ready.json & ... waits until ready.json exists, reads its "
        "url, and ends the server with SIGTERM. Ctrl-C and SIGTERM close every session with 1001.",
    )
    where = serve.add_argument_group("where")
    where.add_argument(
        "--host",
        type=_address,
        default="127.0.0.1",
        help="address to listen on; other than loopback only with a key (default: %(default)s)",
    )
    where.add_argument("--port", type=_port, default=8765, help="0 takes a free one (default: %(default)s)")
    where.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="written once connections are accepted: JSON with url, port and pid; removed at the end",
    )
    who = serve.add_argument_group("who is let in")
    who.add_argument(
        "--api-key",
        type=_key,
        metavar="KEY",
        default=None,
        help="let in only this key; better in RTNB_API_KEY, since others can read a command line "
        "(default: any key, or none)",
    )
    who.add_argument(
        "--allow-host",
        type=_name,
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which clients may call this server; may be repeated",
    )
    who.add_argument(
        "--allow-origin",
        type=_origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="pages that may connect besides those of this machine, such as https://hub.example.org; may be repeated",
    )
    what = serve.add_argument_group("what they get")
    what.add_argument(
        "--brain",
        default="demo",
        metavar="SPEC",
        help="what answers: demo, script:FILE (a scenario in YAML or JSON; its format is in the README under "
        '"Scenarios"), module:callable or file.py:callable (default: %(default)s)',
    )
    what.add_argument(
        "--prompts",
        type=Path,
        metavar="FOLDER",
        help="templates for hosted prompts: ID.md or ID@VERSION.md, which hold {{name}} where a variable goes",
    )
    what.add_argument(
        "--voice",
        choices=("auto", "tone"),
        default=None,
        help="auto: recognition and speech where they are installed; tone: neither, and nothing to load",
    )
    what.add_argument(
        "--beta",
        choices=("serve", "reject", "ignore"),
        default="serve",
        help="clients of the beta (OpenAI-Beta: realtime=v1): served in its shape, refused as the live service does, "
        "or answered in the GA shape (default: %(default)s)",
    )
    what.add_argument(
        "--strict-models",
        action="store_true",
        help="refuse every model name that the API is not known to have; by default names of its realtime families "
        "(with realtime in them, gpt-audio..., gpt-live...) are taken too, and on Azure's paths any deployment",
    )
    pace = serve.add_argument_group("how fast")
    pace.add_argument(
        "--realtime-factor",
        type=_not_negative,
        default=3.0,
        metavar="X",
        help="answers leave at this multiple of real time after the first second, so that they can be interrupted; "
        "0 sends them at once (default: %(default)g)",
    )
    pace.add_argument(
        "--latency-ms",
        type=_not_negative,
        default=0.0,
        metavar="MS",
        help="hold every event back for so long, as a network would (default: 0)",
    )
    limits = serve.add_argument_group("limits")
    limits.add_argument(
        "--session-minutes",
        type=_positive,
        default=60.0,
        metavar="MIN",
        help="a session's length (default: %(default)g)",
    )
    limits.add_argument(
        "--idle-minutes",
        type=_positive,
        default=15.0,
        metavar="MIN",
        help="a connection that sends nothing for so long is closed (default: %(default)g)",
    )
    limits.add_argument(
        "--tier",
        metavar="NAME",
        help="allow as many sessions at once as was published for a usage tier: launch-tier-5 (100 sessions, from "
        "2024-10-01 to 2025-02-02), current (no limit)",
    )
    limits.add_argument(
        "--sessions", type=_count, metavar="N", help="allow so many sessions at once (default: no limit)"
    )
    limits.add_argument(
        "--events-per-second",
        type=_not_negative,
        default=1000.0,
        metavar="N",
        help="client events a connection may send, over ten seconds; 0 for no limit, of bytes neither "
        "(which is 15 MiB a second) (default: %(default)g)",
    )
    limits.add_argument(
        "--tokens-per-minute",
        type=_count,
        default=40_000,
        metavar="N",
        help="what rate_limits.updated counts down from (default: %(default)s)",
    )
    serve.set_defaults(run=_serve)


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 (any free one) to 65535, not '{text}'")
    return port


def _address(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("this takes an address to listen on, such as 127.0.0.1, not nothing")
    return text


def _key(text: str) -> str:
    # One that a script meant to fill in and did not: without a key the server lets in everybody.
    if not text.strip():
        raise argparse.ArgumentTypeError("the key is empty; give one, or leave the option out to let in any key")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[^\s/:\[\]@]+|\[[0-9a-fA-F:.]+\]", text):
        told = "this takes a name alone, such as hub.example.org, without scheme, slash or port"
        raise argparse.ArgumentTypeError(f"{told}, not '{text}'")
    return text


def _origin(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]+/?", text):
        told = "this takes scheme and name (and port, if any), such as https://hub.example.org"
        raise argparse.ArgumentTypeError(f"{told}, not '{text}'")
    return text


def _not_negative(text: str) -> float:
    return _number(text, least=0.0, what="a number from 0")


def _positive(text: str) -> float:
    return _number(text, least=1e-3, what="a number above 0")


def _number(text: str, *, least: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= least):
        raise argparse.ArgumentTypeError(f"this takes {what}, not '{text}'")
    return number


def _count(text: str) -> int:
    count = int(text) if text.isascii() and text.isdigit() else 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"this takes a whole number from 1, not '{text}'")
    return count


def _demo(options: argparse.Namespace) -> int:
    from rtnb import connect, sample
    from rtnb.lab.demo import INSTRUCTIONS, run_demo, terminal_progress
    from rtnb.plots.text import turns_table

    result = run_demo(
        lambda: connect("local", instructions=INSTRUCTIONS),
        spoken_question=sample("weather_question"),
        dialogue=sample("dialogue_sample"),
        folder=options.folder,
        progress=terminal_progress(),
    )
    width = shutil.get_terminal_size((120, 24)).columns
    print(turns_table(result.view.turns, width=width))
    for note in result.view.notes:
        print(f"\n{note}")
    print(f"\nRecording: {result.recording}    Page with players: {result.page}    ({result.seconds:.0f} s)")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from rtnb.server import Options, serve
    from rtnb.server.answer.delivery import Delivery
    from rtnb.server.brains.load import load_brain
    from rtnb.server.options import Limits

    if options.voice is not None:
        os.environ["RTNB_VOICE"] = options.voice
    key = options.api_key or os.environ.get("RTNB_API_KEY") or None
    if options.prompts is not None and not options.prompts.is_dir():
        raise ConfigError(f"--prompts takes a folder, and '{options.prompts}' is none.")
    if options.ready_file is not None:
        _check_ready_file(options.ready_file)
    settings = Options(
        brain=load_brain(options.brain),
        delivery=Delivery(factor=options.realtime_factor),
        api_key=key,
        hosts=(*Options().hosts, *options.allow_host),
        origins=tuple(options.allow_origin),
        beta=options.beta,
        latency_ms=options.latency_ms,
        prompts=options.prompts,
        limits=Limits(
            session_s=options.session_minutes * 60,
            idle_s=options.idle_minutes * 60,
            tier=options.tier,
            sessions=options.sessions,
            events_a_second=options.events_per_second,
            tokens_a_minute=options.tokens_per_minute,
        ),
        strict_models=options.strict_models,
    )

    written = False
    if options.ready_file is not None:
        # One that a killed server left would be read by whoever waits for this one.
        options.ready_file.unlink(missing_ok=True)

    def ready(url: str) -> None:
        nonlocal written
        who = "with the key that it was given" if key else "any key is let in"
        print(f"rtnb serves the Realtime API at {url} ({who}; Ctrl-C ends it)", flush=True)
        if options.ready_file is not None:
            _write_whole(options.ready_file, {"url": url, "port": int(url.split("/")[2].rpartition(":")[2])})
            written = True

    def missing(sentence: str) -> None:
        print(f"rtnb: {sentence}", file=sys.stderr, flush=True)

    try:
        serve(options.host, options.port, settings, ready=ready, missing=missing)
    finally:
        if written:
            options.ready_file.unlink(missing_ok=True)
    return 0


def _check_ready_file(path: Path) -> None:
    """Before the models are loaded, and not once the server is up."""
    if path.is_dir():
        raise ConfigError(f"--ready-file takes a file, and '{path}' is a folder.")
    if not path.parent.is_dir():
        raise ConfigError(f"--ready-file cannot be written: the folder of '{path}' does not exist.")


def _write_whole(path: Path, facts: dict[str, object]) -> None:
    """Write the file at one stroke, for whoever waits for it reads it at once."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps({**facts, "pid": os.getpid()}), encoding="utf-8")
    part.replace(path)


def _lab(options: argparse.Namespace) -> int:
    if shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)) is None:
        print("JupyterLab is not installed: pip install 'rtnb[lab]'", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "jupyterlab", str(options.notebook)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container one is root, and Jupyter refuses to start without being told that this is meant.
        command.append("--allow-root")
    return subprocess.call(command)
