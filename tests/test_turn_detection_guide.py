"""docs/guides/turn_detection.md: what it shows of the VAD lab works as it is shown."""

from __future__ import annotations

import functools
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import rtnb
from rtnb.cli import main
from rtnb.lab.trials.running import trial

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guides" / "turn_detection.md"

pytestmark = pytest.mark.local


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [block for its_language, block in found if its_language == language]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages speak of; trials go as fast as the server takes them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rtnb.lab, "trial", functools.partial(trial, pace="source"))
    dialogue, labels = rtnb.sample("dialogue_sample"), rtnb.sample("labelled") / "dialogue_sample.rttm"
    clip = rtnb.Clip.load(dialogue)
    for name in ("call.mp3", "a.flac", "b.flac", "call.wav"):
        clip.save(tmp_path / name)
    shutil.copy(labels, tmp_path / "call.rttm")
    shutil.copytree(rtnb.sample("labelled"), tmp_path / "recordings")
    kept = trial(clip, rtnb.ServerVad(threshold=0.4), pace="source", recordings=tmp_path / "kept")
    shutil.move(kept.runs[0].recording, tmp_path / "call.rtnb")
    return tmp_path


def test_the_first_lines_do_what_they_promise(desk: Path) -> None:
    code, *_ = blocks(PAGE.read_text(encoding="utf-8"), "python")
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["best"].score.errors < names["sweep"].default.errors


def test_the_page_runs(desk: Path) -> None:
    names: dict[str, Any] = {}
    for code in blocks(PAGE.read_text(encoding="utf-8"), "python"):
        exec(code, names)
    assert (names["trial"].residuals["residual_ms"].abs() == 0).all()
    assert rtnb.vad.load_tuning("detector.yaml") == names["found"].tuning


def test_the_commands_of_the_page_run(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shell,) = [text for text in blocks(PAGE.read_text(encoding="utf-8"), "") if text.startswith("rtnb vad")]
    commands = shell.replace("\\\n", " ").splitlines()
    assert len(commands) == 4
    for command in commands:
        assert main(re.sub(r"#.*", "", command).split()[1:]) == 0, command
        assert "Picture: " in capsys.readouterr().out
