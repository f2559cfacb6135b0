"""The quick matching against one that follows the definitions word by word."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.vad.scores.matching import Outcome, match, on_grid


@dataclass
class Labelled:
    start: float
    end: float
    limit: float


@dataclass
class Detected:
    onset: float
    end: float
    stopped: float
    closed: bool
    starts: list[float]


@dataclass
class Case:
    labelled: list[Labelled] = field(default_factory=list)
    detected: list[Detected] = field(default_factory=list)
    prefixes: int = 1
    collar: float = 50.0
    late: float = 2000.0


def quick(case: Case) -> Outcome:
    def column(rows: list[object], name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([getattr(row, name) for row in rows], dtype=np.float64)

    labelled: list[object] = [*case.labelled]
    detected: list[object] = [*case.detected]
    return match(
        start_ms=column(labelled, "start"),
        end_ms=column(labelled, "end"),
        limit_ms=column(labelled, "limit"),
        onset_ms=column(detected, "onset"),
        speech_end_ms=column(detected, "end"),
        audio_start_ms=np.array([d.starts for d in case.detected], dtype=np.float64).reshape(-1, case.prefixes).T,
        stopped_at_ms=column(detected, "stopped"),
        closed=column(detected, "closed").astype(bool),
        collar_ms=case.collar,
        late_ms=case.late,
    )


def belongs(d: Detected, r: Labelled, collar: float) -> bool:
    return d.onset < r.end + collar and d.end > r.start - collar


def slow(case: Case) -> dict[str, list[object]]:
    """As `Scoring` defines it, turn by turn."""
    rows: dict[str, list[object]] = {name: [] for name in Outcome.__slots__}
    own = [[place for place, d in enumerate(case.detected) if belongs(d, r, case.collar)] for r in case.labelled]
    rows["false_start"] = [not any(place in mine for mine in own) for place in range(len(case.detected))]
    rows["clip_ms"] = [[] for _ in range(case.prefixes)]
    for number, (r, mine) in enumerate(zip(case.labelled, own, strict=True)):
        theirs = own[number + 1] if number + 1 < len(own) else []
        missed = not mine
        merged = not missed and mine[-1] in theirs
        rows["missed"].append(missed)
        rows["merged"].append(merged)
        rows["fragments"].append(len(mine))
        rows["first"].append(-1 if missed else mine[0])
        rows["last"].append(-1 if missed else mine[-1])
        early = [d for d in (case.detected[i] for i in mine) if d.closed and d.stopped < r.end - case.collar]
        rows["cut_off"].append(bool(early))
        latency, late = math.nan, False
        if not missed and not merged:
            last = case.detected[mine[-1]]
            if last.closed:
                if last.stopped >= r.end - case.collar:
                    latency = last.stopped - r.end
                    late = latency > case.late
            else:
                late = r.limit - r.end > case.late
        rows["latency_ms"].append(latency)
        rows["late"].append(late)
        for prefix, row in enumerate(rows["clip_ms"]):
            assert isinstance(row, list)
            start = math.nan if missed else case.detected[mine[0]].starts[prefix]
            row.append(start - r.start if start > r.start + case.collar else 0.0)
    return rows


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Both sides in order, on a coarse grid so that edges coincide, recordings far apart on one clock."""
    case = Case(
        prefixes=draw(st.integers(1, 3)),
        collar=draw(st.sampled_from([0.0, 40.0, 50.0, 80.0])),
        late=draw(st.sampled_from([100.0, 480.0, 2000.0])),
    )
    step = st.sampled_from([0, 10, 40, 50, 80, 100, 240, 480, 1000])
    for recording in range(draw(st.integers(1, 3))):
        base = limit = recording * 1_000_000.0
        at = base
        for _ in range(draw(st.integers(0, 5))):
            # Labelled turns are apart by more than twice the collar.
            at += 2 * case.collar + 1 + draw(step)
            start, at = at, at + 20 + draw(step)
            case.labelled.append(Labelled(start, at, 0.0))
        limit = at + draw(step)
        for r in case.labelled:
            r.limit = r.limit or limit
        at, taken = base, base
        while (at := at + 10 + draw(step)) < limit:
            onset, end = at, at + 10 + draw(step)
            at = stopped = end + draw(step)
            starts = [max(taken, onset - 150.0 * prefix) for prefix in range(case.prefixes)]
            taken = stopped
            case.detected.append(Detected(onset, end, stopped, stopped <= limit, starts))
    return case


@settings(max_examples=250, deadline=None)
@given(cases())
def test_matching_follows_the_definitions(case: Case) -> None:
    found, expected = quick(case), slow(case)
    for name, values in expected.items():
        np.testing.assert_array_equal(getattr(found, name), np.array(values).reshape(getattr(found, name).shape), name)


def one(labelled: list[tuple[float, float]], *detected: tuple[float, float, float], limit: float = 60_000.0) -> Outcome:
    """Turns of (onset, end, stop), without padding, from one recording."""
    return quick(
        Case(
            [Labelled(start, end, limit) for start, end in labelled],
            [Detected(onset, end, stopped, stopped <= limit, [onset]) for onset, end, stopped in detected],
        )
    )


def test_a_good_turn_has_a_latency_and_no_mistake() -> None:
    found = one([(1000, 3000)], (1020, 3080, 3600))
    assert found.latency_ms.tolist() == [600]
    assert not any(getattr(found, name).any() for name in ("missed", "cut_off", "merged", "late", "false_start"))
    assert found.clip_ms.tolist() == [[0]]


def test_each_kind_of_mistake() -> None:
    assert one([(1000, 3000)], (1020, 1500, 2000), (2200, 3000, 3500)).cut_off.tolist() == [True]
    assert one([(1000, 3000)], (1020, 1500, 2000), (2200, 3000, 3500)).fragments.tolist() == [2]
    assert one([(1000, 3000)], (5000, 5100, 5600)).false_start.tolist() == [True]
    assert one([(1000, 3000)], (5000, 5100, 5600)).missed.tolist() == [True]
    assert one([(1000, 3000), (4000, 5000)], (1000, 5000, 5500)).merged.tolist() == [True, False]
    assert one([(1000, 3000)], (1500, 3000, 3500)).clip_ms.tolist() == [[500]]
    assert one([(1000, 3000)], (1000, 4600, 5001)).late.tolist() == [True]
    # The audio went on for longer than is late, and nothing stopped.
    assert one([(1000, 3000)], (1000, 9000, 9500), limit=9000).late.tolist() == [True]


def test_a_stop_that_the_audio_did_not_last_for_is_no_latency_and_not_late_in_a_short_rest() -> None:
    found = one([(1000, 3000)], (1000, 3000, 3500), limit=3200)
    assert np.isnan(found.latency_ms).all() and not found.late.any() and not found.cut_off.any()


def test_the_latency_of_a_merged_turn_is_the_last_ones() -> None:
    found = one([(1000, 3000), (4000, 5000)], (1000, 5000, 5500))
    assert np.isnan(found.latency_ms[0]) and found.latency_ms[1] == 500


def test_edges_within_the_collar_are_no_mistakes() -> None:
    assert one([(1000, 3000)], (1050, 2900, 2950)).clip_ms.tolist() == [[0]]
    found = one([(1000, 3000)], (1050, 2900, 2950))
    assert not found.cut_off.any() and found.latency_ms.tolist() == [-50]
    assert one([(1000, 3000)], (1051, 2900, 2949)).cut_off.tolist() == [True]


@pytest.mark.parametrize("turns", [0, 3])
@pytest.mark.parametrize("detected", [0, 2])
def test_empty_sides(turns: int, detected: int) -> None:
    case = Case(
        [Labelled(1000.0 * n, 1000.0 * n + 200, 9000) for n in range(1, turns + 1)],
        [Detected(5000.0 + n, 5001.0 + n, 5500, True, [4000.0, 4500.0]) for n in range(detected)],
        prefixes=2,
    )
    found = quick(case)
    assert found.missed.tolist() == [True] * turns and found.false_start.tolist() == [True] * detected
    assert found.clip_ms.shape == (2, turns) and np.isnan(found.latency_ms).all()


@settings(deadline=None)
@given(st.floats(0, 1e7), st.integers(0, 10**9))
def test_times_on_the_grid_move_by_whole_milliseconds_without_loss(ms: float, base: int) -> None:
    placed = float(on_grid(ms))
    assert abs(placed - ms) <= 1 / 2048
    assert (placed + base) - base == placed


def test_what_only_touches_the_collar_does_not_belong() -> None:
    before = one([(1000, 3000)], (500, 950, 1200))
    assert before.missed.tolist() == before.false_start.tolist() == [True]
    assert one([(1000, 3000)], (500, 951, 1200)).missed.tolist() == [False]
    behind = one([(1000, 3000)], (3050, 4000, 4500))
    assert behind.missed.tolist() == behind.false_start.tolist() == [True]
    assert one([(1000, 3000)], (3049, 4000, 4500)).missed.tolist() == [False]


def test_a_stop_that_nobody_knew_of_cuts_nothing_off() -> None:
    # The labels go on after the audio.
    assert one([(1000, 9000)], (1000, 3000, 3500), limit=3200).cut_off.tolist() == [False]
    assert one([(1000, 9000)], (1000, 3000, 3500), limit=3600).cut_off.tolist() == [True]
