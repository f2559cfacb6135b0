"""``rtnb serve``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rtnb.cli.serve_arguments import add_arguments
from rtnb.errors import ConfigError

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    serve = commands.add_parser(
        "serve",
        usage="%(prog)s [--port PORT] [--brain SPEC] [OPTION ...]",
        help="the embedded server alone, for any Realtime client",
        description="Serves the OpenAI Realtime API on this machine, to any client: real turn detection, recognition "
        "and voices, no key, no network, no cost. Point a client at the address it prints, "
        "ws://127.0.0.1:8765/v1/realtime, with any key and any realtime model.",
        epilog="In CI: rtnb serve --port 0 --ready-file ready.json & ... waits until ready.json exists, reads its "
        "url, and ends the server with SIGTERM. Ctrl-C, SIGTERM and SIGHUP close every session with 1001: at once, or "
        "with --drain-s when it has ended by itself or the time is up; a second signal ends at once.",
    )
    add_arguments(serve)
    serve.set_defaults(run=_serve)


def _serve(given: argparse.Namespace) -> int:
    from rtnb.cli.serve_options import made_of, options_of, secrets_of
    from rtnb.server import serve
    from rtnb.server.cluster import in_worker
    from rtnb.server.watch.logs import configure_logs

    if given.voice is not None:
        os.environ["RTNB_VOICE"] = given.voice
    configure_logs(format=given.log_format, level=given.log_level, secrets=secrets_of(given))
    # Workers run this very command line; the process that started them says when all are ready.
    file = None if in_worker() else given.ready_file
    if file is not None:
        _check_ready_file(file)
    options = options_of(given)
    written = False
    if file is not None:
        # One that a killed server left would be read by whoever waits for this one.
        file.unlink(missing_ok=True)

    def ready(url: str) -> None:
        nonlocal written
        if in_worker():
            return
        who = "with the key that it was given" if options.api_key else "any key is let in"
        print(f"rtnb serves the Realtime API at {url} ({who}; Ctrl-C ends it)", flush=True)
        if parts := made_of(options, workers=given.workers):
            print(f"rtnb: {parts}", flush=True)
        if file is not None:
            _write_whole(file, {"url": url, "port": int(url.split("/")[2].rpartition(":")[2])})
            written = True

    def tell(sentence: str, level: int = logging.ERROR) -> None:
        if given.log_format == "json":
            # Whoever collects the lines parses each of them.
            logging.getLogger("rtnb.server.cluster").log(level, sentence)
        else:
            print(f"rtnb: {sentence}", file=sys.stderr, flush=True)

    try:
        serve(
            given.host,
            given.port,
            options,
            ready=ready,
            missing=lambda sentence: tell(sentence, logging.WARNING),
            workers=given.workers,
            command=(sys.executable, "-m", "rtnb", *given.arguments),
            tell=tell,
        )
    finally:
        if written and file is not None:
            file.unlink(missing_ok=True)
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
