"""``rtnb demo`` and ``rtnb lab``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rtnb.cli.course import FIRST, FOLDER, own_copy

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands that run something."""
    demo = commands.add_parser("demo", help="one conversation with the embedded server: no key, no network")
    demo.add_argument("--folder", type=Path, default=Path(), help="where demo.rtnb and demo.html go (default: here)")
    demo.set_defaults(run=_demo)

    lab = commands.add_parser("lab", help="JupyterLab on a notebook, or on the course")
    told = f"default: the first of the course, in notebooks/ if that is here, else in a copy of your own, {FOLDER}/"
    lab.add_argument("notebook", type=Path, nargs="?", help=told)
    lab.set_defaults(run=_lab)


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


def _lab(options: argparse.Namespace) -> int:
    if shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)) is None:
        print("JupyterLab is not installed: pip install 'rtnb[lab]'", file=sys.stderr)
        return 1
    notebook = options.notebook or Path("notebooks") / FIRST
    if options.notebook is None and not notebook.exists():
        notebook, copied = own_copy(Path(FOLDER))
        print(f"The course is in {FOLDER}/" + (f" ({copied} files copied)" if copied else ""))
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container one is root, and Jupyter refuses to start without being told that this is meant.
        command.append("--allow-root")
    return subprocess.call(command)
