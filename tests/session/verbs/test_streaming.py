"""What reaches a server of a streamed recording."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import numpy as np

import rtnb
from rtnb.testing import ScriptedServer, greeting


def test_the_recording_arrives_whole_and_silence_follows_it() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        detection = {"turn_detection": {"type": "server_vad", "silence_duration_ms": 100}}
        updated = {"type": "session.updated", "session": {"audio": {"input": detection}}}
        return [updated] if event["type"] == "session.update" else []

    clip = rtnb.Clip(np.linspace(-0.5, 0.5, 12000), 24000)

    async def main(url: str) -> rtnb.Run:
        async with rtnb.AsyncSession(url) as session:
            run = await session.stream(clip, name="ramp")
            view = run.view()
            assert view.done and view.source == "ramp" and view.turns == ()
            assert run.duration_s == 0.5 and run.streamed_s >= 1.0
            return run

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        run = asyncio.run(main(server.url))
    sent = b"".join(base64.b64decode(e["audio"]) for e in server.received if e["type"] == "input_audio_buffer.append")
    assert sent[: len(clip) * 2] == clip.to_pcm16()
    assert len(sent) >= 2 * 24000 and not any(sent[len(clip) * 2 :])
    assert run.view().input.to_pcm16() == clip.to_pcm16()
