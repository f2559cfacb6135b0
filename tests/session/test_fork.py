"""A process that was forked while a session was open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import multiprocessing, sys
import rtnb
from rtnb.errors import SessionClosedError


def work(text):
    inherited = []
    for verb in (lambda: s.ask("hello"), lambda: s.update(voice="cedar")):
        try:
            verb()
        except SessionClosedError as error:
            inherited.append(str(error).split(";")[0])
    with rtnb.connect(modalities=["text"]) as mine:
        return inherited, len(s.turns), mine.ask(text).text, len(rtnb.open_sessions())


if __name__ == "__main__":
    with rtnb.connect(modalities=["text"]) as s:
        s.ask("Spell cat.")
        with multiprocessing.get_context("fork").Pool(1) as pool:
            print(pool.map_async(work, ["Spell owl."]).get(60))
        print(s.ask("Spell dog.").text)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_has_sessions_of_its_own_and_the_parent_keeps_its_own(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told, parent = done.stdout.strip().splitlines()
    refusal = "This session belongs to the process that this one was forked from"
    assert told == str([([refusal, refusal], 1, "O, W, L.", 1)])
    assert parent == "D, O, G."
