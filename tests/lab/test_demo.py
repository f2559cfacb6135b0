"""The demo's own parts; the whole of it runs in tests/cli/test_running.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rtnb import Session, connect, replay
from rtnb.errors import RecordingError
from rtnb.lab.demo import DemoResult, run_demo, terminal_progress
from rtnb.samples import sample


def test_where_nobody_watches_each_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = terminal_progress()
    for part, label in [(0.1, "asking"), (0.3, "streaming"), (0.6, "streaming"), (1.0, "done")]:
        progress(part, label)
    assert capsys.readouterr().err.splitlines() == ["[ 10%] asking", "[ 30%] streaming", "[100%] done"]


def demo(folder: Path, connected: Callable[[], Session]) -> DemoResult:
    return run_demo(
        connected,
        spoken_question=sample("weather_question"),
        dialogue=sample("weather_question"),
        folder=folder,
        progress=lambda part, label: None,
    )


def test_the_session_of_the_page_is_closed(tmp_path: Path) -> None:
    result = demo(tmp_path / "new" / "folder", lambda: connect("local", modalities=["text"]))
    assert result.view.status == "closed"
    assert ">closed<" in result.page.read_text(encoding="utf-8")
    assert replay(result.recording).view().turns[0].assistant_text == result.view.turns[0].assistant_text != ""


def test_a_place_that_cannot_be_written_is_told_before_the_conversation(tmp_path: Path) -> None:
    def never() -> Session:
        raise AssertionError("the place is looked at first")

    taken = tmp_path / "file"
    taken.write_text("mine")
    folder = tmp_path / "folder"
    (folder / "demo.html").mkdir(parents=True)
    for place, named in ((taken, "file"), (taken / "below", "file"), (folder, "demo.html")):
        with pytest.raises(RecordingError, match=rf"{named}.*cannot be written: .*--folder") as caught:
            demo(place, never)
        assert "\n" not in str(caught.value)
    assert taken.read_text() == "mine"
    assert [path.name for path in folder.iterdir()] == ["demo.html"]
