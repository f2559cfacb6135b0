"""The notebook about costs as a user runs it: a real kernel, every cell, and what is left in the saved file."""

from __future__ import annotations

import json
import re

import pytest
from support.course import NOTEBOOKS, data, execute, said, stored

import rtnb
from rtnb import pricing

NAME = "06_what_it_costs"
RECORDING = NOTEBOOKS / "data" / "ten_minutes.rtnb"
STORED = stored(NAME)
DAY = "2026-11-21"


@pytest.mark.course
@pytest.mark.local
def test_it_runs_and_says_what_the_stored_one_says() -> None:
    ran, _ = execute(NAME)
    for now, kept in zip(ran, STORED, strict=True):
        # The recording, its day and the prices are given, so every figure is, too.
        printed = ["".join(o["text"] for o in each.outputs if o["output_type"] == "stream") for each in (now, kept)]
        assert printed[0] == printed[1], now.source
        rich = [[o["data"] for o in each.outputs if "data" in o] for each in (now, kept)]
        assert [sorted(each) for each in rich[0]] == [sorted(each) for each in rich[1]], now.source
        assert [each["text/plain"] for each in rich[0]] == [each["text/plain"] for each in rich[1]], now.source


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_do_what_they_promise() -> None:
    old, uncached, dearest = execute(NAME)[1]
    repriced = old.outputs[-1]["data"]["text/plain"]
    assert "unpriced" in repriced and "2024-11-21" in repriced
    as_was, never = _amounts(_printed(uncached))
    assert never > 2 * as_was
    table = dearest.outputs[-1]["data"]["text/plain"]
    assert "instructions changed" in table and "item deleted" in table


def _printed(ran: object) -> str:
    return "".join(o["text"] for o in ran.outputs if o["output_type"] == "stream")  # type: ignore[attr-defined]


def _amounts(text: str) -> list[float]:
    return [float(amount) for amount in re.findall(r"\$(\d+\.\d+)", text)]


def test_the_bill_is_the_recording_s() -> None:
    talk = rtnb.replay(RECORDING)
    assert f"{talk.usage.total_usd:.2f}" in data(STORED, "DAY = bill")["text/plain"]
    assert str(talk.usage.meter.cost) in said(STORED, "entry.unheard")


def test_a_beginner_is_through_it_in_one_sitting() -> None:
    assert (NOTEBOOKS / f"{NAME}.ipynb").stat().st_size < 1_200_000 and len(STORED) <= 16


def test_what_the_prose_says_of_the_figures_holds() -> None:
    dear = sorted((entry.cost.exact_usd for entry in rtnb.replay(RECORDING).usage.meter.entries), reverse=True)
    assert dear[1] / dear[20] >= 5 and dear[0] / dear[20] <= 8.5
    forgetting = data(STORED, 'if "5,700" in policy.name')["text/plain"]
    assert 2.7 < _amounts(forgetting.partition("drops the oldest items above")[2])[0] / 1.35 < 3
    minutes = {int(line.split()[0]): _amounts(line) for line in said(STORED, "def project").splitlines()[1:]}
    assert 14 < minutes[40][0] / minutes[20][0] < 15
    fitted = pricing.calibrate(rtnb.replay(RECORDING)).assumptions
    cents = [float(pricing.project(m, "gpt-realtime", on=DAY, assumptions=fitted).cost.exact_usd) for m in (26, 27, 28)]
    assert cents[2] - cents[1] > 3 * (cents[1] - cents[0]), "the cliff begins in the 28th minute"


def test_the_pictures_are_there() -> None:
    pictured = [c.source for c in STORED for o in c.outputs if "image/png" in o.get("data", ())]
    for source in ("meter", "what_if(talk, policies=())", "calibrate", "project(40)", "talk.turns[26]"):
        assert any(source in each for each in pictured), source


def test_every_cell_shows_something() -> None:
    assert all(each.outputs for each in STORED)


def test_the_recording_is_what_the_prose_says() -> None:
    """Ten minutes, at least 25 spoken turns, and the four things that cost money where the notebook says they are."""
    talk = rtnb.replay(RECORDING)
    view = talk.view()
    assert RECORDING.stat().st_size < 3_000_000
    assert view.duration_s >= 600 and len(view.turns) >= 25 and view.model == "gpt-realtime" and not view.errors
    assert all(turn.usage is not None and turn.user_text and turn.assistant_text for turn in view.turns)
    entries = talk.usage.meter.entries
    assert [e.exchange.turn + 1 for e in entries if e.unheard_s] == [13, 27]
    assert [turn.index + 1 for turn in view.turns if turn.user_kind == "text"] == [18]
    reasons = {e.exchange.turn + 1: miss.reason for e in entries for miss in e.misses}
    assert reasons[23] == "instructions changed" and reasons[31] == "item deleted"
    assert set(reasons.values()) <= {"first use", "instructions changed", "item deleted", "item truncated"}


def test_the_recording_still_sounds() -> None:
    turn = rtnb.replay(RECORDING).turns[13]
    assert turn.user_audio is not None and turn.user_audio.peak > 0.1
    assert turn.assistant_audio is not None and turn.assistant_audio.peak > 0.1


def test_the_recording_tells_nothing_about_its_maker() -> None:
    log = rtnb.replay(RECORDING).events
    text = json.dumps([event.body for event in log])
    assert not re.search(r"/(home|root|work|tmp|Users)/|Bearer |sk-[A-Za-z0-9]|local-[A-Za-z0-9]", text)
