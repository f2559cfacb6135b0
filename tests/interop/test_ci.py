"""Agents on foreign SDKs tested as in CI, with a tool over MCP: in pytest, and in any language by the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.interop import ENVIRONMENTS, INTEROP, Client, Served
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


class Workflow:
    """The job of the example's workflow for an agent in Node.js, in a copy of the folder, as a runner runs it."""

    def __init__(self, folder: Path):
        self.folder = Path(shutil.copytree(EXAMPLE, folder / "project", ignore=shutil.ignore_patterns("node_modules")))
        node = Path(Client(environment="node", program="openai_agents.mjs").command()[0])
        (self.folder / "node_modules").symlink_to(ENVIRONMENTS / "node" / "node_modules")
        first = [str(Path(sys.executable).parent), *([str(node.parent)] if node.is_absolute() else [])]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "RTNB_V"))}
        self._environment = {**clean, "PATH": os.pathsep.join([*first, os.environ["PATH"]]), "NO_COLOR": "1"}
        job = yaml.safe_load((EXAMPLE / "workflow.yml").read_text())["jobs"]["node"]
        self._steps = [step for step in job["steps"] if "run" in step and " install " not in step["run"]]
        self.uploads = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]

    def run(self) -> list[tuple[str, int, str]]:
        """First words, status and output of each step that has its turn."""
        done: list[tuple[str, int, str]] = []
        for step in self._steps:
            if step["run"] == "npm ci":
                # What it would install is there already.
                continue
            if any(status for _, status, _ in done) and step.get("if") != "always()":
                continue
            python = step.get("shell") == "python"
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
            ended = subprocess.run(
                [*([sys.executable, "-c"] if python else shell), step["run"]],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
            )
            done.append((step.get("name", step["run"]), ended.returncode, ended.stdout))
        return done


@pytest.fixture
def workflow(tmp_path: Path) -> Workflow:
    require_module("ctranslate2")
    return Workflow(tmp_path)


def test_the_workflow_of_the_example(workflow):
    *before, (step, status, text) = workflow.run()
    assert [status for _, status, _ in before] == [0, 0], before
    assert (step, status) == ("rtnb check recordings --expect expectations.yaml", 0), text
    assert text == "passed: 4 expectations of 1 session\n"
    pins = json.loads((INTEROP / "requirements" / "node" / "package.json").read_text())["dependencies"]
    asked = json.loads((EXAMPLE / "package.json").read_text())["dependencies"]
    assert asked.items() <= pins.items()
    lock = json.loads((EXAMPLE / "package-lock.json").read_text())["packages"]
    assert lock[""]["dependencies"] == asked


def test_the_workflow_tells_of_an_agent_that_does_something_else(workflow):
    agent = workflow.folder / "agent.mjs"
    agent.write_text(agent.read_text().replace("'order_status'", "'order_of_status'"))
    scenario = workflow.folder / "scenario.yaml"
    scenario.write_text(scenario.read_text().replace("name: order_status", "name: order_of_status"))
    _, (_, talked, _), (_, judged, text) = workflow.run()
    assert (talked, judged) == (0, 1), text
    assert "order_status(number=7) was not called; what was called: order_of_status." in text
    assert workflow.uploads == [
        {"uses": "actions/upload-artifact@v4", "if": "failure()", "with": {"name": "recordings", "path": "recordings"}}
    ]


def test_the_workflow_judges_what_is_on_record_when_the_agents_own_test_fails(workflow):
    test = workflow.folder / "agent.test.mjs"
    test.write_text(test.read_text().replace("[7]", "[8]"))
    _, (_, talked, said), (_, judged, text) = workflow.run()
    assert (talked, judged) == (1, 0), (said, text)
    assert text == "passed: 4 expectations of 1 session\n"


def test_the_workflow_ends_when_the_server_does_not_start(workflow):
    (workflow.folder / "scenario.yaml").write_text("rulez: []\n")
    _, (_, talked, said), (_, judged, text) = workflow.run()
    assert talked == 1
    assert "rulez" in said and said.endswith("The server has not started.\n")
    assert (judged, text.startswith("rtnb: ")) == (2, True), text


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
