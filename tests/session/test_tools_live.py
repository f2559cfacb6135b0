"""Tools over a real socket: the model calls, functions run, and one response follows."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from support.minds import Mind, last_output, outputs

import rtnb
from rtnb.errors import SessionError
from rtnb.server import EmbeddedServer, Options
from rtnb.server.brains import BrainRequest, Call, Piece, Say
from rtnb.session import Session
from rtnb.session.tools.context import ToolContext
from rtnb.session.tools.threads import in_tool

Connect = Callable[..., Session]


@pytest.fixture(scope="module")
def minded() -> Iterator[tuple[EmbeddedServer, Mind]]:
    mind = Mind()
    with EmbeddedServer(Options(brain=mind)) as running:
        yield running, mind


@pytest.fixture
def mind(minded: tuple[EmbeddedServer, Mind]) -> Mind:
    minded[1].set(lambda request: [Say("Yes.")])
    return minded[1]


@pytest.fixture
def connect(minded: tuple[EmbeddedServer, Mind]) -> Connect:
    def connect(**settings: Any) -> Session:
        return rtnb.connect(minded[0].url, key=minded[0].key, modalities=["text"], journal=False, **settings)

    return connect


def sent(s: Session, kind: str) -> list[Any]:
    return [event.body for event in s.events if event.direction == "sent" and event.type == kind]


def made_outputs(s: Session) -> dict[str, str]:
    items = [body["item"] for body in sent(s, "conversation.item.create")]
    return {item["call_id"]: item["output"] for item in items if item["type"] == "function_call_output"}


def local(s: Session, kind: str) -> list[Any]:
    return [event.body for event in s.events if event.type == f"rtnb.{kind}"]


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def double(n: int) -> int:
    """Twice a number."""
    return 2 * n


def test_the_demo_brain_calls_a_declared_function(server: EmbeddedServer) -> None:
    asked: list[str] = []

    def lookup_order(order_id: str) -> dict[str, str]:
        """Look an order up by its id."""
        asked.append(order_id)
        return {"status": "shipped"}

    with rtnb.connect(server.url, key=server.key, modalities=["text"], tools=[lookup_order]) as s:
        turn = s.ask("Please look up order 17.", show=False)
        assert asked == ["17"] and "shipped" in turn.text
        assert [(call.name, call.status) for call in turn.tool_calls] == [("lookup_order", "completed")]
        assert len(s.turns) == 1 and turn.status == "completed"


def test_all_calls_of_a_response_run_at_once_and_one_response_follows(connect: Connect, mind: Mind) -> None:
    together = threading.Barrier(3, timeout=10)

    def meet(n: int) -> str:
        together.wait()
        return f"met {n}"

    mind.calls_then_says(*(Call("meet", json.dumps({"n": n}), f"call_{n}") for n in range(3)))
    with connect(tools=[meet]) as s:
        turn = s.ask("Meet!", show=False)
        assert turn.text == "Outputs: met 0 | met 1 | met 2"
        assert len(sent(s, "response.create")) == 2 == len(mind.requests) and not s.events.of_type("error")
        # All of them are there before the response is asked for, in a turn that was never over in between.
        kinds = [event.type for event in s.events if event.direction == "sent"]
        assert kinds[-4:] == ["conversation.item.create"] * 3 + ["response.create"]
        assert len(s.turns) == 1 and [call.status for call in turn.tool_calls] == ["completed"] * 3


def test_functions_run_off_the_loop(connect: Connect, mind: Mind) -> None:
    where: dict[str, str] = {}

    def plain() -> bool:
        where["plain"] = threading.current_thread().name
        return in_tool()

    async def slow() -> str:
        await asyncio.sleep(0)
        where["slow"] = threading.current_thread().name
        return "slow"

    def gives_awaitable() -> Any:
        return slow()

    mind.calls_then_says(Call("plain", "{}"), Call("slow", ""), Call("gives_awaitable", "{}"))
    with connect(tools=[plain, slow, gives_awaitable]) as s:
        assert s.ask("Go.", show=False).text == "Outputs: slow | slow | true"
        assert where == {"plain": "rtnb-tool", "slow": "rtnb-tool-loop"}
    wait_for(lambda: "rtnb-tool-loop" not in {thread.name for thread in threading.enumerate()})


def test_coroutines_run_on_the_loop_of_an_async_session(minded: tuple[EmbeddedServer, Mind], mind: Mind) -> None:
    mind.calls_then_says(Call("slow", "{}"))
    loops: list[asyncio.AbstractEventLoop] = []
    views: list[Any] = []

    async def slow(context: ToolContext) -> str:
        loops.append(asyncio.get_running_loop())
        views.append(context.session)
        return "slow"

    async def main() -> str:
        loops.append(asyncio.get_running_loop())
        server = minded[0]
        settings: Any = {"modalities": ["text"], "journal": False, "tools": [slow]}
        async with rtnb.AsyncSession(server.url, key=server.key, **settings) as s:
            return (await s.ask("Go.")).text

    assert asyncio.run(main()) == "Outputs: slow"
    assert loops[0] is loops[1] and views[0].turns[0].user_text == "Go."


def test_an_exception_is_told_without_its_traceback(connect: Connect, mind: Mind) -> None:
    def lookup(order: str) -> str:
        raise KeyError(order)

    async def later(order: str) -> str:
        raise ValueError(order)

    mind.calls_then_says(Call("lookup", '{"order": "A"}', "call_a"), Call("later", '{"order": "B"}', "call_b"))
    with connect(tools=[lookup, later]) as s:
        turn = s.ask("Go.", show=False)
        assert made_outputs(s) == {"call_a": '{"error":"KeyError: \'A\'"}', "call_b": '{"error":"ValueError: B"}'}
        assert {call.name: call.error for call in turn.tool_calls} == {
            "lookup": "KeyError: 'A'",
            "later": "ValueError: B",
        }
        finished = {each["name"]: each for each in local(s, "tool.finished")}
        assert "in lookup" in finished["lookup"]["traceback"] and "tools/running" not in finished["lookup"]["traceback"]
        assert sum("failed, and the model was told" in each["text"] for each in local(s, "notice")) == 2
    with connect(tools=[lookup, later], tracebacks=True) as s:
        s.ask("Go.", show=False)
        assert "in lookup" in json.loads(made_outputs(s)["call_a"])["traceback"]


def test_what_is_worse_than_an_exception_is_an_output_too(connect: Connect, mind: Mind) -> None:
    def leave() -> None:
        raise SystemExit(3)

    def stop() -> None:
        raise StopIteration

    async def cancel() -> None:
        raise asyncio.CancelledError

    def opaque() -> object:
        return object()

    mind.calls_then_says(*(Call(name, "{}", name) for name in ("leave", "stop", "cancel", "opaque")))
    with connect(tools=[leave, stop, cancel, opaque]) as s:
        turn = s.ask("Go.", show=False)
        assert turn.status == "completed" and {call.status for call in turn.tool_calls} == {"failed"}
        errors = {name: json.loads(text)["error"] for name, text in made_outputs(s).items()}
        assert "SystemExit" in errors["leave"] and "StopIteration" in errors["stop"]
        assert "CancelledError" in errors["cancel"] and "cannot be turned into JSON" in errors["opaque"]


def test_wrong_arguments_are_told_and_the_model_tries_again(connect: Connect, mind: Mind) -> None:
    def think(request: BrainRequest) -> Iterable[Piece]:
        last = last_output(request)
        if last is None:
            return [Call("double", '{"n": "many"}')]
        if "do not fit" in last.text:
            return [Call("double", '{"n": 4}')]
        return [Say(f"It is {last.text}.")]

    mind.set(think)
    with connect(tools=[double]) as s:
        turn = s.ask("Double it.", show=False)
        assert turn.text == "It is 8."
        assert [call.status for call in turn.tool_calls] == ["refused", "completed"] and len(s.turns) == 1
        # The model's slip is no news for the user.
        assert not local(s, "notice")


def test_a_background_function_lets_the_conversation_go_on(connect: Connect, mind: Mind) -> None:
    go = threading.Event()

    def research(topic: str) -> str:
        assert go.wait(10)
        return f"all about {topic}"

    def think(request: BrainRequest) -> Iterable[Piece]:
        last = request.messages[-1]
        if last.role == "tool":
            return [Say(f"Found: {last.text}")]
        if last.text == "Research.":
            return [Say("One moment."), Call("research", '{"topic": "owls"}')]
        return [Say("Chatting.")]

    mind.set(think)
    with connect() as s:
        s.tool(background=True)(research)
        first = s.ask("Research.", show=False)
        assert first.text == "One moment." and first.tool_calls[0].background
        assert s.ask("How are you?", show=False).text == "Chatting."
        go.set()
        wait_for(lambda: len(s.turns) == 3 and s.turns[2].status == "completed")
        assert s.turns[2].text == "Found: all about owls" and s.turns[2].transcript == ""
        assert len(mind.requests) == 3


def test_late_results_wait_until_nobody_speaks_and_share_one_response(connect: Connect, mind: Mind) -> None:
    started, go = threading.Semaphore(0), threading.Event()

    def research(n: int) -> str:
        started.release()
        assert go.wait(10)
        return f"result {n}"

    def wait() -> str:
        for _ in range(3):
            assert started.acquire(timeout=10)
        go.set()
        time.sleep(0.2)
        return "waited"

    def think(request: BrainRequest) -> Iterable[Piece]:
        last = request.messages[-1]
        if last.text == "Research.":
            return [Call("research", json.dumps({"n": n})) for n in range(3)]
        if last.text == "Wait.":
            return [Call("wait", "{}")]
        return [Say("Known: " + " | ".join(sorted(outputs(request))))]

    mind.set(think)
    with connect(tools=[wait]) as s:
        s.tool(background=True)(research)
        s.ask("Research.", show=False)
        turn = s.ask("Wait.", show=False)
        # The results came while a turn was under way, whose own next response knew them.
        assert turn.text == "Known: result 0 | result 1 | result 2 | waited"
        s.ask("And now?", show=False)
        assert len(s.turns) == 3 and len(mind.requests) == 4


def test_the_tools_of_one_response(connect: Connect, mind: Mind) -> None:
    def triple(n: int) -> int:
        return 3 * n

    mind.calls_then_says(Call("triple", '{"n": 2}'))
    with connect(tools=[double]) as s:
        turn = s.ask("Go.", show=False, tools=[triple, "double"], instructions="Whisper.", metadata={"mine": "1"})
        assert turn.text == "Outputs: 6"
        for request in mind.requests:
            assert [tool["name"] for tool in request.tools] == ["triple", "double"]
            assert request.instructions == "Whisper." and request.metadata["mine"] == "1"
        # Afterwards the model may think of it, and has it no more.
        assert "Outputs" in s.ask("Go.", show=False).text
        assert [tool["name"] for tool in mind.requests[2].tools] == ["double"]
        assert s.open_calls == []
        (call,) = s.turns[1].tool_calls
        assert call.status == "refused" and "no tool 'triple'; there are: double" in str(call.output)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "double"}])
def test_a_call_that_was_demanded_is_demanded_once(connect: Connect, mind: Mind, choice: Any) -> None:
    def think(request: BrainRequest) -> Iterable[Piece]:
        return [Say("Done.")] if request.tool_choice == "auto" else [Call("double", '{"n": 2}')]

    mind.set(think)
    with connect(tools=[double]) as s:
        assert s.ask("Go.", show=False, tool_choice=choice).text == "Done."
    with connect(tools=[double], tool_choice=choice) as s:
        assert s.ask("Go.", show=False).text == "Done."
        assert [request.tool_choice for request in mind.requests] == [choice, "auto", choice, "auto"]


def test_rounds_end(connect: Connect, mind: Mind) -> None:
    def obedient(request: BrainRequest) -> Iterable[Piece]:
        return [Say("Enough.")] if request.tool_choice == "none" else [Call("double", '{"n": 2}')]

    mind.set(obedient)
    with connect(tools=[double], max_tool_rounds=3) as s:
        turn = s.ask("Go.", show=False)
        assert turn.text == "Enough." and len(turn.tool_calls) == 3
        assert [request.tool_choice for request in mind.requests] == ["auto", "auto", "auto", "none"]
    # A server that lets the model call all the same is in tools/test_rounds.py.


def test_a_function_that_takes_too_long_is_told_so(connect: Connect, mind: Mind) -> None:
    ended: list[str] = []

    def slow(context: ToolContext) -> str:
        while not context.wait(0.01):
            pass
        ended.append("plain")
        return "too late"

    async def asleep() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("async")
        return "never"

    mind.calls_then_says(Call("slow", "{}", "call_s"), Call("asleep", "{}", "call_a"))
    with connect() as s:
        s.tool(timeout_s=0.2)(slow)
        s.tool(timeout_s=0.2)(asleep)
        turn = s.ask("Go.", show=False)
        assert [call.status for call in turn.tool_calls] == ["timed out", "timed out"]
        assert json.loads(made_outputs(s)["call_s"]) == {"error": "slow was not through after 0.2 s"}
        wait_for(lambda: sorted(ended) == ["async", "plain"])
        assert "too late" not in json.dumps(made_outputs(s))


def test_an_interrupted_turn_ends_at_once_and_the_function_is_left_to_finish(connect: Connect, mind: Mind) -> None:
    running, go = threading.Event(), threading.Event()
    cancelled: list[bool] = []

    def work(context: ToolContext) -> str:
        running.set()
        assert go.wait(10)
        cancelled.append(context.cancelled)
        return "worked"

    mind.calls_then_says(Call("work", "{}", "call_w"))
    with connect(tools=[work]) as s:
        turn = s.send("Go.", show=False)
        assert running.wait(10) and not turn.done
        s.interrupt()
        turn.wait(10)
        go.set()
        wait_for(lambda: made_outputs(s))
        assert cancelled == [True] and made_outputs(s) == {"call_w": "worked"}
        mind.set(lambda request: [Say(f"I know: {outputs(request)[0]}")])
        assert s.ask("And?", show=False).text == "I know: worked"
        assert [each["asked"] for each in local(s, "tool.release")] == [False] and len(s.turns) == 2


def test_a_call_without_a_function_is_answered_by_hand(connect: Connect, mind: Mind) -> None:
    by_hand = {"type": "function", "name": "by_hand", "parameters": {"type": "object", "properties": {}}}
    mind.calls_then_says(Call("by_hand", '{"a": 1}', "call_1"), Call("by_hand", "{}", "call_2"))
    with connect(tools=[by_hand]) as s:
        turn = s.ask("Go.", show=False)
        assert turn.status == "completed" and turn.text == ""
        assert [(call.call_id, call.arguments) for call in s.open_calls] == [("call_1", '{"a": 1}'), ("call_2", "{}")]
        assert sum("session.answer('call_1', output)" in each["text"] for each in local(s, "notice")) == 1
        assert len(local(s, "notice")) == 1
        with pytest.raises(SessionError, match=r"no open call 'call_9'; open are 'call_1' \(by_hand\)"):
            s.answer("call_9", "x")
        assert s.answer("call_1", {"ok": True}) is None and len(mind.requests) == 1
        with pytest.raises(SessionError, match="'call_1' is answered already"):
            s.answer("call_1", "again")
        answered = s.answer("call_2", "fine")
        assert answered is not None and answered.wait(10).text == 'Outputs: fine | {"ok":true}'
        assert s.open_calls == [] and len(s.turns) == 2


def test_one_function_and_one_by_hand(connect: Connect, mind: Mind) -> None:
    by_hand = {"type": "function", "name": "by_hand", "parameters": {"type": "object", "properties": {}}}
    mind.calls_then_says(Call("by_hand", "{}", "call_h"), Call("double", '{"n": 2}', "call_d"))
    with connect(tools=[double, by_hand]) as s:
        assert s.ask("Go.", show=False).text == "Outputs: 4" and len(sent(s, "response.create")) == 2
        answered = s.answer("call_h", "hand")
        assert answered is not None and answered.wait(10).text == "Outputs: 4 | hand"
        with pytest.raises(SessionError, match="'call_d' is answered already; none is open"):
            s.answer("call_d", "again")


def test_what_is_answered_by_hand_while_functions_run_joins_their_response(connect: Connect, mind: Mind) -> None:
    go = threading.Event()

    def work() -> str:
        assert go.wait(10)
        return "worked"

    by_hand = {"type": "function", "name": "by_hand", "parameters": {"type": "object", "properties": {}}}
    mind.calls_then_says(Call("work", "{}", "call_w"), Call("by_hand", "{}", "call_h"))
    with connect(tools=[work, by_hand]) as s:
        turn = s.send("Go.", show=False)
        wait_for(lambda: s.open_calls)
        with pytest.raises(SessionError, match="'call_w' is being answered by its Python function"):
            s.answer("call_w", "me first")
        assert s.answer("call_h", "hand") is None
        go.set()
        assert turn.wait(10).text == "Outputs: hand | worked" and len(s.turns) == 1


def test_a_result_is_told_later_where_another_turn_has_begun(connect: Connect, mind: Mind) -> None:
    """As when turn detection hears the user speak while a function runs."""
    running, go = threading.Event(), threading.Event()

    def work() -> str:
        running.set()
        assert go.wait(10)
        return "worked"

    def think(request: BrainRequest) -> Iterable[Piece]:
        texts = [message.text for message in request.messages if message.role == "user"]
        return [Call("work", "{}", "call_w")] if len(texts) == 1 else [Say("Chatting.")]

    mind.set(think)
    with connect(tools=[work]) as s:
        turn = s.send("Go.", show=False)
        assert running.wait(10)
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Never mind."}]}
        s.send_event({"type": "conversation.item.create", "item": message})
        s.send_event({"type": "response.create"})
        wait_for(lambda: len(mind.requests) == 2)
        go.set()
        turn.wait(10)
        wait_for(lambda: made_outputs(s) == {"call_w": "worked"})
        assert local(s, "tool.release")[0]["reason"] == "the conversation has gone on meanwhile"
        # The other answer knew nothing of the result: there is one more, once it is through.
        wait_for(lambda: len(mind.requests) == 3)
        assert s.ask("So?", show=False).text == "Chatting." and len(mind.requests) == 4
        assert len(s.turns) == 4


def test_a_session_closes_while_functions_run(connect: Connect, mind: Mind) -> None:
    running, go, cancelled = threading.Semaphore(0), threading.Event(), threading.Event()

    def stuck(context: ToolContext) -> str:
        running.release()
        assert go.wait(10)
        if context.cancelled:
            cancelled.set()
        return "late"

    async def asleep() -> None:
        running.release()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            go.set()
            raise

    mind.calls_then_says(Call("stuck", "{}"), Call("asleep", "{}"))
    s = connect(tools=[stuck, asleep])
    turn = s.send("Go.", show=False)
    assert running.acquire(timeout=10) and running.acquire(timeout=10)
    s.close()
    with pytest.raises(rtnb.errors.SessionClosedError):
        turn.wait(10)
    assert cancelled.wait(10)
    assert {each["status"] for each in local(s, "tool.finished")} == {"cancelled"}


def test_tools_may_be_added_replaced_and_removed_between_turns(connect: Connect, mind: Mind) -> None:
    mind.calls_then_says(Call("double", '{"n": 5}'))
    with connect() as s:

        @s.tool
        def double(n: int) -> str:
            return f"first {n}"

        assert s.ask("Go.", show=False).text == "Outputs: first 5"

        @s.tool  # type: ignore[no-redef]
        def double(n: int) -> str:  # noqa: F811
            return f"second {n}"

        assert s.ask("Go.", show=False).text == "Outputs: first 5 | second 5"
        assert [tool["name"] for tool in s.config["tools"]] == ["double"]
        s.update(tools=[])
        assert s.config["tools"] == [] and len(s.tools) == 0


def test_an_mcp_server_that_cannot_be_listed_is_told_of() -> None:
    nobody = rtnb.Mcp("shop", url="http://127.0.0.1:9/mcp", require_approval="never")
    with rtnb.connect(modalities=["text"], tools=[nobody]) as s:
        assert s.ask("What is 6 times 7?", show=False).text == "6 times 7 is 42."
        assert [text for text in s.notices if "'shop' could not be listed" in text]


def test_calls_by_voice(server: EmbeddedServer) -> None:
    """Turn detection makes the turn, nobody waits for it by name, and the answer follows all the same."""
    seen: list[str] = []

    def get_weather(city: str = "here") -> str:
        """The weather now."""
        seen.append(city)
        return "sunny and 21 degrees"

    with rtnb.connect(server.url, key=server.key, tools=[get_weather], journal=False) as s:
        run = s.stream(rtnb.sample("weather_question"), show=False)
        turn = run.turns[0]
        assert len(seen) == 1 and len(run.turns) == 1
        assert "21 degrees" in turn.text and turn.tool_calls[0].status == "completed" and turn.audio is not None


def test_speech_into_a_running_function_loses_no_result(server: EmbeddedServer) -> None:
    """Turn detection answers what was said at once; what the function found is told after that."""
    running, go = threading.Event(), threading.Event()

    def lookup_order(order_id: str) -> dict[str, str]:
        """Look an order up by its id."""
        running.set()
        assert go.wait(30)
        return {"order_id": order_id, "status": "shipped"}

    settings: Any = {"modalities": ["text"], "tools": [lookup_order], "journal": False}
    with rtnb.connect(server.url, key=server.key, **settings) as s:
        s.send("Where is my order A-17?", show=False)
        assert running.wait(30)
        s.append(rtnb.Clip.load(rtnb.sample("weather_question")))
        # So that turn detection hears the end of it.
        s.append(bytes(48_000))
        wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed", 30)
        assert "weather" in s.turns[1].text.lower()
        go.set()
        wait_for(lambda: len(s.turns) == 3 and s.turns[2].status == "completed", 30)
        assert "shipped" in s.turns[2].text and s.notices == ()
        assert [(each["asked"], each["reason"]) for each in local(s, "tool.release")] == [
            (False, "the user has spoken meanwhile")
        ]
