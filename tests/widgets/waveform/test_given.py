"""What a waveform is shown of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rtnb
from rtnb.errors import AudioError, AudioFileError, ConfigError
from rtnb.session.views.shapes import RunView, SessionView, TurnView
from rtnb.widgets.waveform.given import told

CLIP = rtnb.Clip(np.linspace(-0.5, 0.5, 12000, dtype=np.float32), 24000)
TURN = TurnView(
    0,
    "completed",
    user_text="Hi",
    user_audio=CLIP,
    user_start_s=7.0,
    assistant_text="Yes",
    assistant_audio=CLIP,
    assistant_start_s=9.0,
    received_s=0.5,
)


def test_hours_of_int16_are_not_copied() -> None:
    samples = np.broadcast_to(np.zeros(1, dtype=np.int16), 86_400_000)
    sheet = told(samples, rate_hz=24000).take()
    assert sheet.duration_s == 3600 and np.shares_memory(sheet.tracks[0].sounds[0].source.read(0, 9), samples)


def test_samples_of_every_kind(tmp_path: Path) -> None:
    for given in (np.zeros(24000), [0.0] * 24000, np.zeros((24000, 2), dtype=np.int16)):
        assert told(given, rate_hz=24000).take().duration_s == 1.0
    path = CLIP.save(tmp_path / "a.wav")
    assert told(path).take().tracks[0].name == "a.wav"
    assert told(str(path)).code == f"rtnb.Clip.load({str(path)!r})"
    several = told({"near": CLIP, "far": path}).take()
    assert [track.name for track in several.tracks] == ["near", "far"]
    assert [track.name for track in told([path, CLIP]).take().tracks] == ["a.wav", "Sound 2"]


def test_views_are_on_the_clock_that_pictures_have() -> None:
    sheet = told(TURN).take()
    assert [track.sounds[0].start_s for track in sheet.tracks] == [0.0, 2.0]
    assert sheet.entries[0]["texts"] == [["user", 0.0, 0.5, "Hi"], ["assistant", 2.0, 2.5, "Yes"]]
    run = told(RunView("call", CLIP, 7.0, (TURN,))).take()
    assert [track.sounds[0].start_s for track in run.tracks] == [0.0, 2.0]
    session = told(SessionView("x", "m", "v", "closed", 12.0, (TURN,))).take()
    assert [track.sounds[0].start_s for track in session.tracks] == [7.0, 9.0]
    assert told(TurnView(0, "completed", user_text="Hi")).take().note == "Text only, no audio."


@pytest.mark.parametrize("given", [None, 7, object(), {}, {"a": None}, TURN.latency])
def test_what_has_no_sound_is_refused(given: object) -> None:
    with pytest.raises(ConfigError):
        told(given)


def test_bad_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="NaN"):
        told(np.array([0.0, np.nan]), rate_hz=24000)
    with pytest.raises(ConfigError, match="rate_hz"):
        told(np.zeros(5, dtype=np.int16))
    with pytest.raises(AudioFileError):
        told(tmp_path / "none.wav")


def test_a_closed_session_is_shown() -> None:
    with rtnb.connect(journal=False) as s:
        s.ask(CLIP, show=False)
    sheet = told(s).take()
    assert not sheet.live and not sheet.empty
