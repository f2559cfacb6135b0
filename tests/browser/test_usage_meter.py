"""The usage meter in a real JupyterLab, on a real session: growing, walked by keys, priced otherwise, both themes."""

from __future__ import annotations

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

WIDTHS = (760, 1000, 1400)
"""Of the window: the file browser and the margins take some 300 px of it."""


NO_FORMULAS = ":is(.mathjax_ignore, .rtnb-live) :is(mjx-container, .MathJax)"

TABLES = "each => [...each.querySelectorAll('table')].map(t => [t.scrollWidth, t.parentElement.clientWidth])"


def shot(page: Page, found: Locator, name: str) -> None:
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)
    found.screenshot(path=ARTIFACTS / f"usage-meter-{name}.png")


def bars(view: Locator, count: int) -> None:
    view.page.wait_for_function(
        "([view, count]) => view.querySelectorAll('.rtnb-um-turn').length === count",
        arg=[view.element_handle(), count],
        timeout=60_000,
    )


def status(view: Locator, text: str) -> None:
    view.locator("[role=status]", has_text=text).first.wait_for(timeout=20_000)


def test_a_usage_meter_in_a_cell(tmp_path: Path) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    write_notebook(
        root / "usage.ipynb",
        "import rtnb\ns = rtnb.connect(journal=False, budget_usd=0.5, max_minutes=20,\n"
        "    instructions='You are patient. ' * 60)",
        "views = [*globals().get('views', []), rtnb.UsageMeter(s)]\nview = views[-1]\nview",
        "for _ in range(2):\n    s.ask(rtnb.sample('weather_question'), show=False)\n"
        "t = s.ask('Spell meter.', show=False)",
        "print(view.what_if, s.usage.cost)",
        "s.close()",
        "view.freeze()",
        "s.usage",
        "from IPython.display import HTML\nHTML('It costs $5 or $10.')",
        "print([each._feed.paused for each in views])",
    )
    with jupyterlab(root, home) as address, browser_page(chromium, width=1400, height=1100) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_notebook(page, address.format("usage.ipynb"))
        run_cell(page, 0, timeout_s=120)
        run_cell(page, 1, timeout_s=60).locator(".rtnb-meter").wait_for(timeout=20_000)
        # Run again: the first view is gone from the page, and follows no more.
        view = run_cell(page, 1, timeout_s=60).locator(".rtnb-meter")
        view.get_by_text("Nothing was used yet").wait_for(timeout=20_000)

        # It grows while the cell below still runs.
        start_cell(page, 2)
        bars(view, 1)
        bars(view, 3)
        status(view, "Turn 3: ")
        view.get_by_role("meter", name="money").wait_for()
        assert {each.get_attribute("aria-label") for each in view.get_by_role("meter").all()} == {
            "context", "cache", "money", "time",
        }  # fmt: skip
        run_cell(page, 3, timeout_s=120)
        told = cell(page, 3).locator(".jp-OutputArea-output").last.inner_text().strip().split(" ", 1)
        assert told[0] == "None"
        page.wait_for_function(
            "([view, cost]) => view.querySelector('.rtnb-um-total').textContent === cost",
            arg=[view.element_handle(), told[1]],
            timeout=20_000,
        )
        shot(page, cell(page, 1), "light")
        run_cell(page, 8)
        assert cell(page, 8).locator(".jp-OutputArea-output").last.inner_text().strip() == "[True, False]"

        # Money is no formula, though this notebook makes formulas of other HTML; the turns fit the width.
        run_cell(page, 7)
        cell(page, 7).locator("mjx-container, .MathJax").first.wait_for(timeout=20_000)
        run_cell(page, 6, timeout_s=60)
        page.wait_for_timeout(1500)
        bill = cell(page, 6).locator(".jp-RenderedHTMLCommon").first
        assert bill.inner_text().count("$") > 5 and not page.locator(NO_FORMULAS).count()
        for width, name in ((1130, "report-light"), (1400, "")):
            page.set_viewport_size({"width": width, "height": 1100})
            page.wait_for_timeout(500)
            found = bill.evaluate(TABLES)
            assert found and all(inside <= outside + 1 for inside, outside in found), found
            if name:
                shot(page, cell(page, 6), name)

        # Keys go from turn to turn.
        stage = view.get_by_role("application")
        stage.focus()
        page.keyboard.press("Home")
        status(view, "Turn 1: ")
        assert view.locator(".rtnb-um-chosen").count() == 1 and view.locator(".rtnb-um-dot").count() == 1
        page.keyboard.press("ArrowRight")
        status(view, "Turn 2: ")
        page.keyboard.press("Escape")
        assert view.locator(".rtnb-um-chosen").count() == 0

        # Another model, and one that nobody has a price for.
        select = view.get_by_label("What if: the same talk on another model")
        select.select_option(label="on gpt-realtime-mini")
        status(view, "instead of $")
        shot(page, cell(page, 1), "what-if-light")
        select.select_option(label="on another model…")
        named = view.get_by_label("Name of the other model")
        named.fill("my-own-model")
        named.press("Enter")
        status(view, "unpriced instead of $")
        view.get_by_text("No price is known for the model 'my-own-model'").wait_for()
        run_cell(page, 3)
        assert "my-own-model" in cell(page, 3).locator(".jp-OutputArea-output").last.inner_text()
        select.select_option(label="on gpt-realtime-mini")
        status(view, "instead of $")

        # The same as a table.
        view.get_by_role("button", name="Table").click()
        table = view.get_by_role("table")
        assert table.locator("tbody tr").count() == 3 and told[1] in table.locator("tfoot").inner_text()
        shot(page, cell(page, 1), "table-light")
        view.get_by_role("button", name="Table").click()

        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 1100})
            page.wait_for_timeout(500)
            assert view.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
            if width == WIDTHS[0]:
                shot(page, cell(page, 1), "narrow-light")
                head, state = (view.locator(f".rtnb-um-{part}").bounding_box() for part in ("total", "state"))
                assert head and state and state["y"] < head["y"] + head["height"]

        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.get_by_text("Theme", exact=True).click()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=30_000)
        page.wait_for_timeout(800)
        shot(page, cell(page, 1), "dark")
        page.set_viewport_size({"width": WIDTHS[0], "height": 1100})
        page.wait_for_timeout(600)
        shot(page, cell(page, 1), "narrow-dark")
        page.set_viewport_size({"width": 1130, "height": 1100})
        page.wait_for_timeout(600)
        shot(page, cell(page, 6), "report-dark")
        page.set_viewport_size({"width": WIDTHS[-1], "height": 1100})

        # A reload brings all of it back; the end of the session leaves it to be looked at.
        save(page)
        page.reload()
        page.wait_for_selector(".rtnb-meter", timeout=60_000)
        view = cell(page, 1).locator(".rtnb-meter")
        bars(view, 3)
        status(view, "instead of $")
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(state="attached")
        run_cell(page, 4, timeout_s=60)
        page.wait_for_function("() => document.querySelector('.rtnb-meter').dataset.live === 'false'", timeout=20_000)
        run_cell(page, 5)
        page.wait_for_timeout(1200)
        # The picture that stays has several amounts in its text, and no formula.
        assert cell(page, 1).inner_text().count("$") > 3 and not page.locator(NO_FORMULAS).count()
        save(page)
        assert not complaints
    _check_still(root / "usage.ipynb")


def _check_still(path: Path) -> None:
    import nbformat

    stored: Any = nbformat.read(path, as_version=4)
    (still,) = [output.data for output in stored.cells[1].outputs if "text/html" in output.data]
    assert "<script" not in still["text/html"] and "gpt-realtime-mini" in still["text/html"]
    assert "image/png" in still and "What if" in still["text/plain"]
