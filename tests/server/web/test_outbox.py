from __future__ import annotations

import asyncio
import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.web.outbox import HIGH_WATER_BYTES, Closing, Cut, Outbox, encode

EVENTS = st.lists(st.dictionaries(st.text(max_size=5), st.integers(0, 99) | st.text(max_size=5)), max_size=8)


@pytest.fixture(autouse=True)
def strict_events() -> None:
    """Instead of the suite's check of server events: what is sent here is none."""


def named(number: int, size: int = 0) -> dict[str, Any]:
    return {"number": number, "filling": "x" * size}


def is_empty(outbox: Outbox) -> bool:
    return not outbox._frames


def number_of(frame: str) -> int:
    number: int = json.loads(frame)["number"]
    return number


@given(EVENTS)
def test_what_is_put_is_what_is_got(events: list[dict[str, Any]]) -> None:
    async def run() -> list[dict[str, Any]]:
        outbox = Outbox()
        for event in events:
            outbox.put(event)
        return [json.loads(await outbox.get()) for _ in events]

    assert asyncio.run(run()) == events


def test_frames_are_json_text_with_letters_as_they_are() -> None:
    assert encode({"type": "t", "text": "schön ✓", "none": None}) == '{"type":"t","text":"schön ✓","none":null}'


def test_events_leave_in_order_whoever_is_first() -> None:
    async def run() -> list[int]:
        outbox = Outbox()
        outbox.put(named(0))

        async def reader() -> list[int]:
            return [number_of(await outbox.get()) for _ in range(6)]

        reading = asyncio.create_task(reader())
        await asyncio.sleep(0)
        for number in range(1, 4):
            outbox.put(named(number))
        await asyncio.sleep(0)
        for number in range(4, 6):
            outbox.put(named(number))
        return await reading

    assert asyncio.run(run()) == [0, 1, 2, 3, 4, 5]


def test_an_event_is_encoded_when_it_is_put() -> None:
    async def run() -> str:
        outbox = Outbox()
        event = named(1)
        outbox.put(event)
        event["number"] = 2
        return await outbox.get()

    assert number_of(asyncio.run(run())) == 1


def test_what_cannot_be_encoded_is_not_queued() -> None:
    outbox = Outbox()
    with pytest.raises(TypeError):
        outbox.put({"number": {1, 2}})
    assert is_empty(outbox)


def test_whoever_makes_audio_waits_until_the_backlog_is_small() -> None:
    async def run() -> None:
        outbox = Outbox()
        await outbox.drained()
        for number in range(3):
            outbox.put(named(number, HIGH_WATER_BYTES // 2))
        waiting = asyncio.create_task(outbox.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        await outbox.get()
        await asyncio.sleep(0)
        assert not waiting.done(), "still above the mark"
        await outbox.get()
        await waiting
        await outbox.drained()

    asyncio.run(run())


def test_a_reader_that_gives_up_loses_nothing() -> None:
    async def run() -> int:
        outbox = Outbox()
        reading = asyncio.create_task(outbox.get())
        await asyncio.sleep(0)
        reading.cancel()
        outbox.put(named(7))
        await asyncio.gather(reading, return_exceptions=True)
        return number_of(await outbox.get())

    assert asyncio.run(run()) == 7


def test_a_closed_outbox_keeps_nobody_waiting_and_nothing_in_memory() -> None:
    async def run() -> None:
        outbox = Outbox()
        for number in range(3):
            outbox.put(named(number, HIGH_WATER_BYTES // 2))
        waiting = asyncio.create_task(outbox.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        outbox.close()
        await waiting
        for number in range(3):
            outbox.put(named(number, HIGH_WATER_BYTES))
        assert is_empty(outbox)
        await outbox.drained()

    asyncio.run(run())


def test_latency_holds_each_frame_back_and_slows_none() -> None:
    async def run() -> tuple[list[int], float, float]:
        outbox = Outbox(latency_s=0.2)
        begun = time.monotonic()
        for number in range(50):
            outbox.put(named(number))
        first = await outbox.get()
        after_first_s = time.monotonic() - begun
        assert isinstance(first, str)
        rest = [str(await outbox.get()) for _ in range(49)]
        return [number_of(frame) for frame in (first, *rest)], after_first_s, time.monotonic() - begun

    order, first_s, all_s = asyncio.run(run())
    assert order == list(range(50))
    # Held back one after another they would take ten seconds.
    assert first_s >= 0.199 and all_s < 5


def test_the_end_comes_behind_everything_and_nothing_behind_the_end() -> None:
    async def run() -> list[object]:
        outbox = Outbox()
        outbox.put(named(1))
        outbox.finish(1001, "over")
        outbox.put(named(2))
        outbox.finish(4000, "again")
        found = [await outbox.get(), await outbox.get()]
        assert is_empty(outbox)
        return found

    first, last = asyncio.run(run())
    assert number_of(str(first)) == 1 and last == Closing(1001, "over")


def test_what_is_behind_a_pause_waits_and_no_longer_than_until_the_end() -> None:
    async def go() -> None:
        outbox = Outbox()
        outbox.put({"a": 1})
        outbox.hold(0.01)
        outbox.raw(b"\x00")
        outbox.hold(math.inf)
        outbox.raw("half {")
        assert await outbox.get() == '{"a":1}'
        assert await outbox.get() == b"\x00"
        stalled = asyncio.create_task(outbox.get())
        await asyncio.sleep(0.02)
        assert not stalled.done()
        outbox.cut()
        outbox.put({"late": 1})
        assert await stalled == "half {"
        assert await outbox.get() == Cut()

    asyncio.run(go())


def test_a_pause_ends_with_the_outbox() -> None:
    async def go() -> None:
        outbox = Outbox()
        outbox.hold(math.inf)
        outbox.put({"a": 1})
        waiting = asyncio.create_task(outbox.get())
        await asyncio.sleep(0)
        outbox.close()
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()

    asyncio.run(go())
