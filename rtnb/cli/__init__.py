"""``rtnb`` on the shell.

::

    running.py     demo, lab       costs.py     cost       prices.py   prices
    serving.py     serve           checking.py  check      explaining.py  explain
    doctoring.py   doctor
    vad.py         vad             vad_reading.py, vad_results.py, vad_tables.py   its recordings, findings and tables
    arguments.py   what options take               listing.py  tables, CSV and JSON on stdout
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence

from rtnb.cli import checking, costs, doctoring, explaining, prices, running, serving, vad
from rtnb.errors import RtnbError

__all__ = ["main"]

INTERRUPTED = 130
"""The status of a command that Ctrl-C ended: 128 + SIGINT."""

ALIKE = {"─": "-", "│": "|", "┼": "+", "–": "-", "−": "-", "…": ".", "→": ">", "×": "x"}
"""What stands for characters that an encoding lacks; a question mark for all others."""


def _parser() -> argparse.ArgumentParser:
    from rtnb import __version__

    parser = argparse.ArgumentParser(prog="rtnb", description="A workbench for realtime voice models inside Jupyter.")
    parser.add_argument("--version", action="version", version=f"rtnb {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    running.add_to(commands)
    serving.add_to(commands)
    checking.add_to(commands)
    costs.add_to(commands)
    prices.add_to(commands)
    explaining.add_to(commands)
    doctoring.add_to(commands)
    vad.add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status.

    Examples
    --------
    >>> main(["prices", "gpt-realtime", "--on", "2026-01-31", "--csv"])  # doctest: +ELLIPSIS
    model,...
    gpt-realtime,...
    0
    """
    options = _parser().parse_args(arguments)
    # Workers run the same command again.
    options.arguments = tuple(sys.argv[1:] if arguments is None else arguments)
    _take_any_character()
    try:
        status = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()
    except RtnbError as error:
        print(f"rtnb: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough, as "| head" does.
        _discard_output()
        return 1
    except OSError as error:
        where = f": {error.filename}" if error.filename is not None else ""
        print(f"rtnb: {error.strerror or error}{where}", file=sys.stderr)
        _discard_output()
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _take_any_character() -> None:
    """Let stdout print something alike where its encoding lacks a character, as Windows pipes lack rules."""
    codecs.register_error("rtnb.alike", _alike)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="rtnb.alike")


def _alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(ALIKE.get(char, "?") for char in error.object[error.start : error.end]), error.end


def _discard_output() -> None:
    """What stdout still holds is not written: Python flushes it at exit, and would fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
