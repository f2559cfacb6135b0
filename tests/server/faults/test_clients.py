"""rtnb's own client meets each failure: it tells, it reconnects, and nothing hangs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import rtnb
from rtnb.errors import ApiError, ConnectionLostError, RefusedError, SessionError, TurnTimeoutError
from rtnb.testing import RtnbServer

SCENARIO = {"rules": [{"on": {"any": True}, "say": "One two three four five six seven eight nine ten."}]}


@pytest.fixture
def server() -> Iterator[RtnbServer]:
    with RtnbServer(SCENARIO, voice="tone") as running:
        yield running


def connect(server: RtnbServer) -> Any:
    return rtnb.connect(server.url, key=server.key, modalities=["text"])


ANSWER = "One two three four five six seven eight nine ten."


@pytest.mark.parametrize("fault", [{"drop": "abort"}, {"drop": 1011}, {"expire": True}], ids=str)
def test_it_tells_a_loss_once_and_goes_on(server: RtnbServer, fault: dict[str, Any]) -> None:
    server.faults.add({**fault, "on": "response.output_text.delta", "nth": 3, "times": 1})
    with connect(server) as s:
        with pytest.raises(ConnectionLostError, match="dropped before the answer was complete"):
            s.ask("Well?", timeout=20)
        for question in ("And now?", "And then?"):
            assert s.ask(question, timeout=20).text == ANSWER
        assert len(server.sessions) == 2 and len(server.faults.fired) == 1
        # The new session knows what was asked in the old one.
        assert server.session.typed == ["Well?", "And now?", "And then?"]
    server.wait_closed()


def test_it_goes_on_after_an_hour(server: RtnbServer) -> None:
    with connect(server) as s:
        assert s.ask("Well?", timeout=20).text == ANSWER
        server.faults.add(expire=True, after_s=0, times=1)
        # It connects again without being asked for anything.
        server.wait_until(lambda server: len(server.sessions) == 2)
        closed = server.sessions[0].closed_with
        assert closed is not None and closed.code == 1001
        assert s.ask("And now?", timeout=20).text == ANSWER
    assert server.session.said == [ANSWER] and len(server.sessions) == 2


def test_it_stands_half_an_event(server: RtnbServer) -> None:
    server.faults.add(garbage="half_json", on="response.output_text.delta", nth=3, times=1)
    with connect(server) as s:
        assert [s.ask("Well?", timeout=20).text for _ in range(2)] == [ANSWER] * 2
    assert len(server.sessions) == len(server.faults.fired) == 1


@pytest.mark.parametrize(
    "delay",
    [{"delay": {"ms": 10, "jitter_ms": 10}}, {"delay": 20, "direction": "received"}],
    ids=["of the server's events", "of its own"],
)
def test_it_stands_a_slow_line(server: RtnbServer, delay: dict[str, Any]) -> None:
    server.faults.add(delay)
    with connect(server) as s:
        assert [s.ask("Well?", timeout=20).text for _ in range(2)] == [ANSWER] * 2
    server.wait_closed()
    way = server.received() if "direction" in delay else server.sent()
    assert len(server.faults.fired) >= len(way) - 1 and server.errors == []


def test_it_tells_errors(server: RtnbServer) -> None:
    server.faults.add(error={"message": "Not like this.", "code": "nope"}, times=1)
    with connect(server) as s:
        with pytest.raises(ApiError, match="Not like this"):
            s.ask("Well?", timeout=20)
        assert s.ask("And now?", timeout=20).text.endswith("ten.")


def test_it_tells_what_failed(server: RtnbServer) -> None:
    server.faults.add(rate_limit="response", times=1)
    with connect(server) as s:
        try:
            turn = s.ask("Well?", timeout=20)
        except SessionError as error:
            assert "Rate limit reached" in str(error)
        else:
            assert turn.status == "failed"
        assert s.ask("And now?", timeout=20).text.endswith("ten.")


@pytest.mark.parametrize("refuse", [401, 503, 4000, "secret_expired"])
def test_it_tells_why_it_was_refused(server: RtnbServer, refuse: Any) -> None:
    server.faults.add(refuse=refuse)
    with pytest.raises((RefusedError, SessionError)) as refused:
        connect(server)
    assert str(refused.value)


@pytest.mark.parametrize("kind", ["unknown_event", "huge", "duplicate", "swapped", "not_an_object", "binary"])
def test_it_stands_garbage(server: RtnbServer, kind: str) -> None:
    server.faults.add(garbage=kind, on="rate_limits.updated" if kind == "binary" else "response.output_item.added")
    with connect(server) as s:
        assert s.ask("Well?", timeout=20).text.endswith("ten.")


@pytest.mark.parametrize("on", ["response.output_text.delta", "response.create"])
def test_it_waits_no_longer_than_it_is_told(server: RtnbServer, on: str) -> None:
    server.faults.add(stall=True, on=on, session=1)
    with connect(server) as stalled, connect(server) as other:
        with pytest.raises(TurnTimeoutError, match=r"not over after 0\.5 s"):
            stalled.ask("Well?", timeout=0.5)
        assert other.ask("Well?", timeout=20).text == ANSWER, "the others have nothing to do with it"
        with pytest.raises(TurnTimeoutError):
            stalled.ask("And now?", timeout=0.5)
    server.wait_closed()
    assert len(server.sessions) == 2
