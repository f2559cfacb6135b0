"""A recording played into the input buffer at real pace, and the silence behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import pybase64

from rtnb.audio.pacing import CHUNK_MS, chunks
from rtnb.session.config.content import BYTES_PER_MS
from rtnb.session.wire.connection import Connection

__all__ = ["append_event", "finish_turns", "play_in"]

TAIL_LIMIT_S = 12.0
"""Silence streamed at most behind a recording for its last turn to close; semantic VAD waits up to 8 s."""


def append_event(pcm: bytes) -> dict[str, Any]:
    """An ``input_audio_buffer.append``."""
    return {"type": "input_audio_buffer.append", "audio": pybase64.b64encode(pcm).decode("ascii")}


async def play_in(connection: Connection, data: bytes) -> None:
    """Append audio at the pace it was spoken."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for due_s, chunk in chunks(data, bytes_per_ms=BYTES_PER_MS):
        await asyncio.sleep(max(0.0, start + due_s - loop.time()))
        await connection.send(append_event(chunk))


async def finish_turns(connection: Connection, first: int) -> None:
    """Silence at real pace until turn detection has closed the last turn and it is answered."""
    talk = connection.talk
    silence = bytes(CHUNK_MS * BYTES_PER_MS)
    detection = talk.input_settings().get("turn_detection") or {}
    # Speech in the very last samples is only reported after the detector's own delay.
    least_s = 0.5 + float(detection.get("silence_duration_ms") or 0) / 1000
    loop = asyncio.get_running_loop()
    start, sent = loop.time(), 0
    while True:
        turns = talk.turns[first:]
        streamed_s = sent * CHUNK_MS / 1000
        if streamed_s >= least_s and all(talk.over(turn) for turn in turns):
            break
        if streamed_s >= TAIL_LIMIT_S and talk.active_response() is None:
            break
        sent += 1
        await asyncio.sleep(max(0.0, start + sent * CHUNK_MS / 1000 - loop.time()))
        await connection.send(append_event(silence))
