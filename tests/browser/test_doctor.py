"""``rtnb.doctor()`` in a real JupyterLab: the page answers, and nothing of the question stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from support import lab
from support.notebooks import cell, open_notebook, run_cell, save, write_notebook
from support.require import require_command, require_module

pytestmark = [pytest.mark.local, pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

PAGE = """
import json
print(json.dumps({each.check: [each.verdict, each.found] for each in report.groups["page"]}))
"""


@pytest.mark.parametrize("subshells", [True, False], ids=["subshells", "no subshells"])
def test_the_page_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subshells: bool) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    if not subshells:
        name = "@jupyterlab/apputils-extension/kernels-settings"
        monkeypatch.setitem(lab.SETTINGS, name, {"commsOverSubshells": "disabled"})
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    options = "offline=True" if subshells else "quick=True, offline=True"
    write_notebook(root / "doctor.ipynb", f"import rtnb\nreport = rtnb.doctor({options})\nreport", PAGE)
    ARTIFACTS.mkdir(exist_ok=True)
    dark = not subshells
    theme = "JupyterLab Dark" if dark else "JupyterLab Light"
    with (
        lab.jupyterlab(root, home, theme=theme) as address,
        lab.browser_page(chromium, flags=FAKE, dark=dark, height=1500) as page,
    ):
        open_notebook(page, address.format("doctor.ipynb"))
        shown = run_cell(page, 0, timeout_s=120)
        card = shown.get_by_role("region", name="Doctor")
        # Without subshells the page is heard when the cell has ended, and the card follows.
        card.get_by_text("go there and back in").wait_for(timeout=20_000)
        assert card.count() == 1
        text = card.inner_text()
        assert "JupyterLab" in text and "with AudioWorklet" in text
        cell(page, 0).screenshot(path=ARTIFACTS / f"doctor-{'dark' if dark else 'light'}.png")
        found = json.loads(run_cell(page, 1).locator(".jp-OutputArea-output").last.inner_text())
        assert {name: verdict for name, (verdict, _) in found.items()} == {
            "live check": "ok",
            "microphone": "ok",
            "sound": "ok",
        }
        # A fake microphone that is allowed.
        assert found["microphone"][1] == "allowed for this site"
        # The server that was asked about is the one that shows this page.
        assert "as the kernel's" in text and "widget manager" in text
        page.wait_for_timeout(500)
        save(page)
        assert key not in page.content()
    stored = (root / "doctor.ipynb").read_text(encoding="utf-8")
    assert key not in stored and "widget-view" not in stored
    outputs = nbformat.reads(stored, as_version=4).cells[0].outputs
    assert sum("go there and back in" in str(output) for output in outputs) == 1
