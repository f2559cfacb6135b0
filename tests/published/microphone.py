"""The guide's microphone program as repaired: speech that turn detection ends, and an answer to it.

The microphone is whatever module ``sounddevice`` is there. What was repaired is marked.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from typing import Any

import sounddevice  # type: ignore[import-not-found]
import websockets

URL = os.environ["EXAMPLE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "OpenAI-Beta": "realtime=v1"}
RATE_HZ = 24000
CHUNK_MS = 40


async def listen(socket: Any) -> None:
    loop = asyncio.get_running_loop()

    def heard(data: Any, frames: int, time: Any, status: Any) -> None:
        audio = base64.b64encode(bytes(data)).decode()
        event = json.dumps({"type": "input_audio_buffer.append", "audio": audio})
        # Repaired: send is a coroutine, and this is not the loop's thread.
        asyncio.run_coroutine_threadsafe(socket.send(event), loop)

    blocksize = RATE_HZ * CHUNK_MS // 1000
    with sounddevice.RawInputStream(samplerate=RATE_HZ, blocksize=blocksize, dtype="int16", channels=1, callback=heard):
        await asyncio.Event().wait()


async def main() -> None:
    # Repaired: extra_headers is additional_headers.
    async with websockets.connect(URL, additional_headers=HEADERS, max_size=1 << 24) as socket:
        while json.loads(await socket.recv())["type"] != "session.created":
            pass
        session = {
            "voice": "marin",
            "modalities": ["audio", "text"],
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "turn_detection": {"type": "server_vad", "threshold": 0.5},
        }
        await socket.send(json.dumps({"type": "session.update", "session": session}))
        microphone = asyncio.create_task(listen(socket))
        while True:
            event = json.loads(await socket.recv())
            print(json.dumps({name: event[name] for name in ("type", "error", "transcript") if name in event}))
            if event["type"] == "input_audio_buffer.speech_stopped":
                asked = {"type": "response.create", "response": {"modalities": ["audio", "text"]}}
                await socket.send(json.dumps(asked))
            elif event["type"] == "response.done":
                break
        microphone.cancel()


asyncio.run(main())
