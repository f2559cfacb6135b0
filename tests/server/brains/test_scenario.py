"""Scenario files as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.errors import ConfigError
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


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("a: {n:number}", {"a": "{n:number}"}),
        ("a: { n }", {"a": "{n}"}),
        ("a: [x, {output.to.0.it}]", {"a[1]": "{output.to.0.it}"}),
        ("é😀: {city}", {"é😀": "{city}"}),
        ("{city}", {"": "{city}"}),
        ("a: '{n}'", {}),
        ("a: {n: }", {}),
        ("a: {n: ~}", {}),
        ("a: {n: ''}", {}),
        ("a: {n: 1}", {}),
        ("a: {n, m}", {}),
        ("a: {'n'}", {}),
        ("a: {n:word}", {}),
        ("a:\n  n:\n", {}),
        ("a: {}", {}),
    ],
)
def test_slots_without_quotes_are_noticed(tmp_path: Path, text: str, slots: dict[str, str]) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    assert {node.path: node.slot for node in read_scenario(file).walk() if node.slot} == slots


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "rules:\n  - on: any\n    say: Well: hello\n",
            "s.yaml, line 3, column 14: no YAML: mapping values are not allowed here; put the text in quotes.",
        ),
        (
            "say: {city} is big\n",
            "s.yaml, line 1, column 13: no YAML: expected <block end>, but found '<scalar>'; put the whole text in "
            "quotes (while parsing a block mapping, which begins in line 1).",
        ),
        (
            "a:\n  b: [1, 2\nc: 3\n",
            "s.yaml, line 3, column 2: no YAML: expected ',' or ']', but got ':' (while parsing a flow sequence, which "
            "begins in line 2).",
        ),
    ],
)
def test_what_is_no_yaml_is_told_with_where_it_began(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)
    assert str(raised.value) == told
