"""The pytest plugin, in a run of pytest of its own."""

from __future__ import annotations

import re
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


@pytest.mark.rtnb(latency_ms=-4)
def test_no_latency():
    pass


@pytest.mark.rtnb("part.yaml", "tone")
def test_two_scenarios():
    pass


@pytest.mark.parametrize("name", ["a/b", "a.b"])
@pytest.mark.rtnb({"rules": [{"on": "hello", "say": "Good morning."}]}, voice="tone")
def test_names_alike(rtnb_server, rtnb_server_factory, name):
    rtnb_server_factory({"rules": []}, voice="tone")
    talk(rtnb_server)
    rtnb_server.wait_for("response.done", count=2, timeout_s=0.01)


@pytest.mark.rtnb("part.yaml")
class TestNearestMark:
    @pytest.mark.rtnb(brain="demo", voice="tone")
    def test_it_says_what_is_played(self, rtnb_server):
        talk(rtnb_server)


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
    for name in (
        "test_passing",
        "test_default_scenario_and_its_faults",
        "test_another_server",
        "TestNearestMark::test_it_says_what_is_played",
    ):
        assert f"PASSED test_it.py::{name}" in run.text, run.text
    assert "3 failed, 4 passed, 7 errors" in run.text


def test_a_failure_tells_what_happened_and_keeps_it(run: Run) -> None:
    assert "'good evening' was not said; what was said: 'Good morning.'" in run.text
    report = run.text.partition("- rtnb_server -")[2]
    assert "→ response.create" in report
    assert "← response.done" in report
    (recording,) = (run.folder / "kept").glob("*test_failing*/*.jsonl")
    assert str(recording.relative_to(run.folder)) in run.text
    talk = rtnb.replay(recording)
    assert [turn.assistant_text for turn in talk.turns] == ["Good morning."]


def test_a_failure_shows_the_line_of_the_test(run: Run) -> None:
    assert re.search(r'^> +rtnb_server\.assert_said\("good evening"\)$', run.text, re.MULTILINE)
    assert 'rtnb_server.wait_for("response.done", count=2, timeout_s=0.01)' in run.text
    assert "After 0.01 s there was no 2 x response.done" in run.text
    assert "testing/server.py" not in run.text and "testing/waiting.py" not in run.text


def test_recordings_of_tests_with_names_alike_are_kept_side_by_side(run: Run) -> None:
    recordings = sorted((run.folder / "kept").glob("*names_alike*/*.jsonl"))
    assert len({path.parent for path in recordings}) == 2
    assert [path.name for path in recordings] == ["server-1-session-001.jsonl"] * 2
    assert "- rtnb_server 2 -" in run.text


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("mistake_in_scenario", "rtnb_server: bad.yaml, line 3 (rules[0].sing): a rule has no 'sing'"),
        ("mistake_in_faults", "faults (faults[0]): drop says when"),
        ("no_faults_file", "The plan of failures '"),
        ("no_option", "There is no setting 'volume'. There are: scenario, brain,"),
        ("no_latency", "latency_ms is milliseconds from 0"),
        ("two_scenarios", "the mark rtnb takes one scenario, and settings by name"),
        ("no_voice", "voice is 'auto' or 'tone', not 'loud'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(run: Run, test: str, said: str) -> None:
    assert f"ERROR test_it.py::test_{test}" in run.text
    # Once where it happens, and once in the summary.
    assert run.text.count(said) in (1, 2)
    assert "Traceback" not in run.text and "During handling" not in run.text


FAILING = """
import shutil, pytest, rtnb

@pytest.mark.rtnb({"rules": []}, voice="tone")
def test_failing(rtnb_server, request):
    with rtnb.connect(rtnb_server.url, key=rtnb_server.key, modalities=["text"]) as s:
        s.ask("Hello!")
    folder = request.config.getoption("--rtnb-keep")
    shutil.rmtree(folder)
    open(folder, "w").close()
    assert False

@pytest.mark.rtnb({"rules": []}, voice="tone")
def test_with_no_report(rtnb_server):
    rtnb_server.report = lambda: 1 / 0
    assert False

def test_after():
    pass
"""


@pytest.mark.parametrize("where", ["a file", "/proc/rtnb"])
def test_a_folder_that_cannot_be_written_to_is_told_before_the_first_test(tmp_path: Path, where: str) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "a file").write_text("")
    (tmp_path / "test_it.py").write_text(FAILING)
    text = pytest_in(tmp_path, "--rtnb-keep", where).text
    assert f"ERROR: --rtnb-keep: nothing can be written to the folder '{where}': " in text
    assert "INTERNALERROR" not in text and "test_it.py" not in text


def test_trouble_with_a_report_or_a_recording_ends_no_run(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(FAILING)
    text = pytest_in(tmp_path, "--rtnb-keep", "kept").text
    assert "2 failed, 1 passed" in text and "INTERNALERROR" not in text
    assert "Nothing was written to 'kept/test_it_py__test_failing-" in text
    assert "There is no report: ZeroDivisionError" in text


def test_it_is_next_to_nothing_in_other_peoples_runs(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    print('loaded:', *sorted(n for n in sys.modules if n.startswith('rtnb')))\n"
    )
    (line,) = [line for line in pytest_in(tmp_path, "-qs").text.splitlines() if "loaded:" in line]
    assert line.split("loaded: ")[1].split() == ["rtnb", "rtnb._lazy", "rtnb.testing", "rtnb.testing.plugin"]
