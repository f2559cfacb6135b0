"""Requests for responses that the server has not answered yet, and the names by which they are found again."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb.session.conversation.state import TurnState

__all__ = ["ACTIVE_RESPONSE", "ASIDE_KEY", "TURN_KEY", "Request"]

TURN_KEY = "rtnb_turn"
"""Response metadata by which a request is found again in ``response.created``; servers echo metadata."""

ASIDE_KEY = "rtnb_aside"
"""Response metadata of a request outside of the conversation, which is never a turn."""

ACTIVE_RESPONSE = "conversation_already_has_active_response"


@dataclass(slots=True, eq=False)
class Request:
    """A ``response.create`` on its way."""

    event_id: str
    sent_s: float
    turn: TurnState | None
    """None for one outside of the conversation."""
    trigger: str = "client"
    output_format: str = ""
    """Of this response alone, by its GA name; empty for the session's."""
