"""What becomes of a session, for type checkers by each word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

__all__ = ["SessionStatus"]

if TYPE_CHECKING:
    SessionStatus = Literal["open", "reconnecting", "closed", "lost"]
else:
    # jedi 0.20.1, which completes in cells, offers nothing of a class that has a property of a Literal type.
    SessionStatus = str
