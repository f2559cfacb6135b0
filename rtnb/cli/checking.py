"""``rtnb check``: what the clients of a recorded server did, held against what they should have done."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rtnb.errors import RtnbError

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]

UNUSABLE = 2
"""The status when nothing could be checked, which is not the status of a check that failed."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    check = commands.add_parser(
        "check",
        help="what `rtnb serve --record FOLDER` has recorded, against expectations",
        description="Holds what clients sent to `rtnb serve --record FOLDER` against a file of expectations.",
        epilog="The status is 0 when all of them hold, 1 when one does not, and 2 when they cannot be checked, as when "
        "no session was recorded.",
    )
    check.add_argument("folder", type=Path, help="the folder that was recorded into")
    check.add_argument("--expect", type=Path, required=True, metavar="FILE", help="the expectations, in YAML or JSON")
    check.set_defaults(run=_check)


def _check(given: argparse.Namespace) -> int:
    from rtnb.testing.checking import check_folder

    try:
        report = check_folder(given.folder, given.expect)
    except RtnbError as error:
        print(f"rtnb: {error}", file=sys.stderr)
        return UNUSABLE
    print(report.text)
    return 0 if report.passed else 1
