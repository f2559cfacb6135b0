from __future__ import annotations

import pytest

from rtnb.audio import Clip
from rtnb.plots.stills.heard_scene import Heard, Words, scene_of, words_of
from rtnb.session.views.shapes import RunView, SessionView, TurnView


def test_a_sound_alone_has_no_words() -> None:
    clip = Clip.silence(1.0)
    assert words_of(clip, scene_of(clip)) == []


def test_words_of_a_session_lie_on_its_own_clock(session: SessionView) -> None:
    words = words_of(session, scene_of(session))
    assert words and [each.start_s for each in words] == sorted(each.start_s for each in words)
    assert {each.who for each in words} <= {"user", "assistant"}
    assert all(each.end_s >= each.start_s and each.text for each in words)
    spoken = session.turns[0]
    first = next(each for each in words if each.text == spoken.user_text)
    onset_s = spoken.speech[0].onset_s if spoken.speech else spoken.user_start_s
    assert first.start_s == pytest.approx(onset_s)


def test_words_of_a_turn_begin_with_the_turn(spoken: TurnView) -> None:
    scene = scene_of(spoken)
    words = words_of(spoken, scene)
    voice = scene.voices[0]
    onset_s = spoken.speech[0].onset_s if spoken.speech else spoken.user_start_s
    assert voice.who == "user" and words[0].text == spoken.user_text
    assert words[0].start_s == pytest.approx(voice.start_s + onset_s - spoken.user_start_s)
    assert spoken.assistant_start_s is not None
    assert words[-1].start_s - words[0].start_s == pytest.approx(spoken.assistant_start_s - onset_s)


def test_words_of_a_run_begin_with_its_recording(run: RunView) -> None:
    words = words_of(run, scene_of(run))
    assert words and all(-1.0 <= each.start_s <= run.input.duration_s + 60 for each in words)


def test_what_is_known_already_is_only_put_in_order(spoken: TurnView) -> None:
    late, early = Words("user", 2.0, 3.0, "b"), Words("assistant", 0.5, 1.0, "a")
    heard = Heard(scene_of(spoken), (late, early))
    assert scene_of(heard) is heard.scene and words_of(heard, heard.scene) == [early, late]
