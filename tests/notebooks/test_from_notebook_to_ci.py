"""The notebook about CI: a scenario, a real server process, what it checked, and real pytest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from support.course import NOTEBOOKS, Cells, cell, data, execute, said, stored

NAME = "08_from_notebook_to_ci"

EXAMPLE = Path(__file__).parents[2] / "examples" / "voice_agent_ci"


def told(cells: Cells, source: str) -> str:
    """What a cell printed, without the colours of a terminal."""
    return re.sub(r"\x1b\[[\d;]*m", "", said(cells, source))


class TestStored:
    cells = stored(NAME)

    def test_the_demo_and_the_script_call_the_function_alike(self) -> None:
        for source in ("s.ask(question)", "with rtnb.connect(url, tools=[order_status]) as s:"):
            (shown,) = [each for each in self.cells if each.source.endswith(source) or source in each.source][:1]
            card = next(o["data"]["text/plain"] for o in shown.outputs if "image/png" in o.get("data", {}))
            assert "order_status(number=7) → It arrives on Friday." in card

    def test_the_scenario_answers_what_it_has_no_rule_for(self) -> None:
        assert "Which order do you mean?" in told(self.cells, 'brain="script:scenario.yaml", tools')

    def test_the_workflow_is_the_example_s(self) -> None:
        shown = said(self.cells, "print(workflow")
        assert shown.strip() in (EXAMPLE / "workflow.yml").read_text(encoding="utf-8")
        assert "pytest test_agent.py" in shown and "actions/checkout" in shown
        steps = yaml.safe_load(shown.split("\n", 1)[1])["jobs"]["python"]["steps"]
        assert not [step for step in steps if "secrets" in json.dumps(step)]

    def test_the_recording_is_drawn(self) -> None:
        timeline = " ".join(data(self.cells, "recording.timeline")["text/plain"].split())
        assert "2 responses, 1 function call" in timeline

    def test_the_session_of_the_test_that_failed_ends_in_the_middle_of_the_answer(self) -> None:
        last = said(self.cells, 'rtnb.replay(next(Path("sessions")').split()
        assert "response.output_audio.delta" in last and "response.done" not in last

    def test_what_the_prose_points_to_is_there(self) -> None:
        text = (NOTEBOOKS / f"{NAME}.ipynb").read_text(encoding="utf-8")
        for target in re.findall(r"\]\((\.\./[^)#]+)", text):
            assert (NOTEBOOKS / target).exists(), target


@pytest.mark.course
@pytest.mark.local
class TestExecuted:
    def test_the_server_of_another_process_serves_and_ends_politely(self) -> None:
        ran, _ = execute(NAME)
        assert re.search(r"ws://127\.0\.0\.1:\d+/v1/realtime", json.dumps(cell(ran, "ready.json").outputs))
        assert cell(ran, "server.wait()").outputs[-1]["data"]["text/plain"] == "0"

    def test_expectations_that_hold_and_one_that_does_not(self) -> None:
        ran, _ = execute(NAME)
        kept = told(ran, "errors: none")
        assert "passed: 4 expectations of 1 session" in kept and "exit status 0" in kept
        wrong = told(ran, "wrong.yaml")
        assert "'It arrives on Monday' was not said" in wrong and "exit status 1" in wrong

    def test_pytest_passes_then_fails_then_passes(self) -> None:
        ran, _ = execute(NAME)
        first = told(ran, "def test_an_order_is_looked_up")
        assert "1 passed" in first and "exit status 0" in first
        cut = told(ran, "def test_it_asks_again_when_the_line_is_cut")
        assert "1 failed" in cut and "ConnectionLostError" in cut and "exit status 1" in cut
        mended = told(ran, "ask_once = answer")
        assert "1 passed" in mended and "exit status 0" in mended

    def test_the_solutions_do_what_they_promise(self) -> None:
        money, overload, forbidden = ("".join(o.get("text", "") for o in each.outputs) for each in execute(NAME)[1])
        assert "I am putting you through to a colleague." in money
        assert "1 passed" in overload and "exit status 0" in overload
        assert "passed: 1 expectation of 1 session" in forbidden
