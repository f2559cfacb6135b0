"""One page at a time, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from support.emitter import STARTED, STOPPED, begun, chunk, emit, emitter, soon

import rtnb
from rtnb.session.aio import AsyncSession
from rtnb.widgets import line as module
from rtnb.widgets.line import Line


class Setting:
    """A line whose pages are this test."""

    def __init__(self, session: AsyncSession, *, play: bool = True) -> None:
        self.session = session
        self.told: list[dict[str, Any]] = []
        self.changes = 0
        self.now_s = 100.0
        self.line = Line(session, self._send, play=play, changed=self._changed, clock=lambda: self.now_s)

    def _send(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self.told.append(dict(content))

    def _changed(self) -> None:
        self.changes += 1

    def says(self, page: str, kind: str, buffer: bytes | None = None, **members: Any) -> None:
        self.line.hear({"type": kind, "page": page, **members}, [] if buffer is None else [buffer])

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [told for told in self.told if told["type"] == kind]


def live(test: Callable[[AsyncSession, Setting], Awaitable[None]], *, play: bool = True, **settings: Any) -> None:
    async def main() -> None:
        with emitter() as server:
            async with rtnb.AsyncSession(server.url, journal=False, **settings) as s:
                setting = Setting(s, play=play)
                await test(s, setting)
                setting.line.close_now()

    asyncio.run(main())


def test_a_page_is_on_then_off() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "hello")
        assert setting.told == []
        setting.says("a", "on", device="Headset")
        assert setting.line.page == "a" and setting.line.device == "Headset" and s.player.attached
        setting.says("a", "frame", bytes(960), seq=0, dropped=2, waiting_ms=120)
        await soon(lambda: setting.line.ear.bytes == 960)
        assert (setting.line.dropped, setting.line.waiting_ms) == (2, 120)
        setting.says("a", "off")
        assert setting.line.page == "" and not s.player.attached
        setting.says("a", "frame", bytes(960), seq=1)
        await asyncio.sleep(0.05)
        assert setting.line.ear.bytes == 960

    live(test)


def test_a_page_may_play_without_listening() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on", capture=False)
        assert setting.line.page == "a" and not setting.line.capturing and s.player.attached
        setting.says("a", "capture", capture=True, device="Headset")
        assert setting.line.capturing and setting.line.device == "Headset"
        setting.says("a", "capture", capture=False)
        assert not setting.line.capturing and s.player.attached
        setting.says("a", "off")
        assert setting.line.page == "" and not setting.line.capturing

    live(test)


def test_the_page_that_came_last_has_the_microphone() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        setting.says("b", "hello")
        assert setting.kinds("taken")[-1]["page"] == "a"
        setting.says("b", "on")
        assert setting.kinds("taken")[-1]["page"] == "b"
        setting.says("a", "frame", bytes(960), seq=0)
        setting.says("b", "frame", bytes(480), seq=0)
        setting.says("a", "off")
        await soon(lambda: setting.line.ear.bytes == 480)
        assert setting.line.page == "b" and s.player.attached

    live(test)


def test_what_pages_are_told_says_which_is_meant() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await emit(s, STARTED, STOPPED, *begun("r", "i"), chunk("r", "i", bytes(9600)))
        await soon(lambda: setting.kinds("play"))
        assert {told["page"] for told in setting.told} == {"a"}
        assert [told["speaking"] for told in setting.kinds("speaking")] == [True, False]
        setting.says("a", "played", counts=[{"id": "i", "ms": 50}], sounding=True, underruns=1, peak=0.4)
        assert s.player.played_ms("i") == 50 and setting.line.peak == 0.4

    live(test)


def test_a_silent_page_is_gone_until_it_speaks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.05)

    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await asyncio.sleep(0.1)
        assert not setting.line.gone, "its clock stands still"
        setting.now_s += 60
        await soon(lambda: setting.line.gone)
        assert not s.player.attached
        setting.says("a", "beat", sent=-1)
        assert not setting.line.gone and s.player.attached

    live(test)


def test_a_page_that_was_only_held_up_goes_on_without_silence_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.05)

    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await emit(s, STARTED)
        setting.now_s += 60
        await soon(lambda: setting.line.gone)
        # Its speech is being closed by silence, until its frames come after all.
        await soon(lambda: bool(appended(s)))
        setting.says("a", "frame", bytes([7, 0]) * 480, seq=0)
        await soon(lambda: setting.line.ear.bytes == 960)
        before = len(appended(s))
        await asyncio.sleep(0.25)
        assert len(appended(s)) == before and not setting.line.gone

    live(test)


def appended(s: AsyncSession) -> list[object]:
    return [event for event in s.events if event.type == "input_audio_buffer.append"]


def test_without_play_the_session_keeps_its_own_clock() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await emit(s, *begun("r", "i"), chunk("r", "i", bytes(9600)))
        setting.says("a", "played", counts=[{"id": "i", "ms": 50}])
        assert not s.player.attached and not setting.kinds("play")

    live(test, play=False)


@pytest.mark.parametrize(
    "content",
    [{}, {"type": 5}, {"type": "frame"}, {"type": "on", "page": 7}, {"type": "nonsense", "page": "a"},
     {"type": "frame", "page": "a", "seq": "x"}, {"type": "played", "page": "a", "counts": {"a": 1}},
     {"type": "beat", "page": "a", "sent": None}, {"type": "frame", "page": "a", "waiting_ms": "much"}],
)  # fmt: skip
def test_nonsense_of_a_page_breaks_nothing(content: dict[str, Any]) -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        setting.line.hear(content, [])
        setting.says("a", "frame", bytes(960), seq=0)
        await soon(lambda: setting.line.ear.bytes == 960)

    live(test)


def test_closing_asks_for_the_last_count() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await emit(s, *begun("r", "i"), chunk("r", "i", bytes(48000)))
        closing = asyncio.create_task(setting.line.close())
        await soon(lambda: setting.kinds("stop"))
        setting.says("a", "played", counts=[{"id": "i", "ms": 333}], flushed=True)
        setting.says("a", "off")
        await closing
        assert s.events.of_type("rtnb.playback")[-1].body["played_ms"] == 333 and not s.player.attached
        setting.says("a", "on")
        assert setting.line.page == "", "it is closed"
        await setting.line.close()

    live(test)


def test_closing_does_not_wait_for_a_page_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GOODBYE_S", 0.02)

    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await setting.line.close()
        assert not s.player.attached and setting.line.page == ""

    live(test)


def test_a_session_that_ends_stops_the_page() -> None:
    async def test(s: AsyncSession, setting: Setting) -> None:
        setting.says("a", "on")
        await s.close()
        setting.says("a", "frame", bytes(960), seq=0)
        await soon(lambda: setting.line.problem)
        assert setting.kinds("stop") and setting.line.problem == "The session is over."
        setting.says("b", "on")
        assert setting.line.page == "a"

    live(test)
