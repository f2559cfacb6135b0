"""One worker as its supervisor sees it; the worker is a process that this test speaks for."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.cluster import wait_for

from rtnb.server.cluster.channel import Orders
from rtnb.server.cluster.process import Patience, WorkerProcess

pytestmark = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="several workers need Unix")

SPEAKS = """
import os, socket, sys
channel = socket.socket(fileno=int(os.environ["RTNB_WORKER_CHANNEL"]))
for line in sys.argv[1:]:
    channel.sendall(line.encode() + b"\\n")
channel.recv(1 << 16)
while channel.recv(1) != b"x":
    pass
"""

Start = Callable[..., WorkerProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(*reports: str, **patience: float) -> WorkerProcess:
            command = (sys.executable, "-c", SPEAKS, *reports)
            worker = WorkerProcess(command, os.environ, number=1, orders=Orders(), patience=Patience(**patience))
            stack.callback(worker.channel.close)
            stack.callback(worker.process.wait)
            stack.callback(worker.process.kill)
            return worker

        yield begin


def said(**members: object) -> str:
    from rtnb.server.cluster.channel import Report

    return Report(ready=True, **members).to_line().decode().strip()  # type: ignore[arg-type]


def heard(worker: WorkerProcess, what: Callable[[], object]) -> None:
    wait_for(lambda: worker.hear() and what(), "it is heard")


def test_one_that_stands_still_is_silent_then_killed_and_heard_again_it_is_neither(start: Start) -> None:
    worker = start(said(sessions=2), silent_s=2.0, hung_s=20.0)
    assert worker.look(60) and not worker.hung, "one that loads says nothing yet"
    heard(worker, lambda: worker.load.sessions == 2)
    assert worker.open and worker.reliable
    assert worker.look(1.9) and not worker.silent
    worker.look(0.1)
    assert worker.silent and not worker.reliable and worker.open
    worker.look(17.9)
    assert not worker.hung
    worker.look(0.1)
    assert worker.hung and worker.process.wait(30) == -signal.SIGKILL
    assert not worker.look(0.1)


def test_one_that_takes_nothing_over_is_not_relied_on_until_it_does(start: Start) -> None:
    late, other = start(said(), overdue_s=0.0), start(said(), said(adopted=1), overdue_s=0.0)
    with socket.create_server(("127.0.0.1", 0)) as given:
        heard(late, lambda: late.open)
        assert late.reliable and late.give(given) and not late.reliable
        assert late.load.fresh == 1 and late.open
        assert other.give(given) and other.load.fresh == 1 and not other.reliable
        heard(other, lambda: other.report.adopted)
        assert other.load.fresh == 0 and other.reliable


def test_one_that_loses_what_it_is_given_is_spared(start: Start) -> None:
    worker = start(said(), said(adopted=1, lost=1))
    with socket.create_server(("127.0.0.1", 0)) as given:
        assert worker.give(given)
    heard(worker, lambda: worker.report.lost)
    assert worker.open and not worker.reliable and worker.load.fresh == 0


def test_what_cannot_be_started_leaves_nothing_open() -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(OSError, match="no-such-program"):
            WorkerProcess(("no-such-program",), os.environ, number=1, orders=Orders(), patience=Patience())
    assert len(list(Path("/dev/fd").iterdir())) == before
