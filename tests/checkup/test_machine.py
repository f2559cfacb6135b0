"""Room, memory, clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.checkup import machine
from rtnb.checkup.machine import Clock, Memory, Place, judge_clock, judge_memory, judge_places, memory, places


def test_here() -> None:
    assert {finding.verdict for finding in judge_places(places())} <= {"ok", "note"}


def test_models_that_are_loaded_need_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look, in a container of 1 GB with 200 MB left."""
    from rtnb import speech
    from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack, weights
    from rtnb.vad import load_engine

    loader = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy")))
    monkeypatch.setattr(speech, "shared_loader", lambda: loader)
    monkeypatch.setattr(weights, "installed", lambda name: True)
    monkeypatch.setattr(machine, "_limit_mb", lambda: 200.0)
    facts = memory()
    assert facts.needed_mb > 200 and judge_memory(facts)[0].verdict == "problem"
    loader.start().result()
    facts = memory()
    assert facts.needed_mb == 0 and judge_memory(facts)[0].verdict == "note"


@pytest.mark.parametrize(
    ("place", "verdict", "words"),
    [
        (Place("journals", "~/s", "RTNB_JOURNAL", 80_000), "ok", ""),
        (Place("journals", "", "RTNB_JOURNAL", off=True), "ok", ""),
        (Place("journals", "~/s", "RTNB_JOURNAL", 290), "note", "RTNB_JOURNAL"),
        (Place("cache", "~/c", "RTNB_CACHE", 3), "problem", "RTNB_CACHE"),
        (Place("cache", "~/c", "RTNB_CACHE", said="Permission denied"), "problem", "RTNB_CACHE"),
    ],
)
def test_room(place: Place, verdict: str, words: str) -> None:
    (finding,) = judge_places([place])
    assert finding.verdict == verdict and words in finding.remedy


def test_little_room_is_told_in_minutes_of_talk() -> None:
    assert "50 min of talk" in judge_places([Place("journals", "~/s", "RTNB_JOURNAL", 290)])[0].found


def test_a_place_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert machine._place("cache", tmp_path / "file", "RTNB_CACHE").said
    assert machine._place("cache", tmp_path / "not" / "yet", "RTNB_CACHE").said == ""
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (Memory(8000, 570), "ok"),
        (Memory(700, 570, limited=True), "note"),
        (Memory(300, 570), "problem"),
        (Memory(400, 0), "ok"),
        (Memory(None, 570), "skipped"),
    ],
)
def test_memory(facts: Memory, verdict: str) -> None:
    assert judge_memory(facts)[0].verdict == verdict


def test_the_limit_of_a_container(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    assert machine._limit_mb(tmp_path) is None
    (tmp_path / "memory.max").write_text("2000000000\n")
    (tmp_path / "memory.current").write_text("1500000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300000000\n")
    assert machine._limit_mb(tmp_path) == 800
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\nMemAvailable:   1000000 kB\n")
    assert machine._free_mb(tmp_path / "meminfo") == 1024


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [(Clock(0, 0.01), "ok"), (Clock(0, -3600.0), "note"), (Clock(0, 1.0), "note"), (Clock(9e8, 0), "problem")],
)
def test_clock(facts: Clock, verdict: str) -> None:
    assert judge_clock(facts)[0].verdict == verdict


def test_a_clock_that_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    real = machine.time.time
    times = iter([real(), real() + 100])
    monkeypatch.setattr(machine.time, "time", lambda: next(times))
    assert machine.clock(wait_s=0).jumped_s == pytest.approx(100, abs=1)
