"""What a sweep found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rtnb._display import Drawable
from rtnb.vad.corpus import Corpus
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.mistakes import Mistakes
from rtnb.vad.scores.score import Score
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep"]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep(Drawable):
    """Every setting of a grid, scored on a corpus.

    Attributes
    ----------
    settings : tuple of Setting
    corpus : Corpus
        What was scored; what could not be is in its problems.
    tracks : tuple of Track
        One a recording, in the order of the corpus.
    scoring : Scoring
    tuning : DetectorTuning
    """

    settings: tuple[Setting, ...]
    corpus: Corpus
    tracks: tuple[Track, ...]
    scoring: Scoring
    tuning: DetectorTuning

    @property
    def frame(self) -> pd.DataFrame:
        """One row a setting.

        Columns: threshold, prefix_padding_ms, silence_duration_ms, hysteresis; turns, detected, false_starts, missed,
        clipped, clipped_ms, cut_offs, fragments, merged, late, errors, cut_off_rate, latency_p50_ms, latency_p90_ms.
        """
        raise NotImplementedError

    def pareto(self, **constraints: Any) -> pd.DataFrame:
        """The rows that no other beats in both false cut-offs and latency, among those within the constraints."""
        raise NotImplementedError

    def best(self, objective: str = "errors", constraints: Any = None) -> Score:
        """The best setting by an objective that cannot be gamed."""
        raise NotImplementedError

    def score(self, setting: object) -> Score:
        """One setting, of the grid or not."""
        raise NotImplementedError

    def errors(self, setting: object) -> Mistakes:
        """The mistakes of a setting, each with its place."""
        raise NotImplementedError
