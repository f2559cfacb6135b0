"""One item of the conversation as a value, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb.audio import Clip
from rtnb.session.conversation.reading import parts, string
from rtnb.session.conversation.state import ItemState

__all__ = ["Item", "audio_index", "described", "text_of"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the conversation, as it was when it was asked for.

    Parameters
    ----------
    id, type, role : str
        `role` is empty for what is no message.
    text : str
        What was typed, said or written; of a user's audio its transcript, as far as there is one; of a tool call its
        name and arguments.
    status : str
        ``completed``, ``incomplete``, ``in_progress``, or empty where the server names none.
    wire : mapping
        The item as the server has it, without its audio.
    """

    id: str
    type: str
    role: str
    text: str
    status: str = ""
    wire: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    sound: Callable[[], Clip | None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def audio(self) -> Clip | None:
        """Its audio; None where it has none, or where that was not kept."""
        return self.sound()

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else f"{self.text[:59]}…"
        return f"Item({self.role or self.type} {text!r}, {self.id})"


def text_of(state: ItemState, wire: Mapping[str, Any]) -> str:
    match wire.get("type"):
        case "function_call" | "mcp_call" | "mcp_approval_request":
            return f"{string(wire.get('name'))}({string(wire.get('arguments'))})"
        case "function_call_output":
            return string(wire.get("output"))
        case "mcp_list_tools":
            tools = wire.get("tools")
            listed = tools if isinstance(tools, list) else ()
            return ", ".join(string(tool.get("name")) for tool in listed if isinstance(tool, Mapping))
        case "mcp_approval_response":
            return "approved" if wire.get("approve") is True else "denied"
    if state.role == "assistant" and state.pieces:
        return "".join(state.text)
    said = [string(part.get("text")) or string(part.get("transcript")) for part in parts(wire)]
    if state.transcript:
        said = [one or state.transcript for one in said] or [state.transcript]
    return "\n".join(one for one in said if one)


def described(state: ItemState) -> str:
    if state.type != "message":
        return f"a {state.type}"
    if state.role == "assistant":
        return "an answer in text"
    return f"a {state.role or 'nameless'} message"


def audio_index(state: ItemState) -> int:
    """Of the content part that holds an answer's audio; the API documents 0 and nothing else."""
    kinds = [part.get("type") for part in parts(state.wire)]
    return next((index for index, kind in enumerate(kinds) if kind in ("output_audio", "audio")), 0)
