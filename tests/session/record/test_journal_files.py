from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from rtnb.session.record.journal_files import (
    CLOSED,
    CUT_OFF,
    OPEN,
    Lock,
    default_place,
    found_in,
    new_folder,
    prune,
    size_of,
    state_of,
)

DAY_S = 86_400.0


def made(place: Path, number: int, *, closed: bool = True, size: int = 100) -> Path:
    folder = new_folder(place, 1_795_000_000.0 + number * DAY_S)
    (folder / "manifest.json").write_text(json.dumps({"journal": {"closed": closed}}))
    (folder / "lock").touch()
    (folder / "audio").mkdir()
    (folder / "audio" / "output.pcm").write_bytes(bytes(size))
    return folder


def test_folders_sort_by_time_and_are_told_apart(tmp_path: Path) -> None:
    folders = [made(tmp_path, number) for number in (0, 1, 1, 2)]
    assert len(set(folders)) == 4
    assert next(found_in(tmp_path)) == folders[-1]
    assert folders[0].name.startswith("20261118T110640Z-")


def test_the_newest_of_each_kind_stay(tmp_path: Path) -> None:
    cut = [made(tmp_path, number, closed=False) for number in range(0, 10, 2)]
    closed = [made(tmp_path, number) for number in range(1, 11, 2)]
    gone = prune(tmp_path, kept=3)
    assert set(gone) == {*cut[:2], *closed[:2]}
    assert set(found_in(tmp_path)) == {*cut[2:], *closed[2:]}


def test_the_oldest_go_when_there_is_no_room(tmp_path: Path) -> None:
    folders = [made(tmp_path, number, size=1000) for number in range(5)]
    each = size_of(folders[0])
    assert set(prune(tmp_path, kept_bytes=3 * each)) == set(folders[:2])


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    folder = made(tmp_path, 0, closed=False)
    lock = Lock(folder)
    assert state_of(folder) == OPEN
    assert prune(tmp_path, kept=0, kept_bytes=0) == []
    lock.release()
    assert state_of(folder) == CUT_OFF
    assert prune(tmp_path, kept=0) == [folder]


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
