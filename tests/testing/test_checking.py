"""Recorded sessions against expectations, as CI does it for an agent in any language."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.wire import Wire

from rtnb.errors import ConfigError, RecordingError
from rtnb.protocol import Problem
from rtnb.server import EmbeddedServer, Options
from rtnb.server.brains import ScriptBrain
from rtnb.server.opening import Opening
from rtnb.server.watching import Facts
from rtnb.testing import FolderRecorder, check_folder
from rtnb.testing.checking import check_sessions
from rtnb.testing.recorder import REFUSED
from rtnb.testing.session_log import SessionLog

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


@pytest.fixture
def clean(recorded: Path, tmp_path: Path) -> Path:
    """The same without the connection that was refused."""
    return Path(shutil.copytree(recorded, tmp_path / "clean", ignore=shutil.ignore_patterns(REFUSED)))


def expect(folder: Path, text: str, tmp_path: Path) -> Any:
    file = tmp_path / "expect.yaml"
    file.write_text(text)
    return check_folder(folder, file)


def test_what_holds(clean: Path, tmp_path: Path) -> None:
    report = expect(
        clean,
        "sessions: 1\nsaid: good evening\ncalled:\n- book_table: {people: 2}\nerrors: none\nclosed: client\n"
        "sent:\n- response.create\n- session.update: {session: {output_modalities: [text]}}\n"
        "not_called: [cancel, {book_table: {people: 3}}]\nnot_said: good night\nnot_heard: hello\n"
        "not_sent: [response.cancel, {session.update: {session: {speed: 2}}}]\n",
        tmp_path,
    )
    assert report.passed, report.text
    assert report.text == "passed: 13 expectations of 1 session"


def test_connections_that_were_refused_are_errors(recorded: Path, tmp_path: Path) -> None:
    report = expect(recorded, "errors: none", tmp_path)
    assert not report.passed
    first, problem, *rest = report.text.splitlines()
    assert first == "FAILED: 1 of 1 expectation of 1 session and 1 refused connection"
    assert problem.startswith("- There were errors: refused: invalid_api_key: ")
    assert any(line.startswith("refused: invalid_api_key: ") for line in rest)
    report = expect(recorded, "errors: [invalid_api_key]\nsessions: 1", tmp_path)
    assert report.text == "passed: 2 expectations of 1 session and 1 refused connection"
    assert not expect(recorded, "errors: [invalid_model]", tmp_path).passed


def test_refusals_alone_are_no_session(recorded: Path, tmp_path: Path) -> None:
    folder = tmp_path / "refusals"
    folder.mkdir()
    shutil.copy(recorded / REFUSED, folder)
    for text in ("said: hello", "not_called: cancel", "sessions: 1"):
        with pytest.raises(ConfigError, match=r"No session is on record.*1 connection was refused: invalid_api_key"):
            expect(folder, text, tmp_path)
    assert expect(folder, "errors: invalid_api_key", tmp_path).passed
    assert expect(folder, "sessions: 0", tmp_path).passed
    for text in ("errors: none", "sessions: 0\nerrors: none", "errors: invalid_model"):
        assert expect(folder, text, tmp_path).text.startswith("FAILED: 1 of ")


@pytest.mark.parametrize("line", ["{broken", "3", '{"code": "half', '{"message": 1}'])
def test_refusals_that_cannot_be_read_are_told(clean: Path, tmp_path: Path, line: str) -> None:
    (clean / REFUSED).write_text(f"{line}\n{line}\n")
    with pytest.raises(RecordingError, match=r"refused\.jsonl"):
        expect(clean, "errors: none", tmp_path)


@pytest.mark.parametrize(
    "text", ["errors: none", "sessions: 1", "not_called: x", "not_said: x", "not_sent: x", "not_heard: x", "said: x"]
)
def test_nothing_on_record_is_a_mistake(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"No session is on record in 'empty'.*[Dd]id the agent .*--record"):
            expect(folder, text, tmp_path)
        # A server that was killed before it wrote anything.
        (folder / "20261121-1-001.jsonl").touch()
    assert expect(folder, "sessions: 0", tmp_path).passed


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("sessions: 2", "There was 1 session, not 2."),
        ("said: [good evening, good night]", "'good night' was not said; what was said: 'Good evening.'."),
        ("called: cancel", "cancel() was not called; what was called: book_table."),
        (
            "called: [{book_table: {people: 3}}]",
            "book_table(people=3) was not called; the calls were book_table(people=2).",
        ),
        ("called: none", "There were calls: book_table(people=2)."),
        ("not_called: book_table", "book_table was called: book_table(people=2)."),
        ("not_called: [{book_table: {people: 2}}]", "book_table(people=2) was called: book_table(people=2)."),
        ("not_said: [good night, good evening]", "'good evening' was said: 'Good evening.'."),
        ("not_sent: response.create", "The client sent 2 response.create."),
        ("not_sent: {session.update: {session: {output_modalities: [text]}}}", "The client sent 1 session.update"),
        ("sent: response.cancel", "The client sent no response.cancel; it sent session.update, "),
        ("sent: {session.update: {session: {speed: 2}}}", "there is no session.speed"),
        ("errors: rate_limit", "There was no error with 'rate_limit'; there were refused: invalid_api_key: "),
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
        ("said: []", r"\(said\): said is an empty list"),
        ("called: []", r"\(called\): called is an empty list: called: none"),
        ("sent: {}", r"\(sent\): sent is empty"),
        ("heard: []\nerrors: none", r"line 1 \(heard\): heard is an empty list"),
        ("not_said: []", "not_said is an empty list"),
        ("said: [Hello, '']", r"\(said\[1\]\): There is no word in ''"),
        ("said: '...'", r"\(said\): There is no word in '\.\.\.'"),
        ("heard: '!!!'", r"\(heard\): There is no word"),
        ("not_heard: '!!!'", r"\(not_heard\): There is no word"),
        ("called: ''", r"\(called\): called is a name, not an empty text"),
        ("errors: ''", r"\(errors\): an error is a code or words of it"),
        ("tolerance: 0.2", "there is nothing expected"),
        ("said: hello\ntolerance: 5", r"line 2 \(tolerance\): tolerance is a share of the words, from 0 to 1"),
        ("{}", "there is nothing expected"),
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


def test_what_was_heard_and_what_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionLog, "heard", property(lambda log: ["Please cancel my order."]))
    session = SessionLog(Facts(session_id="sess_1", opening=Opening(model="gpt-realtime-2.1")))
    session.sent({"type": "session.created", "session": {}})
    assert check_sessions([session], {"heard": "please cancel my order", "not_heard": "please buy my order"}).passed
    assert not check_sessions([session], {"heard": "please buy my order"}).passed
    report = check_sessions([session], {"not_heard": ["buy", "cancel my order"]})
    assert report.problems == ("'cancel my order' was heard: 'Please cancel my order.'.",)
    assert check_sessions([session], {"called": "none"}).passed
    refused = (Problem("invalid_model", "There is no such model.", "model"),)
    report = check_sessions([session], {"errors": "none"}, refusals=refused)
    assert report.problems == ("There were errors: refused: invalid_model: There is no such model.",)


@given(
    claim=st.one_of(
        st.tuples(st.just("heard"), st.sampled_from(["cancel my order", "buy my order", "order please", "a fish"])),
        st.tuples(st.just("said"), st.sampled_from(["good morning", "good night", "evening hello"])),
        st.tuples(st.just("called"), st.sampled_from(["book", "cancel", {"book": {"people": 2}}, {"book": {"at": 8}}])),
        st.tuples(st.just("sent"), st.sampled_from(["a", "b", {"a": {"x": 1}}, {"a": {"x": 2}}])),
    )
)
def test_a_claim_holds_or_its_opposite(claim: tuple[str, Any]) -> None:
    name, what = claim
    session = SessionLog(Facts(session_id="sess_1", opening=Opening(model="gpt-realtime-2.1")))
    session.received({"type": "a", "x": 1}, 0)
    for text in ("Good evening.", "Hello."):
        session.sent({"type": "response.output_text.done", "text": text})
    session.sent({"type": "response.function_call_arguments.done", "name": "book", "arguments": '{"people": 2}'})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SessionLog, "heard", property(lambda log: ["Please cancel my", "order, please."]))
        assert check_sessions([session], {name: what}).passed != check_sessions([session], {f"not_{name}": what}).passed


def test_sessions_by_hand() -> None:
    with pytest.raises(ConfigError, match="No session is on record"):
        check_sessions([], {"errors": "none"})
    assert check_sessions([], {"sessions": 0}).passed
