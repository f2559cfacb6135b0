"""Both halves of widgets."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rtnb.checkup import frontend
from rtnb.checkup.frontend import FrontEnd, Server, front_end, judge_front_end

LAB = Server("~/lab", "parent", "4.6.6", "5.0.16", "0.11.0")
GOOD = FrontEnd("8.1.9", "0.11.0", True, LAB)


def test_all_is_well() -> None:
    assert {finding.verdict for finding in judge_front_end(GOOD)} == {"ok"}


@pytest.mark.parametrize(
    ("changed", "check", "verdict", "words"),
    [
        ({"manager": None}, "widget manager", "problem", "jupyterlab_widgets==3.*"),
        ({"manager": "3.1.0"}, "widget manager", "problem", "jupyterlab_widgets==3.*"),
        ({"anywidget": None}, "anywidget in pages", "problem", "anywidget==0.11.*"),
        ({"anywidget": "0.9.18"}, "anywidget in pages", "problem", "anywidget==0.11.*"),
        ({"anywidget": "0.11.3"}, "anywidget in pages", "ok", ""),
        ({"jupyterlab": "4.2.5"}, "JupyterLab", "note", "jupyterlab>=4.4"),
    ],
)
def test_servers(changed: dict[str, Any], check: str, verdict: str, words: str) -> None:
    facts = dataclasses.replace(GOOD, server=dataclasses.replace(LAB, **changed))
    findings = {finding.check: finding for finding in judge_front_end(facts)}
    assert findings[check].verdict == verdict and words in findings[check].remedy


def test_missing_here() -> None:
    first, second, *_ = judge_front_end(dataclasses.replace(GOOD, ipywidgets=None, anywidget=None))
    assert (first.remedy, second.remedy) == ("pip install ipywidgets", "pip install anywidget")
    assert judge_front_end(dataclasses.replace(GOOD, server=None))[-1].verdict == "note"
    assert judge_front_end(FrontEnd("8.1.9", "0.11.0", False, None))[-1].verdict == "skipped"


def test_a_server_without_jupyterlab_is_no_problem() -> None:
    """Its pages may show widgets in other ways: Voila, an editor, a program that runs notebooks."""
    facts = dataclasses.replace(GOOD, server=Server("~/other", "parent", None, None, None))
    assert {each.verdict for each in judge_front_end(facts)} == {"ok", "note"}
    assert "the live check tells" in judge_front_end(facts)[-1].found


def test_this_environment() -> None:
    facts = front_end()
    assert facts.server is not None and facts.server.known_by == "environment"
    assert {finding.verdict for finding in judge_front_end(facts)} == {"ok"}


def extensions(folder: Path, **versions: str) -> Path:
    for name, version in versions.items():
        place = folder / "labextensions" / {"manager": frontend.MANAGER}.get(name, name)
        place.mkdir(parents=True)
        (place / "package.json").write_text(json.dumps({"version": version}))
    return folder


def test_the_working_directory_is_no_place_of_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extensions(tmp_path, anywidget="0.1.0")
    monkeypatch.chdir(tmp_path)
    for path in ("", os.pathsep):
        monkeypatch.setenv("JUPYTER_PATH", path)
        server = frontend._own()
        assert server is not None and server.anywidget not in (None, "0.1.0")


def test_a_users_own_folder_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever this system has it: Jupyter itself says where."""
    from jupyter_core.paths import jupyter_path

    monkeypatch.setenv("JUPYTER_PATH", "")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(extensions(tmp_path / "data", anywidget="0.9.3")))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert str(tmp_path / "data") in jupyter_path()
    server = frontend._own()
    assert server is not None and server.anywidget == "0.9.3"


SERVER = """
import sys
print("here", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def a_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A process that started this one, as far as can be told."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        running.append(process)
        assert process.stdout is not None and process.stdout.readline()
        monkeypatch.setenv("JPY_PARENT_PID", str(process.pid))
        return process

    yield start
    for process in running:
        process.communicate()


def test_a_server_is_asked_with_its_own_variables(tmp_path: Path, a_server: Callable[..., object]) -> None:
    a_server(sys.executable, "-c", SERVER, JUPYTER_PATH=str(extensions(tmp_path, anywidget="0.9.3", manager="3.1.0")))
    server = frontend._parent()
    assert server is not None and server.known_by == "parent" and server.jupyterlab is not None
    assert (server.manager, server.anywidget) == ("3.1.0", "0.9.3")
    verdicts = {each.check: each.verdict for each in judge_front_end(dataclasses.replace(GOOD, server=server))}
    assert verdicts["anywidget in pages"] == verdicts["widget manager"] == "problem"


def test_a_server_of_another_environment_is_asked(tmp_path: Path, a_server: Callable[..., object]) -> None:
    """An environment that sees its system's packages: its Jupyter is there, and not under its own prefix."""
    import venv

    venv.create(tmp_path / "env", system_site_packages=True, with_pip=False)
    python = next(path for path in ((tmp_path / "env").glob("*/python*")) if path.stem == "python")
    site = next((tmp_path / "env").glob("lib/python*/site-packages"), tmp_path / "env" / "Lib" / "site-packages")
    # As a .pth file of system_site_packages would: this environment's packages.
    (site / "beside.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    data = extensions(tmp_path / "data", anywidget="0.11.0", manager="5.0.16")
    a_server(str(python), "-c", SERVER, JUPYTER_DATA_DIR=str(data), JUPYTER_PREFER_ENV_PATH="0")
    server = frontend._parent()
    assert server is not None and server.where == str(tmp_path / "env")
    assert (server.manager, server.anywidget) == ("5.0.16", "0.11.0")


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_what_is_no_python_is_not_asked(a_server: Callable[..., object]) -> None:
    a_server(str(shutil.which("sh")), "-c", "echo here; read line")
    assert frontend._parent() is None


@pytest.mark.parametrize(
    ("command", "executable", "python"),
    [
        (["/env/bin/python", "/env/bin/jupyter-lab"], "/usr/bin/python3.11", "/env/bin/python"),
        (["/env/bin/python3.13t", "-m", "jupyterlab"], "/usr/bin/python3.13t", "/env/bin/python3.13t"),
        (["python", "-m", "jupyterlab"], "/usr/bin/python3.11", None),
        (["/usr/share/code/code", "--type=extensionHost"], "/usr/share/code/code", None),
        ([], "/usr/bin/python3", "/usr/bin/python3"),
    ],
)
def test_the_python_of_a_process(command: list[str], executable: str, python: str | None) -> None:
    assert frontend._python_of(command, executable) == python


@pytest.mark.parametrize("said", ["", "somebody", "999999999"])
def test_nobody_started_it(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("JPY_PARENT_PID", said)
    assert frontend._parent() is None
