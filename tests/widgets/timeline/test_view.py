"""The view as its page meets it: told all, then what is new; asked for details, sound and files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np
import pytest
from support.comms import ComPage, RememberedComm, remember_comms

import rtnb
from rtnb.errors import ConfigError


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    return remember_comms(monkeypatch)


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not found():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_page_is_told_all_and_then_what_is_new(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = rtnb.TimelineView(s)
        page = ComPage(comms)
        s.ask("Spell cat.", show=False)
        assert not page.told("run")  # nobody listens yet
        page.say(type="hello")
        ((whole, buffers),) = page.told("run")
        assert whole["page"] == "p1" and whole["reset"] and whole["head"]["live"]
        told = len(np.frombuffer(buffers[0], "<u4"))
        s.ask("Spell dog.", show=False)
        until(lambda: sum(len(b[0]) // 4 for _, b in page.told("run")) >= len(s.events))
        for content, more in page.told("run")[1:]:
            assert "page" not in content and content["from"] == told
            told += len(np.frombuffer(more[0], "<u4"))
    until(lambda: not page.told("run")[-1][0]["head"]["live"])
    # A second page at the end gets all of it at once.
    page.say(type="hello", page="p2")
    last, buffers = page.told("run")[-1]
    assert last["page"] == "p2" and len(np.frombuffer(buffers[0], "<u4")) == len(s.events)
    assert "events in" in repr(view) and view.timeline.live is False
    view.freeze()


def test_details_searches_sound_and_files(comms: list[RememberedComm]) -> None:
    with rtnb.connect(journal=False) as s:
        s.ask(rtnb.sample("weather_question"), show=False)
    view = rtnb.TimelineView(s)
    page = ComPage(comms)
    page.say(type="hello")
    page.say(type="detail", run=0, seq=0)
    ((detail, _),) = page.told("detail")
    assert json.loads(detail["json"])["type"] == s.events[0].type and detail["seq"] == 0
    page.say(type="search", run=0, text="Paris", ask=5)
    until(lambda: bool(page.told("found")))
    ((found, (seqs,)),) = page.told("found")
    assert found["ask"] == 5 and len(np.frombuffer(seqs, "<u4")) > 0
    piece = next(each for each in view.timeline.pieces if each.side == "output")
    page.say(type="play", run=0, side="output", start_s=piece.start_s, end_s=piece.start_s + 1.0, ask=6)
    until(lambda: bool(page.told("sound")))
    sound = np.frombuffer(b"".join(part for _, (part,) in page.told("sound")), "<i2")
    assert len(sound) == 24000 and np.abs(sound).max() > 500
    page.say(type="export", what="jsonl", ask=7)
    until(lambda: bool(page.told("file")))
    lines = b"".join(part for _, (part,) in page.told("file")).splitlines()
    assert len(lines) == len(s.events) and page.told("file")[0][0]["name"] == "timeline.jsonl"


def test_what_cannot_be_is_said_in_words(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = rtnb.TimelineView(s)
        page = ComPage(comms)
        page.say(type="export", what="pdf", ask=1)
        until(lambda: bool(page.told("say")))
        assert "There is no export 'pdf'" in page.told("say")[0][0]["text"]
        page.say(type="nothing that there is")
        page.say(type="search", run=7, text="x", ask=2)
        until(lambda: len(page.told("say")) == 2)
        view.freeze()
        assert view.frozen
    with pytest.raises(ConfigError, match="TimelineView wants a Session"):
        rtnb.TimelineView("a sentence")
    with pytest.raises(TypeError, match="no option 'hight'"):
        rtnb.TimelineView(s, hight=3)
    with pytest.raises(ConfigError, match="align is one of"):
        rtnb.TimelineView(s, align="middle")  # type: ignore[arg-type]


def test_two_runs_share_one_axis(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s, rtnb.connect(modalities=["text"], journal=False) as z:
        s.ask("Spell cat.", show=False)
        z.ask("Spell dog.", show=False)
    view = rtnb.TimelineView(s, z, align="response")
    page = ComPage(comms)
    page.say(type="hello")
    first, second = (content for content, _ in page.told("run"))
    assert (first["run"], second["run"], first["runs"]) == (0, 1, 2)
    assert view.other is not None
    created = [each.responses[0].created_s for each in (view.timeline, view.other)]
    assert second["head"]["shift_s"] == pytest.approx(created[0] - created[1])
    page.say(type="align", align="start")
    assert view.align == "start" and page.told("run")[-1][0]["head"]["shift_s"] == 0.0
    still = view._draw()
    assert "text/html" in still


def test_files_of_two_runs_hold_both(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s, rtnb.connect(modalities=["text"], journal=False) as z:
        s.ask("Spell cat.", show=False)
        z.ask("Spell dog.", show=False)
    view = rtnb.TimelineView(s, z, align="response")
    page = ComPage(comms)
    for ask, what in enumerate(("jsonl", "perfetto")):
        page.say(type="export", what=what, ask=ask)
    until(lambda: len(page.told("file")) == 2)
    files = {content["name"]: b"".join(parts) for content, parts in page.told("file")}
    lines = [json.loads(line) for line in files["timeline.two-runs.jsonl"].splitlines()]
    assert [sum(line["run"] == run for line in lines) for run in (1, 2)] == [len(s.events), len(z.events)]
    assert lines[0]["event"]["type"] == s.events[0].type and lines[-1]["event"]["type"] == z.events[-1].type
    trace = json.loads(files["timeline.two-runs.perfetto.json"])["traceEvents"]
    assert {event["pid"] for event in trace} == {1, 2} and min(event.get("ts", 0) for event in trace) >= 0
    named = [event["args"]["name"] for event in trace if event["name"] == "process_name"]
    assert [name[:6] for name in named] == ["run 1:", "run 2:"]
    begun = [
        [event["ts"] for event in trace if event["pid"] == pid and event["name"] == "response.created"]
        for pid in (1, 2)
    ]
    assert view.align == "response" and begun[0][0] == pytest.approx(begun[1][0], abs=2)


def test_an_alignment_that_cannot_be_is_refused_and_one_that_may_come_waits(comms: list[RememberedComm]) -> None:
    with rtnb.connect(journal=False) as spoken, rtnb.connect(modalities=["text"], journal=False) as typed:
        spoken.ask(rtnb.sample("weather_question"), show=False)
        early = rtnb.TimelineView(spoken, typed, align="response")
        page = ComPage(comms)
        page.say(type="hello")
        both = page.told("both")[-1][0]
        assert both["align"] == "response" and both["words"] == "at the start" and "no response yet" in both["lacks"]
        assert "aligned" in str(early._draw())
        typed.ask("Spell cat.", show=False)
        until(lambda: page.told("both")[-1][0]["words"] == "at the first response")
        assert page.told("both")[-1][0]["lacks"] == ""
    over = rtnb.TimelineView(spoken, typed)
    for wrong in ("speech", 7):
        with pytest.raises(ConfigError, match="has no"):
            rtnb.TimelineView(spoken, typed, align=wrong)
        with pytest.raises(ConfigError, match="has no"):
            over.align = wrong
    assert over.align == "auto" and len(over._still()["text/html"]) > 1000
    assert rtnb.TimelineView(spoken, typed, align=0).align == 0
    page = ComPage(comms)
    page.say(type="hello")
    page.say(type="align", align="speech")
    assert "has no speech" in page.told("say")[-1][0]["text"] and over.align == "auto"


def test_two_runs_are_told_side_by_side(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s, rtnb.connect(modalities=["text"], journal=False) as z:
        s.ask("Spell cat.", show=False)
        z.ask("Spell dog.", show=False)
    view = rtnb.TimelineView(s, z)
    page = ComPage(comms)
    page.say(type="hello")
    ((both, _),) = page.told("both")
    assert both["ways"] == ["auto", "start", "speech", "response"] and both["words"] == "at the first response"
    row = next(row for row in both["rows"] if row[0] == "first text of a response")
    assert row[2] == row[4] == 1 and row[1].endswith("s") and row[5] and view.other is not None


def test_outlines_that_fail_are_said_and_do_not_keep_the_lock(
    comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch
) -> None:
    with rtnb.connect(journal=False) as s:
        s.ask(rtnb.sample("weather_question"), show=False)
    view = rtnb.TimelineView(s)
    page = ComPage(comms)
    monkeypatch.setattr("rtnb.widgets.timeline.parcels.OUTLINE_S", -1.0)
    slept: list[bool] = []

    def sleep(seconds: float) -> None:
        # Whoever waits for the lock gets it here.
        free = view._order.acquire(blocking=False)
        slept.append(free)
        if free:
            view._order.release()
        if len(slept) == 3:
            monkeypatch.setattr("rtnb.widgets.timeline.outlines.outline", lambda *_: 1 / 0)
            monkeypatch.setattr("rtnb.widgets.timeline.parcels.OUTLINE_S", 10.0)

    monkeypatch.setattr("rtnb.widgets.timeline.view.time.sleep", sleep)
    page.say(type="hello")
    end = time.monotonic() + 20
    while not page.told("say"):
        assert time.monotonic() < end
    monkeypatch.undo()
    assert slept[:3] == [True, True, True]
    assert "outline of the sound" in page.told("say")[0][0]["text"]


def test_a_view_that_nobody_looks_at_rests_until_somebody_does(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = rtnb.TimelineView(s)
        page = ComPage(comms)
        page.say(type="hello")
        s.ask("Spell cat.", show=False)
        until(lambda: len(view.timeline.responses) == 1)
        page.say(type="bye")
        until(lambda: view._feeds[0].paused)
        s.ask("Spell dog.", show=False)
        assert len(view.timeline.responses) == 1
        page.say(type="hello", page="p2")
        until(lambda: len(view.timeline.responses) == 2)
        page.say(type="bye", page="p2")
        until(lambda: view._feeds[0].paused)
        s.ask("Spell cow.", show=False)
    # Its end is told anyway: the picture in the cell is of all of it.
    assert len(view.timeline.responses) == 3 and not view.timeline.live
