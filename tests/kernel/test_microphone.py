"""Microphones whose kernel is busy with a cell, and has no subshells: messages of a page wait for the cell's end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.kernel import Kernel

pytestmark = [pytest.mark.local, pytest.mark.kernel]

FRAME = 1440
WINDOW = 16
"""Frames on their way at most, as in frames.mjs."""
KEPT = 166
"""Frames of 60 ms that a page keeps: 10 s."""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("kernel")) as running:
        yield running


class MicPage:
    """As a page: at most sixteen frames on their way, the others wait."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        found = [comm for comm, state in kernel.comms.items() if "closed" in state.get("settings", {})]
        self.comm = found[-1]
        self.subshell: str | None = None
        self.sent = -1
        self.end = -1

    def say(self, kind: str, *buffers: bytes, **members: Any) -> None:
        data = {"method": "custom", "content": {"type": kind, "page": "p", **members}}
        self.kernel.comm(self.comm, data, subshell=self.subshell, buffers=buffers)

    @property
    def confirmed(self) -> int:
        acks = [told["seq"] for comm, told in self.kernel.told if comm == self.comm and told["type"] == "ack"]
        return max(acks, default=-1)

    def hears(self, frames: int) -> None:
        """So many more frames are spoken."""
        self.end += frames
        self.flow()

    def flow(self) -> bool:
        """Whether all have left."""
        while self.sent < self.end and self.sent - self.confirmed < WINDOW:
            self.sent += 1
            self.say("frame", self.sent.to_bytes(2, "little") * FRAME, seq=self.sent, dropped=0, waiting_ms=0)
        return self.sent == self.end


def spoken(frames: int) -> str:
    return f"b''.join(n.to_bytes(2, 'little') * {FRAME} for n in range({frames}))"


def test_a_session_gets_what_was_said_in_order_and_whole(kernel: Kernel) -> None:
    made = kernel.run(
        "from support.emitter import emitter\nserver = emitter(); place = server.__enter__()\n"
        "s = rtnb.connect(place.url, journal=False)\n"
        "from rtnb.widgets import Microphone\nmic = Microphone(s, play=False)\nmic"
    )
    assert made.status == "ok", made
    page = MicPage(kernel)
    page.say("on", device="Headset", frame_ms=60)
    page.hears(4)
    kernel.until(lambda: page.confirmed >= 0)
    cell = kernel.start("time.sleep(3); print(mic.stats.heard_s)")
    page.hears(KEPT)
    assert not page.flow(), "the rest waits in the page"
    done = kernel.finish(cell, timeout_s=30)
    assert float(done.printed) < 1, "the cell held up what was said"
    kernel.until(page.flow)
    total = 4 + KEPT
    # Cells that end at once: a cell that waits would wait in vain.
    kernel.until(lambda: kernel.run("print(round(mic.stats.heard_s / 0.06))").printed == f"{total}\n")
    check = kernel.run(
        "heard = b''.join(ref.bytes() for e in s.events if e.type == 'input_audio_buffer.append' for ref in e.audio)\n"
        f"print(heard == {spoken(total)}, mic.stats.lost, mic.stats.late)"
    )
    assert check.printed == "True 0 0\n", check
    assert kernel.run("s.close(); server.__exit__(None, None, None)").status == "ok"
    assert not kernel.strays


def test_a_recording_is_whole_and_waiting_for_it_is_refused(kernel: Kernel) -> None:
    assert kernel.run("mic = rtnb.Mic()\nmic").status == "ok"
    refused = kernel.run("mic.wait()")
    assert refused.error == "ConfigError" and "next cell" in refused.said
    page = MicPage(kernel)
    page.say("on", device="Headset")
    cell = kernel.start("time.sleep(1.5)")
    page.hears(100)
    kernel.finish(cell)
    kernel.until(page.flow)
    page.say("off", sent=page.end)
    check = kernel.run(f"print(mic.clip.to_pcm16() == {spoken(100)}, len(mic.clips), mic)")
    assert check.printed == "True 1 Mic: 6.0 s recorded.\n", check
    frozen = kernel.run("mic.freeze()\nmic")
    assert "image/png" in frozen.outputs[-1], frozen.outputs
    assert not kernel.strays


def test_a_cell_waits_where_the_page_has_a_subshell(kernel: Kernel) -> None:
    assert kernel.run("mic = rtnb.Mic()\nmic").status == "ok"
    page = MicPage(kernel)
    page.subshell = kernel.subshell()
    cell = kernel.start("print(mic.wait(30).duration_s)")

    page.say("on")
    page.hears(5)
    page.say("off", sent=4)
    assert kernel.finish(cell).printed == "0.3\n"
    assert not kernel.strays
