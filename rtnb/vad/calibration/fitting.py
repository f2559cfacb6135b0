"""The constants of a detector that explain what a server said."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.batch import Runs, runs_of
from rtnb.vad.calibration.predicting import Compared, Predicted, compared, cost_of, predicted
from rtnb.vad.calibration.views import View
from rtnb.vad.detector import EXIT_FLOOR

__all__ = ["Constants", "Evidence", "fit"]

LAG_MOST_MS: Final = 1500.0
"""Lags are looked for up to here, either way. Own choice: more than any engine's delay."""

NEAR_MS: Final = 16.0
"""Lags that are this near to each other speak for the same one. Own choice: half a frame."""

STARTS: Final = 6
"""Promising points of the coarse grid that are followed up. Own choice."""

THRESHOLDS: Final = (0.02, *(round(0.05 * each, 2) for each in range(1, 20)))
HYSTERESES: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)
LEAST: Final = (1, 2, 4, 8, 14, 31)
"""The coarse grid: effective thresholds, hystereses, and frames of speech before it is announced. Own choice."""

STEPS: Final = (0.03, 0.015, 0.007, 0.003, 0.0015, 0.0007)
"""By which thresholds and hysteresis are moved, in turn. Own choice: until nearly no two probabilities lie between."""

FINE: Final = 0.005
FINE_STEPS: Final = 12
"""The fine grid: twelve steps to either side. Own choice."""

LIKING: Final = 1e-3
"""Milliseconds of cost for being 1 away from what is usual (lags: 1 s): it decides only between equals."""


@dataclass(frozen=True, slots=True)
class Constants:
    """A detector.

    Attributes
    ----------
    thresholds : dict of float to float
        Effective threshold by the one that was asked for.
    hysteresis : float
    least_frames : int
        Frames of speech before it is announced.
    lag_ms, end_lag_ms : float
    """

    thresholds: Mapping[float, float]
    hysteresis: float
    least_frames: int = 1
    lag_ms: float = 0.0
    end_lag_ms: float = 0.0

    def exit(self, asked: float) -> float:
        """The exit threshold where `asked` is set."""
        return max(self.thresholds[asked] - self.hysteresis, EXIT_FLOOR)


@dataclass(slots=True)
class Evidence:
    """Stretches of sessions, and what constants make of them; what was reckoned once is kept."""

    views: Sequence[View]
    asked: tuple[float, ...] = ()
    groups: dict[float, list[int]] = field(default_factory=dict)
    _costs: dict[tuple[float, ...], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, view in enumerate(self.views):
            self.groups.setdefault(view.setting.threshold, []).append(place)
        self.asked = tuple(sorted(self.groups))

    def runs(self, place: int, threshold: float, exit_threshold: float) -> Runs:
        """The bursts of a stretch."""
        return runs_of(self.views[place].p, threshold, min(exit_threshold, max(threshold, EXIT_FLOOR)))

    def cost(self, asked: float, threshold: float, exit_threshold: float, like: Constants) -> float:
        """Of all stretches with one asked threshold, with the rest of the constants as in `like`."""
        key = (asked, threshold, exit_threshold, like.least_frames, like.lag_ms, like.end_lag_ms)
        if (found := self._costs.get(key)) is None:
            found = 0.0
            for place in self.groups[asked]:
                runs = self.runs(place, threshold, exit_threshold)
                guess = predicted(self.views[place], runs, like.least_frames, like.lag_ms, like.end_lag_ms)
                found += cost_of(self.views[place], guess)
            self._costs[key] = found
        return found

    def total(self, constants: Constants) -> float:
        """Of everything."""
        return sum(self.cost(each, constants.thresholds[each], constants.exit(each), constants) for each in self.asked)

    def each(self, constants: Constants) -> list[float]:
        """Of each stretch by itself."""
        return [seen.cost for _, _, seen in self.explained(constants)]

    def explained(self, constants: Constants) -> Iterator[tuple[View, Predicted, Compared]]:
        """Each stretch with what would have been said of it."""
        for view_place, view in enumerate(self.views):
            asked = view.setting.threshold
            runs = self.runs(view_place, constants.thresholds[asked], constants.exit(asked))
            guess = predicted(view, runs, constants.least_frames, constants.lag_ms, constants.end_lag_ms)
            yield view, guess, compared(view, guess)

    def lags(self, constants: Constants) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lag that each start and each stop shows which nothing hides."""
        onsets: list[NDArray[np.float64]] = []
        ends: list[NDArray[np.float64]] = []
        for view, guess, seen in self.explained(constants):
            both = seen.starts[(seen.starts >= 0).all(axis=1)]
            both = both[~_hidden(view)[both[:, 0]] & ~guess.clamped[both[:, 1]]]
            base = round(view.origin_ms)
            onsets.append(
                view.start_ms[both[:, 0]] - base + view.setting.prefix_padding_ms - guess.onset_ms[both[:, 1]]
            )
            both = seen.stops[(seen.stops >= 0).all(axis=1)]
            both = both[view.stop_ms[both[:, 0]] > view.start_ms[both[:, 0]]]
            ends.append(
                view.stop_ms[both[:, 0]] - base - view.setting.silence_duration_ms - guess.silence_ms[both[:, 1]]
            )
        return np.concatenate([*onsets, np.zeros(0)]), np.concatenate([*ends, np.zeros(0)])


def _hidden(view: View) -> NDArray[np.bool_]:
    """Starts that are where the audio begins that a turn can have: the onset may lie anywhere before."""
    floors = np.concatenate([[round(view.origin_ms)], view.taken_ms, view.stop_ms[~np.isnan(view.stop_ms)]])
    near: NDArray[np.bool_] = (np.abs(view.start_ms[:, None] - floors[None, :]) <= 1).any(axis=1)
    return near


def fit(evidence: Evidence, usual: Constants) -> Constants:
    """The constants that explain the events best; what is usual is tried first, and wins among equals."""
    best, least = usual, np.inf
    for start in _starts(evidence, usual):
        found = _descended(evidence, start, usual)
        cost = evidence.total(found) + _disliked(found, usual)
        if cost < least:
            best, least = found, cost
        if evidence.total(best) == 0:
            return best
    # One hysteresis for several thresholds is easily stuck between them: all of its neighbourhood is tried.
    refined = _descended(evidence, _refined(evidence, best, usual), usual)
    return refined if evidence.total(refined) + _disliked(refined, usual) < least else best


def _refined(evidence: Evidence, best: Constants, usual: Constants) -> Constants:
    """The best of a fine grid around a point, on which each threshold is chosen by itself."""
    found, least = best, evidence.total(best) + _disliked(best, usual)
    for step in range(-FINE_STEPS, FINE_STEPS + 1):
        hysteresis = round(best.hysteresis + step * FINE, 6)
        if not 0 <= hysteresis <= 1:
            continue
        thresholds = {}
        for asked in evidence.asked:
            near = (round(best.thresholds[asked] + each * FINE, 6) for each in range(-FINE_STEPS, FINE_STEPS + 1))
            costs = {
                each: evidence.cost(asked, each, max(each - hysteresis, EXIT_FLOOR), best)
                for each in (best.thresholds[asked], *near)
                if EXIT_FLOOR <= each <= 1
            }
            thresholds[asked] = min(costs, key=lambda each: (costs[each], abs(each - best.thresholds[asked])))
        trial = replace(best, hysteresis=hysteresis, thresholds=thresholds)
        if (cost := evidence.total(trial) + _disliked(trial, usual)) < least:
            found, least = trial, cost
    return found


def _disliked(constants: Constants, usual: Constants) -> float:
    away = abs(constants.hysteresis - usual.hysteresis)
    away += sum(abs(constants.thresholds[asked] - usual.thresholds[asked]) for asked in constants.thresholds)
    away += (abs(constants.lag_ms - usual.lag_ms) + abs(constants.end_lag_ms - usual.end_lag_ms)) / 1000
    away += abs(constants.least_frames - usual.least_frames) / 10
    return LIKING * away


def _starts(evidence: Evidence, usual: Constants) -> Iterator[Constants]:
    """What is usual, with the lags that it would need; then what a coarse grid promises."""
    yield usual
    runs = [
        (view, evidence.runs(place, usual.thresholds[view.setting.threshold], usual.exit(view.setting.threshold)))
        for place, view in enumerate(evidence.views)
    ]
    lag_ms, end_lag_ms = _voted(runs)
    yield replace(usual, lag_ms=lag_ms, end_lag_ms=end_lag_ms)
    yield from _coarse(evidence, usual)


def _coarse(evidence: Evidence, usual: Constants) -> list[Constants]:
    """Promising points: each asked threshold by itself with lags of its own, as nothing is known of them yet."""
    tables: dict[float, dict[tuple[float, int], tuple[float, float, float, float]]] = {}
    for asked in evidence.asked:
        table: dict[tuple[float, int], tuple[float, float, float, float]] = {}
        tried = sorted({*THRESHOLDS, usual.thresholds[asked]})
        for threshold, hysteresis in itertools.product(tried, sorted({*HYSTERESES, usual.hysteresis})):
            exit_threshold = max(threshold - hysteresis, EXIT_FLOOR)
            if hysteresis > threshold and (threshold, hysteresis) != (usual.thresholds[asked], usual.hysteresis):
                continue
            places = evidence.groups[asked]
            runs = [(evidence.views[place], evidence.runs(place, threshold, exit_threshold)) for place in places]
            lag_ms, end_lag_ms = _voted(runs)
            for least in LEAST:
                cost = sum(cost_of(view, predicted(view, run, least, lag_ms, end_lag_ms)) for view, run in runs)
                cost += LIKING * (abs(threshold - usual.thresholds[asked]) + abs(lag_ms) / 1000)
                key = (hysteresis, least)
                if key not in table or cost < table[key][0]:
                    table[key] = (cost, threshold, lag_ms, end_lag_ms)
        tables[asked] = table
    shared = set.intersection(*(set(table) for table in tables.values()))
    ranked = sorted(shared, key=lambda key: sum(table[key][0] for table in tables.values()))
    points = []
    for hysteresis, least in ranked[:STARTS]:
        rows = [table[(hysteresis, least)] for table in tables.values()]
        # The lags of the one that was explained best for its size.
        sizes = [sum(evidence.views[place].start_ms.size for place in evidence.groups[each]) for each in evidence.asked]
        row = min(zip(rows, sizes, strict=True), key=lambda pair: pair[0][0] / max(1, pair[1]) ** 1.5)[0]
        thresholds = {asked: table[(hysteresis, least)][1] for asked, table in tables.items()}
        points.append(Constants(thresholds, hysteresis, least, row[2], row[3]))
    return points


def _voted(runs: Sequence[tuple[View, Runs]]) -> tuple[float, float]:
    """The lags that most pairs of an event and an onset or end have in common."""
    onsets: list[NDArray[np.float64]] = []
    ends: list[NDArray[np.float64]] = []
    for view, run in runs:
        guess = predicted(view, run, 1, 0.0, 0.0)
        seen = view.start_ms[~_hidden(view)] + view.setting.prefix_padding_ms - round(view.origin_ms)
        onsets.append((seen[:, None] - guess.onset_ms[None, :]).ravel())
        stop = view.stop_ms[~np.isnan(view.stop_ms)] - view.setting.silence_duration_ms - round(view.origin_ms)
        ends.append((stop[:, None] - guess.silence_ms[None, :]).ravel())
    return _most_common(np.concatenate([*onsets, np.zeros(0)])), _most_common(np.concatenate([*ends, np.zeros(0)]))


def _most_common(lags: NDArray[np.float64]) -> float:
    near = np.sort(lags[np.abs(lags) <= LAG_MOST_MS])
    if not near.size:
        return 0.0
    votes = np.searchsorted(near, near + NEAR_MS, side="right") - np.arange(near.size)
    # Of equals the one next to no lag at all.
    first = int(np.argmax(votes - np.abs(near + NEAR_MS / 2) / (2 * LAG_MOST_MS)))
    return float(np.rint(np.median(near[first : first + votes[first]])))


def _descended(evidence: Evidence, start: Constants, usual: Constants) -> Constants:
    """Downhill from a point, in ever smaller steps."""
    best = start

    def cost_of(constants: Constants) -> float:
        return evidence.total(constants) + _disliked(constants, usual)

    cost = cost_of(best)
    for step in STEPS:
        for _ in range(12):
            moved = False
            for trial in (*_relagged(evidence, best), *_moves(best, step)):
                if (other := cost_of(trial)) < cost - 1e-12:
                    best, cost, moved = trial, other, True
            if not moved:
                break
    return best


def _relagged(evidence: Evidence, constants: Constants) -> Iterator[Constants]:
    """With the lags that most events show, and with those in their middle."""
    onset, end = evidence.lags(constants)
    for choose in (_most_common, _middle):
        relagged = replace(
            constants,
            lag_ms=choose(onset) if onset.size else constants.lag_ms,
            end_lag_ms=choose(end) if end.size else constants.end_lag_ms,
        )
        if relagged != constants:
            yield relagged


def _middle(lags: NDArray[np.float64]) -> float:
    return float(np.rint(np.median(lags)))


def _moves(constants: Constants, step: float) -> Iterator[Constants]:
    for sign in (1, -1):
        by = sign * step
        hysteresis = constants.hysteresis + by
        if 0 <= hysteresis <= 1:
            yield replace(constants, hysteresis=hysteresis)
        for asked, threshold in constants.thresholds.items():
            moved = {**constants.thresholds, asked: threshold + by}
            if EXIT_FLOOR <= threshold + by <= 1:
                yield replace(constants, thresholds=moved)
                if 0 <= hysteresis <= 1:
                    # The exit threshold stays where it is.
                    yield replace(constants, thresholds=moved, hysteresis=hysteresis)
        for frames in (1, 2):
            if constants.least_frames + sign * frames >= 1:
                yield replace(constants, least_frames=constants.least_frames + sign * frames)
