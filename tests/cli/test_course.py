"""The course for whoever has no checkout."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from rtnb.cli import course, main

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(notebook: Path) -> list[str]:
    """Of its text."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ["".join(each["source"]) for each in cells if each["cell_type"] == "markdown"]
    return [link for text in texts for link in LINK.findall(text)]


def test_a_copy_is_complete_and_never_written_over(tmp_path: Path) -> None:
    first, copied = course.own_copy(tmp_path / "mine")
    kept = {path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    shipped = {
        path.relative_to(course.shipped())
        for path in course.shipped().rglob("*")
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(course.shipped()).parts)
    }
    assert kept == shipped and copied == len(shipped) > 10
    first.write_text("mine")
    (tmp_path / "mine" / "06_what_it_costs.ipynb").unlink()
    assert course.own_copy(tmp_path / "mine") == (first, 1)
    assert first.read_text() == "mine"


def test_every_link_of_a_copy_leads_somewhere(tmp_path: Path) -> None:
    course.own_copy(tmp_path / "mine")
    led = set()
    for notebook in (tmp_path / "mine").rglob("*.ipynb"):
        for link in links(notebook):
            place = link.partition("#")[0]
            if place.startswith(course.SITE):
                assert (ROOT / "docs" / place.removeprefix(course.SITE)).with_suffix(".md").exists(), (notebook, link)
                led.add("site")
            elif place.startswith(course.REPOSITORY):
                assert (ROOT / place.removeprefix(course.REPOSITORY)).exists(), (notebook, link)
                led.add("repository")
            elif place and "://" not in place:
                assert (notebook.parent / place).resolve().is_relative_to(tmp_path / "mine"), (notebook, link)
                assert (notebook.parent / place).exists(), (notebook, link)
    assert led == {"site", "repository"}


def test_only_links_that_lead_out_of_the_course_are_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = tmp_path / "brought"
    (brought / "ports").mkdir(parents=True)
    text = "[up](../06.ipynb) [out](../../docs/guides/serving.md#metrics) [far](../../examples/a/b.py) [here](07.ipynb)"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": [text]},
        {"cell_type": "code", "metadata": {}, "source": [text], "outputs": [], "execution_count": None},
    ]
    (brought / course.FIRST).write_text(json.dumps({"cells": []}))
    (brought / "ports" / "one.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setattr(course, "shipped", lambda: brought)
    course.own_copy(tmp_path / "mine")
    told, code = json.loads((tmp_path / "mine" / "ports" / "one.ipynb").read_text())["cells"]
    assert "".join(told["source"]) == (
        "[up](../06.ipynb) [out](https://rtnb.github.io/rtnb/guides/serving.html#metrics) "
        "[far](https://github.com/rtnb/rtnb/blob/HEAD/examples/a/b.py) [here](07.ipynb)"
    )
    assert code["source"] == [text]


def test_what_a_checkout_hides_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = tmp_path / "brought"
    for name in (course.FIRST, ".env", ".ipynb_checkpoints/00-checkpoint.ipynb", "data/__pycache__/a.pyc"):
        (brought / name).parent.mkdir(parents=True, exist_ok=True)
        (brought / name).write_text('{"cells": []}')
    monkeypatch.setattr(course, "shipped", lambda: brought)
    assert course.own_copy(tmp_path / "mine")[1] == 1


def test_a_copy_that_is_interrupted_leaves_no_part_of_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space"):
            course.own_copy(tmp_path / "mine")
    assert not [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert course.own_copy(tmp_path / "mine")[1] > 10


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
