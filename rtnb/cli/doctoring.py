"""``rtnb doctor``: is this environment fit for rtnb, and what is to be done where it is not."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from rtnb.cli.listing import terminal_width

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    doctor = commands.add_parser(
        "doctor",
        help="check this environment, and say what to do where something is wrong",
        description="Looks at Python and packages, kernels, the widget front end, audio, models (a sentence is spoken "
        "and recognised), the embedded server (a typed and a spoken turn), the key (never shown), the way to the API "
        "(nothing is sent that costs), room, memory and clock. In a notebook, rtnb.doctor() looks at the page as well.",
        epilog="The status is 0 when there is no problem and 1 when there is one; notes do not count.",
    )
    doctor.add_argument("--quick", action="store_true", help="leave out what loads models: about two seconds")
    doctor.add_argument("--offline", action="store_true", help="leave out the network")
    doctor.add_argument("--json", action="store_true", help="JSON on stdout, nothing else")
    doctor.set_defaults(run=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from rtnb.checkup.checking import driven
    from rtnb.checkup.plan import GROUPS, plan
    from rtnb.checkup.report import Report
    from rtnb.checkup.text import group_text, summary

    begun_s = time.monotonic()
    checks = plan(quick=options.quick, offline=options.offline)
    report = Report(GROUPS)
    # A group is told when it is complete and those before it are: in order, and as soon as that goes.
    left = {group: sum(check.group == group for check in checks) for group in GROUPS}
    waiting = [group for group in GROUPS if left[group]]
    shown = not options.json and sys.stdout is not None
    watched = shown and sys.stdout.isatty()
    written = ""

    def came(group: str) -> None:
        nonlocal written
        left[group] -= 1
        while waiting and not left[waiting[0]]:
            ended = waiting.pop(0)
            if watched:
                # Spaces: not every console knows how to erase a line.
                print(f"\r{' ' * len(written)}\r", end="")
            if shown:
                print(group_text(ended, report.groups[ended], width=terminal_width()), flush=True)
            if watched and waiting:
                written = f"{GROUPS[waiting[0]]} ..."
                print(written, end="", flush=True)

    driven(checks, report, came=came)
    report.seconds, report.done = time.monotonic() - begun_s, True
    print(report.to_json() if options.json else summary(report))
    return 0 if report.ok else 1
