"""``rtnb.Mic`` with a page that is these tests."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support.comms import ComPage, RememberedComm, remember_comms

import rtnb
from rtnb.errors import AudioError, ConfigError
from rtnb.widgets.recorder import mic as module

FRAME = bytes([0, 16]) * 1440


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    return remember_comms(monkeypatch)


def record(page: ComPage, *, frames: int = 10) -> None:
    page.say(type="on", device="Headset")
    for number in range(frames):
        page.say(FRAME, type="frame", seq=number)
    page.say(type="off", sent=frames - 1)


def test_a_recording_is_a_clip(comms: list[RememberedComm], tmp_path: Path) -> None:
    mic = rtnb.Mic(max_s=60, noise_suppression=False)
    page = ComPage(comms)
    assert page.settings == {
        "play": False, "echo_cancellation": True, "noise_suppression": False, "auto_gain": True, "max_s": 60.0,
        "wait_ms": 60000.0, "closed": "", "still": mic._picture.mark,
    }  # fmt: skip
    page.say(type="on", device="Headset")
    page.say(FRAME, type="frame", seq=0)
    assert mic.recording and repr(mic) == "Mic (recording): 0.1 s so far." and mic.clip.duration_s == 0.06
    page.say(type="off", sent=0)
    record(page)
    assert not mic.recording and mic.device == "Headset"
    assert (mic.clip.rate_hz, mic.clip.duration_s, len(mic.clips)) == (24000, 0.6, 2)
    assert repr(mic) == "Mic: 0.6 s recorded; the latest of 2 recordings."
    assert mic.wait() is mic.clip, "there is one already"
    path = mic.save(tmp_path / "test.wav")
    assert rtnb.Clip.load(path).duration_s == 0.6
    assert page.told("taken")[-1][0]["page"] == "" and page.told("tape")


def test_without_a_recording_an_error_says_what_to_do(comms: list[RememberedComm]) -> None:
    mic = rtnb.Mic()
    with pytest.raises(AudioError, match=r"press Record.*in a later cell"):
        mic.clip  # noqa: B018
    ComPage(comms).say(type="problem", text="No microphone was found.")
    with pytest.raises(AudioError, match="The page says: No microphone was found"):
        mic.save("x.wav")
    assert repr(mic) == "Mic: No microphone was found."


def test_waiting_in_vain_is_refused_at_once(comms: list[RememberedComm]) -> None:
    with pytest.raises(ConfigError, match=r"read \.clip in the next cell"):
        rtnb.Mic().wait(600)


def test_waiting_where_pages_are_heard(comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.live, "presses_arrive", lambda kernel: True)
    mic = rtnb.Mic()
    page = ComPage(comms)
    with pytest.raises(TimeoutError, match=r"within 0\.01 s"):
        mic.wait(0.01)
    timer = threading.Timer(0.05, lambda: record(page))
    timer.start()
    assert mic.wait(30).duration_s == 0.6
    timer.join()


def test_it_freezes_to_a_picture(comms: list[RememberedComm]) -> None:
    mic = rtnb.Mic()
    page = ComPage(comms)
    assert "nothing recorded" in mic._repr_mimebundle_()["text/html"]
    page.say(type="on")
    page.say(FRAME, type="frame", seq=0)
    mic.freeze()
    bundle = mic._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/png"} and "Recording" in bundle["text/html"]
    assert page.told("stop") and page.settings["closed"] and mic.clip.duration_s == 0.06
    empty = rtnb.Mic()
    empty.freeze()
    with pytest.raises(ConfigError, match="frozen"):
        empty.wait()


@pytest.mark.parametrize("max_s", [0, -1, float("nan"), float("inf"), 4000, "long", None, True])
def test_a_limit_that_is_none(max_s: float) -> None:
    with pytest.raises(ConfigError, match="max_s is the longest recording"):
        rtnb.Mic(max_s=max_s)


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(TypeError, match=r"did you mean 'max_s'.*echo_cancellation"):
        rtnb.Mic(maxs=3)
