"""What is read out of the events of a session."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

import rtnb
from rtnb import Clip, SemanticVad, ServerVad
from rtnb.errors import ConfigError, RecordingError
from rtnb.session.record.log import EventLog
from rtnb.session.record.recording import Recording
from rtnb.vad.calibration.observed import Observed
from rtnb.vad.calibration.recorded import observed_in, observed_of

DAY_S = 1_790_000_000.0
VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}


class Talk:
    """A session that is made up."""

    def __init__(self) -> None:
        self.log = EventLog(start_s=0.0, start_wall_s=DAY_S)
        self._s = 0.0

    def sent(self, kind: str, **members: Any) -> Talk:
        return self._add("sent", {"type": kind, **members})

    def got(self, kind: str, **members: Any) -> Talk:
        return self._add("received", {"type": kind, **members})

    def _add(self, way: Any, event: dict[str, Any]) -> Talk:
        self._s += 0.1
        self.log.record(event, way, now_s=self._s)
        return self

    def audio(self, ms: int, bytes_per_ms: int = 48) -> Talk:
        data = base64.b64encode(bytes(ms * bytes_per_ms)).decode()
        return self.sent("input_audio_buffer.append", audio=data)

    def created(self, detection: Any = VAD, number: int = 1, **members: Any) -> Talk:
        session = {"id": f"sess_{number}", "audio": {"input": {"turn_detection": detection, **members}}}
        return self.got("session.created", event_id=f"event_created_{number}", session=session)

    def update(self, detection: Any, event_id: str = "event_u", **members: Any) -> Talk:
        return self.sent(
            "session.update",
            event_id=event_id,
            session={"audio": {"input": {"turn_detection": detection, **members}}},
        )

    def updated(self, detection: Any, **members: Any) -> Talk:
        return self.got("session.updated", session={"audio": {"input": {"turn_detection": detection, **members}}})

    def turn(self, item: str, start: int, end: int | None) -> Talk:
        self.got("input_audio_buffer.speech_started", audio_start_ms=start, item_id=item)
        if end is not None:
            self.got("input_audio_buffer.speech_stopped", audio_end_ms=end, item_id=item)
        return self

    def observed(self) -> Observed:
        (found,) = observed_of(Recording(self.log, endpoint="somewhere", name="talk.rtnb"))
        return found


def test_audio_settings_and_turns() -> None:
    found = Talk().created().audio(500).audio(700).turn("a", 100, 800).turn("b", 900, None).observed()
    assert found.duration_ms == 1200 and found.turns == ((100, 800), (900, None))
    assert found.settings == ((0.0, ServerVad(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=200)),)
    assert (found.endpoint, found.name, found.date) == ("somewhere", "talk.rtnb", "2026-09-21")


def test_settings_hold_from_where_the_client_had_got_when_it_asked() -> None:
    other, third = {**VAD, "threshold": 0.7}, {"type": "semantic_vad", "eagerness": "low"}
    talk = Talk().created().audio(1000).update(other).audio(500).update(third).audio(250)
    found = talk.updated(other).updated(third).audio(100).update(None).audio(50).updated(None).observed()
    assert [at for at, _ in found.settings] == [0, 1000, 1500, 1850]
    assert isinstance(found.settings[2][1], SemanticVad) and found.settings[3][1] is None


def test_what_the_server_refused_did_not_happen() -> None:
    talk = Talk().created().audio(1000).update({**VAD, "threshold": 7}, "event_bad").audio(500)
    talk.got("error", error={"event_id": "event_bad", "code": "invalid_value"})
    talk.update({**VAD, "threshold": 0.2}).updated({**VAD, "threshold": 0.2})
    talk.sent("input_audio_buffer.commit").got("error", error={"code": "input_audio_buffer_commit_empty"})
    talk.sent("input_audio_buffer.clear", event_id="event_clear").audio(10).sent("input_audio_buffer.commit")
    found = talk.observed()
    assert [at for at, _ in found.settings] == [0, 1500] and found.cleared_ms == (1500, 1510)


def test_idle_timeouts_take_audio_and_noise_reduction_is_told() -> None:
    talk = Talk().created(noise_reduction={"type": "near_field"}).audio(9000)
    found = talk.got("input_audio_buffer.timeout_triggered", audio_start_ms=2000, audio_end_ms=8000).observed()
    assert found.taken_ms == (8000,) and found.noise_reduction
    assert not Talk().created(noise_reduction=None).audio(10).observed().noise_reduction


def test_formats_change_on_the_way() -> None:
    talk = Talk().created(format={"type": "audio/pcmu"}).audio(1000, 8)
    found = talk.update(VAD).updated(VAD, format={"type": "audio/pcm", "rate": 24000}).audio(500).observed()
    assert [(kind.type, len(data)) for kind, data in found.audio] == [("audio/pcmu", 8000), ("audio/pcm", 24000)]
    assert [at for at, _ in found.settings] == [0, 1000]


def test_the_beta_shape_is_read_too() -> None:
    talk = Talk().got("session.created", session={"turn_detection": VAD, "input_audio_format": "g711_alaw"})
    found = talk.audio(300, 8).turn("a", 10, 200).observed()
    assert found.duration_ms == 300 and found.settings[0][1] == ServerVad.from_wire(VAD)


def test_each_connection_has_a_clock_of_its_own() -> None:
    talk = Talk().created().audio(1000).turn("a", 100, 800)
    talk.created(number=2).audio(2000).turn("b", 50, 900)
    one, other = observed_of(Recording(talk.log, endpoint="somewhere", name="talk"))
    assert (one.duration_ms, one.turns, one.name) == (1000, ((100, 800),), "talk, connection 1")
    assert (other.duration_ms, other.turns, other.settings[0][0]) == (2000, ((50, 900),), 0)


def test_who_does_not_say_the_settings_is_supposed_to_have_the_defaults() -> None:
    found = Talk().audio(100).turn("a", 1, 50).observed()
    assert found.settings == ((0.0, ServerVad()),) and "the defaults of server_vad are supposed" in found.notes[0]


def test_detection_of_an_unknown_kind_is_none_and_is_told() -> None:
    found = Talk().created({"type": "loud_vad"}).audio(100).observed()
    assert found.settings == ((0.0, None),) and "'loud_vad'" in found.notes[0]


def test_a_session_without_audio_has_nothing() -> None:
    assert observed_of(Recording(Talk().created().log, endpoint="")) == ()


def test_recordings_come_in_many_shapes(tmp_path: Path) -> None:
    talk = Talk().created().audio(400).turn("a", 1, 50)
    recording = Recording(talk.log, endpoint="somewhere", name="talk")
    paths = [recording.save(tmp_path / f"{name}.rtnb") for name in "ab"]
    one = Observed(bytes(480), None, [])
    for given, count in (
        (recording, 1),
        (paths[0], 1),
        (str(paths[0]), 1),
        (tmp_path, 2),
        ([*paths, recording, one], 4),
        (one, 1),
        (rtnb.replay(paths[1]), 1),
        ([], 0),
    ):
        assert len(list(observed_in(given))) == count


def test_a_journal_is_a_recording(tmp_path: Path) -> None:
    with rtnb.connect("local", modalities=["text"], turn_detection=ServerVad(), journal=tmp_path) as session:
        session.append(Clip.silence(0.3))
        session.clear()
        assert next(observed_in(session)).duration_ms == 300
    (found,) = observed_in(rtnb.journals(tmp_path))
    assert found.duration_ms == 300 and found.cleared_ms == (300,)


@pytest.mark.parametrize("value", [3, None, b"bytes", {"a": 1}])
def test_what_is_no_recording(value: object) -> None:
    with pytest.raises(ConfigError, match="takes recordings"):
        list(observed_in(value))


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="There is no recording"):
        list(observed_in(tmp_path / "missing.rtnb"))
    (tmp_path / "broken.rtnb").write_bytes(b"PK nothing")
    with pytest.raises(RecordingError, match="is not a recording"):
        list(observed_in(tmp_path / "broken.rtnb"))
    bare = Recording(Talk().created().audio(10).log, endpoint="").save(tmp_path / "bare.rtnb", audio="none")
    with pytest.raises(RecordingError, match="saved without its audio"):
        list(observed_in(bare))


def test_turns_that_cannot_be_are_left_out_and_said() -> None:
    talk = Talk().created().audio(1000).turn("a", 100, 800).turn("b", 900, 300).turn("c", 30_000, 30_600)
    found = talk.observed()
    assert found.turns == ((100, 800),)
    one, other = found.notes
    assert one == (
        "talk.rtnb: the turn that speech_started announced at 900 ms ends before it, at 300 ms. The turn is left out."
    )
    assert other.startswith("talk.rtnb: speech_started at 30000 ms is 29.0 s beyond the end of the audio")


def test_half_a_sample_at_the_end_is_dropped() -> None:
    data = base64.b64encode(bytes(4801)).decode()
    found = Talk().created().sent("input_audio_buffer.append", audio=data).observed()
    assert found.duration_ms == 100


@pytest.mark.parametrize("audio", ["pcm", "flac", "opus"])
def test_samples_that_are_not_those_that_were_sent_are_told(audio: str, tmp_path: Path) -> None:
    with rtnb.connect(modalities=["text"], turn_detection=ServerVad(create_response=False)) as session:
        session.append(Clip.load(rtnb.sample("weather_question")))
        session.clear()
        path = session.save(tmp_path / "talk.rtnb", audio=audio)
    (found,) = observed_in(path)
    assert ["opus" in note and "samples" in note for note in found.notes] == ([True] if audio == "opus" else [])


def test_what_is_to_be_known_of_a_recording_is_passed_on() -> None:
    talk = Talk().created().audio(500)
    recording = Recording(talk.log, endpoint="", name="talk.rtnb", notes=("The last 12 bytes are missing.",))
    (found,) = observed_of(recording)
    assert found.notes == ("talk.rtnb: The last 12 bytes are missing.",)
