"""The way to the API, on this machine alone."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rtnb.checkup import network
from rtnb.checkup.network import Route, Target, judge_route, route, target_of
from rtnb.checkup.plan import plan
from rtnb.checkup.proxy import proxy_for

API = Target("api.openai.com", 443, True, False)


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers everything alike, once."""
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            heard.append(connection.recv(4096))
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], heard


@dataclass(frozen=True)
class Certificate:
    """Of 127.0.0.1, signed by itself, and trusted by nobody yet."""

    file: Path

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.file)
        return made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return Certificate(file)


@contextmanager
def tunnelling(certificate: Certificate, *, tls: bool, inside: bool) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that gives a tunnel, with TLS before it if asked; at the tunnel's end TLS, if asked, and nothing else."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if inside:
                await writer.start_tls(certificate.context())
            await reader.read()
        writer.transport.abort()

    ready, loop = threading.Event(), asyncio.new_event_loop()
    ports: list[int] = []

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.context() if tls else None)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()

    def forever() -> None:
        loop.set_exception_handler(lambda *_: None)
        loop.create_task(run())
        loop.run_forever()

    thread = threading.Thread(target=forever, daemon=True)
    thread.start()
    assert ready.wait(30)
    yield ports[0], heads

    async def end() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        loop.stop()

    asyncio.run_coroutine_threadsafe(end(), loop)
    thread.join(30)
    loop.close()


def test_endpoints() -> None:
    assert target_of({"RTNB_ENDPOINT": "openai"}) == Target("api.openai.com", 443, True, True)
    assert target_of({"RTNB_ENDPOINT": "local"}) == API
    assert target_of({"RTNB_ENDPOINT": "wss://user:secret@host/v1"}) == Target("host", 443, True, True, "RTNB_ENDPOINT")
    assert target_of({"RTNB_ENDPOINT": "http://host"}) is None
    assert judge_route(route({"RTNB_ENDPOINT": "htp:/"}))[0].verdict == "problem"


def test_a_server_that_is_there_and_one_that_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (finding,) = judge_route(route({"RTNB_ENDPOINT": f"ws://127.0.0.1:{port}/v1/realtime"}))
        assert finding.verdict == "ok"
    (finding,) = judge_route(route({"RTNB_ENDPOINT": f"ws://127.0.0.1:{port}/v1/realtime"}))
    assert finding.verdict == "problem" and finding.remedy.endswith(f"--port {port}")


def test_a_server_without_tls() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        found = route({"RTNB_ENDPOINT": f"wss://localhost:{port}/"})
    assert found.failed == "tls" and "wss:// should be ws://" in judge_route(found)[0].remedy


def test_a_name_that_nobody_has() -> None:
    found = route({"RTNB_ENDPOINT": "wss://nobody.invalid/v1/realtime"})
    assert found.failed == "name"
    (finding,) = judge_route(found)
    assert finding.verdict == "problem" and "nobody.invalid" in finding.found


def test_a_certificate_that_is_not_trusted_and_is(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "")
    with tunnelling(certificate, tls=True, inside=False) as (port, heard):
        environment = {"RTNB_ENDPOINT": f"wss://localhost:{port}/"}
        found = route(environment)
        assert found.failed == "certificate" and "self" in found.said
        assert "SSL_CERT_FILE" in judge_route(found)[0].remedy
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        assert route(environment).failed == ""
    assert not heard


def test_a_place_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = {"OPENAI_BASE_URL": "https://gw.example/v1"}
    assert target_of(gateway) == Target("gw.example", 443, True, False, "OPENAI_BASE_URL")
    assert target_of({**gateway, "RTNB_ENDPOINT": "openai"}) == Target("gw.example", 443, True, True, "OPENAI_BASE_URL")
    assert target_of({**gateway, "RTNB_ENDPOINT": "wss://host"}) == Target("host", 443, True, True, "RTNB_ENDPOINT")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (finding,) = judge_route(route({"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "RTNB_ENDPOINT": "openai"}))
    assert finding.verdict == "ok"
    assert finding.found == f"127.0.0.1:{port} (which OPENAI_BASE_URL names) is reached"


@pytest.mark.parametrize("value", ["gw.example", "http://gw.example/v1", "https://user:hunter2@gw:port/v1"])
def test_a_place_that_is_none(value: str) -> None:
    facts = route({"OPENAI_BASE_URL": value})
    (finding,) = judge_route(facts)
    assert finding.verdict == "problem" and "OPENAI_BASE_URL" in finding.found and "https://HOST/v1" in finding.remedy
    assert "hunter2" not in repr((facts, finding))


@pytest.mark.parametrize("endpoint", ["wss://a..b/v1", f"wss://{'a' * 70}.example/v1"])
def test_a_host_that_is_no_name(endpoint: str) -> None:
    (finding,) = judge_route(route({"RTNB_ENDPOINT": endpoint}))
    assert finding.verdict == "problem" and "is not found" in finding.found and "Mend the address" in finding.remedy


@pytest.mark.parametrize(
    "value",
    [
        "http://user:hunter2/x@proxy:8080",
        "http://user:hunter2#x@proxy:8080",
        "http://user:hunter2?x@proxy:8080",
        "http://user:x@proxy:hunter2",
        "http://[hunter2",
        "hunter2:3128",
    ],
)
def test_a_proxy_that_is_none_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    (check,) = [check for check in plan() if check.name == "way to the API"]
    (finding,) = check.run()
    assert finding.verdict == "note" and finding.found.startswith("HTTPS_PROXY holds no address")
    assert "%2F" in finding.remedy and "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    ("value", "port", "tls"),
    [("http://proxy", 80, False), ("https://proxy", 443, True), ("http://proxy:3128/", 3128, False)],
)
def test_the_port_of_a_proxy_is_the_one_that_websockets_takes(
    monkeypatch: pytest.MonkeyPatch, value: str, port: int, tls: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    proxy = proxy_for("api.openai.com", 443, tls=True)
    assert proxy is not None and (proxy.variable, proxy.host, proxy.port, proxy.tls) == (
        "HTTPS_PROXY",
        "proxy",
        port,
        tls,
    )
    monkeypatch.setenv("NO_PROXY", "api.openai.com")
    assert proxy_for("api.openai.com", 443, tls=True) is None


def test_a_login_for_a_proxy_of_https_never_goes_in_clear(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that speaks no TLS, one that nobody trusts, and one that is as it should be."""
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, heard):
        monkeypatch.setenv("HTTPS_PROXY", f"https://user:secret@127.0.0.1:{port}")
        found = route({})
    assert found.failed == "proxy tls" and "http://" in judge_route(found)[0].remedy
    # A hello of TLS, and nothing after it.
    assert heard[0][:2] == b"\x16\x03" and b"CONNECT" not in heard[0] and b"Proxy-Authorization" not in heard[0]
    with tunnelling(certificate, tls=True, inside=True) as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"https://user:secret@127.0.0.1:{port}")
        found = route({})
        assert found.failed == "proxy tls" and "self" in found.said and not heads
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        # The tunnel stands, TLS inside of TLS too: its end has a certificate of another name.
        found = route({})
        assert found.failed == "certificate" and "api.openai.com" in found.said
    assert heads[0].startswith(b"CONNECT api.openai.com:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in heads[0]
    assert "secret" not in repr((found, judge_route(found)))


@pytest.mark.parametrize("tls", [False, True])
def test_a_tunnel_to_its_end(certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tls: bool) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    # Loopback is reached past proxies, by all its names but this one.
    monkeypatch.setattr(network, "proxy_for", lambda host, port, *, tls: proxy_for("api.openai.com", 443, tls=True))
    with tunnelling(certificate, tls=tls, inside=True) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"{'https' if tls else 'http'}://127.0.0.1:{port}")
        (finding,) = judge_route(route({"RTNB_ENDPOINT": "wss://localhost:9/v1"}))
    assert finding.verdict == "ok" and "through the proxy 127.0.0.1, and its certificate is good" in finding.found


@pytest.mark.parametrize(
    ("answer", "said"), [(b"", "it does not answer"), (b"SSH-2.0-OpenSSH\r\n", "its answer is not HTTP")]
)
def test_what_is_no_proxy(monkeypatch: pytest.MonkeyPatch, answer: bytes, said: str) -> None:
    with answering(answer) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert route({}) == Route(API, "proxy", said, "127.0.0.1")


def test_a_proxy_is_asked_for_a_tunnel_and_its_password_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as (port, heard):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{port}")
        found = route({})
    assert heard[0].startswith(b"CONNECT api.openai.com:443 HTTP/1.1\r\n") and b"Proxy-Authorization" in heard[0]
    (finding,) = judge_route(found)
    assert finding.verdict == "note" and "407" in finding.found
    assert "secret" not in repr((found, finding))


@pytest.mark.parametrize("failed", ["name", "connection", "proxy", "proxy address", "proxy tls", "certificate", "tls"])
def test_only_who_names_the_api_has_a_problem(failed: str) -> None:
    for named, verdict in ((False, "note"), (True, "problem")):
        target = Target("api.openai.com", 443, True, named)
        (finding,) = judge_route(Route(target, failed, "said"))  # type: ignore[arg-type]
        assert finding.verdict == verdict and finding.remedy


def test_no_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA")
    with answering(b"") as (port, heard):
        route({"RTNB_ENDPOINT": f"wss://localhost:{port}/v1/realtime"})
    assert b"sk-proj" not in b"".join(heard)
    assert network.TIMEOUT_S <= 3
