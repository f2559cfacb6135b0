"""``rtnb demo``, ``rtnb serve`` and ``rtnb lab``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands that run something."""
    demo = commands.add_parser("demo", help="one conversation with the embedded server: no key, no network")
    demo.add_argument("--folder", type=Path, default=Path(), help="where demo.rtnb and demo.html go (default: here)")
    demo.set_defaults(run=_demo)

    serve = commands.add_parser("serve", help="the embedded server alone, for any Realtime client")
    serve.add_argument("--port", type=_port, default=8765)
    serve.add_argument(
        "--api-key", default=os.environ.get("RTNB_API_KEY"), help="let in only this key (or set RTNB_API_KEY)"
    )
    serve.add_argument(
        "--realtime-factor",
        type=float,
        default=3.0,
        help="answers leave at this multiple of real time after the first second; 0 sends them at once",
    )
    serve.set_defaults(run=_serve)

    lab = commands.add_parser("lab", help="JupyterLab on a notebook")
    lab.add_argument("notebook", type=Path, nargs="?", default=Path("notebooks/00_quickstart.ipynb"))
    lab.set_defaults(run=_lab)


def _port(text: str) -> int:
    port = int(text) if text.isdigit() else -1
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not '{text}'")
    return port


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

    print(
        f"rtnb serves the Realtime API at ws://127.0.0.1:{options.port}/v1/realtime (Ctrl-C ends it)",
        flush=True,
    )
    serve(
        "127.0.0.1",
        options.port,
        Options(api_key=options.api_key, delivery=Delivery(factor=options.realtime_factor)),
    )
    return 0


def _lab(options: argparse.Namespace) -> int:
    if shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)) is None:
        print("JupyterLab is not installed: pip install 'rtnb[lab]'", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "jupyterlab", str(options.notebook)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container one is root, and Jupyter refuses to start without being told that this is meant.
        command.append("--allow-root")
    return subprocess.call(command)
