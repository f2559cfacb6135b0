from __future__ import annotations

import base64
import io

import soundfile
from support.markup import assert_harmless

from rtnb.audio import Clip
from rtnb.plots.stills.sound import EMBED_BYTES, EMBED_S, Embedding


def test_nothing_is_embedded_unasked(question: Clip) -> None:
    assert Embedding.asked(False).player(question, "You") is None


def test_a_long_sound_is_cut_and_that_is_said(dialogue: Clip) -> None:
    reader = assert_harmless(Embedding.asked(True).player(dialogue, "The <call>"))
    (audio,) = reader.all("audio")
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(audio["src"].partition(",")[2])))
    assert len(samples) / rate_hz == EMBED_S
    assert audio["aria-label"] == "The <call>, 30.0 s"
    assert reader.text() == "first 8.00 s of 30.0 s"


def test_all_together_have_a_cap(dialogue: Clip) -> None:
    embedding = Embedding.asked(True)
    players = [embedding.player(dialogue, "You") for _ in range(40)]
    made = [player for player in players if player is not None]
    assert 0 < len(made) < 40
    assert sum(len(str(player)) for player in made) < EMBED_BYTES * 1.02
    assert embedding.note == f"{40 - len(made)} more sounds, left out to keep the notebook small"
