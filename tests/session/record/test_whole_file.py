from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from rtnb.session.record.whole_file import replacing


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError("odd")])
def test_what_ends_early_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    place = tmp_path / "talk.rtnb"
    place.write_bytes(b"old")
    with pytest.raises(type(error)), replacing(place) as file:
        file.write(b"half")
        raise error
    assert place.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["talk.rtnb"]


def test_a_full_disk_at_the_end_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "talk.rtnb"
    place.write_bytes(b"old")

    def refused(self: Path, target: Path) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(OSError, match="quota"), replacing(place) as file:
        file.write(b"new")
    assert place.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["talk.rtnb"]


def test_nothing_is_there_before_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "talk.rtnb"
    with replacing(place) as file:
        file.write(b"whole")
        assert not place.exists()
    assert place.read_bytes() == b"whole"


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_rights_and_links_stay_as_they_were(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        with replacing(tmp_path / "new") as file:
            file.write(b"1")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    old, link = tmp_path / "old", tmp_path / "link"
    old.write_bytes(b"old")
    old.chmod(0o604)
    link.symlink_to(old)
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink() and old.read_bytes() == b"new" and stat.S_IMODE(old.stat().st_mode) == 0o604


@pytest.mark.skipif(os.name == "nt", reason="devices of POSIX")
def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    with replacing(Path(os.devnull)) as file:
        file.write(b"gone")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("name", [".", "no/such/folder", "n" * 300])
def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError), replacing(tmp_path / name):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path) -> None:
    place = tmp_path / "talk.rtnb"
    place.write_bytes(b"old")
    place.chmod(0o444)
    with pytest.raises(PermissionError), replacing(place):
        pass
