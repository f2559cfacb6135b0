from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

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

from rtnb.errors import RecordingError
from rtnb.session.recording import Recording, load, save

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


@pytest.mark.parametrize("name", ["no/such/folder.rtnb", "."])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="cannot be written"):
        save(tmp_path / name, Script().log, endpoint="")


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
    rewritten(place, "manifest.json", lambda data: data.replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(RecordingError, match=r"version 2.*update rtnb"):
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
