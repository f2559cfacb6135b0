"""What a timeline's page draws: rows as the stills have them, words that say what happened."""

from __future__ import annotations

from dataclasses import replace

import rtnb
from rtnb.session.timeline.incidents import Bracket, Change, Link
from rtnb.session.timeline.shapes import Call, Response, Speech
from rtnb.session.timeline.timeline import Timeline
from rtnb.widgets.timeline.rows import ENDS, LANES, TONES, Row, rows_of


def quiet() -> Timeline:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        timeline = s.timeline
    return replace(
        timeline, duration_s=20.0, speech=(), responses=(), calls=(), brackets=(), changes=(), links=(), notes=()
    )


def in_lane(rows: list[Row], lane: str) -> list[Row]:
    return [row for row in rows if LANES[row[1][1]] == lane]


def response(name: str, start_s: float, end_s: float | None, status: str = "completed", reason: str = "") -> Response:
    return Response(id=name, created_s=start_s, done_s=end_s, status=status, trigger="client", reason=reason)


def test_what_overlaps_has_rows_of_its_own() -> None:
    spans = ((0.0, 9.0), (1.0, 4.0), (2.0, 5.0), (4.5, 6.0), (10.0, None))
    responses = tuple(response(f"r{i}", start_s, end_s) for i, (start_s, end_s) in enumerate(spans))
    calls = tuple(
        Call(call_id=name, name="f", signature="f()", status="completed", asked_s=at_s, started_s=at_s, finished_s=7.0)
        for name, at_s in (("a", 5.0), ("b", 6.0))
    )
    bars = rows_of(replace(quiet(), responses=responses, calls=calls))["bars"]
    assert [row[1][4] for row in in_lane(bars, "response")] == [0, 1, 2, 1, 0]
    assert [row[1][4] for row in in_lane(bars, "tools")] == [0, 1]


def test_ends_differ_without_colours() -> None:
    statuses = ("completed", "cancelled", "incomplete", "failed", "in_progress")
    responses = tuple(response(s, float(i), i + 0.5, s, "content filter" if s == "incomplete" else "")
                      for i, s in enumerate(statuses))  # fmt: skip
    bars = in_lane(rows_of(replace(quiet(), responses=responses))["bars"], "response")
    assert [ENDS[row[1][5]] for row in bars] == ["", "cancelled", "incomplete", "failed", ""]
    assert [row[2].split("\n")[-1] for row in bars] == ["completed", "■", "◐", "✕", "in progress …"]
    assert bars[2][2].startswith("◐ incomplete · content filter")
    assert [TONES[row[1][2]] for row in bars] == ["asst", "asst", "asst", "err", "asst"]


def test_speech_says_both_its_lengths() -> None:
    span = Speech(start_s=1.0, end_s=2.91, prefix_s=0.3, silence_s=0.2, started_s=1.4, stopped_s=2.95,
                  audio_start_ms=0, audio_end_ms=1910, item_id="item_1")  # fmt: skip
    (row,) = in_lane(rows_of(replace(quiet(), speech=(span,)))["bars"], "detection")
    assert row[2] == "speech 1.41 s (1.91 s with padding)\n1.41 s"


def test_marks_say_what_came_of_it() -> None:
    changes = (Change(t_s=None, sent_s=1.0, label="voice"), Change(t_s=3.1, sent_s=3.0, label="speed"))
    links = (Link(start_s=0.0, lost_s=5.0, session_id="sess_1", reason="network"),)
    marks = rows_of(replace(quiet(), changes=changes, links=links))["marks"]
    texts = [row[2] for row in in_lane(marks, "notices")]
    assert texts == ["voice: not answered", "speed changed", "connection lost: network"]


def bracket(name: str, turn: int, end_s: float = 1.31, *, reckoned: bool = False) -> Bracket:
    return Bracket(name=name, label=name, start_event="speech end (audio_end_ms - silence_duration_ms)",
                   end_event="first audible sample played", start_s=1.0, end_s=end_s, value=end_s - 1.0, unit="s",
                   text="0.31 s", turn=turn, reckoned=reckoned)  # fmt: skip


def test_each_turn_shows_what_was_waited_for() -> None:
    brackets = (bracket("ttft_text", 0, 1.0002), bracket("ttft_text", 1), bracket("ttfa_response", 1),
                bracket("ttft_text", 2), bracket("response_latency", 2, reckoned=True))  # fmt: skip
    rows = rows_of(replace(quiet(), brackets=brackets))["brackets"]
    main = [text.split("\n")[1] for _, (_, main), text in rows if main]
    assert sorted(main) == ["response_latency", "ttfa_response", "ttft_text"]
    assert rows[-1][2].endswith("\n0.31 s reckoned speech end → heard")


def test_a_session_of_text_has_a_latency_and_its_turns() -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        s.ask("Spell cat.", show=False)
        s.ask("Spell dog.", show=False)
        rows = rows_of(s.timeline)
    assert sum(main for _, (_, main), _ in rows["brackets"]) == 2
    assert [number for _, (number,), _ in rows["turns"]] == [1, 2]
