"""Versions of Python and of packages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import rtnb
from rtnb.checkup.versions import (
    EXTRAS,
    Installed,
    Interpreter,
    Pins,
    installed,
    interpreter,
    judge_installed,
    judge_interpreter,
    judge_pins,
    pins,
    short,
)


@pytest.mark.parametrize(
    ("facts", "verdict", "words"),
    [
        (Interpreter((3, 12, 1), "Linux", "~/env", True), "ok", ""),
        (Interpreter((3, 10, 14), "Linux", "~/env", True), "problem", "3.11 or newer"),
        (Interpreter((3, 15, 0), "Linux", "~/env", True), "note", "3.13"),
        (Interpreter((3, 12, 1), "Linux", "/usr", False), "note", "venv"),
    ],
)
def test_python(facts: Interpreter, verdict: str, words: str) -> None:
    (finding,) = judge_interpreter(facts)
    assert finding.verdict == verdict and words in finding.remedy


def test_this_python() -> None:
    assert judge_interpreter(interpreter())[0].verdict in ("ok", "note")


def test_the_home_folder_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert short("/home/somebody/env") == str(Path("~/env"))
    assert short("/opt/env") == "/opt/env"


def test_the_voice_stack_is_missed() -> None:
    finding, extras = judge_installed(Installed("1.0", ("lab",), (), ()))
    assert "local" not in extras.found
    assert finding.verdict == "note" and "rtnb[local]" in finding.remedy


def test_requirements_that_are_not_met() -> None:
    facts = Installed("1.0", ("local",), ("httpx>=0.27",), (('onnxruntime>=1.20; extra == "local"', "1.9"),))
    first, _, missing, wrong = judge_installed(facts)
    assert first.verdict == "ok"
    assert missing.verdict == wrong.verdict == "problem"
    assert missing.remedy == 'pip install "httpx>=0.27"' and wrong.remedy == 'pip install "onnxruntime>=1.20"'


def test_every_extra_that_a_user_may_want_is_known() -> None:
    """Those for work on rtnb itself, and the course's, which is a sum of others, are left out."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"]) - {"test", "docs", "course"}


def test_extras_that_are_not_there_are_named() -> None:
    all_but = tuple(name for name in EXTRAS if name not in ("mcp", "dask"))
    _, extras = judge_installed(Installed("1.0", all_but, (), ()))
    assert extras.verdict == "skipped" and "mcp (tools of MCP servers)" in extras.found
    assert extras.remedy == 'pip install "rtnb[mcp,dask]"'
    assert len(judge_installed(Installed("1.0", tuple(EXTRAS), (), ()))) == 1


def test_this_installation() -> None:
    facts = installed()
    assert facts.version == rtnb.__version__
    assert facts.missing == () and facts.wrong == ()
    assert "local" in facts.extras


@pytest.mark.parametrize(
    ("facts", "verdict", "words"),
    [
        (Pins("17.4", True, ()), "ok", ""),
        (Pins("17.4", True, (("voila", ">=9", True),)), "ok", ""),
        (Pins(None, False, ()), "problem", "websockets>=15,<18"),
        (Pins("14.2", False, ()), "problem", "websockets>=15,<18"),
        (Pins("17.4", True, (("agents", "<16", False),)), "problem", '"websockets>=15,<16"'),
        (Pins("17.4", True, (("a", "<16", False), ("b", "<15.5,>=13", False))), "problem", '"websockets>=15" a, b'),
    ],
)
def test_websockets(facts: Pins, verdict: str, words: str) -> None:
    (finding,) = judge_pins(facts)
    assert finding.verdict == verdict and words in finding.remedy


def test_who_pins_websockets_is_read_from_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "old_agents-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: old-agents\nVersion: 1.0\nRequires-Dist: websockets<15\n"
        'Requires-Dist: websockets<3; extra == "never"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    facts = pins()
    assert ("old-agents", "<15", False) in facts.others
    assert judge_pins(facts)[0].verdict == "problem"
