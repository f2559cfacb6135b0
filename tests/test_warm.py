"""Models that are loaded before anybody asks."""

from __future__ import annotations

import subprocess
import sys

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
BROKEN_IMPORT = """
import sys, rtnb
sys.modules["rtnb.server.web.running"] = None
rtnb.warm()
for _ in range(2):
    try:
        rtnb.warm(wait=True)
    except ImportError as error:
        print(type(error).__name__)
del sys.modules["rtnb.server.web.running"]
rtnb.warm(wait=True)
from rtnb.speech import shared_loader
print(shared_loader().ready.is_set())
"""
AGAIN = """
import threading, rtnb
from rtnb._connect import warming
begun = []
may = threading.Event()
whole = warming._load
warming._load = lambda told: (begun.append(told), may.wait(30), whole(told))
for _ in range(3):
    rtnb.warm()
may.set()
rtnb.warm(wait=True)
rtnb.warm()
print(len(begun))
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


def test_what_cannot_be_loaded_is_told_to_who_waits() -> None:
    assert said(BROKEN) == ["The file is cut."]


def test_what_cannot_be_imported_is_told_to_who_waits_and_can_be_mended() -> None:
    assert said(BROKEN_IMPORT) == ["ModuleNotFoundError", "ModuleNotFoundError", "True"]


def test_a_cell_that_is_run_again_loads_nothing_twice() -> None:
    assert said(AGAIN) == ["1"]
