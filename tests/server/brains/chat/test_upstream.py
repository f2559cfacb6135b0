"""A chat endpoint over HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import gzip
import ipaddress
import json
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from support.chat_endpoint import (
    ChatEndpoint,
    answers,
    breaks_off,
    chunk,
    fails,
    hangs,
    hangs_up,
    says,
    sends,
    whole,
)

from rtnb.server.brains.base import BrainError
from rtnb.server.brains.chat.chunks import Delta
from rtnb.server.brains.chat.settings import ChatSettings
from rtnb.server.brains.chat.sse import MAX_EVENT_CHARS
from rtnb.server.brains.chat.upstream import MAX_FAILURE_BYTES, Upstream

KEY = "abc-123-secret"


@pytest.fixture(scope="module")
def running() -> Iterator[ChatEndpoint]:
    with ChatEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running: ChatEndpoint) -> ChatEndpoint:
    running.asked.clear()
    return running


def upstream(endpoint: ChatEndpoint | str, **members: Any) -> Upstream:
    url = endpoint if isinstance(endpoint, str) else endpoint.url
    return Upstream(ChatSettings(**{"url": url, "model": "m", "key": KEY} | members))


def ask(upstream: Upstream, body: dict[str, Any] | None = None) -> tuple[str, BrainError | None]:
    """What is said, and the failure."""

    async def asked() -> tuple[str, BrainError | None]:
        said = ""
        try:
            async for delta in upstream.deltas(body or {"stream": True}):
                said += delta.text
        except BrainError as error:
            return said, error
        finally:
            await upstream.aclose()
        return said, None

    return asyncio.run(asked())


def test_the_request(endpoint: ChatEndpoint) -> None:
    endpoint.then("Yes.")
    assert ask(upstream(endpoint), {"messages": ["ä\ud800"]}) == ("Yes.", None)
    assert endpoint.last.path == "/v1/chat/completions"
    assert endpoint.last.headers["authorization"] == f"Bearer {KEY}"
    assert endpoint.last.headers["content-type"] == "application/json"
    assert endpoint.last.body == {"messages": ["ä?"]}


def test_without_a_key_none_is_sent(endpoint: ChatEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RTNB_CHAT_KEY", raising=False)
    ask(upstream(endpoint, key=None))
    assert "authorization" not in endpoint.last.headers


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (says("One. Two."), "One. Two."),
        (whole(content="All at once."), "All at once."),
        (sends(b": OPENROUTER PROCESSING\n\n", chunk("a"), b": again\n\n", chunk("b"), chunk(finish="stop")), "ab"),
        (sends(chunk("a"), chunk("b"), "[DONE]", kind="text/plain"), "ab"),
        (sends(b"data:" + b'{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}'), "a"),
        (sends(b"\r\n", b"\r\n", chunk("late"), "[DONE]"), "late"),
        (sends(b"data:\n\n", chunk("a"), b"data: \n\n", chunk("b"), "[DONE]"), "ab"),
        (sends(b'data: {"choices": [{"delta":\ndata: {"content": "a"}}]}\n\n', "[DONE]"), "a"),
        (sends(b"".join(b"data: %b\n" % json.dumps(chunk(each)).encode() for each in "ab"), b"data: [DONE]\n"), "ab"),
        (sends(chunk("a"), chunk(None, "stop"), b"data: not read any more\n\n"), "a"),
        (
            answers(gzip.compress(b'{"choices":[{"message":{"content":"small"}}]}'), Content_Encoding="gzip"),
            "small",
        ),
    ],
)
def test_the_ways_in_which_endpoints_answer(endpoint: ChatEndpoint, behaviour: Any, said: str) -> None:
    endpoint.then(behaviour)
    assert ask(upstream(endpoint)) == (said, None)


@pytest.mark.parametrize(
    ("behaviour", "said", "code", "words"),
    [
        (fails(401, f"Bad key {KEY}"), "", "chat_unauthorized", "[key]"),
        (fails(404, "no model"), "", "chat_not_found", "no model"),
        (fails(429, "slow down", Retry_After="7"), "", "rate_limit_exceeded", "in 7 s"),
        (fails(500, f"oops Bearer {KEY}"), "", "chat_unavailable", "oops"),
        (fails(302, Location="http://elsewhere.example/"), "", "chat_moved", "elsewhere.example"),
        (answers(b"x" * 3 * MAX_FAILURE_BYTES, status=503), "", "chat_unavailable", "xxx…"),
        (breaks_off("One. Two"), "One. Two", "chat_broken", "broke off"),
        (sends(b": waiting\n\n", chunk("")), "", "chat_broken", "broke off"),
        (breaks_off("One. Two", rudely=False), "One. Two", "chat_broken", "broke off"),
        (hangs_up(), "", "chat_unreachable", "before it answered"),
        (sends(chunk("a"), {"error": {"message": f"out of memory {KEY}"}}), "a", "chat_failed", "out of memory [key]"),
        (sends(chunk("a"), b'event: error\ndata: {"message": "gone"}\n\n'), "a", "chat_failed", "gone"),
        (sends(b"event: error\ndata: just words\n\n"), "", "chat_failed", "just words"),
        (sends(chunk("a"), "{not JSON"), "a", "chat_nonsense", "no JSON"),
        (sends(chunk("a"), b'data: {"choices":[{"del'), "a", "chat_broken", "broke off"),
        (sends(chunk("a"), b"data: [DO"), "a", "chat_broken", "broke off"),
        (sends(chunk("a"), b"da"), "a", "chat_broken", "broke off"),
        (sends(b'data: {"choices":[{"del'), "", "chat_broken", "broke off"),
        (sends(b"data: hello"), "", "chat_nonsense", "no JSON"),
        (sends("[]"), "", "chat_nonsense", "a list"),
        (
            sends(b'error: {"code":400,"message":"exceeds the available context size"}\n\n', "[DONE]"),
            "",
            "context_length_exceeded",
            "--chat-context-tokens",
        ),
        (sends(b"y" * 190 + KEY.encode()), "", "chat_nonsense", "y[key]"),
        (sends("y" * 190 + KEY), "", "chat_nonsense", "y[key]"),
        (sends(b"y" * 190 + KEY[:9].encode(), KEY[9:].encode()), "", "chat_nonsense", "yyy"),
        (answers(b" " * (MAX_FAILURE_BYTES - 9) + KEY.encode(), status=503), "", "chat_unavailable", "Try again."),
        (sends(b"Welcome!"), "", "chat_nonsense", "neither events nor JSON"),
        (sends(), "", "chat_nonsense", "an empty body"),
        (sends(b"<!doctype html><p>Hello", kind="text/html"), "", "chat_nonsense", "HTML"),
        (answers({"models": []}), "", "chat_nonsense", "without choices"),
        (answers(b"{broken"), "", "chat_nonsense", "no JSON"),
        (answers({"error": "overloaded"}), "", "chat_failed", "overloaded"),
        (answers(b"no gzip", Content_Encoding="gzip"), "", "chat_nonsense", "unpacked"),
        (sends(b"data: " + b"x" * (MAX_EVENT_CHARS + 10)), "", "chat_nonsense", "no end"),
        (answers(b'{"a": "' + b"x" * (MAX_EVENT_CHARS + 10)), "", "chat_nonsense", "more JSON"),
    ],
)
def test_failures_are_named_and_what_was_said_stands(
    endpoint: ChatEndpoint, caplog: pytest.LogCaptureFixture, behaviour: Any, said: str, code: str, words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.then(behaviour)
    text, error = ask(upstream(endpoint))
    assert error is not None
    assert (text, error.code) == (said, code)
    assert words in str(error)
    assert KEY[:5] not in str(error)
    assert KEY not in "".join(traceback.format_exception(error)) and KEY not in caplog.text


@pytest.mark.parametrize(
    ("limit", "text", "code"), [("timeout_s", "", "chat_timeout"), ("stall_s", "One. Two", "chat_stalled")]
)
def test_silence_has_an_end(endpoint: ChatEndpoint, limit: str, text: str, code: str) -> None:
    endpoint.then(hangs(text))
    said, error = ask(upstream(endpoint, **{limit: 0.3}))
    assert error is not None
    assert (said, error.code) == (text, code)
    assert endpoint.last.left.wait(10)


def test_comments_alone_are_silence_too(endpoint: ChatEndpoint) -> None:
    async def waits(exchange: Any) -> None:
        await exchange.start()
        while True:
            await exchange.send(b": waiting\n\n")
            await asyncio.sleep(0.02)

    endpoint.then(waits)
    _, error = ask(upstream(endpoint, timeout_s=0.3))
    assert error is not None and error.code == "chat_timeout"


def test_a_lost_connection_is_tried_once_more(endpoint: ChatEndpoint) -> None:
    endpoint.then(hangs_up(), "Yes.")
    assert ask(upstream(endpoint)) == ("Yes.", None)
    assert len(endpoint.asked) == 2


def test_nothing_is_tried_again_that_has_begun(endpoint: ChatEndpoint) -> None:
    for behaviour in (breaks_off("One"), fails(500)):
        endpoint.asked.clear()
        endpoint.then(behaviour, "Yes.")
        assert ask(upstream(endpoint))[1] is not None
        assert len(endpoint.asked) == 1


def test_closing_it_closes_the_request(endpoint: ChatEndpoint) -> None:
    endpoint.then(hangs("One."))

    async def leave() -> None:
        made = upstream(endpoint)
        async with aclosing(made.deltas({})) as deltas:
            assert await anext(deltas) == Delta("One")
        assert await asyncio.to_thread(endpoint.last.left.wait, 10)
        await made.aclose()

    asyncio.run(leave())


@pytest.mark.parametrize("text", ["", "One."])
def test_cancelling_it_closes_the_request(endpoint: ChatEndpoint, text: str) -> None:
    endpoint.then(hangs(text))

    async def leave() -> None:
        made = upstream(endpoint)

        async def listen() -> None:
            async for _ in made.deltas({}):
                pass

        task = asyncio.create_task(listen())
        await asyncio.to_thread(endpoint.wait_asked, 1)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(endpoint.last.left.wait, 10)
        await made.aclose()

    asyncio.run(leave())


def test_connections_are_kept_between_requests_and_each_loop_has_its_own(endpoint: ChatEndpoint) -> None:
    endpoint.then(says("Yes."), whole(content="Yes."), fails(429), says("Yes."))
    made = upstream(endpoint)

    async def twice() -> None:
        for _ in range(4):
            try:
                async for _ in made.deltas({}):
                    pass
            except BrainError:
                pass
        await made.aclose()

    asyncio.run(twice())
    assert len({asked.connection for asked in endpoint.asked}) == 1
    asyncio.run(twice())
    assert len({asked.connection for asked in endpoint.asked}) == 2


def test_an_end_that_does_not_come_is_not_waited_for(endpoint: ChatEndpoint) -> None:
    async def dawdles(exchange: Any) -> None:
        await exchange.start()
        await exchange.event(chunk("Yes.", "stop"))
        await asyncio.sleep(3600)

    endpoint.then(dawdles)
    assert ask(upstream(endpoint)) == ("Yes.", None)
    assert endpoint.last.left.wait(10)


def test_nobody_answers() -> None:
    with ChatEndpoint() as gone:
        url = gone.url
    _, error = ask(upstream(url))
    assert error is not None and error.code == "chat_unreachable"
    assert f"Nobody answers at the chat endpoint {url}/chat/completions" in str(error)


def test_a_name_that_nobody_has() -> None:
    _, error = ask(upstream("http://nobody.invalid/v1"))
    assert error is not None and error.code == "chat_unreachable"
    assert "The name of the chat endpoint http://nobody.invalid/v1/chat/completions is not known" in str(error)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of nobody's for 127.0.0.1, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stub")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "stub.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_encrypted_endpoints_have_to_be_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ChatEndpoint("Yes.", tls=context) as endpoint:
        assert endpoint.url.startswith("https:")
        _, error = ask(upstream(endpoint))
        assert error is not None and "No encrypted connection" in str(error) and "certificate" in str(error)
        assert not endpoint.asked
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert ask(upstream(endpoint)) == ("Yes.", None)


def test_an_endpoint_without_encryption_asked_with_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        _, error = ask(upstream(f"https://127.0.0.1:{listening.getsockname()[1]}/v1"))
        thread.join(10)
    assert error is not None and "No encrypted connection" in str(error)


def test_certificates_are_checked(endpoint: ChatEndpoint) -> None:
    made = upstream("https://example.org")
    assert made._tls.verify_mode == ssl.CERT_REQUIRED and made._tls.check_hostname


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    endpoint: ChatEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    endpoint.then("Yes.")
    assert ask(upstream(endpoint)) == ("Yes.", None)


def test_a_body_that_json_cannot_say(endpoint: ChatEndpoint) -> None:
    _, error = ask(upstream(endpoint), {"tools": [float("nan")]})
    assert error is not None and error.code == "chat_refused" and not endpoint.asked


def test_settings_can_be_changed(tmp_path: Path, endpoint: ChatEndpoint) -> None:
    endpoint.then("Yes.")
    settings = dataclasses.replace(ChatSettings(url="http://127.0.0.1:9", model="m"), url=endpoint.url)
    assert ask(Upstream(settings)) == ("Yes.", None)


def test_an_answer_without_an_end_has_one(endpoint: ChatEndpoint) -> None:
    async def thinks(exchange: Any) -> None:
        await exchange.start()
        while True:
            await exchange.event(chunk(reasoning_content="hm "))
            await asyncio.sleep(0.01)

    endpoint.then(thinks)
    _, error = ask(upstream(endpoint, total_s=0.3))
    assert error is not None and error.code == "chat_timeout"
    assert "has not ended its answer in 0.3 s" in str(error) and "total_s" in str(error)
    assert endpoint.last.left.wait(10)


def test_the_time_of_who_listens_does_not_count(endpoint: ChatEndpoint) -> None:
    endpoint.then(says("One. Two. Three."))

    async def listen() -> str:
        made, said = upstream(endpoint, total_s=5.0), ""
        loop = asyncio.get_running_loop()
        real, ahead_s = loop.time, 0.0
        loop.time = lambda: real() + ahead_s  # type: ignore[method-assign]
        async for delta in made.deltas({}):
            said += delta.text
            ahead_s += 100.0
        await made.aclose()
        return said

    assert asyncio.run(listen()) == "One. Two. Three."
