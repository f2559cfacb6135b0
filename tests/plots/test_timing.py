from __future__ import annotations

from typing import Any

from support.markup import assert_harmless

from rtnb.plots.grid import text_columns
from rtnb.plots.timing import timing_card, timing_text, turn_times_card, turn_times_text
from rtnb.session.views.timing import Interval, Timing, definitions
from rtnb.session.views.timing_report import TimedTurn, TimingReport


def everything(session: str = "talk.rtnb", *kinds: Any) -> TimedTurn:
    found = tuple(Interval.of(name, 1.0, 1.25, 3.5 if d.unit == "x" else None) for name, d in definitions().items())
    return TimedTurn(session, 0, Timing(found, kinds))


def test_every_figure_stands_between_its_two_events() -> None:
    report = TimingReport((everything(), everything("other", "first")))
    card, text = assert_harmless(timing_card(report)).text(), " ".join(timing_text(report).split())
    assert "2 turns of 2 sessions" in card and "2 turns of 2 sessions" in text
    for definition in definitions().values():
        assert f"{definition.start} → {definition.end}" in card
        assert f"{definition.name}: " in text
        assert definition.name in card and definition.label in card
    assert "0.25 s" in card and "3.5 ×" in card and "3.5 ×" in text


def test_how_it_was_reckoned_is_said() -> None:
    for shown in (assert_harmless(timing_card(TimingReport((everything(),)))).text(),
                  " ".join(timing_text(TimingReport((everything(),))).split())):  # fmt: skip
        assert "interpolated linearly" in shown and "50 ms whose RMS reaches -30 dBFS" in shown


def test_unlike_turns_stand_beside_each_other() -> None:
    report = TimingReport((everything(), everything("a", "tool"), everything("a", "interrupted", "first")))
    reader = assert_harmless(timing_card(report))
    assert len(reader.all("details")) == 1
    assert "by kind of turn: ordinary, first, tool, interrupted" in reader.text()
    assert "median (n)" in timing_text(report)
    assert not assert_harmless(timing_card(TimingReport((everything(),)))).all("details")


def test_a_terminal_is_not_too_narrow() -> None:
    report = TimingReport((everything(), everything("a", "tool", "first", "interrupted", "after_truncation")))
    assert max(text_columns(line) for line in timing_text(report).splitlines()) <= 100


def test_nothing_timed() -> None:
    assert timing_text(TimingReport()) == "Timing: 0 turns, nothing timed"
    assert "Timing" in assert_harmless(timing_card(TimingReport())).text()
    assert turn_times_text(Timing()) == "nothing was timed"
    assert "nothing was timed" in assert_harmless(turn_times_card(Timing())).text()


def test_a_turn_on_its_own() -> None:
    timing = everything().timing
    reader = assert_harmless(turn_times_card(timing))
    assert len(reader.all("tr")) == 1 + len(definitions())
    lines = turn_times_text(timing).splitlines()
    assert len(lines) == len(definitions()) and lines[0].startswith("endpointing")
