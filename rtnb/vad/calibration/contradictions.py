"""Recordings that no single detector explains: which of them go together, and in what the others differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from rtnb.vad.calibration.fitting import Constants, Evidence, fit
from rtnb.vad.calibration.predicting import FAR_MS
from rtnb.vad.calibration.ranges import risen

__all__ = ["Contradiction", "contradiction"]

SPARED: Final = 0.15 * FAR_MS
"""Milliseconds an event by which a recording may be explained better alone: a fit of its own always is, by a little.
Own choice: as if 15 % of its events were lost."""

SPARED_LEAST: Final = 2 * FAR_MS
"""At least so much for a recording: one event that is told nowhere else proves nothing. Own choice."""

FEWEST: Final = 20
"""Events below which a recording is not compared: with so many constants a few are explained by chance. Own choice."""

FOLLOWED: Final = 3
"""Recordings that are tried without, each time, of those that lose the most. Own choice."""

OFF_MS: Final = 16.0
"""Lags that differ by less are not told. Own choice: half a frame."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong with recordings that do not go together.

    Attributes
    ----------
    sentences : tuple of str
        For each recording that does not go with the others; one for all of them where none are in the majority.
    majority : bool
        Whether most recordings go together.
    """

    sentences: tuple[str, ...]
    majority: bool


@dataclass(frozen=True, slots=True)
class _Group:
    recordings: tuple[int, ...]
    constants: Constants


def contradiction(
    evidence: Evidence, constants: Constants, usual: Constants, names: Sequence[str], hop_ms: float
) -> Contradiction | None:
    """Whether recordings are explained much better apart than together; None where they are not.

    Parameters
    ----------
    evidence : Evidence
        Of all recordings.
    constants : Constants
        Those that explain all of it best.
    usual : Constants
        Where a search for those of a single recording begins.
    names : sequence of str
        What the recordings are called.
    hop_ms : float
        The length of a frame.
    """
    found = _Comparing(evidence, usual)
    if len(found.parts) < 2 or not found.suspects(constants, found.parts, guess=True):
        return None
    for recording, part in list(found.parts.items()):
        found.alone[recording] = found.fitted(part)
        # What is not even explained alone says something of the engine or the audio, and nothing of the others.
        if part.total(found.alone[recording]) > SPARED * found.told[recording]:
            del found.parts[recording]
    if len(found.parts) < 2:
        return None
    if not found.suspects(constants, found.parts):
        return None
    groups = found.groups(constants)
    groups.sort(key=lambda group: (-len(group.recordings), min(group.recordings)))
    if len(groups) == 1:
        return None
    first, *others = groups
    majority = len(first.recordings) > len(others[0].recordings)
    if not majority:
        return Contradiction((_each_other(found, groups, names, hop_ms),), False)
    return Contradiction(
        tuple(_outlier(found, first, recording, names, hop_ms) for group in others for recording in group.recordings),
        True,
    )


class _Comparing:
    """Recordings one by one, and together."""

    def __init__(self, evidence: Evidence, usual: Constants) -> None:
        self._evidence, self._usual = evidence, usual
        by_recording: dict[int, int] = {}
        for view in evidence.views:
            by_recording[view.recording] = by_recording.get(view.recording, 0) + view.told
        self.told = {recording: told for recording, told in by_recording.items() if told >= FEWEST}
        self.parts = {recording: self.of((recording,)) for recording in self.told}
        self.alone: dict[int, Constants] = {}

    def of(self, recordings: Iterable[int]) -> Evidence:
        kept = set(recordings)
        return Evidence([view for view in self._evidence.views if view.recording in kept])

    def fitted(self, part: Evidence) -> Constants:
        """The best constants of a part, whose thresholds rise."""
        usual = replace(self._usual, thresholds={asked: self._usual.thresholds[asked] for asked in part.asked})
        found = fit(part, usual)
        return replace(found, thresholds=risen(found.thresholds))

    def excess(self, recording: int, constants: Constants, guess: bool = False) -> float:
        """By how much a recording is explained worse than alone; with `guess` the most that it can be."""
        part = self.parts[recording]
        return part.total(constants) - (0.0 if guess else part.total(self.alone[recording]))

    def suspects(self, constants: Constants, among: Iterable[int], guess: bool = False) -> list[int]:
        """The recordings that lose by being explained with these constants; who loses the most comes first."""
        lost = {recording: self.excess(recording, constants, guess) for recording in among}
        over = [each for each in lost if lost[each] > max(SPARED_LEAST, SPARED * self.told[each])]
        return sorted(over, key=lambda each: -lost[each] / self.told[each])

    def groups(self, constants: Constants) -> list[_Group]:
        """The recordings by what explains them together."""
        rest = list(self.parts)
        found: list[_Group] = []
        while rest:
            group = self._together(rest, self.fitted(self.of(rest)) if found else constants)
            found.append(group)
            rest = [each for each in rest if each not in group.recordings]
        return found

    def _together(self, among: Sequence[int], constants: Constants) -> _Group:
        kept = list(among)
        while len(kept) > 1 and (over := self.suspects(constants, kept)):
            tried = []
            for each in over[:FOLLOWED]:
                rest = [other for other in kept if other != each]
                own = self.fitted(self.of(rest)) if len(rest) > 1 else self.alone[rest[0]]
                tried.append((sum(self.excess(other, own) for other in rest), each, own))
            _, out, constants = min(tried, key=lambda row: row[:2])
            kept.remove(out)
        return _Group(tuple(kept), constants)

    def explained(self, recording: int, constants: Constants) -> int:
        """The events of a recording that constants explain."""
        pairs = (seen for _, _, seen in self.parts[recording].explained(constants))
        return sum(int((side >= 0).all(axis=1).sum()) for seen in pairs for side in (seen.starts, seen.stops))

    def off_ms(self, recording: int, constants: Constants) -> float:
        """How far they are off, in the middle."""
        found = [np.zeros(0)]
        for view, guess, seen in self.parts[recording].explained(constants):
            for pairs, told, said in (
                (seen.starts, view.start_ms, guess.start_ms),
                (seen.stops, view.stop_ms, guess.stop_ms),
            ):
                one, other = pairs[(pairs >= 0).all(axis=1)].T
                found.append(np.abs(told[one] - said[other]))
        values = np.concatenate(found)
        return float(np.median(values)) if values.size else 0.0

    def filled(self, constants: Constants, recording: int) -> Constants:
        """With a recording's own thresholds, where they are asked for nowhere else."""
        return replace(constants, thresholds={**self.alone[recording].thresholds, **constants.thresholds})


def _outlier(found: _Comparing, group: _Group, recording: int, names: Sequence[str], hop_ms: float) -> str:
    told = found.told[recording]
    own = found.explained(recording, found.alone[recording])
    filled = found.filled(group.constants, recording)
    filled = replace(filled, thresholds=risen(filled.thresholds))
    also = found.explained(recording, filled)
    worse = f"{also}" if also < own else f"they are {found.off_ms(recording, filled):.0f} ms off"
    return (
        f"{names[recording]} contradicts the others: {_how(found, group.constants, recording, hop_ms)}. Alone "
        f"{own} of its {told} events are explained, with what explains the others {worse}. "
        "Calibrate recordings of one server at a time."
    )


def _each_other(found: _Comparing, groups: Sequence[_Group], names: Sequence[str], hop_ms: float) -> str:
    first, other = groups[0], groups[1]
    parts = [
        f"{_listed(names[each] for each in group.recordings)} "
        f"({sum(found.explained(each, group.constants) for each in group.recordings)} of "
        f"{sum(found.told[each] for each in group.recordings)} events)"
        for group in groups
    ]
    place = other.recordings[0]
    return (
        f"No single detector explains {_listed(parts)}, though each of these has one of its own: in "
        f"{names[place]}, other than in {names[first.recordings[0]]}, {_how(found, first.constants, place, hop_ms)}. "
        "Calibrate recordings of one server at a time."
    )


def _how(found: _Comparing, others: Constants, recording: int, hop_ms: float) -> str:
    """In which constant a recording differs most."""
    own, part = found.alone[recording], found.parts[recording]
    base = found.filled(others, recording)
    lost = part.total(base) - part.total(own)
    if lost <= max(SPARED_LEAST, SPARED * found.told[recording]):
        # By itself each threshold would do, and together they are no map.
        return _falling(base.thresholds)
    options = (
        (replace(base, lag_ms=own.lag_ms, end_lag_ms=own.end_lag_ms), _lags(own, others)),
        (
            replace(base, thresholds={**base.thresholds, **own.thresholds}),
            _listed(
                f"threshold {asked:g} comes to about {own.thresholds[asked]:.2f}, not {base.thresholds[asked]:.2f}"
                for asked in part.asked
            ),
        ),
        (
            replace(base, hysteresis=own.hysteresis),
            f"the hysteresis is about {own.hysteresis:.2f}, not {others.hysteresis:.2f}",
        ),
        (
            replace(base, least_frames=own.least_frames),
            f"the minimum speech is about {(own.least_frames - 1) * hop_ms:.0f} ms, not "
            f"{(others.least_frames - 1) * hop_ms:.0f} ms",
        ),
    )
    cost, words = min(((part.total(trial), text) for trial, text in options if text), key=lambda row: row[0])
    if part.total(base) - cost < lost / 2:
        return "it differs in more than one constant"
    return words


def _lags(own: Constants, others: Constants) -> str:
    shifts = (("onset", own.lag_ms - others.lag_ms), ("end", own.end_lag_ms - others.end_lag_ms))
    told = [f"{what} lag is {shift:+.0f} ms off" for what, shift in shifts if abs(shift) >= OFF_MS]
    return f"its {' and its '.join(told)}" if told else ""


def _falling(thresholds: Mapping[float, float]) -> str:
    for (asked, effective), (more, less) in pairwise(sorted(thresholds.items())):
        if less < effective:
            return (
                f"threshold {asked:g} comes to about {effective:.2f} and threshold {more:g} to about {less:.2f}, and "
                "what is asked for more cannot come to less"
            )
    return "one map of thresholds does not hold for both"


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
