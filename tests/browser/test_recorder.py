"""``rtnb.Mic()`` in a real JupyterLab with a fake microphone, and a kernel that hears no page while a cell runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest
from support import lab
from support.notebooks import cell, open_notebook, run_cell, save, start_cell, write_notebook
from support.require import require_command, require_module

import rtnb

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

LOOK = """
import json
def look():
    from rtnb.errors import AudioError
    try:
        clip = mic.clip
    except AudioError as error:
        return json.dumps({"error": str(error)})
    return json.dumps({"s": clip.duration_s, "hz": clip.rate_hz, "peak": clip.peak, "on": mic.recording,
                       "takes": [each.duration_s for each in mic.clips], "lost": mic._tape.lost, "text": repr(mic)})
"""


def state_of(page: Page, index: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_cell(page, index).locator(".jp-OutputArea-output").last.inner_text())
    return found


def says(view: Locator, text: str, *, timeout_s: float = 30) -> None:
    view.locator(".rtnb-says", has_text=text).wait_for(timeout=timeout_s * 1000)


def test_a_recording_is_made_played_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    # As with kernels that have none: no message of a page is heard while a cell runs.
    name = "@jupyterlab/apputils-extension/kernels-settings"
    monkeypatch.setitem(lab.SETTINGS, name, {"commsOverSubshells": "disabled"})
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    write_notebook(
        root / "mic.ipynb",
        "import time, rtnb" + LOOK,
        "mic = rtnb.Mic(max_s=8)\nmic",
        "print(look())",
        "time.sleep(5)",
        "rtnb.Mic().wait()",
        "mic.freeze()",
    )
    clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    quiet = np.zeros(clip.rate_hz // 4, dtype=np.float32)
    rtnb.Clip(np.concatenate([clip.samples, quiet]), clip.rate_hz).save(tmp_path / "speech.wav")
    ARTIFACTS.mkdir(exist_ok=True)
    flags = (*FAKE, f"--use-file-for-fake-audio-capture={tmp_path / 'speech.wav'}")
    with lab.jupyterlab(root, home) as address, lab.browser_page(chromium, flags=flags) as page:
        open_notebook(page, address.format("mic.ipynb"))
        run_cell(page, 0, timeout_s=60)
        view = run_cell(page, 1).locator(".rtnb-recorder")
        says(view, "Off. Press the button and speak.")
        assert "Nothing was recorded" in state_of(page, 2)["error"]
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-off-light.png")

        # Recorded by keyboard, and stopped.
        view.get_by_role("button", name="Record").focus()
        page.keyboard.press("Enter")
        says(view, "Recording. It ends by itself after 8 s.")
        page.wait_for_timeout(2500)
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-recording-light.png")
        assert view.get_by_role("meter", name="Input level").is_visible()
        view.get_by_role("button", name="Stop").click()
        says(view, "Recorded. The next cell can use it")
        first = state_of(page, 2)
        assert first["hz"] == 24000 and 2 < first["s"] < 7 and first["peak"] > 0.05 and not first["on"]
        assert first["lost"] == 0 and len(first["takes"]) == 1
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-recorded-light.png")

        # Played to its end.
        view.get_by_role("button", name="Play").click()
        says(view, "Playing.")
        says(view, "Recorded. The next cell can use it")

        # A kernel that hears nothing meanwhile: what was said is kept, also behind the end.
        view.get_by_role("button", name="Record again").click()
        says(view, "Recording.")
        busy = start_cell(page, 3)
        says(view, "what you say is kept in the page")
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-busy-light.png")
        view.get_by_role("button", name="Stop").click()
        says(view, "Leave this page open")
        assert "[*]" in busy.locator(".jp-InputPrompt").inner_text()
        said_s = view.locator(".rtnb-recorder-clock").inner_text()
        says(view, "Recorded. The next cell can use it")
        kept = state_of(page, 2)
        minutes, seconds = said_s.split(":")
        assert kept["s"] == pytest.approx(60 * int(minutes) + float(seconds), abs=0.11) and kept["s"] > 2
        assert kept["lost"] == 0 and len(kept["takes"]) == 2

        # Waiting in a cell would be in vain here.
        refused = run_cell(page, 4).locator(".jp-OutputArea-output").last.inner_text()
        assert "ConfigError" in refused and "next cell" in refused

        # The limit ends it; in the other theme, and after the page was loaded anew.
        view.get_by_role("button", name="Record again").click()
        says(view, "the limit (max_s)")
        assert state_of(page, 2)["takes"][2] == 8.0
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        save(page)
        page.reload()
        view = cell(page, 1).locator(".rtnb-recorder")
        says(view, "the limit (max_s)", timeout_s=60)
        page.wait_for_timeout(1200)
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-limit-dark.png")
        view.get_by_role("button", name="Record again").click()
        says(view, "Recording.")
        page.wait_for_timeout(1500)
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-recording-dark.png")
        view.get_by_role("button", name="Stop").click()
        says(view, "Recorded. The next cell can use it")

        # Frozen: a page that was loaded anew does not know the output, and says so in the view.
        run_cell(page, 5)
        says(view, "The picture stored in this notebook is from before the page was reloaded.")
        assert view.get_by_role("button", name="Record again").is_disabled()
        save(page)
    stored = nbformat.read(root / "mic.ipynb", as_version=4)
    assert any("image/png" in output.get("data", {}) for output in stored.cells[1].outputs)


def test_a_page_without_a_microphone_says_why(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    write_notebook(root / "mic.ipynb", "import rtnb", "mic = rtnb.Mic()\nmic", "mic.clip", "mic.freeze()")
    # Nobody says yes to this page.
    with lab.jupyterlab(root, home) as address, lab.browser_page(chromium, width=800, flags=FAKE[:1]) as page:
        open_notebook(page, address.format("mic.ipynb"))
        run_cell(page, 0)
        view = run_cell(page, 1).locator(".rtnb-recorder")
        view.get_by_role("button", name="Record").click()
        says(view, "The browser was told not to give this page the microphone.")
        cell(page, 1).screenshot(path=ARTIFACTS / "recorder-denied-light.png")
        refused = run_cell(page, 2).locator(".jp-OutputArea-output").last.inner_text()
        assert "AudioError" in refused and "The page says: The browser was told not to" in refused
        run_cell(page, 3)
        cell(page, 1).get_by_text("Mic: The browser was told not to").wait_for()
        view.wait_for(state="detached", timeout=10_000)
