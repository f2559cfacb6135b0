"""What a response waits for, with a server that does what the embedded one would not."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.puppet import Puppet, function_call, message

import rtnb
from rtnb.session import Session
from rtnb.session.tools.rounds import Rounds
from rtnb.testing import Close, ScriptedServer


def connect(server: ScriptedServer, **settings: Any) -> Session:
    return rtnb.connect(server.url, modalities=["text"], journal=False, **settings)


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def made_outputs(server: ScriptedServer) -> dict[str, str]:
    items = [event["item"] for event in server.received if event["type"] == "conversation.item.create"]
    return {item["call_id"]: item["output"] for item in items if item["type"] == "function_call_output"}


def requests(server: ScriptedServer) -> list[dict[str, Any]]:
    return [event["response"] for event in server.received if event["type"] == "response.create"]


def releases(s: Session) -> list[tuple[bool, str]]:
    return [(e.body["asked"], e.body["reason"]) for e in s.events if e.type == "rtnb.tool.release"]


def echo(text: str = "") -> str:
    return f"<{text}>"


@pytest.mark.parametrize("item_events", [True, False])
def test_calls_are_run_however_the_server_tells_of_them(item_events: bool) -> None:
    calls = [function_call("echo", '{"text": "a"}', "call_a"), function_call("echo", '{"text": "b"}', "call_b")]
    with Puppet(calls, [message("Done.")], item_events=item_events).server() as server:
        with connect(server, tools=[echo]) as s:
            turn = s.ask("Go.", show=False)
            assert turn.text == "Done." and len(s.turns) == 1
        assert made_outputs(server) == {"call_a": "<a>", "call_b": "<b>"} and len(requests(server)) == 2


def test_a_call_that_comes_twice_is_run_once() -> None:
    times: list[int] = []

    def count() -> int:
        times.append(1)
        return len(times)

    plans = [function_call("count", "{}", "call_a")] * 3, [message("Done.")]
    with Puppet(*plans).server() as server, connect(server, tools=[count]) as s:
        assert s.ask("Go.", show=False).text == "Done."
    assert len(times) == 1


def test_rounds_end_where_the_server_lets_the_model_call_all_the_same() -> None:
    calls = [[function_call("echo", "{}", f"call_{i}")] for i in range(9)]
    with Puppet(*calls).server() as server:
        with connect(server, tools=[echo], max_tool_rounds=2) as s:
            turn = s.ask("Go.", show=False)
            assert turn.status == "completed" and len(requests(server)) == 3
            assert [call.status for call in turn.tool_calls] == ["completed", "completed", "refused"]
            wait_for(lambda: "call_2" in made_outputs(server))
            assert "too often" in json.loads(made_outputs(server)["call_2"])["error"]
            assert any("max_tool_rounds=2" in text for text in (e.body.get("text", "") for e in s.events))
        assert [request.get("tool_choice") for request in requests(server)] == [None, None, "none"]


def test_no_rounds_at_all() -> None:
    with Puppet([function_call("echo", "{}", "call_0")]).server() as server:
        with connect(server, tools=[echo], max_tool_rounds=0) as s:
            assert s.ask("Go.", show=False).tool_calls[0].status == "refused"
        assert len(requests(server)) == 1


CANCELLED = {"status": "cancelled", "details": {"type": "cancelled", "reason": "client_cancelled"}}
SPOKEN_INTO = {"status": "cancelled", "details": {"type": "cancelled", "reason": "turn_detected"}}
FAILED = {"status": "failed", "details": {"type": "failed", "error": {"code": "server_error", "message": "Oh."}}}


@pytest.mark.parametrize(("ending", "status"), [(CANCELLED, "cancelled"), (FAILED, "failed")])
def test_a_response_that_was_cut_short_is_not_followed_but_its_calls_are_answered(
    ending: dict[str, Any], status: str
) -> None:
    plan = {"items": [function_call("echo", "{}", "call_a")], **ending}
    with Puppet(plan).server() as server:
        with connect(server, tools=[echo]) as s:
            turn = s.ask("Go.", show=False)
            assert turn.status == status
            wait_for(lambda: made_outputs(server))
            assert releases(s) == [(False, f"the response before it was {status}")]
        assert made_outputs(server) == {"call_a": "<>"} and len(requests(server)) == 1


def test_the_result_of_a_call_into_which_the_user_spoke_is_told_later() -> None:
    plan = {"items": [function_call("echo", "{}", "call_a")], **SPOKEN_INTO}
    with Puppet(plan, [message("Here it is.")]).server() as server, connect(server, tools=[echo]) as s:
        assert s.ask("Go.", show=False).status == "cancelled"
        wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed")
        assert s.turns[1].text == "Here it is." and made_outputs(server) == {"call_a": "<>"}
        assert releases(s) == [(False, "the response before it was cancelled")]
        assert len(requests(server)) == 2


def test_an_interrupt_takes_back_what_would_be_told_later() -> None:
    go = threading.Event()

    def work() -> str:
        assert go.wait(10)
        return "worked"

    plan = {"items": [function_call("work", "{}", "call_a")], **SPOKEN_INTO}
    with Puppet(plan).server() as server, connect(server, tools=[work]) as s:
        assert s.ask("Go.", show=False).status == "cancelled"
        s.interrupt()
        go.set()
        wait_for(lambda: made_outputs(server))
        assert s.ask("Hello?", show=False).status == "completed"
        assert len(requests(server)) == 2 and len(s.turns) == 2


def test_a_call_that_was_cut_short_itself_is_not_run() -> None:
    broken = function_call("echo", '{"text": "hal', "call_a", status="incomplete")
    with Puppet({"items": [broken], **CANCELLED}).server() as server:
        with connect(server, tools=[echo]) as s:
            turn = s.ask("Go.", show=False)
            assert turn.status == "cancelled" and s.open_calls == []
        assert made_outputs(server) == {}


SPEECH = [
    {"type": "input_audio_buffer.speech_started", "item_id": "item_u", "audio_start_ms": 0},
    {"type": "input_audio_buffer.speech_stopped", "item_id": "item_u", "audio_end_ms": 500},
    {"type": "input_audio_buffer.committed", "item_id": "item_u", "previous_item_id": None},
]
BEGUN = {"type": "response.created", "response": {"id": "resp_v", "conversation_id": "conv", "output": []}}
ENDED = {"type": "response.done", "response": {"id": "resp_v", "conversation_id": "conv", "status": "completed"}}


def test_a_result_into_which_the_user_spoke_is_told_in_a_turn_of_its_own() -> None:
    """As in a session with turn detection, whose own answer knew nothing of it."""
    go = threading.Event()

    def work() -> str:
        assert go.wait(10)
        return "worked"

    first = {"items": [function_call("work", "{}", "call_a")], "after": [*SPEECH, BEGUN, ENDED]}
    with Puppet(first, [message("It has worked.")]).server() as server:
        with connect(server, tools=[work], transcription=None) as s:
            turn = s.send("Go.", show=False)
            wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed")
            assert not turn.done
            go.set()
            turn.wait(10)
            wait_for(lambda: made_outputs(server) == {"call_a": "worked"})
            assert releases(s) == [(False, "the user has spoken meanwhile")]
            wait_for(lambda: len(s.turns) == 3 and s.turns[2].status == "completed")
            assert s.turns[2].text == "It has worked." and s.notices == ()
        assert len(requests(server)) == 2


def test_a_result_that_the_answer_to_the_user_knew_is_told_by_it() -> None:
    go = threading.Event()

    def work() -> str:
        assert go.wait(10)
        return "worked"

    class Later(Puppet):
        """Answers what the user has said when the result is there."""

        def __call__(self, event: Any) -> list[dict[str, Any]]:
            made = super().__call__(event)
            output = event["type"] == "conversation.item.create" and event["item"]["type"] == "function_call_output"
            return [*made, *SPEECH[1:], BEGUN, ENDED] if output else made

    plan = {"items": [function_call("work", "{}", "call_a")], "after": SPEECH[:1]}
    with Later(plan).server() as server, connect(server, tools=[work], transcription=None) as s:
        turn = s.send("Go.", show=False)
        wait_for(lambda: s.events.of_type("input_audio_buffer.speech_started"))
        go.set()
        turn.wait(10)
        wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed")
        assert s.ask("And?", show=False).status == "completed"
        assert len(requests(server)) == 2 and len(s.turns) == 3


def test_an_answer_that_runs_already_is_waited_for() -> None:
    """The server has begun a response by itself; asking at once would be refused."""
    other = {"id": "resp_other", "conversation_id": "conv", "metadata": None, "output": []}
    go = threading.Event()

    def work() -> str:
        assert go.wait(10)
        return "worked"

    class Busy(Puppet):
        def __call__(self, event: Any) -> list[dict[str, Any]]:
            made = super().__call__(event)
            if event["type"] == "input_audio_buffer.clear":
                made.append({"type": "response.done", "response": {**other, "status": "completed"}})
            return made

    begun = {"type": "response.created", "response": other}
    first = {"items": [function_call("work", "{}", "call_a")], "after": [begun]}
    with Busy(first, [message("Done.")]).server() as server, connect(server, tools=[work]) as s:
        turn = s.send("Go.", show=False)
        wait_for(lambda: len(s.events.of_type("response.created")) == 2)
        go.set()
        wait_for(lambda: made_outputs(server))
        time.sleep(0.1)
        assert len(requests(server)) == 1 and not turn.done
        s.clear()
        assert turn.wait(10).text == "Done." and len(requests(server)) == 2


def test_a_follow_up_that_the_server_refuses_ends_the_turn_with_its_error() -> None:
    class Refusing(Puppet):
        def __call__(self, event: Any) -> list[dict[str, Any]]:
            if event["type"] == "response.create" and len(requests(server)) == 2:
                error = {"type": "invalid_request_error", "code": "invalid_value", "message": "No.", "param": None}
                return [{"type": "error", "error": {**error, "event_id": event["event_id"]}}]
            return super().__call__(event)

    with Refusing([function_call("echo", "{}", "call_a")]).server() as server, connect(server, tools=[echo]) as s:
        with pytest.raises(rtnb.errors.ApiError, match=r"No\."):
            s.ask("Go.", show=False)
        assert releases(s)[0][0] is False
        assert s.status == "open"


def test_secrets_of_a_turns_own_servers_are_sent_again() -> None:
    """The log has blanked them; the response that follows needs them all the same."""
    shop = {"type": "mcp", "server_label": "shop", "server_url": "https://x.example", "authorization": "sesame"}
    with Puppet([function_call("echo", "{}", "call_a")], [message("Done.")]).server() as server:
        with connect(server) as s:
            s.ask("Go.", show=False, tools=[echo, shop])
            assert "sesame" not in "".join(map(str, (e.body for e in s.events)))
        first, second = requests(server)
        assert first["tools"] == second["tools"] and second["tools"][1]["authorization"] == "sesame"


def test_calls_outside_of_the_conversation_are_left_alone() -> None:
    plan = [function_call("echo", "{}", "call_a")]

    class Outside(Puppet):
        def _response(self, params: Any) -> list[dict[str, Any]]:
            events = super()._response(params)
            for event in events:
                if "response" in event:
                    event["response"]["conversation_id"] = None
            return events

    with Outside(plan).server() as server, connect(server, tools=[echo]) as s:
        s.send_event({"type": "response.create", "response": {"conversation": "none"}})
        wait_for(lambda: s.events.of_type("response.done"))
        assert s.open_calls == [] and made_outputs(server) == {}
        assert not any(e.type.startswith("rtnb.tool") for e in s.events)


def test_a_connection_that_drops_while_functions_run_takes_the_turn_with_it() -> None:
    go = threading.Event()

    def work() -> str:
        assert go.wait(10)
        return "worked"

    plan = {"items": [function_call("work", "{}", "call_a")], "endless": True, "after": [Close(1011, "oops")]}
    with Puppet(plan).server() as server:
        s = connect(server, tools=[work], reconnect=False)
        try:
            turn = s.send("Go.", show=False)
            with pytest.raises(rtnb.errors.SessionClosedError):
                turn.wait(10)
            go.set()
            wait_for(lambda: any(e.type == "rtnb.tool.finished" for e in s.events))
        finally:
            s.close()
        assert made_outputs(server) == {}


def test_a_background_result_joins_the_conversation_on_the_connection_after() -> None:
    go = threading.Event()

    def research() -> str:
        assert go.wait(20)
        return "found"

    first = {"items": [function_call("research", "{}", "call_a"), message("One moment.")]}
    dropping = {"items": [], "endless": True, "after": [Close(1011, "oops")]}
    with Puppet(first, dropping, [message("Here it is.")]).server() as server, connect(server) as s:
        s.tool(background=True)(research)
        assert s.ask("Research.", show=False).text == "One moment."
        with pytest.raises(rtnb.errors.ConnectionLostError):
            s.ask("Hello?", show=False)
        wait_for(lambda: s.status == "open" and len(server.handshakes) == 2)
        go.set()
        wait_for(lambda: s.turns[-1].text == "Here it is." and s.turns[-1].status == "completed")
        created = [event["item"] for event in server.received if event["type"] == "conversation.item.create"]
        kinds = [item["type"] for item in created if item.get("call_id") == "call_a"]
        # The call is there again before it is answered.
        assert kinds == ["function_call", "function_call_output"]


class Conductor:
    """As much of a session as rounds see, on a loop that a test drives step by step."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, Any]] = []
        self.sent: list[tuple[str, str]] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.talk = SimpleNamespace(
            config={}, speech=[], turns=[], active_response=lambda: None, requested=lambda: False, responses={}
        )

    def note(self, kind: str, **members: Any) -> None:
        self.notes.append((kind, members))

    def tell(self, text: str) -> None:
        self.notes.append(("told", text))

    def keep(self, work: Any) -> Any:
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    async def send(self, event: Any) -> None:
        await asyncio.sleep(0)
        self.sent.append(("item", event["item"]["call_id"]))

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> None:
        await asyncio.sleep(0)
        assert condition()

    async def request(self, response: Any, *, key: str) -> None:
        await asyncio.sleep(0)
        self.sent.append(("response", key))


Step = tuple[str, int, int]


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3).flatmap(
        lambda sizes: st.tuples(
            st.just(sizes),
            st.permutations(
                [("done", i, 0) for i in range(len(sizes))]
                + [("close", i, n) for i, size in enumerate(sizes) for n in range(size)]
                + [("give up", 0, 0)]
            ),
            st.sampled_from(["completed", "cancelled", "failed"]),
            st.booleans(),
        )
    )
)
def test_in_whatever_order_things_end_every_output_is_sent_once_and_one_response_follows(
    drawn: tuple[list[int], list[Step], str, bool],
) -> None:
    sizes, steps, ending, gives_up = drawn

    async def main() -> None:
        core: Any = Conductor()
        rounds = Rounds(core, core, max_rounds=8)
        turns = [SimpleNamespace(key=f"turn_{i}", index=i, named=True) for i in range(len(sizes))]
        responses = [
            SimpleNamespace(id=f"resp_{i}", created_s=0.0, over=False, status="in_progress", reason="")
            for i in range(len(sizes))
        ]
        for i, size in enumerate(sizes):
            for n in range(size):
                rounds.open(responses[i], turns[i], f"call_{i}_{n}")  # type: ignore[arg-type]
        given_up = False
        over: set[int] = set()
        settled: set[int] = set()
        wanted = dict.fromkeys(range(len(sizes)), True)
        left = {i: set(range(size)) for i, size in enumerate(sizes)}
        for what, i, n in steps:
            match what:
                case "done":
                    responses[i].over, responses[i].status = True, "completed" if i else ending
                    over.add(i)
                    wanted[i] = wanted[i] and responses[i].status == "completed"
                    done: Any = SimpleNamespace(direction="received", type="response.done", t_s=0.0)
                    done.body = {"response": {"id": f"resp_{i}"}}
                    rounds.see(done)
                case "close":
                    left[i].discard(n)
                    rounds.close(f"resp_{i}", f"call_{i}_{n}", {"call_id": f"call_{i}_{n}"})
                case "give up" if gives_up:
                    rounds.give_up()
                    given_up = True
            for _ in range(6):
                await asyncio.sleep(0)
            for j in range(len(sizes)):
                if j not in settled:
                    wanted[j] = wanted[j] and not given_up
                    if j in over and not left[j]:
                        settled.add(j)
                sent = [name for kind, name in core.sent if kind == "item" and name.startswith(f"call_{j}_")]
                ready = sizes[j] - len(left[j]) if j in over else 0
                assert len(sent) == len(set(sent)) == ready
        await asyncio.gather(*core.tasks)
        for j in range(len(sizes)):
            asked = [name for kind, name in core.sent if (kind, name) == ("response", f"turn_{j}")]
            assert len(asked) == int(wanted[j])
            released = [members for kind, members in core.notes if kind == "tool.release"]
            assert [each["asked"] for each in released if each["response_id"] == f"resp_{j}"] == [wanted[j]]

    asyncio.run(main())
