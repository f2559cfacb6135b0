"""The console in a real JupyterLab: spoken to, typed to, interrupted by speaking, given files; two of them at once."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.notebooks import cell, open_notebook, run_cell, save, write_notebook
from support.require import require_command, require_module

import rtnb

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

AT_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 3"

SOUND = """
async () => {
    // Two kinds that libsndfile does not read, made by the browser itself.
    const context = new AudioContext();
    const tone = context.createOscillator();
    const to = context.createMediaStreamDestination();
    tone.connect(to);
    tone.start();
    const recorder = new MediaRecorder(to.stream, { mimeType: "audio/webm;codecs=opus" });
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
    await context.close();
    const canvas = new OffscreenCanvas(3000, 20);
    canvas.getContext("2d").fillRect(0, 0, 10, 10);
    const encoded = async (blob) => {
        const bytes = Array.from(new Uint8Array(await blob.arrayBuffer()));
        return btoa(bytes.map((each) => String.fromCharCode(each)).join(""));
    };
    const webp = await encoded(await canvas.convertToBlob({ type: "image/webp" }));
    return { webm: await encoded(new Blob(pieces)), webp };
}
"""

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one pixel."""

QUESTION = "What is the weather in Paris?"

TAP = """
// What goes to a loudspeaker of this page goes through a tap, too.
window.taps = [];
window.peak = 0;
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
        const tap = this.context.createAnalyser();
        tap.fftSize = 2048;
        taps.push(tap);
        connect.call(this, tap);
    }
    return connect.call(this, to, ...more);
};
setInterval(() => {
    const wave = new Float32Array(2048);
    for (const tap of taps) {
        tap.getFloatTimeDomainData(wave);
        for (const each of wave) if (Math.abs(each) > peak) peak = Math.abs(each);
    }
}, 40);
"""

LOOK = """
import json

def look():
    core = s._async.core
    def found():
        items = core.talk.items
        return {
            "turns": [[t.user_text, t.assistant_text, t.status, t.user_kind] for t in s._async.view().turns],
            "audio_ms": {i: item.audio_ms for i, item in items.items() if item.audio and item.role == "assistant"},
            "played": [[e.body["item_id"], e.body["played_ms"]] for e in s.events if e.type == "rtnb.playback"],
            "cuts": [[e.body["item_id"], e.body["audio_end_ms"]] for e in s.events
                     if e.direction == "sent" and e.type == "conversation.item.truncate"],
            "commits": sum(e.direction == "sent" and e.type == "input_audio_buffer.commit" for e in s.events),
            "detection": s.config["audio"]["input"]["turn_detection"],
            "instructions": s.config["instructions"],
            "items": sum(not item.deleted for item in items.values()),
        }
    return json.dumps(s._call(found))
"""


def spoken_wav(folder: Path) -> Path:
    """The sample as a microphone hears it, with quiet around it: over and over, it comes into its answer."""
    clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    quiet = np.zeros(clip.rate_hz, dtype=np.float32)
    path = folder / "question.wav"
    rtnb.Clip(np.concatenate([quiet, clip.samples, quiet, quiet[: clip.rate_hz // 5]]), clip.rate_hz).save(path)
    return path


def state_of(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_cell(page, 2).locator(".jp-OutputArea-output").last.inner_text())
    return found


def until(page: Page, check: Any, *, timeout_s: float = 40) -> dict[str, Any]:
    """The session's state as soon as it is so."""
    found: dict[str, Any] = {}
    for _ in range(round(timeout_s / 0.5)):
        found = state_of(page)
        if check(found):
            return found
        page.wait_for_timeout(500)
    raise AssertionError(found)


def says(console: Locator, text: str, *, timeout_s: float = 30) -> None:
    console.locator(".rtnb-console-saying", has_text=text).wait_for(timeout=timeout_s * 1000)


def level(console: Locator) -> Any:
    return console.get_by_label("Input level").element_handle()


def rows(console: Locator, *, who: str = "", text: str = "") -> Locator:
    return console.locator(f".rtnb-console-row{f'[data-who={who}]' if who else ''}", has_text=text)


def shot(page: Page, found: Locator, name: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(350)
    found.screenshot(path=ARTIFACTS / f"console-{name}.png")


def quiet(page: Page, console: Locator) -> None:
    """No answer sounds any more."""
    console.locator("xpath=self::*[@data-busy='']").wait_for(timeout=60_000)
    page.wait_for_timeout(300)


def test_a_conversation_in_a_cell(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    write_notebook(
        root / "console.ipynb",
        "import rtnb\ns = rtnb.connect(instructions='You are brief.', turn_detection=rtnb.ServerVad(), "
        "budget_usd=1.0)\n"
        "s.ask('Spell cat.', show=False);" + LOOK,
        "console = rtnb.Console(s)\nconsole",
        "print(look())",
        "second = rtnb.Console(s)\nsecond",
        "s.send('Count from one to fifteen.', show=False);",
        "s.close()",
    )
    wav = spoken_wav(tmp_path)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF\x00\x00\x00\x00WAVEnothing of the kind" * 40)
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}",
    )
    with jupyterlab(root, home) as address, browser_page(chromium, width=1300, height=1300, flags=flags) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(TAP)
        open_notebook(page, address.format("console.ipynb"))
        run_cell(page, 0, timeout_s=120)
        console = run_cell(page, 1).locator(".rtnb-console")
        rows(console, who="user", text="Spell cat.").wait_for(timeout=30_000)
        assert console.get_by_label("Context window used").is_visible()
        console.get_by_text("of $1.00").first.wait_for()
        shot(page, cell(page, 1), "begin-light")

        # Typed: Shift+Enter is a new line, Enter sends it, and the answer is heard in the page.
        box = console.get_by_label("Message", exact=True)
        box.fill("Say hello.")
        box.press("Shift+Enter")
        box.type("In one word.")
        box.press("Enter")
        rows(console, who="user", text="Say hello.\nIn one word.").wait_for()
        rows(console, who="assistant").nth(1).wait_for()
        assert box.input_value() == ""
        page.wait_for_function("() => window.peak > 0.02", timeout=30_000)
        typed = until(page, lambda found: len(found["turns"]) == 2 and found["turns"][1][2] == "completed")
        assert typed["turns"][1][3] == "text"
        quiet(page, console)

        # The button held while the question is spoken: one commit, one answer.
        page.evaluate("window.peak = 0")
        hold = console.locator(".rtnb-console-hold")
        place = hold.bounding_box()
        assert place is not None
        page.mouse.move(place["x"] + 30, place["y"] + 12)
        page.mouse.down()
        console.get_by_text("Speak now").wait_for(timeout=20_000)
        # The file of the fake microphone begins with a second of quiet.
        page.wait_for_function("level => Number(level.ariaValueNow) > 0", arg=level(console), timeout=5000)
        page.wait_for_timeout(3400)
        page.screenshot(path=ARTIFACTS / "console-hold-light.png")
        page.mouse.up()
        rows(console, who="user", text=QUESTION).wait_for(timeout=30_000)
        page.wait_for_function("() => window.peak > 0.02", timeout=30_000)
        held = until(page, lambda found: len(found["turns"]) == 3 and found["turns"][2][2] == "completed")
        assert held["commits"] == 1 and held["turns"][2][0] == QUESTION and "Paris" in held["turns"][2][1]
        assert held["detection"]["type"] == "server_vad"
        quiet(page, console)
        # Every sample of it was played, and said so.
        heard = state_of(page)
        item_id, played_ms = heard["played"][-1]
        assert played_ms == pytest.approx(heard["audio_ms"][item_id], abs=2)

        # The same by the space bar, thrown away.
        hold.focus()
        page.keyboard.down(" ")
        console.get_by_text("Speak now").wait_for(timeout=20_000)
        page.wait_for_timeout(400)
        page.keyboard.press("Escape")
        page.keyboard.up(" ")
        page.wait_for_timeout(800)
        assert len(state_of(page)["turns"]) == 3
        # The focus goes in the middle of it: nothing is sent, and it says so.
        hold.focus()
        page.keyboard.down(" ")
        console.get_by_text("Speak now").wait_for(timeout=20_000)
        page.wait_for_timeout(700)
        box.focus()
        page.keyboard.up(" ")
        says(console, "The button lost the focus. Nothing was sent.")
        # A screen reader's click holds it; the microphone that is opened and closed takes it away.
        hold.evaluate("button => button.click()")
        console.get_by_text("Speak now").wait_for(timeout=20_000)
        console.get_by_role("button", name="Open mic").click()
        console.get_by_role("button", name="Close mic").click()
        says(console, "The microphone was switched off. Nothing was sent.")
        free = until(page, lambda found: found["detection"] is not None)
        assert len(free["turns"]) == 3 and free["commits"] == 1 and hold.inner_text() == "Hold to talk"

        # The open microphone: the question again, and again into its own answer.
        page.evaluate("window.peak = 0")
        console.get_by_role("button", name="Open mic").click()
        console.locator("xpath=self::*[@data-busy='speaking']").wait_for(timeout=20_000)
        shot(page, cell(page, 1), "speaking-light")
        chip = console.locator(".rtnb-console-chip", has_text="heard")
        chip.first.wait_for(timeout=60_000)
        assert page.evaluate("window.peak") > 0.02
        cut = until(page, lambda found: found["cuts"])
        cut_item, cut_ms = cut["cuts"][0]
        assert 0 < cut_ms < cut["audio_ms"][cut_item]
        assert console.locator(".rtnb-console-unheard:not(:empty)").first.is_visible()
        shot(page, cell(page, 1), "interrupted-light")
        console.get_by_role("button", name="Mute").click()
        says(console, "Muted")
        console.get_by_role("button", name="Close mic").click()
        interrupt = console.get_by_role("button", name="Interrupt")
        if interrupt.is_enabled():
            interrupt.click()
        quiet(page, console)

        # Files: one that is heard, one that is none.
        before = len(state_of(page)["turns"])
        chooser = console.locator("input[type=file]")
        chooser.set_input_files(rtnb.sample("weather_question"))
        says(console, "weather_question.flac")
        sent = until(page, lambda found: len(found["turns"]) > before and found["turns"][-1][2] == "completed")
        assert sent["turns"][-1][0] == QUESTION and sent["turns"][-1][3] == "audio"
        chooser.set_input_files(broken)
        says(console, "broken.wav")
        assert console.locator(".rtnb-says[data-kind=problem]").first.is_visible()
        chooser.set_input_files({"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
        says(console, "neither audio nor an image")
        shot(page, cell(page, 1), "broken-light")
        assert len(state_of(page)["turns"]) == before + 1
        quiet(page, console)
        # An image waits for its question.
        chooser.set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": base64.b64decode(DOT)})
        console.locator(".rtnb-console-attachment", has_text="dot.png").wait_for()
        box.fill("What is on this picture?")
        box.press("Enter")
        rows(console, who="user", text="What is on this picture?").locator("img").wait_for(timeout=20_000)
        assert console.locator(".rtnb-console-attachment").count() == 0
        until(page, lambda found: len(found["turns"]) == before + 2 and found["turns"][-1][2] == "completed")
        quiet(page, console)

        # What the kernel does not read is made anew in the page, and so is a picture that is too wide.
        made = {name: base64.b64decode(text) for name, text in page.evaluate(SOUND).items()}
        assert made["webp"][8:12] == b"WEBP" and made["webm"][:4] == b"\x1aE\xdf\xa3"
        wide = {"name": "wide.webp", "mimeType": "image/webp", "buffer": made["webp"]}
        dot = {"name": "dot.png", "mimeType": "image/png", "buffer": base64.b64decode(DOT)}
        half = {"name": "half.png", "mimeType": "image/png", "buffer": base64.b64decode(DOT)[:40]}
        chooser.set_input_files([wide, dot, half])
        says(console, "half.png")
        assert console.locator(".rtnb-console-attachment").count() == 2
        box.fill("Which one is wider?")
        box.press("Enter")
        pictures = rows(console, who="user", text="Which one is wider?").locator("img")
        pictures.nth(1).wait_for(timeout=20_000)
        assert pictures.evaluate_all("images => images.map(each => each.naturalWidth)") == [2048, 1]
        assert console.locator(".rtnb-console-attachment").count() == 0
        until(page, lambda found: len(found["turns"]) == before + 3 and found["turns"][-1][2] == "completed")
        quiet(page, console)
        chooser.set_input_files({"name": "tone.webm", "mimeType": "audio/webm", "buffer": made["webm"]})
        says(console, "Sent: tone.webm")
        until(page, lambda found: len(found["turns"]) == before + 4)
        quiet(page, console)
        chooser.set_input_files(
            {"name": "none.m4a", "mimeType": "audio/mp4", "buffer": b"\0\0\0\x18ftypM4A " + bytes(90)}
        )
        says(console, "this browser cannot read; it was not sent")

        # The notebook's keys that mean nothing here reach it: the text box does not keep it from being saved.
        puts: list[str] = []
        page.on("request", lambda sent: puts.append(sent.url) if sent.method == "PUT" else None)
        box.fill("s")
        box.press("Control+s")
        page.wait_for_timeout(1500)
        assert sum("/api/contents/console.ipynb" in url for url in puts) == 1, puts
        box.fill("")

        # A second console: the same rows, and what one changes the other shows.
        other = run_cell(page, 3).locator(".rtnb-console")
        rows(other, who="user", text="Spell cat.").wait_for(timeout=30_000)
        assert _texts(other) == _texts(console)
        console.get_by_role("button", name="Settings").click()
        other.get_by_role("button", name="Settings").click()
        silence = console.locator("[data-field='server_vad.silence_duration_ms'] input[type=text]")
        silence.fill("abc")
        console.locator(".rtnb-console-applied", has_text="is not a number").wait_for()
        silence.fill("350")
        console.locator("[data-field=instructions] textarea").fill("You are very brief.")
        other.locator("[data-field='server_vad.silence_duration_ms'] input[type=text]").fill("900")
        shot(page, console, "settings-light")
        console.get_by_role("button", name="Apply").click()
        changed = until(page, lambda found: found["detection"]["silence_duration_ms"] == 350)
        assert changed["instructions"] == "You are very brief."
        assert changed["detection"]["threshold"] == sent["detection"]["threshold"]
        other.get_by_text("Changed elsewhere meanwhile: 350").wait_for()
        other.get_by_role("button", name="Revert").click()
        assert other.locator("[data-field='server_vad.silence_duration_ms'] input[type=text]").input_value() == "350"
        for each in (console, other):
            each.get_by_role("button", name="Close settings").click()
        # Deleted in one, it is gone in both.
        items = state_of(page)["items"]
        rows(other, who="user", text="Spell cat.").get_by_role("button", name="Delete").click()
        rows(console, text="Spell cat.").wait_for(state="detached", timeout=20_000)
        assert state_of(page)["items"] == items - 1
        # Replayed by the page alone.
        page.evaluate("window.peak = 0")
        rows(other, who="assistant").last.get_by_role("button", name="Replay").click()
        page.wait_for_function("() => window.peak > 0.02", timeout=20_000)
        other.get_by_role("button", name="Stop the replay").click()
        assert _texts(other) == _texts(console)

        # Loaded anew in the middle of an answer, in the other theme.
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        save(page)
        run_cell(page, 4)
        console.locator("xpath=self::*[@data-busy='answering']").wait_for(timeout=20_000)
        page.reload()
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        console = cell(page, 1).locator(".rtnb-console")
        rows(console, who="user", text="Count from one to fifteen.").wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        shot(page, cell(page, 1), "reloaded-dark")
        quiet(page, console)
        console.get_by_role("button", name="Settings").click()
        shot(page, console, "settings-dark")
        console.get_by_role("button", name="Close settings").click()

        # It stays at the end by itself, and where a reader has scrolled to.
        log = console.locator(".rtnb-console-log")
        assert log.evaluate(AT_END)
        log.hover()
        page.mouse.wheel(0, -200)
        jump = console.get_by_role("button", name="Go to the latest message")
        jump.wait_for()
        box = console.get_by_label("Message", exact=True)
        box.fill("Say yes.")
        box.press("Enter")
        rows(console, who="user", text="Say yes.").wait_for()
        quiet(page, console)
        assert not log.evaluate(AT_END)
        jump.click()
        page.wait_for_timeout(200)
        assert log.evaluate(AT_END) and not jump.is_visible()

        # No microphone for this page.
        page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = "
            "() => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
        )
        console.get_by_role("button", name="Open mic").click()
        says(console, "The browser was told not to give this page the microphone.")
        shot(page, cell(page, 1), "denied-dark")

        hold = console.locator(".rtnb-console-hold")

        # The session is over: what was said stays, and nothing can be asked.
        run_cell(page, 5)
        page.wait_for_timeout(2000)
        shot(page, cell(page, 1), "closed-dark")
        cell(page, 1).get_by_text(QUESTION).locator("visible=true").first.wait_for()
        assert hold.count() == 1 and hold.is_disabled()
        assert not complaints, complaints


def _texts(console: Locator) -> list[str]:
    found: list[str] = console.locator(".rtnb-console-text").all_inner_texts()
    return found
