from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.logs import Script, answer, append, session

from rtnb.errors import ConfigError
from rtnb.session.timeline.sounds import audio_ms_at, clock_s_at, input_pieces
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline

LOUD = np.full(2400, 16384, "<i2").tobytes()
"""A tenth of a second at half scale."""


@pytest.fixture
def timeline() -> Timeline:
    return _talk()


@cache
def _talk() -> Timeline:
    script = Script(session())
    for step in range(5):
        script.play(append(LOUD), at_s=1.1 + 0.1 * step)
    script.play(append(LOUD), at_s=3.1)
    script.play(answer(1, ["a"], [LOUD]), at_s=2.0)
    return timeline_of_observer(script.observer)


def test_pieces_lie_where_they_were_captured(timeline: Timeline) -> None:
    sent = [piece for piece in timeline.pieces if piece.side == "input"]
    assert [(round(p.start_s, 3), round(p.end_s, 3)) for p in sent] == [(1.0, 1.5), (3.0, 3.1)]
    assert [(p.offset, p.length) for p in sent] == [(0, 24000), (24000, 4800)]


def test_levels(timeline: Timeline) -> None:
    found = timeline.levels("input", 0.5, 3.5, 30)
    assert found.shape == (30,) and found.dtype == np.float32
    assert np.flatnonzero(found > 0.4).tolist() == [5, 6, 7, 8, 9, 25]
    assert timeline.levels("output", 0.0, 1.0, 4).tolist() == [0, 0, 0, 0]
    assert timeline.levels("input", 1.0, 1.0, 5).tolist() == [0] * 5


def test_a_slice_sounds_as_it_lies(timeline: Timeline) -> None:
    clip = timeline.clip("input", 1.4, 1.6)
    assert clip.duration_s == pytest.approx(0.2)
    assert abs(float(np.abs(clip.samples[:2300]).min()) - 0.5) < 1e-3 and not clip.samples[2500:].any()
    answered = next(piece for piece in timeline.pieces if piece.side == "output")
    assert np.abs(timeline.clip("output", answered.start_s, answered.end_s).samples).max() == pytest.approx(0.5)
    assert timeline.clip("input", 3.0, 1e9).duration_s == pytest.approx(timeline.duration_s - 3.0, abs=0.01)
    assert timeline.clip("output", 90.0, 91.0).duration_s == 0.0


@pytest.mark.parametrize("span", [(2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (0, "1"), (None, 1.0), (True, 2)])
def test_a_slice_is_between_two_moments(timeline: Timeline, span: tuple[Any, Any]) -> None:
    for ask in (lambda: timeline.clip("input", *span), lambda: timeline.between(*span)):
        with pytest.raises(ConfigError, match="A stretch goes from one moment to a later one, in seconds; not"):
            ask()


@given(st.floats(0.5, 3.0), st.floats(0.001, 2.0), st.integers(1, 40))
def test_levels_are_the_peaks_of_what_the_clip_has(start_s: float, lasts_s: float, columns: int) -> None:
    timeline = _talk()
    found = timeline.levels("input", start_s, start_s + lasts_s, columns)
    assert found.max(initial=0) <= 0.5
    loud = np.abs(timeline.clip("input", start_s, start_s + lasts_s).samples) > 0.4
    if loud.sum() > 2:
        assert found.max() == pytest.approx(0.5)


def test_a_side_that_is_none(timeline: Timeline) -> None:
    with pytest.raises(Exception, match="side is 'input' or 'output', not 'left'"):
        timeline.clip("left", 0.0, 1.0)  # type: ignore[arg-type]


def test_audio_time_stands_still_while_nothing_is_sent(timeline: Timeline) -> None:
    assert [timeline.audio_ms(t_s) for t_s in (0.0, 1.25, 2.0, 3.05, 9.0)] == pytest.approx([0, 250, 500, 550, 600])
    assert timeline.clock_s(550) == pytest.approx(3.05) and timeline.clock_s(601) is None


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 4800)), min_size=1, max_size=30))
def test_pieces_hold_everything_that_was_sent(chunks: list[tuple[float, int]]) -> None:
    t_s = np.cumsum([wait for wait, _ in chunks])
    lengths = np.array([2 * samples for _, samples in chunks])
    pieces = list(input_pieces(t_s, lengths, np.arange(len(chunks)), bytes_per_ms=48))
    assert sum(piece.length for piece in pieces) == lengths.sum()
    assert [piece.offset for piece in pieces] == [0, *np.cumsum([p.length for p in pieces])[:-1]]
    for piece in pieces:
        assert piece.end_s - piece.start_s >= piece.length / 48000 - 1e-9
    last = pieces[-1]
    assert clock_s_at(pieces, lengths.sum() / 48, 48) == pytest.approx(last.end_s)
    assert audio_ms_at(pieces, last.end_s, 48) == pytest.approx(lengths.sum() / 48)
