"""The course for whoever has no checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rtnb.cli import course, main


def test_a_copy_is_complete_and_never_written_over(tmp_path: Path) -> None:
    first, copied = course.own_copy(tmp_path / "mine")
    kept = {path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    shipped = {
        path.relative_to(course.shipped())
        for path in course.shipped().rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }
    assert kept == shipped and copied == len(shipped) > 10
    first.write_text("mine")
    (tmp_path / "mine" / "06_what_it_costs.ipynb").unlink()
    assert course.own_copy(tmp_path / "mine") == (first, 1)
    assert first.read_text() == "mine"


@pytest.mark.parametrize("there", [True, False])
def test_lab_opens_the_course_where_it_is(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", lambda command: asked.append(command) or 0)
    monkeypatch.chdir(tmp_path)
    if there:
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "notebooks" / course.FIRST).touch()
    assert main(["lab"]) == 0
    opened = next(part for part in asked[0] if part.endswith(".ipynb"))
    assert Path(opened).exists()
    assert opened.startswith("notebooks" if there else course.FOLDER)
    assert ("copied" in capsys.readouterr().out) is not there


def test_an_installation_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "FIRST", "no_such_notebook.ipynb")
    with pytest.raises(course.ConfigError, match="The course is not in"):
        course.shipped()
