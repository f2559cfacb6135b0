"""Orders down, reports up."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.cluster.channel import CHANNEL, Lines, Orders, Report, Upward, in_worker, inherited

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def test_orders_come_whole_and_what_follows_keeps_its_descriptor(pair: Pair) -> None:
    here, there = pair
    sent = Orders(secret_keys=("k" * 32,), sessions=3, connections=500, all_sessions=6, beat_s=0.1, folder="/tmp/x")
    here.sendall(sent.to_line())
    reading, writing = os.pipe()
    socket.send_fds(here, [b"c"], [writing])
    os.close(writing)
    here.send(b"dx")
    assert Orders.receive(there) == sent and "kkk" not in repr(sent)
    upward = Upward(there)
    found = []
    while len(found) < 3:
        found += upward.orders()
    assert [order for order, _ in found] == ["connection", "drain", "end"]
    descriptor = found[0][1]
    assert descriptor is not None
    os.write(descriptor, b"through")
    assert os.read(reading, 10) == b"through"
    os.close(descriptor)
    os.close(reading)
    assert upward.orders() == []


def test_many_connections_at_once_each_have_their_own(pair: Pair) -> None:
    here, there = pair
    pipes = [os.pipe() for _ in range(100)]
    for _, writing in pipes:
        socket.send_fds(here, [b"c"], [writing])
        os.close(writing)
    upward, found = Upward(there), []
    while len(found) < 100:
        found += upward.orders()
    for (reading, _), (_, descriptor) in zip(pipes, found, strict=True):
        assert descriptor is not None
        os.write(descriptor, b"x")
        os.close(descriptor)
        assert os.read(reading, 2) == b"x"
        os.close(reading)


def test_connections_that_find_no_descriptor_are_counted_and_what_follows_is_not_lost(pair: Pair) -> None:
    import resource

    here, there = pair
    pipes = [os.pipe() for _ in range(4)]
    upward, found = Upward(there), []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for place, (_, writing) in enumerate(pipes):
        socket.send_fds(here, [b"c"], [writing])
        os.close(writing)
        if place == 1:
            here.send(b"d")
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        while len(found) < 4:
            found += upward.orders()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    here.send(b"x")
    while len(found) < 6:
        found += upward.orders()
    assert [order for order, _ in found] == ["connection", "connection", "drain", "connection", "connection", "end"]
    assert [descriptor for _, descriptor in found[:4]] == [None] * 4
    descriptor = found[4][1]
    assert descriptor is not None
    os.write(descriptor, b"x")
    os.close(descriptor)
    assert os.read(pipes[3][0], 2) == b"x"
    for reading, _ in pipes:
        os.close(reading)


def test_the_end_of_the_supervisor_is_seen(pair: Pair) -> None:
    here, there = pair
    here.close()
    with pytest.raises(EOFError):
        Orders.receive(there)
    upward = Upward(there)
    with pytest.raises(EOFError):
        upward.orders()
    upward.report(Report(), lambda: pytest.fail("nobody is there"))


def test_a_report_that_is_not_read_is_not_torn(pair: Pair) -> None:
    here, there = pair
    upward, again = Upward(there), []
    sent = 0
    while not again:
        sent += 1
        upward.report(Report(ready=True, adopted=sent), lambda: again.append(1))
    lines, found = Lines(), []
    here.setblocking(False)
    while len(found) < sent:
        try:
            found += [Report.of(line) for line in lines.push(here.recv(4096))]
        except BlockingIOError:
            upward.report(Report(), lambda: again.append(1))
    assert [report.adopted for report in found[:sent]] == list(range(1, sent + 1))


REPORTS = st.builds(
    Report,
    ready=st.booleans(),
    leaving=st.booleans(),
    adopted=st.integers(0, 2**40),
    lost=st.integers(0, 2**40),
    sessions=st.integers(0, 1000),
    fresh=st.integers(0, 1000),
    others=st.integers(0, 1000),
    missing=st.none() | st.lists(st.text(max_size=20), max_size=3).map(tuple),
)


@given(st.lists(REPORTS, max_size=6), st.integers(1, 50))
def test_reports_survive_however_they_are_cut(reports: list[Report], size: int) -> None:
    data = b"".join(report.to_line() for report in reports)
    lines, found = Lines(), []
    for start in range(0, len(data), size):
        found += lines.push(data[start : start + size])
    assert [Report.of(line) for line in found] == reports


def test_what_a_worker_starts_is_no_worker(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHANNEL, str(os.dup(pair[1].fileno())))
    assert in_worker()
    with inherited() as channel:
        assert not channel.get_inheritable() and not in_worker()
