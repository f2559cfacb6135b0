"""docs/guides/testing_agents.md: what it shows is in the example, and what it says to type works."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.require import require_command

from rtnb.server.brains.rules import _ON, _RULE, _TOP

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guides" / "testing_agents.md"
EXAMPLE = ROOT / "examples" / "ci_agent"
GAP = "# …"
"""A line of its own in an extract, for lines left out."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file behind the language if it is an extract, and its lines."""

    language: str
    file: str
    text: str


def blocks(text: str) -> list[Block]:
    found = re.findall(r"^```(\w*) *(\S*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [Block(*each) for each in found]


def strays(extract: str, whole: str) -> list[str]:
    """The first line of `extract` that is not in `whole` where it should be: lines between gaps stand together."""
    lines, at = whole.splitlines(), 0
    for run in re.split(rf"^ *{GAP}\n", extract, flags=re.MULTILINE):
        wanted = run.splitlines()
        places = (n for n in range(at, len(lines) - len(wanted) + 1) if lines[n : n + len(wanted)] == wanted)
        if (place := next(places, None)) is None:
            return [line for line in wanted if line not in lines[at:]][:1] or wanted[:1]
        at = place + len(wanted)
    return []


@pytest.fixture(scope="module")
def shown() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_extracts_are_in_the_files(shown: str) -> None:
    extracts = [block for block in blocks(shown) if block.file]
    assert {Path(block.file).name for block in extracts} >= {"scenario.yaml", "test_agent.py"}
    for block in extracts:
        assert strays(block.text, (ROOT / block.file).read_text(encoding="utf-8")) == [], block.file


@pytest.mark.parametrize(
    ("extract", "stray"),
    [
        ("a\nb\n", []),
        ("b\n# …\nd\n", []),
        ("  # …\nd\n", []),
        ("a\nc\n", ["a"]),
        ("a\nx\n", ["x"]),
        ("d\n# …\na\n", ["a"]),
    ],
)
def test_what_is_not_there_is_noticed(extract: str, stray: list[str]) -> None:
    assert strays(extract, "a\nb\nc\nd\n") == stray


def test_the_table_of_scenarios_has_all_there_is(shown: str) -> None:
    scenarios = shown.partition("\n## Scenarios\n")[2].partition("\n## ")[0]
    assert {*_TOP, *_RULE, *_ON} - {*re.findall(r"`(\w+)`", scenarios)} == set()


@pytest.fixture
def served(shown: str, tmp_path: Path) -> Iterator[Path]:
    """The folder in which the shell block was run; its server is ended afterwards."""
    require_command("sh", "bash")
    (shell,) = (block.text for block in blocks(shown) if block.language == "sh")
    (tmp_path / "scenario.yaml").write_bytes((EXAMPLE / "scenario.yaml").read_bytes())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (tmp_path / "printed.txt").open("w") as printed:
        started = subprocess.Popen(
            ["sh", "-c", shell],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            # The server outlives the shell that started it, and is found again by the group.
            start_new_session=True,
        )
    try:
        assert started.wait(90) == 0, (tmp_path / "printed.txt").read_text()
        yield tmp_path
    finally:
        _end(started.pid, tmp_path / "ready.json")


def _end(group: int, ready: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        deadline_s = time.monotonic() + 15
        # The server takes its ready file away when it ends.
        while ready.exists() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        if ready.exists():
            os.killpg(group, signal.SIGKILL)


def test_a_client_gets_there_as_shown(shown: str, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from openai import AsyncOpenAI

    snippet = next(block.text for block in blocks(shown) if "websocket_base_url" in block.text and not block.file)
    monkeypatch.chdir(served)
    names: dict[str, Any] = {"json": json, "Path": Path, "AsyncOpenAI": AsyncOpenAI}
    exec(snippet, names)

    async def answer() -> str:
        async with names["client"].realtime.connect(model="gpt-realtime-2.1") as connection:
            content = [{"type": "input_text", "text": "Let us have a table for two at nine."}]
            await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await connection.response.create(response={"output_modalities": ["text"]})
            async for event in connection:
                if event.type == "response.function_call_arguments.done":
                    return str(event.arguments)
        return "nothing"

    assert json.loads(asyncio.run(asyncio.wait_for(answer(), 30))) == {"people": 2, "hour": 9}


def test_the_brain_shown_answers(shown: str, tmp_path: Path) -> None:
    from rtnb.server.brains import BrainRequest, Message, Say
    from rtnb.server.brains.load import load_brain

    file = tmp_path / "brain.py"
    file.write_text(next(block.text for block in blocks(shown) if block.text.startswith("def answer")))
    brain = load_brain(f"{file}:answer")

    async def answer() -> list[object]:
        return [piece async for piece in brain.reply(BrainRequest(messages=(Message(role="user", text="Hello!"),)))]

    assert asyncio.run(answer()) == [Say("You said: Hello!")]
