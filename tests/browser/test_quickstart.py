"""The quickstart in a real JupyterLab: run by hand, looked at in light and dark."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from support.require import require_command, require_module

pytestmark = [pytest.mark.local, pytest.mark.browser]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"
ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))


def test_the_quickstart_runs_and_shows_cards(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from playwright.sync_api import TimeoutError as Late
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    # Without its stored outputs: what the page shows was made by this run.
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, root / NOTEBOOK.name)
    ARTIFACTS.mkdir(exist_ok=True)
    with jupyterlab(root, home) as address, browser_page(chromium) as page:
        page.goto(address.format(NOTEBOOK.name))
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        page.get_by_text("Python 3", exact=False).first.wait_for(timeout=60_000)
        # A restart that is asked for while the kernel still starts may be lost, and nothing runs then: asked again.
        for attempt in range(3):
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Restart Kernel and Run All Cells…").click()
            page.get_by_role("button", name="Confirm Kernel Restart").click()
            try:
                page.wait_for_function(
                    "() => /\\[\\d+\\]/.test(document.querySelector('.jp-CodeCell .jp-InputPrompt').innerText)",
                    timeout=45_000,
                )
                break
            except Late:
                if attempt == 2:
                    raise
        # The last cell runs when the streamed call and everything before it is over.
        last = page.locator(".jp-CodeCell").last
        page.wait_for_function(
            """() => { const cells = [...document.querySelectorAll('.jp-CodeCell')];
                       const prompts = cells.map(c => c.querySelector('.jp-InputPrompt').innerText);
                       return prompts.every(p => /\\[\\d+\\]/.test(p)); }""",
            timeout=150_000,
        )
        errors = page.locator('.jp-OutputArea [data-mime-type="application/vnd.jupyter.stderr"]')
        assert errors.count() == 0
        spoken = page.locator(".jp-CodeCell", has_text="turn = s.ask(question)")
        assert "What is the weather in Paris?" in spoken.inner_text()
        # A browser can decode the players: their length is known to it.
        durations = spoken.locator("audio").evaluate_all(
            """async players => Promise.all(players.map(p => new Promise((done, fail) => {
                p.onloadedmetadata = () => done(p.duration); p.onerror = () => fail('cannot play');
                p.preload = 'metadata'; p.load(); })))"""
        )
        assert len(durations) == 2 and durations[0] == pytest.approx(1.87, abs=0.15) and durations[1] > 1
        pictures = page.locator(".jp-OutputArea img")
        assert pictures.count() >= 4
        assert all(pictures.evaluate_all("images => images.map(i => i.naturalWidth > 100)"))
        spoken.scroll_into_view_if_needed()
        spoken.screenshot(path=ARTIFACTS / "card-light.png")
        page.locator(".jp-CodeCell", has_text="s.stream").screenshot(path=ARTIFACTS / "run-light.png")
        page.screenshot(path=ARTIFACTS / "lab-light.png")
        last.screenshot(path=ARTIFACTS / "session-light.png")
        page.keyboard.press("Control+s")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
    with jupyterlab(root, home, theme="JupyterLab Dark") as address, browser_page(chromium, dark=True) as page:
        # Reopened, without running anything: the stills are there.
        page.goto(address.format(NOTEBOOK.name))
        page.wait_for_selector(".jp-CodeCell img", timeout=60_000)
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=60_000)
        spoken = page.locator(".jp-CodeCell", has_text="turn = s.ask(question)")
        spoken.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        spoken.screenshot(path=ARTIFACTS / "card-dark.png")
        page.locator(".jp-CodeCell", has_text="s.stream").screenshot(path=ARTIFACTS / "run-dark.png")
        page.screenshot(path=ARTIFACTS / "lab-dark.png")
