"""Somebody opens the link: the container starts, JupyterLab opens on the quickstart, they speak and are answered.

Then two more notebooks of the course are run beside it, and the memory of it all is sampled from the first moment on.
"""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest
from jupyter_client import BlockingKernelClient
from support.binder import HOME, Lab, binder_lab, note
from support.require import require_command

import rtnb

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.course, pytest.mark.local, pytest.mark.browser]

MOST_MB = 1500
"""Of the process tree, with three kernels."""
BEFORE_S, BEHIND_S = 4.0, 120.0
"""Quiet before the question and after it."""
SPOKEN = """
import rtnb
last = rtnb.connect()
for _ in range(3):
    print(last.ask(rtnb.sample("weather_question"), show=False).transcript)
"""


def call(lab: Lab, place: str, method: str = "GET", /, **body: Any) -> Any:
    """The server's API."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(lab.address(place, api=True), data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def talk_wav(folder: Path) -> Path:
    """A person who waits, asks, and is quiet."""
    clip = rtnb.Clip.load(rtnb.sample("weather_question"))
    before, behind = (np.zeros(round(clip.rate_hz * seconds), dtype=np.float32) for seconds in (BEFORE_S, BEHIND_S))
    path = folder / "talk.wav"
    rtnb.Clip(np.concatenate([before, clip.samples, behind]), clip.rate_hz).save(path)
    return path


def sources(name: str) -> list[str]:
    """The code cells of a notebook, whose stored outputs are taken away: a prompt with a number is a cell that ran."""
    notebook = nbformat.read(HOME / name, as_version=4)
    cells = [each for each in notebook.cells if each.cell_type == "code"]
    for each in cells:
        each.outputs, each.execution_count = [], None
    nbformat.write(notebook, HOME / name)
    return [each.source for each in cells]


def placed(cells: list[str], found: str) -> int:
    """The place of the only cell that is just this."""
    (place,) = [n for n, cell in enumerate(cells) if cell.strip() == found]
    return place


class Kernel:
    """A kernel of the server, opened for a notebook as JupyterLab opens it, and spoken to directly."""

    def __init__(self, lab: Lab, name: str) -> None:
        opened = call(
            lab, "api/sessions", "POST", path=name, name=Path(name).name, type="notebook", kernel={"name": "python3"}
        )
        self.id = opened["kernel"]["id"]
        self._client = BlockingKernelClient(
            connection_file=str(HOME / ".local" / "share" / "jupyter" / "runtime" / f"kernel-{self.id}.json")
        )
        self._client.load_connection_file()
        # Without its heartbeat, which takes a kernel on a busy machine for dead.
        self._client.start_channels(hb=False)
        self._client.wait_for_ready(timeout=60)

    def run(self, program: str, timeout_s: float = 240) -> str:
        """What it prints; fails where it raises."""
        said: list[str] = []

        def heard(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                said.append(message["content"]["text"])

        reply = self._client.execute_interactive(program, timeout=timeout_s, output_hook=heard, allow_stdin=False)
        assert reply["content"]["status"] == "ok", (program, reply["content"].get("traceback"))
        return "".join(said)

    def threads(self) -> str:
        """Names of its threads."""
        return self.run("import threading; print([thread.name for thread in threading.enumerate()])")

    def close(self) -> None:
        self._client.stop_channels()


def spoken_turn(page: Page, cells: list[str], lab: Lab) -> dict[str, float]:
    """Open the microphone in the quickstart's console, and be answered; how long each step took since the start."""
    from support.notebooks import run_cell

    since: dict[str, float] = {}

    def reached(name: str) -> None:
        since[name] = round(time.monotonic() - lab.begun_s, 1)

    page.goto(lab.address("lab/tree/notebooks/00_quickstart.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    reached("page_s")
    # The page says "idle" before it has a kernel, too.
    page.locator(".jp-Toolbar-kernelName", has_text="Python 3").first.wait_for(timeout=90_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(state="attached", timeout=90_000)
    while [each["kernel"]["execution_state"] for each in call(lab, "api/sessions")] != ["idle"]:
        page.wait_for_timeout(100)
    reached("kernel_idle_s")
    for each in range(placed(cells, "s") + 1):
        console: Locator = run_cell(page, each).locator(".rtnb-console")
    console.wait_for(timeout=60_000)
    reached("console_s")
    asked = run_cell(page, placed(cells, 's.ask("What is server VAD?")'))
    asked.locator(".jp-OutputArea-output img, .jp-OutputArea-output svg, .jp-OutputArea-output audio").first.wait_for()
    reached("first_answer_s")
    console.get_by_role("button", name="Open mic").click()
    row = console.locator(".rtnb-console-row[data-who=user]", has_text="What is the weather in Paris?")
    row.first.wait_for(timeout=90_000)
    console.locator(".rtnb-console-row[data-who=assistant]", has_text="Paris").last.wait_for(timeout=60_000)
    console.locator("xpath=self::*[@data-busy='']").wait_for(timeout=60_000)
    reached("spoken_answer_s")
    return since


@pytest.mark.timeout(900)
def test_the_link_opens_the_course(made: dict[str, Any], tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    from support.lab import browser_page

    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={talk_wav(tmp_path)}%noloop",
    )
    cells = sources("notebooks/00_quickstart.ipynb")
    with binder_lab(tmp_path / "server.log") as lab, browser_page(chromium, height=1400, flags=flags) as page:
        # Every cell is in the page, also those that are scrolled away: only the test needs that.
        tracker = json.dumps({"windowingMode": "none"})
        call(lab, "lab/api/settings/@jupyterlab/notebook-extension:tracker", "PUT", raw=tracker)
        note(api_s=round(lab.up_s, 1), **spoken_turn(page, cells, lab))
        # Nobody is asked about news.
        assert page.get_by_text("Would you like to get notified", exact=False).count() == 0
        one_mb = sum(lab.tree.now_mb().values())

        opened = []
        for name in ("notebooks/03_turn_detection.ipynb", "notebooks/06_what_it_costs.ipynb"):
            kernel = Kernel(lab, name)
            opened.append(kernel)
            for program in sources(name):
                kernel.run(program)
            assert kernel.run(SPOKEN).count("What is the weather in Paris?") == 3
        now = lab.tree.now_mb()
        for kernel in opened:
            kernel.close()
        lab.tree.stop()
        kernels = {name: size for name, size in now.items() if "ipykernel" in name}
        assert len(kernels) == 3
        note(
            peak_pss_mb=round(lab.tree.peak_mb),
            pss_three_kernels_mb=round(sum(now.values())),
            pss_one_kernel_mb=round(one_mb),
            kernel_mb=round(sum(kernels.values()) / 3),
        )
        note(at_peak_mb={name: round(size) for name, size in lab.tree.at_peak.items()})
        assert lab.tree.peak_mb < MOST_MB, lab.tree.at_peak


@pytest.mark.timeout(600)
def test_models_load_before_the_first_cell_where_they_are_needed(made: dict[str, Any], tmp_path: Path) -> None:
    loaded = "import rtnb.speech as _; print(_.shared_loader().ready.is_set())"
    with binder_lab(tmp_path / "server.log") as lab:
        names = ("notebooks/00_quickstart.ipynb", "notebooks/06_what_it_costs.ipynb", "Untitled.ipynb")
        talking, reading, fresh = kernels = [Kernel(lab, name) for name in names]
        end = time.monotonic() + 60
        while "False" in talking.run(loaded) + fresh.run(loaded):
            assert time.monotonic() < end, talking.threads() + fresh.threads()
            time.sleep(0.5)
        assert "False" in reading.run(loaded)
        for kernel in kernels:
            kernel.close()
