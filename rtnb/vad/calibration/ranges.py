"""How far the constants can be moved before anything is explained worse: what the data say, and what they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from rtnb.vad.batch import speech_frames_of
from rtnb.vad.calibration.fitting import Constants, Evidence
from rtnb.vad.calibration.rounding import simplest
from rtnb.vad.detector import EXIT_FLOOR

__all__ = ["WIDE", "Settled", "risen", "settled"]

WIDE: Final = 0.1
"""A threshold or hysteresis that may be anything over a wider range than this counts as not determined. Own choice."""

FINEST: Final = 1e-5
"""To which the ends of a range are found. Own choice."""

FRAMES_MOST: Final = 32
"""Minimum speech is looked at up to this many frames. Own choice: a second."""

_EQUAL: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Settled:
    """The constants that are taken, and what would do as well.

    Attributes
    ----------
    constants : Constants
    min_speech_ms : float
    ranges : dict of str to (float, float)
    undetermined : tuple of str
        A sentence for each constant that the data leave open.
    falling : tuple of (float, float)
        Pairs of asked thresholds of which the larger one comes to less whatever is taken: no map has both.
    """

    constants: Constants
    min_speech_ms: float
    ranges: Mapping[str, tuple[float, float]]
    undetermined: tuple[str, ...]
    falling: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Cell:
    """Effective and exit thresholds within which every event of one asked threshold stays what it is."""

    low: float
    high: float
    exit_low: float
    exit_high: float

    @property
    def hysteresis(self) -> tuple[float, float]:
        # Below the floor of the exit threshold, more hysteresis changes nothing.
        most = 1.0 if self.exit_low <= EXIT_FLOOR else self.high - self.exit_low
        return max(0.0, self.low - self.exit_high), most

    def thresholds(self, hysteresis: float) -> tuple[float, float]:
        least = self.low if self.exit_low <= EXIT_FLOOR else max(self.low, self.exit_low + hysteresis)
        return least, max(least, min(self.high, self.exit_high + hysteresis))


def settled(
    evidence: Evidence, best: Constants, usual: Constants, hop_ms: float, min_speech_ms: float = 0.0
) -> Settled:
    """Constants among those that explain the events as well as `best` does, away from the edges.

    What was usual is kept where it is among them, `min_speech_ms` included; otherwise a number with few digits is
    taken.
    """
    cells = {asked: _cell(evidence, best, asked) for asked in evidence.asked}
    low = max(cell.hysteresis[0] for cell in cells.values())
    high = max(low, min(cell.hysteresis[1] for cell in cells.values()))
    hysteresis = usual.hysteresis if low <= usual.hysteresis <= high else _roomy(cells.values(), low, high)
    thresholds = {
        asked: _chosen(*within, usual.thresholds[asked])
        for asked, within in _open_upwards({asked: cell.thresholds(hysteresis) for asked, cell in cells.items()})
    }
    simple = replace(best, thresholds=risen(thresholds), hysteresis=hysteresis)
    if evidence.total(simple) > evidence.total(best) + _EQUAL:
        simple = replace(best, thresholds=risen(best.thresholds))
    falling = _falling(cells) if evidence.total(simple) > evidence.total(best) + _EQUAL else ()
    first, last = _least_frames(evidence, simple)
    speech = ((first - 1) * hop_ms, last * hop_ms)
    ranges = {f"threshold {asked:g}": (cell.low, cell.high) for asked, cell in cells.items()}
    ranges |= {"hysteresis": (low, high), "min_speech_ms": speech}
    onset, end = evidence.lags(simple)
    for name, lags in (("lag_ms", onset), ("end_lag_ms", end)):
        if lags.size:
            ranges[name] = (float(np.percentile(lags, 25)), float(np.percentile(lags, 75)))
    simple = replace(
        simple,
        lag_ms=simple.lag_ms if onset.size else usual.lag_ms,
        end_lag_ms=simple.end_lag_ms if end.size else usual.end_lag_ms,
    )
    low_ms, high_ms = speech
    if low_ms <= min_speech_ms < high_ms:
        least = speech_frames_of(min_speech_ms, hop_ms)
    else:
        inner = (high_ms - low_ms) / 4
        min_speech_ms = simplest(low_ms + inner, high_ms - inner) if first > 1 else 0.0
        least = speech_frames_of(min_speech_ms, hop_ms)
    left_open = tuple(_left_open(ranges, simple))
    return Settled(replace(simple, least_frames=least), min_speech_ms, ranges, left_open, falling)


def _chosen(low: float, high: float, usual: float) -> float:
    """What was usual where that would do; or else a simple number of the middle half, away from both edges."""
    if low <= usual <= high:
        return usual
    inner = (high - low) / 4
    return simplest(low + inner, high - inner)


def _roomy(cells: Iterable[_Cell], low: float, high: float) -> float:
    """A simple hysteresis that leaves the thresholds the most room."""

    def room(hysteresis: float) -> float:
        return min(most - least for least, most in (cell.thresholds(hysteresis) for cell in cells))

    cells = tuple(cells)
    widest = max(
        np.linspace(low, high, 33), key=lambda each: (round(room(float(each)), 6), -abs(each - (low + high) / 2))
    )
    around = (high - low) / 16
    return simplest(max(low, float(widest) - around), min(high, float(widest) + around))


def _left_open(ranges: Mapping[str, tuple[float, float]], taken: Constants) -> list[str]:
    found = []
    for name, (low, high) in ranges.items():
        if name == "min_speech_ms":
            if low <= 0 and high > 100:
                found.append(f"min_speech_ms: anything up to {high:.0f} ms would do as well, as no burst is so short.")
        elif name in ("lag_ms", "end_lag_ms"):
            continue
        elif high - low > WIDE:
            what = taken.hysteresis if name == "hysteresis" else taken.thresholds[float(name.split()[1])]
            found.append(f"{name}: anything from {low:.3g} to {high:.3g} would do as well; {what:g} is taken.")
    kept = {"lag_ms": taken.lag_ms, "end_lag_ms": taken.end_lag_ms}
    found += [f"{name}: no event shows it; {kept[name]:g} is kept." for name in kept if name not in ranges]
    return found


def _cell(evidence: Evidence, best: Constants, asked: float) -> _Cell:
    threshold, exit_threshold = best.thresholds[asked], best.exit(asked)
    least = evidence.cost(asked, threshold, exit_threshold, best) + _EQUAL

    def enters(value: float) -> bool:
        return evidence.cost(asked, value, exit_threshold, best) <= least

    def leaves(value: float) -> bool:
        return evidence.cost(asked, threshold, value, best) <= least

    return _Cell(
        low=_end(threshold, exit_threshold, enters),
        high=_end(threshold, 1.0, enters),
        exit_low=_end(exit_threshold, EXIT_FLOOR, leaves),
        exit_high=_end(exit_threshold, max(threshold, exit_threshold), leaves),
    )


def _end(inside: float, bound: float, holds: Callable[[float], bool]) -> float:
    """How far from `inside` towards `bound` it holds: in steps that double, and then halve."""
    step = 0.0005
    good = inside
    while abs(bound - good) > FINEST:
        trial = good + np.sign(bound - inside) * min(step, abs(bound - good))
        if not holds(float(trial)):
            break
        good, step = float(trial), step * 2
    else:
        return bound
    bad = float(trial)
    while abs(bad - good) > FINEST:
        middle = (good + bad) / 2
        if holds(middle):
            good = middle
        else:
            bad = middle
    return good


def _least_frames(evidence: Evidence, constants: Constants) -> tuple[int, int]:
    """The fewest and the most frames of minimum speech under which the events stay as they are."""
    least = evidence.each(constants)

    def holds(frames: int) -> bool:
        # What one recording gains does not make up for what another loses.
        costs = evidence.each(replace(constants, least_frames=frames))
        return all(cost <= was + _EQUAL for cost, was in zip(costs, least, strict=True))

    first = last = constants.least_frames
    while first > 1 and holds(first - 1):
        first -= 1
    while last < FRAMES_MOST and holds(last + 1):
        last += 1
    return first, last


def _open_upwards(
    within: Mapping[float, tuple[float, float]],
) -> Iterator[tuple[float, tuple[float, float]]]:
    """The ranges of rising thresholds, none reaching above one of a larger threshold where it need not."""
    for asked, (low, high) in within.items():
        above = min((other for more, (_, other) in within.items() if more > asked), default=high)
        yield asked, (low, max(low, min(high, above)))


def _falling(cells: Mapping[float, _Cell]) -> tuple[tuple[float, float], ...]:
    rising = sorted(cells)
    return tuple((one, other) for one, other in combinations(rising, 2) if cells[one].low > cells[other].high)


def risen(thresholds: Mapping[float, float]) -> dict[float, float]:
    """What is asked for more comes to more: a map that falls is none."""
    found = {asked: round(min(max(thresholds[asked], 0.0), 1.0), 6) for asked in sorted(thresholds)}
    for before, after in pairwise(list(found)):
        found[after] = max(found[before], found[after])
    return found
