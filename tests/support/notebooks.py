"""Cells of a notebook in a real JupyterLab, run one by one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["cell", "open_notebook", "run_cell", "save", "start_cell", "write_notebook"]


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells for the kernel of these tests."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, path)


def open_notebook(page: Page, address: str) -> None:
    """Open it and wait for its kernel."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(state="attached", timeout=60_000)


def cell(page: Page, index: int) -> Locator:
    """The code cell at that place."""
    return page.locator(".jp-Notebook .jp-CodeCell").nth(index)


def start_cell(page: Page, index: int) -> Locator:
    """Run a cell; does not wait for its end."""
    started = cell(page, index)
    before = started.locator(".jp-InputPrompt").inner_text()
    for _ in range(4):
        started.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        # What is asked of a kernel that is still being connected may be lost.
        for _ in range(10):
            page.wait_for_timeout(100)
            if started.locator(".jp-InputPrompt").inner_text() != before:
                return started
    raise AssertionError("the cell does not start")


def run_cell(page: Page, index: int, *, timeout_s: float = 60) -> Locator:
    """Run a cell to its end."""
    ran = start_cell(page, index)
    page.wait_for_function(
        """index => {
            const cell = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[index];
            return /\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt').innerText); }""",
        arg=index,
        timeout=timeout_s * 1000,
    )
    return ran


def save(page: Page) -> None:
    """Store the notebook as it is."""
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
