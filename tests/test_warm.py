"""Models that are loaded before anybody asks."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = """
import rtnb
rtnb.warm(wait=True)
from rtnb.speech import shared_loader
print(shared_loader().ready.is_set(), shared_loader().result().synthesizer.name)
with rtnb.connect(modalities=["text"]) as s:
    print(s.ask("Spell cat.").text)
"""
ELSEWHERE = """
import sys, rtnb
rtnb.warm(wait=True)
print("rtnb.server" in sys.modules, "ctranslate2" in sys.modules)
"""
AT_ONCE = """
import threading, rtnb
from rtnb.speech import loader
may = threading.Event()
loader.load_voice_stack = lambda progress=None, **choice: may.wait(30)
rtnb.warm()
print(loader.shared_loader().ready.is_set())
may.set()
rtnb.warm(wait=True)
print(loader.shared_loader().ready.is_set())
"""
BROKEN = """
import rtnb
from rtnb.speech import loader
def fail(progress=None, **choice):
    raise rtnb.errors.ModelError("The file is cut.")
loader.load_voice_stack = fail
rtnb.warm()
try:
    rtnb.warm(wait=True)
except rtnb.errors.ModelError as error:
    print(error)
"""


def said(program: str, **environment: str) -> list[str]:
    import os

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "RTNB_VOICE": "tone", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.split("\n")[:-1]


def test_it_is_there_when_it_is_waited_for() -> None:
    assert said(LOADED) == ["True tone", "C, A, T."]


def test_nothing_is_loaded_for_another_server() -> None:
    assert said(ELSEWHERE, RTNB_ENDPOINT="ws://127.0.0.1:9/v1/realtime") == ["False False"]


def test_it_returns_at_once() -> None:
    assert said(AT_ONCE) == ["False", "True"]


@pytest.mark.parametrize("program", [BROKEN])
def test_what_cannot_be_loaded_is_told_to_who_waits(program: str) -> None:
    assert said(program) == ["The file is cut."]
