"""The figures of `rtnb serve`: how soon it answers, how many it holds, what a session weighs, whether it grows.

Usage: python benchmarks/serving.py [PART ...] [--sessions N] [--seconds S]

The server is a process of its own; the load comes from this one, on the same two cores, as in CI.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pybase64
from websockets.asyncio.client import ClientConnection, connect

import rtnb
from rtnb.audio.formats import PCM16
from rtnb.protocol import ServerVad
from rtnb.server.input.listening import Listener
from rtnb.vad import load_engine

MODEL = "gpt-realtime-2.1"
CHUNK_MS = 40
SILENCE_MS = 500
SPEECH = ("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped")

Json = dict[str, Any]


class Server:
    """`rtnb serve` in a process of its own."""

    def __init__(self, *options: str, voice: str = "auto") -> None:
        self._folder = tempfile.TemporaryDirectory()
        ready = Path(self._folder.name) / "ready.json"
        command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready)]
        command += ["--events-per-second", "0", *options]
        environment = os.environ | {"RTNB_VOICE": voice}
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        while not ready.exists():
            if self._process.poll() is not None:
                raise SystemExit(f"rtnb serve ended with status {self._process.returncode}")
            time.sleep(0.05)
        self.url = json.loads(ready.read_text())["url"]
        self._seen = psutil.Process(self._process.pid)

    def memory_mb(self) -> float:
        """Resident memory of the server."""
        return float(self._seen.memory_info().rss) / 2**20

    def cpu_s(self) -> float:
        """Processor time it has used."""
        times = self._seen.cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        self._folder.cleanup()


@contextmanager
def serving(*options: str, voice: str = "auto") -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(*options, voice=voice)
    try:
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def client(server: Server, **session: Any) -> AsyncIterator[ClientConnection]:
    """One connection with its session set up."""
    address = f"{server.url}?model={MODEL}"
    async with connect(address, max_size=None, compression=None, proxy=None, max_queue=None) as socket:
        await until(socket, "session.created")
        if session:
            await send(socket, {"type": "session.update", "session": {"type": "realtime", **session}})
            await until(socket, "session.updated")
        yield socket


async def send(socket: ClientConnection, event: Json) -> None:
    """One event out."""
    await socket.send(json.dumps(event))


async def until(socket: ClientConnection, *types: str) -> tuple[str, float]:
    """Read up to an event of one of these types; which, and when it came."""
    while True:
        kind = kind_of(await socket.recv())
        if kind in types:
            return kind, time.perf_counter()
        if kind == "error":
            raise SystemExit("an error event came")


def kind_of(frame: str | bytes) -> str:
    """The type of a frame, without parsing its audio: rtnb writes it first."""
    text = frame if isinstance(frame, str) else frame.decode()
    return text.split('"', 4)[3]


def append_frame(data: bytes) -> str:
    """An append as its frame."""
    return json.dumps({"type": "input_audio_buffer.append", "audio": pybase64.b64encode(data).decode()})


def speech() -> bytes:
    """A question and the pause after it, as PCM16: 4 s."""
    clip = rtnb.Clip.load(rtnb.sample("weather_question")).resample(PCM16.rate_hz)
    whole = np.zeros(4 * PCM16.rate_hz, dtype=np.float32)
    whole[: clip.samples.size] = clip.samples[: whole.size]
    return PCM16.encode(whole, PCM16.rate_hz)


def row(name: str, value: str, goal: str = "") -> None:
    """One line of the table."""
    print(f"{name:<66} {value:>34}   {goal}", flush=True)


def spread(values: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{1000 * float(np.median(values)):.1f} ms, p95 {1000 * float(np.quantile(values, 0.95)):.1f} ms"


# How soon


async def latency(turns: int) -> None:
    """A manual turn from commit to created, first text and first audio."""
    frames = [append_frame(speech())]
    audio = {"input": {"turn_detection": None}}
    wanted = ("response.created", "response.output_audio_transcript.delta", "response.output_audio.delta")
    with serving("--realtime-factor", "0") as server:
        async with client(server, audio=audio, instructions="You are brief.") as socket:
            times: dict[str, list[float]] = {kind: [] for kind in wanted}
            for turn in range(turns + 2):
                for frame in frames:
                    await socket.send(frame)
                begun = time.perf_counter()
                await send(socket, {"type": "input_audio_buffer.commit"})
                await send(socket, {"type": "response.create"})
                for kind in wanted:
                    _, came = await until(socket, kind)
                    if turn > 1:
                        times[kind].append(came - begun)
                await until(socket, "response.done")
    row("commit → response.created", spread(times[wanted[0]]))
    row("commit → first text, recognition of 4 s of audio in between", spread(times[wanted[1]]))
    row("commit → first audio", spread(times[wanted[2]]))


# How many


def expected(engine_name: str, frames: list[bytes]) -> list[tuple[str, int]]:
    """The speech events of a stream, each with the chunk that completes it: what no server can beat."""
    turn_detection = ServerVad(silence_duration_ms=SILENCE_MS).resolved().to_wire()
    listener = Listener(load_engine(engine_name), turn_detection, 0.0)
    found = []
    for index, data in enumerate(frames):
        for event in listener.push(data):
            name = type(event).__name__.removeprefix("Speech").lower()
            found.append((f"input_audio_buffer.speech_{name}", index))
    return found


async def streaming(server: Server, frames: list[str], plan: list[tuple[str, int]], talking: bool) -> list[float]:
    """Stream at real pace; by how much each speech event came later than the chunk that made it."""
    detection = {"type": "server_vad", "silence_duration_ms": SILENCE_MS, "create_response": talking}
    model = {"model": "gpt-4o-mini-transcribe"} if talking else None
    audio = {"input": {"turn_detection": detection, "transcription": model}}
    sent: list[float] = []
    late: list[float] = []
    await asyncio.sleep(random.random() * 4)
    async with client(server, audio=audio, instructions="You are brief.") as socket:

        async def listen() -> None:
            due = list(plan)
            while due:
                kind, came = await until(
                    socket, "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
                )
                wanted, index = due.pop(0)
                assert kind == wanted, (kind, wanted)
                late.append(came - sent[index])

        ears = asyncio.create_task(listen())
        begun = time.perf_counter()
        for index, frame in enumerate(frames):
            # A client that is late itself catches up, and is not the server's delay.
            await asyncio.sleep(max(0.0, begun + index * CHUNK_MS / 1000 - time.perf_counter()))
            sent.append(time.perf_counter())
            await socket.send(frame)
        await asyncio.wait_for(ears, 30)
    return late


async def load(sessions: int, seconds: float, *, talking: bool) -> None:
    """Sessions that stream at real pace, and the delay of their speech events."""
    data = speech()
    step = CHUNK_MS * PCM16.bytes_per_ms
    data *= max(1, round(seconds * 1000 * PCM16.bytes_per_ms / len(data)))
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    frames = [append_frame(piece) for piece in pieces]
    plan = expected("silero" if talking else "energy", pieces)
    with serving(voice="auto" if talking else "tone") as server:
        used, begun = server.cpu_s(), time.perf_counter()
        late = await asyncio.gather(*(streaming(server, frames, plan, talking) for _ in range(sessions)))
        share = (server.cpu_s() - used) / (time.perf_counter() - begun)
    every = [value for values in late for value in values]
    what = "talking (Silero, recognition, synthesis)" if talking else "streaming with VAD, no speech models"
    row(f"{sessions} sessions {what}", spread(every), "p95 < 50 ms")
    row("  processor of the server meanwhile", f"{100 * share:.0f} % of one core")


# What one client does to another


async def neighbour() -> None:
    """A text turn's first audio alone, and while another client commits 40 × 24 s of speech to be transcribed."""
    audio = {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
    frame = append_frame(speech() * 6)

    async def asks(socket: ClientConnection) -> float:
        part = {"type": "input_text", "text": "What is server VAD?"}
        item = {"type": "message", "role": "user", "content": [part]}
        begun = time.perf_counter()
        await send(socket, {"type": "conversation.item.create", "item": item})
        await send(socket, {"type": "response.create"})
        _, came = await until(socket, "response.output_audio.delta")
        await until(socket, "response.done")
        return came - begun

    with serving("--realtime-factor", "0") as server:
        async with client(server, instructions="You are brief.") as socket, client(server, audio=audio) as other:
            await asks(socket)
            alone = [await asks(socket) for _ in range(20)]
            for _ in range(40):
                await other.send(frame)
                await send(other, {"type": "input_audio_buffer.commit"})
            await asyncio.sleep(0.5)
            beside = [await asks(socket) for _ in range(20)]
    row("text → first audio, alone on the server", spread(alone))
    row("text → first audio, beside 16 minutes of audio to recognise", spread(beside))


# What it weighs


async def memory(sessions: int) -> None:
    """Resident memory of sessions that do nothing."""
    with serving(voice="tone") as server:
        async with client(server):
            pass
        before = server.memory_mb()
        sockets = [await connect(f"{server.url}?model={MODEL}", compression=None, proxy=None) for _ in range(sessions)]
        for socket in sockets:
            await until(socket, "session.created")
        each = (server.memory_mb() - before) / sessions
        for socket in sockets:
            await socket.close()
    row(f"memory of an idle session, {sessions} of them", f"{1000 * each:.0f} kB", "< 2 MB")


# How fast


async def events(count: int) -> None:
    """Events a second, in and out, on one connection."""
    audio = {"input": {"turn_detection": None}}
    frame = append_frame(bytes(20 * PCM16.bytes_per_ms))
    with serving("--realtime-factor", "0", voice="tone") as server:
        async with client(server, audio=audio) as socket:
            begun = time.perf_counter()
            for _ in range(count):
                await socket.send(frame)
            await send(socket, {"type": "input_audio_buffer.clear"})
            _, came = await until(socket, "input_audio_buffer.cleared")
            row("appends of 20 ms taken in", f"{count / (came - begun):,.0f} a second")
            begun = time.perf_counter()
            for index in range(count // 10):
                item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Note."}]}
                await send(socket, {"type": "conversation.item.create", "item": {"id": f"item_{index}", **item}})
                await send(socket, {"type": "conversation.item.delete", "item_id": f"item_{index}"})
            for _ in range(count // 10):
                await until(socket, "conversation.item.deleted")
            took = time.perf_counter() - begun
            row("items created and deleted, events in and out", f"{5 * (count // 10) / took:,.0f} a second")


def main() -> None:
    """Measure and print."""
    parts = ("latency", "light", "talking", "neighbour", "memory", "events")
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--sessions", type=int, help="instead of 100 light and 20 talking ones")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each streams")
    options = parser.parse_args()
    wanted = options.parts or parts
    if "latency" in wanted:
        asyncio.run(latency(40))
    if "light" in wanted:
        asyncio.run(load(options.sessions or 100, options.seconds, talking=False))
    if "talking" in wanted:
        asyncio.run(load(options.sessions or 20, options.seconds, talking=True))
    if "neighbour" in wanted:
        asyncio.run(neighbour())
    if "memory" in wanted:
        asyncio.run(memory(500))
    if "events" in wanted:
        asyncio.run(events(20_000))


if __name__ == "__main__":
    main()
