"""What the tests of real clients share: a server of its own process, a recorder on the line, and the client's program.

A test starts one client program in the client's own environment and points it at a :class:`Recorder`, a proxy
that lets every frame through unchanged and keeps a copy. So the client is unmodified, the server is the installed
command, and what went between them can be validated with the models of this environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from support.strict import strict_beta_server_event, strict_server_event

__all__ = ["Client", "Frame", "Line", "Recorder", "Served", "outcome"]

Json = dict[str, Any]

INTEROP = Path(__file__).parents[1] / "interop"
ENVIRONMENTS = Path(__file__).parents[2] / ".interop"

HOP = frozenset({"host", "upgrade", "connection", "content-length"})
"""Headers of one connection, which a proxy makes anew; those that begin with Sec-WebSocket are, too."""


LARGEST_BYTES = 256 * 1024
"""A frame of 1 MiB is more than the websockets package takes unless it is told to, as pipecat does not tell it."""


class Served:
    """``rtnb serve`` as its users start it.

    Parameters
    ----------
    folder : Path
        Where the ready file and what the server prints go.
    arguments : str
        Of the command, besides the port.
    """

    def __init__(self, folder: Path, *arguments: str | Path, **environment: str):
        self._ready = folder / "ready.json"
        self._printed = folder / "server.txt"
        command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(self._ready)]
        with self._printed.open("wb") as printed:
            self._process = subprocess.Popen(
                [*command, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
            )
        self.url = self._wait()

    def _wait(self, seconds: float = 60.0) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._ready.exists():
                return str(json.loads(self._ready.read_text())["url"])
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self._process.kill()
        raise AssertionError(f"rtnb serve did not become ready:\n{self.printed}")

    @property
    def printed(self) -> str:
        return self._printed.read_text(errors="replace")

    @property
    def root(self) -> str:
        """Such as ``http://127.0.0.1:8765/v1``, for REST."""
        return self.url.replace("ws://", "http://").removesuffix("/realtime")

    def close(self) -> int:
        """End it as CI does; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


@dataclass(frozen=True, slots=True)
class Frame:
    """One event on the line.

    Parameters
    ----------
    way : {"up", "down"}
        From the client, or from the server.
    event : dict
        What it says.
    """

    way: Literal["up", "down"]
    event: Json

    @property
    def type(self) -> str:
        return str(self.event.get("type"))


@dataclass(slots=True)
class Line:
    """One connection of a client, as recorded.

    Parameters
    ----------
    path : str
        With the query.
    beta : bool
        Whether the client asked for the beta shape.
    frames : list of Frame
        In the order in which the recorder passed them on.
    close : tuple of int and str
        Of the server, if it closed first.
    """

    path: str
    beta: bool
    frames: list[Frame] = field(default_factory=list)
    close: tuple[int, str] | None = None

    def up(self, *types: str) -> list[Json]:
        """What the client sent, of these types or of all."""
        return self._of("up", types)

    def down(self, *types: str) -> list[Json]:
        """What the server sent."""
        return self._of("down", types)

    def _of(self, way: str, types: Sequence[str]) -> list[Json]:
        return [frame.event for frame in self.frames if frame.way == way and (not types or frame.type in types)]

    @property
    def problems(self) -> list[str]:
        """What a strict client would object to."""
        check = strict_beta_server_event if self.beta else strict_server_event
        found = [f"{event.get('type')}: {problem}" for event in self.down() for problem in check(event)]
        # An item is retrieved with all its audio; there the live service's frames are large, too.
        sized = [event for event in self.down() if event.get("type") != "conversation.item.retrieved"]
        return found + [f"{event.get('type')}: too large" for event in sized if len(json.dumps(event)) > LARGEST_BYTES]

    @property
    def errors(self) -> list[str]:
        """Code and message of each error event."""
        return [f"{event['error'].get('code')}: {event['error'].get('message')}" for event in self.down("error")]

    def digest(self, last: int = 50) -> str:
        """The end of the talk, one line an event, for a failure's message; runs of the same kind are counted."""
        lines: list[str] = []
        kinds: list[str] = []
        for frame in self.frames:
            text = json.dumps({key: value for key, value in frame.event.items() if key not in ("type", "event_id")})
            kind = f"{'→' if frame.way == 'up' else '←'} {frame.type}"
            if kinds and kinds[-1] == kind and frame.type.endswith((".append", ".delta")):
                lines[-1] = f"{kind} ..."
                continue
            kinds.append(kind)
            lines.append(f"{kind} {text[:150]}")
        return "\n".join(lines[-last:] + ([f"closed with {self.close}"] if self.close else []))


class Recorder:
    """A proxy on loopback that keeps what passes; a context manager, with a thread and event loop of its own.

    The handshake is passed on too: path, headers and subprotocols reach the server, and its choice of subprotocol,
    its refusal and its close code reach the client.
    """

    def __init__(self, upstream: str):
        self._upstream = upstream.removesuffix("/v1/realtime")
        self.lines: list[Line] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="interop-recorder", daemon=True)
        self._server: Server | None = None
        self._peers: dict[ServerConnection, tuple[ClientConnection, Line]] = {}
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *exception: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/realtime"

    async def _start(self) -> None:
        self._server = await serve(
            self._pass,
            "127.0.0.1",
            0,
            process_request=self._dial,
            select_subprotocol=lambda connection, offered: self._peers[connection][0].subprotocol,
            max_size=None,
            compression=None,
            ping_interval=None,
            close_timeout=2,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _dial(self, client: ServerConnection, request: Request) -> Response | None:
        headers = [
            (name, value)
            for name, value in request.headers.raw_items()
            if name.lower() not in HOP and not name.lower().startswith("sec-websocket")
        ]
        offered = [
            name.strip() for value in request.headers.get_all("Sec-WebSocket-Protocol") for name in value.split(",")
        ]
        beta = (
            request.path.startswith("/openai/realtime")
            or "realtime=v1" in request.headers.get_all("OpenAI-Beta")
            or "openai-beta.realtime-v1" in offered
        )
        line = Line(request.path, beta)
        self.lines.append(line)
        try:
            peer = await connect(
                self._upstream + request.path,
                additional_headers=headers,
                subprotocols=offered or None,  # type: ignore[arg-type]
                user_agent_header=None,
                max_size=None,
                compression=None,
                ping_interval=None,
                proxy=None,
            )
        except InvalidStatus as refusal:
            return refusal.response
        self._peers[client] = (peer, line)
        return None

    async def _pass(self, client: ServerConnection) -> None:
        peer, line = self._peers.pop(client)
        up = asyncio.create_task(self._pump(client, peer, line, "up"))
        down = asyncio.create_task(self._pump(peer, client, line, "down"))
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if down.done() and not up.done():
            line.close = (peer.close_code or 1006, peer.close_reason or "")
            code = line.close[0] if line.close[0] not in (1005, 1006, 1015) else 1011
            await client.close(code, line.close[1])
        else:
            await peer.close()
        await asyncio.wait({up, down}, timeout=3)

    async def _pump(
        self,
        source: ClientConnection | ServerConnection,
        target: ClientConnection | ServerConnection,
        line: Line,
        way: Literal["up", "down"],
    ) -> None:
        try:
            async for message in source:
                # Recorded before it is passed on, so that what a client has seen is on record.
                line.frames.append(Frame(way, _parsed(message)))
                await target.send(message)
        except ConnectionClosed:
            pass


def _parsed(message: str | bytes) -> Json:
    try:
        event = json.loads(message)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"type": "(not an event)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How the programs of one client are run.

    Parameters
    ----------
    environment : str
        Folder of ``.interop`` with what they need; empty for this Python's own environment.
    program : str
        A file of ``tests/interop/clients``.
    flags : tuple of str
        For node.
    """

    environment: str
    program: str
    flags: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """What to run; skips, or fails in CI, when the environment is not there."""
        program = str(INTEROP / "clients" / self.program)
        if not self.environment:
            return [sys.executable, program]
        folder = ENVIRONMENTS / self.environment
        if not (folder / ".ready").exists():
            reason = folder / ".failed"
            what = reason.read_text().strip() if reason.exists() else "run 'make interop', which makes it"
            message = f"the environment of {self.environment} is not there: {what}"
            if os.environ.get("RTNB_REQUIRE_ALL") == "1":
                pytest.fail(f"{message} (and RTNB_REQUIRE_ALL=1 forbids skipping)")
            pytest.skip(message)
        if program.endswith(".mjs"):
            # node looks modules up from where the program lies, so that is where links to the programs go.
            for name in (self.program, "telling.mjs"):
                if not (folder / name).is_symlink():
                    (folder / name).symlink_to(INTEROP / "clients" / name)
            node = folder / "nodejs" / "bin" / "node"
            links = ("--preserve-symlinks", "--preserve-symlinks-main")
            return [str(node) if node.exists() else "node", *links, *self.flags, str(folder / self.program)]
        return [str(folder / "bin" / "python"), program]

    def run(self, scenario: str, *, url: str, root: str, audio: Path, seconds: float = 60.0) -> Json:
        """Run one scenario to its end; the facts that the program told."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTHON"))}
        try:
            done = subprocess.run(
                [*self.command(), scenario, url, root, str(audio)],
                capture_output=True,
                timeout=seconds,
                stdin=subprocess.DEVNULL,
                env={**clean, "OPENAI_AGENTS_DISABLE_TRACING": "1", "OPENAI_API_KEY": "x", "NO_COLOR": "1"},
            )
        except subprocess.TimeoutExpired as late:
            said = ((late.stdout or b"") + b"\n" + (late.stderr or b"")).decode(errors="replace")
            raise AssertionError(f"{self.program} {scenario} did not end in {seconds:.0f} s:\n{said[-3000:]}") from None
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        assert done.returncode == 0, (
            f"{self.program} {scenario} ended with {done.returncode}:\n{out[-1500:]}\n{err[-3000:]}"
        )
        return outcome(out.splitlines())


def outcome(lines: Iterable[str]) -> Json:
    """The facts in what a client program printed: JSON objects, one a line; other lines are the client's own."""
    facts: Json = {}
    for line in lines:
        if line.startswith('{"fact'):
            facts.update(json.loads(line)["facts"])
    return facts
