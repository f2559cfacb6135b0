"""Several servers that share nothing but the keys of client secrets, behind a balancer."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from support.cluster import Cluster, wait_for
from support.wire import Wire

from rtnb.server import EmbeddedServer, Options

EXAMPLE = Path(__file__).parents[3] / "examples" / "balancer"
KEYS = ("an old key that is still in use 1", "a new key that is not in use yet 2")


class RoundRobin:
    """The simplest balancer: each connection to the next server, bytes as they are."""

    def __init__(self, *ports: int) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._next = cycle(ports)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", next(self._next)))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def test_any_server_with_the_key_honours_a_secret_also_while_keys_are_changed() -> None:
    with ExitStack() as stack:
        one = stack.enter_context(EmbeddedServer(Options(api_key="sesame", secret_keys=KEYS)))
        two = stack.enter_context(EmbeddedServer(Options(api_key="sesame", secret_keys=KEYS[::-1])))
        balancer = RoundRobin(*(int(server.url.split(":")[2].split("/")[0]) for server in (one, two)))
        stack.callback(balancer.close)
        root = f"127.0.0.1:{balancer.port}/v1/realtime"
        for _ in range(2):
            answer = httpx.post(
                f"http://{root}/client_secrets",
                json={"session": {"type": "realtime", "instructions": "Speak of rain."}},
                headers={"Authorization": "Bearer sesame"},
                trust_env=False,
            )
            for _ in range(2):
                with Wire(f"ws://{root}", key=answer.json()["value"], model=None) as wire:
                    assert wire.next()["session"]["instructions"] == "Speak of rain."


def start_nginx(folder: Path, port: int, servers: list[int]) -> subprocess.Popen[bytes]:
    paths = " ".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = (EXAMPLE / "nginx.conf").read_text().replace("http {", f"http {{ {paths}")
    # As root its workers would be somebody else, who may not write here.
    user = "user root;\n" if os.geteuid() == 0 else ""
    own = f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
    return _started(["nginx", "-p", str(folder), "-c"], folder / "nginx.conf", own + _ported(text, port, servers))


def start_haproxy(folder: Path, port: int, servers: list[int]) -> subprocess.Popen[bytes]:
    text = (EXAMPLE / "haproxy.cfg").read_text()
    return _started(["haproxy", "-db", "-f"], folder / "haproxy.cfg", _ported(text, port, servers))


def _ported(text: str, port: int, servers: list[int]) -> str:
    for before, after in (("8080", port), ("8765", servers[0]), ("8766", servers[1])):
        assert before in text
        text = text.replace(before, str(after))
    return text


def _started(command: list[str], file: Path, text: str) -> subprocess.Popen[bytes]:
    file.write_text(text)
    return subprocess.Popen([*command, str(file)])


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_the_example_spreads_sessions_and_leaves_out_a_server_that_drains(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    start: Callable[..., subprocess.Popen[bytes]] = {"nginx": start_nginx, "haproxy": start_haproxy}[name]
    with ExitStack() as stack:
        servers = []
        for place in ("one", "two"):
            (tmp_path / place).mkdir()
            serving = Cluster(tmp_path / place, "--drain-s", "60", RTNB_SECRET_KEYS=",".join(KEYS))
            servers.append(stack.enter_context(serving))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        balancer = start(tmp_path, port, [server.port for server in servers])
        stack.callback(balancer.wait)
        stack.callback(balancer.terminate)
        root = f"127.0.0.1:{port}"
        wait_for(lambda: _status(f"http://{root}/readyz") == 200, "the balancer passes requests on")
        # One that is as long as a real agent's: most of it is not to be compressed.
        numbers = random.Random(1)
        words = " ".join(str(numbers.randrange(10**6)) for _ in range(3500))
        session = {"type": "realtime", "instructions": words}
        answer = httpx.post(f"http://{root}/v1/realtime/client_secrets", json={"session": session}, trust_env=False)
        offered = ["realtime", f"openai-insecure-api-key.{answer.json()['value']}"]

        def open_session() -> Wire:
            wire = stack.enter_context(Wire(f"ws://{root}/v1/realtime", model=None, subprotocols=offered))
            assert wire.next()["session"]["instructions"] == words
            return wire

        wires = [open_session() for _ in range(4)]
        assert [_sessions(server) for server in servers] == [2, 2]
        servers[0].terminate()
        wait_for(lambda: servers[0].http("GET", "/readyz").status_code == 503, "it drains")
        wires += [open_session() for _ in range(4)]
        assert [_sessions(server) for server in servers] == [2, 6]
        for wire in wires:
            assert wire.say("I am still talking.")["type"] == "conversation.item.done"


def _status(url: str) -> int:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def _sessions(server: Cluster) -> int:
    return int(server.http("GET", "/healthz").json()["sessions"])
