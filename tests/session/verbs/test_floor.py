"""Who may ask for a response, and what happens to those who lose a race."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import rtnb
from rtnb.errors import ApiError
from rtnb.testing import ScriptedServer, greeting

ACTIVE = "conversation_already_has_active_response"


class Busy:
    """A server on which another client's response is active for the first few requests."""

    def __init__(self, *, refusals: int, tells: bool) -> None:
        self._refusals, self._tells = refusals, tells
        self.made = 0

    def __call__(self, event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [{"type": "session.updated", "session": {"model": "m"}}]
        if event["type"] != "response.create":
            return []
        if self._refusals:
            self._refusals -= 1
            message = "Conversation already has an active response in progress: resp_x. Wait until it is finished."
            error = {"type": "invalid_request_error", "code": ACTIVE, "message": message}
            error["event_id"] = event["event_id"] if self._tells else None  # type: ignore[assignment]
            return [{"type": "error", "error": error}]
        self.made += 1
        base = {"id": f"resp_{self.made}", "conversation_id": "c", "metadata": event["response"].get("metadata")}
        return [
            {"type": "response.created", "response": {**base, "status": "in_progress"}},
            {"type": "response.done", "response": {**base, "status": "completed", "output": []}},
        ]


def asked(server: ScriptedServer, count: int = 1) -> list[rtnb.Turn]:
    async def main() -> list[rtnb.Turn]:
        async with rtnb.AsyncSession(server.url) as s:
            return list(await asyncio.gather(*(s.ask(f"hello {index}") for index in range(count))))

    return asyncio.run(main())


@pytest.mark.parametrize("tells", [True, False])
def test_a_request_that_lost_a_race_is_sent_again_and_its_item_is_not(tells: bool) -> None:
    with ScriptedServer(Busy(refusals=3, tells=tells), first=[greeting(model="m")]) as server:
        (turn,) = asked(server)
    kinds = [event["type"] for event in server.received]
    assert turn.status == "completed"
    assert kinds.count("conversation.item.create") == 1 and kinds.count("response.create") == 4


def test_a_server_that_never_lets_go_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.session.verbs.floor.PAUSE_S", 0.0)
    busy = ScriptedServer(Busy(refusals=10_000, tells=True), first=[greeting(model="m")])
    with busy as server, pytest.raises(ApiError) as refused:
        asked(server)
    assert refused.value.code == ACTIVE


def test_exchanges_queue_in_the_order_they_were_asked() -> None:
    with ScriptedServer(Busy(refusals=1, tells=True), first=[greeting(model="m")]) as server:
        turns = asked(server, 4)
    assert [turn.status for turn in turns] == ["completed"] * 4
    said = [e["item"]["content"][0]["text"] for e in server.received if e["type"] == "conversation.item.create"]
    assert said == [f"hello {index}" for index in range(4)]


def test_asking_while_turn_detection_answers_waits_for_it(server: Any) -> None:
    """The embedded server answers speech by itself, with real detection; text that is asked meanwhile queues."""

    async def main() -> tuple[rtnb.Run, list[str], list[str]]:
        async with rtnb.AsyncSession(server.url, key=server.key) as s:
            run, streaming = await s.start_stream(rtnb.sample("weather_question"))
            await s.core.until(lambda: bool(s.core.talk.speech), 20)
            # Not through the floor, which the stream holds: a part of the program that knows nothing of it.
            turn = await s.core.floor.request({"instructions": "Spell cat."}, key="mine")
            await streaming
            await s.core.until(lambda: s.core.talk.over(turn), 20)
            return run, [t.status for t in s.turns], [e.code or "" for e in s.core.talk.errors]

    run, statuses, errors = asyncio.run(main())
    assert set(statuses) <= {"completed", "cancelled"} and len(statuses) == 2
    assert set(errors) <= {ACTIVE}
    assert run.turns


def test_an_answer_that_comes_before_the_sending_has_returned_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the socket is full: the request has left, and who sent it is woken late."""
    from rtnb.session.wire.connection import Connection

    real = Connection.send

    async def slow(self: Connection, event: Any) -> None:
        await real(self, event)
        if event["type"] == "response.create":
            await asyncio.sleep(0.1)

    monkeypatch.setattr(Connection, "send", slow)
    with ScriptedServer(Busy(refusals=2, tells=True), first=[greeting(model="m")]) as server:
        turns = asked(server, 2)
    assert [turn.status for turn in turns] == ["completed", "completed"]
