"""What a client's items were made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.protocol.envelope import AudioRef, Event
from rtnb.session.conversation.formats import audio_format
from rtnb.session.conversation.reading import at, parts, string
from rtnb.session.record.log import EventLog

__all__ = ["Materials"]

Json = dict[str, Any]


class Materials:
    """What a client's items were made of, which servers do not send back: audio, images, and items on their way.

    A fold over recorded events, pure.

    Examples
    --------
    >>> from rtnb.session.record.log import EventLog
    >>> log = EventLog(start_s=0, start_wall_s=0)
    >>> item = {"id": "a", "type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]}
    >>> _ = log.record({"type": "conversation.item.create", "event_id": "e", "item": item}, "sent", now_s=0)
    >>> made = Materials().catch_up(log)
    >>> len(made.audio("a")[0]), made.unanswered
    (3, ['a'])
    """

    def __init__(self) -> None:
        self.wires: dict[str, Json] = {}
        """Each item that ever was, as the server has it, with the images that the client sent."""
        self.format: AudioFormat = PCM16
        """Of the session's input at present."""
        self._audio: dict[str, dict[int, tuple[AudioRef, AudioFormat]]] = {}
        self._unanswered: dict[str, str] = {}
        self._nameless: list[tuple[str, Json, tuple[AudioRef, ...]]] = []
        self._seen = 0
        self._handlers: dict[tuple[str, str], Callable[[Event], None]] = {
            ("sent", "conversation.item.create"): self._sent,
            ("received", "session.created"): self._created,
            ("received", "session.updated"): self._session,
            ("received", "conversation.item.added"): self._added,
            ("received", "conversation.item.created"): self._added,
            ("received", "conversation.item.done"): self._added,
            ("received", "conversation.item.retrieved"): self._known,
            ("received", "response.output_item.done"): self._known,
            ("received", "error"): self._error,
        }

    def catch_up(self, log: EventLog) -> Self:
        """Take in what was recorded since the last time; returns itself."""
        for event in log[self._seen :]:
            self.apply(event)
        return self

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        self._seen = event.seq + 1
        handler = self._handlers.get((event.direction, event.type))
        if handler is not None:
            handler(event)

    @property
    def unanswered(self) -> list[str]:
        """Ids of items that were sent and that the server has neither acknowledged nor refused yet."""
        return list(self._unanswered.values())

    def audio(self, item_id: str, index: int = 0) -> tuple[bytes, AudioFormat] | None:
        """Audio that a client's item brought, and its format; None where there is none."""
        found = self._audio.get(item_id, {}).get(index)
        return None if found is None else (found[0].bytes(), found[1])

    def _sent(self, event: Event) -> None:
        item = event.body.get("item")
        if not isinstance(item, Mapping):
            return
        event_id = string(event.body.get("event_id"))
        if not isinstance(item.get("id"), str):
            self._nameless.append((event_id, dict(item), event.audio))
            return
        self._unanswered[event_id] = item["id"]
        self._take(item["id"], item, event.audio)

    def _created(self, event: Event) -> None:
        # What the connection before had not taken in will not be taken in any more.
        self._unanswered.clear()
        self._nameless.clear()
        self._session(event)

    def _session(self, event: Event) -> None:
        session = event.body.get("session")
        if isinstance(session, Mapping):
            self.format = audio_format(session, "input")

    def _added(self, event: Event) -> None:
        item = event.body.get("item")
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str):
            return
        item_id = item["id"]
        self._unanswered = {asked: sent for asked, sent in self._unanswered.items() if sent != item_id}
        if item_id not in self.wires:
            self._name(item_id, item)
        self._take(item_id, item, event.audio)

    def _name(self, item_id: str, item: Mapping[str, Any]) -> None:
        """An item that a client sent without an id has one now."""
        for index, (_, sent, audio) in enumerate(self._nameless):
            if (sent.get("type"), sent.get("role")) == (item.get("type"), item.get("role")):
                del self._nameless[index]
                self._take(item_id, sent, audio)
                return

    def _known(self, event: Event) -> None:
        item = event.body.get("item")
        if isinstance(item, Mapping) and isinstance(item.get("id"), str):
            self._take(item["id"], item, event.audio if item.get("role") == "user" else ())

    def _error(self, event: Event) -> None:
        event_id = string(at(event.body, "error", "event_id"))
        self._unanswered.pop(event_id, None)
        self._nameless = [one for one in self._nameless if one[0] != event_id]

    def _take(self, item_id: str, item: Mapping[str, Any], audio: tuple[AudioRef, ...]) -> None:
        new, old = dict(item), self.wires.get(item_id, {})
        content, before = parts(new), parts(old)
        # Servers do not echo images, and only the one that was sent can be sent again.
        for index, part in enumerate(content):
            if index < len(before) and part.get("type") == "input_image" and not part.get("image_url"):
                content[index] = {**before[index], **part, "image_url": before[index].get("image_url")}
        if content:
            new["content"] = content
        self.wires[item_id] = {**old, **new, "id": item_id}
        kept = self._audio.setdefault(item_id, {}) if audio else {}
        for ref in audio:
            if len(ref.path) == 4 and isinstance(ref.path[2], int):
                # The first is the client's own; what is retrieved later is in the format of that time.
                kept.setdefault(ref.path[2], (ref, self.format))
