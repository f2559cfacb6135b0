from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from rtnb.session.record.journal_files import (
    CLOSED,
    CUT_OFF,
    MOURNED_S,
    OPEN,
    Gone,
    Lock,
    default_place,
    found_in,
    new_folder,
    prune,
    size_of,
    state_of,
    thrown_away,
)

DAY_S = 86_400.0


def made(place: Path, number: int, *, closed: bool = True, size: int = 100, old: bool = True) -> Path:
    folder = new_folder(place, 1_795_000_000.0 + number * DAY_S)
    (folder / "manifest.json").write_text(json.dumps({"journal": {"closed": closed}}))
    (folder / "lock").touch()
    (folder / "audio").mkdir()
    (folder / "audio" / "output.pcm").write_bytes(bytes(size))
    if old:
        last_s = time.time() - MOURNED_S - DAY_S
        for path in (folder, folder / "manifest.json"):
            os.utime(path, (last_s, last_s))
    return folder


def paths(gone: list[Gone]) -> set[Path]:
    return {each.path for each in gone}


def test_folders_sort_by_time_and_are_told_apart(tmp_path: Path) -> None:
    folders = [made(tmp_path, number) for number in (0, 1, 1, 2)]
    assert len(set(folders)) == 4
    assert next(found_in(tmp_path)) == folders[-1]
    assert folders[0].name.startswith("20261118T110640Z-")


def test_the_newest_of_each_kind_stay(tmp_path: Path) -> None:
    cut = [made(tmp_path, number, closed=False) for number in range(0, 10, 2)]
    closed = [made(tmp_path, number) for number in range(1, 11, 2)]
    gone = prune(tmp_path, kept=3)
    assert paths(gone) == {*cut[:2], *closed[:2]}
    assert set(found_in(tmp_path)) == {*cut[2:], *closed[2:]}


def test_the_oldest_go_when_there_is_no_room(tmp_path: Path) -> None:
    folders = [made(tmp_path, number, size=1000) for number in range(5)]
    each = size_of(folders[0])
    gone = prune(tmp_path, kept_bytes=3 * each)
    assert paths(gone) == set(folders[:2])
    assert all(each.for_room for each in gone)


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    folder = made(tmp_path, 0, closed=False)
    lock = Lock(folder)
    assert state_of(folder) == OPEN
    assert prune(tmp_path, kept=0, kept_bytes=0) == []
    lock.release()
    assert state_of(folder) == CUT_OFF
    later = made(tmp_path, 1, closed=False)
    assert paths(prune(tmp_path, kept=0)) == {folder}
    assert list(found_in(tmp_path)) == [later]


def test_the_newest_of_each_state_stays_however_large(tmp_path: Path) -> None:
    closed = [made(tmp_path, number, size=1000) for number in range(3)]
    cut = [made(tmp_path, number, closed=False, size=1000) for number in (5, 6)]
    assert paths(prune(tmp_path, kept_bytes=10)) == {*closed[:2], cut[0]}


def test_what_was_cut_off_lately_stays(tmp_path: Path) -> None:
    cut = [made(tmp_path, number, closed=False, old=False) for number in range(5)]
    assert prune(tmp_path, kept=1, kept_bytes=0) == []
    # Sessions that were closed go all the same.
    closed = [made(tmp_path, number, old=False) for number in range(3)]
    assert paths(prune(tmp_path, kept=1)) == set(closed[:2])
    assert set(found_in(tmp_path)) == {*cut, closed[2]}


def test_what_is_being_written_takes_no_room_from_others(tmp_path: Path) -> None:
    closed = [made(tmp_path, number, size=1000) for number in range(3)]
    lock = Lock(made(tmp_path, 9, closed=False, size=100_000))
    assert prune(tmp_path, kept_bytes=4 * size_of(closed[0])) == []
    lock.release()


def test_what_somebody_may_miss_is_said() -> None:
    name = "20261118T110640Z-abcdef"
    assert thrown_away([]) == thrown_away([Gone(Path(name), CLOSED, False)]) == ""
    said = thrown_away([Gone(Path(name), CLOSED, True)] * 7)
    assert "7 old journals" in said and "2 GB" in said and "2026-11-18 11:06 UTC" in said and "2 more" in said
    assert "cut off" in thrown_away([Gone(Path(name), CUT_OFF, False)])


def test_what_is_just_being_made_stays(tmp_path: Path) -> None:
    new_folder(tmp_path, 1_795_000_000.0)
    assert prune(tmp_path, kept=0, kept_bytes=0) == []


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "20261118T110640Z-abcdef.txt").touch()
    (tmp_path / "20261118T110640Z-abcdef").touch()
    assert prune(tmp_path, kept=0, kept_bytes=0) == []
    assert list(found_in(tmp_path)) == []
    assert list(found_in(tmp_path / "nowhere")) == []


def test_a_closed_journal_is_closed(tmp_path: Path) -> None:
    assert state_of(made(tmp_path, 0)) == CLOSED


@pytest.mark.parametrize("said", ["off", "OFF", " none ", "0", "false"])
def test_off_is_off(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("RTNB_JOURNAL", said)
    assert default_place() is None


@pytest.mark.skipif(sys.platform != "linux", reason="the place differs")
def test_the_place_is_that_of_the_xdg_specification(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RTNB_JOURNAL", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_place() == tmp_path / ".local" / "state" / "rtnb" / "journals"
    monkeypatch.setenv("RTNB_JOURNAL", os.path.join("~", "here"))  # noqa: PTH118
    assert default_place() == tmp_path / "here"
