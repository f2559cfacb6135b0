from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import rtnb
from rtnb.audio.formats import PCMA, PCMU, AudioFormat
from rtnb.errors import AudioError, AudioFileError, ConfigError
from rtnb.protocol import check_client_event
from rtnb.session.config.parts import Parts, audio_bytes, loaded, parts_of


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    buffer = io.BytesIO()
    Pillow.new("RGB", (8, 8)).save(buffer, "JPEG")
    path = tmp_path / "picture.wav"
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.parametrize(("form", "length"), [(None, 24000), (PCMU, 4000), (PCMA, 4000)])
def test_one_message_of_text_sound_and_a_picture(form: AudioFormat | None, length: int, picture: Path) -> None:
    content = ["Look:", picture, "and listen:", rtnb.Clip.silence(0.5, 16000)]
    parts = parts_of(content) if form is None else parts_of(content, form)
    item = parts.item("item_1")
    assert check_client_event({"type": "conversation.item.create", "item": item}) is None
    assert [part["type"] for part in item["content"]] == ["input_text", "input_image", "input_text", "input_audio"]
    assert len(base64.b64decode(item["content"][3]["audio"])) == length
    assert parts.text == "Look:\nand listen:" and parts.kinds == {"input_text", "input_image", "input_audio"}
    assert item["id"] == "item_1" and item["role"] == "user" and repr(parts) == "Parts(text, image, text, audio)"


def test_a_path_is_what_its_first_bytes_say(picture: Path) -> None:
    assert isinstance(loaded(picture), rtnb.Image), "whatever its name"
    assert isinstance(loaded(Path(rtnb.sample("weather_question"))), rtnb.Clip)
    assert loaded("picture.png") == "picture.png"


def test_sound_keeps_its_meaning_in_each_format() -> None:
    clip = rtnb.Clip(0.5 * np.sin(2 * np.pi * 440 * np.arange(24000) / 24000), 24000)
    for form in (PCMU, PCMA):
        back = rtnb.Clip(form.int16(audio_bytes(clip, form)), 8000)
        assert np.corrcoef(back.samples[100:-100], clip.resample(8000).samples[100:-100])[0, 1] > 0.999


def test_parts_of_the_wire_may_stand_in_a_list() -> None:
    reference = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    assert parts_of(("Hi", reference)).parts[1] == reference


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ([], ConfigError, "nothing to say"),
        (["", " "], ConfigError, "nothing to say"),
        (["x", np.zeros(5)], AudioError, r"Clip\(samples, rate_hz\)"),
        ([b"12"], AudioError, "not bytes"),
        ([["x"]], AudioError, "not list"),
        ([None], AudioError, "not NoneType"),
        ([{"text": "x"}], AudioError, "not dict"),
        ([Path("no-such-file.wav")], AudioFileError, "no-such-file"),
    ],
)
def test_what_cannot_be_said(content: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        parts_of(content)


def test_a_file_that_is_neither_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Buy milk.")
    with pytest.raises(AudioFileError, match=r"notes\.txt"):
        parts_of([path])


def test_parts_are_values() -> None:
    assert parts_of("x") == Parts(({"type": "input_text", "text": "x"},))


def test_a_model_is_told_what_is_seen_and_said_in_one_turn(picture: Path) -> None:
    question = rtnb.Clip.load(rtnb.sample("weather_question"))
    with rtnb.connect(input_format="pcmu", output_format="pcmu", modalities="text") as session:
        assert "JPEG image of 8 by 8 pixels" in session.ask(["What do you see?", picture]).text
        assert "weather in Paris" in session.ask([question]).text
        assert "weather in Paris" in session.ask(question).text, "through the input buffer"
