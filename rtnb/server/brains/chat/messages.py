"""A conversation as a chat model reads it.

What endpoints insist on, and a conversation by voice does not always give: a call's outputs come right after it, each
call has one, no output is without its call, there is something of the user's to answer, and nobody speaks twice in a
row (the chat templates of some local models refuse that).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Never

import pybase64

from rtnb.server.brains.base import BrainRequest, Image, Message

__all__ = ["Turn", "chat_messages", "turns_of"]

Json = dict[str, Any]
Turn = tuple[Json, ...]
"""Messages that are kept or left out together: one, or calls with their outputs."""

UNHEARD: Final = "(The user spoke, but the words could not be made out.)"
UNHEARABLE: Final = "(The user sent audio, but there is no speech recognition here. Say so, and ask them to write.)"
NOBODY: Final = "(Nobody has said anything yet. Begin the conversation.)"
SILENCE: Final = "(Nobody has said anything since. Go on, if there is something to add.)"
UNANSWERED: Final = "(There is no output.)"
LOST: Final = "(The output of a tool whose call is no longer here: {text})"
PICTURE: Final = "(The user sent an image, {kind}, {width} by {height} pixels, which you cannot see.)"


def chat_messages(prompt: str, turns: Iterable[Turn]) -> list[Json]:
    """The ``messages`` of a request: the system prompt, if there is one, and the turns."""
    found: list[Json] = [{"role": "system", "content": prompt}] if prompt else []
    for turn in turns:
        for message in turn:
            if found and _may_join(found[-1], message):
                found[-1] = _joined(found[-1], message)
            else:
                found.append(message)
    return found


def turns_of(request: BrainRequest, *, images: bool = True) -> list[Turn]:
    """The conversation in turns, oldest first.

    Parameters
    ----------
    request : BrainRequest
    images : bool
        Whether the model sees images; if not, they are mentioned.

    Examples
    --------
    >>> from rtnb.server.brains import Message
    >>> turns_of(BrainRequest(messages=(Message(role="user", text="Hello!"),)))
    [({'role': 'user', 'content': 'Hello!'},)]
    """
    messages = list(_matched(request.messages))
    found: list[Turn] = []
    at = 0
    while at < len(messages):
        message = messages[at]
        if message.call is not None:
            end = at
            # An output between two calls, which is at its call now, parts them: they were made one after the other.
            while end < len(messages) and messages[end].call and messages[end].place - message.place == end - at:
                end += 1
            found.append(_calls(messages[at:end]))
            at = end
            continue
        at += 1
        plain = _plain(message.message, request, images)
        # Of an answer that was interrupted at once nothing is left, and endpoints refuse an empty message.
        if not isinstance(plain["content"], str) or plain["content"].strip():
            found.append((plain,))
    users = any(message["role"] == "user" for turn in found for message in turn)
    last = found[-1][-1] if found else None
    if not users and (last is None or last["role"] != "tool"):
        found.append(({"role": "user", "content": SILENCE if found and _said(found) else NOBODY},))
    elif last is not None and last["role"] == "assistant":
        # An endpoint may take an answer that stands last for one that it has to finish.
        found.append(({"role": "user", "content": SILENCE},))
    return found


@dataclass(frozen=True, slots=True)
class _Matched:
    """A message and its place; of a call its id, which no other has, and its output."""

    message: Message
    place: int
    call: str | None = None
    output: str = ""


def _matched(messages: Sequence[Message]) -> Iterator[_Matched]:
    """Messages with each output at its call."""
    outputs: defaultdict[str | None, deque[int]] = defaultdict(deque)
    for index, message in enumerate(messages):
        if message.role == "tool":
            outputs[message.call_id].append(index)
    taken: set[int] = set()
    found: list[tuple[int, _Matched]] = []
    times: Counter[str] = Counter()
    for index, message in enumerate(messages):
        if message.role != "assistant" or message.name is None:
            continue
        waiting = outputs[message.call_id]
        while waiting and waiting[0] < index:
            waiting.popleft()
        output = UNANSWERED
        if waiting:
            taken.add(waiting[0])
            output = messages[waiting.popleft()].text
        wanted = message.call_id or "call"
        times[wanted] += 1
        name = wanted if times[wanted] == 1 and message.call_id else f"{wanted}_{times[wanted]}"
        found.append((index, _Matched(message, index, name, output)))
    calls = dict(found)
    for index, message in enumerate(messages):
        if index in calls:
            yield calls[index]
        elif message.role != "tool":
            yield _Matched(message, index)
        elif index not in taken:
            yield _Matched(Message(role="user", text=LOST.format(text=message.text)), index)


def _calls(group: Sequence[_Matched]) -> Turn:
    calls = [
        {
            "id": each.call,
            "type": "function",
            "function": {"name": each.message.name, "arguments": _arguments(each.message.text)},
        }
        for each in group
    ]
    outputs = [{"role": "tool", "tool_call_id": each.call, "content": each.output or UNANSWERED} for each in group]
    return ({"role": "assistant", "content": None, "tool_calls": calls}, *outputs)


def _arguments(text: str) -> str:
    """Arguments as JSON text of an object, which chat templates read."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, dict):
        return text
    return json.dumps({"input": value} if value else {}, ensure_ascii=False)


def _refuse(constant: str) -> Never:
    """NaN and the infinities, which no other reader of JSON takes."""
    raise ValueError(constant)


def _plain(message: Message, request: BrainRequest, images: bool) -> Json:
    if message.role != "user":
        return {"role": message.role, "content": message.text}
    text = message.text
    if message.heard and not text.strip():
        text = UNHEARD if request.can_hear else UNHEARABLE
    if not images:
        told = (PICTURE.format(kind=each.kind, width=each.width, height=each.height) for each in message.images)
        text = "\n".join((*((text,) if text else ()), *told))
    if not images or not message.images:
        return {"role": "user", "content": text}
    parts: list[Json] = [{"type": "text", "text": text}] if text else []
    return {"role": "user", "content": [*parts, *map(_picture, message.images)]}


def _picture(image: Image) -> Json:
    data = pybase64.b64encode(image.data).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:{image.kind};base64,{data}", "detail": image.detail}}


def _said(turns: Iterable[Turn]) -> bool:
    return any(message["role"] == "assistant" for turn in turns for message in turn)


def _may_join(first: Json, second: Json) -> bool:
    if first["role"] != second["role"]:
        return False
    if first["role"] == "assistant":
        # What was said before a call is of the same message; two rounds of calls are not.
        return "tool_calls" not in first
    return bool(first["role"] == "user")


def _joined(first: Json, second: Json) -> Json:
    one, two = first["content"], second["content"]
    if isinstance(one, str) and isinstance(two, str):
        return {**second, "content": "\n".join(text for text in (one, two) if text)}
    if one is None or two is None:
        return {**second, "content": one or two}
    return {**second, "content": [*_parts(one), *_parts(two)]}


def _parts(content: str | list[Json]) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content
