from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.logs import START_WALL_S, Script, answer, append, committed, got, pcm, request, session, user_item

import rtnb
from rtnb.protocol.envelope import Event
from rtnb.session.record import journal as journal_module
from rtnb.session.record import journal_thread
from rtnb.session.record.journal import Journal
from rtnb.session.record.journal_files import Gone, default_place, found_in, state_of
from rtnb.session.record.journals import journals
from rtnb.session.record.log import EventLog
from rtnb.session.record.recording import load, save

STEPS = [
    session(),
    user_item("item_t", "Hello."),
    request("turn_1"),
    *answer(1, ["One ", "two."], [pcm(300, seed=7), pcm(300, seed=8)], key="turn_1"),
    *[append(pcm(20, seed=n)) for n in range(20)],
    *committed("item_u"),
    got("odd", big=2**70),
]


def started(place: Path, log: EventLog, problems: list[str] | None = None) -> Journal:
    found = Journal.start(log, place, "a script", ([] if problems is None else problems).append)
    assert found is not None
    return found


def raws(log: Any) -> list[Any]:
    return [event.raw for event in log]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == journal_thread.NAME]


def test_a_journal_replays_as_the_session_was(tmp_path: Path) -> None:
    script = Script()
    journal = started(tmp_path, script.log)
    script.play(STEPS)
    script.log.record({"type": "rtnb.notice", "text": "said"}, "local", now_s=9)
    journal.close()
    again = rtnb.replay(journal.path)
    assert raws(again.events) == raws(script.log)
    assert list(again.events) == list(script.log)
    assert again.view().turns == script.view().turns
    assert again.events[-1].direction == "local"
    assert again.view().notes == ("said",)
    assert state_of(journal.path) == "closed"


def test_the_thread_writes_by_itself_and_ends_with_the_last_journal(tmp_path: Path) -> None:
    scripts = [Script(), Script()]
    journals = [started(tmp_path, script.log) for script in scripts]
    assert threads() == [journal_thread.NAME]
    for script in scripts:
        script.play(STEPS)
    for script, journal in zip(scripts, journals, strict=True):
        lines = journal.path / "events.jsonl"
        give_up = time.monotonic() + 20
        while lines.read_bytes().count(b"\n") < len(script.log) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert raws(load(journal.path).events) == raws(script.log)
        assert state_of(journal.path) == "open"
        assert any("still running" in note for note in load(journal.path).view().notes)
    journals[0].close()
    assert threads() == [journal_thread.NAME]
    journals[1].close()
    assert threads() == []
    journals[1].close()
    journals[1].flush()
    assert state_of(journals[0].path) == "closed"


def test_everything_is_private(tmp_path: Path) -> None:
    script = Script(*STEPS)
    journal = started(tmp_path / "new" / "place", script.log)
    journal.close()
    for path in [journal.path, *journal.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("where", ["events.jsonl", "output.pcm"])
def test_a_full_disk_is_told_and_made_up_for_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    script, problems = Script(), list[str]()
    journal = started(tmp_path, script.log, problems)
    full = True
    real = os.write
    inode = next(journal.path.rglob(where)).stat().st_ino

    def write(file: int, data: Any) -> int:
        if full and os.fstat(file).st_ino == inode:
            if len(data) > 5:
                return real(file, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(journal_module.os, "write", write)
    script.play(STEPS)
    journal.flush()
    journal.flush()
    assert len(problems) == 1 and "No space left" in problems[0] and "RTNB_JOURNAL" in problems[0]
    load(journal.path).view()
    full = False
    script.play(STEPS)
    journal.flush()
    journal.flush()
    assert raws(load(journal.path).events) == raws(script.log)
    assert len(problems) == 2 and "written again" in problems[1]
    full = True
    script.play(STEPS)
    journal.flush()
    assert len(problems) == 3 and "No space left" in problems[2]
    full = False
    journal.close()
    assert raws(load(journal.path).events) == raws(script.log)
    assert len(problems) == 4 and "written again" in problems[3]


def test_after_a_full_disk_the_thread_tries_again_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert journal_module.AGAIN_S <= 1.0
    tried: list[float] = []
    clock = iter(range(100))

    def written(event: Any, start_wall_s: float | None = None) -> bytes:
        tried.append(0.0)
        raise OSError(errno.ENOSPC, "No space left on device")

    script = Script()
    journal = started(tmp_path, script.log)
    journal_thread.unfollow(journal)
    monkeypatch.setattr(journal_module, "written", written)
    monkeypatch.setattr(journal_module.time, "monotonic", lambda: 0.3 * next(clock))
    script.play(STEPS)
    for _ in range(20):
        journal.turn()
    monkeypatch.undo()
    # Every turn reads the clock once, and once more where it fails: every fourth turn is a second after the last.
    assert 4 <= len(tried) <= 7
    journal.close()


@pytest.mark.parametrize("body", [{"a": {1}}, {"a": object()}, {"deep": "nested"}], ids=["set", "object", "deep"])
def test_an_event_that_cannot_be_written_costs_no_other(tmp_path: Path, body: dict[str, Any]) -> None:
    if body.get("deep"):
        value: Any = []
        for _ in range(3000):
            value = [value]
        body = {"a": value}
    script, problems = Script(*STEPS), list[str]()
    journal = started(tmp_path, script.log, problems)
    last = script.log[-1]
    script.log.restore(Event(len(script.log), 9.0, last.wall_s, "received", "odd", {"type": "odd", **body}))
    script.play(STEPS)
    journal.flush()
    assert state_of(journal.path) == "open" and not problems
    kept = load(journal.path)
    path = save(tmp_path / "talk.rtnb", script.log, endpoint="x")
    journal.close()
    for found in (kept, load(path)):
        assert len(found.events) == len(script.log)
        odd = found.events[len(STEPS)]
        assert odd.type == "rtnb.frame" and "cannot be written" in odd.raw["problem"]
        others = [event for event in found.events if event.seq != odd.seq]
        assert raws(others) == raws([event for event in script.log if event.seq != odd.seq])


@pytest.mark.parametrize("place", ["a file", "a file/below", "a\0b", "half \ud800", "n" * 300])
def test_a_place_that_cannot_be_written_is_told_and_nothing_else(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("")
    problems: list[str] = []
    assert Journal.start(Script().log, tmp_path / place, "x", problems.append) is None
    assert len(problems) == 1 and "cannot be written" in problems[0] and problems[0].replace("\n", "").isprintable()
    assert threads() == []


def test_who_is_told_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(text: str) -> None:
        raise RuntimeError("Event loop is closed")

    script = Script()
    journal = Journal.start(script.log, tmp_path, "x", gone)
    assert journal is not None
    monkeypatch.setattr(journal_module, "written", lambda *given: 1 / 0)
    script.play(STEPS)
    journal.flush()
    journal.close()


def test_the_environment_says_where_or_that_none_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_JOURNAL", str(tmp_path / "here"))
    journal = Journal.start(Script().log, None, "x", print)
    assert journal is not None and journal.path.parent == tmp_path / "here"
    journal.close()
    monkeypatch.setenv("RTNB_JOURNAL", "off")
    assert Journal.start(Script().log, None, "x", print) is None
    monkeypatch.delenv("RTNB_JOURNAL")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_place() == tmp_path / "state" / "rtnb" / "journals"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert default_place() != Path("relative/rtnb/journals")


def test_old_journals_go_when_a_new_one_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_JOURNAL", str(tmp_path))
    for number in range(23):
        log = EventLog(start_s=0.0, start_wall_s=START_WALL_S + number)
        old = Journal.start(log, tmp_path, "x", print)
        assert old is not None
        old.close()
    journal = Journal.start(EventLog(start_s=0.0, start_wall_s=START_WALL_S + 100), None, "x", print)
    assert journal is not None
    give_up = time.monotonic() + 20
    while len(list(found_in(tmp_path))) > 21 and time.monotonic() < give_up:
        time.sleep(0.05)
    left = list(found_in(tmp_path))
    journal.close()
    assert len(left) == 21 and left[0] == journal.path


def test_what_somebody_may_miss_of_what_went_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_JOURNAL", str(tmp_path))
    gone = [Gone(tmp_path / "20260101T120000Z-abcdef", "cut off", False)]
    monkeypatch.setattr(journal_module, "prune", lambda place: gone)
    problems: list[str] = []
    journal = Journal.start(Script().log, None, "x", problems.append)
    assert journal is not None
    give_up = time.monotonic() + 20
    while not problems and time.monotonic() < give_up:
        time.sleep(0.05)
    journal.close()
    assert len(problems) == 1 and "2026-01-01 12:00 UTC, which was cut off" in problems[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_the_journal_to_its_parent(tmp_path: Path) -> None:
    script = Script()
    journal = started(tmp_path, script.log)
    script.play(STEPS)
    child = os.fork()
    if not child:
        try:
            script.play(STEPS)
            journal.flush()
            journal.close()
        finally:
            os._exit(0 if not threads() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert state_of(journal.path) == "open"
    journal.close()
    assert raws(load(journal.path).events) == raws(script.log)


CHILD = """
import json, time
import rtnb
with rtnb.connect(modalities=["audio"]) as s:
    s.ask("Spell cat.", show=False)
    turn = s.view().turns[0]
    print(json.dumps([turn.assistant_text, turn.assistant_audio.duration_s, len(s.events)]), flush=True)
    s.send("Count from one to fifty, slowly, and say each number twice.")
    while True:
        print(time.time(), len(s.events), flush=True)
        time.sleep(0.02)
"""


def test_a_killed_process_loses_at_most_the_last_second(tmp_path: Path) -> None:
    environment = os.environ | {"RTNB_JOURNAL": str(tmp_path), "RTNB_VOICE": "tone"}
    with subprocess.Popen([sys.executable, "-c", CHILD], env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said, audio_s, before = json.loads(child.stdout.readline())
        seen: list[tuple[float, int]] = []
        for line in child.stdout:
            told_s, count = line.split()
            seen.append((float(told_s), int(count)))
            if seen[-1][0] - seen[0][0] > 2.5:
                break
        (folder,) = found_in(tmp_path)
        assert state_of(folder) == "open"
        os.kill(child.pid, signal.SIGKILL)
        killed_s = time.time()
    assert state_of(folder) == "cut off"
    again = load(folder)
    kept = len(again.events)
    older = max(count for told_s, count in seen if told_s < killed_s - 1.0)
    assert older > before, "it was in the middle of its second answer"
    assert kept >= older, f"of {older} events that were older than a second, {kept} are there"
    assert all(len(ref.bytes()) == ref.length for event in again.events for ref in event.audio)
    first, second = again.turns
    assert first.status == "completed" and first.assistant_text == said
    assert first.assistant_audio is not None and first.assistant_audio.duration_s == audio_s
    assert second.status != "completed" and second.assistant_audio is not None
    assert any("cut off" in note for note in again.view().notes)
    (entry,) = journals(tmp_path)
    assert (entry.state, entry.events, entry.path) == ("cut off", kept, folder)


SLOW = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(st.data())
def test_a_journal_that_is_cut_anywhere_is_read_as_far_as_it_goes(tmp_path: Path, data: st.DataObject) -> None:
    script = Script(*STEPS)
    journal = started(tmp_path, script.log)
    journal.close()
    for path in sorted(journal.path.rglob("*.json*")) + sorted(journal.path.rglob("*.pcm")):
        size = path.stat().st_size
        change = data.draw(st.sampled_from(["leave", "leave", "cut", "remove", "zeros", "scribble"]), path.name)
        if change == "cut":
            os.truncate(path, data.draw(st.integers(0, size)))
        elif change == "remove" and path.name != "events.jsonl":
            path.unlink()
        elif change == "zeros":
            os.truncate(path, size + 4096)
        elif change == "scribble" and size:
            held = bytearray(path.read_bytes())
            held[data.draw(st.integers(0, size - 1))] = data.draw(st.integers(0, 255))
            path.write_bytes(held)
    again = load(journal.path)
    again.view()
    whole = {event.seq: event.raw for event in script.log}
    if not any("pcm" in note or "line" in note for note in again.view().notes):
        assert len(again.events) <= len(whole)
    assert again.view().status == "recording"


def test_half_a_last_line_is_left_out_and_told(tmp_path: Path) -> None:
    script = Script(*STEPS)
    journal = started(tmp_path, script.log)
    journal.close()
    lines = journal.path / "events.jsonl"
    os.truncate(lines, lines.stat().st_size - 5)
    again = load(journal.path)
    assert raws(again.events) == raws(script.log)[:-1]
    assert any("last line" in note for note in again.view().notes)


def test_audio_that_is_missing_is_silence_and_told(tmp_path: Path) -> None:
    script = Script(*STEPS)
    journal = started(tmp_path, script.log)
    journal.close()
    os.truncate(journal.path / "audio" / "output.pcm", 101)
    again = load(journal.path)
    assert any("output.pcm" in note for note in again.view().notes)
    store = again.events.stores["received"]
    assert len(store) == 600 * 48 and not any(store.read(101, 10**6))
    assert again.turns[0].assistant_audio is not None


BROKEN = [None, "", "[]", "{}", '{"start_wall_s": 1e300}', '{"start_wall_s": "x", "started": 5}']


@pytest.mark.parametrize("manifest", BROKEN)
def test_without_a_manifest_the_events_speak(tmp_path: Path, manifest: str | None) -> None:
    script = Script(*STEPS)
    journal = started(tmp_path, script.log)
    journal.close()
    place = journal.path / "manifest.json"
    place.unlink()
    if manifest is not None:
        place.write_text(manifest)
    again = load(journal.path)
    assert raws(again.events) == raws(script.log)
    assert any("cut off" in note for note in again.view().notes)


def test_what_was_read_can_be_saved_as_a_recording(tmp_path: Path) -> None:
    script = Script(*STEPS)
    journal = started(tmp_path, script.log)
    journal.close()
    again = load(load(journal.path).save(tmp_path / "kept.rtnb"))
    assert raws(again.events) == raws(script.log)


def test_the_manifest_is_that_of_a_recording(tmp_path: Path) -> None:
    journal = started(tmp_path, Script(*STEPS).log)
    journal.close()
    manifest = json.loads((journal.path / "manifest.json").read_text())
    assert (manifest["format"], manifest["version"], manifest["endpoint"]) == ("rtnb-recording", 1, "a script")
    assert manifest["start_wall_s"] == START_WALL_S
    assert manifest["journal"]["closed"] is True
