"""The timeline in a real JupyterLab, on a real session: growing, zoomed, searched, played, exported; in both themes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.notebooks import cell, open_notebook, run_cell, save, start_cell, write_notebook
from support.require import require_command, require_module

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

HOOK = """
// The engine is private to its module: what it sends to the canvas and to the loudspeaker is what is looked at.
window.played = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...given) {
  const samples = this.buffer.getChannelData(0);
  window.played.push([this.buffer.duration, samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0)]);
  return start.apply(this, given);
};
"""


def shot(page: Page, found: Locator, name: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)
    found.screenshot(path=ARTIFACTS / f"timeline-{name}.png")


def status(view: Locator, text: str, *, timeout_s: float = 20) -> None:
    view.locator(".rtnb-says", has_text=text).wait_for(timeout=timeout_s * 1000)


def ink(view: Locator) -> int:
    """How many points of the canvas are not empty."""
    found = view.locator("canvas").evaluate(
        """canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                       let count = 0;
                       for (let i = 3; i < data.length; i += 4) if (data[i]) count += 1;
                       return count; }"""
    )
    return int(found)


def picture(view: Locator) -> str:
    return str(view.locator("canvas").evaluate("canvas => canvas.toDataURL()"))


def count_of(view: Locator) -> int:
    text = view.locator(".rtnb-says").inner_text()
    return int(text.split(" events")[0].replace(",", ""))


def downloaded(page: Page, view: Locator, what: str) -> bytes:
    with page.expect_download(timeout=60_000) as waiting:
        view.locator(f"[data-file={what}]").click()
    return Path(waiting.value.path()).read_bytes()


def test_a_timeline_in_a_cell(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    write_notebook(
        root / "timeline.ipynb",
        "import rtnb\ns = rtnb.connect(journal=False)",
        "view = rtnb.TimelineView(s)\nview",
        "turn = s.ask(rtnb.sample('weather_question'), show=False)",
        "run = s.stream(rtnb.sample('weather_question'), show=False)",
        "t = s.ask('Spell timeline.', show=False)\nprint(view)",
        "two = rtnb.TimelineView(s, s, align='response')\ntwo",
        "s.close()",
        "view.freeze()",
    )
    with jupyterlab(root, home) as address, browser_page(chromium, width=1400, height=1250) as page:
        page.add_init_script(HOOK)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_notebook(page, address.format("timeline.ipynb"))
        run_cell(page, 0, timeout_s=120)
        view = run_cell(page, 1, timeout_s=60).locator(".rtnb-timeline")
        status(view, ", live.")
        before = count_of(view)
        assert before > 0

        # It grows while the cell below still runs.
        start_cell(page, 2)
        page.wait_for_function(
            """before => { const text = document.querySelector('.rtnb-timeline .rtnb-says').innerText;
                           return parseInt(text.replace(/,/g, '')) > before + 20; }""",
            arg=before,
            timeout=60_000,
        )
        run_cell(page, 3, timeout_s=120)
        run_cell(page, 4, timeout_s=120)
        page.wait_for_timeout(1500)
        assert count_of(view) > before + 300
        assert ink(view) > 20_000
        shot(page, cell(page, 1), "light")

        # A page that comes later sees the same.
        known = count_of(view)

        # Zoom and pan: wheel, keys, buttons, drag.
        canvas = view.locator("canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        whole = picture(view)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -240)
        page.keyboard.up("Control")
        page.wait_for_timeout(200)
        near = picture(view)
        assert near != whole
        stage = view.locator(".rtnb-tl-stage")
        stage.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(150)
        moved = picture(view)
        assert moved != near
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(150)
        assert picture(view) == near
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 - 200, box["y"] + 60, steps=8)
        page.mouse.up()
        page.wait_for_timeout(150)
        assert picture(view) not in (near, whole)
        view.get_by_role("button", name="Show all of it").click()
        page.wait_for_timeout(150)

        # Chips and deltas.
        chip = view.locator("[data-family='Audio out']")
        assert chip.get_attribute("aria-pressed") == "true"
        chip.click()
        assert chip.get_attribute("aria-pressed") == "false"
        chip.click()
        deltas = view.get_by_role("button", name="deltas ×")
        full = picture(view)
        deltas.click()
        page.wait_for_timeout(150)
        assert deltas.get_attribute("aria-pressed") == "true" and picture(view) != full
        deltas.click()

        # Search: types by the page, contents by the kernel.
        search = view.get_by_label("Search events", exact=True)
        search.fill("response.done")
        view.locator(".rtnb-tl-finds", has_text="of").wait_for()
        search.press("Enter")
        detail = view.locator(".rtnb-tl-detail")
        detail.locator("b", has_text="response.done").wait_for()
        first = detail.inner_text()
        search.press("Enter")
        page.wait_for_timeout(300)
        assert detail.inner_text() != first
        search.fill("Spell timeline")
        view.locator(".rtnb-tl-finds", has_text="of").wait_for(timeout=10_000)
        search.press("Enter")
        detail.locator("pre", has_text="Spell timeline").wait_for(timeout=10_000)

        # Details: the event without its audio, and what it means.
        search.fill("input_audio_buffer.append")
        page.wait_for_timeout(400)
        search.press("Enter")
        detail.locator("dt", has_text="What it is").wait_for(timeout=10_000)
        told = detail.locator("pre").inner_text()
        assert "input_audio_buffer.append" in told and len(told) < 2000
        shot(page, cell(page, 1), "detail-light")
        search.fill("")
        search.press("Escape")
        stage.focus()
        page.keyboard.press("Escape")
        detail.wait_for(state="hidden")
        page.keyboard.press("n")
        detail.locator("b").first.wait_for()
        page.keyboard.press("Escape")

        # A click on sound plays it; it is what was said.
        x = box["x"] + 122 + 0.012 * box["width"]
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        for step in range(60):
            x = box["x"] + 124 + step * (box["width"] - 140) / 60
            page.mouse.move(x, box["y"] + 38)
            page.wait_for_timeout(30)
            tip = view.locator(".rtnb-tl-tip")
            if tip.is_visible() and "click to play" in tip.inner_text():
                break
        page.mouse.click(x, box["y"] + 38)
        page.wait_for_function("window.played.length > 0", timeout=20_000)
        lasts, loudest = page.evaluate("window.played[0]")
        assert lasts > 0.5 and loudest > 0.02
        detail.get_by_role("button", name="■ Stop").wait_for(timeout=5_000)
        stage.focus()
        page.keyboard.press("Escape")

        # Exports.
        view.get_by_role("button", name="Export", exact=True).click()
        lines = [json.loads(line) for line in downloaded(page, view, "jsonl").splitlines()]
        assert len(lines) >= known and "session.created" in str(lines[0]) + str(lines[1])
        trace = json.loads(downloaded(page, view, "perfetto"))
        assert len(trace["traceEvents"]) > 20
        assert downloaded(page, view, "png").startswith(b"\x89PNG")
        assert downloaded(page, view, "view").startswith(b"\x89PNG")
        assert b"<html" in downloaded(page, view, "html")[:300].lower()

        # Two runs, one above the other.
        two = run_cell(page, 5, timeout_s=60).locator(".rtnb-timeline")
        status(two, " events")
        two.get_by_label("How the two runs are aligned").select_option("start")
        status(two, "Two runs, aligned at the start.")
        two.get_by_text("Latencies side by side").click()
        assert two.locator(".rtnb-tl-both tbody tr").count() > 2
        two.get_by_role("button", name="Export", exact=True).click()
        exported = [json.loads(line)["run"] for line in downloaded(page, two, "jsonl").splitlines()]
        assert set(exported) == {1, 2}
        page.wait_for_timeout(500)
        shot(page, cell(page, 5), "two-light")

        # Narrow.
        page.set_viewport_size({"width": 760, "height": 1250})
        page.wait_for_timeout(600)
        assert view.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
        shot(page, cell(page, 1), "narrow-light")
        page.set_viewport_size({"width": 1400, "height": 1250})

        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        page.wait_for_timeout(1200)
        shot(page, cell(page, 1), "dark")

        # A reload brings all of it back; the end of the session leaves it to be looked at.
        save(page)
        page.reload()
        page.wait_for_selector(".rtnb-timeline", timeout=60_000)
        view = cell(page, 1).locator(".rtnb-timeline")
        status(view, " events in ", timeout_s=60)
        assert count_of(view) >= known
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(state="attached")
        run_cell(page, 6, timeout_s=60)
        page.wait_for_function(
            "() => !document.querySelector('.rtnb-timeline .rtnb-says').innerText.includes('live')", timeout=20_000
        )
        stage = view.locator(".rtnb-tl-stage")
        stage.focus()
        page.keyboard.press("n")
        view.locator(".rtnb-tl-detail dt", has_text="What it is").wait_for(timeout=10_000)

        # Frozen, a picture stays.
        run_cell(page, 7)
        page.wait_for_timeout(1500)
        save(page)
        assert not complaints
    _check_stills(root / "timeline.ipynb")


def _check_stills(path: Path) -> None:
    import nbformat

    stored: Any = nbformat.read(path, as_version=4)
    stills = [output.data for index in (1, 5) for output in stored.cells[index].outputs if "text/html" in output.data]
    assert len(stills) >= 2 and all("<script" not in still["text/html"] for still in stills)
