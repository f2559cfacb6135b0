"""What would become of settings in a noisy room, on the telephone, or with the assistant in the microphone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rtnb._cores import usable_cores
from rtnb._display import Drawable, counted
from rtnb._plugins import told_of
from rtnb._threads import DaemonPool
from rtnb.audio.clip import Clip
from rtnb.audio.conditions import Attenuate, Chain, Condition, Echo, Noise, Reverb, Telephone
from rtnb.errors import ConfigError, MissingExtraError, RtnbError
from rtnb.vad.computing import probabilities
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.engines import Engine, as_engine
from rtnb.vad.labels.merging import checked_gap
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.gathering import Gathered
from rtnb.vad.scores.known import tell
from rtnb.vad.scores.mistakes import Mistakes
from rtnb.vad.scores.score import COLUMNS, Score
from rtnb.vad.scores.scoring import mistakes, score_gathered
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps.executors import borrowed, worked
from rtnb.vad.sweeps.result import setting_of
from rtnb.vad.track import Track
from rtnb.vad.tracks.progress import Progress, Report
from rtnb.vad.tuning import DetectorTuning, as_tuning

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CLEAN",
    "Attenuate",
    "Chain",
    "Condition",
    "Echo",
    "Noise",
    "Reverb",
    "Telephone",
    "WhatIf",
    "WhatIfRow",
    "what_if",
]

CLEAN: Final = "clean"
"""What the recordings as they are are called."""

Alteration = Condition | Callable[[Clip], Clip]


@dataclass(frozen=True, slots=True)
class WhatIfRow:
    """One setting under one condition.

    Attributes
    ----------
    condition : str
    setting : Setting
    score : Score
    """

    condition: str
    setting: Setting
    score: Score


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf(Drawable):
    """Settings on recordings as they are, and as they would be elsewhere.

    Attributes
    ----------
    corpus : Corpus
        What was scored; what could not be, under whichever condition, is in its problems and in no row.
    conditions : dict of str to Condition or callable
        By the names they have in tables; the first is "clean".
    settings : tuple of Setting
    rows : tuple of WhatIfRow
        Clean first, then each condition in its order; the settings in theirs.
    tracks : dict of str to tuple of Track
        By condition, one a recording.
    tuning : DetectorTuning

    Examples
    --------
    >>> import rtnb
    >>> item = rtnb.vad.Corpus.load(rtnb.sample("labelled"))["ami_trn07"]
    >>> noisy = [rtnb.vad.Noise(snr_db=10)]
    >>> found = rtnb.vad.what_if([item], [rtnb.ServerVad()], noisy, turn_gap_s=0.7, engine="energy")
    >>> len(found.rows)
    2
    """

    corpus: Corpus
    conditions: Mapping[str, Alteration]
    settings: tuple[Setting, ...]
    rows: tuple[WhatIfRow, ...]
    tracks: Mapping[str, tuple[Track, ...]] = field(repr=False)
    tuning: DetectorTuning

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each recording that could not be used."""
        return self.corpus.problems

    @property
    def prediction(self) -> str:
        """What the predictions are called: "local emulation", or a calibration and what differs from it."""
        heard = [track for tracks in self.tracks.values() for track in tracks]
        return prediction_from(self.tuning, heard, hysteresis=[each.hysteresis for each in self.settings])

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each condition and setting: condition, the setting's columns, and those of ``Sweep.frame``."""
        import pandas as pd

        return pd.DataFrame([self._told(row) | row.score.to_dict() for row in self.rows])

    @property
    def differences(self) -> pd.DataFrame:
        """What the conditions add to the clean recordings: the columns of :attr:`frame`, without the clean rows."""
        import pandas as pd

        clean = {row.setting: row.score.to_dict() for row in self.rows if row.condition == CLEAN}
        measures = [name for name in COLUMNS if name != "turns"]
        rows = []
        for row in self.rows:
            if row.condition != CLEAN:
                own, before = row.score.to_dict(), clean[row.setting]
                rows.append(self._told(row) | {name: own[name] - before[name] for name in measures})
        return pd.DataFrame(rows, columns=["condition", *_PARAMETERS, *measures])

    def _told(self, row: WhatIfRow) -> dict[str, Any]:
        told = {name: getattr(row.setting, name) for name in _PARAMETERS}
        told["hysteresis"] = row.setting.tuning(self.tuning).hysteresis
        return {"condition": row.condition, **told}

    def score(self, condition: object, setting: object | None = None) -> Score:
        """The score of one row; of the first setting if none is named."""
        name, chosen = self._name(condition), self.settings[0] if setting is None else setting_of(setting)
        for row in self.rows:
            if row.condition == name and row.setting == chosen:
                return row.score
        raise ConfigError(f"{chosen} was not tried; there are: {', '.join(map(str, self.settings))}.")

    def clip(self, recording: str | int, condition: object) -> Clip:
        """A recording as it is under a condition, to be listened to.

        Raises
        ------
        ConfigError
            There is no such recording or no such condition.
        """
        return _altered(self.corpus[recording], self.conditions[self._name(condition)])

    def errors(self, condition: object, setting: object | None = None) -> Mistakes:
        """The mistakes under a condition, each with its place and the sound as it was heard."""
        name = self._name(condition)
        chosen = self.settings[0] if setting is None else setting_of(setting)
        items = tuple(Item(item.name, _altered(item, self.conditions[name]), item.labels) for item in self.corpus)
        scoring = self.rows[0].score.scoring
        assert scoring is not None
        return mistakes(
            Corpus(items),
            chosen,
            turn_gap_s=scoring.turn_gap_s,
            collar_s=scoring.collar_s,
            late_s=scoring.late_s,
            tuning=self.tuning,
            tracks=self.tracks[name],
        )

    def _name(self, condition: object) -> str:
        for name, known in self.conditions.items():
            if condition == name or condition is known or (isinstance(known, Condition) and condition == known):
                return name
        raise ConfigError(f"There is no condition {condition!r:.80}; there are: {', '.join(self.conditions)}.")

    def __repr__(self) -> str:
        return (
            f"WhatIf({counted(len(self.settings), 'setting')}, {', '.join(self.conditions)}; "
            f"{counted(len(self.corpus), 'recording')}; {self.prediction})"
        )


_PARAMETERS = ("threshold", "prefix_padding_ms", "silence_duration_ms", "hysteresis")


def what_if(
    corpus: object,
    settings: object,
    conditions: object,
    *,
    turn_gap_s: float | None = None,
    labels: object = None,
    collar_s: float = 0.05,
    late_s: float = 2.0,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    tuning: DetectorTuning | None = None,
    executor: object = None,
    cache: bool = True,
    progress: bool | Report | None = None,
) -> WhatIf:
    """How settings hold where it is noisy, echoes, or far away.

    Every recording is altered by every condition, which moves nothing in it, and scored against the labels that it has.

    Parameters
    ----------
    corpus : Corpus, folder, pairs of audio and labels, or one recording
        What :meth:`rtnb.vad.Corpus.of` takes.
    settings : ServerVad, Setting, Score, mapping, or an iterable of them
    conditions : Condition, callable, an iterable of them, or a mapping of names to them
        Of :mod:`rtnb.audio.conditions`, such as ``Noise(snr_db=10)``; anything that makes a clip of a clip of the same
        length and rate will do. The recordings as they are come first by themselves.
    turn_gap_s : float
        Labelled speech with pauses shorter than this is one turn. There is no default: it decides every score.
    labels, collar_s, late_s, engine, as_sent, cache
        As of :func:`rtnb.vad.score`.
    tuning : DetectorTuning, optional
        What the API does not document; a calibration, or the local emulation.
    executor : Executor, Dask client or cluster, or str, optional
        Where recordings are altered and listened to, as of :func:`rtnb.vad.sweep`; threads of this process by default.
    progress : bool or callable, optional
        As of :func:`rtnb.vad.probabilities`.

    Returns
    -------
    WhatIf
        Recordings that cannot be used are named in its ``problems`` and in a :class:`CorpusWarning`, and count under no
        condition.

    Raises
    ------
    ConfigError
        No turn gap, no setting, conditions of the same name, nothing that can be scored, or an executor that a
        condition or the engine cannot be sent to.
    ModelError
        A worker of the executor died.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import Attenuate, Noise, what_if
    >>> found = what_if(rtnb.sample("labelled"), rtnb.ServerVad(), [Noise(snr_db=0), Attenuate(db=30)],
    ...                 turn_gap_s=0.7, engine="energy")
    >>> found.frame["condition"].tolist()
    ['clean', 'noise 0 dB', 'attenuated 30 dB']
    >>> bool(found.score("attenuated 30 dB").missed > found.score("clean").missed)
    True
    """
    scoring = Scoring(turn_gap_s=checked_gap(turn_gap_s), collar_s=collar_s, late_s=late_s)
    as_engine(engine)
    chosen = _settings(settings)
    altered = _conditions(conditions)
    tuning = as_tuning(tuning)
    labelled = Corpus.of(corpus, labels).labelled()
    jobs = [
        _Job(item, name, condition, engine, as_sent, cache) for name, condition in altered.items() for item in labelled
    ]
    tracks: dict[tuple[str, str], Track] = {}
    problems: dict[str, str] = {}
    for job, found in zip(jobs, _worked(jobs, executor, progress), strict=True):
        if isinstance(found, Track):
            tracks[job.name, job.item.name] = found
        else:
            problems.setdefault(job.item.name, found)
    items = tuple(item for item in labelled if item.name not in problems)
    if not items:
        raise ConfigError("None of the recordings can be scored:" + "".join(f"\n- {x}" for x in problems.values()))
    kept = Corpus(items, (*labelled.problems, *problems.values()))
    tell(kept.problems, len(kept), stacklevel=2)
    by_condition = {name: tuple(tracks[name, item.name] for item in items) for name in altered}
    rows = tuple(
        WhatIfRow(
            name,
            setting,
            score_gathered(Gathered(kept, by_condition[name]), setting, scoring=scoring, tuning=tuning),
        )
        for name in altered
        for setting in chosen
    )
    return WhatIf(kept, altered, chosen, rows, by_condition, tuning)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One recording under one condition; it travels to other processes."""

    item: Item
    name: str
    condition: Alteration
    engine: Engine | str | None
    as_sent: bool | str
    cache: bool


def _tried(job: _Job) -> Track | str:
    """The track, or what is wrong in a line that begins with the recording's name."""
    try:
        clip = _altered(job.item, job.condition)
        return probabilities(clip, engine=job.engine, as_sent=job.as_sent, cache=job.cache)
    except MissingExtraError:
        raise
    except RtnbError as error:
        under = "" if job.name == CLEAN else f" under {job.name!r}"
        return f"{job.item.name}: {' '.join(str(error).split()) or type(error).__name__}{under}"


def _worked(jobs: Sequence[_Job], executor: object, told: bool | Report | None) -> list[Track | str]:
    names = [job.item.name if job.name == CLEAN else f"{job.item.name} under {job.name!r}" for job in jobs]
    with Progress(told, len(jobs), "what if") as progress:
        if executor is not None:
            with borrowed(executor) as workers:
                found = worked(workers, _tried, [(job,) for job in jobs], names, progress)
        else:
            pool = DaemonPool(max(1, min(usable_cores(), len(jobs))), name="rtnb-what-if")
            try:
                found = worked(pool, _tried, [(job,) for job in jobs], names, progress)
            finally:
                pool.shutdown(wait=False)
    for each in found:
        if isinstance(each, Track):
            # Pickled arrays come back writable.
            each.p.flags.writeable = False
    return found


def _altered(item: Item, condition: Alteration) -> Clip:
    """The recording under a condition, of the same length and rate.

    Raises
    ------
    ConfigError
        The condition failed, or gives something else.
    """
    clip = item.clip()
    speech = None if item.labels is None else item.labels.speech
    try:
        made: object = condition(clip, speech) if isinstance(condition, Condition) else condition(clip)
    except (RtnbError, KeyboardInterrupt):
        raise
    # SystemExit too: it would end whoever asks, or a worker.
    except BaseException as error:
        raise ConfigError(f"the condition failed: {told_of(error)}") from error
    if not isinstance(made, Clip) or (len(made), made.rate_hz) != (len(clip), clip.rate_hz):
        raise ConfigError(
            f"a condition gives a Clip of the same length and rate ({clip!r}), not {made!r:.80}: labels must stay true"
        )
    return made


def _settings(value: Any) -> tuple[Setting, ...]:
    if hasattr(value, "iterrows"):
        # The table of a sweep, or some of its rows.
        value = [row for _, row in value.iterrows()]
    one = isinstance(value, str) or hasattr(value, "keys") or hasattr(value, "setting")
    if one or not isinstance(value, Iterable):
        value = [value]
    found = tuple(dict.fromkeys(map(setting_of, value)))
    if not found:
        raise ConfigError("what_if() needs a setting, such as rtnb.ServerVad(threshold=0.5), or several.")
    return found


def _conditions(value: object) -> dict[str, Alteration]:
    """Conditions by their names, the recordings as they are first."""
    named: Iterable[tuple[str, Any]]
    if isinstance(value, Mapping):
        named = value.items()
    elif callable(value):
        named = [(_name(value), value)]
    elif isinstance(value, Iterable) and not isinstance(value, str):
        named = [(_name(each), each) for each in value]
    else:
        raise ConfigError(f"Conditions are such as rtnb.audio.conditions.Noise(snr_db=10), not {value!r:.80}.")
    found: dict[str, Alteration] = {CLEAN: Chain()}
    for name, condition in named:
        if not callable(condition):
            raise ConfigError(f"A condition is such as Noise(snr_db=10), not {condition!r:.80}.")
        if name in found:
            if isinstance(condition, Chain) and not condition.conditions:
                continue
            raise ConfigError(
                f"Two conditions are called {name!r:.80}: give a mapping of names to them, or set their label."
            )
        found[str(name)] = condition
    return found


def _name(condition: Any) -> str:
    name = getattr(condition, "name", None) or getattr(condition, "__name__", None)
    return str(name or type(condition).__name__)
