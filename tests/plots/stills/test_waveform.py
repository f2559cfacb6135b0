from __future__ import annotations

import base64

import pytest
from support.markup import assert_harmless

from rtnb.audio import Clip
from rtnb.plots.canvas import WIDTH
from rtnb.plots.render import PNG_CAP_BYTES
from rtnb.plots.stills.heard_scene import scene_of, words_of
from rtnb.plots.stills.waveform import waveform_bundle
from rtnb.plots.stills.waveform_chart import waveform_picture
from rtnb.session.views.shapes import RunView, SessionView


@pytest.mark.parametrize("spectrum", [False, True])
@pytest.mark.parametrize("span_s", [None, (9.0, 14.0), (10.0, 10.004), (500.0, 501.0)])
def test_words_stay_apart_and_the_picture_small(
    spectrum: bool, span_s: tuple[float, float] | None, dialogue: Clip, talk: SessionView, run: RunView
) -> None:
    for source in (dialogue, talk, talk.turns[2], run, Clip.silence(1.0)):
        picture = waveform_picture(source, span_s=span_s, selection_s=(10.0, 10.002), spectrum=spectrum)
        height = picture.figure.get_size_inches()[1] * 100
        boxes = picture.boxes
        assert [box for box in boxes if box.x0 < 0 or box.x1 > WIDTH or box.y0 < 0 or box.y1 > height] == []
        assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []
        assert picture.alt.endswith(".")


def test_the_still_has_every_format(talk: SessionView, dialogue: Clip) -> None:
    still = waveform_bundle(talk, title="<b>", spectrogram=True)
    reader = assert_harmless(still["text/html"])
    assert "<b>" in reader.text()
    assert not reader.all("audio")
    assert len(base64.b64decode(still["image/png"])) <= PNG_CAP_BYTES
    heard = waveform_bundle(dialogue, selection_s=(10.0, 12.0), embed_audio=True)
    assert assert_harmless(heard["text/html"]).all("audio")[0]["aria-label"] == "Selection, 2.00 s"
    assert "selected: 10.00 to 12.00 s" in heard["text/plain"]


def test_words_lie_on_the_clock_of_the_picture(talk: SessionView, run: RunView) -> None:
    turn = talk.turns[0]
    scene = scene_of(turn)
    user, assistant = words_of(turn, scene)
    assert user.who == "user"
    # The turn begins at 10 s of the session, its speech is heard from 10.45 s on, the answer from 12.73 s.
    assert round(user.start_s, 2) == 0.45
    assert round(assistant.start_s, 2) == 2.73
    assert words_of(talk, scene_of(talk))[0].start_s == pytest.approx(10.45)
    assert len(words_of(run, scene_of(run))) == 12
    assert words_of(Clip.silence(1.0), scene_of(Clip.silence(1.0))) == []


def test_no_sound_is_said() -> None:
    still = waveform_bundle(Clip.silence(0.0))
    assert "image/png" not in still
    assert "empty: 0 s of sound" in assert_harmless(still["text/html"]).text()
