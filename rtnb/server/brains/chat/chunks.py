"""What endpoints stream, read leniently.

All of llama.cpp, vLLM, Ollama, LM Studio and the gateways speak the chat completions format, each a little
differently: null where others leave a member out, parts where others have a string, arguments as an object, calls
without an index, usage without choices, a whole message in place of a delta.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CallDelta", "Delta", "StrangeError", "UpstreamError", "delta_of"]


class StrangeError(ValueError):
    """It is no chunk of a chat completion; the message says what it is."""


class UpstreamError(Exception):
    """The endpoint reports a failure inside of its answer.

    Attributes
    ----------
    error : object
        As it came.
    """

    def __init__(self, error: Any) -> None:
        super().__init__("the endpoint has failed")
        self.error = error


@dataclass(frozen=True, slots=True)
class CallDelta:
    """A piece of a tool call."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one chunk adds.

    Parameters
    ----------
    text : str
        Of the answer.
    calls : tuple of CallDelta
    finish : str or None
        Why the answer ends with this chunk.
    thought : int
        How many characters the model has thought meanwhile; of thoughts that are no plain text, 1.
    """

    text: str = ""
    calls: tuple[CallDelta, ...] = ()
    finish: str | None = None
    thought: int = 0

    @property
    def alive(self) -> bool:
        """Whether it shows that the model is at work."""
        return bool(self.text or self.calls or self.finish or self.thought)


def delta_of(chunk: Any) -> Delta:
    """The content of a chunk, or of a whole completion.

    Raises
    ------
    UpstreamError
        It reports a failure.
    StrangeError
        It is something else.

    Examples
    --------
    >>> delta_of({"choices": [{"delta": {"content": "Hel"}}]}).text
    'Hel'
    >>> delta_of({"choices": [], "usage": {"total_tokens": 7}})
    Delta(text='', calls=(), finish=None, thought=0)
    """
    if not isinstance(chunk, Mapping):
        raise StrangeError(f"JSON that is no object but {_kind(chunk)}")
    if chunk.get("error"):
        raise UpstreamError(chunk["error"])
    if chunk.get("object") == "error":
        raise UpstreamError(chunk)
    choices = chunk.get("choices")
    if choices is None and not ("usage" in chunk or "id" in chunk):
        raise StrangeError("JSON without choices")
    if not isinstance(choices or [], list):
        raise StrangeError(f"choices that are {_kind(choices)}")
    for choice in choices or ():
        if not isinstance(choice, Mapping):
            raise StrangeError(f"a choice that is {_kind(choice)}")
        if choice.get("index") in (0, None):
            return _of_choice(choice)
    return Delta()


def _of_choice(choice: Mapping[str, Any]) -> Delta:
    # Some send both members, one of them empty.
    message = choice.get("delta") or choice.get("message") or {}
    if not isinstance(message, Mapping):
        raise StrangeError(f"a delta that is {_kind(message)}")
    finish = choice.get("finish_reason")
    if finish is not None and not isinstance(finish, str):
        raise StrangeError(f"a finish_reason that is {_kind(finish)}")
    text = _text(message.get("content")) + _text(message.get("refusal"))
    thoughts = [message.get(name) for name in ("reasoning_content", "reasoning", "reasoning_details", "thinking")]
    thought = sum(len(each) if isinstance(each, str) else 1 for each in thoughts if each)
    return Delta(text, tuple(_calls(message)), finish or None, thought)


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise StrangeError(f"content that is {_kind(content)}")
    texts = [part if isinstance(part, str) else _of_part(part) for part in content]
    return "".join(texts)


def _of_part(part: Any) -> str:
    """Parts that are no text, such as thoughts, are not said."""
    text = part.get("text") if isinstance(part, Mapping) and part.get("type", "text") == "text" else None
    return text if isinstance(text, str) else ""


def _calls(message: Mapping[str, Any]) -> list[CallDelta]:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise StrangeError(f"tool_calls that are {_kind(calls)}")
    found = [_call(call) for call in calls]
    if message.get("function_call"):
        # How calls were written before there were several.
        found.append(_call({"index": 0, "function": message["function_call"]}))
    return found


def _call(call: Any) -> CallDelta:
    function = (call.get("function") or {}) if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping):
        raise StrangeError(f"a tool call that is {_kind(call)}")
    index, arguments = call.get("index"), function.get("arguments")
    if isinstance(arguments, Mapping | list):
        arguments = json.dumps(arguments, ensure_ascii=False)
    members = {"id": call.get("id"), "name": function.get("name"), "arguments": arguments}
    for name, value in members.items():
        if value is not None and not isinstance(value, str):
            raise StrangeError(f"a tool call whose {name} is {_kind(value)}")
    place = index if isinstance(index, int) and not isinstance(index, bool) else None
    return CallDelta(place, *(value or "" for value in members.values()))


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "an object")
