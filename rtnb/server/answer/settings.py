"""What a response runs with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.server import problems
from rtnb.server.mcp.declaration import Declaration
from rtnb.server.mcp.tools import Offer
from rtnb.server.problems import Refused

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
    servers : tuple of Declaration
        MCP servers whose tools it may use.
    offers : tuple of Offer
        Those tools, once they are known.
    counts_offers : bool
        Whether they count as settings do; not where the items hold their lists, which count by themselves.

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
    servers: tuple[Declaration, ...] = field(default=(), repr=False)
    offers: tuple[Offer, ...] = field(default=(), repr=False)
    counts_offers: bool = False

    @property
    def all_tools(self) -> tuple[Mapping[str, Any], ...]:
        """What a brain is given: function tools, and those of MCP servers in the same form."""
        return (*self.tools, *(offer.to_function() for offer in self.offers))

    @property
    def counted_tools(self) -> tuple[Mapping[str, Any], ...]:
        """What counts as a part of the settings."""
        return self.all_tools if self.counts_offers else self.tools

    def offer(self, name: str) -> Offer | None:
        """The tool of an MCP server that a brain knows by that name."""
        return next((offer for offer in self.offers if offer.name == name), None)

    def with_offers(self, offers: tuple[Offer, ...], *, counted: bool) -> ResponseSettings:
        """With the tools of MCP servers, and a choice of one of them in the words that brains know.

        Raises
        ------
        Refused
            A tool must be called, and there is none.
        """
        choice, tools = self.tool_choice, self.tools
        if isinstance(choice, Mapping) and choice.get("type") == "mcp":
            label, name = choice["server_label"], choice.get("name")
            offers = tuple(each for each in offers if each.declaration.label == label)
            named = [each for each in offers if each.tool.name == name]
            if name is not None and not named:
                raise Refused(problems.unknown_tool(name, "tool_choice"))
            choice = {"type": "function", "name": named[0].name} if named else "required"
            tools = tools if named else ()
        found = replace(self, tool_choice=choice, tools=tools, offers=offers, counts_offers=counted)
        if self.servers and choice == "required" and not found.all_tools:
            raise Refused(problems.no_tools([server.label for server in self.servers]))
        return found

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
