"""The microphone's Python side, with pages that are these tests."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from support.comms import ComPage, RememberedComm, remember_comms
from support.emitter import emitter

import rtnb
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.session import Session
from rtnb.widgets import Microphone
from rtnb.widgets.frame import live


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

    def send(self, content: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
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
    monkeypatch.setattr(live, "Page", FakePage)
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
        named = ("play", "echo_cancellation", "noise_suppression", "auto_gain", "half_duplex", "closed")
        assert {name: page.settings[name] for name in named} == {
            "play": True, "echo_cancellation": True, "noise_suppression": False, "auto_gain": True,
            "half_duplex": True, "closed": "",
        }  # fmt: skip
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


def test_a_closed_microphone_is_a_card(pages: list[FakePage]) -> None:
    with emitter() as server, connect(server.url) as s:
        mic = Microphone(s)
        (page,) = pages
        bundle = mic._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
        page.said({"type": "on", "page": "a"}, [])
        page.said({"type": "frame", "page": "a", "seq": 0, "dropped": 3}, [bytes(48000)])
        wait_for(lambda: mic.stats.heard_s)
        assert repr(mic).startswith("Microphone (on): ")
        assert not re.search(r"\bon\b", "".join(map(str, mic._still().values()))), "a picture does not listen"
        mic.close()
        mic.close()
        assert page.settings["closed"] == repr(mic) and not s.player.attached
        left = "Microphone: 1.0 s heard, 3 frames of 60 ms lost."
        assert page.settings["closed"] == left and mic.frozen
        card = mic._repr_mimebundle_()
        assert set(card) == {"text/plain", "text/html"} and card["text/plain"] == left
        assert "<b>Microphone</b><br>1.0 s heard, 3 frames of 60 ms lost.</div>" in card["text/html"]
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
        assert "<br>No &lt;b&gt;microphone&lt;/b&gt;.</div>" in mic._repr_mimebundle_()["text/html"]
        mic.close()


def test_a_page_that_cannot_be_told_does_not_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **keys: Any) -> None:
        raise OSError("the front end is gone")

    comms = remember_comms(monkeypatch)
    with emitter() as server, connect(server.url) as s:
        mic = Microphone(s)
        page = ComPage(comms)
        with monkeypatch.context() as here:
            here.setattr(RememberedComm, "publish_msg", broken)
            page.say(type="on")
            for seq in range(8):
                page.say(bytes(2880), type="frame", seq=seq)
            wait_for(lambda: mic.stats.heard_s == pytest.approx(0.48))
        page.say(type="ping")
        assert page.told("pong"), "a page can ask whether the view is known"
        mic.freeze(why="It is late.")
        assert page.settings["closed"] == "It is late." and not mic.on
        assert "0.5 s heard" in mic._repr_mimebundle_()["text/html"]


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
    with pytest.raises(TypeError, match=r"sample_rate.*It has: auto_gain, echo_cancellation, noise_suppression, play"):
        Microphone("local", sample_rate=16000)  # type: ignore[arg-type]
    for name in ("play", "echo_cancellation", "noise_suppression", "auto_gain"):
        with pytest.raises(ConfigError, match=f"{name} of a Microphone is True or False, not 'no'"):
            Microphone("local", **{name: "no"})  # type: ignore[arg-type]
    with pytest.raises(SessionClosedError):
        Microphone(rtnb.AsyncSession("ws://127.0.0.1:9/v1/realtime"))
    assert not pages
