"""The context window: how much of a conversation a model is given, and what is left out when it is full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

__all__ = ["Summarise", "Truncation"]


@dataclass(frozen=True, slots=True)
class Truncation:
    """What the server does when a conversation no longer fits: the ``truncation`` member of a session.

    Parameters
    ----------
    kind : {"auto", "disabled", "retention_ratio"}
        ``auto`` drops the oldest items until the rest fits; ``disabled`` refuses the response instead;
        ``retention_ratio`` drops more than it must, so that it happens less often.
    retention_ratio : float
        Share of the limit that is kept when something must go, 0 to 1. Only for ``retention_ratio``.
    post_instructions : int or None
        Tokens that the conversation after instructions and tools may have; None for all that the window leaves.
    """

    kind: Literal["auto", "disabled", "retention_ratio"] = "auto"
    retention_ratio: float = 1.0
    post_instructions: int | None = None

    @classmethod
    def from_wire(cls, value: object) -> Self:
        raise NotImplementedError

    def to_wire(self) -> str | dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Summarise:
    """A client's policy: old turns are replaced by one text item once the conversation has grown too long.

    Parameters
    ----------
    above_tokens : int
        Conversation tokens (instructions and tools apart) above which old turns are summarised.
    keep_turns : int
        How many of the latest turns stay as they are.
    summary_tokens : int
        Text tokens of the summary.
    """

    above_tokens: int
    keep_turns: int = 2
    summary_tokens: int = 200
