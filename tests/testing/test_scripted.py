"""The scripted server keeps to its script."""

from __future__ import annotations

import pytest
from support.wire import Wire
from websockets.exceptions import InvalidStatus

from rtnb.testing import Close, ScriptedServer, greeting


def test_it_greets_answers_remembers_and_closes() -> None:
    def script(event: dict[str, object]) -> list[object]:
        return [{"type": "echo", "of": event["type"]}, Close(4001, "enough")]

    with ScriptedServer(script, first=[greeting(model="m")]) as server, Wire(server.url, key="k") as wire:
        assert wire.next()["session"]["model"] == "m"
        wire.send({"type": "hello"})
        assert wire.next() == {"type": "echo", "of": "hello"}
        assert wire.closing() == (4001, "enough")
    assert server.received == [{"type": "hello"}]
    assert server.handshakes[0].headers["Authorization"] == "Bearer k"
    assert "Bearer" not in repr(server.handshakes)


def test_it_refuses() -> None:
    with ScriptedServer(refuse=429) as server, pytest.raises(InvalidStatus):
        Wire(server.url)
