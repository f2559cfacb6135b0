from __future__ import annotations

from dataclasses import replace

import pytest

from rtnb.audio import Clip
from rtnb.plots.scene import Scene, Voice, clip_scene, run_scene, session_scene, turn_scene
from rtnb.session.views.shapes import RunView, SessionView, TurnView


def test_a_turn_starts_at_zero_on_one_clock(spoken: TurnView) -> None:
    scene = turn_scene(spoken)
    user, assistant = scene.voices
    assert (user.who, user.start_s) == ("user", 0.0)
    assert assistant.start_s == pytest.approx(2.73)
    (span,) = scene.speech
    assert (span.start_s, span.onset_s) == (pytest.approx(0.15), pytest.approx(0.45))
    assert span.speech_end_s == pytest.approx(1.8)
    (latency,) = scene.latencies
    assert latency.start_s == pytest.approx(span.speech_end_s)
    assert latency.end_s == pytest.approx(assistant.start_s)
    assert latency.seconds == pytest.approx(0.93)
    assert [(mark.label, round(mark.at_s, 2)) for mark in scene.marks] == [
        ("speech started", 0.15),
        ("speech stopped", 2.3),
    ]


def test_speech_that_goes_on_has_no_stop(spoken: TurnView) -> None:
    open_span = replace(spoken.speech[0], end_s=None)
    assert [mark.label for mark in turn_scene(replace(spoken, speech=(open_span,))).marks] == ["speech started"]


def test_an_interruption_is_marked_where_hearing_ended(interrupted: TurnView) -> None:
    mark = turn_scene(interrupted).marks[-1]
    assert mark.label == "interrupted"
    assert mark.at_s == pytest.approx(2.73 + 1.55)


@pytest.mark.parametrize(("heard_s", "shown_s"), [(-1.0, 0.0), (1.55, 1.55), (99.0, 4.0), (None, 4.0)])
def test_no_more_is_heard_than_there_was(dialogue: Clip, heard_s: float | None, shown_s: float) -> None:
    assert Voice("assistant", dialogue[8.0:12.0], 1.0, heard_s).heard_duration_s == pytest.approx(shown_s)


def test_a_turn_without_sound_has_no_picture(typed: TurnView) -> None:
    scene = turn_scene(typed)
    assert scene.empty
    assert scene.describe() == "Waveform of turn 2: text only, no audio."


def test_sound_of_no_length_is_no_sound(spoken: TurnView) -> None:
    nothing = Clip.silence(0)
    assert turn_scene(replace(spoken, user_audio=nothing, assistant_audio=nothing)).empty
    assert clip_scene(nothing).describe() == "Waveform: empty: 0 s of sound."


def test_an_answer_that_was_never_played_is_not_placed(spoken: TurnView) -> None:
    assert [voice.who for voice in turn_scene(replace(spoken, assistant_start_s=None)).voices] == ["user"]


def test_a_run_shows_the_recording_once_and_numbers_its_turns(run: RunView) -> None:
    scene = run_scene(run)
    assert len(scene.of("user")) == 1
    assert scene.of("user")[0].start_s == 0.0
    assert len(scene.of("assistant")) == 6
    assert [mark.label for mark in scene.numbers] == ["4", "5", "6", "7", "8", "9"]
    assert scene.numbers[0].at_s == pytest.approx(scene.speech[0].start_s) == pytest.approx(7.8)


def test_a_session_keeps_its_own_clock(session: SessionView) -> None:
    scene = session_scene(session)
    assert scene.start_s == 10.0
    assert [mark.label for mark in scene.numbers] == ["1", "3"]


def test_the_description_says_what_is_seen(spoken: TurnView, interrupted: TurnView) -> None:
    assert turn_scene(spoken).describe() == (
        "Waveform of turn 1: 2.47 s of user audio; 4.00 s of assistant audio; 1 span of detected speech; "
        "0.93 s speech end to first audio."
    )
    assert "1.55 s of it heard before an interruption" in turn_scene(interrupted).describe()
    assert clip_scene(Clip.silence(2)).describe() == "Waveform: 2.00 s of sound, silent."


def test_a_scene_of_nothing_is_at_zero() -> None:
    assert (Scene().start_s, Scene().end_s) == (0.0, 0.0)


def asked(turn: TurnView, *, index: int, at_s: float, answer_s: float) -> TurnView:
    """The same turn as a question that was asked: no turn detection."""
    return replace(turn, index=index, speech=(), user_start_s=at_s, assistant_start_s=answer_s, latency=None)


def test_a_question_ends_what_is_shown_of_the_answer_before_it(session: SessionView, spoken: TurnView) -> None:
    first = asked(spoken, index=0, at_s=10.0, answer_s=13.0)
    second = asked(spoken, index=1, at_s=14.5, answer_s=18.0)
    scene = session_scene(replace(session, turns=(first, second)))
    cut, whole = scene.of("assistant")
    assert cut.cut
    assert not whole.cut
    assert cut.end_s == pytest.approx(14.5, abs=1e-3)
    assert whole.end_s == pytest.approx(22.0, abs=1e-3)
    assert "5.50 s of assistant audio, 1 answer shown up to the next turn" in scene.describe()


def test_a_typed_question_ends_it_where_its_own_answer_begins(session: SessionView, spoken: TurnView) -> None:
    first = asked(spoken, index=0, at_s=10.0, answer_s=13.0)
    typed = replace(asked(spoken, index=2, at_s=13.5, answer_s=15.0), user_audio=None, user_kind="text")
    silent = replace(typed, index=1, assistant_audio=None, assistant_start_s=None)
    cut, _ = session_scene(replace(session, turns=(first, silent, typed))).of("assistant")
    assert cut.cut
    assert cut.end_s == pytest.approx(15.0, abs=1e-3)


def test_a_long_clip_that_was_sent_at_once_does_not_hide_the_answer_before_it(
    session: SessionView, spoken: TurnView, dialogue: Clip
) -> None:
    first = asked(spoken, index=0, at_s=10.0, answer_s=13.0)
    # Drawn from 4 s to 14 s.
    long = replace(asked(spoken, index=1, at_s=4.0, answer_s=15.0), user_audio=dialogue[:10.0])
    cut, _ = session_scene(replace(session, turns=(first, long))).of("assistant")
    assert cut.end_s == pytest.approx(14.0, abs=1e-3)


def test_what_was_not_heard_ends_without_a_cut(session: SessionView, spoken: TurnView) -> None:
    first = replace(asked(spoken, index=0, at_s=10.0, answer_s=13.0), heard_s=0.5)
    second = asked(spoken, index=1, at_s=14.5, answer_s=18.0)
    faded, _ = session_scene(replace(session, turns=(first, second))).of("assistant")
    assert not faded.cut
    assert faded.heard_duration_s == 0.5
    assert faded.end_s == pytest.approx(14.5, abs=1e-3)


def test_streamed_turns_are_shown_as_they_sounded(session: SessionView, spoken: TurnView) -> None:
    late = replace(spoken, index=1, user_start_s=13.0, assistant_start_s=15.0, heard_s=1.0)
    scene = session_scene(replace(session, turns=(spoken, late)))
    assert [voice.clip for voice in scene.of("assistant")] == [spoken.assistant_audio, late.assistant_audio]
    assert not any(voice.cut for voice in scene.voices)
