"""The line between one session and the page that has its microphone; on the session's loop."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Final

from rtnb.protocol.envelope import Event
from rtnb.session.aio import AsyncSession
from rtnb.session.conversation.reading import number, string, whole
from rtnb.widgets.ear import Ear
from rtnb.widgets.speaker import Speaker

__all__ = ["Line"]

SILENT_S: Final = 5.0
"""After so long without a word the page counts as gone; it sends about twenty a second while it listens."""

GOODBYE_S: Final = 0.6
"""How long a page may take to say its last count."""

_HOLDERS: Final[weakref.WeakKeyDictionary[Any, weakref.ref[Line]]] = weakref.WeakKeyDictionary()
"""By the inside of a session: the line whose page is on. A session has one microphone, however many views it has."""


class Line:
    """Who talks with the session: one page at a time.

    Parameters
    ----------
    session : AsyncSession
    send : callable
        Sends a message to all pages, with buffers; each knows by ``page`` whether it is meant.
    play : bool
        Whether the page plays the answers.
    changed : callable
        Called when there is something else to say about it.
    """

    def __init__(
        self,
        session: AsyncSession,
        send: Callable[[Mapping[str, Any], list[bytes]], None],
        *,
        play: bool,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._send_all = send
        self._changed = changed
        self._clock = clock
        self._heard_s = 0.0
        self._off = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._closed = False
        self.page = ""
        """The page that has the microphone; empty while it is off."""
        self.gone = False
        """Whether that page has not been heard for a while."""
        self.problem = ""
        self.device = ""
        self.capturing = False
        """Whether that page listens; else it only plays."""
        self.dropped = 0
        self.waiting_ms = 0.0
        self.peak = 0.0
        """Of what the page played lately, 0 to 1."""
        self.ear = Ear(session, lambda seq: self._send({"type": "ack", "seq": seq}), self._over)
        self.speaker = Speaker(session, self._send) if play else None
        self._end = session.core.subscribe(self._see, audio=play)

    @property
    def listening(self) -> bool:
        """Whether a page of it hears somebody, and is heard of itself."""
        return bool(self.page) and self.capturing and not self.gone

    @property
    def elsewhere(self) -> bool:
        """Whether another view of the session listens."""
        return (other := self._holder()) is not None and other is not self and other.listening

    def hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        """A message of a page."""
        kind, page = string(content.get("type")), string(content.get("page"))
        if self._closed or not page:
            return
        if kind == "hello":
            if self.page:
                self._send_all({"type": "taken", "page": self.page}, [])
            return
        if kind == "on":
            self._begin(page, content)
        if kind == "problem":
            self.problem = string(content.get("text"))
            self._changed()
        if page != self.page:
            return
        self._heard_s = self._clock()
        if self.gone:
            self._back()
        match kind:
            case "frame":
                self.dropped = whole(content.get("dropped"))
                self.waiting_ms = number(content.get("waiting_ms")) or 0.0
                if buffers:
                    self.ear.take(whole(content.get("seq")), buffers[0])
            case "beat":
                self.ear.beat(whole(content.get("sent")))
            case "played":
                self._played(content)
            case "capture":
                self._capture(content)
            case "off":
                self._quiet()

    async def close(self) -> None:
        """Stop the page, take its last count, and let go of the session. Closing twice is fine."""
        if self._closed:
            return
        if self.page and not self.gone:
            self._send({"type": "stop"})
            try:
                async with asyncio.timeout(GOODBYE_S):
                    await self._off.wait()
            except TimeoutError:
                # The page is gone, or the kernel cannot be reached while its cell runs.
                pass
        self.close_now()

    def close_now(self) -> None:
        """As :meth:`close`, without waiting for the page."""
        if self._closed:
            return
        if self.page:
            self._send({"type": "stop"})
            self._quiet()
        self._closed = True
        self._end()

    def give_way(self) -> None:
        """Another view of the session has the microphone now."""
        if self.page and not self._closed:
            self._send({"type": "stop"})
            self._quiet()

    # Inside

    def _holder(self) -> Line | None:
        known = _HOLDERS.get(self._session.core)
        return None if known is None else known()

    def _send(self, content: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        self._send_all({**content, "page": self.page}, buffers or [])

    def _begin(self, page: str, content: Mapping[str, Any]) -> None:
        if self._session.core.over:
            return
        captures = content.get("capture") is not False
        other = self._holder()
        if not captures and other is not None and other.listening and other.page != page:
            # Who only wants to hear answers switches nobody's microphone off: they sound where that is.
            self._send_all({"type": "taken", "page": other.page}, [])
            return
        if self.page and self.speaker is not None:
            self.speaker.detach()
        if other is not None and other is not self:
            other.give_way()
        _HOLDERS[self._session.core] = weakref.ref(self)
        self.page, self.problem, self.gone = page, "", False
        self.device = string(content.get("device"))
        self.capturing = captures
        self._off.clear()
        self._send_all({"type": "taken", "page": page}, [])
        self.ear.begin()
        if self.speaker is not None:
            self.speaker.attach()
        if self._watcher is None or self._watcher.done():
            self._watcher = self._session.core.keep(self._watch())
        self._changed()

    def _capture(self, content: Mapping[str, Any]) -> None:
        """The page listens from now on, or only plays."""
        self.capturing = content.get("capture") is True
        self.problem = ""
        if self.capturing:
            self.device = string(content.get("device"))
        elif not self._session.core.over:
            # Nothing more comes: what was being said is over.
            self._session.core.keep(self.ear.close_speech())
        self._changed()

    def _played(self, content: Mapping[str, Any]) -> None:
        counts = content.get("counts")
        self.peak = number(content.get("peak")) or 0.0
        if self.speaker is not None:
            self.speaker.played(
                counts if isinstance(counts, list) else [],
                sounding=content.get("sounding") is True,
                underruns=whole(content.get("underruns")),
            )

    def _quiet(self) -> None:
        if self.speaker is not None:
            self.speaker.detach()
        self.page, self.gone, self.capturing = "", False, False
        self._off.set()
        self._send_all({"type": "taken", "page": ""}, [])
        if not self._session.core.over:
            self._session.core.keep(self.ear.close_speech())
        self._changed()

    async def _watch(self) -> None:
        while self.page:
            await asyncio.sleep(SILENT_S / 5)
            if self.page and not self.gone and self._clock() - self._heard_s > SILENT_S:
                # Perhaps only the kernel is busy, and the page comes back.
                self.gone = True
                if self.speaker is not None:
                    self.speaker.detach()
                self._closing = self._session.core.keep(self.ear.close_speech())
                self._changed()

    def _back(self) -> None:
        self.gone = False
        if self._closing is not None:
            # What waited in the page comes now: no silence between its frames.
            self._closing.cancel()
        if self.speaker is not None:
            self.speaker.attach()
        self._changed()

    def _over(self) -> None:
        self.problem = "The session is over."
        if self.page:
            self._send({"type": "stop"})
        self._changed()

    def _see(self, event: Event) -> None:
        if not self.page:
            return
        if self.speaker is not None:
            self.speaker.see(event)
        if event.direction == "received" and event.type in SPEECH:
            self._send({"type": "speaking", "speaking": event.type == "input_audio_buffer.speech_started"})


SPEECH: Final = frozenset({"input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"})
