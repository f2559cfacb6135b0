"""Text history into a conversation and out of it, with what the API cannot take said plainly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.session.conversation.formats import audio_format as format_in
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.materials import Materials
from rtnb.session.verbs.messages import Loader
from rtnb.session.verbs.rebuild import rebuild

if TYPE_CHECKING:
    from rtnb.session.verbs.items import Items

__all__ = ["LoadedHistory", "Style", "export_history", "history_items", "load"]

Style = Literal["chat", "items"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadedHistory:
    """A history as the items of a conversation.

    Parameters
    ----------
    items : tuple of dict
        In the API's own shape, each with an id.
    left_out : tuple of str
        What the API cannot take, or took in another form, a sentence each.

    Examples
    --------
    >>> loaded = history_items([{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": ""}])
    >>> print(loaded)
    1 item; message 2 (assistant): there is nothing in it
    """

    items: tuple[Json, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        count = f"{len(self.items)} item{'s' if len(self.items) != 1 else ''}"
        return "; ".join([count, *self.left_out])


def history_items(messages: Sequence[Any], audio_format: AudioFormat = PCM16) -> LoadedHistory:
    """Messages of any of the usual shapes as items of the Realtime API.

    Parameters
    ----------
    messages : sequence of mapping
        Chat Completions messages (``role`` and ``content``, ``tool_calls``, role ``tool``), items of the Responses API
        and of the Agents SDKs, items of the Realtime API, or pairs of a role and a text.
    audio_format : AudioFormat
        Of the session's input.

    Returns
    -------
    LoadedHistory
        Answers become text, since the API takes no audio of the assistant's. Tool calls without output, outputs
        without call, images that are no PNG or JPEG data, and what a model thought are left out.

    Raises
    ------
    ConfigError
        `messages` is no list of messages.

    Examples
    --------
    >>> [item["role"] for item in history_items([("developer", "Be brief."), ("user", "Hello!")]).items]
    ['system', 'user']
    >>> call = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    >>> talk = [{"role": "assistant", "content": None, "tool_calls": [call]},
    ...         {"role": "tool", "tool_call_id": "call_1", "content": "noon"}]
    >>> [item["type"] for item in history_items(talk).items]
    ['function_call', 'function_call_output']
    """
    if isinstance(messages, str | bytes | Mapping) or not isinstance(messages, Sequence):
        raise ConfigError(
            'A history is a list of messages such as [{"role": "user", "content": "Hello!"}], '
            f"not {type(messages).__name__}."
        )
    loader = Loader(audio_format)
    for number, message in enumerate(messages, start=1):
        loader.take(number, message)
    items, left_out = loader.result()
    return LoadedHistory(tuple(items), tuple(left_out))


async def load(items: Items, messages: Sequence[Any]) -> LoadedHistory:
    """Put a history into the conversation of a session, behind what is there.

    Returns
    -------
    LoadedHistory
        What the conversation has now of it, and what not; what the server refused is among the latter.

    Raises
    ------
    ConfigError
        `messages` is no list of messages.
    """
    core = items.core
    loaded = history_items(messages, format_in(core.talk.config, "input"))
    # They belong to no turn: the next request is not about them.
    core.note("history", items=[item["id"] for item in loaded.items])
    refused = await items.put(loaded.items)
    answered = list(zip(loaded.items, refused, strict=True))
    taken = tuple(item for item, error in answered if error is None)
    said = [f"the server refused '{item['id']}': {error}" for item, error in answered if error is not None]
    if loaded.left_out:
        core.tell("Not all of the history could be taken: " + "; ".join(loaded.left_out))
    return LoadedHistory(taken, (*loaded.left_out, *said))


def export_history(
    materials: Materials, talk: Conversation, log: EventLog, style: Style = "chat", *, audio: bool = False
) -> list[Json]:
    """The conversation as text.

    Parameters
    ----------
    materials, talk, log
        Of the session.
    style : {"chat", "items"}
        Messages of Chat Completions, or items of the Realtime API.
    audio : bool
        Whether ``"items"`` keep the user's audio; otherwise its transcript stands for it.

    Returns
    -------
    list of dict
        In the order of the conversation. Of an answer that was interrupted what was heard, by an estimate.

    Raises
    ------
    ConfigError
        There is no such style.
    """
    if style not in ("chat", "items"):
        raise ConfigError(f'style is "chat" or "items", not {style!r:.60}.')
    made = rebuild(materials, talk, log, audio="keep" if audio and style == "items" else "transcript")
    wires = [event["item"] for event in made.events]
    return wires if style == "items" else _chat(wires)


def _chat(items: Sequence[Json]) -> list[Json]:
    messages: list[Json] = []
    for item in items:
        match item["type"]:
            case "message":
                content = _chat_content(item["content"])
                messages.append({"role": item["role"], "content": content})
            case "function_call":
                call = {
                    "id": item["call_id"],
                    "type": "function",
                    "function": {"name": item["name"], "arguments": item["arguments"]},
                }
                # Calls of one answer are one message there.
                if messages and messages[-1]["role"] == "assistant":
                    messages[-1].setdefault("tool_calls", []).append(call)
                else:
                    messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
            case _:
                messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
    return messages


def _chat_content(content: Sequence[Json]) -> str | list[Json]:
    if all(part["type"] in ("input_text", "output_text") for part in content):
        return "\n".join(part["text"] for part in content)
    parts: list[Json] = []
    for part in content:
        match part["type"]:
            case "input_image":
                detail = {"detail": part["detail"]} if "detail" in part else {}
                parts.append({"type": "image_url", "image_url": {"url": part["image_url"], **detail}})
            case "input_audio":
                parts.append({"type": "text", "text": part.get("transcript") or "[speech that was not transcribed]"})
            case _:
                parts.append({"type": "text", "text": part["text"]})
    return parts
