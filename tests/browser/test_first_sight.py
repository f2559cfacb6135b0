"""Who has never seen rtnb opens the quickstart, speaks, is answered, interrupts, and sees what took how long and why.

The pictures and the film of the README are made here: ``make screenshots`` puts them into docs/images.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from support.filming import Film, length_s
from support.notebooks import open_notebook, run_cell
from support.require import require_command, require_module

import rtnb
from rtnb.testing import RtnbServer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

ROOT = Path(__file__).parents[2]
ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", ROOT / "artifacts"))
NOTEBOOK = ROOT / "notebooks" / "00_quickstart.ipynb"

TOOL = """@s.tool
def weather(city: str) -> dict:
    "The weather of a city, now."
    return {"temperature": "19 degrees", "sky": "sunny"}"""
"""Given to the session before anybody speaks."""

BEFORE_S, GAP_S, BEHIND_S = 0.3, 3.1, 60.0
"""Quiet before the first question; between it and the second one, which comes into the answer; and after that."""

LOOK = """import json
cut, = [each for each in s.timeline.heard if each.cut]
names = sorted({each.name for each in s.timeline.brackets})
print(json.dumps([cut.played_s, cut.received_s, names, s.usage.total_usd]))"""
"""What the pictures have to show: what was heard of the interrupted answer, the latencies, the cost."""

FILM_BYTES, FILM_S, REST_S = 1_500_000, (8, 20), 3.0
"""The most that a film may weigh; how long it may take on a machine of any speed; how long its last picture rests."""


def talk_wav(folder: Path) -> Path:
    """A person who asks, hears the beginning of the answer, and asks something else."""
    second = rtnb.Clip.load(rtnb.sample("weather_question"))
    first = RtnbServer.speak("What is turn detection?").resample(second.rate_hz)
    before, gap, behind = (rtnb.Clip.silence(seconds, second.rate_hz) for seconds in (BEFORE_S, GAP_S, BEHIND_S))
    path = folder / "talk.wav"
    rtnb.Clip.concat([before, first, gap, second, behind]).save(path)
    return path


def shot(page: Page, found: Locator, name: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    found.screenshot(path=ARTIFACTS / f"readme-{name}.png")


def code_cell(notebook: nbformat.NotebookNode, source: str) -> int:
    """The place among code cells of the one that is just this."""
    cells = [cell.source.strip() for cell in notebook.cells if cell.cell_type == "code"]
    return cells.index(source)


def meet(page: Page, notebook: nbformat.NotebookNode) -> Locator:
    """Connect, give the session its tool, and have its console shown."""
    run_cell(page, 0)
    run_cell(page, code_cell(notebook, TOOL))
    return run_cell(page, code_cell(notebook, "s")).locator(".rtnb-console")


def talk(page: Page, console: Locator) -> Film:
    """Open the microphone and let the person speak until the second answer is over; the film of it."""
    page.mouse.move(2, 2)
    filmed = Film(page, console)
    filmed.run(0.5)
    console.get_by_role("button", name="Open mic").click()
    page.mouse.move(2, 2)
    rows = console.locator(".rtnb-console-row[data-who=user]")
    filmed.until(lambda: rows.filter(has_text="What is turn detection?").count() == 1)
    # Spoken into the answer: it stops, and what nobody heard is faded.
    filmed.until(lambda: console.locator(".rtnb-console-chip", has_text="heard").count() == 1)
    filmed.until(lambda: rows.filter(has_text="What is the weather in Paris?").count() == 1)
    answer = console.locator(".rtnb-console-row", has_text="19 degrees and the sky is sunny.")
    filmed.until(lambda: answer.count() == 1)
    filmed.run(1.0)
    console.locator("xpath=self::*[@data-busy='']").wait_for(timeout=60_000)
    return filmed


def develop(film: Film, name: str) -> None:
    """Write a film."""
    path = ARTIFACTS / f"readme-{name}.webp"
    film.save(path, last_s=REST_S)
    assert path.stat().st_size < FILM_BYTES
    assert FILM_S[0] < length_s(path) - REST_S < FILM_S[1]


def test_spoken_answered_interrupted_and_understood(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for each in notebook.cells:
        if each.cell_type == "code":
            each.outputs, each.execution_count = [], None
    notebook.cells += [nbformat.v4.new_code_cell(TOOL), nbformat.v4.new_code_cell(LOOK)]
    nbformat.write(notebook, root / NOTEBOOK.name)
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={talk_wav(tmp_path)}%noloop",
    )
    with jupyterlab(root, home) as address, browser_page(chromium, width=1180, height=1400, flags=flags) as page:
        open_notebook(page, address.format(NOTEBOOK.name))
        page.locator(".jp-SideBar [data-id=filebrowser]").click()
        console = meet(page, notebook)
        film = talk(page, console)
        shot(page, console, "console-light")
        console.get_by_role("button", name="Close mic").click()

        timeline = run_cell(page, code_cell(notebook, "s.timeline")).locator(".rtnb-timeline")
        timeline.locator("canvas").first.wait_for(timeout=30_000)
        page.wait_for_timeout(1000)
        shot(page, timeline, "timeline-light")
        # The sheet that all views share came once more with this view, and leaves the console's own rules alone.
        border = console.locator(".rtnb-console-act").first.evaluate("act => getComputedStyle(act).borderTopColor")
        assert border == "rgba(0, 0, 0, 0)"
        usage = run_cell(page, code_cell(notebook, "s.usage")).locator(".jp-OutputArea").first
        usage.get_by_text("$").first.wait_for()
        shot(page, usage, "usage-light")
        develop(film, "talk-light")

        looked = run_cell(page, code_cell(notebook, LOOK)).locator(".jp-OutputArea-output").last.inner_text()
        heard_s, received_s, latencies, usd = json.loads(looked)
        assert 1 < heard_s < received_s and {"ttfa_vad", "bargein_stop", "endpointing"} <= set(latencies)
        # The same numbers stand in the views.
        console.locator(".rtnb-console-chip", has_text=f"{heard_s:.2f} s of {received_s:.2f} s heard").wait_for()
        assert usage.get_by_text(f"${usd:.4f}").count() > 0

        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        page.wait_for_timeout(1200)
        for name, found in (("console", console), ("timeline", timeline), ("usage", usage)):
            shot(page, found, f"{name}-dark")
        # A new session, and the microphone hears the same person again.
        develop(talk(page, meet(page, notebook)), "talk-dark")
