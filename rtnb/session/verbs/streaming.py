"""Audio played into the input buffer at real pace, and the silence behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import pybase64

from rtnb.audio.formats import PCMA, PCMU, AudioFormat
from rtnb.audio.pacing import CHUNK_MS
from rtnb.session.conversation.formats import audio_format
from rtnb.session.core import Core

__all__ = ["Pace", "append_event", "finish_turns", "gated", "play_in", "silence"]

TAIL_LIMIT_S = 12.0
"""Silence streamed at most behind a recording for its last turn to close; semantic VAD waits up to 8 s."""

Pace = Literal["real", "source"]
"""``real``: as it was spoken; ``source``: as fast as it comes."""


def append_event(pcm: bytes) -> dict[str, Any]:
    """An ``input_audio_buffer.append``."""
    return {"type": "input_audio_buffer.append", "audio": pybase64.b64encode(pcm).decode("ascii")}


def silence(spoken: AudioFormat, length: int) -> bytes:
    """So many bytes of silence: the code of amplitude 0 in G.711 (ITU-T Recommendation G.711, tables 1a and 2a).

    Examples
    --------
    >>> silence(PCMU, 2), silence(PCMA, 1)
    (b'\\xff\\xff', b'\\xd5')
    """
    return (b"\xff" if spoken is PCMU else b"\xd5" if spoken is PCMA else b"\x00") * length


def gated(core: Core, data: bytes) -> bytes:
    """Input audio as it is sent: silence in half duplex while an answer sounds, so that the clock goes on."""
    if core.behaviour.half_duplex and core.talk.player.playing(now_s=core.now_s()) is not None:
        return silence(audio_format(core.talk.config, "input"), len(data))
    return data


async def play_in(core: Core, pieces: AsyncIterator[bytes], *, pace: Pace = "real") -> None:
    """Append audio, at the pace it was spoken unless the source keeps its own."""
    rate = audio_format(core.talk.config, "input").bytes_per_ms
    size = CHUNK_MS * rate
    loop = asyncio.get_running_loop()
    start, sent, held = loop.time(), 0, b""

    async def send(chunk: bytes) -> None:
        nonlocal start, sent
        sent += len(chunk)
        due = start + sent / rate / 1000
        now = loop.time()
        if pace == "real" and now < due:
            await asyncio.sleep(due - now)
        elif now > due:
            # The source was late: its pace is the real one from here on.
            start += now - due
        await core.send(append_event(gated(core, chunk)))

    async for piece in pieces:
        held += piece
        whole = len(held) - len(held) % size
        for offset in range(0, whole, size):
            await send(held[offset : offset + size])
        held = held[whole:]
    if held:
        await send(held)


async def finish_turns(core: Core, first: int) -> None:
    """Silence at real pace until turn detection has closed the last turn and it is answered."""
    talk = core.talk
    spoken = audio_format(talk.config, "input")
    quiet = silence(spoken, CHUNK_MS * spoken.bytes_per_ms)
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
        if streamed_s >= TAIL_LIMIT_S and talk.active_response() is None and not talk.owed:
            break
        sent += 1
        await asyncio.sleep(max(0.0, start + sent * CHUNK_MS / 1000 - loop.time()))
        await core.send(append_event(quiet))
