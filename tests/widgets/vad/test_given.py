"""What a lab is given."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.audio import Clip
from rtnb.errors import ConfigError
from rtnb.vad import Corpus, DetectorTuning, Labels, Setting
from rtnb.widgets.vad.given import told_recording, told_setting, told_tuning


def test_recordings_and_their_names() -> None:
    folder = rtnb.sample("labelled")
    item = Corpus.load(folder)["ami_trn01"]
    assert told_recording(item, None)[1:] == (item.labels, "ami_trn01")
    other = Labels(())
    assert told_recording(item, other)[1] is other
    assert told_recording(folder / "ami_trn01.flac", None)[2] == "ami_trn01"
    clip = Clip.silence(1.0)
    assert told_recording(clip, None) == (clip, None, "")


def test_settings() -> None:
    class Score:
        setting = Setting(0.3, 300, 700, 0.2)

    assert told_setting(Score()) == (Score.setting, None)
    assert told_setting(rtnb.ServerVad(threshold=0.4, idle_timeout_ms=6000)) == (Setting(0.4, 300, 200), 6000)
    assert told_setting({"idle_timeout_ms": 6000}) == (Setting(0.5, 300, 200), 6000)
    with pytest.raises(ConfigError):
        told_setting(7)


def test_detectors() -> None:
    mine = DetectorTuning(hysteresis=0.3)
    assert told_tuning(mine) is mine
    assert told_tuning("hysteresis=0.3").hysteresis == 0.3
    assert told_tuning(None).name == "local emulation"
    with pytest.raises(ConfigError):
        told_tuning(object())
