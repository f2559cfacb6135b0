"""``rtnb check``: its status; what is checked is tested in tests/testing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Command
from support.wire import Wire

from rtnb.server import EmbeddedServer, Options
from rtnb.testing.recorder import FolderRecorder


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session of a client that has said one thing."""
    folder = tmp_path_factory.mktemp("recorded")
    with (
        EmbeddedServer(Options(watchers=(FolderRecorder(folder),))) as server,
        Wire(server.url, key=server.key) as wire,
    ):
        wire.next()
        wire.say("A table for two, please.")
    return folder


@pytest.mark.parametrize(
    ("expected", "status", "told"),
    [
        ("sessions: 1\n", 0, "passed: 1 expectation"),
        ("sessions: 2\n", 1, "FAILED: 1 of 1 expectation"),
    ],
)
def test_the_status_says_whether_all_of_them_hold(
    run: Command, recorded: Path, tmp_path: Path, expected: str, status: int, told: str
) -> None:
    (tmp_path / "expect.yaml").write_text(expected)
    printed = run("check", recorded, "--expect", tmp_path / "expect.yaml")
    assert (printed.status, printed.err) == (status, "")
    assert printed.out.startswith(told)


def test_what_cannot_be_checked_is_no_failed_check(run: Command, recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "expect.yaml").write_text("sesions: 1\n")
    (tmp_path / "errors.yaml").write_text("errors: none\n")
    (tmp_path / "empty").mkdir()
    for folder, file in (
        (recorded, "expect.yaml"),
        (recorded, "none.yaml"),
        (tmp_path / "none", "errors.yaml"),
        (tmp_path / "empty", "errors.yaml"),
    ):
        printed = run("check", folder, "--expect", tmp_path / file)
        assert (printed.status, printed.out) == (2, "")
        assert printed.err.startswith("rtnb: ") and printed.err.count("\n") == 1
