"""Who is let in."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.error
import urllib.request
from collections import deque
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from support.wire import Wire

from rtnb.server import EmbeddedServer, Options
from rtnb.server.web import app, connection
from rtnb.server.web.outbox import HIGH_WATER_BYTES
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.vad import load_engine


def http(server: EmbeddedServer, path: str, **headers: str) -> tuple[int, str]:
    url = server.url.replace("ws://", "http://").replace("/v1/realtime", path)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_http_and_websocket_share_the_port(server: EmbeddedServer) -> None:
    status, body = http(server, "/healthz")
    assert status == 200 and json.loads(body) == {"status": "ok", "voices": "ready"}


def test_no_key_at_all_is_told_so_and_closed(server: EmbeddedServer) -> None:
    with Wire(server.url) as wire:
        error = wire.next()["error"]
        assert (error["code"], error["message"]) == (None, "Missing bearer or basic authentication in header")
        assert wire.closing() == (3000, "invalid_request_error")


def test_a_wrong_key_is_told_so_and_closed(server: EmbeddedServer) -> None:
    with Wire(server.url, key="sk-wrong") as wire:
        error = wire.next()["error"]
        assert error["code"] == "invalid_api_key"
        assert error["message"].startswith("Incorrect API key provided: ")
        assert "sk-wrong" not in error["message"]
        assert wire.closing() == (3000, "invalid_request_error.invalid_api_key")


def test_a_browser_hands_its_key_over_as_a_subprotocol(server: EmbeddedServer) -> None:
    protocols = ["realtime", f"openai-insecure-api-key.{server.key}"]
    with Wire(server.url, subprotocols=protocols) as wire:
        assert wire.next()["type"] == "session.created"
        assert wire.socket.subprotocol == "realtime"


def test_without_a_model_there_is_no_session(server: EmbeddedServer) -> None:
    with Wire(server.url, key=server.key, model=None) as wire:
        assert wire.next()["error"]["code"] == "missing_model"
        assert wire.closing() == (4000, "invalid_request_error.missing_model")


def test_a_client_that_never_reads_is_not_read_either_and_may_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes: list[connection.Outbox] = []

    class Kept(connection.Outbox):
        def __init__(self, latency_s: float) -> None:
            super().__init__(latency_s)
            boxes.append(self)

    monkeypatch.setattr(connection, "Outbox", Kept)
    audio = base64.b64encode(bytes(30 * 48000)).decode()
    item = {"id": "mine", "type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio}]}
    asked: list[dict[str, Any]] = [{"type": "conversation.item.create", "item": item}]
    asked += [{"type": "conversation.item.retrieve", "item_id": "mine"}] * 400
    frames = deque[dict[str, Any]]([{"type": "websocket.connect"}])
    frames += [{"type": "websocket.receive", "text": json.dumps(event)} for event in asked]
    frames.append({"type": "websocket.disconnect", "code": 1006})

    async def run() -> None:
        gone = asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            # A client's frames reach a server one by one, and what it runs beside takes its turn.
            await asyncio.sleep(0)
            return frames.popleft()

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "websocket.send":
                await gone.wait()
                raise OSError("the client is gone")

        loader = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy")))
        application = app.Application(Options(), loader)
        scope = {"type": "websocket", "headers": [], "query_string": b"model=gpt-realtime-2.1", "path": "/"}
        talking = asyncio.create_task(application.realtime(WebSocket(scope, receive, send)))
        while not boxes or boxes[0]._low.is_set():
            await asyncio.sleep(0.01)
        for _ in range(2000):
            await asyncio.sleep(0)
        unsent = sum(len(str(frame)) for frame in boxes[0]._frames)
        assert HIGH_WATER_BYTES < unsent < HIGH_WATER_BYTES + 2 * len(audio)
        assert len(frames) > 390 and not talking.done()
        gone.set()
        # The writer's end releases the reader, which then ends the session.
        await asyncio.wait_for(talking, 20)
        assert not boxes[0]._frames
        application.close()

    asyncio.run(run())


def test_probes_are_told_when_the_server_drains() -> None:
    voices = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy")))
    served, application = app.create_app(Options(), voices.start())
    assert voices.ready.wait(20)
    client = TestClient(served, base_url="http://127.0.0.1")
    assert client.get("/readyz").status_code == 200
    application.drain()
    application.drain()
    for path, status in (("/healthz", 200), ("/readyz", 503)):
        answer = client.get(path)
        assert answer.status_code == status and answer.json()["status"] == "draining"
    application.close()
