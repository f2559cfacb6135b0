"""The envelope around every protocol event: when, which way, and the event itself with its audio kept once.

Base64 audio is taken out of the event when it is recorded, decoded, and appended to a store of bytes; the
event keeps a reference, and :attr:`Event.raw` puts the base64 back. A session's audio is thus held once, as
PCM, and a list of events stays readable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import pybase64

__all__ = ["DIRECT", "AudioRef", "AudioStore", "Direction", "Event", "Path", "attach", "decoded", "detach"]

Direction = Literal["sent", "received", "local"]
"""Seen from the client; ``local`` is what rtnb itself noted: it never was on the wire, and replays need it."""
Path = tuple[str | int, ...]
"""Where a member sits in an event, such as ``("item", "content", 0, "audio")``."""


BLOCK_BYTES = 1 << 18
"""Audio is held in blocks of this size, so that it is never copied to grow: 5.5 seconds of PCM16 at 24 kHz."""


class AudioStore:
    """Append-only bytes of one direction of a session. One thread appends; any thread reads."""

    __slots__ = ("_blocks", "_later", "_length", "_lock", "name")

    def __init__(self, name: str, data: bytes = b"") -> None:
        self.name = name
        self._blocks: list[bytearray] = []
        self._length = 0
        self._later: tuple[int, Callable[[], bytes]] | None = None
        self._lock = threading.Lock()
        self._extend(data)

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

    def _fill(self) -> None:
        with self._lock:
            if self._later is not None:
                self._extend(self._later[1]())
                self._later = None

    def append(self, data: bytes) -> tuple[int, int]:
        """Add bytes; returns ``(offset, length)``."""
        if self._later is not None:
            self._fill()
        offset, size = self._length, len(data)
        start = offset % BLOCK_BYTES
        if start and start + size <= BLOCK_BYTES:
            self._blocks[-1][start : start + size] = data
            # Readers go by the length, so it grows last.
            self._length = offset + size
        else:
            self._extend(data)
        return offset, size

    def _extend(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            start = self._length % BLOCK_BYTES
            if not start:
                self._blocks.append(bytearray(BLOCK_BYTES))
            piece = rest[: BLOCK_BYTES - start]
            self._blocks[-1][start : start + len(piece)] = piece
            self._length += len(piece)
            rest = rest[len(piece) :]

    def read(self, offset: int, length: int) -> bytes:
        """Bytes `offset` to `offset` + `length`; shorter where the store ends."""
        if self._later is not None:
            self._fill()
        start, stop = max(0, offset), min(offset + length, self._length)
        if start >= stop:
            return b""
        first, last = start // BLOCK_BYTES, (stop - 1) // BLOCK_BYTES
        base = first * BLOCK_BYTES
        if first == last:
            return bytes(memoryview(self._blocks[first])[start - base : stop - base])
        views = [memoryview(block) for block in self._blocks[first : last + 1]]
        views[0] = views[0][start - base :]
        views[-1] = views[-1][: stop - last * BLOCK_BYTES]
        return b"".join(views)

    def __len__(self) -> int:
        later = self._later
        return self._length if later is None else later[0]


class AudioRef(NamedTuple):
    """Where the audio of one member lies. Which store it is in is not compared."""

    path: Path
    store: AudioStore
    offset: int
    length: int

    def __eq__(self, other: object) -> bool:
        return self[0::2] == other[0::2] and self[3] == other[3] if isinstance(other, AudioRef) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.path, self.offset, self.length))

    def bytes(self) -> bytes:
        """The decoded audio."""
        return self.store.read(self.offset, self.length)


class _Fields(NamedTuple):
    seq: int
    t_s: float
    wall_s: float
    direction: Direction
    type: str
    shared: Mapping[str, Any]
    audio: tuple[AudioRef, ...]
    event_id: str | None


class Event(_Fields):
    """One protocol event as it was sent or received, or what rtnb noted itself. It cannot be changed.

    Parameters
    ----------
    seq : int
        Position in the log, from 0.
    t_s : float
        Monotonic seconds since the connection opened.
    wall_s : float
        Unix time in seconds.
    direction : {"sent", "received", "local"}
        Seen from the client.
    type : str
        The event's ``type``; empty when it had none.
    body : dict
        The event without its audio members. Do not change it.
    audio : tuple of AudioRef
        Where the audio members are.
    event_id : str, optional
        Of an event that shares its `body` with others but for this; what `body` says of it is not looked at.

    Examples
    --------
    >>> Event(0, 1.5, 1001.5, "sent", "response.cancel", {"type": "response.cancel"})
       1.500 → response.cancel
    """

    # A tuple and not a dataclass: tens of thousands of these are made and kept in an hour of audio. And all chunks of
    # one answer have the same members but for their event_id.
    __slots__ = ()

    def __new__(
        cls,
        seq: int,
        t_s: float,
        wall_s: float,
        direction: Direction,
        type: str,
        body: Mapping[str, Any],
        audio: tuple[AudioRef, ...] = (),
        event_id: str | None = None,
    ) -> Event:
        return tuple.__new__(cls, (seq, t_s, wall_s, direction, type, body, audio, event_id))

    @property
    def body(self) -> Mapping[str, Any]:
        """The event without its audio members. Do not change it."""
        return self.shared if self.event_id is None else {**self.shared, "event_id": self.event_id}

    def _key(self) -> tuple[object, ...]:
        return (*self[:5], self.body, self.audio)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Event) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    @property
    def raw(self) -> dict[str, Any]:
        """The event as it went over the wire, base64 audio included."""
        return attach(self.body, self.audio)

    def __repr__(self) -> str:
        arrow = ARROWS.get(self.direction, "?")
        size = sum(ref.length for ref in self.audio)
        return f"{self.t_s:8.3f} {arrow} {self.type}" + (f" [{size} B audio]" if size else "")


ARROWS: Mapping[str, str] = {"sent": "→", "received": "←", "local": "·"}

DIRECT: Mapping[str, str] = {
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


def decoded(text: str | bytes | memoryview) -> bytes | None:
    """The bytes that base64 says; None where it is none, or would not come back as it was written.

    Examples
    --------
    >>> decoded("QQ=="), decoded("QR=="), decoded("QQ")
    (b'A', None, None)
    """
    if not text:
        return None
    try:
        data: bytes = pybase64.b64decode(text, validate=True)
    except ValueError:
        return None
    # Only a last group that is padded can be written in several ways.
    if len(data) % 3 and pybase64.b64encode(data[-(len(data) % 3) :]) != (
        text[-4:].encode() if isinstance(text, str) else bytes(text[-4:])
    ):
        return None
    return data


def _decoded(text: object) -> bytes | None:
    return decoded(text) if isinstance(text, str) else None


def detach(event: dict[str, Any], store: AudioStore) -> tuple[dict[str, Any], tuple[AudioRef, ...]]:
    """Split an event into its body without audio and references into `store`.

    The event itself is not changed. Text that is not base64 stays where it is.
    """
    kind = event.get("type")
    name = DIRECT.get(kind) if isinstance(kind, str) else None
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
