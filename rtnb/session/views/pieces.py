"""Parts of a turn that are views of their own: its error, its function calls, its images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.pricing import Cost
from rtnb.protocol.faults import Severity, row_of
from rtnb.tokens import TokenUsage

__all__ = ["BesideView", "ErrorView", "GivenView", "ImageView", "ToolCallView"]


_MEMBERS = ("code", "type", "param")

_OWN: Mapping[str, tuple[Severity, str]] = {
    "connection_lost": ("retry", "Ask again. What had arrived by then stays in the turn."),
}
"""Errors that no server sends."""


@dataclass(frozen=True, slots=True)
class ErrorView:
    """An error of the server, and what to do about it.

    Parameters
    ----------
    code, type, param : str or None
        As the server sent them.
    message : str
    severity : {"benign", "retry", "config", "bug", "fatal"}
        See :func:`rtnb.protocol.faults.classify`.
    advice : str
        What to do; empty for an error that nobody has described.
    """

    message: str
    code: str | None = None
    type: str | None = None
    param: str | None = None
    severity: Severity = "bug"
    advice: str = ""

    @classmethod
    def of(cls, wire: Mapping[str, Any]) -> ErrorView:
        """Of an ``error`` object, in an event or in ``status_details``.

        Examples
        --------
        >>> error = ErrorView.of({"type": "server_error", "code": None, "message": "Sorry about that!"})
        >>> error.severity, error.message
        ('retry', 'Sorry about that!')
        """
        code, kind, param = (value if isinstance(value := wire.get(name), str) else None for name in _MEMBERS)
        message = str(wire.get("message") or code or kind or "the server gave no reason")
        row = row_of(wire)
        severity, advice = _OWN.get(code or "", ("bug", "")) if row is None else (row.severity, row.advice)
        return cls(message, code, kind, param, severity, advice)

    def __str__(self) -> str:
        return f"{self.message}{f' ({self.code})' if self.code else ''}"


@dataclass(frozen=True, slots=True)
class BesideView:
    """Responses beside the conversation, such as asides and summaries, which are billed like any other.

    Parameters
    ----------
    count : int
        How many of them were billed.
    usage : TokenUsage or None
    cost : Cost or None

    Examples
    --------
    >>> BesideView(2).text
    'beside the conversation: 2 responses'
    """

    count: int
    usage: TokenUsage | None = None
    cost: Cost | None = None

    @property
    def text(self) -> str:
        """What they are called in tables."""
        return f"beside the conversation: {self.count:,} response{'' if self.count == 1 else 's'}"


_TOLD_LIMIT = 80
"""Characters of what a function was given and returned that its repr shows."""


@dataclass(frozen=True, slots=True, repr=False)
class ToolCallView:
    """A function that the model called, and what became of it.

    Parameters
    ----------
    name : str
    arguments : str
        JSON, as the model wrote it.
    output : str or None
        What the model was told; None while it was not.
    error : str
        Why the function failed; empty where it did not.
    duration_s : float or None
        How long it ran; None while it does, or where something else answered the call.
    background : bool
        Whether the conversation went on while it ran.
    status : str
        ``running``, ``completed``, ``failed``, ``timed_out``, ``refused``, ``cancelled``; ``open`` where nothing runs
        and the model was not told anything yet.
    call_id : str

    Examples
    --------
    >>> str(ToolCallView("weather", '{"city": "Paris"}', '"sunny"', duration_s=0.25))
    'weather(city="Paris") → "sunny"'
    >>> ToolCallView("weather", '{"city": "Paris"}', '"sunny"', duration_s=0.2512)
    ToolCallView(weather(city="Paris") → "sunny", 251 ms)
    """

    name: str
    arguments: str = ""
    output: str | None = None
    error: str = ""
    duration_s: float | None = None
    background: bool = False
    status: str = "completed"
    call_id: str = ""

    @property
    def signature(self) -> str:
        """The call as it would be written in Python; arguments that are no JSON object stand as they are."""
        try:
            given = json.loads(self.arguments or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return f"{self.name}({self.arguments})"
        return f"{self.name}({', '.join(f'{k}={json.dumps(v, ensure_ascii=False)}' for k, v in given.items())})"

    def __str__(self) -> str:
        told = self.error or (self.output if self.output is not None else self.status.replace("_", " "))
        return f"{self.signature} → {told}"

    def __repr__(self) -> str:
        took = "" if self.duration_s is None else f", {self.duration_s * 1000:,.0f} ms"
        said = " ".join(str(self).split())
        return f"ToolCallView({said if len(said) <= _TOLD_LIMIT else f'{said[: _TOLD_LIMIT - 1].rstrip()}…'}{took})"


@dataclass(frozen=True, slots=True)
class GivenView:
    """One item of what the user gave in a turn.

    Parameters
    ----------
    text : str
        What was typed, or what the transcription heard; empty where nothing was.
    spoken : bool
        Whether it holds sound.
    images : tuple of ImageView
    """

    text: str = ""
    spoken: bool = False
    images: tuple[ImageView, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageView:
    """An image that the user gave.

    Parameters
    ----------
    url : str
        A data URI, as it was sent; empty where the log does not hold it.
    detail : str
        ``auto``, ``low`` or ``high``; empty where it was not said.
    """

    url: str
    detail: str = ""

    def __repr__(self) -> str:
        kind = self.url.partition(";")[0].removeprefix("data:") if self.url.startswith("data:") else "image"
        return f"ImageView({kind}, {len(self.url) * 3 // 4:,} bytes)"
