"""The body of a request to a chat endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rtnb.server.brains.base import BrainRequest
from rtnb.server.brains.chat.messages import Turn, chat_messages, turns_of
from rtnb.server.brains.chat.settings import ChatSettings
from rtnb.server.brains.chat.template import Template
from rtnb.server.brains.chat.window import fitting

__all__ = ["body_of"]

Json = dict[str, Any]


def body_of(request: BrainRequest, settings: ChatSettings, template: Template) -> Json:
    """What is sent.

    Members that endpoints may not know are sent only where they say something: ``tools`` with tools,
    ``parallel_tool_calls`` when it is false.

    Examples
    --------
    >>> from rtnb.server.brains import Message
    >>> request = BrainRequest(messages=(Message(role="user", text="Hello!"),), max_output_tokens=80)
    >>> body_of(request, ChatSettings(url="http://localhost", model="m"), Template(""))
    {'model': 'm', 'stream': True, 'messages': [{'role': 'user', 'content': 'Hello!'}], 'max_tokens': 80}
    """
    turns = turns_of(request, images=settings.images)
    tools = _tools(request, turns)
    choice = _choice(request.tool_choice, tools)
    prompt = template.render(
        instructions=request.instructions,
        modality="audio" if "audio" in request.modalities else "text",
        tools=tuple(tool["function"]["name"] for tool in tools) if choice != "none" else (),
    )
    limits = [each for each in (request.max_output_tokens, settings.max_tokens) if each is not None]
    if settings.context_tokens is not None:
        turns = fitting(
            turns,
            prompt=prompt,
            tools=tools,
            context_tokens=settings.context_tokens,
            answer_tokens=min(limits, default=None),
        )
    body: Json = {
        **settings.extra,
        "model": settings.model,
        "stream": True,
        "messages": chat_messages(prompt, turns),
    }
    if tools:
        body |= {"tools": tools, "tool_choice": choice}
        if not request.parallel_tool_calls:
            body["parallel_tool_calls"] = False
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if limits:
        body[settings.max_tokens_member] = min(limits)
    return body


def _tools(request: BrainRequest, turns: Sequence[Turn]) -> list[Json]:
    """The tools; none where none may be called, unless calls in the history need them to be understood."""
    called = any("tool_calls" in message for turn in turns for message in turn)
    if request.tool_choice == "none" and not called:
        return []
    return [{"type": "function", "function": _function(tool)} for tool in request.tools]


def _function(tool: Mapping[str, Any]) -> Json:
    described = {"description": tool["description"]} if tool.get("description") else {}
    # Some endpoints want a schema where the format does not.
    return {
        "name": tool["name"],
        **described,
        "parameters": tool.get("parameters") or {"type": "object", "properties": {}},
    }


def _choice(choice: Any, tools: Sequence[Json]) -> Any:
    if not isinstance(choice, Mapping):
        return choice
    name = choice.get("name")
    if any(tool["function"]["name"] == name for tool in tools):
        return {"type": "function", "function": {"name": name}}
    return "required"
