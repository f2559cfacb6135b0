"""The microphone's Python side, with pages that are these tests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from support.emitter import emitter

import rtnb
from rtnb._display import untypeset
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.session import Session
from rtnb.widgets import Microphone, microphone


class FakePage:
    """In the place of :class:`rtnb.widgets.frame.page.Page`."""

    made: list[FakePage]

    def __init__(
        self,
        kind: object,
        settings: Mapping[str, Any],
        said: Callable[[Mapping[str, Any], list[bytes]], None],
    ) -> None:
        self.settings = dict(settings)
        self.said = said
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self.made.append(self)

    def tell(self, **settings: Any) -> None:
        self.settings.update(settings)

    def send(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self.sent.append(dict(content))
        if content["type"] == "stop":
            self.said({"type": "off", "page": content["page"]}, [])

    def bundle(self) -> dict[str, Any]:
        return {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}}

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[FakePage]:
    FakePage.made = []
    monkeypatch.setattr(microphone, "Page", FakePage)
    return FakePage.made


def connect(url: str, **settings: Any) -> Session:
    return rtnb.connect(url, journal=False, **settings)


def wait_for(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_frames_of_any_thread_reach_the_session_in_order(pages: list[FakePage]) -> None:
    with emitter() as server, connect(server.url, half_duplex=True) as s:
        mic = Microphone(s, noise_suppression=False)
        (page,) = pages
        assert page.settings == {
            "play": True, "echo_cancellation": True, "noise_suppression": False, "auto_gain": True,
            "half_duplex": True, "closed": "", "id": page.settings["id"],
        }  # fmt: skip
        assert len(page.settings["id"]) == 12
        assert not mic.on and repr(mic) == "Microphone: off."
        page.said({"type": "on", "page": "a", "device": "Headset"}, [])
        frames = [bytes([n, 0]) * 1440 for n in range(24)]

        def say(numbers: range) -> None:
            for seq in numbers:
                page.said({"type": "frame", "page": "a", "seq": seq}, [frames[seq]])
                time.sleep(0.002)

        threads = [threading.Thread(target=say, args=(range(start, 24, 3),)) for start in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for(lambda: mic.stats.heard_s == pytest.approx(24 * 0.06))
        heard = [event for event in s.events if event.type == "input_audio_buffer.append"]
        assert b"".join(ref.bytes() for event in heard for ref in event.audio) == b"".join(frames)
        assert mic.on and mic.device == "Headset" and mic.stats.lost == mic.stats.late == 0
        assert repr(mic) == "Microphone (on): 1.4 s heard."
        assert [told for told in page.sent if told["type"] == "ack"]
        mic.stop()
        wait_for(lambda: not mic.on)
        assert repr(mic) == "Microphone (off): 1.4 s heard."


def test_a_comm_thread_never_waits_for_the_session(pages: list[FakePage]) -> None:
    with emitter() as server, connect(server.url) as s:
        mic = Microphone(s)
        (page,) = pages
        page.said({"type": "on", "page": "a"}, [])
        going, go = threading.Event(), threading.Event()

        def busy() -> None:
            going.set()
            go.wait(5)

        blocked = threading.Thread(target=lambda: s._call(busy))
        blocked.start()
        assert going.wait(5)
        for seq in range(10):
            page.said({"type": "frame", "page": "a", "seq": seq}, [bytes(2880)])
        assert mic.stats.heard_s == 0
        go.set()
        blocked.join()
        wait_for(lambda: mic.stats.heard_s == pytest.approx(0.6))
        mic.close()


def test_a_closed_microphone_is_a_line_of_text(pages: list[FakePage]) -> None:
    with emitter() as server, connect(server.url) as s:
        mic = Microphone(s)
        (page,) = pages
        bundle = mic._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
        page.said({"type": "on", "page": "a"}, [])
        page.said({"type": "frame", "page": "a", "seq": 0, "dropped": 3}, [bytes(48000)])
        wait_for(lambda: mic.stats.heard_s)
        mic.close()
        mic.close()
        assert page.settings["closed"] == repr(mic) and not s.player.attached
        left = "Microphone: 1.0 s heard, 3 frames of 60 ms lost."
        assert mic._repr_mimebundle_() == untypeset({"text/plain": left, "text/html": f"<div>{left}</div>"})
        page.said({"type": "on", "page": "a"}, [])
        page.said({"type": "nonsense"}, [])
        assert s.status == "open" and not mic.on


def test_the_end_of_the_session_is_its_end(pages: list[FakePage]) -> None:
    with emitter() as server:
        s = connect(server.url)
        mic = Microphone(s)
        (page,) = pages
        page.said({"type": "on", "page": "a"}, [])
        wait_for(lambda: mic.on)
        s.close()
        assert page.settings["closed"] == repr(mic) == "Microphone: off." and not mic.on
        page.said({"type": "frame", "page": "a", "seq": 0}, [bytes(2880)])
        mic.close()
        with pytest.raises(SessionClosedError, match="over"):
            Microphone(s)


def test_a_problem_of_the_page_is_told_here(pages: list[FakePage]) -> None:
    with emitter() as server, connect(server.url) as s:
        mic = Microphone(s)
        pages[0].said({"type": "problem", "page": "a", "text": "No <b>microphone</b>."}, [])
        wait_for(lambda: mic.problem)
        assert repr(mic) == "Microphone: No <b>microphone</b>."
        assert "<div>Microphone: No &lt;b&gt;microphone&lt;/b&gt;.</div>" in mic._repr_mimebundle_()["text/html"]
        mic.close()


def test_a_page_that_cannot_be_told_does_not_end_the_reading(
    pages: list[FakePage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: FakePage, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        raise OSError("the front end is gone")

    with emitter() as server, connect(server.url) as s:
        mic = Microphone(s)
        monkeypatch.setattr(FakePage, "send", broken)
        pages[0].said({"type": "on", "page": "a"}, [])
        for seq in range(8):
            pages[0].said({"type": "frame", "page": "a", "seq": seq}, [bytes(2880)])
        wait_for(lambda: mic.stats.heard_s == pytest.approx(0.48))
        monkeypatch.undo()
        mic.close()


def test_an_async_session_on_its_own_loop(pages: list[FakePage]) -> None:
    async def main(url: str) -> None:
        async with rtnb.AsyncSession(url, journal=False) as s:
            mic = Microphone(s)
            (page,) = pages
            page.said({"type": "on", "page": "a"}, [])
            # From a thread, as a comm's.
            await asyncio.to_thread(page.said, {"type": "frame", "page": "a", "seq": 0}, [bytes(2880)])
            async with asyncio.timeout(5):
                while not mic.stats.heard_s:
                    await asyncio.sleep(0.005)
            mic.close()
            assert page.settings["closed"] and not s.player.attached

    with emitter() as server:
        asyncio.run(main(server.url))


def test_what_is_no_session_is_refused(pages: list[FakePage]) -> None:
    with pytest.raises(ConfigError, match="needs a session"):
        Microphone("local")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="sample_rate"):
        Microphone("local", sample_rate=16000)  # type: ignore[call-arg,arg-type]
    with pytest.raises(SessionClosedError):
        Microphone(rtnb.AsyncSession("ws://127.0.0.1:9/v1/realtime"))
    assert not pages
