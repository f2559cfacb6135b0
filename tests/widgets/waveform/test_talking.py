"""The sound of a session, gathered as it grows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

import rtnb
from rtnb.protocol.envelope import AudioStore
from rtnb.session.views.snapshots import Observer
from rtnb.widgets.waveform.entries import turn_entry
from rtnb.widgets.waveform.given import told
from rtnb.widgets.waveform.talking import Talking


def test_a_stream_and_a_clip_lie_on_one_clock_and_the_recording_shows_the_same() -> None:
    question = rtnb.Clip.load(rtnb.sample("weather_question"))
    with rtnb.connect(journal=False) as s, tempfile.TemporaryDirectory() as folder:
        taken = told(s)
        assert taken.take().empty and taken.take().live
        s.stream(question, show=False)
        first = taken.take()
        s.ask(question, show=False)
        second = taken.take()
        path = s.save(Path(folder) / "talk.rtnb")
        recording = rtnb.replay(path)
    user, assistant = second.tracks
    # Input is all that was sent; the clip that was sent at once is there once, before its commit.
    view = recording.view()
    sent_s = sum(sound.end_s - sound.start_s for sound in user.sounds)
    assert sent_s == pytest.approx(recording._talk.clock.total_bytes / 48000, abs=0.01)
    at_once = user.sounds[-1]
    assert len(at_once.source) / 24000 == pytest.approx(question.duration_s, abs=0.01)
    assert at_once.start_s == pytest.approx(view.turns[1].user_start_s)
    # What turn detection called speech is where the sound is loud.
    span = view.turns[0].speech[0]
    inside = user.outline(span.onset_s, span.speech_end_s or 0.0, 1)[0]
    before = user.outline(span.start_s - 0.1, span.start_s, 1)[0]
    assert inside.max() > 20 * max(1, np.abs(before).max())
    assert [entry["key"] for entry in second.entries] == [0, 1] and len(first.entries) == 1
    assert second.entries[0]["texts"][0][3] == "What is the weather in Paris?"
    assert [sound.start_s for sound in assistant.sounds] == [turn.assistant_start_s for turn in view.turns]
    # Sounds that have not changed are the same ones, with the outline that they had.
    assert first.tracks[1].sounds[0] is assistant.sounds[0]
    again = told(recording).take()
    assert [sound.start_s for sound in again.tracks[0].sounds] == [sound.start_s for sound in user.sounds]
    assert not again.live and np.array_equal(
        again.tracks[1].outline(0, second.end_s, 50), assistant.outline(0, second.end_s, 50)
    )


def test_an_answer_that_is_cut_fades_and_telephone_sound_is_read() -> None:
    with rtnb.connect(journal=False, output_format="audio/pcmu") as s:
        turn = s.send("Please tell me about turn detection.", show=False)
        turn.wait(60)
        s.interrupt()
        talking = Talking(lambda: Observer(s._async.core.talk, s._async.core.log, ""))
        sheet = talking.sheet(s._call(talking.take))
    (sound,) = sheet.tracks[1].sounds
    assert sound.rate_hz == 8000 and sound.faded is not None and sound.faded[1] == pytest.approx(sound.end_s)
    assert any(mark[1].startswith("interrupted") for mark in sheet.entries[0]["marks"])


def test_text_alone_is_no_sound() -> None:
    with rtnb.connect(journal=False, modalities=["text"]) as s:
        s.ask("Spell cat.", show=False)
        sheet = told(s).take()
    assert sheet.empty and sheet.entries[0]["texts"][-1][3] == "C, A, T."


def test_what_is_looked_at_in_slices_is_what_views_say_and_no_sound_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    question = rtnb.Clip.load(rtnb.sample("weather_question"))
    with rtnb.connect(journal=False) as s:
        s.stream(question, show=False)
        s.ask(question, show=False)
        s.ask("Please tell me about turn detection.", show=False)
        s.interrupt()
        core = s._async.core
        talking = Talking(lambda: Observer(core.talk, core.log, ""))
        views = s.view().turns
        with monkeypatch.context() as patched:
            patched.setattr(AudioStore, "read", lambda *given: pytest.fail("sound was read"))
            looks = 1
            while s._call(lambda: talking.look(slice_s=0)):
                looks += 1
            moment = s._call(talking.take)
            sheet = talking.sheet(moment)
        # One at a time, and those that are settled not again.
        assert looks == 3 == len(views)
        assert list(sheet.entries) == [turn_entry(view, view.index) for view in views]
        assert s._call(lambda: talking.look(slice_s=0)) == (len(talking._unsettled) > 1)
        again = talking.sheet(s._call(talking.take))
        settled = [index for index in range(3) if index not in talking._unsettled]
        assert settled and all(again.entries[index] is sheet.entries[index] for index in settled)
