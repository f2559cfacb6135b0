"""Brains by name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rtnb.errors import ConfigError
from rtnb.server.brains import BrainRequest, ChatBrain, ChatSettings, DemoBrain, Message, ScriptBrain, load_brain

SOURCE = """
from __future__ import annotations
from dataclasses import dataclass
from rtnb.server.brains import BrainRequest, Say

@dataclass
class Mine:
    name: str = "mine"

    async def reply(self, request: BrainRequest):
        yield Say("mine")

class Needs:
    def __init__(self, key):
        pass

    async def reply(self, request):
        yield Say("")

ready = Mine(name="ready")
number = 3

def shout(text):
    return text.upper()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_brains.py"
    path.write_text(SOURCE)
    return path


def said(spec: str) -> str:
    async def pieces() -> str:
        request = BrainRequest(messages=(Message(role="user", text="hi"),))
        return "".join([getattr(piece, "text", "") async for piece in load_brain(spec).reply(request)])

    return asyncio.run(pieces())


def test_the_demo_and_scripts() -> None:
    assert isinstance(load_brain("demo"), DemoBrain)
    path = Path(__file__).with_name("scenarios") / "booking.yaml"
    assert isinstance(load_brain(f"script:{path}"), ScriptBrain)


def test_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ChatSettings(url="http://127.0.0.1:8080", model="m")
    brain = load_brain("chat", chat=settings)
    assert isinstance(brain, ChatBrain) and brain.settings is settings
    monkeypatch.delenv("RTNB_CHAT_MODEL", raising=False)
    monkeypatch.setenv("RTNB_CHAT_URL", "http://127.0.0.1:8080")
    with pytest.raises(ConfigError, match="set RTNB_CHAT_MODEL"):
        load_brain("chat")
    monkeypatch.setenv("RTNB_CHAT_MODEL", "llama3.2")
    brain = load_brain("chat")
    assert isinstance(brain, ChatBrain) and brain.settings.model == "llama3.2"


def test_files(file: Path) -> None:
    assert said(f"{file}:shout") == "HI"
    assert said(f"{file}:Mine") == "mine"
    assert load_brain(f"{file}:ready").name == "ready"


def test_modules_of_the_working_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    monkeypatch.syspath_prepend(str(file.parent))
    assert said("my_brains:shout") == "HI"
    assert said("my_brains:ready.reply") == "mine"


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("", "'' is no brain: write demo, chat, script:FILE"),
        ("demos", "'demos' is no brain"),
        ("scenario.yaml", "for a scenario write script:scenario.yaml"),
        ("mybrain.py", r"'mybrain\.py' is no brain; name the callable: mybrain\.py:answer\.$"),
        ("mybrain.py:", r"name the callable: mybrain\.py:answer\.$"),
        ("script:", r"'script:' is no brain; name the file: script:scenario\.yaml\.$"),
        ("script: ", r"name the file: script:scenario\.yaml"),
        (":x", "no brain"),
        ("x:", "no brain"),
        ("script:/nowhere/x.yaml", "cannot be read: No such file"),
        ("nowhere_at_all:f", "no module 'nowhere_at_all'"),
        ("..x:f", "no module"),
        ("/nowhere/x.py:f", "'/nowhere/x.py' does not exist"),
        ("{file}:nothing", "has no 'nothing'; it has Mine, Needs, shout"),
        ("{file}:number", "'number' of .* is int, not something to call"),
        ("{file}:Needs", "cannot be made: .*key"),
    ],
)
def test_what_is_missing_is_said(file: Path, spec: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_brain(spec.replace("{file}", str(file)))


def test_broken_modules(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("def f(:\n")
    with pytest.raises(ConfigError, match=r"cannot be imported \(line 1\): SyntaxError"):
        load_brain(f"{path}:f")
    path.write_text("import nowhere_at_all\n")
    with pytest.raises(ConfigError, match="ModuleNotFoundError: No module named 'nowhere_at_all'"):
        load_brain(f"{path}:f")
