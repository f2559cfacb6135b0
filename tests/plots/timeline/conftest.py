"""Timelines: ten minutes that were recorded, and a crowd made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import rtnb
from rtnb.session.timeline.shapes import Call, Gap, Note, Problem
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline

TEN_MINUTES = Path(__file__).parents[3] / "notebooks" / "data" / "ten_minutes.rtnb"


@pytest.fixture(scope="session")
def timeline() -> Timeline:
    """44 turns, two of them interrupted."""
    recording = rtnb.replay(TEN_MINUTES)
    return timeline_of_observer(recording._observer, name="ten_minutes.rtnb")


@pytest.fixture(scope="session")
def crowded(timeline: Timeline) -> Timeline:
    """The same with functions, errors, stalls and notes close to each other."""
    calls = tuple(
        Call(call_id=f"c{i}", name=f"look_up_{i}", signature="look_up()",
             status="failed" if i % 7 == 0 else "completed",
             asked_s=100 + i / 3, started_s=100.1 + i / 3, finished_s=100.4 + i / 3, output_s=100.5 + i / 3,
             error="no" if i % 7 == 0 else "")
        for i in range(60)
    )  # fmt: skip
    problems = tuple(
        Problem(t_s=104 + i / 2, message="something went wrong " * 9, code="server_error", severity="retry",
                advice="Wait.")
        for i in range(30)
    )  # fmt: skip
    gaps = tuple(Gap(kind="stall", start_s=100 + i, end_s=100.4 + i) for i in range(30))
    notes = tuple(Note(t_s=101 + i / 5, text="a note") for i in range(60))
    return replace(timeline, calls=calls, problems=problems, gaps=gaps, notes=notes, name="crowded")


@pytest.fixture(scope="session")
def nothing(timeline: Timeline) -> Timeline:
    names = ("runs", "pieces", "speech", "commits", "responses", "heard", "calls", "transcripts", "problems")
    more = ("changes", "links", "notes", "charges", "gaps", "brackets")
    return replace(timeline, **dict.fromkeys((*names, *more), ()))
