"""The countdown, the back-off and what is told, on a clock that the test turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from support.logs import (
    START_WALL_S,
    Script,
    answer,
    append,
    committed,
    got,
    pcm,
    request,
    sent,
    session,
    speech_started,
    user_item,
)

from rtnb.errors import ApiError, RefusedError, SessionClosedError, SessionError, UnreachableError
from rtnb.protocol.envelope import Event
from rtnb.session.behaviour import Behaviour
from rtnb.session.verbs import keeper as module
from rtnb.session.verbs.keeper import DROPS, Keeper
from rtnb.session.verbs.rebuild import Rebuilt


class Floor:
    """Somebody else has it, or nobody."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self.lock.acquire()

    async def __aexit__(self, *exc: object) -> None:
        self.lock.release()


class FakeCore:
    """As much of a session as its keeper sees; `failures` is what each attempt to open a connection meets."""

    def __init__(self, *steps: Any, behaviour: Behaviour | None = None, failures: Sequence[SessionError] = ()) -> None:
        self.script = Script(*steps)
        self.behaviour = behaviour or Behaviour()
        self.intent, self.status, self.ended = "realtime", "open", None
        self.floor = Floor()
        self.time_s = self.script.now_s
        self.told: list[str] = []
        self.done: list[str] = []
        self.slept: list[float] = []
        self.failures = list(failures)
        self.refused: list[ApiError] = []
        self.expires_at: float | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        self._listeners: list[Callable[[Event], None]] = []

    @property
    def talk(self) -> Any:
        return self.script.talk

    @property
    def log(self) -> Any:
        return self.script.log

    def now_s(self) -> float:
        return self.time_s

    def tell(self, text: str) -> None:
        self.told.append(text)

    def subscribe(self, listener: Callable[[Event], None]) -> None:
        self._listeners.append(listener)

    def keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    def play(self, *steps: Any) -> None:
        count = len(self.log)
        self.script.play(*steps, at_s=self.time_s)
        for event in self.log[count:]:
            for listener in self._listeners:
                listener(event)

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0)

    async def reopen(self, *, reason: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.done.append(f"open: {reason}")
        self.play(("local", {"type": "rtnb.connection.opened"}), session(expires_at=self.expires_at))

    async def rebuild(self, events: Sequence[Any]) -> list[ApiError]:
        self.done.append(f"rebuild {len(events)}")
        return self.refused

    async def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)
        self.time_s += delay_s
        await asyncio.sleep(0)


def keeper_of(core: FakeCore, **options: Any) -> Keeper:
    return Keeper(core, sleep=core.sleep, chance=lambda: 0.0, **options)  # type: ignore[arg-type]


def talked() -> list[Any]:
    item = {"id": "a", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
    return [
        user_item("a", "Hi."),
        got("conversation.item.added", item=item, previous_item_id=None),
        request("k"),
        answer(1, ["Hello."], [pcm(100)], key="k"),
    ]


# The clock


@pytest.mark.parametrize(
    ("expires_at", "expires_s"),
    [
        (START_WALL_S + 1800, 1800.0),
        (None, 3600.0),
        (0, 3600.0),
        (START_WALL_S - 500, 3600.0),
        (START_WALL_S + 5, 3600.0),
    ],
)
def test_the_end_is_what_the_server_says_if_that_can_be(expires_at: float | None, expires_s: float) -> None:
    keeper = keeper_of(FakeCore(session(expires_at=expires_at)))
    assert keeper.expires_s == pytest.approx(expires_s, abs=0.1)


def test_the_countdown_runs_and_stops_at_nothing() -> None:
    core = FakeCore(session(expires_at=START_WALL_S + 1800))
    keeper = keeper_of(core)
    core.time_s = 1000.0
    assert keeper.expires_in_s == pytest.approx(800)
    core.time_s = 5000.0
    assert keeper.expires_in_s == 0


async def watched(core: FakeCore, *, until_s: float, **options: Any) -> Keeper:
    keeper = keeper_of(core, **options)
    keeper.start()
    while core.time_s < until_s and not core.tasks[0].done():
        await asyncio.sleep(0)
        if not core.slept or core.tasks[0].done():
            continue
    core.tasks[0].cancel()
    await asyncio.gather(*core.tasks, return_exceptions=True)
    return keeper


def test_the_user_is_told_and_a_new_connection_takes_over_in_time() -> None:
    core = FakeCore(session(expires_at=START_WALL_S + 3600), *talked())
    asyncio.run(watched(core, until_s=3500))
    assert core.told[0] == "The server ends this connection in 5 min. A new connection takes over before that."
    assert core.done[:2] == ["open: the server's time limit", "rebuild 2"]
    assert core.told[1].startswith("A new connection took over (the server's time limit): 2 items; 1 spoken answer")
    assert core.slept[1] == pytest.approx(180, abs=1), "from five minutes to two minutes before the end"


def test_without_hand_over_there_are_notices_alone() -> None:
    core = FakeCore(session(expires_at=START_WALL_S + 3600), behaviour=Behaviour(handover=False))

    async def main() -> None:
        keeper = keeper_of(core)
        keeper.start()
        while len(core.told) < 2:
            await asyncio.sleep(0)
        core.tasks[0].cancel()
        await asyncio.gather(*core.tasks, return_exceptions=True)

    asyncio.run(main())
    assert [text.split(". ")[0] for text in core.told] == [
        "The server ends this connection in 5 min",
        "The server ends this connection in 1 min",
    ]
    assert not core.done


# Hand-over


def test_a_hand_over_waits_for_a_quiet_moment() -> None:
    core = FakeCore(session(), *talked(), request("k2"))

    async def main() -> None:
        handing = asyncio.ensure_future(keeper_of(core).handover("a test"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not core.done
        core.play(answer(2, ["There."], key="k2"))
        await handing

    asyncio.run(main())
    assert core.done == ["open: a test", "rebuild 3"]
    assert not any("lost" in text for text in core.told)


def test_one_that_cannot_wait_says_what_is_lost() -> None:
    core = FakeCore(session(), *talked(), request("k2"))
    asyncio.run(keeper_of(core).handover("a test", wait_s=0.01))
    assert core.done == ["open: a test", "rebuild 2"]
    assert "may have been billed" in core.told[-1]


def test_a_hand_over_that_finds_no_connection_raises_and_changes_nothing() -> None:
    core = FakeCore(session(), *talked(), failures=[UnreachableError("Nobody answers.")])
    with pytest.raises(UnreachableError):
        asyncio.run(keeper_of(core).handover())
    assert not core.done and not core.told


def test_items_that_the_new_connection_refuses_are_told() -> None:
    core = FakeCore(session(), *talked())
    core.refused = [ApiError({"message": "Too long.", "code": "string_above_max_length"})]
    asyncio.run(keeper_of(core).handover())
    assert core.told[-1].startswith("The new connection refused 1 of the items: Too long.")


def test_a_hand_over_whose_new_connection_dies_is_a_drop_with_the_same_conversation() -> None:
    core = FakeCore(session(), *talked())
    again: list[int] = []

    async def rebuild(events: Sequence[Any]) -> list[ApiError]:
        raise SessionClosedError("The new one dropped.")

    async def regain(rebuilt: Rebuilt) -> None:
        again.append(len(rebuilt.events))

    core.rebuild, core.regain = rebuild, regain  # type: ignore[method-assign, attr-defined]
    assert len(asyncio.run(keeper_of(core).handover()).events) == 2
    assert again == [2]


def test_a_hand_over_waits_for_transcripts_that_would_be_lost_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TRANSCRIPTS_S", 0.05)
    core = FakeCore(session(), append(pcm(300)), sent("input_audio_buffer.commit", event_id="e"), committed("u"))
    heard = got("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hello?")

    async def main() -> None:
        handing = asyncio.ensure_future(keeper_of(core).handover())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not core.done
        core.play(heard)
        await handing
        core.play(append(pcm(300)), sent("input_audio_buffer.commit", event_id="f"), committed("v"))
        await keeper_of(core).handover()

    asyncio.run(main())
    assert core.done == ["open: as asked", "rebuild 1"] * 2


def test_a_transcription_session_takes_nothing_along() -> None:
    core = FakeCore(session(), append(pcm(300)), sent("input_audio_buffer.commit", event_id="e"), committed("u"))
    core.intent = "transcription"
    assert keeper_of(core).snapshot().events == ()


def test_one_that_was_begun_is_ended_though_nobody_waits_for_it() -> None:
    core = FakeCore(session(), *talked())
    gate, reopen = asyncio.Event(), core.reopen

    async def slow(*, reason: str) -> None:
        core.status = "reconnecting"
        await gate.wait()
        await reopen(reason=reason)

    core.reopen = slow  # type: ignore[method-assign]

    async def main() -> None:
        handing = asyncio.ensure_future(keeper_of(core).handover("a test"))
        while core.status == "open":
            await asyncio.sleep(0)
        handing.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await handing
        await asyncio.gather(*core.tasks)

    asyncio.run(main())
    assert core.done == ["open: a test", "rebuild 2"]


def test_one_that_still_waits_for_a_quiet_moment_is_not_begun_after_an_interrupt() -> None:
    core = FakeCore(session(), *talked(), request("k2"))

    async def main() -> None:
        handing = asyncio.ensure_future(keeper_of(core).handover("a test"))
        for _ in range(20):
            await asyncio.sleep(0)
        handing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await handing
        core.play(answer(2, ["There."], key="k2"))
        await asyncio.gather(*core.tasks, return_exceptions=True)
        assert not core.floor.lock.locked()

    asyncio.run(main())
    assert not core.done


def test_one_of_a_session_that_ends_says_so() -> None:
    core = FakeCore(session(), *talked(), request("k2"))

    async def main() -> None:
        handing = asyncio.ensure_future(keeper_of(core).handover("a test"))
        for _ in range(20):
            await asyncio.sleep(0)
        core.ended = SessionClosedError("It is closed.")  # type: ignore[assignment]
        core.tasks[0].cancel()
        with pytest.raises(SessionClosedError, match="It is closed"):
            await handing

    asyncio.run(main())


def test_a_manual_turn_that_is_not_committed_is_told_to_be_lost() -> None:
    core = FakeCore(session(vad=False))
    keeper = keeper_of(core)
    core.subscribe(keeper._on_event)
    core.play(append(pcm(1500)))
    asyncio.run(keeper.handover())
    assert core.told[-1] == "1.5 s of audio that was not committed is lost; say it again."


def test_the_time_limit_waits_for_its_commit() -> None:
    core = FakeCore(session(vad=False))

    async def main() -> None:
        keeper = keeper_of(core)
        core.subscribe(keeper._on_event)
        core.play(append(pcm(1500)))
        handing = asyncio.ensure_future(keeper._hand_over_in_time(3600))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not core.done
        core.play(sent("input_audio_buffer.commit", event_id="e"), committed("u"))
        heard = got("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hello?")
        core.play(heard)
        await handing

    asyncio.run(main())
    assert core.done[0] == "open: the server's time limit"
    assert not any("lost" in text for text in core.told)


# Drops


@pytest.mark.parametrize("code", [1000, 3000, 4000, None])
def test_ends_that_were_meant_and_refusals_are_no_drops(code: int | None) -> None:
    assert not keeper_of(FakeCore(session())).reconnects(code)


def test_drops_are_opened_again_unless_the_user_does_not_want_it() -> None:
    assert all(keeper_of(FakeCore(session())).reconnects(code) for code in DROPS)
    assert not keeper_of(FakeCore(session(), behaviour=Behaviour(reconnect=False))).reconnects(1006)


def dropped(core: FakeCore, **options: Any) -> bool:
    core.script.play(("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""}), at_s=core.time_s)
    return asyncio.run(keeper_of(core, **options).lost(1006, ""))


def test_a_dropped_connection_comes_back_with_the_conversation() -> None:
    core = FakeCore(session(), *talked(), failures=[UnreachableError("Nobody answers."), SessionClosedError("Gone.")])
    assert dropped(core)
    assert core.slept == [0.5, 1.5, 4.5]
    assert core.done == ["open: the connection dropped (code 1006)", "rebuild 2"]
    assert core.told[0] == "The connection dropped (code 1006). Connecting again."
    assert core.told[-1].startswith("Connected again after 6.5 s: 2 items") and "253 tokens" in core.told[-1]


def test_a_snapshot_is_taken_before_any_connection_empties_the_conversation() -> None:
    core = FakeCore(session(), *talked())
    died = core.rebuild
    calls: list[int] = []

    async def rebuild(events: Sequence[Any]) -> list[ApiError]:
        calls.append(len(events))
        if len(calls) == 1:
            raise SessionClosedError("The new one dropped, too.")
        return await died(events)

    core.rebuild = rebuild  # type: ignore[method-assign]
    assert dropped(core) and calls == [2, 2]


def test_there_is_an_end_to_trying() -> None:
    core = FakeCore(session(), failures=[UnreachableError("Nobody answers.")] * 50)
    assert not dropped(core)
    assert len(core.slept) == 5 and sum(core.slept) <= 60
    assert core.told[-1] == "There was no new connection after 5 tries; the session is over. Nobody answers."


@pytest.mark.parametrize(
    "refusal",
    [
        RefusedError("No.", code="invalid_api_key", close_code=3000),
        RefusedError("No.", close_code=401),
        ApiError({"message": "No.", "code": "invalid_value"}),
    ],
)
def test_a_refusal_is_not_tried_again(refusal: SessionError) -> None:
    core = FakeCore(session(), failures=[refusal] * 5)
    assert not dropped(core)
    assert len(core.slept) == 1


def test_a_busy_server_is() -> None:
    core = FakeCore(session(), failures=[RefusedError("Busy.", close_code=503), RefusedError("Slow.", close_code=429)])
    assert dropped(core)


LOST = ("local", {"type": "rtnb.connection.lost", "code": 1011, "reason": "bye"})


def storm(core: FakeCore, *, lives_s: float = 0.1, between: Sequence[Any] = (), most: int = 20) -> tuple[Keeper, int]:
    """Drops, each `lives_s` after the connection came back, until the keeper gives up; how many it took."""
    keeper = keeper_of(core)
    core.subscribe(keeper._on_event)
    for number in range(most):
        core.time_s += lives_s
        if between:
            core.play(*between)
        core.play(LOST)
        if not asyncio.run(keeper.lost(1011, "bye")):
            return keeper, number
    return keeper, most


def test_a_server_that_takes_connections_and_drops_them_is_given_up() -> None:
    core = FakeCore(session())
    _, connections = storm(core)
    assert connections == 5 and core.slept == [0.5, 1.5, 4.5, 13.5, 20.0]
    assert core.told[-2] == "The connection dropped (code 1011, 'bye')."
    assert core.told[-1] == (
        "The server takes connections and drops them: none of the last 5 lived for 30 s or answered anything; "
        "the session is over."
    )


def test_connections_that_live_for_a_while_are_opened_again_for_ever() -> None:
    core = FakeCore(session())
    assert storm(core, lives_s=31.0)[1] == 20
    assert set(core.slept) == {0.5}


def test_so_are_those_that_answer() -> None:
    core = FakeCore(session())
    assert storm(core, between=[request("k"), answer(1, ["Hello."], [pcm(100)], key="k")])[1] == 20


def test_a_response_that_failed_is_no_answer() -> None:
    core = FakeCore(session())
    failed = got("response.done", response={"id": "r", "status": "failed", "output": []})
    assert storm(core, between=[failed])[1] == 5


@pytest.mark.parametrize(("intent", "connections"), [("transcription", 20), ("realtime", 5)])
def test_a_transcript_is_an_answer_where_nothing_else_is_made(intent: str, connections: int) -> None:
    core = FakeCore(session())
    core.intent = intent
    heard = got("conversation.item.input_audio_transcription.completed", item_id="u", transcript="Hello?")
    assert storm(core, between=[heard])[1] == connections


def test_what_was_said_when_it_dropped_is_named() -> None:
    core = FakeCore(session())
    keeper = keeper_of(core)
    keeper._on_event  # noqa: B018
    core.subscribe(keeper._on_event)
    core.play(append(pcm(500)), speech_started("item_u", 100))
    core.script.play(("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": "x"}))
    assert asyncio.run(keeper.lost(1006, "x"))
    assert (
        core.told[0]
        == "The connection dropped (code 1006, 'x'). What was being said is lost; say it again. Connecting again."
    )


def test_so_is_audio_that_was_not_committed_in_manual_turns() -> None:
    core = FakeCore(session(vad=False))
    keeper = keeper_of(core)
    core.subscribe(keeper._on_event)
    core.play(append(pcm(1500)))
    asyncio.run(keeper.lost(1006, ""))
    assert "1.5 s of audio that was not committed is lost" in core.told[0]


@pytest.mark.parametrize(("modality", "told"), [("audio", True), ("text", False)])
def test_a_model_that_falls_silent_behind_answers_in_text_is_noticed_once(modality: str, told: bool) -> None:
    core = FakeCore(session())
    core.subscribe(keeper_of(core)._on_event)
    content = [{"type": "output_text", "text": "Hello."}]
    item = {"id": "a", "type": "message", "role": "assistant", "content": content}
    core.play(sent("conversation.item.create", event_id="e", item=item))
    for number in (1, 2):
        steps = answer(number, ["In text."])
        steps[-1][1]["response"]["output_modalities"] = [modality]
        core.play(steps)
    assert len(core.told) == told
    assert not told or "answered in text though speech was asked for" in core.told[0]
