"""Messages of other APIs as items of this one."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import pybase64

from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat
from rtnb.errors import ConfigError, RtnbError
from rtnb.protocol.ids import new_id
from rtnb.session.config.parts import audio_bytes
from rtnb.session.conversation.reading import string

__all__ = ["Loader"]

MOST_ID_CHARS: Final = 32
"""Of ids that a client chooses (source: the live service's refusal, "Expected a string with maximum length 32")."""

_CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,32}")
"""What the API takes as the id of a call (source: its refusal names the pattern; the length is that of item ids)."""

_IMAGE = re.compile(r"data:image/(png|jpe?g);base64,", re.IGNORECASE)
_ROLES = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
    "human": "user",
    "ai": "assistant",
}
_TEXTS = ("text", "input_text", "output_text", "refusal")
_IDS = ("id", "item_id", "itemId")

Json = dict[str, Any]


class Loader:
    """Takes messages one after another, and gives the items when all are there."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._format = audio_format
        self._items: list[Json] = []
        self._left_out: list[str] = []
        self._ids: set[str] = set()
        self._call_ids: dict[str, str] = {}
        self._legacy: list[str] = []
        self._where = ""

    def take(self, number: int, message: Any) -> None:
        """The next message; `number` counts from 1.

        Raises
        ------
        ConfigError
            It is none.
        """
        if isinstance(message, list | tuple) and len(message) == 2 and all(isinstance(one, str) for one in message):
            message = {"role": message[0], "content": message[1]}
        if not isinstance(message, Mapping):
            dumped = getattr(message, "model_dump", None)
            message = dumped(exclude_none=True) if callable(dumped) else message
        if not isinstance(message, Mapping):
            raise ConfigError(f"Message {number} is no mapping with a role or a type, but {message!r:.60}.")
        kind, role = message.get("type"), message.get("role")
        self._where = f"message {number} ({role or kind or 'neither role nor type'})"
        match kind, role:
            case _, "tool":
                self._output(message, message.get("tool_call_id"), message.get("content"))
            case _, "function":
                self._output(message, self._legacy.pop(0) if self._legacy else None, message.get("content"))
            case (("message" | None), str()) if role in _ROLES:
                self._message(message, _ROLES[role])
            case (("function_call" | "tool_call"), _):
                self._call(message, message.get("call_id") or message.get("callId"), message)
                if message.get("output") is not None:
                    self._output({}, message.get("call_id") or message.get("callId"), message["output"])
            case (("function_call_output" | "function_call_result" | "tool_call_output"), _):
                self._output(message, message.get("call_id") or message.get("callId"), message.get("output"))
            case "reasoning", _:
                self._leave("what a model thought is for that model alone")
            case None, None:
                raise ConfigError(f"Message {number} has neither a role nor a type: {dict(message)!r:.80}.")
            case None, _:
                raise ConfigError(
                    f"Message {number} has the unknown role {role!r:.40}; there are {', '.join(_ROLES)} and tool."
                )
            case _:
                self._leave(f"the Realtime API takes no item of the type {kind!r:.40} from a client")

    def result(self) -> tuple[list[Json], list[str]]:
        """The items but calls and outputs that have lost each other, and what is left out."""
        called = {item["call_id"] for item in self._items if item["type"] == "function_call"}
        answered = {item["call_id"] for item in self._items if item["type"] == "function_call_output"}
        kept, seen = [], set[str]()
        for item in self._items:
            call_id = item.get("call_id")
            if item["type"] == "function_call" and call_id not in answered:
                self._left_out.append(f"tool call '{item['name']}': it has no output")
            elif item["type"] == "function_call_output" and call_id not in seen:
                where = "stands before its call" if call_id in called else "has no call"
                self._left_out.append(f"tool output '{call_id}': it {where}")
            else:
                kept.append(item)
                if call_id is not None:
                    seen.add(call_id)
        return kept, self._left_out

    def _leave(self, why: str) -> None:
        self._left_out.append(f"{self._where}: {why}")

    def _said_already(self) -> bool:
        return any(said.startswith(self._where) for said in self._left_out)

    def _add(self, message: Mapping[str, Any], item: Json) -> None:
        given = next((message[name] for name in _IDS if isinstance(message.get(name), str)), "")
        usable = bool(given) and len(given) <= MOST_ID_CHARS and given not in self._ids and given != "root"
        item_id = given if usable else new_id("item")
        self._ids.add(item_id)
        self._items.append({"id": item_id, **item})

    def _message(self, message: Mapping[str, Any], role: str) -> None:
        content = self._content(message.get("content"), role)
        spoken = message.get("audio")
        if role == "assistant" and not content and isinstance(spoken, Mapping) and spoken.get("transcript"):
            content = [{"type": "output_text", "text": spoken["transcript"]}]
        calls = message.get("tool_calls")
        calls = [call for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []
        legacy = message.get("function_call")
        if content:
            self._add(message, {"type": "message", "role": role, "content": content})
        elif not calls and not isinstance(legacy, Mapping) and not self._said_already():
            self._leave("there is nothing in it")
        for call in calls:
            function = call.get("function")
            self._call({}, call.get("id"), function if isinstance(function, Mapping) else call)
        if isinstance(legacy, Mapping):
            call_id = new_id("call")
            self._legacy.append(call_id)
            self._call({}, call_id, legacy)

    def _content(self, content: object, role: str) -> list[Json]:
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        made = []
        for part in content if isinstance(content, list | tuple) else ():
            if isinstance(part, str):
                part = {"type": "text", "text": part}
            if isinstance(part, Mapping) and (one := self._part(part, role)) is not None:
                made.append(one)
        return made

    def _part(self, part: Mapping[str, Any], role: str) -> Json | None:
        kind = part.get("type")
        text_kind = "output_text" if role == "assistant" else "input_text"
        if kind in _TEXTS:
            text = string(part.get("text")) or string(part.get("refusal"))
            return {"type": text_kind, "text": text} if text.strip() else None
        if kind in ("image_url", "input_image") and role == "user":
            return self._image(part)
        if kind in ("input_audio", "output_audio", "audio"):
            return self._audio(part, role, text_kind)
        self._leave(f"a part of the type {kind!r:.40} cannot be taken by a message of the {role}")
        return None

    def _image(self, part: Mapping[str, Any]) -> Json | None:
        held = part.get("image_url") or part.get("image")
        url = held.get("url") if isinstance(held, Mapping) else held
        detail = (held.get("detail") if isinstance(held, Mapping) else None) or part.get("detail")
        if not isinstance(url, str) or _IMAGE.match(url) is None:
            self._leave(
                "an image is a PNG or JPEG as a data: URI, not an address or a file's id; rtnb.Image(...) makes one"
            )
            return None
        return {"type": "input_image", "image_url": url, **({"detail": detail} if detail else {})}

    def _audio(self, part: Mapping[str, Any], role: str, text_kind: str) -> Json | None:
        transcript = string(part.get("transcript"))
        held = part.get("input_audio")
        if role == "user" and isinstance(held, Mapping):
            try:
                data = pybase64.b64decode(string(held.get("data")), validate=True)
                return self._spoken(audio_bytes(_clip(data), self._format), transcript)
            except (ValueError, RtnbError):
                if not transcript:
                    self._leave("its audio cannot be read as a sound file")
                    return None
        elif role == "user" and isinstance(part.get("audio"), str):
            return {"type": "input_audio", "audio": part["audio"], **({"transcript": transcript} if transcript else {})}
        if transcript:
            return {"type": text_kind, "text": transcript}
        why = "the API takes no audio of the assistant's" if role == "assistant" else "its audio is not in it"
        self._leave(f"{why}, and there is no transcript")
        return None

    @staticmethod
    def _spoken(data: bytes, transcript: str) -> Json:
        part = {"type": "input_audio", "audio": pybase64.b64encode(data).decode("ascii")}
        return part | ({"transcript": transcript} if transcript else {})

    def _call(self, message: Mapping[str, Any], call_id: object, function: Mapping[str, Any]) -> None:
        name, arguments = string(function.get("name")), function.get("arguments")
        if not name:
            self._leave("a tool call needs a name")
            return
        written = arguments if isinstance(arguments, str) else json.dumps(arguments if arguments is not None else {})
        kept = {"type": "function_call", "call_id": self._call_id(call_id), "name": name, "arguments": written}
        self._add(message, kept)

    def _output(self, message: Mapping[str, Any], call_id: object, output: object) -> None:
        if isinstance(output, Mapping) and output.get("type") in _TEXTS:
            output = [output]
        if isinstance(output, list | tuple):
            texts = [string(one.get("text")) if isinstance(one, Mapping) else string(one) for one in output]
            output = "\n".join(filter(None, texts)) or json.dumps(output, default=str)
        text = output if isinstance(output, str) else json.dumps(output, default=str)
        item = {"type": "function_call_output", "call_id": self._call_id(call_id), "output": text}
        self._add({name: value for name, value in message.items() if name != "id"}, item)

    def _call_id(self, given: object) -> str:
        given = string(given)
        if given not in self._call_ids:
            usable = _CALL_ID.fullmatch(given) is not None
            self._call_ids[given] = given if usable else new_id("call")
            if not usable and given:
                self._leave(f"the API takes no call id such as {given!r:.60}; another one stands for it")
        return self._call_ids[given]


def _clip(data: bytes) -> Clip:
    """Of a sound file's content; the files room reads paths and what is open alike."""
    import soundfile

    try:
        samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=False)
    except soundfile.LibsndfileError:
        raise ValueError from None
    return Clip(samples, rate_hz)
