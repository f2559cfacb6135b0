"""What it costs to receive audio, side by side with the official SDK in one run; and what an hour weighs.

Usage: python benchmarks/receiving.py [PART ...] [--rounds N] [--chunks N]

cpu     processor time for each received chunk of 100 ms (4,800 bytes of PCM, 6,400 characters of base64): from the
        frame as the socket gives it to the decoded audio. rtnb: log and conversation. SDK: its parse into typed
        events, and base64.b64decode. Floor: orjson.loads, pybase64.b64decode, append. The rounds are interleaved.
socket  the same over a loopback socket: a websockets server in another process sends the stream as fast as it is
        taken. Processor time of the whole client process for everything in the stream, the socket's part and the
        events around the audio included; `floor` is as above, and `bare` only receives the frames.
memory  resident memory of a fresh process that holds a session of 60 minutes: 36,000 chunks each way, and turns.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import orjson
import psutil
import pybase64
from serving import row
from websockets.asyncio.client import connect

import rtnb
from rtnb.audio.formats import PCM16
from rtnb.session import AsyncSession
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog

CHUNK_BYTES = 4800
CHUNK_S = 0.1
TURN_CHUNKS = 50
"""An answer of five seconds."""

Json = dict[str, Any]


def identifier(prefix: str) -> str:
    """As long as the real API's."""
    return f"{prefix}_{random.getrandbits(104):026x}"[: len(prefix) + 22]


def speech() -> bytes:
    """Real speech, so that base64 and memory see what they would see."""
    clip = rtnb.Clip.load(rtnb.sample("dialogue_sample")).resample(PCM16.rate_hz)
    return PCM16.encode(clip.samples, PCM16.rate_hz)


def answers(chunks: int, *, words: bool = False) -> Iterator[Json]:
    """The received half of a talk: answers of 50 chunks, with everything around them."""
    sound = speech()
    yield {"type": "session.created", "event_id": identifier("event"), "session": SESSION}
    for first in range(0, chunks, TURN_CHUNKS):
        response_id, item_id = identifier("resp"), identifier("item")
        at = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        item = {"id": item_id, "object": "realtime.item", "type": "message", "status": "in_progress",
                "role": "assistant", "content": []}  # fmt: skip
        response = {"object": "realtime.response", "id": response_id, "status": "in_progress", "status_details": None,
                    "output": [], "conversation_id": "conv_1", "usage": None, "metadata": None}  # fmt: skip
        yield event("response.created", response=response)
        yield event("response.output_item.added", response_id=response_id, output_index=0, item=item)
        yield event("conversation.item.added", previous_item_id=None, item=item)
        yield event("response.content_part.added", part={"type": "audio", "transcript": ""}, **at)
        for number in range(first, min(first + TURN_CHUNKS, chunks)):
            start = number * CHUNK_BYTES % (len(sound) - CHUNK_BYTES)
            if words and number % 3 == 0:
                yield event("response.output_audio_transcript.delta", **at, delta=" word")
            data = pybase64.b64encode(sound[start : start + CHUNK_BYTES]).decode()
            yield event("response.output_audio.delta", **at, delta=data)
        said = "word " * (TURN_CHUNKS // 3)
        part = {"type": "output_audio", "transcript": said}
        yield event("response.output_audio.done", **at)
        yield event("response.output_audio_transcript.done", **at, transcript=said)
        item = {**item, "status": "completed", "content": [part]}
        yield event("response.output_item.done", response_id=response_id, output_index=0, item=item)
        yield event("conversation.item.done", previous_item_id=None, item=item)
        yield event("response.done", response={**response, "status": "completed", "output": [item], "usage": USAGE})


def event(kind: str, **members: Any) -> Json:
    """One server event, its members in the order in which servers write them."""
    return {"type": kind, "event_id": identifier("event"), **members}


SESSION = {
    "type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "gpt-realtime",
    "output_modalities": ["audio"], "instructions": "", "tools": [], "tool_choice": "auto",
    "audio": {
        "input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": None, "transcription": None},
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.0},
    },
}  # fmt: skip
USAGE = {
    "total_tokens": 200, "input_tokens": 100, "output_tokens": 100,
    "input_token_details": {"text_tokens": 50, "audio_tokens": 50, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 20, "audio_tokens": 80},
}  # fmt: skip


def sdk_parse() -> Callable[[bytes], Any]:
    """What the SDK's ``connection.recv`` does with the bytes of a frame."""
    from openai.resources.realtime.realtime import AsyncRealtimeConnection

    return cast(Any, AsyncRealtimeConnection.__new__(AsyncRealtimeConnection)).parse_event


def cpu(rounds: int, chunks: int) -> dict[str, list[float]]:
    """Microseconds of processor time a chunk, a round after another."""
    frames = [orjson.dumps(each) for each in answers(chunks)]
    runs = [(timed, list(run)) for timed, run in groupby(frames, lambda frame: b"output_audio.delta" in frame[:60])]
    assert sum(len(run) for timed, run in runs if timed) == chunks
    parse = sdk_parse()

    def measured(take: Callable[[list[bytes]], None]) -> float:
        """Processor time of the audio alone; everything around it is taken in too, or parts would not know it."""
        spent = 0
        for timed, run in runs:
            begun = time.process_time_ns()
            take(run)
            spent += timed * (time.process_time_ns() - begun)
        return spent

    def ours() -> float:
        log, talk = EventLog(start_s=0.0, start_wall_s=0.0), Conversation()

        receive, apply, now_s = log.receive, talk.apply, 0.0

        def take(run: list[bytes]) -> None:
            nonlocal now_s
            for frame in run:
                now_s += CHUNK_S
                received = receive(frame, now_s=now_s)
                assert received is not None
                apply(received)

        spent = measured(take)
        assert len(log.stores["received"]) == CHUNK_BYTES * chunks
        return spent

    def sdk() -> float:
        audio = bytearray()

        def take(run: list[bytes]) -> None:
            nonlocal audio
            for frame in run:
                parsed = parse(frame)
                if parsed.type == "response.output_audio.delta":
                    audio += base64.b64decode(parsed.delta)

        return measured(take)

    def floor() -> float:
        audio = bytearray()

        def take(run: list[bytes]) -> None:
            nonlocal audio
            for frame in run:
                parsed = orjson.loads(frame)
                if parsed["type"] == "response.output_audio.delta":
                    audio += pybase64.b64decode(parsed["delta"])

        return measured(take)

    return interleaved({"sdk": sdk, "rtnb": ours, "floor": floor}, rounds, chunks)


def interleaved(parts: dict[str, Callable[[], float]], rounds: int, chunks: int) -> dict[str, list[float]]:
    """Every part once a round, after one round that does not count; microseconds a chunk."""
    found: dict[str, list[float]] = {name: [] for name in parts}
    for number in range(rounds + 1):
        for name, part in parts.items():
            gc.collect()
            spent = part() / chunks / 1000
            if number:
                found[name].append(spent)
    return found


SERVER = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[1])
import orjson
from receiving import answers, SESSION
from websockets.asyncio.server import serve
frames = [orjson.dumps(each).decode() for each in answers(int(sys.argv[2]))]
async def talk(socket):
    await socket.send(frames[0])
    async for text in socket:
        kind = json.loads(text)["type"]
        if kind == "session.update":
            await socket.send(json.dumps({"type": "session.updated", "event_id": "event_u", "session": SESSION}))
        elif kind == "input_audio_buffer.clear":
            for frame in frames[1:]:
                await socket.send(frame)
            await socket.send('{"type":"input_audio_buffer.cleared","event_id":"event_end"}')
async def main():
    async with serve(talk, "127.0.0.1", 0, max_size=None, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()
asyncio.run(main())
"""

START: Json = {"type": "input_audio_buffer.clear"}


def socket(rounds: int, chunks: int) -> dict[str, list[float]]:
    """Microseconds of the client's processor time a chunk, a round after another."""
    here = str(Path(__file__).resolve().parent)
    command = [sys.executable, "-c", SERVER, here, str(chunks)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        parts = {name: lambda work=work: asyncio.run(work(port)) for name, work in
                 {"sdk": over_sdk, "rtnb": over_rtnb, "floor": over_floor, "bare": over_nothing}.items()}  # fmt: skip
        return interleaved(cast(Any, parts), rounds, chunks)
    finally:
        server.terminate()
        server.wait(20)


async def over_sdk(port: int) -> float:
    """The SDK's connection."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="none", websocket_base_url=f"ws://127.0.0.1:{port}/v1")
    async with client.realtime.connect(
        model="gpt-realtime", websocket_connection_options={"compression": None}
    ) as link:
        await link.recv()
        audio = bytearray()
        begun = time.process_time_ns()
        await link.input_audio_buffer.clear()
        async for received in link:
            if received.type == "response.output_audio.delta":
                audio += base64.b64decode(received.delta)
            elif received.type == "input_audio_buffer.cleared":
                break
        return time.process_time_ns() - begun


async def over_rtnb(port: int) -> float:
    """A session of rtnb's, without a journal, which `benchmarks/journal.py` measures."""
    from rtnb.session.wire.endpoint import url_endpoint
    from rtnb.session.wire.place import FixedPlace

    place = FixedPlace(url_endpoint(f"ws://127.0.0.1:{port}/v1/realtime"))
    async with AsyncSession(place, model="gpt-realtime", journal=False) as session:
        core = session._core
        begun = time.process_time_ns()
        await core.send(START)
        await core.until(lambda: core.log[-1].type == "input_audio_buffer.cleared")
        return time.process_time_ns() - begun


async def over_floor(port: int) -> float:
    """The least that must be done: frames received, parsed as JSON, audio decoded and kept."""
    async with connect(f"ws://127.0.0.1:{port}/", max_size=None, compression=None, proxy=None) as link:
        await link.recv(decode=False)
        audio = bytearray()
        begun = time.process_time_ns()
        await link.send(json.dumps(START))
        while (parsed := orjson.loads(await link.recv(decode=False)))["type"] != "input_audio_buffer.cleared":
            if parsed["type"] == "response.output_audio.delta":
                audio += pybase64.b64decode(parsed["delta"])
        return time.process_time_ns() - begun


async def over_nothing(port: int) -> float:
    """Frames received, and nothing else: what the socket takes."""
    async with connect(f"ws://127.0.0.1:{port}/", max_size=None, compression=None, proxy=None) as link:
        await link.recv(decode=False)
        begun = time.process_time_ns()
        await link.send(json.dumps(START))
        while b"buffer.cleared" not in (await link.recv(decode=False))[:50]:
            pass
        return time.process_time_ns() - begun


def memory(minutes: float) -> dict[str, float]:
    """In this process, which should be a fresh one: MB of raw PCM, and by how much the resident memory grew."""
    sound = speech()
    list(answers(1))
    chunks = int(minutes * 60 / CHUNK_S)
    log, talk = EventLog(start_s=0.0, start_wall_s=0.0), Conversation()
    gc.collect()
    before = psutil.Process().memory_info().rss
    now_s = 0.0
    for each in answers(chunks, words=True):
        now_s += CHUNK_S
        received = log.receive(orjson.dumps(each), now_s=now_s)
        assert received is not None
        talk.apply(received)
        if received.type == "response.output_audio.delta":
            start = received.seq * CHUNK_BYTES % (len(sound) - CHUNK_BYTES)
            data = pybase64.b64encode(sound[start : start + CHUNK_BYTES]).decode()
            sent = {"type": "input_audio_buffer.append", "audio": data, "event_id": identifier("event")}
            talk.apply(log.record(sent, "sent", now_s=now_s))
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    raw = sum(len(store) for store in log.stores.values())
    return {"raw_mb": raw / 1e6, "grown_mb": grown / 1e6, "ratio": grown / raw, "events": len(log)}


def table(title: str, found: dict[str, list[float]], least: str) -> None:
    """The rows of one comparison."""
    middle = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        row(f"{title}: {name}", f"{middle[name]:.1f} µs a chunk ({min(values):.1f}–{max(values):.1f})")
    row(f"{title}: SDK / rtnb", f"{middle['sdk'] / middle['rtnb']:.1f} times", "at least 8 times")
    row(f"{title}: rtnb / {least}", f"{middle['rtnb'] / middle[least]:.2f} times", "at most 2 times")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=[], metavar="PART", help="cpu, socket, memory (all of them)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--chunks", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.json:
        print(json.dumps(memory(options.minutes)))
        return
    parts = options.parts or ["cpu", "socket", "memory"]
    if "cpu" in parts:
        table("frame to conversation", cpu(options.rounds, options.chunks), "floor")
    if "socket" in parts:
        table("over a socket", socket(options.rounds, options.chunks), "floor")
    if "memory" in parts:
        command = [sys.executable, __file__, "--json", "--minutes", str(options.minutes)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        shown = f"{found['grown_mb']:.0f} MB for {found['raw_mb']:.0f} MB of PCM, {found['events']:,} events"
        row(f"resident memory of {options.minutes:g} minutes", shown)
        row("  of the raw PCM", f"{found['ratio']:.3f} times", "at most 1.2 times")


if __name__ == "__main__":
    main()
