"""Waveforms in a real JupyterLab: zoomed from hours to single samples, selected, played, grown; in both themes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from support.notebooks import cell, open_notebook, run_cell, save, write_notebook
from support.require import require_command, require_module

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

LOOK = """
import json
def look(view):
    clip = view.selection
    return json.dumps({
        "selected": view.selected_s,
        "seconds": None if clip is None else clip.duration_s,
        "code": view.code,
        "same": None if clip is None else eval(view.code) == clip,
        "end": view._sheet.end_s,
    })
"""

PLAYED = """() => {
    window.rtnbPlayed = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when, from, lasts) {
        const data = this.buffer.getChannelData(0);
        const first = Math.round((from || 0) * this.buffer.sampleRate);
        const last = Math.min(data.length, Math.round(((from || 0) + (lasts ?? 1e9)) * this.buffer.sampleRate));
        let sum = 0;
        for (let i = first; i < last; i++) sum += data[i] * data[i];
        const samples = last - first;
        window.rtnbPlayed.push({ rate: this.buffer.sampleRate, samples, rms: Math.sqrt(sum / Math.max(1, samples)) });
        return start.call(this, when, from, lasts);
    };
}"""
"""What reaches the page's audio graph is written down."""

INK = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const count = (...ink) => {
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 250 && ink.every((each, j) => data[i + j] === each)) found += 1;
        }
        return found;
    };
    return {
        light: [count(0x00, 0x72, 0xb2), count(0x00, 0x85, 0x63)],
        dark: [count(0x56, 0xb4, 0xe9), count(0x4c, 0xc9, 0xa4)],
    };
}"""


def look(page: Page, index: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_cell(page, index).locator(".jp-OutputArea-output").last.inner_text())
    return found


def view_of(page: Page, index: int) -> Locator:
    return cell(page, index).locator(".rtnb-waveform")


def box_of(found: Locator) -> dict[str, float]:
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None
    return dict(box)


def foot(view: Locator) -> str:
    return view.locator(".rtnb-waveform-clock").inner_text()


def shot(page: Page, found: Locator, name: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)
    found.screenshot(path=ARTIFACTS / f"waveform-{name}.png")


def dark(page: Page) -> None:
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_text("Theme", exact=True).click()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
    page.wait_for_timeout(1800)


def test_waveforms_in_a_notebook(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    write_notebook(
        root / "wave.ipynb",
        "import rtnb, numpy as np\nfrom rtnb.widgets import Waveform\nquestion = rtnb.sample('weather_question')"
        + LOOK,
        "view = Waveform(question)\nview",
        "print(look(view))",
        "s = rtnb.connect(journal=False)\nlive = Waveform(s)\nlive",
        "run = s.stream(question, show=False)\nprint(len(run.turns))",
        "turn = s.ask('Please tell me about turn detection.', show=False)\ns.interrupt()\nprint(turn.status)",
        "print(look(live))",
        "clips = [rtnb.Clip.load(each) for each in sorted(rtnb.sample('labelled').glob('*.flac'))]\n"
        "hour = np.resize(rtnb.Clip.concat(clips).resample(24000).int16(), 3600 * 24000)\n"
        "long = Waveform(hour, rate_hz=24000, title='One hour')\nlong",
        "Waveform(rtnb.Clip.silence(0.0))",
        "Waveform({'one sample': rtnb.Clip([0.5], 24000), 'silence': rtnb.Clip.silence(1.0)})",
        "s.close()",
        "view.freeze()",
        "Waveform(rtnb.Clip([0.5], 24000))",
        "made = globals().get('made', [])\nmade.append(Waveform(s))\nmade[-1]",
        "print([each._feed.paused for each in made])",
    )
    flags = ("--autoplay-policy=no-user-gesture-required",)
    with jupyterlab(root, home) as address, browser_page(chromium, width=1360, height=1150, flags=flags) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(f"({PLAYED})()")
        open_notebook(page, address.format("wave.ipynb"))
        run_cell(page, 0, timeout_s=120)
        run_cell(page, 1, timeout_s=120)
        view = view_of(page, 1)
        view.get_by_text("1 pixel =").wait_for(timeout=30_000)
        assert not cell(page, 1).locator("[class^=rtnb-still]").is_visible()
        shot(page, cell(page, 1), "clip-light")

        # A stretch under the mouse is a Clip in the kernel, and code that gives it again.
        stage = box_of(view.locator(".rtnb-waveform-stage"))
        y = stage["y"] + 60
        page.mouse.move(stage["x"] + 400, y)
        page.mouse.down()
        page.mouse.move(stage["x"] + 700, y, steps=12)
        page.mouse.up()
        view.get_by_text("Selected").wait_for(timeout=10_000)
        found = look(page, 2)
        assert found["same"] is True and found["code"].startswith("view["), found
        assert found["seconds"] == pytest.approx(found["selected"][1] - found["selected"][0], abs=1e-4)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        view.get_by_role("button", name="Copy as code").click()
        view.get_by_text("Copied.").wait_for(timeout=5_000)
        assert page.evaluate("navigator.clipboard.readText()") == found["code"]

        # It is played, and nothing but it: as many samples as it has reach the page's audio graph.
        page.evaluate("() => { window.rtnbPlayed.length = 0; }")
        view.get_by_role("button", name="▶ Selection").click()
        page.wait_for_function("() => window.rtnbPlayed.length > 0", timeout=10_000)
        view.get_by_role("button", name="▶ Play", exact=True).wait_for(timeout=15_000)
        played = page.evaluate("window.rtnbPlayed")
        total_s = sum(each["samples"] / each["rate"] for each in played)
        assert total_s == pytest.approx(found["seconds"], abs=0.01) and max(each["rms"] for each in played) > 0.001

        # By keys down to single samples, and back.
        view.locator(".rtnb-waveform-stage").focus()
        for _ in range(18):
            page.keyboard.press("+")
        view.get_by_text("pixels a sample").wait_for(timeout=10_000)
        page.wait_for_timeout(700)
        shot(page, cell(page, 1), "samples-light")
        page.keyboard.press("0")
        view.get_by_text("1 pixel =").wait_for(timeout=10_000)
        page.keyboard.press("s")
        page.wait_for_timeout(1500)
        assert view.get_by_role("button", name="Spectrogram").get_attribute("aria-pressed") == "true"
        shot(page, cell(page, 1), "spectrogram-light")
        cells = page.locator(".jp-CodeCell").count()
        for key in ("d", "d", "a", "x"):
            page.keyboard.press(key)
        assert page.locator(".jp-CodeCell").count() == cells
        # A selection without a mouse: from the beginning, and to where the playhead is moved.
        for key in ("Escape", "Home", ".", ".", "[", ".", ".", "]"):
            page.keyboard.press(key)
        page.wait_for_timeout(400)
        start_s, end_s = look(page, 2)["selected"]
        assert (start_s, end_s) == pytest.approx((0.02 * 1.87, 0.04 * 1.87), abs=0.002)
        view.locator(".rtnb-waveform-stage").focus()
        page.keyboard.press("Escape")
        view.get_by_text("Selected").wait_for(state="hidden", timeout=5_000)

        # A session grows under the eyes: input above, output below, one clock.
        run_cell(page, 3, timeout_s=120)
        live = view_of(page, 3)
        live.get_by_text("Live:").wait_for(timeout=20_000)
        assert run_cell(page, 4, timeout_s=120).locator(".jp-OutputArea-output").last.inner_text().strip() == "1"
        page.wait_for_timeout(1500)
        inks = live.locator("canvas").evaluate(INK)
        assert min(inks["light"]) > 200, inks
        run_cell(page, 5, timeout_s=120)
        page.wait_for_timeout(1500)
        live.get_by_role("button", name="Whole").click() if live.get_by_role(
            "button", name="Whole"
        ).is_enabled() else None
        page.wait_for_timeout(600)
        shot(page, cell(page, 3), "session-light")
        live.get_by_role("button", name="Spectrogram").click()
        page.wait_for_timeout(1500)
        shot(page, cell(page, 3), "session-spectrogram-light")
        live.get_by_role("button", name="Spectrogram").click()

        # Tracks are heard apart.
        page.evaluate("() => { window.rtnbPlayed.length = 0; }")
        live.get_by_role("button", name="You").click()
        live.get_by_role("button", name="Assistant").click()
        live.get_by_role("button", name="▶ Play", exact=True).click()
        page.wait_for_function("() => window.rtnbPlayed.length > 0", timeout=10_000)
        assert page.evaluate("window.rtnbPlayed")[0]["rms"] == 0
        live.get_by_role("button", name="■ Stop").click()
        live.get_by_role("button", name="You").click()
        live.get_by_role("button", name="Assistant").click()

        # An hour, from all of it to its samples; it is fetched in pieces.
        run_cell(page, 7, timeout_s=120)
        long = view_of(page, 7)
        long.get_by_text("of 1:00:00").wait_for(timeout=30_000)
        shot(page, cell(page, 7), "hour-light")
        stage = box_of(long.locator(".rtnb-waveform-stage"))
        page.mouse.move(stage["x"] + 600, stage["y"] + 60)
        page.keyboard.down("Control")
        for _ in range(40):
            page.mouse.wheel(0, -200)
            page.wait_for_timeout(20)
        page.keyboard.up("Control")
        long.get_by_text("pixels a sample").wait_for(timeout=10_000)
        page.wait_for_timeout(500)
        long.get_by_role("button", name="Fit height").click()
        shot(page, cell(page, 7), "hour-samples-light")
        page.evaluate("() => { window.rtnbPlayed.length = 0; }")
        long.get_by_role("button", name="▶ Play", exact=True).click()
        page.wait_for_function("() => window.rtnbPlayed.length > 0", timeout=10_000)
        long.get_by_role("button", name="■ Stop").click()
        assert all(each["samples"] * 2 <= 1 << 20 for each in page.evaluate("window.rtnbPlayed"))

        # What has nothing to show says so.
        run_cell(page, 8)
        view_of(page, 8).get_by_text("Empty: 0 s of sound.").wait_for(timeout=20_000)
        assert view_of(page, 8).get_by_role("button", name="▶ Play", exact=True).is_disabled()
        run_cell(page, 9)
        view_of(page, 9).get_by_text("1 pixel").wait_for(timeout=20_000)
        shot(page, cell(page, 9), "least-light")

        run_cell(page, 12)
        view_of(page, 12).get_by_text("pixels a sample").wait_for(timeout=20_000)
        assert foot(view_of(page, 12)).startswith("0\u00a0µs of 42\u00a0µs"), foot(view_of(page, 12))
        shot(page, cell(page, 12), "sample-light")

        # A view whose output was replaced follows no more; the one that is there does.
        for _ in range(2):
            run_cell(page, 13)
            view_of(page, 13).get_by_text("Live:").wait_for(timeout=20_000)
        page.wait_for_timeout(500)
        assert run_cell(page, 14).locator(".jp-OutputArea-output").last.inner_text().strip() == "[True, False]"

        # The last turn at the edge has its number; what a screen reader gets is words. Wide, narrow, and dark.
        page.set_viewport_size({"width": 1640, "height": 1150})
        page.wait_for_timeout(700)
        shot(page, cell(page, 3), "wide-light")
        page.set_viewport_size({"width": 760, "height": 1150})
        page.wait_for_timeout(700)
        assert live.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
        shot(page, cell(page, 3), "narrow-light")
        page.set_viewport_size({"width": 1640, "height": 1150})
        dark(page)
        shot(page, cell(page, 3), "wide-dark")
        page.set_viewport_size({"width": 760, "height": 1150})
        page.wait_for_timeout(700)
        shot(page, cell(page, 3), "narrow-dark")
        page.set_viewport_size({"width": 1360, "height": 1150})
        page.wait_for_timeout(700)
        inks = live.locator("canvas").evaluate(INK)
        assert min(inks["dark"]) > 200 and max(inks["light"]) == 0, inks
        shot(page, cell(page, 1), "clip-dark")
        shot(page, cell(page, 3), "session-dark")

        # A session that was closed is shown on; a frozen view is a picture.
        run_cell(page, 10, timeout_s=60)
        live.get_by_text("Live:").wait_for(state="hidden", timeout=10_000)
        assert live.get_by_role("button", name="▶ Play", exact=True).is_enabled()
        run_cell(page, 11)
        cell(page, 1).locator("img, svg").first.wait_for(state="visible", timeout=20_000)
        shot(page, cell(page, 1), "frozen-dark")
        save(page)
        stored = nbformat.read(root / "wave.ipynb", as_version=4)  # type: ignore[no-untyped-call]
        kinds = {kind for output in stored.cells[1].outputs for kind in output.get("data", {})}
        assert "image/png" in kinds and "text/plain" in kinds
        assert not complaints, complaints
