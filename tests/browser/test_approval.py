"""Approvals decided by buttons in a real JupyterLab, while a cell waits for them and while none does."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from support.notebooks import cell, open_notebook, run_cell, save, start_cell, write_notebook
from support.puppet import Puppet, approval_request, mcp_call, message
from support.require import require_command, require_module

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from rtnb.testing import ScriptedServer

pytestmark = [pytest.mark.browser]

ARTIFACTS = Path(os.environ.get("RTNB_ARTIFACTS", Path(__file__).parents[2] / "artifacts"))

CONNECT = """import rtnb
SHOP = {{"type": "mcp", "server_label": "shop", "server_url": "https://shop.example", "require_approval": "always"}}
s = rtnb.connect("{url}", modalities=["text"], journal=False, tools=[SHOP])"""

ARGUMENTS = '{"order": "A-1", "amount_eur": 25}'

LATE_S = 2.5


class Late(Puppet):
    """A puppet whose second answer takes its time."""

    created = 0

    def __call__(self, event: Mapping[str, Any]) -> list[dict[str, Any]]:
        if event["type"] == "response.create":
            self.created += 1
            if self.created == 3:
                time.sleep(LATE_S)
        return super().__call__(event)


def verdicts(server: ScriptedServer) -> list[tuple[str, bool, str | None]]:
    items = [event["item"] for event in server.received if event["type"] == "conversation.item.create"]
    found = [item for item in items if item["type"] == "mcp_approval_response"]
    return [(item["approval_request_id"], item["approve"], item.get("reason")) for item in found]


def buttons(of: Locator) -> Locator:
    return of.get_by_role("button", name="Approve")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_decide(tmp_path: Path, theme: str) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("jupyterlab")
    from support.lab import browser_page, jupyterlab

    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    ARTIFACTS.mkdir(exist_ok=True)
    puppet = Late(
        [approval_request("mcpr_1", arguments=ARGUMENTS)],
        [mcp_call("mcpr_1", "ok"), message("Refunded.")],
        [approval_request("mcpr_2", arguments=ARGUMENTS)],
        [message("Then I will not.")],
        [approval_request("mcpr_3", arguments=ARGUMENTS)],
    )
    dark = theme == "dark"
    with puppet.server() as server:
        write_notebook(
            root / "approve.ipynb",
            CONNECT.format(url=server.url),
            "turn = s.ask('Please refund order A-1.')\nprint(turn.text)",
            "later = s.send('And again?')",
            "print('meanwhile')",
            "print(later.wait().text)",
            "last = s.send('And once more?')",
            "s.close()",
        )
        with (
            jupyterlab(root, home, theme=f"JupyterLab {theme.title()}") as address,
            browser_page(chromium, dark=dark) as page,
        ):
            open_notebook(page, address.format("approve.ipynb"))
            run_cell(page, 0)

            # While the cell waits.
            asked = start_cell(page, 1)
            buttons(asked).wait_for(timeout=20_000)
            assert asked.locator(".jp-InputPrompt").inner_text() == "[*]:"
            page.wait_for_timeout(700)
            asked.screenshot(path=ARTIFACTS / f"approval-{theme}.png")
            buttons(asked).click()
            page.wait_for_function(
                "() => /\\[\\d+\\]/.test(document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[1].innerText)",
                timeout=20_000,
            )
            asked.get_by_text("Approved: shop.refund(order='A-1', amount_eur=25).").wait_for(timeout=10_000)
            asked.get_by_text("Refunded.").first.wait_for(timeout=10_000)
            assert buttons(asked).count() == 0
            assert verdicts(server) == [("mcpr_1", True, None)]

            # While none does: in the cell that asked, though another has run meanwhile.
            sent = run_cell(page, 2)
            run_cell(page, 3)
            assert buttons(sent).count() == 0
            buttons(sent).wait_for(timeout=20_000)
            sent.get_by_placeholder("Reason for a no (optional)").fill("not without a receipt")
            sent.get_by_placeholder("Reason for a no (optional)").press("Tab")
            page.wait_for_timeout(300)
            sent.screenshot(path=ARTIFACTS / f"approval-reason-{theme}.png")
            sent.get_by_role("button", name="Deny").click()
            sent.get_by_text("Denied: shop.refund(order='A-1', amount_eur=25): not without a receipt").wait_for()
            run_cell(page, 4).get_by_text("Then I will not.").wait_for()
            assert verdicts(server)[1:] == [("mcpr_2", False, "not without a receipt")]

            # Never.
            last = run_cell(page, 5)
            buttons(last).wait_for(timeout=20_000)
            run_cell(page, 6)
            last.get_by_text("The session ended first.").wait_for()
            page.wait_for_timeout(300)
            cell(page, 2).screenshot(path=ARTIFACTS / f"approval-denied-{theme}.png")
            save(page)
    stored = nbformat.read(root / "approve.ipynb", as_version=4)
    kinds = [set(output.get("data", {})) for each in stored.cells for output in each.outputs]
    assert not any("application/vnd.jupyter.widget-view+json" in kind for kind in kinds)
