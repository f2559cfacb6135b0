"""Takes of a page's microphone, without a page."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from rtnb.widgets.recorder.tape import LATE_S, PIECE_S, SILENT_S, Tape

FRAME = 1440


def frame(number: int, samples: int = FRAME) -> bytes:
    return bytes([number % 256, 1]) * samples


class Setting:
    """A tape whose pages are this test."""

    def __init__(self, *, max_s: float = 60.0) -> None:
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        self.ends = 0
        self.now_s = 50.0
        self.tape = Tape(self._send, max_s=max_s, ended=self._ended, clock=lambda: self.now_s)

    def _send(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self.told.append((dict(content), buffers))

    def _ended(self) -> None:
        self.ends += 1

    def says(self, page: str, kind: str, *buffers: bytes, **members: Any) -> None:
        self.tape.hear({"type": kind, "page": page, **members}, list(buffers))

    def frames(self, page: str, *numbers: int) -> None:
        for number in numbers:
            self.says(page, "frame", frame(number), seq=number)

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [content for content, _ in self.told if content["type"] == kind]

    @property
    def heard(self) -> bytes:
        clip = self.tape.clip()
        return b"" if clip is None else clip.to_pcm16()


def test_a_take_is_what_was_said_in_order() -> None:
    setting = Setting()
    setting.says("a", "hello")
    setting.says("a", "on", device="Headset")
    assert setting.tape.recording and setting.tape.device == "Headset"
    order = list(range(30))
    for start in range(0, 30, 5):
        part = order[start : start + 5]
        random.Random(start).shuffle(part)
        setting.frames("a", *part)
    assert setting.heard == b"".join(frame(n) for n in range(30)), "what has come so far"
    assert setting.tape.clips() == ()
    setting.says("a", "off", sent=29)
    assert not setting.tape.recording and setting.tape.lost == 0
    assert setting.heard == b"".join(frame(n) for n in range(30)) and len(setting.tape.clips()) == 1
    acks = [told["seq"] for told in setting.kinds("ack")]
    assert acks == sorted(acks) and acks[-1] >= 26
    content, (peaks,) = setting.told[-1]
    assert (content["type"], content["seconds"], content["take"], len(peaks)) == ("tape", 1.8, 1, 30)
    assert setting.ends == 1


def test_the_end_may_overtake_the_last_frames() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0, 1)
    setting.says("a", "off", sent=3)
    assert setting.tape.recording
    setting.frames("a", 3, 2)
    assert not setting.tape.recording and len(setting.heard) == 4 * 2 * FRAME


def test_last_frames_that_never_come_are_given_up() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0, 2)
    setting.says("a", "off", sent=3)
    setting.now_s += LATE_S + 0.1
    assert not setting.tape.recording and setting.tape.lost == 2
    assert setting.heard == frame(0) + frame(2)


def test_the_limit_ends_it_to_the_sample() -> None:
    setting = Setting(max_s=0.1)
    setting.says("a", "on")
    setting.frames("a", 0, 1, 2)
    assert not setting.tape.recording and setting.tape.full and setting.tape.seconds == 0.1
    assert setting.kinds("stop") == [{"type": "stop", "page": "a"}] and setting.kinds("tape")[-1]["full"]
    setting.says("a", "off", sent=2)
    assert len(setting.tape.clips()) == 1 and setting.ends == 1


def test_another_page_takes_over_and_nothing_is_lost() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0)
    setting.says("b", "on")
    assert setting.kinds("taken")[-1]["page"] == "b"
    setting.frames("a", 1)
    setting.frames("b", 0, 1)
    setting.says("a", "off", sent=1)
    assert setting.tape.recording
    setting.says("b", "off", sent=1)
    assert [clip.duration_s for clip in setting.tape.clips()] == [0.06, 0.12]


def test_a_take_without_sound_is_none() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.says("a", "off", sent=-1)
    assert setting.tape.clip() is None and setting.tape.clips() == () and not setting.tape.recording


def test_a_page_that_comes_later_sees_what_there_is() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0, 1)
    setting.says("b", "hello")
    content, (peaks,) = setting.told[-1]
    assert (content["page"], content["on"], content["seconds"], len(peaks)) == ("b", "a", 0.12, 2)
    # The first page is gone without a word.
    setting.now_s += SILENT_S + 1
    assert not setting.tape.recording
    setting.says("c", "hello")
    content, _ = setting.told[-1]
    assert (content["page"], content["on"]) == ("c", "") and len(setting.tape.clips()) == 1


def test_a_kernel_that_was_busy_goes_on_with_the_take() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0)
    setting.now_s += SILENT_S + 60
    assert setting.tape.clip() is not None
    setting.frames("a", 1)
    assert setting.tape.recording
    setting.says("a", "off", sent=1)
    assert setting.heard == frame(0) + frame(1)


def test_what_is_missing_at_two_beats_is_lost() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0, 2)
    setting.says("a", "beat", sent=2)
    assert len(setting.heard) == 2 * FRAME
    setting.says("a", "beat", sent=2)
    assert setting.heard == frame(0) + frame(2) and setting.tape.lost == 1
    assert setting.kinds("ack")[-1]["seq"] == 2


def test_pages_play_it_piece_by_piece() -> None:
    setting = Setting()
    setting.says("a", "on")
    second = bytes([7, 0]) * 24000
    for number in range(PIECE_S + 1):
        setting.says("a", "frame", second, seq=number)
    setting.says("a", "off", sent=PIECE_S)
    setting.says("b", "sound", piece=0, take=1)
    setting.says("b", "sound", piece=1, take=1)
    setting.says("b", "sound", piece=0, take=9)
    sounds = [
        (content["page"], content["piece"], len(b[0])) for content, b in setting.told if content["type"] == "sound"
    ]
    assert sounds == [("b", 0, PIECE_S * 48000), ("b", 1, 48000)]


@pytest.mark.parametrize("ends", [True, False])
def test_waiting_ends_with_the_take(ends: bool) -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0)
    if ends:
        timer = threading.Timer(0.05, lambda: setting.says("a", "off", sent=0))
        timer.start()
        assert setting.tape.wait(30)
        timer.join()
    else:
        assert not setting.tape.wait(0)


def test_closed_it_takes_nothing_more() -> None:
    setting = Setting()
    setting.says("a", "on")
    setting.frames("a", 0)
    setting.tape.close()
    setting.tape.close()
    setting.frames("a", 1)
    assert setting.kinds("stop") and len(setting.tape.clips()) == 1 and setting.heard == frame(0)


def test_nonsense_of_a_page_changes_nothing() -> None:
    setting = Setting()
    setting.says("", "on")
    setting.says("a", "frame", bytes(10), seq=0)
    setting.tape.hear({"type": 7, "page": ["a"]}, [])
    setting.says("a", "on")
    setting.says("a", "frame", seq=0)
    setting.says("a", "frame", b"\x01", seq="x")
    setting.says("a", "problem", text="No microphone.")
    setting.says("a", "off", sent=None)
    assert setting.tape.clip() is None and setting.tape.problem == "No microphone."
