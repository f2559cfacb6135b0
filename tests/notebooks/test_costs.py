"""The notebook about costs as a user runs it: a real kernel, every cell, and what is left in the saved file."""

from __future__ import annotations

import json
import re

import pytest
from support.course import NOTEBOOKS, data, execute, said, stored

import rtnb

NAME = "06_what_it_costs"
RECORDING = NOTEBOOKS / "data" / "ten_minutes.rtnb"
STORED = stored(NAME)


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
    old, uncached, contract, dearest = execute(NAME)[1]
    repriced = old.outputs[-1]["data"]["text/plain"]
    assert "unpriced" in repriced and "2024-11-21" in repriced
    as_was, never = _amounts(_printed(uncached))
    assert never > 2 * as_was
    at_list, own = _amounts(_printed(contract))
    # A fifth less on all but the transcription, which is another model's.
    assert 0.79 < own / at_list < 0.85
    table = dearest.outputs[-1]["data"]["text/plain"]
    assert "instructions changed" in table and "item deleted" in table


def _printed(ran: object) -> str:
    return "".join(o["text"] for o in ran.outputs if o["output_type"] == "stream")  # type: ignore[attr-defined]


def _amounts(text: str) -> list[float]:
    return [float(amount) for amount in re.findall(r"\$(\d+\.\d+)", text)]


def test_the_golden_payloads_cost_what_was_billed() -> None:
    found = _amounts(said(STORED, "PAYLOADS"))
    assert found[::2] == [0.071985, 0.0237288, 0.007585, 0.0069656]
    assert found[1::2] == [0.158545, 0.0526568, 0.022625, 0.007196]


def test_the_bill_is_the_recording_s() -> None:
    talk = rtnb.replay(RECORDING)
    assert f"{talk.usage.total_usd:.2f}" in data(STORED, "DAY = bill")["text/plain"]
    assert str(talk.usage.meter.cost) in said(STORED, "entry.unheard")


def test_the_printed_table_is_reproduced() -> None:
    text = data(STORED, "talk_time_table")["text/plain"]
    for amount in ("0.11", "0.26", "0.92", "2.68", "5.28"):
        assert text.count(amount) >= 2, "as printed, and as computed"


def test_the_pictures_are_there() -> None:
    pictured = [c.source for c in STORED for o in c.outputs if "image/png" in o.get("data", ())]
    for source in ("meter", "what_if(talk, policies=())", "calibrate", "history", "talk.turns[12]"):
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
