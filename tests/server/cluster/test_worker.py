"""A worker by itself, fed by the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support.cluster import wait_for
from support.wire import Wire

from rtnb.protocol import Problem
from rtnb.server import Options
from rtnb.server.cluster.channel import Lines, Orders, Report
from rtnb.server.cluster.worker import run_worker
from rtnb.server.options import Limits
from rtnb.server.watching import Watcher
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.vad import load_engine

pytestmark = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="workers need Unix")


class Fed:
    """A worker in a thread, the supervisor's end of its channel, and a port whose connections it gets."""

    def __init__(self, options: Options, orders: Orders, *, load: Callable[[], VoiceStack]) -> None:
        self.channel, there = socket.socketpair()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listening.getsockname()[1]}/v1/realtime"
        self.report = Report()
        self.reports = 0
        self.thread = threading.Thread(target=run_worker, args=(options, VoiceLoader(lambda _: load()), there))
        self.thread.start()
        self.channel.sendall(orders.to_line())
        self._hands = [threading.Thread(target=self._listen), threading.Thread(target=self._feed)]
        for hand in self._hands:
            hand.start()

    def _listen(self) -> None:
        lines = Lines()
        while data := self.channel.recv(4096):
            for line in lines.push(data):
                self.report = Report.of(line)
                self.reports += 1

    def _feed(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                socket.send_fds(self.channel, [b"c"], [connection.fileno()])

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.channel.shutdown(socket.SHUT_RDWR)
        for thread in (*self._hands, self.thread):
            thread.join(20)
            assert not thread.is_alive()
        self.listening.close()
        self.channel.close()


Feed = Callable[..., Fed]


@pytest.fixture
def feed() -> Iterator[Feed]:
    with ExitStack() as stack:

        def start(orders: Orders | None = None, *, missing: tuple[str, ...] = (), **options: object) -> Fed:
            stack_ = VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"), missing)
            fed = Fed(Options(**options), orders or Orders(), load=lambda: stack_)  # type: ignore[arg-type]
            stack.callback(fed.close)
            return fed

        yield start


def test_it_serves_what_it_is_handed_and_tells_how_much_that_is(feed: Feed) -> None:
    fed = feed(missing=("No words are heard.",))
    wait_for(lambda: fed.report.ready and fed.report.missing is not None, "it is ready")
    assert fed.report.missing == ("No words are heard.",)
    with Wire(fed.url) as wire, socket.create_connection(fed.listening.getsockname()):
        assert wire.next()["type"] == "session.created"
        wait_for(lambda: (fed.report.sessions, fed.report.fresh, fed.report.adopted) == (1, 1, 2), "it counts")
    wait_for(lambda: (fed.report.sessions, fed.report.fresh, fed.report.adopted) == (0, 0, 2), "it counts")


def test_it_tells_of_connections_that_it_has_no_descriptors_for_and_goes_on(
    feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    import resource

    caplog.set_level("WARNING")
    fed = feed()
    wait_for(lambda: fed.report.ready, "it is ready")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ends = [socket.socketpair() for _ in range(3)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        for _, its in ends:
            socket.send_fds(fed.channel, [b"c"], [its.fileno()])
            its.close()
        wait_for(lambda: (fed.report.adopted, fed.report.lost) == (3, 3), "it counts them")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for mine, _ in ends:
        assert mine.recv(1) == b""
        mine.close()
    with Wire(fed.url) as wire:
        assert wire.next()["type"] == "session.created"
        wait_for(lambda: (fed.report.adopted, fed.report.lost, fed.report.sessions) == (4, 3, 1), "it counts")
    assert [record.name for record in caplog.records if "descriptors" in record.message] == ["rtnb.server.cluster"]


def test_it_tells_how_it_is_also_when_nothing_happens(feed: Feed) -> None:
    fed = feed(Orders(beat_s=0.01))
    wait_for(lambda: fed.reports >= 10, "its heart beats")
    assert (fed.report.adopted, fed.report.sessions) == (0, 0)


def test_its_part_of_the_limits_and_its_keys_are_what_it_was_told(feed: Feed) -> None:
    from rtnb.server.web.secrets import ClientSecrets

    fed = feed(Orders(secret_keys=("k" * 32,), sessions=1), limits=Limits(sessions=7))
    value, _ = ClientSecrets(["k" * 32]).mint(model="gpt-realtime-2.1", config={"instructions": "Be brief."})
    with Wire(fed.url, key=value, model=None) as wire, Wire(fed.url) as another:
        assert wire.next()["session"]["instructions"] == "Be brief."
        assert another.next()["error"]["code"] == "session_limit_exceeded"


def test_it_ends_when_it_is_told_so_and_says_goodbye(feed: Feed) -> None:
    fed = feed(drain_s=60.0)
    with Wire(fed.url) as wire:
        wire.next()
        fed.channel.send(b"x")
        assert wire.closing() == (1001, "The server is shutting down.")
    wait_for(lambda: fed.report.leaving, "it says that it takes no more")
    fed.thread.join(20)
    assert not fed.thread.is_alive()


class Refusals(Watcher):
    """What was turned away."""

    def __init__(self) -> None:
        self.seen: list[tuple[str | None, int | None]] = []

    def refused(self, problem: Problem, *, status: int | None = None) -> None:
        self.seen.append((problem.code, status))


def test_draining_it_waits_for_the_word(feed: Feed) -> None:
    refusals = Refusals()
    fed = feed(drain_s=0.1, watchers=(refusals,))
    with Wire(fed.url) as wire:
        wire.next()
        fed.channel.send(b"d")
        wait_for(lambda: _refused(fed), "no session begins")
        assert refusals.seen == [("server_draining", 503)]
        assert wire.say("Still here.")["type"] == "conversation.item.done"
    assert fed.thread.is_alive()
    assert not fed.report.leaving


def _refused(fed: Fed) -> bool:
    from websockets.exceptions import InvalidStatus

    try:
        with Wire(fed.url):
            return False
    except InvalidStatus as refused:
        return refused.response.status_code == 503


def test_a_supervisor_that_is_gone_before_it_said_anything_is_the_end() -> None:
    here, there = socket.socketpair()
    here.close()
    run_worker(Options(), VoiceLoader(lambda _: pytest.fail("nothing is loaded")), there)
