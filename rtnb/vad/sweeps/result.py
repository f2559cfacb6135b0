"""What a sweep found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.vad.corpus import Corpus
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.losing import MAX_LOST
from rtnb.vad.scores.mistakes import Mistakes
from rtnb.vad.scores.score import Score
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps import front, shapes
from rtnb.vad.sweeps.grid import Grid, Settings, default_setting
from rtnb.vad.sweeps.measures import measures
from rtnb.vad.sweeps.resolving import setting_of
from rtnb.vad.sweeps.tally import Tally
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning

if TYPE_CHECKING:
    import pandas as pd

    from rtnb.vad.scores.operating import OperatingPoints
    from rtnb.vad.sweeps.choosing import Best
    from rtnb.vad.sweeps.comparing import Comparison
    from rtnb.vad.sweeps.folds import HeldOut

__all__ = ["Sweep", "row_of", "setting_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep(Drawable):
    """Every setting of a grid, scored on a corpus; made by :func:`rtnb.vad.sweep`.

    Attributes
    ----------
    grid : Grid
        What was tried.
    corpus : Corpus
        What was scored; what could not be is in its problems.
    tracks : tuple of Track
        One a recording, in the order of the corpus.
    scoring : Scoring
    tuning : DetectorTuning
        Whose predictions these are: its name is "local emulation", or that of a calibration.
    found : Tally
        What was counted in each recording.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import sweep
    >>> corpus = rtnb.sample("labelled")
    >>> found = sweep(corpus, silence_duration_ms=range(200, 801, 200), turn_gap_s=0.7, engine="energy")
    >>> list(found.heatmap("merged", y="silence_duration_ms", x="threshold").shape)
    [4, 9]
    """

    grid: Grid
    corpus: Corpus
    tracks: tuple[Track, ...]
    scoring: Scoring
    tuning: DetectorTuning
    found: Tally = field(repr=False)
    columns: Mapping[str, NDArray[Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        columns = measures(self.found, self.grid, scoring=self.scoring, tuning=self.tuning)
        for column in columns.values():
            column.flags.writeable = False
        object.__setattr__(self, "columns", columns)

    @property
    def settings(self) -> Settings:
        """The settings, in the order of the rows of :attr:`frame`."""
        return self.grid.settings

    @property
    def prediction(self) -> str:
        """What the predictions are called: "local emulation", or after a calibration and what was altered."""
        return prediction_from(self.tuning, self.tracks, hysteresis=self.grid.hysteresis)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a setting.

        Columns: threshold, prefix_padding_ms, silence_duration_ms, hysteresis; turns, detected, false_starts, missed,
        clipped, clipped_ms, cut_offs, fragments, merged, late, errors, cut_off_rate, latency_p50_ms, latency_p90_ms.
        Errors are false starts and labelled turns with at least one mistake, each of which counts once.
        """
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

    @property
    def default(self) -> Score:
        """What a session does that sets nothing, whether the grid holds it or not."""
        return self.score(default_setting())

    def setting(self, row: int) -> Setting:
        """The setting of a row of :attr:`frame`."""
        return self.settings[int(row)]

    def score(self, setting: object) -> Score:
        """One setting, of the grid or not.

        Parameters
        ----------
        setting : Setting, ServerVad, mapping, Best or Score

        Raises
        ------
        ConfigError
            A value that the API would refuse.
        """
        from rtnb.vad.scores.scoring import score

        return score(self.corpus, setting_of(setting), **self._as_scored())

    def errors(self, setting: object) -> Mistakes:
        """The mistakes of a setting, each with its place, to be seen and heard; parameters as of :meth:`score`."""
        from rtnb.vad.scores.scoring import mistakes

        return mistakes(self.corpus, setting_of(setting), **self._as_scored())

    def compare(self, one: object, other: object) -> Comparison:
        """Two settings turn by turn: where they differ, what each did, and which did better."""
        from rtnb.vad.sweeps.comparing import compare

        return compare(self, setting_of(one), setting_of(other))

    def pareto(
        self, *, latency: str = "latency_p50_ms", max_lost: float | None = MAX_LOST, **constraints: float
    ) -> pd.DataFrame:
        """The rows that no other beats in both false cut-offs and latency, among those within the constraints.

        Parameters
        ----------
        latency : {"latency_p50_ms", "latency_p90_ms"}
        max_lost : float, optional
            Settings are left out that miss or merge more than this share of the labelled turns, that have more false
            starts for each of them, or more late ends: who loses turns cuts few off, and has no latency to show for
            them. Where that would leave none of those within the constraints, it does not hold. None takes all.
        constraints : float
            The most that a column may have: ``merged=0, missed=2, false_starts=3, late=0``. Counts may be taken for
            each labelled turn by the ending ``_rate``.

        Returns
        -------
        DataFrame
            Columns as of :attr:`frame`, by latency; the index is the row there. Of settings that are equal in both,
            the one with the fewest errors. Empty where nothing is within the constraints.

        Raises
        ------
        ConfigError
            No column has that name, or `max_lost` is no share.
        """
        return self.frame.iloc[front.pareto(self.columns, latency, constraints, max_lost)]

    def best(
        self,
        objective: str = "errors",
        constraints: Mapping[str, float] | None = None,
        *,
        any_hysteresis: bool = False,
    ) -> Best:
        """The setting with the least `objective` among those within the constraints.

        Of equals the one with the fewest errors, then with the fewest missed, the fewest merged, the least latency. One
        that finds none of the labelled turns is never best.

        Parameters
        ----------
        objective : str
            A column that is the better the less it is: ``"errors"``, ``"latency_p50_ms"``, ``"latency_p90_ms"``,
            ``"cut_off_rate"``, ...; a count may be taken for each labelled turn by the ending ``_rate``.
        constraints : mapping of str to float, optional
            The most that columns may have: ``{"cut_off_rate": 0.05, "merged": 0}``. Against being gamed counts only
            what allows at most half of the labelled turns.
        any_hysteresis : bool
            Choose among all that were swept. By default only settings with the hysteresis of the tuning are candidates,
            where there are any: a server has a hysteresis, and cannot be told another.

        Returns
        -------
        Best
            With its score, its interval over recordings, and what bound it. It is chosen on the recordings that it is
            scored on, so it looks better than it is: :meth:`held_out` shows by how much.

        Raises
        ------
        ConfigError
            The objective can be gamed by what is not constrained, or to more than half of the turns; no setting finds
            a turn; or none is within the constraints: the message says which is the tightest and what comes nearest.
        """
        from rtnb.vad.sweeps.choosing import best

        return best(self, objective, {} if constraints is None else constraints, any_hysteresis=any_hysteresis)

    def held_out(
        self,
        k: int | None = None,
        objective: str = "errors",
        constraints: Mapping[str, float] | None = None,
        *,
        seed: int = 0,
        any_hysteresis: bool = False,
    ) -> HeldOut:
        """Choose on some recordings and score on the others, so that optimism shows.

        Parameters
        ----------
        k : int, optional
            Into how many parts the recordings are split; 5, or as many as there are, by default.
        objective, constraints, any_hysteresis
            As of :meth:`best`. Counts are those of the recordings that are chosen on: rates carry over better.
        seed : int
            Of the order in which the recordings are dealt out.

        Raises
        ------
        ConfigError
            There are fewer recordings than parts, or what :meth:`best` raises on a part.
        """
        from rtnb.vad.sweeps.folds import held_out

        limits = {} if constraints is None else constraints
        return held_out(self, k, objective, limits, seed, any_hysteresis=any_hysteresis)

    def heatmap(
        self,
        value: str = "errors",
        x: str = "silence_duration_ms",
        y: str = "threshold",
        **fixed: float,
    ) -> pd.DataFrame:
        """A measure over two parameters.

        Parameters
        ----------
        value : str
            A column, or a count for each labelled turn by the ending ``_rate``.
        x, y : str
            Parameters: `x` becomes the columns, `y` the index.
        fixed : float
            Values of other parameters. Over those that are not named the least is taken: what can be had. Of the
            hysteresis only that of the tuning, where it was swept, since no server can be told another.

        Raises
        ------
        ConfigError
            No such column or parameter, or a value that the grid does not hold.
        """
        return shapes.heatmap(self.grid, self.columns, value, x, y, fixed)

    def sensitivity(self) -> pd.DataFrame:
        """How much each measure moves with each parameter.

        Returns
        -------
        DataFrame
            One row a parameter, one column a measure. For each combination of the other parameters, the *swing* is the
            largest value less the smallest over the values of this one; in the table is the median of the swings over
            all combinations. 0: it never matters. NaN: the grid has only one value of it.
        """
        return shapes.sensitivity(self.grid, self.columns)

    def profile(self, around: object = None) -> pd.DataFrame:
        """One parameter moved at a time, from a setting of the grid.

        Parameters
        ----------
        around : Setting, ServerVad, mapping, Best or Score, optional
            By default the one that :meth:`best` chooses, or the one with the fewest errors where there is none.

        Returns
        -------
        DataFrame
            Columns parameter and value, then those of the measures in :attr:`frame`.

        Raises
        ------
        ConfigError
            The grid does not hold that setting.
        """
        row = self._least() if around is None else self._row(around)
        return shapes.profile(self.grid, self.columns, row)

    def intervals(
        self, setting: object = None, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
    ) -> pd.DataFrame:
        """Confidence intervals: how much the numbers move when other recordings of the same kind are drawn.

        Parameters
        ----------
        setting : Setting, ServerVad, mapping, Best or Score, optional
            That of the server's defaults where it is left out.
        level : float
            Of confidence.
        resamples : int
        seed : int

        Returns
        -------
        DataFrame
            Columns value, low and high, a row for each measure. Percentiles of resamples of whole recordings with
            replacement; with few recordings such intervals are too narrow.

        Raises
        ------
        ConfigError
            There is only one recording.
        """
        from rtnb.vad.sweeps.intervals import intervals

        chosen = default_setting() if setting is None else setting_of(setting)
        return intervals(self, chosen, level=level, resamples=resamples, seed=seed)

    def operating_points(self, **options: Any) -> OperatingPoints:
        """Latency at a share of false cut-offs and the other way round, beside what silence alone would do.

        Parameters
        ----------
        options
            ``latency``, ``max_lost`` and ``name`` of :func:`rtnb.vad.scores.operating.operating_points`.

        Notes
        -----
        Settings that lose more than `max_lost` of the turns are left out, as in :meth:`pareto`.
        """
        from rtnb.vad.scores.operating import operating_points

        scoring, frame = self.scoring, self.frame
        # That of the tuning goes without saying.
        frame["hysteresis"] = frame["hysteresis"].where(frame["hysteresis"] != self.grid.usual)
        return operating_points(frame, self.corpus, scoring.turn_gap_s, collar_s=scoring.collar_s, **options)

    def _least(self) -> int:
        from rtnb.errors import ConfigError
        from rtnb.vad.sweeps.choosing import candidates, choose

        try:
            among = candidates(self, any_hysteresis=False)
            return choose(self.columns, "errors", {}, names=self.setting, among=among)
        except ConfigError:
            return front.least(self.columns, "errors")

    def _row(self, setting: object) -> int:
        from rtnb.errors import ConfigError

        chosen = setting_of(setting)
        row = self.grid.index(chosen)
        if row is None:
            raise ConfigError(f"The grid does not hold {chosen}; its settings are {self.settings!r}.")
        return row

    def _as_scored(self) -> dict[str, Any]:
        return {
            "turn_gap_s": self.scoring.turn_gap_s,
            "collar_s": self.scoring.collar_s,
            "late_s": self.scoring.late_s,
            "tuning": self.tuning,
            "tracks": self.tracks,
        }

    def __len__(self) -> int:
        return len(self.grid)

    def __repr__(self) -> str:
        left = f", {counted(len(self.corpus.problems), 'problem')}" if self.corpus.problems else ""
        return (
            f"Sweep({counted(len(self), 'setting')} on {counted(len(self.corpus), 'recording')}, "
            f"{counted(len(self.found.sheet), 'turn')}{left}; {self.prediction})"
        )


def row_of(columns: Mapping[str, NDArray[Any]], row: int) -> dict[str, float | int]:
    """One row of the columns."""
    return {name: np.asarray(column[row]).item() for name, column in columns.items()}
