"""The picture that a waveform leaves."""

from __future__ import annotations

import base64

import numpy as np
import pytest

import rtnb
from rtnb.audio.pyramid import Pyramid
from rtnb.audio.sources import ArraySource
from rtnb.session.views.shapes import SpeechSpan, TurnView
from rtnb.widgets.waveform.entries import turn_entry
from rtnb.widgets.waveform.still import drawn, heard, reduced
from rtnb.widgets.waveform.tracks import Sheet, Sound, Track


def test_an_outline_looks_like_the_sound() -> None:
    samples = np.zeros(24000 * 300, dtype=np.int16)
    samples[24000 * 150] = 20000
    source = ArraySource(samples, 24000)
    clip = reduced(source, Pyramid(source))
    assert abs(clip.duration_s - 300) < 0.1 and len(clip) < 20_000
    assert abs(int(np.abs(clip.samples).argmax()) / clip.rate_hz - 150) < 0.2
    still = drawn(source, Pyramid(source), title="Long")
    assert "24 kHz" in still["text/html"] and len(base64.b64decode(still["image/png"])) < 100_000


def test_a_short_sound_with_its_selection() -> None:
    source = ArraySource.of(rtnb.Clip.load(rtnb.sample("weather_question")))
    still = drawn(source, Pyramid(source), selection_s=(0.5, 1.0), spectrogram=True)
    assert "selected" in still["text/plain"] and "image/png" in still


def talk_of(voices: int) -> Sheet:
    """Answers of a second, each cut by the next after half of it."""
    tone = np.full(24000, 9000, dtype=np.int16)
    sounds = tuple(Sound(at * 0.5, ArraySource(tone, 24000), until_s=(at + 1) * 0.5) for at in range(voices))
    turn = TurnView(0, "completed", user_text="Hi", speech=(SpeechSpan(0.0, 2.0, 0.3, 0.5),), user_start_s=0.0)
    return Sheet(
        (Track("You", "user", "above"), Track("Assistant", "assistant", "below", sounds)), (turn_entry(turn, 0),)
    )


def test_a_sheet_is_drawn_as_it_is_shown() -> None:
    sheet = talk_of(100)
    found = heard(sheet)
    assert [voice.start_s for voice in found.scene.voices[:3]] == [0.0, 0.5, 1.0]
    assert all(voice.cut and voice.duration_s == pytest.approx(0.5) for voice in found.scene.voices[:-1])
    assert found.scene.speech == (SpeechSpan(0.0, 2.0, 0.3, 0.5),) and found.words[0].text == "Hi"
    # Few values, whatever it is of; the sound itself is there for its spectrogram.
    assert sum(len(voice.clip) for voice in found.scene.voices) < 20_000
    source = found.scene.voices[50].source
    assert source is not None and len(source) == 12000 and source.read(0, 99_999).tolist() == [9000] * 12000
    still = drawn(found, spectrogram=True)
    assert "50.00 s of assistant audio" in still["text/plain"] and "image/png" in still


def test_a_stretch_is_drawn_of_its_samples() -> None:
    found = heard(talk_of(100), (10.1, 10.2))
    (voice,) = found.scene.voices
    assert voice.clip.rate_hz == 24000 and voice.start_s == pytest.approx(10.1) and len(voice.clip) == 2400
    assert "shown: 10.1000 to 10.2000 s" in drawn(found, span_s=(10.1, 10.2))["text/plain"]
