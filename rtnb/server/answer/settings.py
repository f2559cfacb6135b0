"""What a response runs with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.audio.formats import PCM16, AudioFormat

__all__ = ["ResponseSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSettings:
    """The session's settings, overridden by ``response.create``.

    Parameters
    ----------
    instructions : str
        In effect for this response.
    modalities : tuple of str
        ``("audio",)`` or ``("text",)``.
    tools : tuple of mapping
        Function tools.
    tool_choice : str or mapping
        ``"auto"``, ``"none"``, ``"required"``, or one tool.
    voice : str or mapping
        A name, or ``{"id": ...}``.
    speed : float
        Of speech, 1 for normal.
    format : AudioFormat
        Of its audio.
    max_output_tokens : int or "inf"
        Text and audio together, tool calls included.
    metadata : mapping of str to str, optional
        Echoed.
    parallel_tool_calls : bool
        Whether there may be several calls.
    in_conversation : bool
        Whether it belongs to the default conversation.

    Examples
    --------
    >>> ResponseSettings(modalities=("text",), tool_choice={"type": "function", "name": "look_up"}).only_tool
    'look_up'
    """

    instructions: str = ""
    modalities: tuple[str, ...] = ("audio",)
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Any = "auto"
    voice: Any = "alloy"
    speed: float = 1.0
    format: AudioFormat = PCM16
    max_output_tokens: int | str = "inf"
    metadata: Mapping[str, str] | None = None
    parallel_tool_calls: bool = True
    in_conversation: bool = True

    @property
    def spoken(self) -> bool:
        """Whether the answer is audio."""
        return "audio" in self.modalities

    @property
    def voice_name(self) -> str:
        """The voice, or the id of one's own."""
        return self.voice if isinstance(self.voice, str) else str(self.voice["id"])

    @property
    def only_tool(self) -> str | None:
        """The tool that must be called; None where none is named."""
        choice = self.tool_choice
        return choice.get("name") if isinstance(choice, Mapping) and choice.get("type") == "function" else None

    def may_call(self, name: str, *, calls: int) -> bool:
        """Whether the response may call that tool when it has made `calls` calls already."""
        if self.tool_choice == "none" or (calls and not self.parallel_tool_calls):
            return False
        return self.only_tool in (None, name)
