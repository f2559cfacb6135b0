"""What all commands share: how they start, and how they end when nobody can take what they print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.command import shell

COMMAND = [sys.executable, "-m", "rtnb", "prices"]


def test_a_pipe_that_closes_is_no_error() -> None:
    with subprocess.Popen([*COMMAND, "--all", "--json"], stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_one_clear_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(COMMAND, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("rtnb: ") and done.stderr.count("\n") == 1


def test_no_output_at_all_is_no_error() -> None:
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *COMMAND], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_pipe_that_lacks_characters_gets_some_that_are_alike(encoding: str) -> None:
    printed = shell("prices", PYTHONIOENCODING=f"{encoding}:strict", PYTHONUTF8="0")
    assert (printed.status, printed.err) == (0, "")
    assert set(printed.out.splitlines()[2]) == {"-"}, "the rule"


def test_json_is_the_same_through_any_pipe() -> None:
    forms = [shell("prices", "--json", PYTHONIOENCODING=encoding) for encoding in ("utf-8", "ascii")]
    assert forms[0].data == forms[1].data and forms[0].data["rows"]


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom rtnb.cli import main\n"
        "try: main(['--version'])\nexcept SystemExit: pass\n"
        "print([n for n in ('numpy', 'matplotlib', 'pandas', 'websockets', 'rtnb.server') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
