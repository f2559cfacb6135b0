"""The core of a session: waiting for answers, listeners, notes, refusals, and what ends it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rtnb.errors import ApiError, RefusedError, SessionClosedError
from rtnb.protocol.envelope import Event
from rtnb.session import core as module
from rtnb.session.behaviour import Behaviour
from rtnb.session.core import Core
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.place import FixedPlace
from rtnb.testing import Close, ScriptedServer, greeting


def talk_to(server: ScriptedServer, work: Any, **behaviour: Any) -> Any:
    async def main() -> Any:
        place = FixedPlace(Endpoint(url=server.url, label="t"))
        core = Core(place, "m", {"type": "realtime"}, behaviour=Behaviour(journal=False, **behaviour))
        try:
            await core.open()
            return await work(core)
        finally:
            await core.close()

    return asyncio.run(main())


def answering(script: Any = lambda event: []) -> Any:
    """A script that also takes settings."""

    def answer(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [{"type": "session.updated", "session": {"model": "m", **event["session"]}}]
        return list(script(event))

    return answer


def serving(script: Any = lambda event: []) -> ScriptedServer:
    return ScriptedServer(answering(script), first=[greeting(model="m")])


def test_events_get_ids_and_are_in_the_log_before_they_leave() -> None:
    async def work(c: Core) -> tuple[str, str, list[str]]:
        return await c.send({"type": "a"}), await c.send({"type": "b", "event_id": "mine"}), [e.type for e in c.log]

    with serving() as server:
        made, kept, logged = talk_to(server, work)
    assert made.startswith("event_") and kept == "mine"
    assert logged[-2:] == ["a", "b"]


def test_an_answer_is_told_from_the_error_of_another_event() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        other = {"type": "error", "error": {"message": "not yours", "event_id": "other"}}
        mine = {"type": "error", "error": {"message": "yours", "event_id": event["event_id"]}}
        return [other, mine] if event["type"] == "bad" else [other, {"type": "good.done"}]

    async def work(c: Core) -> str:
        with pytest.raises(ApiError, match="yours"):
            await c.ask({"type": "bad"}, "good.done")
        return (await c.ask({"type": "good"}, "good.done")).type

    with serving(script) as server:
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
    async def work(c: Core) -> bool:
        await c.send({"type": "x"})
        with pytest.raises(SessionClosedError, match="1001"):
            await c.until(lambda: False)
        with pytest.raises(SessionClosedError):
            await c.send({"type": "y"})
        return c.status == "lost"

    with serving(lambda event: [Close(1001, "bye")]) as server:
        assert talk_to(server, work, reconnect=False)


def test_a_condition_that_holds_already_does_not_wait_and_one_that_never_does_times_out() -> None:
    async def work(c: Core) -> None:
        await c.until(lambda: True)
        with pytest.raises(TimeoutError):
            await c.until(lambda: False, 0.05)

    with serving() as server:
        talk_to(server, work)


def test_an_error_that_names_no_event_is_about_the_one_thing_that_waits() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        return [{"type": "error", "error": {"code": "cannot_update_voice", "message": "no", "event_id": None}}]

    async def work(c: Core) -> str:
        with pytest.raises(ApiError) as refused:
            await c.ask({"type": "odd"}, "odd.done")
        return str(refused.value)

    with serving(script) as server:
        told = talk_to(server, work)
    assert told.startswith("no (cannot_update_voice)") and "voice" in told.splitlines()[1]


def test_notes_are_in_the_log_and_listeners_hear_everything_in_order() -> None:
    async def work(c: Core) -> list[tuple[str, str]]:
        heard: list[Event] = []

        def listener(event: Event) -> None:
            heard.append(event)
            if event.type == "echo":
                c.note("heard")

        stop = c.subscribe(listener)
        await c.ask({"type": "say"}, "echo")
        stop()
        c.tell("One thing.")
        assert [event.type for event in c.log][-1] == "rtnb.notice" and c.notices == ["One thing."]
        return [(event.direction, event.type) for event in heard]

    with serving(lambda event: [{"type": "echo"}]) as server:
        assert talk_to(server, work) == [("sent", "say"), ("received", "echo"), ("local", "rtnb.heard")]


def test_a_listener_that_fails_does_not_end_the_session(caplog: pytest.LogCaptureFixture) -> None:
    def bad(event: Event) -> None:
        raise ValueError("mine")

    async def work(c: Core) -> str:
        c.subscribe(bad)
        return (await c.ask({"type": "say"}, "echo")).type

    with serving(lambda event: [{"type": "echo"}]) as server:
        assert talk_to(server, work) == "echo"
    assert "a part of the session failed on" in caplog.text


def test_who_waits_looks_after_all_listeners_have_spoken() -> None:
    """A part that adds to an event must not be overtaken by who waits for it."""

    async def work(c: Core) -> bool:
        noted: list[int] = []
        c.subscribe(lambda event: c.note("one") and None if event.type == "echo" else None)
        c.subscribe(lambda event: noted.append(1) if event.type == "echo" else None)
        waiting = asyncio.create_task(c.until(lambda: bool(c.log.of_type("rtnb.one")), 5))
        await c.send({"type": "say"})
        await waiting
        return bool(noted)

    with serving(lambda event: [{"type": "echo"}]) as server:
        assert talk_to(server, work)


def test_what_was_asked_for_is_remembered_over_all_updates() -> None:
    async def work(c: Core) -> dict[str, Any]:
        await c.update({"type": "realtime", "audio": {"output": {"voice": "cedar"}}})
        await c.update({"type": "realtime", "audio": {"input": {"turn_detection": None}}})
        return c.requested

    with serving() as server:
        assert talk_to(server, work) == {
            "type": "realtime",
            "audio": {"output": {"voice": "cedar"}, "input": {"turn_detection": None}},
        }


def test_a_drop_is_gone_on_from_and_what_is_sent_meanwhile_waits() -> None:
    drops = iter([Close(1012, "restart")])

    def script(event: dict[str, Any]) -> list[Any]:
        return [next(drops, {"type": "echo"})]

    async def work(c: Core) -> tuple[str, int, str]:
        await c.send({"type": "first"})
        await c.until(lambda: c.status == "reconnecting", 5)
        await c.ask({"type": "second"}, "echo")
        return c.status, len(c.talk.connections), " ".join(c.notices)

    with serving(script) as server:
        status, connections, told = talk_to(server, work)
    assert (status, connections) == ("open", 2) and "onnect" in told
    assert [event["type"] for event in server.received] == ["session.update", "first", "session.update", "second"]


def test_everything_is_in_the_journal_when_the_session_is_closed(tmp_path: Path) -> None:
    import rtnb

    async def main(url: str) -> Path | None:
        core = Core(FixedPlace(Endpoint(url=url, label="t")), "m", {}, behaviour=Behaviour(journal=tmp_path))
        await core.open()
        await core.send({"type": "say"})
        await core.close()
        return core.journal.path if core.journal else None

    with serving() as server:
        path = asyncio.run(main(server.url))
    assert path is not None and path.is_relative_to(tmp_path)
    assert [event.type for event in rtnb.replay(path).events][-1] == "say"


def test_two_updates_at_once_do_not_take_each_others_answer() -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        voice = event.get("session", {}).get("audio", {}).get("output", {}).get("voice")
        if voice == "nobody":
            return [
                {"type": "error", "error": {"code": "invalid_value", "message": "No.", "event_id": event["event_id"]}}
            ]
        return [{"type": "session.updated", "session": event["session"]}]

    async def work(c: Core) -> Any:
        good = c.update({"type": "realtime", "instructions": "ok"})
        bad = c.update({"type": "realtime", "audio": {"output": {"voice": "nobody"}}})
        return await asyncio.gather(good, bad, return_exceptions=True), c.requested

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        (good, bad), requested = talk_to(server, work)
    assert good is None and isinstance(bad, ApiError)
    assert requested == {"type": "realtime", "instructions": "ok"}


def test_an_update_that_a_drop_took_is_said_again() -> None:
    drops = iter([[Close(1011, "gone")]])

    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update" and event["session"].get("instructions") == "second":
            for drop in drops:
                return drop
        return [{"type": "session.updated", "session": event["session"]}]

    async def work(c: Core) -> list[str]:
        await c.update({"type": "realtime", "instructions": "second"})
        return [c.requested["instructions"], c.talk.config["instructions"], c.status]

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        assert talk_to(server, work) == ["second", "second", "open"]


def test_what_waits_for_a_connection_leaves_in_its_order() -> None:
    drops = iter([Close(1012, "restart")])

    def script(event: dict[str, Any]) -> list[Any]:
        return list(drops) if event["type"] == "first" else []

    async def work(c: Core) -> None:
        await c.send({"type": "first"})
        await c.until(lambda: c.status == "reconnecting", 5)
        sends = [asyncio.create_task(c.send({"type": f"n{index}"})) for index in range(20)]
        await asyncio.gather(*sends)
        await asyncio.sleep(0.1)

    with serving(script) as server:
        talk_to(server, work)
    assert [e["type"] for e in server.received if e["type"].startswith("n")] == [f"n{index}" for index in range(20)]


def test_a_connection_that_ends_while_it_takes_over_is_not_taken_for_open() -> None:
    """The second connection greets, takes the settings, and is gone in the same breath."""
    shakes = iter(range(10))
    count = {"connection": -1}

    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            count["connection"] = next(shakes)
            answer: list[Any] = [{"type": "session.updated", "session": event["session"]}]
            return [*answer, Close(1012, "again")] if count["connection"] == 1 else answer
        return [Close(1012, "first")] if event["type"] == "go" else [{"type": "echo"}]

    async def work(c: Core) -> str:
        await c.send({"type": "go"})
        await c.until(lambda: len(c.talk.connections) >= 3, 20)
        return (await c.ask({"type": "say"}, "echo")).type

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        assert talk_to(server, work) == "echo"
