"""The pytest plugin, in a run of pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import rtnb

TESTS = """
import os

import pytest
import rtnb


def talk(server):
    with rtnb.connect(os.environ["REALTIME_URL"], key=os.environ["OPENAI_API_KEY"], modalities=["text"]) as s:
        return s.ask("Hello!").text


@pytest.fixture(autouse=True)
def ours(rtnb_server, monkeypatch):
    rtnb_server.use(monkeypatch)


@pytest.mark.rtnb({"rules": [{"on": "hello", "say": "Good morning."}]}, voice="tone")
def test_passing(rtnb_server):
    talk(rtnb_server)
    rtnb_server.assert_said("good morning")
    rtnb_server.assert_no_errors()
    rtnb_server.assert_sent("response.create")


@pytest.mark.rtnb({"rules": [{"on": "hello", "say": "Good morning."}]}, voice="tone")
def test_failing(rtnb_server):
    talk(rtnb_server)
    rtnb_server.assert_said("good evening")


@pytest.mark.rtnb(voice="tone")
def test_default_scenario_and_its_faults(rtnb_server):
    with pytest.raises(rtnb.errors.SessionError, match="503"):
        talk(rtnb_server)
    assert talk(rtnb_server) == "Yes."
    assert len(rtnb_server.refusals) == 1
    with pytest.raises(AssertionError, match="refused"):
        rtnb_server.assert_no_errors()


@pytest.mark.rtnb(voice="tone")
def test_another_server(rtnb_server_factory):
    other = rtnb_server_factory({"rules": [{"on": {"any": True}, "say": "Other."}]}, voice="tone")
    with rtnb.connect(other.url, key=other.key, modalities=["text"]) as s:
        assert s.ask("Hello!").text == "Other."
    other.play({"rules": [{"on": {"any": True}, "say": "Another."}]})
    with rtnb.connect(other.url, key=other.key, modalities=["text"]) as s:
        assert s.ask("Hello!").text == "Another."


@pytest.mark.rtnb(scenario="bad.yaml")
def test_mistake_in_scenario():
    pass


@pytest.mark.rtnb(faults=[{"drop": "abort"}])
def test_mistake_in_faults():
    pass


@pytest.mark.rtnb(faults="none.yaml")
def test_no_faults_file():
    pass


@pytest.mark.rtnb(volume=3)
def test_no_option():
    pass


@pytest.mark.rtnb(voice="loud")
def test_no_voice():
    pass
"""


@dataclass(frozen=True)
class Run:
    """What a run of pytest said."""

    text: str
    folder: Path


def pytest_in(folder: Path, *arguments: str) -> Run:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120
    )
    return Run(done.stdout + done.stderr, folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pytest.ini").write_text("[pytest]\nrtnb_scenario = part.yaml\n")
    (folder / "part.yaml").write_text(
        "rules:\n  - on: { any: true }\n    say: Yes.\nfaults:\n  - refuse: 503\n    times: 1\n"
    )
    (folder / "bad.yaml").write_text("rules:\n  - on: hello\n    sing: Hi!\n")
    (folder / "test_it.py").write_text(TESTS)
    return pytest_in(folder, "--strict-markers", "-rA", "--rtnb-keep", "kept")


def test_what_passes(run: Run) -> None:
    for name in ("test_passing", "test_default_scenario_and_its_faults", "test_another_server"):
        assert f"PASSED test_it.py::{name}" in run.text, run.text
    assert "4 passed, 5 errors" not in run.text
    assert "1 failed, 3 passed, 5 errors" in run.text


def test_a_failure_tells_what_happened_and_keeps_it(run: Run) -> None:
    assert "'good evening' was not said; what was said: 'Good morning.'" in run.text
    report = run.text.partition("- rtnb_server -")[2]
    assert "→ response.create" in report
    assert "← response.done" in report
    (recording,) = (run.folder / "kept").rglob("*.jsonl")
    assert "test_failing" in str(recording)
    talk = rtnb.replay(recording)
    assert [turn.assistant_text for turn in talk.turns] == ["Good morning."]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("mistake_in_scenario", "rtnb_server: bad.yaml, line 3 (rules[0].sing): a rule has no 'sing'"),
        ("mistake_in_faults", "faults (faults[0]): drop says when"),
        ("no_faults_file", "none.yaml' cannot be read"),
        ("no_option", "These are no options of a server"),
        ("no_voice", "voice is 'auto' or 'tone', not 'loud'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(run: Run, test: str, said: str) -> None:
    assert f"ERROR test_it.py::test_{test}" in run.text
    assert said in run.text
    assert "Traceback" not in run.text


def test_it_is_next_to_nothing_in_other_peoples_runs(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    print('loaded:', *sorted(n for n in sys.modules if n.startswith('rtnb')))\n"
    )
    (line,) = [line for line in pytest_in(tmp_path, "-qs").text.splitlines() if "loaded:" in line]
    assert line.split("loaded: ")[1].split() == ["rtnb", "rtnb._lazy", "rtnb.testing", "rtnb.testing.plugin"]
