from __future__ import annotations

from rtnb.plots.timeline.sheets import (
    changes_sheet,
    event_lines,
    events_sheet,
    moment,
    problems_sheet,
    times_sheet,
    turns_sheet,
)
from rtnb.session.timeline.timeline import Timeline


def test_a_turn_tells_what_was_heard_of_it(timeline: Timeline) -> None:
    rows = turns_sheet(timeline).rows
    assert len(rows) == 44
    assert rows[12][2] == "Tell me a long story."
    assert "cancelled" in str(rows[12][4])
    assert rows[12][6] == "9.86 of 30.61 s"


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
    assert (moment(-0.998), moment(59.9994), moment(600.5)) == ("-0.998 s", "59.999 s", "10:00.500")
