"""The VAD lab in a real JupyterLab: dragged, labelled, played, applied, tried on a server; in light and in dark."""

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

DURATION_S = 30.0
"""Of the recordings."""

STILL = {"text/plain", "text/html", "image/png"}

LOOK = """
import json
def look(lab):
    return json.dumps({
        "threshold": lab.setting.threshold,
        "silence": lab.setting.silence_duration_ms,
        "turns": len(lab.turns),
        "labels": [[round(s.start_s, 2), round(s.end_s, 2)] for s in lab.labels.segments],
        "errors": None if lab.score is None else lab.score.errors,
        "changes": changes[0],
    })
"""


def look(page: Page, index: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_cell(page, index).locator(".jp-OutputArea-output").last.inner_text())
    return found


def says(lab: Locator, text: str, *, timeout_s: float = 30) -> None:
    lab.locator(".rtnb-vad-says", has_text=text).wait_for(timeout=timeout_s * 1000)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], *, steps: int = 12) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=steps)
    page.mouse.up()


def box_of(found: Locator) -> dict[str, float]:
    box = found.bounding_box()
    assert box is not None
    return dict(box)


def shot(page: Page, found: Locator, name: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)
    found.screenshot(path=ARTIFACTS / f"vad-lab-{name}.png")


def test_a_lab_in_a_cell(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    write_notebook(
        root / "vad.ipynb",
        "import rtnb\nfrom rtnb.widgets import VadLab\nfolder = rtnb.sample('labelled')\nchanges = [0]" + LOOK,
        "lab = VadLab(folder / 'ami_trn07.flac', folder / 'ami_trn07.rttm', setting={'silence_duration_ms': 500})\n"
        "def changed(lab):\n    changes[0] += 1\nlab.on_change(changed)\nlab",
        "print(look(lab))",
        "s = rtnb.connect(journal=False)",
        "print(s.config['audio']['input']['turn_detection']['threshold'])",
        "bare = VadLab(rtnb.sample('dialogue_sample'))\nbare",
        "silent = VadLab(rtnb.Clip.silence(5.0))\nsilent",
        "lab.freeze()\ns.close()",
    )
    with jupyterlab(root, home) as address, browser_page(chromium, width=1360, height=1250) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_notebook(page, address.format("vad.ipynb"))
        run_cell(page, 0, timeout_s=120)
        lab = run_cell(page, 1, timeout_s=120).locator(".rtnb-vad")
        says(lab, " turns.")
        shot(page, cell(page, 1), "light")
        before = look(page, 2)

        # The threshold's line under a finger: the kernel follows, and is not flooded.
        lab.scroll_into_view_if_needed()
        handle = box_of(lab.locator(".rtnb-vad-handle"))
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        drag(page, (x, y), (x, y + 36), steps=60)
        page.wait_for_timeout(500)
        after = look(page, 2)
        assert after["threshold"] < before["threshold"] - 0.2 and after["turns"] > 0
        assert 1 < after["changes"] - before["changes"] <= 61
        number = lab.get_by_label("threshold, as a number")
        assert float(number.input_value()) == after["threshold"]

        # A slider by keys, a number field by hand, and one that cannot be.
        slider = lab.get_by_label("silence in milliseconds", exact=True)
        slider.focus()
        for _ in range(10):
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        assert look(page, 2)["silence"] == before["silence"] + 100
        number.fill("1.7")
        number.press("Tab")
        says(lab, "threshold")
        assert look(page, 2)["threshold"] == after["threshold"]
        number.fill("0.35")
        number.press("Tab")
        says(lab, " turns.")
        assert look(page, 2)["threshold"] == 0.35

        # Labels: drawn, moved by mouse and by keys, deleted, and back.
        known = look(page, 2)["labels"]
        lane = box_of(lab.locator(".rtnb-vad-labels"))
        y = lane["y"] + lane["height"] / 2
        free = _free_place(known, lane)
        drag(page, (free, y), (free + 30, y))
        page.wait_for_timeout(400)
        drawn = look(page, 2)["labels"]
        assert len(drawn) == len(known) + 1
        (new,) = [each for each in drawn if each not in known]
        label = lab.locator(f"[aria-label^='Label {drawn.index(new) + 1},']")
        place = box_of(label)
        drag(page, (place["x"] + place["width"] / 2, y), (place["x"] + place["width"] / 2 + 12, y))
        page.wait_for_timeout(400)
        moved = look(page, 2)["labels"]
        (shifted,) = [each for each in moved if each not in known]
        assert shifted[0] > new[0] and shifted[1] - shifted[0] == pytest.approx(new[1] - new[0], abs=0.02)
        label = lab.locator(f"[aria-label^='Label {moved.index(shifted) + 1},']")
        label.focus()
        # Faster than the kernel answers.
        for _ in range(5):
            page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(500)
        longer = [each for each in look(page, 2)["labels"] if each not in known]
        assert longer == [[shifted[0], pytest.approx(shifted[1] + 0.25, abs=0.011)]]
        label.focus()
        page.keyboard.press("Delete")
        page.wait_for_timeout(300)
        assert look(page, 2)["labels"] == known
        lab.get_by_role("button", name="Undo the last change of labels").click()
        page.wait_for_timeout(300)
        assert len(look(page, 2)["labels"]) == len(known) + 1
        for _ in range(7):
            lab.get_by_role("button", name="Undo the last change of labels").click()
            page.wait_for_timeout(150)
        page.wait_for_timeout(300)
        assert look(page, 2)["labels"] == known

        # Sound, from a mistake; the playhead runs.
        lab.locator("button[data-kind]").first.click()
        lab.get_by_role("button", name="■ Stop").wait_for(timeout=10_000)
        page.wait_for_timeout(500)
        lab.get_by_role("button", name="■ Stop").click()
        lab.get_by_role("button", name="▶ Play").wait_for()

        # A session.
        lab.get_by_role("button", name="Apply to session").click()
        says(lab, "No session is open")
        run_cell(page, 3, timeout_s=120)
        lab.get_by_role("button", name="Apply to session").click()
        says(lab, "Applied to the session")
        page.wait_for_timeout(2000)
        says(lab, "Applied to the session", timeout_s=1)
        assert run_cell(page, 4).locator(".jp-OutputArea-output").last.inner_text().strip() == "0.35"

        # What is copied is what is shown.
        lab.get_by_text("Copy this setting").click()
        told = json.loads(lab.get_by_label("session.update", exact=True).input_value())
        assert told["session"]["audio"]["input"]["turn_detection"]["threshold"] == 0.35
        assert "rtnb.ServerVad(threshold=0.35" in lab.get_by_label("Python", exact=True).input_value()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        lab.get_by_label("Copy session.update").click()
        assert json.loads(page.evaluate("navigator.clipboard.readText()")) == told
        lab.get_by_text("Copy this setting").click()

        # A grid, and a row of it.
        lab.get_by_role("button", name="Sweep").click()
        says(lab, "best found", timeout_s=60)
        lab.locator("button", has_text="best 0").first.click()
        page.wait_for_timeout(400)

        # A server, at the pace of speech.
        lab.get_by_role("button", name="Run on server").click()
        lab.get_by_role("button", name="Cancel").wait_for(timeout=20_000)
        lab.get_by_role("button", name="Cancel").click()
        says(lab, "cancelled", timeout_s=60)
        lab.get_by_role("button", name="Run on server").click()
        says(lab, "heard", timeout_s=120)
        shot(page, cell(page, 1), "server-light")

        bare = run_cell(page, 5, timeout_s=60).locator(".rtnb-vad")
        says(bare, " turns.")
        bare.get_by_text("No labels yet").wait_for()
        shot(page, cell(page, 5), "no-labels-light")
        silent = run_cell(page, 6, timeout_s=60).locator(".rtnb-vad")
        says(silent, "This clip is silent")
        shot(page, cell(page, 6), "silent-light")

        # Narrow.
        page.set_viewport_size({"width": 830, "height": 1200})
        page.wait_for_timeout(600)
        shot(page, cell(page, 1), "narrow-light")
        assert lab.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
        page.set_viewport_size({"width": 1360, "height": 1250})

        # Dark, without anything run again.
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        page.wait_for_timeout(1000)
        shot(page, cell(page, 1), "dark")
        # Labels stand where the picture has them, whatever the window went through.
        stage, lane = box_of(lab.locator(".rtnb-vad-stage")), box_of(lab.locator(".rtnb-vad-labels"))
        assert box_of(lab.locator("canvas"))["width"] == pytest.approx(stage["width"], abs=1)
        (first, *_) = known
        place = box_of(lab.locator("[aria-label^='Label 1,']"))
        assert place["x"] == pytest.approx(lane["x"] + lane["width"] * first[0] / DURATION_S, abs=2)
        shot(page, cell(page, 5), "no-labels-dark")

        # Frozen: a picture stays, and no view.
        run_cell(page, 7)
        cell(page, 1).locator("img").first.wait_for(timeout=20_000)
        assert lab.count() == 0
        shot(page, cell(page, 1), "frozen-dark")
        save(page)
        stored = nbformat.read(root / "vad.ipynb", as_version=4)
        frozen, note = stored.cells[1].outputs
        assert set(frozen.data) == STILL and set(note.data) == {"text/plain"}
        # A live one has its picture before the view, for pages that know no widgets.
        picture, live = stored.cells[5].outputs
        assert set(picture.data) == STILL
        assert set(live.data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}

        # The kernel goes: pictures stay where the labs were.
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_text("Shut Down Kernel", exact=True).click()
        for index in (5, 6):
            cell(page, index).locator("img").first.wait_for(timeout=20_000)
        save(page)
        assert not complaints
    stored = nbformat.read(root / "vad.ipynb", as_version=4)
    for index in (1, 5, 6):
        left, note = stored.cells[index].outputs
        assert set(left.data) == STILL and set(note.data) == {"text/plain"}


def test_a_lab_under_stress_and_without_its_kernel(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    write_notebook(
        root / "vad.ipynb",
        "import rtnb, threading, time\nfrom rtnb.widgets import VadLab\nfolder = rtnb.sample('labelled')\nchanges = [0]"
        + LOOK,
        "lab = VadLab(rtnb.vad.Corpus.load(folder)['ami_trn05'])\nlab",
        "print(look(lab))",
        "def storm():\n    for i in range(300):\n        lab.set(prefix_padding_ms=i % 300)\n        time.sleep(0.01)\n"
        "threading.Thread(target=storm).start()",
        "clip = rtnb.Clip.load(folder / 'ami_trn06.flac')\nlong = clip\nfor _ in range(23):\n    long = long + clip\n"
        "labels = [(30 * i + s.start_s, 30 * i + min(s.end_s, 29.9)) for i in range(24)\n"
        "          for s in rtnb.vad.Labels.load(folder / 'ami_trn06.rttm').segments]\n"
        "key = '-'.join(['sk', 'secret', 'key'])\n"
        "hour = VadLab(long, labels, endpoint='wss://realtime.example.org/v1', key=key)\nhour",
    )
    with jupyterlab(root, home) as address, browser_page(chromium, width=1360, height=1250) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_notebook(page, address.format("vad.ipynb"))
        run_cell(page, 0, timeout_s=120)
        lab = run_cell(page, 1, timeout_s=120).locator(".rtnb-vad")
        says(lab, " turns.")
        picture = cell(page, 1).locator("[class^=rtnb-still] img").first
        assert not picture.is_visible()

        # Another writer while a finger is on the line: neither loses the other, nor the sliders their use.
        lab.scroll_into_view_if_needed()
        handle = box_of(lab.locator(".rtnb-vad-handle"))
        run_cell(page, 3)
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(120):
            page.mouse.move(x, y + step % 30)
            page.wait_for_timeout(16)
        page.mouse.up()
        page.wait_for_timeout(2500)
        number = lab.get_by_label("threshold, as a number")
        number.fill("0.77")
        number.press("Tab")
        page.wait_for_timeout(500)
        assert look(page, 2)["threshold"] == 0.77

        # What is typed holds when it is finished, with a comma too; what is no number gives way.
        before = look(page, 2)["threshold"]
        number.fill("")
        page.keyboard.type("0,4", delay=60)
        page.wait_for_timeout(300)
        assert lab.get_by_label("threshold", exact=True).input_value() == str(before)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        assert look(page, 2)["threshold"] == 0.4 and number.input_value() == "0.40"
        number.fill("much")
        number.press("Tab")
        page.wait_for_timeout(300)
        assert look(page, 2)["threshold"] == 0.4 and number.input_value() == "0.40"

        # Who speaks.
        lab.locator(".rtnb-vad-label").first.focus()
        speaker = lab.get_by_label("Speaker of the selected label")
        speaker.fill("Ann")
        speaker.press("Enter")
        lab.locator("[aria-label^='Label 1,'][aria-label$='Ann']").wait_for(timeout=10_000)

        # Keys that are not the lab's are the notebook's.
        lab.locator(".rtnb-vad-stage").focus()
        page.wait_for_timeout(2500)
        assert page.locator(".jp-mod-dirty").count() > 0
        page.keyboard.press("Control+s")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
        cells = page.locator(".jp-CodeCell").count()
        for key in ("d", "d", "a"):
            page.keyboard.press(key)
        assert page.locator(".jp-CodeCell").count() == cells

        # Many minutes in one view, on a server that may charge: asked before anything is sent.
        long = run_cell(page, 4, timeout_s=120).locator(".rtnb-vad")
        says(long, " turns.")
        long.get_by_role("button", name="Run on server").click()
        question = long.locator(".rtnb-vad-ask")
        question.get_by_text("12 min").first.wait_for(timeout=20_000)
        assert "$0" in question.inner_text() and "realtime.example.org" in question.inner_text()
        assert question.get_by_role("button", name="Stream the 60 s in view").is_visible(), question.inner_text()
        shot(page, cell(page, 4), "asks-light")
        question.get_by_role("button", name="Not now").click()
        question.wait_for(state="hidden", timeout=10_000)
        long.get_by_role("button", name="Whole clip").click()
        shot(page, cell(page, 4), "long-light")
        assert "sk-secret-key" not in page.content()

        # Dark: no light ink is left on the canvas.
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        page.wait_for_timeout(1800)
        found = lab.locator("canvas").evaluate(PIXELS)
        assert found["dark"] > 300 and found["light"] == 0, found
        shot(page, cell(page, 1), "stressed-dark")

        # The kernel is restarted: the picture, of what there was at last, and a word.
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_text("Restart Kernel…", exact=True).click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        picture.wait_for(state="visible", timeout=30_000)
        says(lab, "kernel of this lab is gone")
        assert not lab.locator("canvas").is_visible()
        assert "threshold=0.4," in cell(page, 1).locator("[class^=rtnb-still]").inner_text()
        shot(page, cell(page, 1), "restarted-dark")
        save(page)

        # Opened anew, without the kernel that knew the lab.
        page.reload()
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        picture.wait_for(state="visible", timeout=60_000)
        page.wait_for_timeout(4000)
        assert picture.is_visible()
        assert not page.get_by_text("Error displaying widget").first.is_visible()
        shot(page, cell(page, 1), "reopened-dark")
        assert not complaints


PIXELS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const count = (...ink) => {
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 250 && ink.every((each, j) => data[i + j] === each)) found += 1;
        }
        return found;
    };
    return { light: count(0x00, 0x72, 0xb2), dark: count(0x56, 0xb4, 0xe9) };
}"""


def _free_place(labels: list[list[float]], lane: dict[str, float]) -> float:
    """Where in the lane nobody speaks, in pixels: the middle of the longest pause."""
    end = 0.0
    gaps = []
    for start, stop in sorted(labels):
        gaps.append((start - end, end))
        end = max(end, stop)
    length_s, start_s = max(gaps)
    return lane["x"] + lane["width"] * (start_s + 0.15 * length_s) / DURATION_S
