"""One setting on one recording or many: counts, latencies, mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.setting import Setting

__all__ = ["COLUMNS", "Score"]

COLUMNS = (
    "turns",
    "detected",
    "false_starts",
    "missed",
    "clipped",
    "clipped_ms",
    "cut_offs",
    "fragments",
    "merged",
    "late",
    "errors",
    "cut_off_rate",
    "latency_p50_ms",
    "latency_p90_ms",
)
"""The numbers of a score, in the order of tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Score(Drawable):
    """How a setting did.

    Attributes
    ----------
    setting : Setting
    turns : int
        Labelled turns.
    detected : int
        Detected turns.
    false_starts, missed, clipped, cut_offs, merged, late : int
        As :class:`rtnb.vad.scores.definitions.Scoring` defines them.
    wrong : int
        Labelled turns with at least one mistake.
    clipped_ms : float
        Median of what is missing where an onset was clipped; NaN where none was.
    fragments : float
        Detected turns for each labelled one that was not missed.
    latencies_ms : ndarray of float64
        End-of-turn latencies, one for each turn that has one.
    prediction : str
        What the detector's tuning is called: "local emulation", or a calibration.
    scoring : Scoring or None
        How turns were held against each other.
    recordings : int
        How many were scored.
    problems : tuple of str
        One line for each recording that could not be.
    intervals : mapping of str to (float, float)
        Confidence intervals of these numbers by their names, where they were computed.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> score = rtnb.vad.score(corpus, rtnb.ServerVad(), turn_gap_s=0.7, engine="energy")
    >>> score.turns, score.detected > 0
    (21, True)
    """

    setting: Setting
    turns: int
    detected: int
    false_starts: int
    missed: int
    clipped: int
    clipped_ms: float
    cut_offs: int
    fragments: float
    merged: int
    late: int
    wrong: int
    latencies_ms: NDArray[np.float64]
    prediction: str
    scoring: Scoring | None = None
    recordings: int = 1
    problems: tuple[str, ...] = ()
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """False starts, and labelled turns with at least one mistake: each turn counts once."""
        return self.false_starts + self.wrong

    @property
    def cut_off_rate(self) -> float:
        """Cut-offs for each labelled turn; NaN without turns."""
        return self.cut_offs / self.turns if self.turns else float("nan")

    @property
    def latency_p50_ms(self) -> float:
        """Median end-of-turn latency; NaN where there is none."""
        return float(np.median(self.latencies_ms)) if self.latencies_ms.size else float("nan")

    @property
    def latency_p90_ms(self) -> float:
        """The 90th percentile of the end-of-turn latency; NaN where there is none."""
        return float(np.percentile(self.latencies_ms, 90)) if self.latencies_ms.size else float("nan")

    def to_dict(self) -> dict[str, float]:
        """The numbers by the names of the columns that tables of scores have, without the setting."""
        return {name: getattr(self, name) for name in COLUMNS}

    def __repr__(self) -> str:
        latency = "no latency" if not self.latencies_ms.size else f"latency {self.latency_p50_ms:.0f} ms"
        counts = (
            (self.false_starts, "false start" if self.false_starts == 1 else "false starts"),
            (self.missed, "missed"),
            (self.clipped, "clipped"),
            (self.cut_offs, "cut off"),
            (self.merged, "merged"),
            (self.late, "late"),
        )
        told = ", ".join(f"{count} {name}" for count, name in counts if count)
        problems = f", {counted(len(self.problems), 'problem')}" if self.problems else ""
        return (
            f"Score({self.setting}: {counted(self.turns, 'turn')}, {told or 'no mistakes'}, {latency}{problems}; "
            f"{self.prediction})"
        )
