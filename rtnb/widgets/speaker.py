"""The answers' audio on its way to a page, and how much of it the page says was played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from rtnb.audio.formats import PCM16
from rtnb.protocol.envelope import Event
from rtnb.session.aio import AsyncSession
from rtnb.session.conversation.formats import audio_format
from rtnb.session.conversation.reading import number, string

__all__ = ["Speaker"]

GATHER_S: Final = 0.03
"""Chunks that arrive within this time are sent to the page in one message."""


class Speaker:
    """The session's player while a page plays; lives on the session's loop.

    Parameters
    ----------
    session : AsyncSession
    send : callable
        Sends a message to the page, with buffers.
    """

    def __init__(self, session: AsyncSession, send: Callable[[Mapping[str, Any], list[bytes]], None]) -> None:
        self._session = session
        self._send = send
        self._on = False
        self._fresh: dict[str, bytearray] = {}
        self._ends: list[str] = []
        self._base_ms: dict[str, float] = {}
        self._of: dict[str, str] = {}
        self._cut: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.played_ms: dict[str, float] = {}
        """How much of each answer was played, in milliseconds from its beginning."""
        self.sounding = False
        self.underruns = 0

    @property
    def attached(self) -> bool:
        """Whether it is the session's playback clock now."""
        return self._on

    def attach(self) -> None:
        """The page plays from now on; what sounded before it did counts as heard."""
        if self._on or self._session.core.over:
            return
        self._on = True
        player = self._session.player
        player.attach()
        for _ in range(100):
            if (item_id := player.sounding()) is None or item_id in self._base_ms:
                break
            player.report(item_id, played_ms=self._session.core.talk.items[item_id].audio_ms)
            if player.sounding() == item_id:
                break

    def detach(self) -> None:
        """The page is gone, or silent."""
        if not self._on:
            return
        self._on = self.sounding = False
        self._drop()
        self._cut.update(self._base_ms)
        if not self._session.core.over:
            self._session.player.detach()

    def see(self, event: Event) -> None:
        """Something happened in the session."""
        if not self._on:
            return
        match (event.direction, event.type):
            case ("received", "response.output_audio.delta"):
                self._chunk(event)
            case ("received", "response.output_audio.done"):
                self._end(string(event.body.get("item_id")))
            case ("received", "response.done"):
                response = event.body.get("response")
                done = string(response.get("id")) if isinstance(response, Mapping) else ""
                for item_id in [item for item, response_id in self._of.items() if response_id == done]:
                    self._end(item_id)
            case ("received", "input_audio_buffer.speech_started"):
                detection = self._session.core.talk.input_settings().get("turn_detection")
                if not isinstance(detection, Mapping) or detection.get("interrupt_response", True):
                    self.flush()
            case ("sent", "response.cancel" | "conversation.item.truncate"):
                self.flush()

    def flush(self) -> None:
        """Silence at once; what is on its way to the page is never played."""
        self._drop()
        self._cut.update(self._base_ms)
        self._send({"type": "flush"}, [])

    def played(self, counts: Iterable[object], *, sounding: bool, underruns: int) -> None:
        """The page has played so much of its items, each as ``{"id", "ms"}`` from what it was sent first."""
        self.sounding, self.underruns = sounding, underruns
        for count in counts:
            if not isinstance(count, Mapping):
                continue
            item_id, played_ms = string(count.get("id")), number(count.get("ms"))
            if item_id not in self._base_ms or played_ms is None or played_ms < 0:
                continue
            total_ms = self._base_ms[item_id] + played_ms
            # Messages may overtake each other.
            if total_ms > self.played_ms.get(item_id, 0.0):
                self.played_ms[item_id] = total_ms
                if self._on:
                    self._session.player.report(item_id, played_ms=total_ms)

    def _chunk(self, event: Event) -> None:
        talk = self._session.core.talk
        item_id, response_id = string(event.shared.get("item_id")), string(event.shared.get("response_id"))
        response, item = talk.responses.get(response_id), talk.items.get(item_id)
        if item is None or response is None or response.cut or not response.in_conversation or item_id in self._cut:
            return
        data = b"".join(ref.bytes() for ref in event.audio)
        if item_id not in self._base_ms:
            before = item.audio_ms - len(data) / audio_format(talk.config, "output").bytes_per_ms
            self._base_ms[item_id], self._of[item_id] = max(0.0, before), response_id
        self._fresh.setdefault(item_id, bytearray()).extend(data)
        self._soon()

    def _end(self, item_id: str) -> None:
        if self._of.pop(item_id, None) is not None and item_id not in self._cut:
            self._ends.append(item_id)
            self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        spoken = audio_format(self._session.core.talk.config, "output")
        for item_id, fresh in self._fresh.items():
            # A chunk may end within a sample; its other half comes with the next.
            data = spoken.whole(bytes(fresh))
            del fresh[: len(data)]
            if data:
                pcm = data if spoken is PCM16 else spoken.int16(data).astype("<i2").tobytes()
                self._send({"type": "play", "item": item_id, "rate": spoken.rate_hz}, [pcm])
        for item_id in self._ends:
            self._fresh.pop(item_id, None)
            self._send({"type": "end", "item": item_id}, [])
        self._ends.clear()

    def _drop(self) -> None:
        self._fresh.clear()
        self._ends.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
