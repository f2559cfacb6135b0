"""What the model called, as a row: a Python function, a tool of an MCP server, or a call that waits for a yes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rtnb.session.conversation.reading import string
from rtnb.session.conversation.state import CallState

__all__ = ["SHOWN_CHARS", "call_row", "remote_row"]

SHOWN_CHARS: Final = 20_000
"""Of arguments, outputs and errors."""

OPEN_CHARS: Final = 1_000_000
"""Of arguments that somebody has to decide about: what is not seen cannot be approved."""


def call_row(call: CallState | None, wire: Mapping[str, Any], *, waiting: bool) -> dict[str, Any]:
    """The row of a function call.

    Parameters
    ----------
    call : CallState or None
        What is known of it.
    wire : mapping
        Its item.
    waiting : bool
        Whether somebody has to answer it.

    Examples
    --------
    >>> row = call_row(CallState("c", "weather", '{"city": "Paris"}', done=True), {}, waiting=True)
    >>> row["text"], row["open"], row["note"]
    ('weather(city="Paris")', True, 'waits for your decision')
    """
    call = call or CallState(string(wire.get("call_id")), string(wire.get("name")), string(wire.get("arguments")))
    took_s = None
    if call.started_s is not None and call.finished_s is not None:
        took_s = round(call.finished_s - call.started_s, 3)
    note, tone = "", ""
    if call.error:
        note, tone = f"{call.status or 'failed'}: {call.error}", "bad"
    elif waiting:
        note, tone = "waits for your decision", "warn"
    elif not call.done:
        note = "writing the arguments…"
    elif call.status == "running":
        note = "runs in the background" if call.background else "running…"
    elif call.status not in ("", "completed"):
        note, tone = call.status, "warn"
    return {
        "kind": "call",
        "who": "assistant",
        "text": signature(call.name, call.arguments)[:SHOWN_CHARS],
        "streaming": not call.done or call.status == "running",
        "note": note[:SHOWN_CHARS],
        "tone": tone,
        "name": call.name,
        **_arguments(call.arguments, waiting),
        # An empty result is one too.
        "output": '""' if call.output == "" else (call.output or "")[:SHOWN_CHARS],
        "server": "",
        "open": waiting,
        "approval": False,
        "call": call.call_id,
        "took_s": took_s,
    }


def remote_row(wire: Mapping[str, Any], *, verdict: Mapping[str, Any] | None, live: bool) -> dict[str, Any]:
    """The row of a call of an MCP server's tool, or of the request to approve one.

    Parameters
    ----------
    wire : mapping
        The item.
    verdict : mapping or None
        What was decided about a request.
    live : bool
        Whether it can still be decided.

    Examples
    --------
    >>> request = {"type": "mcp_approval_request", "server_label": "shop", "name": "refund", "arguments": "{}"}
    >>> row = remote_row(request, verdict=None, live=True)
    >>> row["text"], row["open"], row["approval"], row["note"]
    ('refund()', True, True, 'waits for your decision')
    >>> remote_row(request, verdict={"approve": False, "reason": "no receipt"}, live=True)["note"]
    'denied: no receipt'
    """
    asks = wire.get("type") == "mcp_approval_request"
    error, output = wire.get("error"), wire.get("output")
    over = output is not None or error is not None
    note, tone, opened = "", "", False
    if asks and verdict is not None:
        reason = string(verdict.get("reason"))
        note = "approved" if verdict.get("approve") else f"denied{f': {reason}' if reason else ''}"
        tone = "quiet" if verdict.get("approve") else "warn"
    elif asks:
        opened = live
        note, tone = ("waits for your decision", "warn") if live else ("not decided", "quiet")
    elif error is not None:
        said = error.get("message") if isinstance(error, Mapping) else error
        note, tone = f"failed: {said or json.dumps(error)}", "bad"
    elif not over:
        note = "running…"
    name, arguments = string(wire.get("name")), string(wire.get("arguments"))
    return {
        "kind": "call",
        "who": "assistant",
        "text": signature(name, arguments)[:SHOWN_CHARS],
        "streaming": not asks and not over,
        "note": note[:SHOWN_CHARS],
        "tone": tone,
        "name": name,
        **_arguments(arguments, opened),
        "output": string(output)[:SHOWN_CHARS],
        "server": string(wire.get("server_label")),
        "open": opened,
        "approval": asks,
        "call": string(wire.get("id")),
        "took_s": None,
    }


def _arguments(arguments: str, waiting: bool) -> dict[str, Any]:
    most = OPEN_CHARS if waiting else SHOWN_CHARS
    return {"arguments": arguments[:most], "arguments_cut": max(0, len(arguments) - most)}


def signature(name: str, arguments: str) -> str:
    """The call as it would be written in Python; arguments that are no JSON object stand as they are.

    Examples
    --------
    >>> signature("weather", '{"city": "Paris"}'), signature("weather", '{"ci')
    ('weather(city="Paris")', 'weather({"ci)')
    """
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return f"{name}({arguments})"
    return f"{name}({', '.join(f'{key}={json.dumps(value, ensure_ascii=False)}' for key, value in given.items())})"
