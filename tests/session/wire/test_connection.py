"""Waiting for answers on a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rtnb.errors import ApiError, RefusedError, SessionClosedError
from rtnb.session.wire import connection as module
from rtnb.session.wire.connection import Connection
from rtnb.session.wire.endpoint import Endpoint
from rtnb.testing import Close, ScriptedServer, greeting


def talk_to(server: ScriptedServer, work: Any) -> Any:
    async def main() -> Any:
        opened = await Connection.open(Endpoint(url=server.url, label="t"), "m", lambda event: None)
        try:
            return await work(opened)
        finally:
            await opened.close()

    return asyncio.run(main())


def test_events_get_ids_and_are_in_the_log_before_they_leave() -> None:
    async def work(c: Connection) -> tuple[str, str, list[str]]:
        return await c.send({"type": "a"}), await c.send({"type": "b", "event_id": "mine"}), [e.type for e in c.log]

    with ScriptedServer(first=[greeting(model="m")]) as server:
        made, kept, logged = talk_to(server, work)
    assert made.startswith("event_") and kept == "mine"
    assert logged == ["session.created", "a", "b"]


def test_an_answer_is_told_from_the_error_of_another_event() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        other = {"type": "error", "error": {"message": "not yours", "event_id": "other"}}
        mine = {"type": "error", "error": {"message": "yours", "event_id": event["event_id"]}}
        return [other, mine] if event["type"] == "bad" else [other, {"type": "good.done"}]

    async def work(c: Connection) -> str:
        with pytest.raises(ApiError, match="yours"):
            await c.ask({"type": "bad"}, "good.done")
        return (await c.ask({"type": "good"}, "good.done")).type

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        assert talk_to(server, work) == "good.done"


def test_a_server_that_says_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", 0.2)
    with ScriptedServer() as server, pytest.raises(RefusedError, match="said nothing"):
        talk_to(server, None)


def test_a_server_that_closes_at_once_is_refused() -> None:
    with ScriptedServer(first=[Close(1008, "go away")]) as server, pytest.raises(RefusedError, match="go away"):
        talk_to(server, None)


@pytest.mark.parametrize(
    ("code", "message", "advised"),
    [
        ("invalid_api_key", "Incorrect API key provided: abc. This server takes another.", True),
        (None, "Missing bearer or basic authentication in header", True),
        ("invalid_model", "There is no such model.", False),
    ],
)
def test_a_session_refused_for_its_key_says_where_the_key_goes(code: str | None, message: str, advised: bool) -> None:
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": None, "event_id": None}
    refusal = {"type": "error", "event_id": "event_1", "error": error}
    with ScriptedServer(first=[refusal, Close(3000, "refused")]) as server, pytest.raises(RefusedError) as raised:
        talk_to(server, None)
    assert f"refused the session: {message}" in str(raised.value) and raised.value.code == code
    assert str(raised.value).endswith("Pass key=... to rtnb.connect.") is advised


def test_waiting_ends_with_the_connection() -> None:
    async def work(c: Connection) -> bool:
        await c.send({"type": "x"})
        with pytest.raises(SessionClosedError, match="1001"):
            await c.until(lambda: False)
        with pytest.raises(SessionClosedError):
            await c.send({"type": "y"})
        return c.lost

    with ScriptedServer(lambda event: [Close(1001, "bye")], first=[greeting(model="m")]) as server:
        assert talk_to(server, work)


def test_a_condition_that_holds_already_does_not_wait_and_one_that_never_does_times_out() -> None:
    async def work(c: Connection) -> None:
        await c.until(lambda: True)
        with pytest.raises(TimeoutError):
            await c.until(lambda: False, 0.05)

    with ScriptedServer(first=[greeting(model="m")]) as server:
        talk_to(server, work)
