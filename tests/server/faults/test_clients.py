"""rtnb's own client meets each failure: it tells, it reconnects, and nothing hangs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import rtnb
from rtnb.errors import ApiError, RefusedError, SessionClosedError, SessionError
from rtnb.testing import RtnbServer

SCENARIO = {"rules": [{"on": {"any": True}, "say": "One two three four five six seven eight nine ten."}]}


@pytest.fixture
def server() -> Iterator[RtnbServer]:
    with RtnbServer(SCENARIO, voice="tone") as running:
        yield running


def connect(server: RtnbServer) -> Any:
    return rtnb.connect(server.url, key=server.key, modalities=["text"])


@pytest.mark.parametrize("fault", [{"drop": "abort"}, {"drop": 1011}, {"garbage": "half_json"}])
def test_it_goes_on_after_a_loss(server: RtnbServer, fault: dict[str, Any]) -> None:
    server.faults.add({**fault, "on": "response.output_text.delta", "nth": 3, "times": 1})
    with connect(server) as s:
        with suppress(SessionError):
            s.ask("Well?", timeout=20)
        answer = None
        for _ in range(3):
            try:
                answer = s.ask("And now?", timeout=20).text
                break
            except SessionClosedError:
                continue
        assert answer is None or answer.endswith("ten.")
        assert server.faults.fired
    server.wait_closed()


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


def test_it_waits_no_longer_than_it_is_told(server: RtnbServer) -> None:
    server.faults.add(stall=True, on="response.output_text.delta", nth=2)
    with connect(server) as s, pytest.raises(SessionError):
        s.ask("Well?", timeout=0.5)
