"""The events that build a conversation again on a new connection, and what they cannot bring back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pybase64

from rtnb.audio.formats import AudioFormat
from rtnb.errors import ConfigError
from rtnb.session.conversation.formats import named
from rtnb.session.conversation.reading import at, parts, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.settings import LOST
from rtnb.session.conversation.state import ItemState, ResponseState
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.materials import Materials

__all__ = ["LARGEST_AUDIO", "Loss", "Rebuilt", "heard_text", "rebuild"]

LARGEST_AUDIO: Final = 15 * 2**20
"""Base64 of one event's audio that a server takes (source: the docstring of ``input_audio_buffer.append`` in the
``openai`` package 3.52.0, which allows 15 MiB; for items nothing is stated): four minutes of PCM16."""

CUT_MARK: Final = " …"
"""Ends the text of an answer that was heard in part."""

_MERGE_CHARS: Final = 15
"""A cut falls on the space before it, if one is so near; scripts without spaces are cut between characters."""

_TEXTS = ("input_text", "output_text", "text")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """What of an item the new conversation does not have, and why."""

    item_id: str
    what: str


@dataclass(frozen=True, slots=True, repr=False)
class Rebuilt:
    """The events that build a conversation again, and what they cannot bring back.

    Parameters
    ----------
    events : tuple of dict
        ``conversation.item.create`` events, in order.
    left_out : tuple of Loss
        Items that the new conversation does not have.
    changed : tuple of Loss
        Items that it has in another form.

    Examples
    --------
    >>> Rebuilt(({}, {}), changed=(Loss("a", "spoken answer as text"), Loss("b", "spoken answer as text")))
    Rebuilt(2 items; 2 spoken answers as text)
    """

    events: tuple[Json, ...]
    left_out: tuple[Loss, ...] = ()
    changed: tuple[Loss, ...] = ()

    def __str__(self) -> str:
        said = [f"{len(self.events)} item{'s' if len(self.events) != 1 else ''}"]
        changed, left_out = (Counter(loss.what for loss in losses) for losses in (self.changed, self.left_out))
        said += [f"{count} {_plural(what, count)}" for what, count in changed.items()]
        said += [f"left out: {count} {what}" for what, count in left_out.items()]
        return "; ".join(said)

    def __repr__(self) -> str:
        return f"Rebuilt({self})"


def _plural(what: str, count: int) -> str:
    return what.replace("spoken answer ", "spoken answers ", 1) if count > 1 else what


def heard_text(text: str, share: float) -> str:
    """The part of an answer's text that was heard, if words are spread evenly over its time: an estimate.

    Examples
    --------
    >>> heard_text("The quick brown fox jumps over the dog.", 0.5)
    'The quick brown fox …'
    >>> heard_text("All of it.", 1.0), heard_text("None of it.", 0.0)
    ('All of it.', '')
    """
    if share >= 1:
        return text
    end = round(max(0.0, share) * len(text))
    if end < len(text) and not text[end].isspace():
        begins = max((place + 1 for place in range(end) if text[place].isspace()), default=0)
        if end - begins <= _MERGE_CHARS:
            end = begins
    kept = text[:end].rstrip()
    return kept + CUT_MARK if kept else ""


def heard_share(item: ItemState) -> float:
    """How much of an answer's audio was heard: 1 where it was not cut."""
    heard_ms = item.truncated_ms if item.truncated_ms is not None else None
    if heard_ms is None and item.heard_s is not None:
        heard_ms = int(item.heard_s * 1000)
    return 1.0 if heard_ms is None or not item.audio_ms else min(1.0, heard_ms / item.audio_ms)


def rebuild(
    materials: Materials,
    talk: Conversation,
    log: EventLog,
    *,
    audio: Literal["keep", "transcript"] = "keep",
    running: Collection[str] = (),
) -> Rebuilt:
    """The events that build the conversation again.

    Parameters
    ----------
    materials : Materials
        What the items were made of.
    talk : Conversation
        The items in their order, and what was said, heard and cut.
    log : EventLog
        Holds the audio.
    audio : {"keep", "transcript"}
        Whether a user's audio travels as audio with its transcript, or as the transcript alone, which is short and
        cheap; audio without a transcript travels in any case.
    running : collection of str
        Ids of tool calls whose output is still to come.

    Returns
    -------
    Rebuilt
        Items keep their ids. The API takes no assistant audio, so answers become text; of an answer that was cut
        the server has thrown the transcript away, and the share that was heard is estimated from its time. Tool
        calls without output, and outputs without their call, are left out; so is what MCP servers did, and an answer
        that was not complete yet.

    Raises
    ------
    ConfigError
        `audio` is neither.
    """
    if audio not in ("keep", "transcript"):
        raise ConfigError(f'audio is "keep" or "transcript", not {audio!r:.60}.')
    ids = [*talk.order, *(one for one in materials.unanswered if one not in talk.order)]
    maker = _Maker(ids, materials, talk, log, audio == "keep", set(running))
    for item_id in ids:
        maker.take(item_id)
    return Rebuilt(tuple(maker.events), tuple(maker.left_out), tuple(maker.changed))


def _is_unfinished(response: ResponseState) -> bool:
    """Whether it never came to an end: with half an answer behind it, a question would not be answered again."""
    return not response.over or at(response.status_details, "error", "code") == LOST


class _Maker:
    def __init__(
        self,
        ids: list[str],
        materials: Materials,
        talk: Conversation,
        log: EventLog,
        keep_audio: bool,
        running: set[str],
    ) -> None:
        self.events: list[Json] = []
        self.left_out: list[Loss] = []
        self.changed: list[Loss] = []
        self._materials, self._talk, self._log, self._keep_audio = materials, talk, log, keep_audio
        wires = [materials.wires.get(item_id, {}) for item_id in ids]
        outputs = {wire.get("call_id") for wire in wires if wire.get("type") == "function_call_output"}
        self._answered = outputs | running
        self._called: set[object] = set()
        self._unfinished = {item_id for one in talk.responses.values() if _is_unfinished(one) for item_id in one.items}

    def take(self, item_id: str) -> None:
        if item_id in self._unfinished:
            self._lose(item_id, "answer that was not complete: respond() asks for it again")
            return
        wire = self._materials.wires.get(item_id, {})
        state = self._talk.items.get(item_id) or ItemState(item_id)
        match wire.get("type"), wire.get("role"):
            case "message", "user":
                self._put(item_id, "user", self._user(item_id, wire, state))
            case "message", "assistant":
                self._put(item_id, "assistant", self._assistant(item_id, wire, state))
            case "message", "system":
                texts = [string(part.get("text")) for part in parts(wire)]
                self._put(item_id, "system", [{"type": "input_text", "text": text} for text in texts if text])
            case "function_call", _:
                self._call(item_id, wire)
            case "function_call_output", _:
                self._output(item_id, wire)
            case kind, _ if isinstance(kind, str) and kind.startswith("mcp_"):
                self._lose(item_id, "of an MCP server, which the new connection does not know of")
            case kind, _:
                self._lose(item_id, f"of the unknown type {kind!r:.40}")

    def _put(self, item_id: str, role: str, content: list[Json]) -> None:
        if content:
            self._create({"id": item_id, "type": "message", "role": role, "content": content})
        elif not any(loss.item_id == item_id for loss in self.left_out):
            self._lose(item_id, f"{role} message without anything in it")

    def _create(self, item: Json) -> None:
        self.events.append({"type": "conversation.item.create", "item": item})

    def _lose(self, item_id: str, what: str) -> None:
        self.left_out.append(Loss(item_id, what))

    def _user(self, item_id: str, wire: Json, state: ItemState) -> list[Json]:
        content: list[Json] = []
        for index, part in enumerate(parts(wire)):
            match part.get("type"):
                case "input_audio":
                    content += self._heard(item_id, index, part, state)
                case "input_image":
                    if isinstance(part.get("image_url"), str):
                        content.append({name: value for name, value in part.items() if value is not None})
                    else:
                        self.changed.append(Loss(item_id, "without an image, whose data was not kept"))
                case kind if kind in _TEXTS and string(part.get("text")):
                    content.append({"type": "input_text", "text": part["text"]})
        return content

    def _heard(self, item_id: str, index: int, part: Mapping[str, Any], state: ItemState) -> list[Json]:
        transcript = state.transcript or string(part.get("transcript"))
        if transcript and not self._keep_audio:
            self.changed.append(Loss(item_id, "with the transcript in place of the user's audio"))
            return [{"type": "input_text", "text": transcript}]
        found = self._materials.audio(item_id, index)
        if found is None and state.input_bytes is not None:
            start, stop = state.input_bytes
            found = self._log.stores["sent"].read(start, stop - start), named(state.input_format)
        data = b"" if found is None else self._encoded(*found)
        if data and len(data) * 4 / 3 <= LARGEST_AUDIO:
            spoken: Json = {"type": "input_audio", "audio": pybase64.b64encode(data).decode("ascii")}
            return [spoken | ({"transcript": transcript} if transcript else {})]
        why = "whose audio is too long for one event" if data else "whose audio was not kept"
        if transcript:
            self.changed.append(Loss(item_id, f"as its transcript, {why}"))
            return [{"type": "input_text", "text": transcript}]
        self._lose(item_id, f"user message {why} and was not transcribed")
        return []

    def _encoded(self, data: bytes, was: AudioFormat) -> bytes:
        data, now = was.whole(data), self._materials.format
        return data if was == now else now.encode(was.decode(data), was.rate_hz)

    def _assistant(self, item_id: str, wire: Json, state: ItemState) -> list[Json]:
        text = "".join(state.text) or "".join(
            string(part.get("text")) or string(part.get("transcript")) for part in parts(wire)
        )
        share = heard_share(state)
        kept = heard_text(text, share)
        if not kept:
            self._lose(item_id, "answer of which nothing was heard" if text else "answer without words")
            return []
        if share < 1:
            self.changed.append(Loss(item_id, "cut answer as text up to what was heard (estimated from its time)"))
        elif state.audio:
            self.changed.append(Loss(item_id, "spoken answer as text (the API takes no assistant audio)"))
        return [{"type": "output_text", "text": kept}]

    def _call(self, item_id: str, wire: Json) -> None:
        call_id = wire.get("call_id")
        if call_id not in self._answered:
            self._lose(item_id, "tool call without output")
            return
        self._called.add(call_id)
        kept = {name: string(wire.get(name)) for name in ("call_id", "name", "arguments")}
        self._create({"id": item_id, "type": "function_call", **kept})

    def _output(self, item_id: str, wire: Json) -> None:
        call_id = wire.get("call_id")
        if call_id not in self._called:
            self._lose(item_id, "tool output without its call")
            return
        kept = {"call_id": string(call_id), "output": string(wire.get("output"))}
        self._create({"id": item_id, "type": "function_call_output", **kept})
