"""One call of a tool: what the model asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.session.conversation.reading import string
from rtnb.session.tools.results import Output, error_text
from rtnb.session.tools.toolbox import Toolbox

__all__ = ["EXHAUSTED", "OpenCall", "Outcome", "function_names", "output_item", "unknown"]


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that no Python function answers: ``session.answer(call_id, output)`` does."""

    call_id: str
    name: str
    arguments: str
    response_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended.

    Parameters
    ----------
    status : str
        ``completed``, ``failed``, ``refused``, ``timed out`` or ``cancelled``.
    output : str
        What the model is told.
    error, trace : str
        What went wrong, and where.
    notice : str
        What the user should know of an output, after the name of the tool.
    """

    status: str
    output: str
    error: str = ""
    trace: str = ""
    notice: str = ""

    @classmethod
    def of(cls, output: Output) -> Outcome:
        """Of a call that went well."""
        return cls("completed", output.text, notice=output.notice)

    @classmethod
    def wrong(cls, status: str, error: str) -> Outcome:
        """Of one that did not; the model is told what the user is."""
        return cls(status, error_text(error), error)


EXHAUSTED: Final = Outcome.wrong("refused", "it was not run: tools were called too often in this turn")
"""Of a call that no response will follow."""


def output_item(call_id: str, output: str) -> dict[str, Any]:
    """The item that answers a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def function_names(tools: Toolbox | object) -> list[str]:
    """The functions among the tools of a session, or of what was sent or received as its ``tools``.

    Examples
    --------
    >>> function_names([{"type": "function", "name": "f"}, {"type": "mcp", "server_label": "shop"}])
    ['f']
    """
    wires: Iterable[Any] = tools.wire() if isinstance(tools, Toolbox) else tools if isinstance(tools, list) else ()
    found = (wire.get("name") for wire in wires if isinstance(wire, Mapping) and wire.get("type") == "function")
    return [name for name in map(string, found) if name]


def unknown(name: str, known: Iterable[str]) -> Outcome:
    """Of a call of a tool that nobody declared, or that is gone.

    Examples
    --------
    >>> unknown("lookup", ["lookup_order"]).output
    '{"error":"there is no tool \\'lookup\\'; there are: lookup_order"}'
    """
    names = ", ".join(dict.fromkeys(known))
    shown = f"{name!r:.90}" if name else "without a name"
    return Outcome.wrong("refused", f"there is no tool {shown}; {f'there are: {names}' if names else 'there are none'}")
