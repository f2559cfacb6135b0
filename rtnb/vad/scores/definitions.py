"""What counts as a mistake: the few numbers behind every score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

from rtnb.errors import ConfigError
from rtnb.vad.labels.merging import checked_gap

__all__ = ["KINDS", "Scoring"]

KINDS = ("false_start", "missed", "clipped", "cut_off", "merged", "late")
"""Kinds of mistakes, as they are called in tables, lists and pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """How detected turns are held against labelled ones.

    Parameters
    ----------
    turn_gap_s : float
        Labelled speech with pauses shorter than this is one turn. There is no default: it decides every score.
    collar_s : float
        Tolerance at the edges of labelled turns, as annotators differ.
    late_s : float
        A stop that is known later than this after the end of speech is late.

    Raises
    ------
    ConfigError
        No turn gap, or a number that cannot be: a collar is not negative and at most half of the gap, so that no
        moment lies at the edges of two turns; lateness is positive.

    Examples
    --------
    >>> from rtnb.vad import Scoring
    >>> Scoring(turn_gap_s=0.7)
    Scoring(turn_gap_s=0.7, collar_s=0.05, late_s=2.0)

    Notes
    -----
    With ``s`` and ``e`` the start and end of a labelled turn, ``onset``, ``end``, ``audio_start`` and ``stopped_at``
    those of a detected one (a detected turn belongs to the labelled ones that its ``onset..end`` overlaps, collar
    included):

    * false start: a detected turn that belongs to no labelled one;
    * missed: a labelled turn to which none belongs;
    * clipped onset: the first one's ``audio_start`` is later than ``s + collar``; by ``audio_start - s`` ms;
    * false cut-off: a stop was known before ``e - collar``: the server would have answered while the user still had
      something to say. At most one a labelled turn, however often it is cut;
    * fragments: detected turns that belong to it;
    * merged: a labelled turn whose last detected turn also belongs to the next labelled one: its end went unnoticed;
    * end-of-turn latency: ``stopped_at - e`` of the last detected turn of a labelled one that is neither missed nor
      merged with the next, where the stop was known at or after ``e - collar`` and before the audio ended;
    * late: that latency exceeds ``late_s``, or the audio went on for longer than that without a stop;
    * errors: false starts, and labelled turns of which anything of the above is wrong. Each turn counts once, however
      much is wrong with it: otherwise who misses it would make fewer errors than who clips it and cuts it off.
    """

    turn_gap_s: float
    collar_s: float = 0.05
    late_s: float = 2.0

    def __post_init__(self) -> None:
        gap_s = checked_gap(self.turn_gap_s)
        collar_s = _seconds(self.collar_s, 0.0, "collar_s is 0 or more seconds, 0.05 is usual")
        late_s = _seconds(self.late_s, math.ulp(0.0), "late_s is a positive number of seconds")
        if collar_s > gap_s / 2:
            raise ConfigError(
                f"A collar_s of {collar_s:g} s is more than half of the turn_gap_s of {gap_s:g} s: what lies "
                "between two turns would belong to both. Take a smaller collar or a larger gap."
            )
        for name, value in (("turn_gap_s", gap_s), ("collar_s", collar_s), ("late_s", late_s)):
            object.__setattr__(self, name, value)


def _seconds(value: object, least: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= float(value) < math.inf:
        raise ConfigError(f"{what}, not {value!r:.80}.")
    return float(value)
