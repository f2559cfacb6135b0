"""What a page's microphone records: frames in their order, one page at a time, up to a limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.audio.formats import PCM16
from rtnb.session.conversation.reading import string, whole
from rtnb.widgets.order import ACK_FRAMES, FrameOrder

__all__ = ["PIECE_S", "Tape"]

SILENT_S: Final = 5.0
"""After so long without a word a page that records counts as gone; it sends about sixteen frames a second."""

LATE_S: Final = 1.0
"""So long after the end frames may come that were overtaken by it: callbacks run on several threads."""

PIECE_S: Final = 20
"""Seconds of sound in one message to a page that plays (``PIECE_S`` in vad_player.mjs)."""

Send = Callable[[Mapping[str, Any], list[bytes]], None]


class Tape:
    """Takes one after another; each verb may be called from any thread.

    Parameters
    ----------
    send : callable
        Sends a message to all pages, with buffers; one that names a ``page`` is only for that one.
    max_s : float
        The longest take, in seconds.
    ended : callable
        Called, under the tape's lock, when a take is over or there is something else to say.
    clock : callable
        Seconds that only grow.

    Examples
    --------
    >>> told = []
    >>> tape = Tape(lambda content, buffers: told.append(content["type"]), max_s=60)
    >>> tape.hear({"type": "on", "page": "a", "device": "Headset"}, [])
    >>> tape.hear({"type": "frame", "page": "a", "seq": 0}, [bytes(2880)])
    >>> tape.recording, tape.seconds
    (True, 0.06)
    >>> tape.hear({"type": "off", "page": "a", "sent": 0}, [])
    >>> tape.recording, tape.clip().duration_s, told
    (False, 0.06, ['taken', 'taken', 'tape'])
    """

    def __init__(
        self,
        send: Send,
        *,
        max_s: float,
        ended: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._most = round(max_s * PCM16.rate_hz) * 2
        self._ended = ended
        self._clock = clock
        self._over = threading.Condition(threading.RLock())
        self._order = FrameOrder()
        self._sound = bytearray()
        self._peaks = bytearray()
        self._takes: list[Clip] = []
        self._lost = 0
        self._confirmed = -1
        self._last: int | None = None
        self._heard_s = self._off_s = 0.0
        self._closed = False
        self.number = 0
        """Of the latest take, from 1; 0 before any."""
        self.page = ""
        """The page that records; empty while none does."""
        self.device = ""
        self.problem = ""
        self.full = False
        """Whether the latest take was ended by the limit."""

    # What there is

    @property
    def recording(self) -> bool:
        """Whether a page records, and was heard of lately."""
        with self._over:
            self._settle()
            return bool(self.page) and not self._silent

    @property
    def seconds(self) -> float:
        """How long the latest take is, so far."""
        return len(self._sound) / 2 / PCM16.rate_hz

    @property
    def lost(self) -> int:
        """Frames of all takes that never came."""
        return self._lost + self._order.lost

    def clip(self) -> Clip | None:
        """The latest take, as far as it has come; None before any."""
        with self._over:
            self._settle()
            if self.page and self._sound:
                return Clip.from_pcm16(bytes(self._sound), PCM16.rate_hz)
            return self._takes[-1] if self._takes else None

    def clips(self) -> tuple[Clip, ...]:
        """All takes that are over, the oldest first."""
        with self._over:
            self._settle()
            return tuple(self._takes)

    def wait(self, timeout_s: float) -> bool:
        """Wait until there is a take and none is under way; whether it came to that."""
        with self._over:
            # In steps: the end of a page that has vanished is nothing that notifies.
            end = self._clock() + timeout_s
            while self.recording or self.clip() is None:
                rest = end - self._clock()
                if rest <= 0 or self._closed:
                    return False
                self._over.wait(min(0.2, rest))
            return True

    # What pages say

    def hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        """A message of a page."""
        kind, page = string(content.get("type")), string(content.get("page"))
        with self._over:
            if self._closed or not page:
                return
            self._settle()
            if kind == "hello":
                if self._silent:
                    # It was loaded anew, most likely, and could not say goodbye.
                    self._finish()
                if self.page:
                    self._send({"type": "taken", "page": self.page}, [])
                self._tell(page)
            elif kind == "sound":
                self._play(page, whole(content.get("piece")), whole(content.get("take")))
            elif kind == "problem":
                self.problem = string(content.get("text"))
                self._ended()
            elif kind == "on":
                self._begin(page, string(content.get("device")))
            if page == self.page:
                self._heard_s = self._clock()
                self._of_the_page(kind, content, buffers)

    def stop(self) -> None:
        """End what is being recorded, as the button does."""
        with self._over:
            if self.page:
                self._send({"type": "stop", "page": self.page}, [])

    def close(self) -> None:
        """Nothing is recorded any more; what was stays."""
        with self._over:
            if self._closed:
                return
            if self.page:
                self._send({"type": "stop", "page": self.page}, [])
                self._finish()
            self._closed = True
            self._over.notify_all()

    # Inside

    def _of_the_page(self, kind: str, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        match kind:
            case "frame" if buffers:
                data = buffers[0]
                self._take(self._order.take(whole(content.get("seq")), data[: len(data) - len(data) % 2]))
            case "beat":
                self._take(self._order.beat(whole(content.get("sent"))))
                if self._order.done >= 0:
                    self._send({"type": "ack", "seq": self._order.done, "page": self.page}, [])
            case "off":
                self._last, self._off_s = whole(content.get("sent", -1)), self._clock()
        if self.page and self._last is not None and self._order.done >= self._last:
            self._finish()

    def _begin(self, page: str, device: str) -> None:
        if self.page:
            self._finish()
        self._lost += self._order.lost
        self._order = FrameOrder()
        self._sound, self._peaks = bytearray(), bytearray()
        self._confirmed = -1
        self._last = None
        self.number += 1
        self.page, self.device, self.problem, self.full = page, device, "", False
        self._send({"type": "taken", "page": page}, [])

    def _take(self, frames: list[bytes]) -> None:
        for frame in frames:
            data = frame[: self._most - len(self._sound)]
            if data:
                self._sound += data
                loudest = int(np.abs(np.frombuffer(data, "<i2").astype(np.int32)).max())
                self._peaks.append(min(255, loudest >> 7))
        done = self._order.done
        if frames and done - self._confirmed >= ACK_FRAMES:
            self._confirmed = done
            self._send({"type": "ack", "seq": done, "page": self.page}, [])
        if len(self._sound) >= self._most and not self.full:
            self.full = True
            self._send({"type": "stop", "page": self.page}, [])
            self._finish()

    @property
    def _silent(self) -> bool:
        # Perhaps only the kernel is busy: the take goes on if the page comes back.
        return bool(self.page) and self._clock() - self._heard_s > SILENT_S

    def _settle(self) -> None:
        """End a take whose last frames do not come."""
        if self.page and self._last is not None and self._clock() - self._off_s > LATE_S:
            self._take(self._order.skip(self._last + 1))
            if self.page:
                self._finish()

    def _finish(self) -> None:
        self.page, self._last = "", None
        if self._sound:
            self._takes.append(Clip.from_pcm16(bytes(self._sound), PCM16.rate_hz))
        self._send({"type": "taken", "page": ""}, [])
        self._tell()
        self._ended()
        self._over.notify_all()

    def _tell(self, page: str = "") -> None:
        """How the latest take looks: a byte of loudness a frame."""
        state: dict[str, Any] = {"type": "tape", "take": self.number, "on": self.page, "full": self.full}
        state |= {"seconds": self.seconds, "lost": self.lost, "takes": len(self._takes)}
        self._send({**state, "page": page} if page else state, [bytes(self._peaks)])

    def _play(self, page: str, piece: int, take: int) -> None:
        if take != self.number or piece < 0:
            return
        size = PIECE_S * PCM16.rate_hz * 2
        data = bytes(self._sound[piece * size : (piece + 1) * size])
        self._send({"type": "sound", "page": page, "take": take, "piece": piece}, [data])
