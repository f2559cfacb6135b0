"""Scenario files as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.server.brains.scenario import Node, read_scenario


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "s.yaml"
    file.write_text(text)
    return read_scenario(file).plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: yes", {"on": "yes"}),
        ("at: 12:30", {"at": "12:30"}),
        ("day: 2026-11-21", {"day": "2026-11-21"}),
        ("id: 007", {"id": "007"}),
        ("[1, -2, 3.5, 1e3, .5, 0]", [1, -2, 3.5, 1000.0, 0.5, 0]),
        ("[true, false, null, ~, ]", [True, False, None, None]),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ('"\\ud83d\\ude00"', "😀"),
        ("'5'", "5"),
        ("!!python/object:os.system x", "x"),
    ],
)
def test_values(tmp_path: Path, text: str, value: object) -> None:
    assert read(tmp_path, text) == value


def test_lines_are_those_of_the_keys(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("a:\n  b:\n    - 1\n    - 2\n")
    lines = {node.path: node.line for node in read_scenario(file).walk()}
    assert lines == {"": 1, "a": 1, "a.b": 2, "a.b[0]": 3, "a.b[1]": 4}


def test_plain_values_have_no_lines() -> None:
    assert Node.of({"a": [1]}).value["a"].value[0].line is None
