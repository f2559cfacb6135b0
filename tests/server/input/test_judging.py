"""The judge of pauses, and who has to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.formats import PCM16
from rtnb.errors import ConfigError
from rtnb.server.input import judging
from rtnb.server.input.judging import Judge, Pace
from rtnb.server.workers import Workers
from rtnb.speech import smart_turn


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 300)), min_size=1, max_size=60))
def test_who_sends_as_fast_as_they_speak_is_never_far_ahead(steps: list[tuple[int, int]]) -> None:
    clock, at_ms, longest_ms = Clock(), 0.0, 0
    pace = Pace(clock)
    for chunk_ms, late_ms in steps:
        # A chunk is sent when it has been spoken, or later.
        clock.now_s += (chunk_ms + late_ms) / 1000
        longest_ms = max(longest_ms, chunk_ms)
        assert pace.sent(at_ms, at_ms + chunk_ms) <= longest_ms + 1e-3
        at_ms += chunk_ms


@given(st.integers(1, 400), st.integers(2, 50))
def test_who_sends_a_recording_is_ahead_by_it(chunk_ms: int, chunks: int) -> None:
    pace = Pace(Clock())
    leads = [pace.sent(n * chunk_ms, (n + 1) * chunk_ms) for n in range(chunks)]
    assert leads == [(n + 1) * chunk_ms for n in range(chunks)]


def test_a_pause_in_sending_is_no_credit() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.sent(0, 100)
    clock.now_s += 60
    assert pace.sent(100, 5100) == 5000


async def said(text: str) -> str:
    return text


async def failing() -> str:
    raise ConfigError("no ear")


def judged(words: list[Awaitable[str] | None]) -> list[float | None]:
    async def judge() -> list[float | None]:
        workers = Workers(1)
        one = Judge(workers)
        found = [await one.completeness(each, bytes(48_000), PCM16) for each in words]
        workers.close()
        return found

    return asyncio.run(judge())


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smart_turn, "shared_smart_turn", lambda: None)


@pytest.mark.usefixtures("deaf")
def test_words_alone() -> None:
    finished, unfinished, nothing = judged([said("Turn off the lights."), said("Turn off the"), None])
    assert finished is not None and unfinished is not None and nothing is None
    assert finished > 0.8 and unfinished < 0.2


@pytest.mark.usefixtures("deaf")
def test_a_recogniser_that_fails_leaves_it_open(caplog: pytest.LogCaptureFixture) -> None:
    assert judged([failing()]) == [None]
    assert "no ear" in caplog.text


def test_sound_alone_and_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_sounding", lambda data, format: 0.9)
    both = [said("Turn off the lights."), said("Turn off the")]
    alone, agreed, doubted = judged([None, *both])
    assert alone == 0.9
    assert agreed is not None and doubted is not None and doubted < 0.5 < agreed


def test_a_model_that_is_broken_is_tried_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = 0

    def broken() -> None:
        nonlocal asked
        asked += 1
        raise ConfigError("no model there")

    monkeypatch.setattr(smart_turn, "shared_smart_turn", broken)
    assert judged([None, None, None]) == [None, None, None]
    assert asked == 1 and caplog.text.count("no model there") == 1
