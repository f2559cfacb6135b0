"""The input side without a server: formats, turns, pauses and idle timeouts, each on a clock that the test turns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.turns import Room, room, silence, spoken
from support.wire import speech

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.protocol import SemanticVad, ServerVad
from rtnb.server.input.buffer import InputBuffer
from rtnb.server.input.transcription import Transcriber
from rtnb.server.problems import Refused
from rtnb.speech import smart_turn

pytestmark = pytest.mark.local

CUT = 48 * 1200
"""In the middle of the question."""

FORMATS = pytest.mark.parametrize("format", [PCM16, PCMU, PCMA], ids=lambda format: format.beta)
KIND = "conversation.item.input_audio_transcription."


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


@FORMATS
def test_a_manual_turn_in_any_format(format: AudioFormat) -> None:
    async def scene() -> None:
        async with room(format=format, transcription={"model": "whisper-1"}) as r:
            await r.append(bytes(99 * format.bytes_per_ms))
            with pytest.raises(Refused) as refused:
                await r.commit()
            assert "99.00ms" in refused.value.problem.message
            await r.clear()
            await r.hear(speech(), chunk_ms=7.3)
            await r.commit()
            (item,) = r.items
            assert item.format is format and item.audio_ms == pytest.approx(len(speech()) / 48, abs=1)
            assert (await r.until(KIND + "completed"))["transcript"] == "What is the weather in Paris?"
            assert r.types[:4] == ["cleared", "committed", "conversation.item.added", "conversation.item.done"]

    run(scene())


@FORMATS
def test_a_detected_turn_in_any_format(format: AudioFormat) -> None:
    async def scene() -> None:
        async with room(ServerVad(), format=format) as r:
            await r.hear(silence(0.5) + speech() + silence(0.8))
            (started,), (stopped,), (item,) = r.of("speech_started"), r.of("speech_stopped"), r.items
            assert started["audio_start_ms"] == pytest.approx(948 - 300, abs=64)
            assert stopped["audio_end_ms"] == pytest.approx(2368 + 200, abs=160)
            assert item.audio_ms == stopped["audio_end_ms"] - started["audio_start_ms"]
            assert started["item_id"] == stopped["item_id"] == r.of("committed")[0]["item_id"] == item.id
            assert (r.interrupts, r.responses) == (1, 1)

    run(scene())


def test_the_format_may_change_within_a_turn() -> None:
    async def scene() -> None:
        async with room(ServerVad(), transcription={"model": "whisper-1"}) as r:
            await r.hear(speech()[:CUT])
            r.set(format=PCMU.to_wire())
            await r.hear(speech()[CUT:] + silence(0.6))
            (item,), (started,), (stopped,) = r.items, r.of("speech_started"), r.of("speech_stopped")
            assert item.format is PCMU
            assert item.audio_ms == stopped["audio_end_ms"] - started["audio_start_ms"]
            assert "Paris" in (await r.until(KIND + "completed"))["transcript"]

    run(scene())


def test_what_a_manual_turn_holds_is_converted() -> None:
    async def scene() -> None:
        async with room() as r:
            await r.append(bytes(48 * 300) + b"\x01")
            r.set(format=PCMA.to_wire())
            await r.append(bytes(8 * 200))
            await r.commit()
            assert (r.items[0].format, r.items[0].audio_ms) == (PCMA, 500)

    run(scene())


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("interrupt", [True, False])
def test_turn_detection_does_only_what_it_is_asked_to(create: bool, interrupt: bool) -> None:
    async def scene() -> None:
        async with room(ServerVad(create_response=create, interrupt_response=interrupt)) as r:
            r.input._turns._pace.sent = lambda start_ms, end_ms: 20.0  # type: ignore[method-assign]
            await r.hear(speech() + silence(0.8))
            assert (r.responses, r.interrupts) == (int(create), int(interrupt))
            heard = r.items[0].heard
            # The words of an answer are recognised in the pause before it; words that nobody needs, never.
            assert heard is not None and heard.begun is create

    run(scene())


def test_a_transcription_sessions_turn_detection_asks_for_no_response() -> None:
    async def scene() -> None:
        shown = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}
        async with room(shown, transcription={"model": "whisper-1"}) as r:
            await r.hear(speech() + silence(0.8))
            assert "Paris" in (await r.until(KIND + "completed"))["transcript"]
            assert (r.responses, r.interrupts) == (0, 0)

    run(scene())


def test_parameters_changed_in_mid_speech_hold_for_this_turn() -> None:
    async def scene() -> None:
        async with room(ServerVad()) as r:
            await r.hear(speech()[:CUT])
            r.set(turn_detection=ServerVad(silence_duration_ms=1000).resolved().to_wire())
            await r.hear(speech()[CUT:] + silence(0.9))
            assert r.types == ["speech_started"]
            await r.hear(silence(0.4))
            assert len(r.of("speech_stopped")) == 1

    run(scene())


def test_a_long_append_is_listened_to_bit_by_bit() -> None:
    async def scene() -> None:
        async with room(ServerVad()) as r:
            turn = speech() + silence(1.0)
            long = asyncio.create_task(r.append(turn * 12))
            while not r.of("committed"):
                await asyncio.sleep(0)
            assert not long.done()
            await long
            expected = ["speech_started", "speech_stopped", "committed", *["conversation.item." + e for e in ADDED]]
            assert r.types == expected * 12
            starts = [event["audio_start_ms"] for event in r.of("speech_started")]
            stops = [event["audio_end_ms"] for event in r.of("speech_stopped")]
            assert all(stop <= start for stop, start in zip(stops, starts[1:], strict=False))
            assert [item.audio_ms for item in r.items] == [b - a for a, b in zip(starts, stops, strict=True)]
            await r.append(speech() + silence(1.0))
            async with room(ServerVad()) as slow:
                await slow.hear(turn * 3)
                assert [e["audio_start_ms"] for e in slow.of("speech_started")] == starts[:3]
                assert [e["audio_end_ms"] for e in slow.of("speech_stopped")] == stops[:3]

    run(scene())


ADDED = ("added", "done")


def test_the_transcriber_is_told_of_a_turn_under_way_and_of_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str, float]] = []

    def speaking(self: Transcriber, item_id: str, audio_ms: float, audio: Callable[[], bytes]) -> None:
        assert len(audio()) == round(audio_ms) * 48
        told.append(("speaking", item_id, audio_ms))

    monkeypatch.setattr(Transcriber, "speaking", speaking)
    monkeypatch.setattr(Transcriber, "dropped", lambda self, item_id: told.append(("dropped", item_id, 0)))

    async def scene() -> None:
        async with room(ServerVad(), transcription={"model": "whisper-1"}) as r:
            await r.hear(speech()[:CUT])
            first = r.of("speech_started")[0]["item_id"]
            assert told and {entry[:2] for entry in told} == {("speaking", first)}
            steps = [b[2] - a[2] for a, b in pairwise(told)]
            assert all(step == 200 for step in steps)
            await r.clear()
            assert told[-1][:2] == ("dropped", first)
            told.clear()
            r.set(turn_detection=None)
            # A manual turn has an id before it is committed, too.
            await r.hear(speech(), chunk_ms=100)
            (manual,) = {entry[1] for entry in told}
            await r.commit()
            assert r.of("committed")[0]["item_id"] == manual != first
            assert [entry[0] for entry in told] == ["speaking"] * 9

    run(scene())


def test_turn_detection_ends_within_a_turn_and_the_commit_keeps_its_id() -> None:
    async def scene() -> None:
        async with room(ServerVad()) as r:
            await r.hear(speech()[:CUT])
            r.set(turn_detection=None)
            await r.hear(speech()[CUT:])
            await r.commit()
            assert r.of("committed")[0]["item_id"] == r.of("speech_started")[0]["item_id"]
            assert r.items[0].audio_ms == len(speech()) // 48

    run(scene())


# Semantic turn detection


GOES_ON = "Please remind me to call my mother and"


def waits(r: Room) -> list[int]:
    """How long the silence behind each turn was, in milliseconds, by the energy of its audio."""
    found = []
    for item in r.items:
        samples = np.abs(item.format.decode(bytes(item.audio)))
        loud = np.flatnonzero(samples > 0.02)
        found.append(round(1000 * (samples.size - loud[-1]) / item.format.rate_hz))
    return found


@pytest.fixture
def by_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where Smart Turn is installed, so that the figures are the same everywhere."""
    monkeypatch.setattr(smart_turn, "shared_smart_turn", lambda: None)


@pytest.mark.usefixtures("by_words_alone")
@pytest.mark.parametrize("chunk_ms", [100, 60_000])
def test_what_sounds_finished_ends_sooner(chunk_ms: int) -> None:
    async def scene() -> None:
        async with room(SemanticVad(eagerness="medium"), transcription={"model": "whisper-1"}) as r:
            finished, open_ended = (
                spoken("Please turn off the kitchen lights."),
                spoken("Please remind me to call my mother and"),
            )
            await r.hear(finished + silence(5) + open_ended + silence(5), chunk_ms=chunk_ms)
            kinds = ["speech_started", "speech_stopped", "committed"]
            assert [type for type in r.types if type in kinds] == kinds * 2
            soon, late = waits(r)
            assert soon < 1000 and 2500 < late < 4300
            assert r.responses == 2

    run(scene())


@pytest.mark.usefixtures("by_words_alone")
def test_a_thinking_pause_does_not_end_a_semantic_turn() -> None:
    async def scene() -> None:
        # The same pause cuts the turn in two where silence alone decides.
        said = (
            spoken("Please remind me to call my mother and")
            + silence(1.2)
            + spoken("my brother on Monday.")
            + silence(3)
        )
        for detection, turns in ((SemanticVad(), 1), (ServerVad(silence_duration_ms=500), 2)):
            async with room(detection) as r:
                await r.hear(said, chunk_ms=5000)
                assert len(r.items) == turns

    run(scene())


def test_at_real_pace_nobody_waits_for_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with room(SemanticVad(eagerness="low")) as r:
            asked = asyncio.Event()

            async def never(*_: object) -> float:
                asked.set()
                await asyncio.sleep(3600)
                return 1.0

            monkeypatch.setattr(r.input._turns._judge, "completeness", never)
            monkeypatch.setattr(r.input._turns._pace, "sent", lambda start_ms, end_ms: 20.0)
            await r.hear(speech() + silence(2.4), chunk_ms=20)
            await asyncio.sleep(0)
            assert asked.is_set() and r.types == ["speech_started"]
            await r.hear(silence(1), chunk_ms=20)
            assert len(r.of("speech_stopped")) == 1

    run(scene())


def test_a_judgement_behind_the_last_audio_ends_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with room(SemanticVad(eagerness="medium")) as r:
            go = asyncio.Event()

            async def late(*_: object) -> float:
                await go.wait()
                return 1.0

            monkeypatch.setattr(r.input._turns._judge, "completeness", late)
            monkeypatch.setattr(r.input._turns._pace, "sent", lambda start_ms, end_ms: 20.0)
            await r.hear(speech() + silence(1), chunk_ms=20)
            assert r.types == ["speech_started"]
            go.set()
            await r.until("conversation.item.done")
            assert r.types[:3] == ["speech_started", "speech_stopped", "committed"] and r.responses == 1
            (item,) = r.items
            assert (
                item.audio_ms == r.of("speech_stopped")[0]["audio_end_ms"] - r.of("speech_started")[0]["audio_start_ms"]
            )
            # And it is over: the next word is a turn of its own.
            await r.hear(silence(0.5) + speech(), chunk_ms=20)
            assert len(r.of("speech_started")) == 2

    run(scene())


@pytest.mark.parametrize("before_s", [0, 90])
def test_what_is_held_when_turn_detection_comes_on_is_listened_to(before_s: int) -> None:
    async def scene() -> None:
        async with room() as r:
            await r.hear(silence(2) + bytes(48_000 * before_s) + speech(), chunk_ms=5000)
            r.set(turn_detection=ServerVad().resolved().to_wire())
            await r.hear(silence(0.8))
            (started,), (stopped,), (item,) = r.of("speech_started"), r.of("speech_stopped"), r.items
            begin_ms = 2000 + 1000 * before_s
            assert started["audio_start_ms"] == pytest.approx(begin_ms + 448 - 300, abs=64)
            assert item.audio_ms == stopped["audio_end_ms"] - started["audio_start_ms"]
            assert item.heard is not None and await item.heard == "What is the weather in Paris?"

    run(scene())


def test_audio_is_held_once() -> None:
    async def scene() -> None:
        async with room() as r:
            await r.hear(speech(), chunk_ms=500)
            held = r.input._buffer._data
            await r.commit()
            (item,) = r.items
            assert item.audio is held and item.heard is not None
            # What is heard is what the item holds when somebody asks.
            item.audio[:] = bytes(len(item.audio))
            assert await item.heard == ""

    run(scene())


def test_no_audio_is_converted_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set[str]()
    settle = InputBuffer.settle

    def noted(self: InputBuffer) -> None:
        threads.add(threading.current_thread().name.rpartition("_")[0])
        settle(self)

    monkeypatch.setattr(InputBuffer, "settle", noted)

    async def scene() -> None:
        async with room() as r:
            for _ in range(10):
                await r.append(bytes(48 * 15_000))
            r.set(format=PCMU.to_wire())
            assert threads == set()
            await r.commit()
            assert r.items[0].audio_ms == 150_000 and r.items[0].format is PCMU

    run(scene())
    assert threads == {"rtnb-speech"}


def test_the_kind_changes_within_a_turn() -> None:
    async def scene() -> None:
        async with room(SemanticVad(eagerness="low")) as r:
            await r.hear(speech()[:CUT])
            r.set(turn_detection=ServerVad().resolved().to_wire())
            await r.hear(speech()[CUT:] + silence(0.5))
            assert r.types[:3] == ["speech_started", "speech_stopped", "committed"]
            r.set(turn_detection=SemanticVad(eagerness="high").resolved().to_wire())
            await r.hear(speech() + silence(2.5))
            assert len(r.of("committed")) == 2

    run(scene())


# Idle timeouts

IDLE = ServerVad(idle_timeout_ms=5000)
TIMED_OUT = ["timeout_triggered", "committed", "conversation.item.added", "conversation.item.done"]


def test_silence_after_an_answer_is_committed_and_answered() -> None:
    async def scene() -> None:
        async with room(IDLE) as r:
            await r.hear(silence(1.0))
            r.input.answering()
            r.input.answered(2000)
            await r.hear(silence(2.0))
            r.clock.turn(2)
            await r.hear(silence(4.5))
            r.clock.turn(4.9)
            assert r.types == []
            r.clock.turn(0.1)
            assert r.types == TIMED_OUT and r.responses == 1
            timeout, (item,) = r.events[0], r.items
            assert (timeout["audio_start_ms"], timeout["audio_end_ms"]) == (3000, 7500)
            assert timeout["item_id"] == item.id and item.audio_ms == 4500
            r.clock.turn(60)
            assert len(r.items) == 1
            # Detection goes on as if nothing had been taken.
            await r.hear(speech() + silence(0.8))
            assert r.of("speech_started")[0]["audio_start_ms"] >= 7500 and len(r.items) == 2

    run(scene())


def test_a_client_that_sends_nothing_is_asked_all_the_same() -> None:
    async def scene() -> None:
        model = {"model": "whisper-1"}
        async with room(ServerVad(idle_timeout_ms=6000, create_response=False), transcription=model) as r:
            r.input.answered(-50)
            r.clock.turn(6)
            assert r.types == TIMED_OUT and r.responses == 0
            assert r.events[0]["audio_start_ms"] == r.events[0]["audio_end_ms"] == 0
            assert (await r.until(KIND + "completed"))["transcript"] == ""

    run(scene())


async def _speaks(r: Room) -> None:
    await r.hear(speech()[:CUT])


async def _commits(r: Room) -> None:
    await r.commit()


async def _clears(r: Room) -> None:
    await r.clear()


async def _answers(r: Room) -> None:
    r.input.answering()


async def _sets(r: Room) -> None:
    r.set(turn_detection=ServerVad(idle_timeout_ms=9000).resolved().to_wire())


async def _ends(r: Room) -> None:
    r.set(turn_detection=None)


async def _closes(r: Room) -> None:
    await r.input.close()


@pytest.mark.parametrize("stopped", [_speaks, _commits, _clears, _answers, _sets, _ends, _closes])
@pytest.mark.parametrize("after_s", [1, 6])
def test_what_happens_in_the_meantime_ends_the_wait(stopped: Callable[[Room], Awaitable[None]], after_s: float) -> None:
    async def scene() -> None:
        async with room(IDLE) as r:
            await r.hear(silence(0.5))
            r.input.answered(2000)
            r.clock.turn(after_s)
            await stopped(r)
            r.clock.turn(60)
            assert not r.of("timeout_triggered")

    run(scene())


def test_settings_that_have_nothing_to_do_with_it_do_not_end_the_wait() -> None:
    async def scene() -> None:
        async with room(IDLE) as r:
            r.input.answered(0)
            r.clock.turn(4)
            r.set(transcription={"model": "whisper-1"}, format=PCMU.to_wire())
            r.clock.turn(1)
            assert r.types[0] == "timeout_triggered"

    run(scene())


def test_playback_that_the_client_has_thrown_away_is_not_waited_for() -> None:
    async def scene() -> None:
        async with room(IDLE) as r:
            r.input.answered(20_000)
            r.clock.turn(3)
            r.input.truncated(17_000)
            r.clock.turn(5)
            assert r.types == TIMED_OUT
            # Nor what it stops playing because somebody speaks.
            r.events.clear()
            r.input.answered(60_000)
            await r.hear(speech() + silence(0.8))
            r.input.answered(1000)
            r.clock.turn(6)
            assert len(r.of("timeout_triggered")) == 1

    run(scene())


def test_who_speaks_while_an_answer_ends_is_not_idle() -> None:
    async def scene() -> None:
        async with room(IDLE) as r:
            await r.hear(speech()[:CUT])
            r.input.answered(0)
            r.clock.turn(60)
            assert not r.of("timeout_triggered")

    run(scene())


def test_a_timeout_during_an_append_waits_for_what_is_in_it() -> None:
    async def scene() -> None:
        async with room(IDLE) as r:
            for data, found in (
                (silence(6), "timeout_triggered"),
                (silence(3) + speech() + silence(3), "speech_started"),
            ):
                r.events.clear()
                r.input.answered(0)
                appending = asyncio.create_task(r.append(data))
                await asyncio.sleep(0)
                r.clock.turn(5)
                assert r.types == []
                await appending
                assert r.types[0] == found

    run(scene())


def test_the_buffer_does_not_grow_without_end() -> None:
    async def scene() -> None:
        async with room(format=PCMU) as r:
            second = bytes(8000 * 1800)
            await r.append(second)
            await r.append(second)
            with pytest.raises(Refused, match="3600 s"):
                await r.append(bytes(8))
            await r.clear()
            await r.append(bytes(8))

    run(scene())


# Whatever a client does

DETECTIONS = (
    None,
    IDLE,
    ServerVad(silence_duration_ms=700),
    SemanticVad(eagerness="high"),
    SemanticVad(eagerness="low"),
)


def test_an_announced_turn_keeps_its_id_while_detection_is_off_and_on_again() -> None:
    async def scene() -> None:
        async with room(ServerVad()) as r:
            await r.hear(speech()[:CUT])
            r.set(turn_detection=None)
            r.set(turn_detection=wire_of(ServerVad()))
            await r.commit()
            assert r.of("committed")[0]["item_id"] == r.of("speech_started")[0]["item_id"]

    run(scene())


STEPS = st.one_of(
    st.tuples(st.just("hear"), st.integers(0, 900), st.integers(400, 1500), st.integers(5, 900)),
    st.tuples(st.just("rest"), st.integers(300, 2500), st.just(0), st.integers(10, 4000)),
    st.tuples(st.just("garbage"), st.integers(1, 3000), st.just(0), st.just(0)),
    st.tuples(st.just("detect"), st.integers(0, len(DETECTIONS) - 1), st.just(0), st.just(0)),
    st.tuples(st.just("format"), st.integers(0, 2), st.just(0), st.just(0)),
    st.tuples(
        st.sampled_from(["commit", "clear", "answering", "answered", "wait"]), st.just(0), st.just(0), st.just(0)
    ),
)


def wire_of(detection: ServerVad | SemanticVad | None) -> Any:
    return None if detection is None else {**detection.resolved().to_wire(), "create_response": False}


async def step(r: Room, what: str, a: int, b: int, chunk_ms: int) -> None:
    match what:
        case "hear":
            await r.hear(speech()[48 * a : 48 * (a + b)], chunk_ms)
        case "rest":
            await r.hear(silence(a / 1000), chunk_ms)
        case "garbage":
            await r.append(bytes(7 * n % 251 for n in range(a)))
        case "detect":
            r.set(turn_detection=wire_of(DETECTIONS[a]))
        case "format":
            r.set(format=(PCM16, PCMU, PCMA)[a].to_wire())
        case "commit" | "clear":
            try:
                await getattr(r, what)()
            except Refused as refused:
                assert refused.problem.code == "input_audio_buffer_commit_empty"
        case "answering":
            r.input.answering()
        case "answered":
            r.input.answered(300)
        case _:
            r.clock.turn(4)


@pytest.mark.usefixtures("by_words_alone")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=3, max_size=14), st.sampled_from(DETECTIONS))
def test_events_tell_a_consistent_story_whatever_happens(
    steps: list[tuple[str, int, int, int]], detection: ServerVad | SemanticVad | None
) -> None:
    async def scene() -> None:
        async with room(wire_of(detection)) as r:

            async def judged(*_: object) -> float:
                return 0.9

            r.input._turns._judge.completeness = judged  # type: ignore[assignment,method-assign]
            r.input._hearing.speculate = lambda *_: None  # type: ignore[method-assign]
            for one in steps:
                await step(r, *one)
            check(r)

    run(scene())


def check(r: Room) -> None:
    """One span at a time, positions that only grow, and audio as long as its positions say."""
    open_id, end_ms = None, 0
    spans: dict[str, list[int]] = {}
    for event in r.events:
        match event["type"].removeprefix("input_audio_buffer."):
            case "speech_started":
                assert event["audio_start_ms"] >= end_ms
                open_id, end_ms = event["item_id"], event["audio_start_ms"]
                spans[open_id] = [end_ms]
            case "speech_stopped":
                assert event["item_id"] == open_id and event["audio_end_ms"] >= end_ms
                end_ms = event["audio_end_ms"]
                spans[event["item_id"]].append(end_ms)
            case "committed" | "cleared":
                assert open_id is None or event.get("item_id") in (open_id, None)
                open_id = None
            case "timeout_triggered":
                assert open_id is None and end_ms <= event["audio_start_ms"] <= event["audio_end_ms"]
                end_ms = event["audio_end_ms"]
                spans[event["item_id"]] = [event["audio_start_ms"], end_ms]
    items = {item.id: item for item in r.items}
    assert len(items) == len(r.of("committed"))
    for item_id, span in spans.items():
        if len(span) == 2:
            assert items[item_id].audio_ms == span[1] - span[0]
