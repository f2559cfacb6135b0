from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from support.markup import assert_harmless

from rtnb.audio import Clip
from rtnb.plots.canvas import WIDTH
from rtnb.plots.render import PNG_CAP_BYTES
from rtnb.plots.scene import Mark, Scene, Voice
from rtnb.plots.stills import waveform_chart
from rtnb.plots.stills.heard_scene import Heard, scene_of, words_of
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


def test_a_voice_is_looked_at_once_and_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    tone = Clip([0.5, -0.25] * 400, 800)
    voices = tuple(Voice("assistant" if i % 2 else "user", tone, float(i)) for i in range(200))
    looked: list[float] = []
    before = waveform_chart._peak
    monkeypatch.setattr(waveform_chart, "_peak", lambda voice, x: looked.append(voice.start_s) or before(voice, x))
    monkeypatch.setattr(Clip, "__getitem__", lambda *given: pytest.fail("a clip was copied"))
    assert not waveform_picture(Heard(Scene(voices=voices))).empty
    assert sorted(looked) == [voice.start_s for voice in voices]


def test_columns_of_many_voices_are_those_of_one() -> None:
    noise = Clip([(-1) ** i * (i % 97) / 97 for i in range(8000)], 800)
    one = Scene(voices=(Voice("user", noise, 0.0),))
    many = Scene(voices=tuple(Voice("user", noise[at : at + 1.0], float(at)) for at in range(10)))
    ends = [
        {(round(x, 3), round(y, 3)) for patch in picture.figure.axes[0].patches for x, y in patch.get_path().vertices}
        for picture in (waveform_picture(Heard(one)), waveform_picture(Heard(many)))
    ]
    assert len(ends[0]) > 500 and len(ends[0] - ends[1]) < 0.05 * len(ends[0])


def test_a_sound_of_one_sample_has_a_length() -> None:
    assert "42 µs · 24 kHz" in waveform_bundle(Clip([0.5], 24000))["text/plain"]
    few = waveform_bundle(Clip([0.5] * 100, 24000), selection_s=(0.0, 0.00125))
    assert "4.17 ms" in few["text/plain"] and "selected: 0.00000 to 0.00125 s" in few["text/plain"]


@pytest.mark.parametrize("turns", [3, 40, 400])
def test_numbers_that_would_touch_share_a_label(turns: int) -> None:
    tone = Clip([0.5, -0.25] * 40, 800)
    marks = tuple(Mark(i * 1000 / turns, str(i + 1)) for i in range(turns))
    scene = Scene(voices=(Voice("user", tone, 0.0), Voice("user", tone, 1000.0)), numbers=marks)
    picture = waveform_picture(Heard(scene))
    texts = [text.get_text() for text in picture.figure.axes[0].texts]
    numbers = [text for text in texts if text.replace("–", "").isdigit()]
    # None is left out: where one ends, the next begins.
    ends = [[int(part) for part in text.split("–")] for text in numbers]
    assert ends[0][0] == 1 and ends[-1][-1] == turns
    assert all(one[-1] + 1 == other[0] for one, other in pairwise(ends))
    assert [
        (one, other) for i, one in enumerate(picture.boxes) for other in picture.boxes[:i] if one.meets(other)
    ] == []
