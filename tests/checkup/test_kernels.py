"""The kernel, what patches its loop, and kernelspecs."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rtnb.checkup.kernels import Kernel, Spec, judge_kernel, judge_specs, kernel, same_environment, specs

GOOD = Kernel("7.4.0", True, "~/env/bin/python", None, None, None)


@pytest.mark.parametrize(
    ("changed", "check", "verdict", "words"),
    [
        ({}, "ipykernel", "ok", ""),
        ({"version": "6.31.0"}, "ipykernel", "note", "ipykernel>=7"),
        ({"version": "7.0.1"}, "ipykernel", "note", "ipykernel>=7.1"),
        ({"version": "6.29.5"}, "ipykernel", "note", "restart the kernel"),
        ({"version": None, "running": False}, "ipykernel", "note", "rtnb[lab]"),
        ({"shell_python": "/usr/bin/python"}, "kernel's Python", "note", "%pip install"),
        ({"nest_asyncio": "1.6.0"}, "nest-asyncio", "note", "allow_nested_asyncio"),
        ({"patched_by": "nest_asyncio"}, "nest-asyncio", "problem", "Restart the kernel"),
        ({"patched_by": "nest_asyncio2"}, "nest-asyncio", "ok", ""),
        ({"patched_by": "nest_asyncio", "version": "6.31.0"}, "nest-asyncio", "ok", ""),
    ],
)
def test_kernels(changed: dict[str, Any], check: str, verdict: str, words: str) -> None:
    findings = {finding.check: finding for finding in judge_kernel(dataclasses.replace(GOOD, **changed))}
    assert findings[check].verdict == verdict and words in findings[check].remedy


def test_nest_asyncio_is_nothing_to_old_kernels() -> None:
    found = judge_kernel(dataclasses.replace(GOOD, version="6.31.0", nest_asyncio="1.6.0"))
    assert [finding.check for finding in found] == ["ipykernel", "kernel's Python"]


def test_the_kernel_of_this_environment() -> None:
    facts = kernel()
    assert not facts.running and facts.version is not None


def test_an_environment_is_known_by_its_folder_not_by_what_its_links_lead_to(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python").symlink_to(sys.executable)
    assert same_environment(tmp_path / "one" / "bin" / "python", tmp_path / "one")
    assert not same_environment(tmp_path / "two" / "bin" / "python", tmp_path / "one")


OURS = Spec("python3", "Python 3", "python", True, True, True)
STALE = Spec("old", "Old", "~/gone/bin/python", False, False, None)
OTHER = Spec("other", "Other", "~/other/bin/python", True, False, False)


def test_kernelspecs() -> None:
    ours, stale, other = judge_specs([OURS, STALE, OTHER])
    assert (ours.verdict, stale.verdict, other.verdict) == ("ok", "problem", "note")
    assert stale.remedy == "jupyter kernelspec remove old"
    assert "~/other/bin/python -m pip install rtnb" in other.remedy


def test_no_kernelspec_of_ours() -> None:
    first, *_ = judge_specs([OTHER])
    assert first.verdict == "note" and "ipykernel install" in first.remedy
    (none,) = judge_specs([])
    assert none.verdict == "note"
    (absent,) = judge_specs(None)
    assert absent.verdict == "skipped"


def test_specs_are_read_where_jupyter_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    (other / "bin" / "python").touch()
    (other / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    for name, python, language in (
        ("stale", tmp_path / "gone" / "bin" / "python", "python"),
        ("elsewhere", other / "bin" / "python", "python"),
        ("here", Path(sys.prefix) / "bin" / "python", "python"),
        ("julia", tmp_path / "julia", "julia"),
    ):
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        written = {"argv": [str(python), "-f", "{connection_file}"], "display_name": name, "language": language}
        (folder / "kernel.json").write_text(json.dumps(written))
    (tmp_path / "jupyter" / "kernels" / "broken").mkdir()
    (tmp_path / "jupyter" / "kernels" / "broken" / "kernel.json").write_text("{")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    found = {spec.name: spec for spec in specs() or ()}
    assert {"stale", "elsewhere", "here", "python3"} <= set(found) and "julia" not in found
    assert (found["stale"].exists, found["here"].ours, found["elsewhere"].has_rtnb) == (False, True, False)
    # Not those that the system has besides.
    own = [found[name] for name in ("stale", "elsewhere", "here")]
    verdicts = [finding.verdict for finding in judge_specs(own)]
    assert sorted(verdicts) == ["note", "ok", "problem"]
