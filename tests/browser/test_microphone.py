"""A spoken question in a real browser: through comm, session, turn detection and voice, and back into it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest
from support.notebooks import cell, open_notebook, run_cell, save, start_cell, write_notebook
from support.require import require_command, require_module

import rtnb

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

TALK = """
import json
from rtnb.widgets import Microphone

def talk():
    core = s._async.core
    def look():
        items = core.talk.items
        return {
            "turns": [[t.user_text, t.assistant_text, t.status] for t in s._async.view().turns],
            "audio_ms": {i: item.audio_ms for i, item in items.items() if item.audio and item.role == "assistant"},
            "reports": [[e.body["item_id"], e.body["played_ms"]] for e in s.events if e.type == "rtnb.playback"],
            "players": [e.body["attached"] for e in s.events if e.type == "rtnb.player"],
            "cuts": [[e.body["item_id"], e.body["audio_end_ms"]] for e in s.events
                     if e.direction == "sent" and e.type == "conversation.item.truncate"],
            "refused": [e.body["error"]["message"] for e in s.events if e.type == "error"
                        and e.body["error"]["code"] != "response_cancel_not_active"],
            "speech": sum(e.type == "input_audio_buffer.speech_started" for e in s.events),
            "attached": s._async.player.attached,
            "sounding": s._async.player.sounding(),
            "stats": {name: getattr(mic.stats, name) for name in mic.stats.__slots__},
        }
    return s._call(look)
"""

WATCH_TRACKS = """() => {
    const media = navigator.mediaDevices;
    const get = media.getUserMedia.bind(media);
    window.rtnbTracks = [];
    media.getUserMedia = async asked => {
        const stream = await get(asked);
        window.rtnbTracks.push(...stream.getAudioTracks());
        return stream;
    };
}"""


def spoken_wav(folder: Path, *, behind_s: float = 2.0) -> Path:
    """The sample as a microphone would hear it: quiet before it and behind it."""
    clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    quiet = np.zeros(clip.rate_hz, dtype=np.float32)
    path = folder / "question.wav"
    behind = np.zeros(round(clip.rate_hz * behind_s), dtype=np.float32)
    rtnb.Clip(np.concatenate([quiet, clip.samples, behind]), clip.rate_hz).save(path)
    return path


def state_of(page: Page, index: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_cell(page, index).locator(".jp-OutputArea-output").last.inner_text())
    return found


def says(mic: Locator, text: str, *, timeout_s: float = 30) -> None:
    mic.locator(".rtnb-mic-text", has_text=text).wait_for(timeout=timeout_s * 1000)


def test_a_spoken_question_is_answered_in_the_page(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    write_notebook(
        root / "mic.ipynb",
        "import rtnb\ns = rtnb.connect(turn_detection=rtnb.ServerVad())\ns.ask('Spell cat.', show=False);" + TALK,
        "mic = Microphone(s)\nmic",
        "print(json.dumps(talk()))",
        "s.interrupt()\nprint(json.dumps(talk()))",
        "mic.close()\nprint(json.dumps(talk()))\ns.close()",
    )
    wav = spoken_wav(tmp_path)
    ARTIFACTS.mkdir(exist_ok=True)
    flags = (*FAKE, f"--use-file-for-fake-audio-capture={wav}%noloop")
    with jupyterlab(root, home) as address, browser_page(chromium, flags=flags) as page:
        open_notebook(page, address.format("mic.ipynb"))
        run_cell(page, 0, timeout_s=120)
        mic = run_cell(page, 1).locator(".rtnb-mic")
        says(mic, "Off. Press the button and speak.")
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-off-light.png")
        button = mic.get_by_role("button")

        # One question, and all of its answer.
        button.click()
        says(mic, "Listening.")
        says(mic, "You are speaking.")
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-speaking-light.png")
        says(mic, "The answer plays.")
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-answering-light.png")
        during = state_of(page, 2)
        says(mic, "Listening.", timeout_s=60)
        page.wait_for_timeout(500)
        after = state_of(page, 2)
        assert after["turns"][-1][0] == "What is the weather in Paris?" and "Paris" in after["turns"][-1][1]
        item_id = after["reports"][-1][0]
        assert during["attached"] and during["sounding"] == item_id
        assert 0 < max(ms for item, ms in during["reports"] if item == item_id) < after["audio_ms"][item_id]
        # Every sample that arrived was played, and said so.
        assert after["reports"][-1] == [item_id, pytest.approx(after["audio_ms"][item_id], abs=1)]
        reported = [ms for item, ms in after["reports"] if item == item_id]
        assert reported == sorted(reported)
        assert len(reported) > after["audio_ms"][item_id] / 1000 * 3
        assert after["sounding"] is None and not after["cuts"] and not after["refused"]
        assert after["stats"]["lost"] == after["stats"]["late"] == after["stats"]["dropped"] == 0
        assert after["stats"]["heard_s"] > 4

        # Off: the clock is the session's own again.
        button.click()
        says(mic, "Off.")
        page.wait_for_timeout(500)
        off = state_of(page, 2)
        assert not off["attached"] and off["players"] == [True, False]

        # The question again, and its answer interrupted.
        button.click()
        says(mic, "The answer plays.")
        page.wait_for_timeout(700)
        cut = state_of(page, 3)
        says(mic, "Listening.")
        page.wait_for_timeout(500)
        settled = state_of(page, 2)
        ((cut_item, cut_ms),) = cut["cuts"]
        assert cut_item != item_id and not settled["refused"]
        played_ms = settled["stats"]["played_ms"][cut_item]
        assert 0 < cut_ms <= played_ms < settled["audio_ms"][cut_item]
        # Nothing of it is heard afterwards.
        page.wait_for_timeout(1000)
        assert state_of(page, 2)["stats"]["played_ms"][cut_item] == played_ms

        # A card with what it did stays.
        closed = run_cell(page, 4)
        state = json.loads(closed.locator(".jp-OutputArea-output").last.inner_text())
        assert not state["attached"] and state["players"] == [True, False, True, False]
        left = cell(page, 1).locator(".jp-OutputArea")
        left.get_by_text("s of answers played").wait_for(timeout=10_000)
        assert mic.count() == 0
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-closed-light.png")
        save(page)
    stored = nbformat.read(root / "mic.ipynb", as_version=4)
    card, live = stored.cells[1].outputs
    assert set(card.data) == {"text/plain", "text/html"} and "heard" in card.data["text/html"]
    assert set(live.data) == {"text/plain"}


def test_speaking_interrupts_and_a_busy_kernel_loses_nothing(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    write_notebook(
        root / "mic.ipynb",
        "import rtnb, time\ns = rtnb.connect(turn_detection=rtnb.ServerVad())\ns.ask('Spell cat.', show=False);" + TALK,
        "mic = Microphone(s)\nmic",
        "print(json.dumps(talk()))",
        "before = mic.stats.heard_s\ntime.sleep(3)\nprint(mic.stats.heard_s - before)",
        "s._loop.call(lambda: time.sleep(4))",
    )
    # Over and over: the next question comes into the answer to the last.
    flags = (*FAKE, f"--use-file-for-fake-audio-capture={spoken_wav(tmp_path, behind_s=1.2)}")
    with (
        jupyterlab(root, home, theme="JupyterLab Dark") as address,
        browser_page(chromium, dark=True, flags=flags) as page,
    ):
        open_notebook(page, address.format("mic.ipynb"))
        run_cell(page, 0, timeout_s=120)
        mic = run_cell(page, 1).locator(".rtnb-mic")
        mic.get_by_role("button").click()
        found: dict[str, Any] = {"cuts": []}
        for _ in range(40):
            found = state_of(page, 2)
            if found["cuts"]:
                break
            page.wait_for_timeout(500)
        says(mic, "You are speaking.")
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-speaking-dark.png")
        found = state_of(page, 2)
        item_id, cut_ms = found["cuts"][0]
        assert not found["refused"] and found["speech"] >= 2
        assert 0 < cut_ms <= found["stats"]["played_ms"][item_id] < found["audio_ms"][item_id]

        # A cell that blocks does not stop the microphone where the kernel has subshells.
        flowed = run_cell(page, 3).locator(".jp-OutputArea-output").last.inner_text()
        assert float(flowed) > 2

        # A session that takes nothing for a while: the page keeps what it hears, and says so.
        busy = start_cell(page, 4)
        says(mic, "Paused: a cell is running")
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-busy-dark.png")
        assert "[*]" in busy.locator(".jp-InputPrompt").inner_text()
        mic.locator(".rtnb-mic-text", has_text="Paused").wait_for(state="detached", timeout=20_000)
        page.wait_for_timeout(500)
        stats = state_of(page, 2)["stats"]
        assert stats["lost"] == stats["late"] == stats["dropped"] == 0 and stats["waiting_ms"] == 0

        # The page goes in the middle of it, and comes back.
        save(page)
        page.reload()
        mic = cell(page, 1).locator(".rtnb-mic")
        says(mic, "Off.", timeout_s=60)
        assert not state_of(page, 2)["attached"]
        mic.get_by_role("button").click()
        says(mic, "You are speaking.")
        again = state_of(page, 2)
        assert again["attached"] and again["stats"]["heard_s"] > stats["heard_s"]
        # Cleared away, it listens no more.
        page.get_by_role("menuitem", name="Edit", exact=True).click()
        page.get_by_text("Clear Outputs of All Cells").click()
        page.wait_for_timeout(800)
        assert not state_of(page, 2)["attached"]

        # The kernel is restarted under an open microphone: the page lets go of it, and says so.
        mic = run_cell(page, 1).locator(".rtnb-mic")
        picture = cell(page, 1).locator("[class^=rtnb-still]")
        assert not picture.is_visible()
        page.evaluate(WATCH_TRACKS)
        mic.get_by_role("button").click()
        says(mic, "You are speaking.")
        assert page.evaluate("window.rtnbTracks.map(each => each.readyState)") == ["live"]
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_text("Restart Kernel…", exact=True).click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        says(mic, "The kernel of this view is gone")
        assert mic.get_by_role("button").is_disabled()
        assert page.evaluate("window.rtnbTracks.map(each => each.readyState)") == ["ended"]
        picture.wait_for(state="visible", timeout=10_000)
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-restarted-dark.png")
        save(page)

        # Opened anew, without the kernel that knew it.
        page.reload()
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        picture.wait_for(state="visible", timeout=60_000)
        page.wait_for_timeout(4000)
        assert picture.is_visible() and "Microphone" in picture.inner_text()
        assert page.get_by_text("Error displaying widget").locator("visible=true").count() == 0
        cell(page, 1).screenshot(path=ARTIFACTS / "microphone-reopened-dark.png")


def test_a_page_without_a_microphone_says_why(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    write_notebook(
        root / "mic.ipynb",
        "import rtnb\ns = rtnb.connect()\nfrom rtnb.widgets import Microphone",
        "mic = Microphone(s)\nmic",
        "print(mic.problem)",
        "s.close()",
    )
    with jupyterlab(root, home) as address:
        # Nobody says yes to this page.
        with browser_page(chromium, flags=FAKE[:1]) as page:
            open_notebook(page, address.format("mic.ipynb"))
            run_cell(page, 0)
            mic = run_cell(page, 1).locator(".rtnb-mic")
            mic.get_by_role("button").click()
            says(mic, "The browser was told not to give this page the microphone.")
            cell(page, 1).screenshot(path=ARTIFACTS / "microphone-denied-light.png")
            run_cell(page, 2).get_by_text("The browser was told not to").last.wait_for()
            save(page)
        # There is none.
        with browser_page(chromium, flags=FAKE[1:]) as page:
            open_notebook(page, address.format("mic.ipynb"))
            mic = cell(page, 1).locator(".rtnb-mic")
            mic.get_by_role("button").click()
            says(mic, "No microphone was found.")
            run_cell(page, 3)
            says(mic, "Microphone: No microphone was found.")
