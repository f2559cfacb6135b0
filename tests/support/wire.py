"""A bare client of the embedded server: JSON in, JSON out, nothing clever."""

from __future__ import annotations

import base64
import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from rtnb import Clip

Json = dict[str, Any]


class Wire:
    """One connection."""

    def __init__(self, url: str, *, key: str | None = None, model: str | None = "gpt-realtime-2.1", **options: Any):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._open = ExitStack()
        self.socket = self._open.enter_context(
            connect(
                url + (f"?model={model}" if model else ""),
                additional_headers=headers | options.pop("headers", {}),
                max_size=None,
                compression=None,
                proxy=None,
                **options,
            )
        )
        self.seen: list[Json] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def send(self, event: Json | str | bytes) -> None:
        self.socket.send(json.dumps(event) if isinstance(event, dict) else event)

    def next(self, timeout: float = 20.0) -> Json:
        event: Json = json.loads(self.socket.recv(timeout))
        self.seen.append(event)
        return event

    def until(self, *types: str, timeout: float = 20.0) -> Json:
        """Read up to the first event of one of these types."""
        end = time.monotonic() + timeout
        while True:
            event = self.next(max(0.01, end - time.monotonic()))
            if event["type"] in types:
                return event

    def ask(self, event: Json, *types: str) -> Json:
        self.send(event)
        return self.until(*types)

    def update(self, **session: Any) -> Json:
        return self.ask(
            {"type": "session.update", "session": {"type": "realtime", **session}}, "session.updated", "error"
        )

    def say(self, text: str) -> Json:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return self.ask({"type": "conversation.item.create", "item": item}, "conversation.item.done", "error")

    def append(self, pcm: bytes, chunk_ms: int = 100) -> None:
        size = 48 * chunk_ms
        for start in range(0, len(pcm), size):
            audio = base64.b64encode(pcm[start : start + size]).decode()
            self.send({"type": "input_audio_buffer.append", "audio": audio})

    def closing(self) -> tuple[int, str]:
        """Read to the end; the close code and reason."""
        try:
            while True:
                self.next()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code, closed.rcvd.reason


def types(events: list[Json], *, without: tuple[str, ...] = ()) -> list[str]:
    """Event types in order, runs of the same type once."""
    found: list[str] = []
    for event in events:
        if event["type"] in without:
            continue
        if not found or found[-1] != event["type"]:
            found.append(event["type"])
    return found


def speech(seconds_behind: float = 0.0) -> bytes:
    """The spoken weather question as PCM16 at 24 kHz, with silence behind it."""
    import rtnb

    clip = Clip.load(rtnb.sample("weather_question"))
    return Clip.concat([clip, Clip.silence(seconds_behind)]).to_pcm16(24000) if seconds_behind else clip.to_pcm16(24000)
