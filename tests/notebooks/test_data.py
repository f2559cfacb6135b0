"""What lies beside the notebooks, for them and for whoever has a copy of the course alone."""

from __future__ import annotations

from pathlib import Path

from support.course import NOTEBOOKS

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_workflow_is_that_of_the_example() -> None:
    assert (NOTEBOOKS / "data" / "workflow.yml").read_text("utf-8") == (
        EXAMPLES / "voice_agent_ci" / "workflow.yml"
    ).read_text("utf-8")
