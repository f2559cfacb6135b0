"""The commands that run something, in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rtnb


def shell(*arguments: str, timeout: float = 100, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rtnb", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
    )


@pytest.mark.local
def test_demo_prints_the_table_and_writes_recording_and_page(tmp_path: Path) -> None:
    done = shell("demo", "--folder", str(tmp_path), COLUMNS="140")
    assert done.returncode == 0, done.stderr
    table = done.stdout
    rows = [line.split("│") for line in table.splitlines() if line.count("│") > 5]
    heard = " ".join(" ".join(row[1].strip() for row in rows).split())
    answered = " ".join(" ".join(row[2].strip() for row in rows).split())
    assert "What is server VAD?" in heard and "What is the weather in Paris?" in heard and "turns in total" in heard
    assert "Server VAD ends your turn by silence" in answered and "weather in Paris" in answered
    assert re.search(r"0\.\d\d s", table) and re.search(r"\$0\.0\d+", table) and "speech end → first audio" in table
    assert "[100%] done" in done.stderr
    page = (tmp_path / "demo.html").read_text()
    assert page.count("<audio") >= 4
    loads_nothing = "<script" not in page and not re.search(r"(src|href)=.https?:", page)
    assert loads_nothing
    recorded = rtnb.replay(tmp_path / "demo.rtnb")
    assert len(recorded.turns) >= 4
    assert recorded.turns[1].user_text == "What is the weather in Paris?"


def test_the_light_stack_answers_in_text_and_tones_and_says_what_is_missing(tmp_path: Path) -> None:
    code = (
        "import rtnb\n"
        "with rtnb.connect() as s:\n"
        "    t = s.ask('What is 6 times 7?'); print(t.text, t.audio.duration_s > 0.2, t.audio.peak > 0.05)\n"
        "    t = s.ask(rtnb.sample('weather_question')); print(repr(t.transcript), t.text)\n"
        "    print(s.view().notes)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "RTNB_VOICE": "tone"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    first, second, notes = done.stdout.splitlines()
    assert "42" in first and first.endswith("True True")
    assert second.startswith("''") and "local" in second
    assert "plain tones" in notes


def test_an_unknown_command_lists_the_commands() -> None:
    done = shell("sing")
    assert done.returncode == 2 and "demo" in done.stderr


def test_a_folder_that_is_a_file_and_a_port_that_is_none_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    for arguments in (("demo", "--folder", str(tmp_path / "taken")), ("serve", "--port", "99999")):
        done = shell(*arguments)
        assert done.returncode != 0 and "Traceback" not in done.stderr and done.stderr.strip()
