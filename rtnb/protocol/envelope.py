"""The envelope around every protocol event: when, which way, and the event itself with its audio kept once.

Base64 audio is taken out of the event when it is recorded, decoded, and appended to a store of bytes; the
event keeps a reference, and :attr:`Event.raw` puts the base64 back. A session's audio is thus held once, as
PCM, and a list of events stays readable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pybase64

__all__ = ["AudioRef", "AudioStore", "Direction", "Event", "Path", "attach", "detach"]

Direction = Literal["sent", "received"]
Path = tuple[str | int, ...]
"""Where a member sits in an event, such as ``("item", "content", 0, "audio")``."""


class AudioStore:
    """Append-only bytes of one direction of a session."""

    __slots__ = ("_data", "_later", "_lock", "name")

    def __init__(self, name: str, data: bytes = b"") -> None:
        self.name = name
        self._data = bytearray(data)
        self._later: tuple[int, Callable[[], bytes]] | None = None
        self._lock = threading.Lock()

    def fill_later(self, length: int, load: Callable[[], bytes]) -> None:
        """Have an empty store hold the `length` bytes that `load` gives, once somebody reads them.

        Examples
        --------
        >>> store = AudioStore("output")
        >>> store.fill_later(3, lambda: b"abc")
        >>> len(store), store.read(1, 2)
        (3, b'bc')
        """
        self._later = (length, load)

    def _filled(self) -> bytearray:
        if self._later is not None:
            with self._lock:
                if self._later is not None:
                    self._data += self._later[1]()
                    self._later = None
        return self._data

    def append(self, data: bytes) -> tuple[int, int]:
        """Add bytes; returns ``(offset, length)``."""
        whole = self._filled()
        offset = len(whole)
        whole += data
        return offset, len(data)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes `offset` to `offset` + `length`; shorter where the store ends."""
        return bytes(self._filled()[max(0, offset) : max(0, offset + length)])

    def __len__(self) -> int:
        later = self._later
        return len(self._data) if later is None else later[0]


@dataclass(frozen=True, slots=True)
class AudioRef:
    """Where the audio of one member lies."""

    path: Path
    store: AudioStore = field(compare=False)
    offset: int
    length: int

    def bytes(self) -> bytes:
        """The decoded audio."""
        return self.store.read(self.offset, self.length)


@dataclass(frozen=True, slots=True)
class Event:
    """One protocol event as it was sent or received.

    Parameters
    ----------
    seq : int
        Position in the log, from 0.
    t_s : float
        Monotonic seconds since the connection opened.
    wall_s : float
        Unix time in seconds.
    direction : {"sent", "received"}
        Seen from the client.
    type : str
        The event's ``type``; empty when it had none.
    body : dict
        The event without its audio members. Do not change it.
    audio : tuple of AudioRef
        Where the audio members are.
    """

    seq: int
    t_s: float
    wall_s: float
    direction: Direction
    type: str
    body: Mapping[str, Any]
    audio: tuple[AudioRef, ...] = ()

    @property
    def raw(self) -> dict[str, Any]:
        """The event as it went over the wire, base64 audio included."""
        return attach(self.body, self.audio)

    def __repr__(self) -> str:
        arrow = "→" if self.direction == "sent" else "←"
        size = sum(ref.length for ref in self.audio)
        return f"{self.t_s:8.3f} {arrow} {self.type}" + (f" [{size} B audio]" if size else "")


_DIRECT: Mapping[str, str] = {
    "input_audio_buffer.append": "audio",
    "response.output_audio.delta": "delta",
    "response.audio.delta": "delta",
}
"""Events whose audio is one top-level member: the hot path. The last name is the beta shape's."""


def _nested(event: Mapping[str, Any]) -> Iterator[Path]:
    item = event.get("item")
    content = item.get("content") if isinstance(item, Mapping) else None
    if isinstance(content, list):
        for index, part in enumerate(content):
            if isinstance(part, Mapping) and isinstance(part.get("audio"), str):
                yield ("item", "content", index, "audio")


def _decoded(text: object) -> bytes | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        return None
    # Only the last group can be written in several ways; another one than ours would not come back as it was.
    return data if text.endswith(pybase64.b64encode(data[-(len(data) % 3 or 3) :]).decode("ascii")) else None


def detach(event: dict[str, Any], store: AudioStore) -> tuple[dict[str, Any], tuple[AudioRef, ...]]:
    """Split an event into its body without audio and references into `store`.

    The event itself is not changed. Text that is not base64 stays where it is.
    """
    kind = event.get("type")
    name = _DIRECT.get(kind) if isinstance(kind, str) else None
    if name is not None:
        if (data := _decoded(event.get(name))) is None:
            return event, ()
        body = {key: value for key, value in event.items() if key != name}
        return body, (AudioRef((name,), store, *store.append(data)),)
    refs = []
    body = event
    for path in _nested(event):
        _, _, index, _ = path
        if (data := _decoded(event["item"]["content"][index]["audio"])) is None:
            continue
        refs.append(AudioRef(path, store, *store.append(data)))
        content = [dict(part) if isinstance(part, Mapping) else part for part in body["item"]["content"]]
        del content[int(index)]["audio"]
        body = {**body, "item": {**body["item"], "content": content}}
    return body, tuple(refs)


def attach(body: Mapping[str, Any], refs: tuple[AudioRef, ...]) -> dict[str, Any]:
    """The inverse of :func:`detach`."""
    event = dict(body)
    for ref in refs:
        text = pybase64.b64encode(ref.bytes()).decode("ascii")
        if len(ref.path) == 1:
            event[str(ref.path[0])] = text
            continue
        _, _, index, _ = ref.path
        content = list(event["item"]["content"])
        content[int(index)] = {**content[int(index)], "audio": text}
        event["item"] = {**event["item"], "content": content}
    return event
