from __future__ import annotations

from dataclasses import replace

from rtnb.plots.timeline.content import moments_of
from rtnb.plots.timeline.page import timeline_page
from rtnb.plots.timeline.sheets import (
    changes_sheet,
    event_lines,
    events_sheet,
    moment,
    problems_sheet,
    times_sheet,
    turns_sheet,
)
from rtnb.session.timeline.shapes import Change
from rtnb.session.timeline.timeline import Timeline


def test_a_turn_tells_what_was_heard_of_it(timeline: Timeline) -> None:
    rows = turns_sheet(timeline).rows
    assert len(rows) == 44
    assert rows[12][2] == "Tell me a long story."
    assert "cancelled" in str(rows[12][4])
    assert rows[12][6] == "9.86 of 30.61 s reckoned"


def test_events_stand_in_order_with_their_counts(timeline: Timeline) -> None:
    sheet = events_sheet(timeline, most=50)
    assert len(sheet.rows) == 50
    assert sheet.caption == f"… {event_lines(timeline) - 50:,} more lines"
    assert any(str(row[4]).startswith("×") for row in sheet.rows)
    assert "session.created" in [row[3] for row in sheet.rows[:5]]
    assert [int(str(row[0])) for row in sheet.rows] == sorted(int(str(row[0])) for row in sheet.rows)


def test_long_tables_are_capped(timeline: Timeline, crowded: Timeline) -> None:
    assert len(times_sheet(timeline, most=7).rows) == 7
    assert problems_sheet(crowded, most=10).caption == "… 20 more errors"
    assert problems_sheet(crowded).caption == ""
    assert len(changes_sheet(timeline).rows) >= 2


def test_moments_are_read_off_a_clock() -> None:
    assert (moment(-0.998), moment(59.9994), moment(600.5)) == ("−0.998 s", "59.999 s", "10:00.500")


def test_what_nobody_answered_is_not_in_effect(timeline: Timeline) -> None:
    changes = (Change(t_s=None, sent_s=1.0, label="voice"), Change(t_s=2.1, sent_s=2.0, label="instructions"))
    changed = replace(timeline, changes=changes)
    assert [row[1:] for row in changes_sheet(changed).rows] == [
        ("voice", "", "not answered"),
        ("instructions", "", "as asked"),
    ]
    assert "not answered" in timeline_page(replace(changed, runs=(), brackets=(), responses=(), pieces=()))
    assert [each.text for each in moments_of(replace(changed, notes=()))] == ["voice: not answered", "instructions"]


def test_each_latency_tells_which_it_is(timeline: Timeline) -> None:
    sheet = turns_sheet(timeline)
    assert "¹ speech end → first audible sample played (reckoned)" in sheet.caption
    assert {str(row[5])[-1] for row in sheet.rows} == {"¹", "²"}
    times = {str(row[1]): str(row[2]) for row in times_sheet(timeline).rows}
    assert times["turn gap"].endswith(" reckoned") and not times["endpointing"].endswith("reckoned")
