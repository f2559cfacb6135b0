"""Sessions that outlive their connection and their context: the whole way, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

import rtnb
from rtnb.errors import ConnectionLostError, SessionClosedError, SessionError
from rtnb.server import EmbeddedServer
from rtnb.server.options import Limits, Options
from rtnb.session.conversation.state import ResponseState
from rtnb.session.verbs.schedule import Backoff, Schedule
from rtnb.testing import Close, ScriptedServer, greeting
from rtnb.tokens import ModalityCount, Step, Summarise, TokenUsage, settings_tokens, simulate

TEXT: dict[str, Any] = {"modalities": ["text"], "transcription": None, "journal": False}
QUICK = Backoff(first_s=0.01, factor=1.0, tries=20, jitter=0.0)


class Proxy:
    """A line to a server that can be cut."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._open: set[asyncio.StreamWriter] = set()
        self._lines: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.down = False
        self.fuse: int | None = None
        """The next line breaks after so many bytes of the client's."""
        self.connections = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"ws://127.0.0.1:{port}{self._parts.path}"

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._lines)
        await asyncio.sleep(0)

    def cut(self) -> None:
        """Every line breaks at once, without a word."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)
        self.connections += 1
        if self.down:
            writer.transport.abort()
            return
        fuse, self.fuse = self.fuse, None
        back, forth = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        self._open |= {writer, forth}
        try:
            await asyncio.gather(self._pass(reader, forth, fuse), self._pass(back, writer))
        finally:
            self._open -= {writer, forth}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fuse: int | None = None) -> None:
        passed = 0
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while (fuse is None or passed < fuse) and (data := await reader.read(65536 if fuse is None else 200)):
                passed += len(data)
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(height * (width + 1)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@contextlib.asynccontextmanager
async def dropping(server: Any, **settings: Any) -> AsyncIterator[tuple[Proxy, rtnb.AsyncSession]]:
    async with Proxy(server.url) as proxy:
        session = rtnb.AsyncSession(proxy.url, key=server.key, **{**TEXT, **settings})
        session._core.keeper.backoff = QUICK
        async with session:
            yield proxy, session


async def back_again(session: rtnb.AsyncSession, connections: int = 2) -> None:
    core = session._core
    await core.until(lambda: len(core.talk.connections) >= connections and core.status == "open", 20)


def texts(session: rtnb.AsyncSession) -> list[tuple[str, str]]:
    return [(item.role, item.text) for item in session.items]


# Reconnecting


def test_a_session_goes_on_after_its_connection_dropped(server: Any) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            await session.ask("My name is Sam.")
            before = [item.id for item in session.items]
            proxy.cut()
            await back_again(session)
            assert [item.id for item in session.items] == before, "handles stay valid"
            assert "Sam" in (await session.ask("What is my name?")).text
            assert (await session.items.retrieve(before[0])).text == "My name is Sam."
            notices = session._core.notices
            assert notices[0].startswith("The connection dropped (code 1006") and "Connected again" in notices[1]

    asyncio.run(main())


def test_several_drops_lose_nothing(server: Any) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            for round, word in enumerate(("apples", "pears", "plums")):
                await session.items.add(f"I like {word}.")
                proxy.cut()
                await back_again(session, round + 2)
            assert [text for _, text in texts(session)] == ["I like apples.", "I like pears.", "I like plums."]

    asyncio.run(main())


def test_a_turn_that_was_being_answered_fails_and_is_not_asked_again(server: Any) -> None:
    async def main() -> None:
        async with dropping(server, modalities=["audio"]) as (proxy, session):
            turn = await session.send("Count from one to fifty.")
            queued = await session.send("What is seven plus five?", modalities=["text"])
            core = session._core
            while not any(item.pieces for item in core.talk.items.values() if item.role != "user"):
                await asyncio.sleep(0.01)
            proxy.cut()
            with pytest.raises(ConnectionLostError, match="may have been billed"):
                await turn
            assert (await queued).text == "7 plus 5 is 12.", "what was queued goes on"
            asked = [event for event in core.log.of_type("response.create") if event.direction == "sent"]
            assert len(asked) == 2
            assert [text for role, text in texts(session) if role == "user"] == [
                "Count from one to fifty.",
                "What is seven plus five?",
            ]

    asyncio.run(main())


def test_and_respond_asks_for_its_answer_again(server: Any) -> None:
    async def main() -> None:
        async with dropping(server, modalities=["audio"]) as (proxy, session):
            turn = await session.send("Count from one to fifty.")
            core = session._core
            await core.until(lambda: bool(core.talk.responses), 20)
            proxy.cut()
            with pytest.raises(ConnectionLostError):
                await turn
            again = await session.respond(modalities=["text"])
            await again
            assert again.text.startswith("1, 2") or "one, two" in again.text.lower()
            assert [role for role, _ in texts(session)].count("user") == 1

    asyncio.run(main())


def test_what_is_sent_meanwhile_waits(server: Any) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            await session.ask("My name is Sam.")
            proxy.down = True
            proxy.cut()
            core = session._core
            await core.until(lambda: core.talk.connections[-1].lost_s is not None, 20)
            asking = asyncio.create_task(session.ask("What is my name?"))
            tries = proxy.connections
            while proxy.connections < tries + 2:
                await asyncio.sleep(0.01)
            proxy.down = False
            assert "Sam" in (await asking).text

    asyncio.run(main())


def test_a_server_that_never_comes_back_ends_the_session_with_one_clear_error(server: Any) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            await session.ask("My name is Sam.")
            proxy.down = True
            proxy.cut()
            with pytest.raises(SessionClosedError, match="ended the connection"):
                await session._core.until(lambda: False, 20)
            assert session.status == "lost"
            assert "no new connection after" in session._core.notices[-1]
            assert session.turns[0].view().user_text == "My name is Sam.", "what was recorded stays readable"

    asyncio.run(main())


def test_a_server_that_takes_connections_and_drops_them_is_given_up() -> None:
    def script(event: dict[str, Any]) -> Iterator[dict[str, Any] | Close]:
        if event["type"] == "session.update":
            yield {"type": "session.updated", "event_id": "event_1", "session": event["session"]}
            yield Close(1011, "bye")

    async def main() -> None:
        with ScriptedServer(script, first=[greeting()]) as server:
            session = rtnb.AsyncSession(server.url, **TEXT)
            session._core.keeper.backoff = Backoff(first_s=0.01, factor=1.0, tries=4, jitter=0.0)
            async with session:
                with pytest.raises(SessionClosedError, match="bye"):
                    await session._core.until(lambda: False, 20)
                assert session.status == "lost" and len(server.handshakes) == 5
                # The last drop may come just after it had taken over, or just before.
                ends = ("none of the last 4 lived for 30 s", "There was no new connection after")
                assert any(end in session._core.notices[-1] for end in ends)

    asyncio.run(main())


def test_nobody_reconnects_who_does_not_want_to(server: Any) -> None:
    async def main() -> None:
        async with dropping(server, reconnect=False) as (proxy, session):
            proxy.cut()
            with pytest.raises(SessionClosedError):
                await session._core.until(lambda: False, 20)
            assert session.status == "lost" and proxy.connections == 1

    asyncio.run(main())


def test_closing_while_it_reconnects_is_quick_and_quiet(server: Any) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            proxy.down = True
            proxy.cut()
            core = session._core
            await core.until(lambda: core.talk.connections[-1].lost_s is not None, 20)
        assert session.status in ("closed", "lost")

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/pcmu"])
def test_speech_is_heard_again_on_the_new_connection(server: Any, kind: str) -> None:
    clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    sound = {"type": kind} | ({"rate": 24000} if kind == "audio/pcm" else {})
    spoken = {
        "modalities": ["audio"],
        "transcription": "gpt-transcribe",
        "session": {"audio": {"input": {"format": sound}}},
    }

    async def main() -> None:
        async with dropping(server, **spoken) as (proxy, session):
            turn = await session.ask(clip)
            user, answer = session.items[0], session.items[1]
            before = (await session.items.retrieve(user.id)).audio
            proxy.cut()
            await back_again(session)
            heard = await session.items.retrieve(user.id)
            assert heard.audio is not None and heard.audio == before == user.audio
            assert heard.text == user.text == turn.view().user_text
            told = await session.items.retrieve(answer.id)
            assert told.audio is None and told.wire["content"][0]["type"] == "output_text"
            assert told.wire["content"][0]["text"].split() == turn.text.split()
            assert session.items[1].audio is not None, "what was received stays"
            with pytest.raises(SessionError, match="an answer in text"):
                await session.items.truncate(answer, 100)

    asyncio.run(main())


def test_images_are_shown_again(server: Any) -> None:
    picture = rtnb.Image(png(2, 3))

    async def main() -> None:
        async with dropping(server) as (proxy, session):
            item = await session.items.add(["What is this?", picture])
            proxy.cut()
            await back_again(session)
            shown = await session.items.retrieve(item)
            assert shown.wire["content"][1]["image_url"] == picture.data_uri

    asyncio.run(main())


def test_a_verb_whose_answer_the_connection_took_with_it_says_so(server: Any) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            item = await session.items.add("Hi.")
            deleting = asyncio.create_task(session.items.delete(item))
            adding = asyncio.create_task(session.items.add("There."))
            await asyncio.sleep(0)
            proxy.cut()
            with pytest.raises(ConnectionLostError, match="Do it again"):
                await deleting
            added = await adding
            await back_again(session)
            assert [one.id for one in session.items] == [item.id, added.id]
            await session.items.delete(item)

    asyncio.run(main())


# Hand-over


def test_a_hand_over_on_demand(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, instructions="Be brief.", **TEXT) as session:
            await session.ask("My name is Sam.")
            first = session.config["id"]
            await session.handover()
            assert session.config["id"] != first and session.config["instructions"] == "Be brief."
            assert "Sam" in (await session.ask("What is my name?")).text
            assert session._core.notices[-1].startswith("A new connection took over")
            assert len(session.turns) == 2

    asyncio.run(main())


def test_an_interrupt_at_any_moment_of_a_hand_over_leaves_a_session_that_works(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            await session.items.add("My name is Sam.")
            for steps in range(0, 40, 3):
                handing = asyncio.ensure_future(session.handover())
                for _ in range(steps):
                    await asyncio.sleep(0.0005)
                handing.cancel()
                await asyncio.gather(handing, return_exceptions=True)
                async with asyncio.timeout(20):
                    await session._core.until(lambda: session.status == "open")
                    await session.items.add(f"{steps} steps.")
            assert "Sam" in (await session.ask("What is my name?")).text

    asyncio.run(main())


@pytest.mark.parametrize("fuse", [0, 200, 600, 1000, 1400, 1800])
def test_a_new_connection_that_breaks_at_any_moment_loses_nothing(server: Any, fuse: int) -> None:
    async def main() -> None:
        async with dropping(server) as (proxy, session):
            for number in range(8):
                await session.items.add(f"I like number {number}.")
            proxy.fuse = fuse
            with contextlib.suppress(SessionError):
                await session.handover()
            await back_again(session, 1)
            assert session.status == "open"
            await session.items.add("And that is all.")
            assert [text for _, text in texts(session)] == [
                *(f"I like number {number}." for number in range(8)),
                "And that is all.",
            ]
            for item in session.items:
                assert (await session.items.retrieve(item)).text == item.text

    asyncio.run(main())


def test_the_planned_one_happens_by_itself_before_the_limit(server: Any) -> None:
    async def main() -> None:
        session = rtnb.AsyncSession(server.url, key=server.key, **TEXT)
        keeper, slept = session._core.keeper, list[float]()

        async def sleep(delay_s: float) -> None:
            slept.append(delay_s)
            await asyncio.sleep(0 if len(slept) <= 2 else 60)

        keeper._sleep = sleep
        async with session:
            await back_again(session)
            assert 3200 < slept[0] < 3310 and 3400 < slept[1] < 3490
            assert "time limit" in session._core.notices[-1]
            assert 3500 < session._core.keeper.expires_in_s <= 3600

    asyncio.run(main())


def test_at_the_limit_of_the_server_itself_the_session_goes_on() -> None:
    async def main(server: EmbeddedServer) -> None:
        session = rtnb.AsyncSession(server.url, key=server.key, handover=False, **TEXT)
        session._core.keeper.backoff = QUICK
        session._core.keeper.schedule = Schedule(shortest_s=0.0)
        async with session:
            await session.ask("My name is Sam.")
            await back_again(session)
            assert "Sam" in (await session.ask("What is my name?")).text
            assert any(error.code == "session_expired" for error in session._core.talk.errors)

    with EmbeddedServer(Options(limits=Limits(session_s=2.0))) as server:
        asyncio.run(main(server))


def test_tool_calls_and_their_outputs_come_along(server: Any) -> None:
    talk = [
        {"role": "user", "content": "Where is my order?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "on its way"},
        {"role": "assistant", "content": "It is on its way."},
    ]

    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            loaded = await session.load_history(talk)
            assert not loaded.left_out
            await session.handover()
            assert [item.type for item in session.items] == [
                "message", "function_call", "function_call_output", "message",
            ]  # fmt: skip
            out = session.export_history()
            assert [message["role"] for message in out] == ["user", "assistant", "tool", "assistant"]
            assert out[1]["tool_calls"] == talk[1]["tool_calls"] and out[2]["content"] == "on its way"

    asyncio.run(main())


# History


def test_a_history_is_known_to_the_model_and_belongs_to_no_turn(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            await session.load_history([("user", "My name is Sam."), ("assistant", "Nice to meet you.")])
            turn = await session.ask("What is my name?")
            assert "Sam" in turn.text and turn.view().user_text == "What is my name?"
            messages = session.export_history()
            assert messages[0] == {"role": "user", "content": "My name is Sam."} and len(messages) == 4

        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as other:
            await other.load_history(messages)
            assert "Sam" in (await other.ask("What is my name?")).text

    asyncio.run(main())


def test_a_call_that_nobody_has_answered_yet_can_be_answered_on_the_next_connection(server: Any) -> None:
    tool = {
        "type": "function",
        "name": "order_status",
        "description": "Looks up an order.",
        "parameters": {"type": "object"},
    }

    async def main() -> None:
        async with dropping(server, tools=[tool]) as (proxy, session):
            core = session._core
            event = {"tool_choice": "required"}
            await session.items.add("Where is my order?")
            await core.send({"type": "response.create", "response": event})
            await core.until(lambda: any(call.done for call in core.talk.calls.values()), 20)
            (call,) = core.talk.calls.values()
            await core.until(lambda: not core.talk.open_responses, 20)
            proxy.cut()
            await back_again(session)
            output = {"id": "out", "type": "function_call_output", "call_id": call.call_id, "output": "on its way"}
            assert await session.items.put([output]) == [None]
            assert [item.type for item in session.items] == ["message", "function_call", "function_call_output"]

    asyncio.run(main())


async def talked(server: Any, policy: Summarise | None) -> list[ResponseState]:
    async with rtnb.AsyncSession(server.url, key=server.key, policy=policy, **TEXT) as session:
        core = session._core
        for number in range(5):
            await session.ask(f"My friend number {number} is called Alex{number}. What is {number} plus one?")
            await asyncio.sleep(0.01)
            while session._steward._at_work.locked():
                await asyncio.sleep(0.01)
        return [response for response in core.talk.responses.values() if response.usage]


def test_the_live_policy_summarises_where_the_simulated_one_does(server: Any) -> None:
    """What a what-if promises is what the session does: the same policy, at the same turn."""
    plain = [TokenUsage.from_wire(response.usage or {}) for response in asyncio.run(talked(server, None))]
    settings = settings_tokens(server_instructions(server)).total
    held = [usage.input_text + usage.output_text - settings for usage in plain]
    steps = [
        Step(ModalityCount(usage.input_text - settings - before), made := ModalityCount(usage.output_text), made)
        for usage, before in zip(plain, [0, *held], strict=False)
    ]
    # Between what the third turn leaves and what it began with: both look at it, one before and one after.
    policy = Summarise(held[2] - plain[2].output_text // 2, keep_turns=1, summary_tokens=20)
    simulated = [number for number, step in enumerate(simulate(steps, summarise=policy)) if step.summary is not None]
    live = [response.in_conversation for response in asyncio.run(talked(server, policy))]
    assert simulated[0] == live.index(False) == 3


def server_instructions(server: Any) -> str:
    async def main() -> str:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            return str(session.config["instructions"])

    return asyncio.run(main())
