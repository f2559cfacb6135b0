"""Agents on foreign SDKs tested as in CI, with a tool over MCP: in pytest, and in any language by the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.interop import Client, Served
from support.mcp_server import RealMcp, mcp_server
from support.require import require_module

EXAMPLE = Path(__file__).parents[2] / "examples" / "voice_agent_ci"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Numbers of the orders that were asked for at a real MCP server, whose address is in SHOP_URL."""
    require_module("ctranslate2")
    asked: list[int] = []

    def tools(server: object) -> None:
        @server.tool()
        def order_status(number: int) -> str:
            """Where an order is."""
            asked.append(number)
            return "arrives on Friday"

    real: RealMcp
    with mcp_server(tools=tools) as real:
        monkeypatch.setenv("SHOP_URL", real.url)
        yield asked


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    from rtnb.testing import RtnbServer

    question = RtnbServer.speak("Hello! Where is my order number seven?")
    (tmp_path / "order.pcm").write_bytes(question.to_pcm16(24000))
    return tmp_path


@pytest.mark.rtnb(EXAMPLE / "scenario.yaml", api_key="x")
def test_an_agent_on_openai_agents(rtnb_server, shop, spoken):
    client = Client(environment="openai-agents", program="openai_agents.py")
    facts = client.run("mcp", url=rtnb_server.url, root=rtnb_server.base_url, audio=spoken)
    assert facts["errors"] == []
    assert facts["audio_bytes"] > 24000
    rtnb_server.assert_heard("where is my order number seven")
    rtnb_server.assert_called("order_status", number=7)
    assert shop == [7]
    rtnb_server.assert_said("Order 7 arrives on Friday")
    rtnb_server.assert_no_errors()


def test_an_agent_in_another_language(tmp_path, shop, spoken):
    client = Client(environment="node", program="openai_agents.mjs")
    recordings = tmp_path / "recordings"
    server = Served(tmp_path, "--brain", f"script:{EXAMPLE / 'scenario.yaml'}", "--record", recordings)
    try:
        facts = client.run("mcp", url=server.url, root=server.root, audio=spoken)
    finally:
        status = server.close()
    assert (status, facts["errors"]) == (0, [])
    assert shop == [7]
    assert check(recordings, EXAMPLE / "expectations.yaml") == (0, "passed: 4 expectations of 1 session\n")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("heard: where is the fish\ncalled: cancel_order\n")
    status, text = check(recordings, wrong)
    assert status == 1
    assert text.startswith("FAILED: 2 of 2 expectations")
    assert "cancel_order() was not called; what was called: order_status." in text


def check(folder: Path, expectations: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "rtnb", "check", str(folder), "--expect", str(expectations)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout
