"""``rtnb explain``: what an event, a member, an error or a close code means."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rtnb.cli.listing import as_json, terminal_width

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    explain = commands.add_parser(
        "explain",
        help="what an event, a member, an error or a close code means, and what to do",
        description="What something of the Realtime protocol means, who sends it, and what to do: an event, a member "
        "(whole path or last name), an error code or its text, a response's status or reason, a WebSocket close code "
        "or an HTTP status. Beta names are known too.",
    )
    explain.add_argument(
        "name",
        nargs="+",
        metavar="NAME",
        help="such as response.done, silence_duration_ms, cannot_update_voice or 1006",
    )
    explain.add_argument("--json", action="store_true", help="JSON for programs")
    explain.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> int:
    from rtnb.protocol.explain import explain
    from rtnb.protocol.explanation import explanation_text

    # The text of an error may come without quotes.
    found = explain(" ".join(options.name))
    print(as_json(found.as_dict()) if options.json else explanation_text(found, width=terminal_width()))
    return 0
