"""Folders of metrics do not outlive those who use them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rtnb.server.cluster.folder import VARIABLE, MetricsFolder, metrics_folder, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="several workers need Unix")


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_dead_servers_left_is_removed_and_nothing_else(tmp_path: Path, dead: int) -> None:
    names = (f"{dead}-x", f"{dead}-y", f"{os.getpid()}-z", "q")
    left, used, lives, other = (tmp_path / f"rtnb-metrics-{name}" for name in names)
    for folder in (left, used, lives, other):
        folder.mkdir()
        (folder / "counter_1.db").write_bytes(b"0")
    # In another container the same number is another process, which only the lock tells.
    user = MetricsFolder(str(used))
    sweep(tmp_path)
    assert not left.exists() and used.exists() and lives.exists() and other.exists()
    assert user.leave() and not used.exists()


def test_there_is_one_while_it_is_needed_unless_there_is_one_already(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"rtnb-metrics-{dead}-x").mkdir()
    with metrics_folder() as path:
        assert path == os.environ[VARIABLE]
        assert [str(each) for each in tmp_path.iterdir()] == [path]
    assert VARIABLE not in os.environ and not list(tmp_path.iterdir())
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with metrics_folder() as none:
        assert none is None
    assert tmp_path.exists()
