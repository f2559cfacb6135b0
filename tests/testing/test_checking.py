"""Recorded sessions against expectations, as CI does it for an agent in any language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.wire import Wire

from rtnb.errors import ConfigError
from rtnb.server import EmbeddedServer, Options
from rtnb.server.brains import ScriptBrain
from rtnb.testing import FolderRecorder, check_folder
from rtnb.testing.checking import check_sessions
from rtnb.testing.recorder import REFUSED

SCENARIO = {
    "rules": [
        {"on": "table", "call": {"name": "book_table", "arguments": {"people": 2}}},
        {"on": {"any": True}, "say": "Good evening."},
    ]
}
TOOL = {"type": "function", "name": "book_table", "parameters": {"type": "object"}}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "sessions"
    options = Options(brain=ScriptBrain.of(SCENARIO), watchers=(FolderRecorder(folder),))
    with EmbeddedServer(options) as server:
        with Wire(server.url, key=server.key) as wire:
            wire.update(output_modalities=["text"], tools=[TOOL])
            for text in ("Hello!", "A table, please."):
                wire.say(text)
                wire.ask({"type": "response.create"}, "response.done")
        with Wire(server.url, key="wrong") as wire:
            wire.closing()
    return folder


def expect(folder: Path, text: str, tmp_path: Path) -> Any:
    file = tmp_path / "expect.yaml"
    file.write_text(text)
    return check_folder(folder, file)


def test_what_holds(recorded: Path, tmp_path: Path) -> None:
    report = expect(
        recorded,
        "sessions: 1\nsaid: good evening\ncalled:\n- book_table: {people: 2}\nerrors: none\nclosed: client\n"
        "sent:\n- response.create\n- session.update: {session: {output_modalities: [text]}}\n",
        tmp_path,
    )
    assert report.passed, report.text
    assert report.text == "passed: 7 expectations of 1 session"
    assert (recorded / REFUSED).read_text().count("invalid_api_key") == 1


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("sessions: 2", "There were 1 sessions, not 2."),
        ("said: [good evening, good night]", "'good night' was not said; what was said: 'Good evening.'."),
        ("called: cancel", "cancel() was not called; what was called: book_table."),
        (
            "called: [{book_table: {people: 3}}]",
            "book_table(people=3) was not called; the calls were book_table(people=2).",
        ),
        ("sent: response.cancel", "The client sent no response.cancel; it sent session.update, "),
        ("sent: {session.update: {session: {speed: 2}}}", "there is no session.speed"),
        ("errors: rate_limit", "There was no error with 'rate_limit'; there was none."),
        ("closed: 1001", "No session was closed with 1001: by the client."),
        ("heard: hello", "'hello' was not heard: no audio came."),
    ],
)
def test_what_does_not_hold_is_told(recorded: Path, tmp_path: Path, claim: str, said: str) -> None:
    report = expect(recorded, claim, tmp_path)
    assert not report.passed
    assert said in report.text
    assert report.text.startswith("FAILED: 1 of ")
    assert "typed: 'Hello!', 'A table, please.'" in report.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about: x", "there is nothing expected"),
        ("herd: x", r"line 1 \(herd\): an expectation has no 'herd'"),
        ("called:\n- book: 3", "line 2 .*called is a list of names"),
        ("closed: maybe", "closed is a close code"),
        ("sessions: many", "sessions is a whole number"),
    ],
)
def test_mistakes_are_told_with_their_line(recorded: Path, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        expect(recorded, text, tmp_path)


def test_no_folder_is_a_mistake_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no folder"):
        expect(tmp_path / "none", "sessions: 1", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        FolderRecorder(tmp_path / "file" / "folder")


def test_no_sessions_hold_what_is_not_expected() -> None:
    assert check_sessions([], {"errors": "none"}).passed
    assert not check_sessions([], {"said": "x"}).passed
