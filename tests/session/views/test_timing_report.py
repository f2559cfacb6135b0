from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.views.shapes import TurnView
from rtnb.session.views.timing import Interval, Timing, definitions
from rtnb.session.views.timing_report import Statistic, TimedTurn, TimingReport, timing


def timed(values: list[float], name: str = "ttfa_response", *kinds: Any) -> TimingReport:
    turns = (Timing((Interval.of(name, 0.0, value),), kinds=kinds) for value in values)
    return TimingReport(tuple(TimedTurn("talk", i, each) for i, each in enumerate(turns)))


def joined(*reports: TimingReport) -> TimingReport:
    return TimingReport(tuple(turn for report in reports for turn in report.turns))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60))
def test_percentiles_are_numpys(values: list[float]) -> None:
    found = timed(values)["ttfa_response"]
    assert found.n == len(values) and found.max == max(values)
    assert [found.p50, found.p90, found.p95] == pytest.approx(np.percentile(values, [50, 90, 95]).tolist())
    assert found.p50 <= found.p90 <= found.p95 <= found.max + 1e-9


def test_each_kind_of_turn_is_counted_apart() -> None:
    report = joined(
        timed([1.0, 2.0]), timed([5.0], "ttfa_response", "first"), timed([9.0], "ttfa_response", "tool", "interrupted")
    )
    counts = {each.split: each.n for each in report.statistics()}
    assert counts == {"all": 4, "ordinary": 2, "first": 1, "tool": 1, "interrupted": 1}
    assert report.get("ttfa_response", "first") == Statistic(
        definitions()["ttfa_response"], "first", 1, 5.0, 5.0, 5.0, 5.0
    )
    assert report.get("ttfa_response", "after_truncation") is None


def test_nothing_is_said_of_what_nobody_measured() -> None:
    report = timed([1.0])
    assert report.get("ttfa_vad") is None
    with pytest.raises(KeyError, match="no turn measured ttfa_vad"):
        report["ttfa_vad"]
    with pytest.raises(ConfigError, match="is no timing; there are: endpointing"):
        report.get("ttfb")
    with pytest.raises(ConfigError, match="is no kind of turns; there are: all, ordinary, first"):
        report.get("ttfa_vad", "last")  # type: ignore[arg-type]


def test_the_frame_names_both_ends_of_every_row() -> None:
    frame = joined(timed([1.0]), timed([2.0], "generation_speed", "first")).frame
    assert list(frame.columns) == ["name", "split", "start", "end", "unit", "n", "p50", "p90", "p95", "max"]
    assert list(frame["name"]) == ["ttfa_response"] * 2 + ["generation_speed"] * 2
    for row in frame.itertuples():
        meant = definitions()[row.name]
        assert (row.start, row.end, row.unit) == (meant.start, meant.end, meant.unit)
    assert TimingReport().frame.empty and list(TimingReport().frame.columns) == list(frame.columns)


def test_every_figure_of_every_turn_is_a_row() -> None:
    report = joined(timed([1.0, 2.0]), timed([3.0], "ttft_text", "tool"))
    frame = report.to_frame()
    assert list(frame["value"]) == [1.0, 2.0, 3.0] and list(frame["tool"]) == [False, False, True]
    assert list(frame["turn"]) == [0, 1, 0]
    assert TimingReport().to_frame().empty


def test_sources_of_every_kind_and_lists_of_them() -> None:
    one = TurnView(0, "completed", endpoint="a", timing=timed([1.0]).turns[0].timing)
    two = TurnView(1, "completed", endpoint="b", timing=timed([2.0]).turns[0].timing)
    report = timing(one, [two, [one]])
    assert [(turn.session, turn.index) for turn in report.turns] == [("a", 0), ("b", 1), ("a (2)", 0)]
    assert report.values("ttfa_response") == [1.0, 2.0, 1.0]
    assert timing().turns == () == timing([]).turns
    for wrong in ("talk.rtnb", 5, None):
        with pytest.raises(ConfigError, match=r"rtnb\.replay"):
            timing(wrong)


def test_a_real_session_its_recording_and_its_turns_agree(server: Any, tmp_path: Any) -> None:
    with rtnb.connect(journal=False) as s:
        first = s.ask("What is 6 times 7?")
        s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))
        live = timing(s)
        assert first.timing == live.turns[0].timing
        path = s.save(tmp_path / "talk.rtnb")
    again = timing(rtnb.replay(path))
    assert [turn.timing for turn in again.turns] == [turn.timing for turn in live.turns]
    assert set(live["ttfa_manual"].definition.start.split()) >= {"response.create", "sent"}
    assert live["ttfa_response"].n == 2 and live["ttfa_manual"].n == 2 and live["headroom"].n == 2
    assert live["ttfa_manual"].p50 >= live["ttfa_response"].p50 > 0
    assert live["transcription_lag_commit"].n == 1
    assert live.turns[0].timing.kinds == ("first",) and live.turns[1].timing.kinds == ()
    assert timing(s, path and rtnb.replay(path)).sessions[1].endswith("talk.rtnb")


def test_ten_minutes_of_talk() -> None:
    path = Path(__file__).parents[3] / "notebooks" / "data" / "ten_minutes.rtnb"
    report = timing(rtnb.replay(path))
    assert len(report.turns) == 44
    # The server's detector waits for the silence that it is set to, and 50 ms at a time.
    assert 0.2 <= report["endpointing"].p50 <= 0.35
    assert report["response_latency"].p50 > report["ttfa_vad"].p50 > report["ttfa_response"].p50 > 0
    assert report["generation_speed"].p50 > 1 and report["headroom"].p50 > 1
    assert report["unheard"].n == 2 == report["truncate_ack"].n
    assert report.get("ttfa_response", "after_truncation").n == 2  # type: ignore[union-attr]


def test_printed_it_is_an_aligned_table() -> None:
    report = joined(timed([1.0, 2.0]), timed([12.0], "ttfa_vad"))
    head, names, *rows = str(report).splitlines()
    assert head == repr(report) and names.split() == ["name", "from", "→", "to", "n", "p50", "p90", "p95", "max"]
    assert len(rows) == 2 and len({len(line) for line in (names, *rows)}) == 1
    assert all("→" in row for row in rows)
    assert str(TimingReport()) == repr(TimingReport()) == "TimingReport(0 turns)"
