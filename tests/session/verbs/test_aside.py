"""Responses beside the conversation: in parallel, cancelled, refused, failed, lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

import rtnb
from rtnb.errors import ApiError, ConfigError, LoopThreadError, SessionClosedError, SessionError, TurnTimeoutError
from rtnb.session.verbs.aside import MOST_METADATA, AsideHandle
from rtnb.session.verbs.aside_result import AsideResult
from rtnb.testing import Close, ScriptedServer, greeting

QUESTION = rtnb.sample("weather_question")


def run(talk: Callable[[rtnb.AsyncSession], Awaitable[Any]], *args: Any, **settings: Any) -> Any:
    async def main() -> Any:
        async with rtnb.AsyncSession(*args, **settings) as session:
            return await talk(session)

    return asyncio.run(main())


@pytest.mark.local
def test_it_leaves_no_trace_in_the_conversation() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        turn = await s.ask("Will it rain in Paris?")
        before = list(s.core.talk.order)
        result = await s.aside("Classify as one of: sport, weather.", metadata={"why": "routing"})
        assert isinstance(result, AsideResult) and result.ok
        assert (result.text, result.metadata, result.audio) == ("weather", {"why": "routing"}, None)
        assert result.usage is not None and result.usage.input_tokens > 0
        assert result.cost is not None and result.cost.total_usd > 0 and result.elapsed_s > 0
        assert result.response_id.startswith("resp_") and result.endpoint == "embedded server"
        assert list(s.core.talk.order) == before and [each.index for each in s.turns] == [turn.index]
        total = s.usage.total_usd
        assert total is not None and turn.cost is not None
        assert total == pytest.approx(turn.cost.total_usd + result.cost.total_usd)

    run(talk, modalities=["text"])


@pytest.mark.local
def test_what_it_is_about_can_be_a_clip_a_turn_an_item_and_text() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        order, clip = "Transcribe the user's words.", rtnb.Clip.load(QUESTION)
        turn = await s.ask(clip)
        item = s.core.talk.turns[0].user_items[0]
        for about in (clip, QUESTION, turn, turn.view(), item, [item], {"type": "item_reference", "id": item}):
            assert (await s.aside(order, about)).text == turn.transcript == "What is the weather in Paris?"
        assert (await s.aside(order, ["Just text."])).text == "Just text."
        spoken = await s.aside("Say hello to the user.", [], modalities=["audio"])
        assert "Hello" in spoken.text and spoken.audio is not None and spoken.audio.duration_s > 0.5

    run(talk)


@pytest.mark.local
def test_g711_sessions_hear_clips_and_answer_in_sound() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        assert (await s.aside("Transcribe the user's words.", QUESTION)).text == "What is the weather in Paris?"
        spoken = await s.aside("Say hello to the user.", [], modalities=["audio"])
        assert spoken.audio is not None and spoken.audio.rate_hz == 8000 and spoken.audio.peak > 0.05

    run(talk, input_format="g711_ulaw", output_format="g711_ulaw")


@pytest.mark.local
def test_many_at_once_beside_an_answer() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        turn = await s.send("Tell me a long story.")
        words = ("rain", "football", "invoice", "flight")
        labels = "Classify as one of: weather, sport, billing, travel."
        found = await asyncio.gather(*(s.aside(labels, f"It is about {word}.") for word in words))
        assert [result.text for result in found] == ["weather", "sport", "billing", "travel"]
        assert len({result.response_id for result in found}) == 4
        await turn
        assert turn.status == "completed" and len(s.turns) == 1

    run(talk, modalities=["text"])


@pytest.mark.local
def test_one_is_cancelled_and_the_others_go_on() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        long = await s.aside("Count to fifty.", [], modalities=["audio"], wait=False)
        other = await s.aside("Count to fifty.", [], wait=False)
        assert isinstance(long, AsideHandle) and not long.done and "running" in repr(long)
        with pytest.raises(LoopThreadError, match="await"):
            long.result()
        long.cancel()
        cut, whole = await long, await other
        assert (cut.status, cut.status_reason) == ("cancelled", "client_cancelled") and not cut.ok
        assert whole.ok and "50" in whole.text and long.result() == cut
        long.cancel()

    run(talk)


@pytest.mark.local
def test_cut_off_is_a_result() -> None:
    result = run(lambda s: s.aside("Count to fifty.", [], max_output_tokens=12))
    assert (result.status, result.status_reason) == ("incomplete", "max_output_tokens")
    assert result.text.startswith("1, 2,") and "50" not in result.text


@pytest.mark.local
def test_refusals_raise_and_the_next_one_works() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        with pytest.raises(ApiError, match="nope"):
            await s.aside("x", [{"type": "item_reference", "id": "nope"}])
        with pytest.raises(ConfigError, match="not 3"):
            await s.aside("x", [3])
        with pytest.raises(ConfigError, match="metadata"):
            await s.aside("x", metadata={f"k{n}": "v" for n in range(MOST_METADATA)})
        with pytest.raises(ConfigError, match="volume"):
            await s.aside("x", volume=3)
        assert (await s.aside("Spell cat.", [])).text == "C, A, T."

    run(talk, modalities=["text"])


@pytest.mark.local
def test_a_budget_is_asked_before_anything_is_sent() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        sent = len(s.events)
        with pytest.raises(SessionError, match=r"budget|limit"):
            await s.aside("Summarise.", "word " * 3000)
        assert not any(event.type == "response.create" for event in s.events[sent:])

    run(talk, budget_tokens=1000)


@pytest.mark.local
def test_the_blocking_session_has_handles_too() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        handles = [s.aside(f"Spell {word}.", [], wait=False) for word in ("cat", "dog")]
        assert [handle.result(20).text for handle in handles] == ["C, A, T.", "D, O, G."]
        assert s.aside("Spell cow.", []).text == "C, O, W." and not s.turns


# Servers that behave otherwise


def updated(event: dict[str, Any]) -> dict[str, Any]:
    return {"type": "session.updated", "event_id": "e", "session": {"type": "realtime", **event["session"]}}


def scripted(*replies: Any) -> ScriptedServer:
    """A server that answers each out-of-band request with the next of `replies`, made of the request."""
    left: Iterator[Any] = iter(replies)

    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [updated(event)]
        if event["type"] == "response.create":
            return list(next(left)(event))
        return []

    return ScriptedServer(script, first=[greeting(model="gpt-realtime")])


def done(response_id: str, text: str, **members: Any) -> dict[str, Any]:
    item = {"id": f"item_{response_id}", "type": "message", "role": "assistant", "status": "completed"}
    output = [{**item, "content": [{"type": "output_text", "text": text}]}]
    response = {"id": response_id, "status": "completed", "output": output, "usage": None, **members}
    return {"type": "response.done", "event_id": f"d{response_id}", "response": response}


def created(response_id: str, **members: Any) -> dict[str, Any]:
    response = {"id": response_id, "status": "in_progress", "output": [], "conversation_id": None, **members}
    return {"type": "response.created", "event_id": f"c{response_id}", "response": response}


def refusal(event_id: str | None = None) -> dict[str, Any]:
    error = {"type": "invalid_request_error", "code": "x", "message": "Not today.", "event_id": event_id}
    return {"type": "error", "event_id": "ee", "error": error}


@pytest.mark.parametrize("wait", [True, False])
def test_a_refusal_that_names_no_event_is_that_of_the_only_one_asked_for(wait: bool) -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        with pytest.raises(ApiError, match="Not today"):
            await (s.aside("1", []) if wait else await s.aside("1", [], wait=False))
        assert (await s.aside("2", [])).text == "yes"

    with scripted(lambda event: [refusal()], lambda event: [created("r"), done("r", "yes")]) as server:
        run(talk, server.url)


def test_a_refusal_that_may_be_anybodys_is_told_when_the_time_is_over() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        both = [await s.aside(text, [], wait=False, timeout=0.2) for text in ("1", "2")]
        for handle in both:
            with pytest.raises(TurnTimeoutError, match="names no event: Not today"):
                await handle
            assert handle.done

    with scripted(lambda event: [], lambda event: [refusal()]) as server:
        run(talk, server.url)


def test_a_refusal_of_a_turn_leaves_the_aside_alone() -> None:
    asked: list[dict[str, Any]] = []

    def turn(event: dict[str, Any]) -> list[Any]:
        asked.append(event)
        return [refusal(event["event_id"]), created("r"), done("r", "yes")]

    async def talk(s: rtnb.AsyncSession) -> None:
        aside = await s.aside("1", [], wait=False)
        with pytest.raises(ApiError, match="Not today"):
            await s.ask("Hello.")
        assert (await aside).text == "yes"

    with scripted(lambda event: [], turn) as server:
        run(talk, server.url)


def test_a_handle_has_a_time_limit_too() -> None:
    async def talk(s: rtnb.AsyncSession) -> None:
        handle = await s.aside("1", [], wait=False, timeout=0.05)
        with pytest.raises(TurnTimeoutError, match=r"not over after 0.05 s and was cancelled"):
            await handle
        with pytest.raises(TurnTimeoutError, match="was cancelled"):
            handle.result(0)

    with scripted(lambda event: []) as server:
        run(talk, server.url)


def look_up(city: str) -> str:
    """The weather of a city."""
    return city


def test_functions_are_tools_and_their_calls_are_handed_back() -> None:
    sent: list[Any] = []

    def reply(event: dict[str, Any]) -> list[Any]:
        sent.append(event["response"]["tools"])
        call = {"id": "i", "type": "function_call", "name": "look_up", "call_id": "c", "arguments": '{"city": "Rome"}'}
        return [created("r"), done("r", "", output=[call])]

    async def talk(s: rtnb.AsyncSession) -> None:
        for tools in ([look_up], look_up, ["look_up"], s.tools):
            result = await s.aside("1", [], tools=tools)
            assert result.calls == ({"name": "look_up", "arguments": '{"city": "Rome"}', "call_id": "c"},)
        assert not any(event.type == "rtnb.tool.started" for event in s.events)
        with pytest.raises(ConfigError, match="no tool 'nope'"):
            await s.aside("1", [], tools=["nope"])

    with scripted(reply, reply, reply, reply) as server:
        run(talk, server.url, tools=[look_up])
    assert all(tools == sent[0] for tools in sent) and sent[0][0]["parameters"]["required"] == ["city"]


def test_a_failed_response_is_a_result() -> None:
    error = {"type": "server_error", "code": "insufficient_quota", "message": "No quota is left."}
    details = {"type": "failed", "error": error}

    def reply(event: dict[str, Any]) -> list[Any]:
        metadata = event["response"]["metadata"]
        failed = done("r", "", metadata=metadata, status="failed", status_details=details, output=[])
        return [created("r", metadata=metadata), failed]

    with scripted(reply) as server:
        result = run(lambda s: s.aside("x"), server.url)
    assert (result.status, result.status_reason, result.text) == ("failed", "No quota is left.", "")
    assert result.status_details == details and result.usage is None and result.cost is None


def test_a_server_that_echoes_nothing_is_answered_in_order_and_makes_no_turns() -> None:
    def both(event: dict[str, Any]) -> list[Any]:
        return [created("a"), created("b"), done("b", "second"), done("a", "first")]

    async def talk(s: rtnb.AsyncSession) -> None:
        results = await asyncio.gather(s.aside("1", []), s.aside("2", []))
        assert [result.text for result in results] == ["first", "second"] and not s.turns

    with scripted(lambda event: [], both) as server:
        run(talk, server.url)


def test_an_echo_without_conversation_id_makes_no_turn() -> None:
    def reply(event: dict[str, Any]) -> list[Any]:
        metadata = event["response"]["metadata"]
        made = {"id": "r", "status": "in_progress", "output": [], "metadata": metadata}
        return [{"type": "response.created", "event_id": "c", "response": made}, done("r", "yes", metadata=metadata)]

    async def talk(s: rtnb.AsyncSession) -> None:
        assert (await s.aside("1", [])).text == "yes" and not s.turns

    with scripted(reply) as server:
        run(talk, server.url)


def test_a_silent_server_is_given_up_and_the_response_cancelled() -> None:
    async def waits(s: rtnb.AsyncSession) -> None:
        with pytest.raises(TurnTimeoutError, match="cancelled"):
            await s.aside("1", [], timeout=0.05)
        while not any(event.type == "response.cancel" for event in s.events):
            await asyncio.sleep(0)
        # Whatever comes next is behind it.
        await s.update(instructions="x")
        assert [e["response_id"] for e in server.received if e["type"] == "response.cancel"] == ["r"]

    with scripted(lambda event: [created("r", metadata=event["response"]["metadata"])]) as server:
        run(waits, server.url)


def test_a_lost_connection_ends_it() -> None:
    with (
        scripted(lambda event: [created("r", metadata=event["response"]["metadata"]), Close(1008, "bye")]) as server,
        pytest.raises((SessionClosedError, AssertionError)) as caught,
    ):
        result = run(lambda s: s.aside("1", []), server.url, reconnect=False)
        assert result.status != "failed", "connection_lost"
    assert "bye" in str(caught.value) or "connection_lost" in str(caught.value)


def test_closing_the_session_ends_it() -> None:
    async def talk(s: rtnb.AsyncSession) -> AsideHandle:
        return await s.aside("1", [], wait=False)  # type: ignore[no-any-return]

    with scripted(lambda event: []) as server:
        handle = run(talk, server.url)
    with pytest.raises(SessionClosedError):
        handle.result(5)
