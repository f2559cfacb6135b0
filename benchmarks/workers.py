"""The figures of several workers: how late 20 talking sessions hear, and what a worker and an idle session weigh.

Usage: python benchmarks/workers.py [PART ...] [--workers N] [--sessions N] [--seconds S]

The delay is measured as in serving.py, by the same code: by how much each speech event comes later than the chunk that
made it was sent. Memory is the proportional set size (PSS): what several processes share is counted once among them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
from serving import CHUNK_MS, MODEL, Server, append_frame, client, expected, row, speech, spread, streaming, until
from websockets.asyncio.client import connect

from rtnb.audio.formats import PCM16


class Cluster(Server):
    """`rtnb serve --workers N`: all of its processes together."""

    def processes(self) -> list[psutil.Process]:
        """The supervisor, then its workers; one process where there is one worker."""
        return [self._seen, *self._seen.children()]

    def memory_mb(self) -> float:
        """Proportional memory of all processes."""
        return sum(pss_mb(process) for process in self.processes())

    def cpu_s(self) -> float:
        """Processor time that they have used."""
        times = [process.cpu_times() for process in self.processes()]
        return float(sum(each.user + each.system for each in times))

    def spread(self) -> list[int]:
        """How many connections each worker has."""
        port = int(self.url.split(":")[2].split("/")[0])
        workers = self.processes()[1:] or [self._seen]
        return [
            sum(
                each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port
                for each in worker.net_connections("tcp")
            )
            for worker in workers
        ]


def pss_mb(process: psutil.Process) -> float:
    """Proportional set size where the system tells it, else what is resident."""
    full = process.memory_full_info()
    return float(getattr(full, "pss", full.rss)) / 2**20


@contextmanager
def serving(workers: int, *, voice: str = "auto") -> Iterator[Cluster]:
    """A server while the block runs."""
    server = Cluster("--workers", str(workers), voice=voice)
    try:
        yield server
    finally:
        server.stop()


async def talking(workers: int, sessions: int, seconds: float) -> None:
    """Sessions that talk at real pace, with detection, recognition and synthesis; the delay of their speech events."""
    data = speech()
    step = CHUNK_MS * PCM16.bytes_per_ms
    data *= max(1, round(seconds * 1000 * PCM16.bytes_per_ms / len(data)))
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    frames = [append_frame(piece) for piece in pieces]
    plan = expected("silero", pieces)
    with serving(workers) as server:
        await warm(server, workers)
        used, begun = server.cpu_s(), time.perf_counter()
        running = asyncio.gather(*(streaming(server, frames, plan, True) for _ in range(sessions)))
        await asyncio.sleep(min(8.0, seconds / 2))
        places = server.spread()
        late = await running
        share = (server.cpu_s() - used) / (time.perf_counter() - begun)
    every = [value for values in late for value in values]
    row(f"{sessions} talking sessions on {workers} workers, {places}", spread(every), "p95 < 100 ms")
    row("  processor of the server meanwhile", f"{100 * share:.0f} % of one core")


async def warm(server: Cluster, workers: int) -> None:
    """Wait until the voices of all workers are loaded: a first spoken answer from each."""
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(_answer(server))


async def _answer(server: Cluster) -> None:
    async with client(server, instructions="You are brief.") as socket:
        await socket.send('{"type":"response.create"}')
        await until(socket, "response.done")


async def memory(workers: int, sessions: int) -> None:
    """What an idle session weighs, and each worker: with the light voices and with the real ones."""
    for voice in ("tone", "auto"):
        sizes = {}
        for count in (1, workers):
            with serving(count, voice=voice) as server:
                await warm(server, count)
                sizes[count] = server.memory_mb()
                if count == workers and voice == "tone":
                    await idle(server, sessions)
                whole = server.processes()
                if count == workers:
                    parts = ", ".join(f"{pss_mb(each):.0f}" for each in whole)
        name = {"tone": "light voices", "auto": "recognition and speech"}[voice]
        row(f"one process, {name}", f"{sizes[1]:.0f} MB PSS")
        row(f"supervisor and {workers} workers, {name}", f"{parts} MB PSS")
        each = (sizes[workers] - sizes[1]) / (workers - 1)
        row("  what one worker more costs (of 2: with the supervisor)", f"{each:.0f} MB PSS")


async def idle(server: Cluster, sessions: int) -> None:
    """Memory and processor time of sessions that do nothing."""
    before = server.memory_mb()
    sockets = [await connect(f"{server.url}?model={MODEL}", compression=None, proxy=None) for _ in range(sessions)]
    for socket in sockets:
        await until(socket, "session.created")
    each = (server.memory_mb() - before) / sessions
    used, begun = server.cpu_s(), time.perf_counter()
    await asyncio.sleep(10)
    share = (server.cpu_s() - used) / (time.perf_counter() - begun) / sessions
    places = server.spread()
    for socket in sockets:
        await socket.close()
    row(f"an idle session, {sessions} of them, {places}", f"{1000 * each:.0f} kB, {1e6 * share:.0f} µs/s", "< 2 MB")


async def connecting(workers: int, count: int) -> None:
    """How long it takes from connecting to ``session.created``, one after the other."""
    with serving(workers, voice="tone") as server:
        took = []
        for _ in range(count):
            begun = time.perf_counter()
            async with client(server):
                took.append(time.perf_counter() - begun)
    row(f"connecting, {workers} worker(s)", f"{1000 * float(np.median(took)):.1f} ms")


def main() -> None:
    """Measure and print."""
    parts = ("talking", "memory", "connecting")
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sessions", type=int, help="instead of 20 talking and 200 idle ones")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each talks")
    options = parser.parse_args()
    wanted = options.parts or parts
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if "talking" in wanted:
        asyncio.run(talking(options.workers, options.sessions or 20, options.seconds))
    if "memory" in wanted:
        asyncio.run(memory(options.workers, options.sessions or 200))
    if "connecting" in wanted:
        for workers in (1, options.workers):
            asyncio.run(connecting(workers, 100))


if __name__ == "__main__":
    main()
