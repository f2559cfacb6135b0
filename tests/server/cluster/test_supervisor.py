"""Real workers in real processes: spread, replaced, drained, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest
from support.cluster import Cluster, wait_for
from support.wire import Wire
from websockets.exceptions import InvalidStatus

from rtnb.errors import ConfigError, SessionError, UnreachableError
from rtnb.server import Options, serve
from rtnb.server.cluster.process import how_it_ended
from rtnb.server.cluster.supervisor import pause_s

pytestmark = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="several workers need Unix")

CLOSED = (1001, "The server is shutting down.")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, "--workers", "2") as started:
        yield started


def test_sessions_are_spread_evenly_also_after_some_have_ended(cluster: Cluster) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(cluster.url)) for _ in range(2)]
        wait_for(lambda: sorted(cluster.spread().values()) == [1, 1], "both workers were there from the beginning")
        for number in range(18):
            if number % 3 == 0:
                assert cluster.http("GET", "/healthz").status_code == 200
            wires.append(stack.enter_context(Wire(cluster.url)))
        for wire in wires:
            assert wire.next()["type"] == "session.created"
        wait_for(lambda: sorted(cluster.spread().values()) == [10, 10], "ten each")
        ports = {each.laddr.port for each in cluster.workers()[0].net_connections("tcp")}
        assert cluster.port in ports
        # All sessions of one of them end; who comes next goes there.
        first = cluster.workers()[0]
        there = {each.raddr.port for each in first.net_connections("tcp") if each.raddr}
        for wire in wires:
            if wire.socket.local_address[1] in there:
                wire.socket.close()
        wait_for(lambda: cluster.spread()[first.pid] == 0, "its sessions have ended")
        wait_for(lambda: _sessions(cluster, first.pid) == 0, "and it says so")
        for _ in range(10):
            stack.enter_context(Wire(cluster.url))
        wait_for(lambda: sorted(cluster.spread().values()) == [10, 10], "ten each again")
    wait_for(lambda: not any(cluster.spread().values()), "all have ended")


def _sessions(cluster: Cluster, pid: int) -> int | None:
    found = cluster.http("GET", "/healthz").json()
    return int(found["sessions"]) if found["pid"] == pid else None


def test_a_secret_opens_sessions_at_every_worker(cluster: Cluster) -> None:
    body = {"session": {"type": "realtime", "instructions": "Speak of rain only."}}
    value = cluster.http("POST", "/v1/realtime/client_secrets", json=body).json()["value"]
    with ExitStack() as stack:
        for _ in range(4):
            wire = stack.enter_context(Wire(cluster.url, key=value, model=None))
            assert wire.next()["session"]["instructions"] == "Speak of rain only."
        wait_for(lambda: sorted(cluster.spread().values()) == [2, 2], "two at each")
        with Wire(cluster.url, key=value[:-1] + "-") as wire:
            assert wire.next()["error"]["code"] == "invalid_api_key"


def test_a_worker_that_is_killed_is_replaced_and_the_other_goes_on(cluster: Cluster) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(cluster.url)) for _ in range(4)]
        victim, other = cluster.workers()
        wait_for(lambda: cluster.spread() == {victim.pid: 2, other.pid: 2}, "two at each")
        there = {each.raddr.port for each in victim.net_connections("tcp") if each.raddr}
        staying = [wire for wire in wires if wire.socket.local_address[1] not in there]
        os.kill(victim.pid, signal.SIGKILL)
        wait_for(lambda: "ended by SIGKILL" in cluster.log.read_text(), "it is told")
        for wire in staying:
            wire.next()
            wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
        with Wire(cluster.url) as wire:
            assert wire.next()["type"] == "session.created"
        wait_for(lambda: len(cluster.workers()) == 2, "another is started")
        fresh = cluster.workers()[-1].pid
        wait_for(lambda: _sessions(cluster, fresh) is not None, "it takes connections")
        with Wire(cluster.url), Wire(cluster.url):
            wait_for(lambda: cluster.spread() == {other.pid: 2, fresh: 2}, "it gets what comes next")
    assert cluster.log.read_text().count("another takes its place") == 1


def test_told_to_end_it_lets_sessions_go_on_and_begins_none(tmp_path: Path) -> None:
    with Cluster(tmp_path, "--workers", "2", "--drain-s", "60", "--sessions", "3") as cluster:
        with ExitStack() as stack:
            wires = [stack.enter_context(Wire(cluster.url)) for _ in range(3)]
            for wire in wires:
                assert wire.next()["type"] == "session.created"
            # The limit holds over all workers.
            with Wire(cluster.url) as wire:
                error = wire.next()["error"]
                assert error["code"] == "session_limit_exceeded" and "3 are open" in error["message"]
            # The end of its terminal is told like any other.
            cluster.process.send_signal(signal.SIGHUP)
            wait_for(lambda: cluster.http("GET", "/readyz").status_code == 503, "balancers are told")
            with pytest.raises(InvalidStatus) as refused:
                Wire(cluster.url)
            assert refused.value.response.status_code == 503
            for wire in wires:
                assert wire.say("I am still talking.")["type"] == "conversation.item.done"
            assert cluster.process.poll() is None
        # The last one has gone.
        assert cluster.process.wait(30) == 0
        assert not cluster.ready.exists()


def test_told_twice_it_ends_at_once_and_a_dead_supervisor_is_not_outlived(tmp_path: Path) -> None:
    with Cluster(tmp_path, "--workers", "2", "--drain-s", "600") as cluster, Wire(cluster.url) as wire:
        wire.next()
        cluster.terminate()
        wait_for(lambda: cluster.http("GET", "/readyz").status_code == 503, "it drains")
        cluster.terminate()
        assert wire.closing() == CLOSED
        assert cluster.process.wait(30) == 0
    with Cluster(tmp_path, "--workers", "2") as cluster, Wire(cluster.url) as wire:
        wire.next()
        (folder,) = tmp_path.glob(f"rtnb-metrics-{cluster.process.pid}-*")
        cluster.process.kill()
        cluster.process.wait()
        assert wire.closing() == CLOSED
        wait_for(lambda: not folder.exists(), "the last worker leaves nothing behind")


def test_a_port_that_is_taken_is_told_before_anything_is_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UnreachableError, match="is in use"):
        serve("127.0.0.1", taken.getsockname()[1], Options(), workers=2, command=("no-such-program",))


def test_a_worker_that_cannot_start_ends_the_server() -> None:
    command = (sys.executable, "-c", "raise SystemExit(3)")
    with pytest.raises(SessionError, match=r"Worker \d ended with status 3 before it was ready"):
        serve("127.0.0.1", 0, Options(), workers=2, command=command, ready=lambda url: pytest.fail("not ready"))


@pytest.mark.parametrize(("workers", "command"), [(0, ("x",)), (65, ("x",)), (2, ())])
def test_as_many_workers_as_there_may_be(workers: int, command: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        serve("127.0.0.1", 0, Options(), workers=workers, command=command)


def test_a_key_that_is_too_short_is_told_before_anything_is_started() -> None:
    with pytest.raises(ConfigError, match="Key 1 for client secrets"):
        serve("127.0.0.1", 0, Options(secret_keys=("short",)), workers=2, command=("no-such-program",))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_a_worker_that_cannot_be_started_again_harms_no_other_and_is_tried_until_it_can(tmp_path: Path) -> None:
    import resource

    with Cluster(tmp_path, "--workers", "2") as cluster, ExitStack() as stack:
        wires = [stack.enter_context(Wire(cluster.url)) for _ in range(2)]
        victim, other = cluster.workers()
        wait_for(lambda: cluster.spread() == {victim.pid: 1, other.pid: 1}, "one at each")
        there = {each.raddr.port for each in victim.net_connections("tcp") if each.raddr}
        (staying,) = [wire for wire in wires if wire.socket.local_address[1] not in there]
        before = psutil.Process(cluster.process.pid).rlimit(resource.RLIMIT_NOFILE)
        # Not one more than it has.
        least = psutil.Process(cluster.process.pid).num_fds() - 1
        psutil.Process(cluster.process.pid).rlimit(resource.RLIMIT_NOFILE, (least, before[1]))
        os.kill(victim.pid, signal.SIGKILL)
        wait_for(lambda: "could not be started (Too many open files)" in cluster.log.read_text(), "it is told")
        staying.next()
        assert staying.say("I am still talking.")["type"] == "conversation.item.done"
        psutil.Process(cluster.process.pid).rlimit(resource.RLIMIT_NOFILE, before)
        wait_for(lambda: len(cluster.workers()) == 2, "it is started in the end")
        fresh = cluster.workers()[-1].pid
        wait_for(lambda: _sessions(cluster, fresh) is not None, "it takes connections")
    assert "Traceback" not in cluster.log.read_text()


def test_a_worker_that_hangs_gets_nothing_new_while_others_can(tmp_path: Path) -> None:
    patience = {"beat_s": 0.1, "overdue_s": 0.2, "silent_s": 0.4, "hung_s": 600.0}
    with Cluster(tmp_path, "--workers", "2", "--drain-s", "600", patience=patience) as cluster, ExitStack() as stack:
        hung = cluster.workers()[0]
        os.kill(hung.pid, signal.SIGSTOP)

        def all_open() -> bool:
            # They stay, and so do those that it does not take: were it chosen by what it has, half would go there.
            found = [executor.submit(Wire, cluster.url, open_timeout=3) for _ in range(6)]
            opened = [each.result() for each in found if each.exception() is None]
            for wire in opened:
                stack.enter_context(wire)
            return len(opened) == len(found)

        with ThreadPoolExecutor(6) as executor:
            wait_for(all_open, "all sessions begin at the other")
        # Who is told twice to end waits for nobody.
        cluster.terminate()
        wait_for(lambda: _ready(cluster) == 503, "it drains")
        cluster.terminate()
        assert cluster.process.wait(30) == 0
        assert not cluster.alive(hung.pid)


def _ready(cluster: Cluster) -> int:
    try:
        return cluster.http("GET", "/readyz").status_code
    except httpx.TransportError:
        return 0


def test_a_worker_that_hangs_is_replaced_and_told_once_also_as_json(tmp_path: Path) -> None:
    patience = {"beat_s": 0.1, "silent_s": 0.4, "hung_s": 3.0}
    options = ("--workers", "2", "--log-format", "json")
    with Cluster(tmp_path, *options, patience=patience) as cluster, Wire(cluster.url), Wire(cluster.url):
        hung, other = cluster.workers()
        wait_for(lambda: cluster.spread() == {hung.pid: 1, other.pid: 1}, "one at each")
        os.kill(hung.pid, signal.SIGSTOP)
        wait_for(lambda: not cluster.alive(hung.pid), "it is ended")
        wait_for(lambda: len(cluster.workers()) == 2, "another is started")
        fresh = cluster.workers()[-1].pid
        wait_for(lambda: _sessions(cluster, fresh) is not None, "it takes connections")
        wait_for(lambda: cluster.spread().get(other.pid) == 1, "the other one kept its session")
    # The line that says where it is goes to the standard output, for people.
    records = [json.loads(line) for line in cluster.log.read_text().splitlines() if not line.startswith("rtnb")]
    told = [each for each in records if f"(process {hung.pid})" in each["message"]]
    assert [(each["logger"], each["level"]) for each in told] == [("rtnb.server.cluster", "error")]
    assert "said nothing for 3 s and was killed" in told[0]["message"]
    missing = [each for each in records if "plain tones" in each["message"]]
    assert [(each["logger"], each["level"]) for each in missing] == [("rtnb.server.cluster", "warning")]


def test_pauses_grow_to_an_end_and_ends_are_told() -> None:
    assert [pause_s(deaths) for deaths in (1, 2, 7, 1000)] == [0.5, 1.0, 30.0, 30.0]
    assert [how_it_ended(status) for status in (0, -11, -200)] == ["with status 0", "by SIGSEGV", "by signal 200"]
