from __future__ import annotations

import json
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.logs import (
    Script,
    Step,
    answer,
    append,
    committed,
    got,
    pcm,
    request,
    sent,
    session,
    speech_started,
    speech_stopped,
    user_item,
)

import rtnb
from rtnb import _display
from rtnb.audio import Clip
from rtnb.errors import ConfigError, RecordingError
from rtnb.session.record.log import EventLog
from rtnb.session.record.recording import Recording, load, save
from rtnb.session.views.shapes import UsageReport

SLOW = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def steps() -> list[Step]:
    found = [session(), user_item("item_t", "Hello."), request("turn_1"), *answer(1, key="turn_1")]
    found += [append(pcm(20, seed=n)) for n in range(40)]
    found += [speech_started("item_u", 100), speech_stopped("item_u", 700), *committed("item_u")]
    found += answer(
        2, ["One ", "two."], [pcm(300, seed=7), pcm(300, seed=8)], status="cancelled", reason="turn_detected"
    )
    found += [got("error", error={"message": "Nö.", "code": None}), got("odd"), ("received", {"type": ["no", "name"]})]
    return found


STEPS = steps()


def recorded(path: Path, *played: Any) -> tuple[Script, Path]:
    script = Script(*(played or STEPS))
    return script, save(path / "talk.rtnb", script.log, endpoint="a script")


def rewritten(place: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The recording with one member of the archive changed."""
    with zipfile.ZipFile(place) as archive:
        held = {entry: archive.read(entry) for entry in archive.namelist()}
    held[name] = change(held[name])
    with zipfile.ZipFile(place, "w") as archive:
        for entry, data in held.items():
            archive.writestr(entry, data)
    return place


def test_a_replay_shows_what_the_session_showed(tmp_path: Path) -> None:
    script, place = recorded(tmp_path)
    again = load(place)
    assert again.view() == script.view()
    assert again.turns == script.turns()
    assert again.usage.usage == script.view().usage
    assert again.usage.cost == script.view().cost
    assert len(again.turns) == 2


def test_every_event_comes_back_as_it_was(tmp_path: Path) -> None:
    script, place = recorded(tmp_path)
    again = load(str(place))
    assert list(again.events) == list(script.log)
    assert [event.raw for event in again.events] == [event.raw for event in script.log]
    assert again.events.start_wall_s == script.log.start_wall_s


@SLOW
@given(st.permutations(STEPS), st.integers(0, len(STEPS)))
def test_any_session_is_replayed_as_it_was(tmp_path: Path, mixed: list[Step], length: int) -> None:
    script, place = recorded(tmp_path, mixed[:length])
    again = load(place)
    assert [event.raw for event in again.events] == [event.raw for event in script.log]
    assert again.view() == script.view()


def test_a_recording_of_a_recording_is_the_same(tmp_path: Path) -> None:
    _, place = recorded(tmp_path)
    first = load(place)
    second = load(save(tmp_path / "again.rtnb", first.events, endpoint="a script"))
    assert second.view() == first.view()
    assert list(second.events) == list(first.events)


def test_the_file_is_what_the_documentation_says(tmp_path: Path) -> None:
    script, place = recorded(tmp_path)
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        names = {"manifest.json", "events.jsonl", "audio/input.pcm", "audio/output.pcm", "audio/items.pcm"}
        assert set(archive.namelist()) == names
        manifest = json.loads(archive.read("manifest.json"))
        lines = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
        assert archive.read("audio/input.pcm") == b"".join(pcm(20, seed=n) for n in range(40))
        assert archive.read("audio/output.pcm") == pcm(300, seed=7) + pcm(300, seed=8)
    assert (manifest["format"], manifest["version"], manifest["endpoint"]) == ("rtnb-recording", 1, "a script")
    assert manifest["started"] == "2026-11-18T11:06:40+00:00"
    assert manifest["events"] == len(lines) == len(script.log)
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    held = next(line for line in lines if "audio" in line)
    assert held["audio"] == [{"path": ["audio"], "store": "input", "offset": 0, "length": 960}]
    assert "audio" not in held["event"]


def test_what_orjson_cannot_hold_is_recorded_nevertheless(tmp_path: Path) -> None:
    tool = {"type": "function", "name": "f", "parameters": {"maximum": 2**64, "title": "half \ud800"}}
    script, place = recorded(tmp_path, sent("session.update", session={"tools": [tool]}), user_item("i", "Go."))
    again = load(place)
    assert [event.raw for event in again.events] == [event.raw for event in script.log]


def test_no_session_is_a_recording_too(tmp_path: Path) -> None:
    script = Script()
    again = load(save(tmp_path / "empty.rtnb", script.log, endpoint=""))
    assert again.turns == []
    assert again.view() == script.observer.session("recording").__class__(
        endpoint="", model="", voice="", status="recording", duration_s=0.0, turns=()
    )
    assert repr(again) == "<Recording of a session, 0 turns>"


def test_says_what_it_is(tmp_path: Path) -> None:
    _, place = recorded(tmp_path)
    again = load(place)
    assert repr(again) == "<Recording of a script, 2 turns>"
    assert again.view().status == "recording"
    assert "text/plain" in again._repr_mimebundle_()


@pytest.mark.parametrize("name", ["no/such/folder.rtnb", ".", "a\0b", "\ud800", "n" * 300])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="cannot be written"):
        save(tmp_path / name, Script().log, endpoint="")


def test_a_full_disk_leaves_the_recording_that_was_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    script = Script(*steps())
    place = save(tmp_path / "talk.rtnb", script.log, endpoint="x")
    before, limits = place.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    for _ in range(3):
        script.play(steps())
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(RecordingError, match="cannot be written"):
            save(place, script.log, endpoint="x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert place.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["talk.rtnb"]
    save(place, script.log, endpoint="x")
    assert len(load(place).events) == len(script.log)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"There is no recording '.*gone\.rtnb'"):
        load(tmp_path / "gone.rtnb")


def test_a_directory_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="is not a recording"):
        load(tmp_path)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"PK\x03\x04", b"\0" * 99])
def test_another_file_is_no_recording(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.rtnb").write_bytes(data)
    with pytest.raises(RecordingError, match="is not a recording of rtnb"):
        load(tmp_path / "other.rtnb")


def test_another_archive_is_no_recording(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(RecordingError, match="is not a recording of rtnb"):
        load(tmp_path / "other.zip")


def test_a_recording_of_a_newer_rtnb_says_so(tmp_path: Path) -> None:
    _, place = recorded(tmp_path)
    rewritten(place, "manifest.json", lambda data: data.replace(b'"version": 1', b'"version": 3'))
    with pytest.raises(RecordingError, match=r"version 3.*update rtnb"):
        load(place)


@pytest.mark.parametrize(
    "manifest",
    ["[]", "null", "{}", "{", '{"format": "rtnb-recording", "version": "one"}', '{"format": "rtnb-recording"}']
    + [f'{{"format": "rtnb-recording", "version": 1, "start_wall_s": {t}}}' for t in ("1e300", '"noon"', "null")],
)
def test_a_broken_manifest_is_refused(tmp_path: Path, manifest: str) -> None:
    _, place = recorded(tmp_path)
    rewritten(place, "manifest.json", lambda _: manifest.encode())
    with pytest.raises(RecordingError):
        load(place)


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "5",
        "{}",
        "{",
        '{"seq": 0, "t_s": "soon", "wall_s": 0, "direction": "sent", "event": {}}',
        '{"seq": 0, "t_s": 0, "wall_s": 0, "direction": "sent", "event": "hello"}',
        '{"seq": 0, "t_s": 0, "wall_s": 0, "direction": "sent", "event": {}, "audio": [{}]}',
        '{"seq": 0, "t_s": 0, "wall_s": 0, "direction": "sent", "event": {}, "audio": 5}',
        '{"seq": 0, "t_s": 0, "wall_s": 0, "direction": "sent", "event": {}, "audio": '
        '[{"path": ["audio"], "store": "input", "offset": "x", "length": 2}]}',
    ],
)
def test_a_broken_line_is_refused(tmp_path: Path, line: str) -> None:
    _, place = recorded(tmp_path)
    rewritten(place, "events.jsonl", lambda data: data + line.encode() + b"\n")
    with pytest.raises(RecordingError):
        load(place)


@SLOW
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.integers(0, 3000))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, at: int, byte: int, cut: int) -> None:
    _, place = recorded(tmp_path)
    data = bytearray(place.read_bytes())
    data[at % len(data)] = byte
    place.write_bytes(data[: len(data) - cut] if cut % 2 else data)
    try:
        again = load(place)
    except RecordingError:
        return
    assert isinstance(again, Recording)
    again.view()


def test_lines_that_somebody_added_are_read(tmp_path: Path) -> None:
    _, place = recorded(tmp_path)
    line = '{"seq": 99, "t_s": 5, "wall_s": 6, "direction": "received", "event": {"type": "error"}, "note": "mine"}'
    rewritten(place, "events.jsonl", lambda data: data + line.encode() + b"\r\n")
    again = load(place)
    assert again.events[-1].type == "error"
    assert again.events[-1].t_s == 5.0


def stores(log: EventLog) -> dict[str, bytes]:
    return {store.name: store.read(0, len(store)) for store in log.stores.values()}


@pytest.mark.parametrize("audio", ["pcm", "flac"])
def test_lossless_audio_comes_back_to_the_byte(tmp_path: Path, audio: str) -> None:
    script = Script(*STEPS)
    again = load(save(tmp_path / "talk.rtnb", script.log, endpoint="a script", audio=audio))
    assert stores(again.events) == stores(script.log)
    assert [event.raw for event in again.events] == [event.raw for event in script.log]
    assert again.view() == script.view()


@pytest.mark.parametrize("audio", ["opus", "none", None])
def test_smaller_recordings_keep_every_length_and_every_figure(tmp_path: Path, audio: str | None) -> None:
    script = Script(*STEPS)
    again = load(save(tmp_path / "talk.rtnb", script.log, endpoint="a script", audio=audio))
    assert {n: len(d) for n, d in stores(again.events).items()} == {n: len(d) for n, d in stores(script.log).items()}
    assert [event.body for event in again.events] == [event.body for event in script.log]
    for now, before in zip(again.turns, script.turns(), strict=True):
        assert (now.usage, now.cost, now.speech, now.latency) == (
            before.usage,
            before.cost,
            before.speech,
            before.latency,
        )
        assert (now.user_audio is None) == (before.user_audio is None)
        if now.assistant_audio is not None and before.assistant_audio is not None:
            assert now.assistant_audio.duration_s == before.assistant_audio.duration_s
    assert bool(again.view().notes) == (audio != "opus")


def test_opus_sounds_where_the_talk_sounded_and_takes_a_fraction(tmp_path: Path) -> None:
    spoken = Clip.load(rtnb.sample("dialogue_sample"))[0:8].resample(24000)
    data = spoken.to_pcm16() + bytes(96_000) + spoken[0:1].to_pcm16() + b"\x07"  # an odd byte must not shift anything
    script = Script(session(), *(append(data[at : at + 4800]) for at in range(0, len(data), 4800)))
    whole = save(tmp_path / "whole.rtnb", script.log, endpoint="")
    small = save(tmp_path / "small.rtnb", script.log, endpoint="", audio="opus")
    assert small.stat().st_size < whole.stat().st_size / 5
    before, after = (
        np.frombuffer(stores(log)["input"][:-1], dtype="<i2").astype(float) for log in (script.log, load(small).events)
    )
    assert before.size == after.size
    silent = slice(spoken.int16().size + 100, spoken.int16().size + 47_900)
    assert not after[silent].any(), "what was silent comes back silent"
    aligned = [float(np.dot(before[500:-500], np.roll(after, shift)[500:-500])) for shift in range(-40, 41)]
    assert abs(int(np.argmax(aligned)) - 40) <= 2, "later or earlier than by a tenth of a millisecond"
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_a_recording_without_audio_stays_one(tmp_path: Path) -> None:
    script = Script(*STEPS)
    silent = load(save(tmp_path / "silent.rtnb", script.log, endpoint="x", audio="none"))
    assert not any(stores(silent.events)["input"])
    again = load(silent.save(tmp_path / "again.rtnb", audio="pcm"))
    assert any("without its audio" in note for note in again.view().notes)
    assert "without its audio" in _display.bundle(again.view())["text/plain"]


def test_unpacked_recordings_stay_readable_for_older_versions(tmp_path: Path) -> None:
    for audio, version in (("pcm", 1), ("flac", 2), ("opus", 2), ("none", 2)):
        place = save(tmp_path / "talk.rtnb", Script(*STEPS).log, endpoint="", audio=audio)
        with zipfile.ZipFile(place) as archive:
            assert json.loads(archive.read("manifest.json"))["version"] == version


def test_an_unknown_codec_lists_what_there_is_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'opus'"):
        save(tmp_path / "talk.rtnb", Script(*STEPS).log, endpoint="", audio="mp3")
    assert not (tmp_path / "talk.rtnb").exists()


def test_opus_refuses_what_is_not_pcm(tmp_path: Path) -> None:
    telephone = {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}
    script = Script(got("session.updated", session=telephone), append(pcm(20)))
    with pytest.raises(ConfigError, match=r"audio/pcmu.*'flac'"):
        save(tmp_path / "talk.rtnb", script.log, endpoint="", audio="opus")
    assert stores(load(save(tmp_path / "t.rtnb", script.log, endpoint="", audio="flac")).events) == stores(script.log)


@pytest.mark.parametrize(
    "audio", ["{}", '{"codec": "wax"}', '{"codec": "flac"}', "5", '{"codec": "none", "bytes": {}}']
)
def test_a_manifest_that_lies_about_the_audio_is_refused(tmp_path: Path, audio: str) -> None:
    place = save(tmp_path / "talk.rtnb", Script(*STEPS).log, endpoint="", audio="flac")
    manifest = {"format": "rtnb-recording", "version": 2, "start_wall_s": 0, "audio": json.loads(audio)}
    rewritten(place, "manifest.json", lambda _: json.dumps(manifest).encode())
    with pytest.raises(RecordingError):
        load(place)


def test_a_session_saves_as_it_is_told(tmp_path: Path) -> None:
    with rtnb.connect(modalities=["text"]) as s:
        s.ask("Spell cat.", show=False)
        lean = load(s.save(tmp_path / "lean.rtnb", audio=None))
        with pytest.raises(ConfigError):
            s.save(tmp_path / "odd.rtnb", audio="wax")
    assert lean.turns[0].assistant_text == "C, A, T." and lean.view().notes


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("kind", ["session.created", "session.updated"])
def test_opus_refuses_what_is_not_pcm_in_the_beta_shape_too(tmp_path: Path, kind: str, side: str) -> None:
    script = Script(got(kind, session={f"{side}_audio_format": "g711_ulaw"}), append(pcm(20)))
    with pytest.raises(ConfigError, match=rf"{side} was audio/pcmu.*'flac'"):
        save(tmp_path / "talk.rtnb", script.log, endpoint="", audio="opus")
    assert not (tmp_path / "talk.rtnb").exists()
    plain = Script(got(kind, session={f"{side}_audio_format": "pcm16"}), append(pcm(20)))
    save(tmp_path / "talk.rtnb", plain.log, endpoint="", audio="opus")


def test_a_bill_is_read_without_unpacking_audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, _ = recorded(tmp_path)
    path = save(tmp_path / "packed.rtnb", script.log, endpoint="a script", audio="flac")
    unpacked: list[str] = []
    real = rtnb.session.record.recording.unpacked
    monkeypatch.setattr(
        rtnb.session.record.recording, "unpacked", lambda *given: unpacked.append(given[1]) or real(*given)
    )
    talk = load(path)
    report = talk.usage
    assert report.meter.cost == report.cost and report.total_usd and report.usage and "2 turns" in repr(report)
    assert unpacked == []
    assert report.turns == tuple(talk.turns) and unpacked
    assert (report.usage, report.cost) == (talk.view().usage, talk.view().cost)


def test_a_report_of_a_recording_is_that_of_its_view(tmp_path: Path) -> None:
    talk = load(recorded(tmp_path)[1])
    assert talk.usage == UsageReport.of(talk.view(), talk.ledger) == talk.usage
    assert talk.usage.turns[1:] == tuple(talk.turns)[1:]


@pytest.mark.parametrize("name", ["talk.wav", "talk.MP3"])
def test_a_recording_is_no_sound_file(tmp_path: Path, name: str) -> None:
    log = EventLog(start_s=0.0, start_wall_s=0.0)
    with pytest.raises(ConfigError, match=r"turn\.audio\.save"):
        save(tmp_path / name, log, endpoint="e")
    assert not list(tmp_path.iterdir())
