"""The socket: who answers, who does not, and what is said about it."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from rtnb.errors import RefusedError, SessionClosedError, UnreachableError
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.transport import Transport
from rtnb.testing import Close, ScriptedServer


def endpoint(url: str, **more: object) -> Endpoint:
    return Endpoint(url=url, label="test", **more)  # type: ignore[arg-type]


def open_it(where: Endpoint) -> Transport:
    return asyncio.run(Transport.open(where, "m"))


def test_the_model_joins_the_query_and_the_key_the_headers() -> None:
    async def talk(url: str) -> None:
        transport = await Transport.open(endpoint(f"{url}?x=1", key="sesame", headers={"X-Team": "blue"}), "a b")
        await transport.close()

    with ScriptedServer() as server:
        asyncio.run(talk(server.url))
    (handshake,) = server.handshakes
    assert handshake.path == "/v1/realtime?x=1&model=a+b"
    assert handshake.headers["Authorization"] == "Bearer sesame" and handshake.headers["X-Team"] == "blue"


def test_an_own_authorization_header_wins() -> None:
    async def talk(url: str) -> None:
        where = endpoint(url, key="sesame", headers={"Authorization": "Basic abc"})
        await (await Transport.open(where, "m")).close()

    with ScriptedServer() as server:
        asyncio.run(talk(server.url))
    assert server.handshakes[0].headers["Authorization"] == "Basic abc"


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9/v1/realtime", "ws://host.invalid/v1/realtime"])
def test_nobody_there(url: str) -> None:
    with pytest.raises(UnreachableError, match="Nobody answers") as error:
        open_it(endpoint(url + "?key=secret"))
    assert "secret" not in str(error.value)


def test_something_else_answers() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        async def talk() -> None:
            opening = asyncio.create_task(Transport.open(endpoint(f"ws://127.0.0.1:{port}/"), "m"))
            other, _ = await asyncio.to_thread(listener.accept)
            other.sendall(b"220 mail.example ESMTP\r\n")
            other.close()
            await opening

        with pytest.raises(RefusedError, match="not as a WebSocket server"):
            asyncio.run(talk())


@pytest.mark.parametrize(("status", "advice"), [(401, "key"), (404, "/v1/realtime"), (429, "Too many"), (500, "log")])
def test_a_refusal_says_what_to_look_at(status: int, advice: str) -> None:
    with ScriptedServer(refuse=status) as server, pytest.raises(RefusedError, match=advice) as error:
        open_it(endpoint(server.url))
    assert error.value.close_code == status


def test_frames_end_with_the_connection_and_sending_after_it_is_an_error() -> None:
    async def talk(url: str) -> tuple[list[bytes], int | None, str]:
        transport = await Transport.open(endpoint(url), "m")
        frames = [frame async for frame in transport.frames()]
        with pytest.raises(SessionClosedError):
            await transport.send({"type": "x"})
        return frames, transport.close_code, transport.close_reason

    with ScriptedServer(first=["one", b"two", Close(4000, "enough")]) as server:
        assert asyncio.run(talk(server.url)) == ([b"one", b"two"], 4000, "enough")


def test_a_redirect_to_another_place_does_not_carry_the_key_there() -> None:
    with ScriptedServer() as elsewhere, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        async def talk() -> None:
            opening = asyncio.create_task(Transport.open(endpoint(f"ws://127.0.0.1:{port}/", key="sesame"), "m"))
            other, _ = await asyncio.to_thread(listener.accept)
            asked = await asyncio.to_thread(other.recv, 65536)
            assert b"sesame" in asked
            other.sendall(f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode())
            other.close()
            with contextlib.suppress(RefusedError):
                await (await opening).close()

        asyncio.run(talk())
    (arrived,) = elsewhere.handshakes
    assert "sesame" not in str(dict(arrived.headers))


def test_a_transcription_session_names_no_model_in_the_address() -> None:
    async def talk(url: str) -> None:
        transport = await Transport.open(endpoint(url), "m", intent="transcription")
        await transport.close()

    with ScriptedServer() as server:
        asyncio.run(talk(server.url))
    assert server.handshakes[0].path.endswith("?intent=transcription")
