"""What can be said, and the wire forms it becomes."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.audio.formats import PCMA, PCMU
from rtnb.errors import AudioError, AudioFileError, ConfigError
from rtnb.session.config.content import Parts, checked_event, pcm_of, response_of, said_of

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000280000001e")


def test_text_stays_text_and_a_path_becomes_audio() -> None:
    assert said_of("Play question.wav, please.") == "Play question.wav, please."
    pcm = said_of(rtnb.sample("weather_question"))
    assert isinstance(pcm, bytes) and len(pcm) == 2 * 44822


def test_a_clip_of_any_rate_is_resampled_to_the_wire() -> None:
    pcm = said_of(rtnb.Clip(np.zeros(16000), 16000))
    assert isinstance(pcm, bytes) and len(pcm) == 48000


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ("question.wav", ConfigError, "would be said as text"),
        ("Question.PNG", ConfigError, r"rtnb\.Image\('Question"),
        ("", ConfigError, "empty"),
        ([], ConfigError, "nothing to say"),
        (b"RIFF", AudioError, "not bytes"),
        (5, AudioError, r"text, an rtnb\.Clip, an rtnb\.Image"),
        (" \n", ConfigError, "empty"),
        (np.zeros(10), AudioError, "Clip\\(samples, rate_hz\\)"),
        (rtnb.Clip([], 24000), AudioError, "100 ms"),
        (rtnb.Clip.silence(0.099), AudioError, "99 ms"),
    ],
)
def test_what_cannot_be_said(wrong: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        said_of(wrong)


def test_images_and_lists_are_one_message() -> None:
    image = rtnb.Image(PNG)
    assert said_of(image) == Parts((image.to_wire(),))
    assert said_of(["Hm.", image]) == Parts(({"type": "input_text", "text": "Hm."}, image.to_wire()))
    alone = said_of([rtnb.Clip.silence(0.05)])
    assert isinstance(alone, Parts) and alone.kinds == {"input_audio"}


def test_sound_is_in_the_format_of_the_session() -> None:
    clip = rtnb.Clip.silence(1.0, 16000)
    assert [len(bytes(said_of(clip, form))) for form in (PCMU, PCMA)] == [8000, 8000]  # type: ignore[arg-type]
    assert len(pcm_of(clip, PCMU)) == 8000 and pcm_of(b"abc", PCMU) == b"abc"


def test_a_missing_file_is_named() -> None:
    from pathlib import Path

    with pytest.raises(AudioFileError, match="no-such-file"):
        said_of(Path("no-such-file.wav"))


def test_overrides_take_the_names_of_settings() -> None:
    assert response_of({"modalities": "text", "voice": "cedar", "instructions": "Whisper."}) == {
        "instructions": "Whisper.",
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "cedar"}},
    }
    with pytest.raises(ConfigError, match="'speed'"):
        response_of({"speed": 2})
    with pytest.raises(ConfigError, match="no mixture"):
        response_of({"modalities": ["text", "audio"]})


def test_the_input_buffer_takes_bytes_and_clips_and_nothing_else() -> None:
    assert pcm_of(bytearray(b"ab")) == b"ab" and len(pcm_of(rtnb.Clip.silence(1.0, 16000))) == 48000
    for wrong in ("x", [1, 2], np.zeros(4, dtype=np.float32)):
        with pytest.raises(AudioError, match="bytes or a Clip"):
            pcm_of(wrong)


@pytest.mark.parametrize("wrong", ["x", {}, {"type": 3}, {"type": "x", "o": object()}])
def test_an_event_that_cannot_be_sent_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigError):
        checked_event(wrong)
