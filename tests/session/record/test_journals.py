from __future__ import annotations

from pathlib import Path

import pytest
from support.logs import START_WALL_S, Script, answer, request, session

from rtnb import _display
from rtnb.session.record.journal import Journal
from rtnb.session.record.journals import JournalEntry, journals
from rtnb.session.record.log import EventLog

STEPS = [session(), request("turn_1"), *answer(1, key="turn_1")]


def test_they_are_listed_the_newest_first(tmp_path: Path) -> None:
    kept = []
    for number in range(3):
        script = Script(*STEPS)
        script.log.start_wall_s = START_WALL_S + 60 * number
        journal = Journal.start(script.log, tmp_path, f"server {number}", print)
        assert journal is not None
        kept.append(journal)
    kept[0].close()
    kept[1].flush()
    kept[1].forget()  # as if its process had ended
    kept[2].flush()
    found = journals(tmp_path)
    assert [entry.path for entry in found] == [journal.path for journal in reversed(kept)]
    assert [entry.state for entry in found] == ["open", "cut off", "closed"]
    assert [entry.endpoint for entry in found] == ["server 2", "server 1", "server 0"]
    assert all(entry.events == len(Script(*STEPS).log) and entry.size_bytes > 1000 for entry in found)
    assert found[0].started is not None and found[0].started.timestamp() == START_WALL_S + 120
    assert found[1].load().turns[0].assistant_text == "Hello there."
    assert len(found[1:]) == 2 and found[1:][0] == found[1]
    text = repr(found)
    assert "3 journals" in text and "cut off" in text and "rtnb.replay" in text
    assert _display.bundle(found)["text/plain"] == text
    for journal in kept:
        journal.close()


def test_where_none_are_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(journals(tmp_path)) == f"No journals in {tmp_path}."
    monkeypatch.setenv("RTNB_JOURNAL", "off")
    assert "'off'" in repr(journals()) and len(journals()) == 0
    monkeypatch.setenv("RTNB_JOURNAL", str(tmp_path))
    assert journals().place == tmp_path


def test_a_folder_with_nothing_in_it_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "20261118T110640Z-abcdef").mkdir()
    (entry,) = journals(tmp_path)
    assert (entry.started, entry.events, entry.state) == (None, 0, "cut off")
    assert "unknown time" in repr(journals(tmp_path))


def test_a_log_of_another_time_is_no_problem(tmp_path: Path) -> None:
    log = EventLog(start_s=0.0, start_wall_s=0.0)
    journal = Journal.start(log, tmp_path, "x", print)
    assert journal is not None
    journal.close()
    assert journals(tmp_path)[0].started is not None


def test_an_entry_prints_as_one_line(tmp_path: Path) -> None:
    entry = JournalEntry(path=tmp_path, started=None, endpoint="", events=1, size_bytes=2_000_000, state="cut off")
    assert repr(entry) == f"JournalEntry(at an unknown time, cut off, 1 event, 2.0 MB, {str(tmp_path)!r})"
