"""Both halves of widgets."""

from __future__ import annotations

import dataclasses
import json
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


def test_this_environment() -> None:
    facts = front_end()
    assert facts.server is not None and facts.server.known_by == "environment"
    assert {finding.verdict for finding in judge_front_end(facts)} == {"ok"}


def test_a_server_elsewhere_is_read_from_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    (site / "jupyterlab-4.1.2.dist-info").mkdir(parents=True)
    for name, version in (("anywidget", "0.9.3"), ("@jupyter-widgets/jupyterlab-manager", "5.0.13")):
        folder = tmp_path / "share" / "jupyter" / "labextensions" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"version": version}))
    monkeypatch.setenv("JPY_PARENT_PID", "4711")
    monkeypatch.setattr(frontend, "_prefix_of", lambda pid: tmp_path if pid == 4711 else None)
    server = frontend._parent()
    assert server == Server(str(tmp_path), "parent", "4.1.2", "5.0.13", "0.9.3")
    verdicts = {each.check: each.verdict for each in judge_front_end(dataclasses.replace(GOOD, server=server))}
    assert verdicts["anywidget in pages"] == "problem" and verdicts["JupyterLab"] == "note"
