"""The response that follows a round of calls: as the one that began the turn, but free to speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rtnb.session.conversation.reducer import TURN_KEY
from rtnb.session.record.log import REDACTED

__all__ = ["follow_up"]

_KEPT: Final = (
    "instructions",
    "output_modalities",
    "audio",
    "max_output_tokens",
    "metadata",
    "reasoning",
    "prompt",
    "parallel_tool_calls",
    "tool_choice",
    "tools",
)
"""Overrides that hold for a whole turn. ``input`` is not among them: it knows nothing of the calls since."""


def follow_up(
    first: Mapping[str, Any],
    *,
    session_choice: Any = "auto",
    tools: Sequence[Mapping[str, Any]] | None = None,
    last: bool = False,
) -> dict[str, Any]:
    """The ``response`` member of the ``response.create`` behind a round of calls.

    Parameters
    ----------
    first : mapping
        What the turn was begun with.
    session_choice : str or mapping
        The session's ``tool_choice``.
    tools : sequence of mapping, optional
        The turn's own tools, with what the log leaves out of them.
    last : bool
        Whether the model may call nothing any more.

    Examples
    --------
    A call that was demanded has been made; demanding it again would never end:

    >>> follow_up({"output_modalities": ["text"], "tool_choice": "required"})
    {'output_modalities': ['text'], 'tool_choice': 'auto'}
    >>> follow_up({}, last=True)
    {'tool_choice': 'none'}
    """
    response = {name: first[name] for name in _KEPT if name in first}
    metadata = response.pop("metadata", None)
    if isinstance(metadata, Mapping) and (own := {k: v for k, v in metadata.items() if k != TURN_KEY}):
        response["metadata"] = own
    if tools is not None:
        response["tools"] = list(tools)
    elif _incomplete(response.get("tools")):
        del response["tools"]
    choice = response.get("tool_choice", session_choice)
    if last:
        response["tool_choice"] = "none"
    elif choice == "required" or isinstance(choice, Mapping):
        response["tool_choice"] = "auto"
    return response


def _incomplete(tools: Any) -> bool:
    """Whether the log has kept the secrets of these tools to itself."""
    return REDACTED in str(tools or "")
