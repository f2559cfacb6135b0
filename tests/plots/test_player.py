from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import soundfile

from rtnb.audio import Clip
from rtnb.plots.cards import clip_card
from rtnb.plots.player import player


def sound(markup: object) -> tuple[np.ndarray, int]:
    found = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', str(markup))
    assert found is not None
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(found[1])), dtype="float32")
    return samples, rate_hz


def test_it_carries_the_sound(question: Clip) -> None:
    samples, rate_hz = sound(player(question, "Question"))
    assert rate_hz == 24000
    # MP3 delays by its frames; the loudness over time is the same.
    heard, given = (np.abs(x[: 24000 * 3 // 2]).reshape(15, -1).max(axis=1) for x in (samples, question.samples))
    assert np.corrcoef(heard, given)[0, 1] > 0.98
    assert abs(samples.size / rate_hz - question.duration_s) < 0.1


def test_it_is_small(question: Clip) -> None:
    assert len(str(player(question, "Question"))) < 0.35 * len(question.to_pcm16())


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 48000, 96000, 12345])
def test_any_rate_plays(question: Clip, rate_hz: int) -> None:
    samples, played_hz = sound(player(question.resample(rate_hz), "Question"))
    assert played_hz <= 24000
    assert abs(samples.size / played_hz - question.duration_s) < 0.15


def test_long_sound_is_cut_and_it_is_said(dialogue: Clip) -> None:
    markup = player(dialogue, "Dialogue", cap_s=5.0)
    samples, rate_hz = sound(markup)
    assert abs(samples.size / rate_hz - 5.0) < 0.15
    assert "first 5.00 s of 30.0 s" in str(markup)
    assert "first" not in str(player(dialogue, "Dialogue", cap_s=30.0))


@pytest.mark.parametrize("clip", [None, Clip.silence(0)])
def test_nothing_has_no_player(clip: Clip | None) -> None:
    assert player(clip, "Nothing") is None


def test_it_says_what_it_plays(question: Clip) -> None:
    markup = str(player(question, 'A "question"'))
    assert 'aria-label="A &quot;question&quot;, 1.87 s"' in markup
    assert "controls" in markup
    assert "autoplay" not in markup


@pytest.mark.parametrize(("said", "there"), [("off", False), (" OFF ", False), ("on", True), ("", True)])
def test_a_variable_leaves_players_out(question: Clip, monkeypatch: pytest.MonkeyPatch, said: str, there: bool) -> None:
    monkeypatch.setenv("RTNB_PLAYERS", said)
    assert (player(question, "Question") is not None) is there
    assert ("<audio" in str(clip_card(question))) is there
