"""One setting on one recording or many: counts, latencies, mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable
from rtnb.vad.setting import Setting

__all__ = ["Score"]


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
    clipped_ms : float
        Median of what is missing where an onset was clipped; NaN where none was.
    fragments : float
        Detected turns for each labelled one that was not missed.
    latencies_ms : ndarray of float64
        End-of-turn latencies, one for each turn that has one.
    prediction : str
        What the detector's tuning is called: "local emulation", or a calibration.
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
    latencies_ms: NDArray[np.float64]
    prediction: str

    @property
    def errors(self) -> int:
        """All mistakes together."""
        return self.false_starts + self.missed + self.clipped + self.cut_offs + self.merged + self.late

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
