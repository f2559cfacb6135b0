"""Python examples of the documents, really run: what breaks in them, and that the listed repairs mend it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
import websockets
from support.examples import examples
from support.wire import speech

from rtnb.server import EmbeddedServer

MICROPHONE = '''
"""A microphone that hears a file, at its pace, on a thread of its own."""

import os
import threading
import time
from pathlib import Path


class RawInputStream:
    def __init__(self, *, samplerate, blocksize, dtype, channels, callback):
        assert (samplerate, dtype, channels) == (24000, "int16", 1)
        self.size, self.callback, self.over = 2 * blocksize, callback, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        pcm = Path(os.environ["EXAMPLE_SPEECH"]).read_bytes()
        for start in range(0, len(pcm), self.size):
            if self.over.is_set():
                return
            self.callback(pcm[start : start + self.size], self.size // 2, None, None)
            time.sleep(self.size / 48000 / 4)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.over.set()
'''


@pytest.fixture(scope="module")
def serving() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        running.wait_warm(lambda done, total, label: None)
        yield running


def run(program: str, serving: EmbeddedServer, tmp_path: Path) -> list[dict[str, Any]]:
    (tmp_path / "sounddevice.py").write_text(MICROPHONE, encoding="utf-8")
    (tmp_path / "speech.pcm").write_bytes(speech(1.5))
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "OPENAI_API_KEY": serving.key,
        "EXAMPLE_URL": f"{serving.url}?model=gpt-realtime",
        "EXAMPLE_SPEECH": str(tmp_path / "speech.pcm"),
    }
    path = Path(__file__).with_name(f"{program}.py")
    done = subprocess.run(
        [sys.executable, str(path)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_microphone_program_gets_its_answer(serving: EmbeddedServer, tmp_path: Path) -> None:
    told = run("microphone", serving, tmp_path)
    kinds = [event["type"] for event in told]
    assert kinds.index("input_audio_buffer.speech_stopped") < kinds.index("response.created")
    assert "response.audio.delta" in kinds
    codes = {event["error"]["code"] for event in told if event["type"] == "error"}
    assert codes <= {"conversation_already_has_active_response"}
    (said,) = [event["transcript"] for event in told if event["type"] == "response.audio_transcript.done"]
    assert said


def test_what_the_microphone_program_breaks_on(serving: EmbeddedServer) -> None:
    async def old_name() -> None:
        await websockets.connect(serving.url, extra_headers={})  # type: ignore[call-arg]

    with pytest.raises(TypeError, match="extra_headers"):
        asyncio.run(old_name())

    async def not_awaited() -> bool:
        url = f"{serving.url}?model=gpt-realtime"
        headers = {"Authorization": f"Bearer {serving.key}"}
        async with websockets.connect(url, additional_headers=headers, proxy=None) as socket:
            sending = socket.send("{}")
            lost = asyncio.iscoroutine(sending)
            sending.close()
            return lost

    assert asyncio.run(not_awaited()), "without an await nothing is sent"


def test_a_client_secret_by_the_package(serving: EmbeddedServer) -> None:
    base = serving.url.replace("ws://", "http://").removesuffix("/realtime")
    with openai.OpenAI(api_key=serving.key, base_url=base) as client:
        with pytest.raises(AttributeError, match="sessions"):
            client.realtime.sessions  # type: ignore[attr-defined]  # noqa: B018
        session = client.beta.realtime.sessions.create(model="gpt-4o-realtime-preview", voice="alloy")
    assert session.client_secret.value.startswith("ek_")
    assert session.voice == "alloy"


def test_every_program_has_its_test() -> None:
    assert {example.program for example in examples() if example.how == "program"} == {"microphone", "client_secret"}
