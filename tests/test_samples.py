from __future__ import annotations

import pytest
import soundfile

import rtnb
from rtnb.errors import ConfigError
from rtnb.samples import sample, sample_names


def test_knows_its_names() -> None:
    assert sample_names() == (*(f"ami_trn0{i}" for i in range(1, 8)), "dialogue_sample", "weather_question")
    assert rtnb.sample is sample


@pytest.mark.parametrize(
    ("name", "duration_s", "rate_hz"), [("weather_question", 1.868, 24000), ("dialogue_sample", 30.0, 16000)]
)
def test_every_sample_is_mono_speech_of_its_length(name: str, duration_s: float, rate_hz: int) -> None:
    info = soundfile.info(sample(name))
    assert (info.samplerate, info.channels, info.format) == (rate_hz, 1, "FLAC")
    assert info.duration == pytest.approx(duration_s, abs=0.01)
    assert 0.1 < rtnb.Clip.load(sample(name)).peak <= 1.0


@pytest.mark.parametrize("name", ["whether_question", "", "weather_question.flac", "__init__"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match=r"there are: ami_trn01, .*, weather_question, labelled"):
        sample(name)


def test_every_labelled_recording_has_its_labels() -> None:
    folder = sample("labelled")
    assert {path.stem for path in folder.glob("*.flac")} == {path.stem for path in folder.glob("*.rttm")}
