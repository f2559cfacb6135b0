"""Every view where people open it: Notebook 7, Voila, and a JupyterLab reloaded, restarted, scrolled and killed."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from support.notebooks import cell, open_notebook, run_cell, save, write_notebook
from support.require import require_command, require_module

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.local, pytest.mark.browser, pytest.mark.interop]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

BEGIN = "import rtnb, json, os\nfrom rtnb.widgets import Microphone, VadLab\ns = rtnb.connect(journal=False)\n"

VIEWS = {
    "vad": "lab = VadLab(rtnb.sample('dialogue_sample'))\nlab",
    "mic": "mic = Microphone(s)\nmic",
    "console": "s",
    "timeline": "rtnb.TimelineView(s)",
    "waveform": "wave = rtnb.Waveform(rtnb.sample('weather_question'))\nwave",
    "meter": "rtnb.UsageMeter(s)",
    "recorder": "rtnb.Mic()",
}
"""A cell for each, by the class of its root."""

PLACES = {name: index for index, name in enumerate(VIEWS, 1)}

PICTURED = ("vad", "console", "timeline", "waveform")
"""Those that leave a picture; the microphone leaves a line of text."""

NAMELESS = re.compile(
    r"^\s*- (button|textbox|searchbox|slider|spinbutton|checkbox|combobox|meter|application|img)(?! \")"
)

TABBABLE = "a[href], button, input, select, textarea, summary, [tabindex]"

STOPS = """([root, selector]) => {
    const box = document.querySelector(root);
    const stops = [...box.querySelectorAll(selector)].filter(each =>
        each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ checkVisibilityCSS: true }));
    stops.forEach((each, index) => { each.dataset.stop = index; });
    stops[0].focus();
    return stops.length;
}"""

HERE = """root => {
    const at = document.activeElement;
    return [document.querySelector(root).contains(at), at.dataset.stop === undefined ? -1 : Number(at.dataset.stop)];
}"""

DRESSED = """names => names.filter(name => {
    const box = document.querySelector(`.rtnb-${name}`);
    const rules = [...document.styleSheets].flatMap(sheet => {
        try { return [...sheet.cssRules]; } catch { return []; }
    });
    const own = rules.filter(rule => (rule.selectorText || "").includes(`.rtnb-${name === "timeline" ? "tl" : name}`));
    return !box || own.length === 0;
})"""

MOVING = """() => [...document.querySelectorAll(".rtnb-live, .rtnb-live *, .rtnb-mic, .rtnb-mic *")].filter(each => {
    const style = getComputedStyle(each);
    return style.animationName !== "none" || style.transitionDuration.split(",").some(each => parseFloat(each) > 0);
}).map(each => each.className)"""


def root_of(page: Page, name: str) -> Locator:
    return page.locator(f".rtnb-{name}").first


def picture_of(found: Locator) -> Locator:
    """What stands in a cell for a view that does not live: HTML, and no widget."""
    return found.locator(".jp-RenderedHTML:visible").first


def alive(page: Page, *names: str) -> None:
    """Each is there, has its state, and its picture is out of the way."""
    for name in names or tuple(VIEWS):
        root_of(page, name).wait_for(timeout=60_000)
    page.locator(".rtnb-console textarea:enabled").first.wait_for(timeout=30_000)
    if not names:
        page.locator(".rtnb-vad-says", has_text="turns").first.wait_for(timeout=60_000)
        page.locator(".rtnb-mic-text", has_text="Off").first.wait_for(timeout=30_000)
        page.locator(".rtnb-timeline .rtnb-says", has_text="events in").first.wait_for(timeout=30_000)
        until(page, lambda: page.locator("[class^=rtnb-still]:visible").count() == 0)


def until(page: Page, check: Callable[[], bool], *, timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < end, "it does not become so"
        page.wait_for_timeout(200)


def ask(page: Page, text: str) -> None:
    """Type it into the console; the answer comes as a row of its own, and has been heard."""
    console = root_of(page, "console")
    before = console.locator(".rtnb-console-row[data-who=assistant]").count()
    box = console.get_by_label("Message", exact=True)
    box.fill(text)
    box.press("Enter")
    until(page, lambda: console.locator(".rtnb-console-row[data-who=assistant]").count() > before, timeout_s=40)


def shoot(page: Page, host: str, theme: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(1200)
    for name in VIEWS:
        root_of(page, name).screenshot(path=ARTIFACTS / f"host-{host}-{name}-{theme}.png")


def dark_ink(page: Page) -> None:
    """Views follow the theme, in style and on their canvases."""
    found = page.evaluate(
        """() => [...document.querySelectorAll(".rtnb-live")].map(
            each => getComputedStyle(each).getPropertyValue("--user").trim())"""
    )
    assert found and set(found) == {"#56b4e9"}


def menu(page: Page, *path: str) -> None:
    page.get_by_role("menuitem", name=path[0], exact=True).click()
    for each in path[1:]:
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(each)}$")).last.click()


def go_dark(page: Page) -> None:
    menu(page, "Settings", "Theme", "JupyterLab Dark")
    page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
    page.wait_for_timeout(1200)


def stored_outputs(path: Path) -> list[list[dict[str, Any]]]:
    notebook = nbformat.read(path, as_version=4)
    return [[dict(output.get("data", {})) for output in each.outputs] for each in notebook.cells]


def saved(page: Page, path: Path, check: Callable[[list[list[dict[str, Any]]]], bool]) -> None:
    """Store the notebook until what is stored is so: not every host says that it is done."""

    def now() -> bool:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(400)
        return check(stored_outputs(path))

    until(page, now)


def pictured(outputs: list[dict[str, Any]]) -> bool:
    return any({"text/plain", "text/html"} <= set(each) for each in outputs)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """One JupyterLab for all: its notebooks' folder, its home, its address."""
    require_module("jupyterlab")
    from support.lab import jupyterlab

    folder = tmp_path_factory.mktemp("hosts")
    root, home = folder / "root", folder / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    with jupyterlab(root, home) as address:
        yield root, home, address


@pytest.fixture
def chromium() -> str:
    return require_command("chromium", "chromium-browser", "google-chrome")


def test_notebook_7(tmp_path: Path, chromium: str) -> None:
    require_module("notebook")
    from support.hosts import notebook7
    from support.lab import browser_page

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    freeze = "lab.freeze()\nwave.freeze()\nmic.close()\ns.close()"
    write_notebook(root / "views.ipynb", BEGIN, *VIEWS.values(), freeze)
    with notebook7(root, home) as address, browser_page(chromium, height=1000) as page:
        open_notebook(page, address.format("views.ipynb"))
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for index in range(len(VIEWS) + 1):
            run_cell(page, index, timeout_s=120)
        alive(page)
        assert page.evaluate(DRESSED, list(VIEWS)) == []
        ask(page, "Spell cat.")
        shoot(page, "notebook7", "light")
        go_dark(page)
        dark_ink(page)
        shoot(page, "notebook7", "dark")

        # Frozen: the lab, the waveform and the console are pictures, the microphone a line.
        run_cell(page, len(VIEWS) + 1)
        for name in ("vad", "console", "waveform"):
            picture_of(cell(page, PLACES[name])).wait_for(timeout=20_000)
            until(page, lambda name=name: page.locator(f".rtnb-{name}").count() == 0)  # type: ignore[misc]
        saved(
            page,
            root / "views.ipynb",
            lambda cells: all(
                not any("widget-view" in key for each in cells[PLACES[name]] for key in each)
                for name in ("vad", "console", "waveform")
            ),
        )
        assert all(pictured(stored_outputs(root / "views.ipynb")[PLACES[name]]) for name in PICTURED)
        assert not complaints


def test_voila(tmp_path: Path, chromium: str) -> None:
    require_module("voila")
    from support.hosts import voila
    from support.lab import browser_page

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    frozen = "still = rtnb.Waveform(rtnb.sample('weather_question'))\nstill.freeze()\nstill"
    write_notebook(root / "views.ipynb", BEGIN, *VIEWS.values(), frozen)
    with voila(root / "views.ipynb", home) as address, browser_page(chromium, height=1000) as page:
        for theme in ("light", "dark"):
            page.goto(f"{address}&theme={theme}", timeout=120_000)
            for name in VIEWS:
                root_of(page, name).wait_for(timeout=60_000)
            page.locator(".rtnb-console textarea:enabled").first.wait_for(timeout=30_000)
            page.locator(".rtnb-vad-says", has_text="turns").wait_for(timeout=30_000)
            assert page.evaluate(DRESSED, list(VIEWS)) == []
            ask(page, "Spell cat.")
            # What was frozen is a picture; no other picture stands beside its view.
            until(page, lambda: page.locator("img:visible").count() == 1)
            if theme == "dark":
                dark_ink(page)
            shoot(page, "voila", theme)


def test_all_of_a_notebook_in_two_tabs_restarted_and_reopened(lab: tuple[Path, Path, str], chromium: str) -> None:
    from support.lab import browser_page

    root, _, address = lab
    write_notebook(root / "all.ipynb", BEGIN, *VIEWS.values())
    with browser_page(chromium, height=1000) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        open_notebook(page, address.format("all.ipynb"))
        menu(page, "Run", "Run All Cells")
        alive(page)
        assert page.evaluate(DRESSED, list(VIEWS)) == []
        ask(page, "Spell cat.")
        shoot(page, "lab", "light")

        # Everything that can be operated has a name.
        for name in VIEWS:
            told = root_of(page, name).aria_snapshot()
            nameless = [line for line in told.splitlines() if NAMELESS.match(line)]
            assert not nameless, f"{name}: {nameless}"

        # Tab goes through each view, in the order that is seen, and out of it.
        for name in VIEWS:
            count = page.evaluate(STOPS, [f".rtnb-{name}", TABBABLE])
            assert count > 0, name
            walked = []
            for _ in range(count + 10):
                inside, stop = page.evaluate(HERE, f".rtnb-{name}")
                if not inside:
                    break
                if stop >= 0:
                    walked.append(stop)
                page.keyboard.press("Tab")
            else:
                raise AssertionError(f"{name} keeps the focus: {walked}")
            assert walked == list(range(count)), name

        # Nothing moves for those who asked for that.
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(MOVING) == []
        page.emulate_media(reduced_motion="no-preference")

        # A second browser: the same kernel, and both agree.
        save(page)
        browser = page.context.browser
        assert browser is not None
        other = browser.new_page(viewport={"width": 1280, "height": 1000})
        open_notebook(other, address.format("all.ipynb"))
        alive(other, "console", "waveform", "timeline")
        ask(other, "Spell dog.")
        until(page, lambda: page.locator(".rtnb-console-row", has_text="Spell dog.").count() == 1)
        rows = ".rtnb-console-row"
        until(page, lambda: page.locator(rows).all_inner_texts() == other.locator(rows).all_inner_texts())
        other.close()

        # Reloaded in the middle of a turn: what was asked is there, and its answer.
        save(page)
        box = root_of(page, "console").get_by_label("Message", exact=True)
        box.fill("What is the weather in Paris?")
        box.press("Enter")
        page.locator(".rtnb-console-row", has_text="weather in Paris").wait_for(timeout=10_000)
        page.reload()
        alive(page)
        until(page, lambda: page.locator(".rtnb-console-row[data-who=assistant]").count() == 3)
        assert page.locator(".rtnb-console-row[data-who=user]", has_text="weather in Paris").count() == 1
        ask(page, "Spell cow.")

        go_dark(page)
        dark_ink(page)
        shoot(page, "lab", "dark")

        # The kernel is restarted under them: pictures, and nothing that looks as if it lived.
        menu(page, "Kernel", "Restart Kernel…")
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        for name in PICTURED:
            picture_of(cell(page, PLACES[name])).wait_for(timeout=30_000)
        assert page.locator(".rtnb-console textarea:enabled").count() == 0
        save(page)

        # Opened anew, without the kernel that knew them.
        page.goto("about:blank")
        open_notebook(page, address.format("all.ipynb"))
        for name in PICTURED:
            picture_of(cell(page, PLACES[name])).wait_for(timeout=30_000)
        page.wait_for_timeout(1500)
        assert page.get_by_text("Error displaying widget").locator("visible=true").count() == 0
        assert page.get_by_text("Loading widget").locator("visible=true").count() == 0
        page.locator(".jp-Notebook").screenshot(path=ARTIFACTS / "host-lab-reopened-dark.png")
        assert not complaints


def test_thirty_views_in_a_notebook_that_is_scrolled(lab: tuple[Path, Path, str], chromium: str) -> None:
    from support.lab import browser_page

    root, home, address = lab
    clip, each = "rtnb.Waveform(rtnb.sample('weather_question'))", "n = globals().get('n', 0) + 1\n"
    many = [code for _ in range(10) for code in (clip, "rtnb.TimelineView(s)", "rtnb.Console(s)")]
    look = each + "print(json.dumps([n, mic.stats.heard_s, len(s.view().turns)]))"
    begin = BEGIN.replace("journal=False", "journal=False, turn_detection=None")
    write_notebook(root / "many.ipynb", begin, VIEWS["mic"], *many, look)
    # As people have it: JupyterLab leaves out what is not in view.
    settings = home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    kept = settings.read_text()
    settings.unlink()
    try:
        with browser_page(chromium, height=1000, flags=FAKE) as page:
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            open_notebook(page, address.format("many.ipynb"))
            menu(page, "Run", "Run All Cells")
            last = len(many) + 2
            until(page, lambda: page.locator(".rtnb-live").count() == len(many), timeout_s=60)
            first = cell(page, 1)
            first.scroll_into_view_if_needed()
            first.get_by_role("button", name="Speak").click()
            first.locator(".rtnb-mic-text", has_text="Listening").wait_for(timeout=20_000)

            def looked() -> list[float]:
                found: list[float] = json.loads(
                    run_cell(page, last).locator(".jp-OutputArea-output").last.inner_text().splitlines()[-1]
                )
                return found

            # The microphone, far out of sight, goes on; the last view works, with all of them there.
            bottom = cell(page, last - 1)
            bottom.scroll_into_view_if_needed()
            heard = looked()[1]
            page.wait_for_timeout(1500)
            assert looked()[1] > heard + 0.5
            box = bottom.get_by_label("Message", exact=True)
            box.fill("Spell cat.")
            box.press("Enter")
            bottom.locator(".rtnb-console-row[data-who=assistant]").wait_for(timeout=40_000)
            assert looked()[2] == 1

            # And back: the first console has followed, nobody's picture has come out.
            top = cell(page, 4)
            top.scroll_into_view_if_needed()
            top.locator(".rtnb-console-row[data-who=assistant]").wait_for(timeout=20_000)
            assert top.locator("[class^=rtnb-still]:visible").count() == 0
            assert page.locator(".rtnb-live[data-gone]").count() == 0 and not complaints
    finally:
        settings.write_text(kept)


def test_sessions_close_and_kernels_die_under_them(lab: tuple[Path, Path, str], chromium: str) -> None:
    from support.lab import browser_page

    root, _, address = lab
    write_notebook(
        root / "end.ipynb",
        BEGIN,
        *VIEWS.values(),
        "s.close()",
        "t = rtnb.connect(journal=False)\nt",
        "print(os.getpid())",
        "wave._page.close()",
    )
    closing = len(VIEWS) + 1
    with browser_page(chromium, height=1000) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        open_notebook(page, address.format("end.ipynb"))
        for index in range(closing):
            run_cell(page, index, timeout_s=120)
        alive(page)
        ask(page, "Spell cat.")

        # Closed: console and microphone are what stays of them; timeline and waveform can still be looked at.
        run_cell(page, closing)
        stays = cell(page, PLACES["console"])
        picture_of(stays).wait_for(timeout=20_000)
        assert "Spell cat." in stays.inner_text()
        cell(page, PLACES["mic"]).get_by_text("Microphone").last.wait_for(timeout=10_000)
        until(page, lambda: page.locator(".rtnb-console").count() == 0 and page.locator(".rtnb-mic").count() == 0)
        wave = root_of(page, "waveform")
        wave.get_by_role("button", name="Zoom in").click()
        line = root_of(page, "timeline")
        line.get_by_role("button", name="Zoom in").click()
        line.get_by_role("button", name="Show all of it").click()

        # The line of one view is closed: its picture, and no word of a widget that cannot be displayed.
        run_cell(page, closing + 3)
        picture_of(cell(page, PLACES["waveform"])).wait_for(timeout=20_000)
        assert page.get_by_text("Error displaying widget").locator("visible=true").count() == 0

        # Another session, and a kernel that is killed.
        run_cell(page, closing + 1)
        alive(page, "console")
        ask(page, "Spell dog.")
        still = cell(page, closing + 1).locator("[class^=rtnb-still]").first
        until(page, lambda: "Spell dog." in (still.text_content() or ""))
        pid = int(run_cell(page, closing + 2).locator(".jp-OutputArea-output").last.inner_text())
        os.kill(pid, signal.SIGKILL)
        for name in ("vad", "timeline", "waveform"):
            picture_of(cell(page, PLACES[name])).wait_for(timeout=40_000)
        left = cell(page, closing + 1)
        picture_of(left).wait_for(timeout=40_000)
        assert "Spell dog." in left.inner_text()
        assert page.locator(".rtnb-console textarea:enabled").count() == 0
        page.locator(".jp-Notebook").screenshot(path=ARTIFACTS / "host-lab-killed-light.png")
        for button in ("Ok", "OK", "Dismiss"):
            if page.locator(".jp-Dialog").get_by_role("button", name=button, exact=True).count():
                page.locator(".jp-Dialog").get_by_role("button", name=button, exact=True).first.click()
        saved(page, root / "end.ipynb", lambda cells: pictured(cells[closing + 1]))
        assert all(pictured(stored_outputs(root / "end.ipynb")[PLACES[name]]) for name in PICTURED)
