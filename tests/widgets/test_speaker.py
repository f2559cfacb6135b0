"""Answers on their way to a page, and what the page says was played."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from support.emitter import STARTED, begun, chunk, done, emit, emitter, soon

import rtnb
from rtnb.session.aio import AsyncSession
from rtnb.widgets.speaker import Speaker

SECOND = bytes(48000)


class Told(list[tuple[dict[str, Any], list[bytes]]]):
    """What a page was told."""

    def __call__(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self.append((dict(content), buffers))

    def kinds(self) -> list[str]:
        return [content["type"] for content, _ in self]

    def sound(self, item_id: str) -> bytes:
        return b"".join(buffers[0] for content, buffers in self if content.get("item") == item_id and buffers)


def live(test: Callable[[AsyncSession, Speaker, Told], Awaitable[None]], **settings: Any) -> None:
    async def main() -> None:
        with emitter() as server:
            async with rtnb.AsyncSession(server.url, journal=False, **settings) as s:
                told = Told()
                speaker = Speaker(s, told)
                end = s.core.subscribe(speaker.see, audio=True)
                await test(s, speaker, told)
                end()

    asyncio.run(main())


def reports(s: AsyncSession) -> list[tuple[str, float]]:
    return [(event.body["item_id"], event.body["played_ms"]) for event in s.events.of_type("rtnb.playback")]


def count(item_id: str, ms: float) -> dict[str, Any]:
    return {"id": item_id, "ms": ms}


def test_sound_goes_out_gathered_and_whole_and_its_end_is_told() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        speaker.attach()
        sound = bytes(range(256)) * 40
        pieces = [chunk("r", "i", sound[at : at + 999]) for at in range(0, len(sound), 999)]
        await emit(s, *begun("r", "i"), *pieces, *done("r", "i"))
        await soon(lambda: "end" in told.kinds())
        assert told.sound("i") == sound
        assert all(len(buffers[0]) % 2 == 0 for _, buffers in told if buffers), "no message ends within a sample"
        assert told.kinds().count("play") < len(pieces) and told.kinds().count("end") == 1
        assert told[0][0] == {"type": "play", "item": "i", "rate": 24000}

    live(test)


def test_g711_is_decoded_at_its_own_rate() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        speaker.attach()
        await emit(s, *begun("r", "i"), chunk("r", "i", b"\xff" * 800), *done("r", "i"))
        await soon(lambda: "end" in told.kinds())
        assert told[0][0]["rate"] == 8000 and told.sound("i") == bytes(1600)

    live(test, output_format="pcmu")


def test_what_is_played_is_the_clock_and_never_runs_back() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        speaker.attach()
        await emit(s, *begun("r", "i"), chunk("r", "i", SECOND), *done("r", "i"))
        for ms in (200, 600, 400, 1000):
            speaker.played([count("i", ms)], sounding=True, underruns=0)
        speaker.played([count("other", 5), count("i", float("nan")), 7, {}], sounding=False, underruns=3)
        assert reports(s) == [("i", 200), ("i", 600), ("i", 1000)]
        assert speaker.played_ms == {"i": 1000} and speaker.underruns == 3
        assert s.player.sounding() is None, "played to its end"

    live(test)


@pytest.mark.parametrize("how", ["speech", "cancel", "truncate"])
def test_an_interruption_flushes_and_what_comes_later_is_not_played(how: str) -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        speaker.attach()
        await emit(s, *begun("r", "i"), chunk("r", "i", SECOND))
        await soon(lambda: "play" in told.kinds())
        speaker.played([count("i", 300)], sounding=True, underruns=0)
        if how == "speech":
            await emit(s, STARTED)
        elif how == "cancel":
            await s.send_event({"type": "response.cancel"})
        else:
            cut = {"item_id": "i", "content_index": 0, "audio_end_ms": 300}
            await s.send_event({"type": "conversation.item.truncate", **cut})
        assert told.kinds()[-1] == "flush"
        sound = told.sound("i")
        await emit(s, chunk("r", "i", SECOND), *done("r", "i"))
        await asyncio.sleep(0.1)
        assert told.sound("i") == sound and "end" not in told.kinds()
        # The last count comes behind the flush.
        speaker.played([count("i", 340)], sounding=False, underruns=0)
        assert speaker.played_ms == {"i": 340}
        if how == "speech":
            await soon(lambda: len(s.events.of_type("conversation.item.truncate")) == 1)
            assert s.events.of_type("conversation.item.truncate")[0].body["audio_end_ms"] == 300
        await emit(s, *begun("r2", "i2"), chunk("r2", "i2", SECOND))
        await soon(lambda: told.sound("i2") == SECOND)

    live(test, turn_detection=rtnb.ServerVad())


def test_speech_that_does_not_interrupt_changes_nothing() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        speaker.attach()
        await emit(s, *begun("r", "i"), chunk("r", "i", SECOND), STARTED, chunk("r", "i", SECOND))
        await soon(lambda: told.sound("i") == SECOND * 2)
        assert "flush" not in told.kinds()

    live(test, turn_detection=rtnb.ServerVad(interrupt_response=False))


def test_a_page_that_comes_in_the_middle_plays_the_rest_and_counts_from_the_beginning() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        await emit(s, *begun("r", "i"), chunk("r", "i", SECOND))
        assert s.player.sounding() == "i"
        speaker.attach()
        speaker.attach()
        assert s.player.sounding() is None, "what came before counts as heard"
        await emit(s, chunk("r", "i", SECOND), *done("r", "i"))
        await soon(lambda: told.sound("i") == SECOND)
        speaker.played([count("i", 250)], sounding=True, underruns=0)
        assert reports(s)[-1] == ("i", 1250) and s.player.played_ms("i") == 1250
        speaker.detach()
        speaker.detach()
        assert [event.body["attached"] for event in s.events.of_type("rtnb.player")] == [True, False]
        assert s.player.sounding() == "i", "the virtual player goes on"

    live(test)


def test_a_response_beside_the_conversation_is_not_played() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        speaker.attach()
        await emit(s, *begun("r", "i", conversation=None), chunk("r", "i", SECOND), *done("r", "i"))
        await asyncio.sleep(0.1)
        assert told == []

    live(test)


def test_nothing_is_sent_while_nobody_listens() -> None:
    async def test(s: AsyncSession, speaker: Speaker, told: Told) -> None:
        await emit(s, *begun("r", "i"), chunk("r", "i", SECOND), STARTED, *done("r", "i"))
        await asyncio.sleep(0.1)
        assert told == [] and not s.player.attached
        speaker.played([count("i", 10)], sounding=True, underruns=0)
        assert reports(s) == []

    live(test)
