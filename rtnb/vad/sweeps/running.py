"""The sweep: every setting of a grid, scored on labelled recordings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.engines import Engine
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.known import Tracks, known_tracks, tell, untold
from rtnb.vad.sweeps.executors import borrowed, worked
from rtnb.vad.sweeps.grid import Grid
from rtnb.vad.sweeps.reading import Reader, Told
from rtnb.vad.sweeps.result import Sweep
from rtnb.vad.sweeps.sheet import Sheet
from rtnb.vad.sweeps.tally import Tally, check_size, tally
from rtnb.vad.track import Track
from rtnb.vad.tracks.progress import Progress
from rtnb.vad.tuning import DetectorTuning, as_tuning

__all__ = ["sweep"]


def sweep(
    corpus: object,
    threshold: object = None,
    prefix_padding_ms: object = None,
    silence_duration_ms: object = None,
    hysteresis: object = None,
    *,
    turn_gap_s: float | None = None,
    labels: object = None,
    collar_s: float = 0.05,
    late_s: float = 2.0,
    tracks: Tracks = None,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    tuning: DetectorTuning | None = None,
    executor: object = None,
    progress: Told = None,
) -> Sweep:
    """Score every combination of values of the parameters of ``server_vad``.

    Parameters
    ----------
    corpus : Corpus, folder, clip, or pairs of audio and labels
        What :meth:`rtnb.vad.Corpus.of` takes.
    threshold, prefix_padding_ms, silence_duration_ms, hysteresis : number, list, range or array, optional
        The values to try, as the API takes them; :data:`rtnb.vad.sweeps.grid.DEFAULT_GRID` where they are left out:
        thresholds from 0.1 to 0.9, paddings from 0 to 500 ms, silences from 100 to 1200 ms.
        Arrays of few digits, of equal steps and of whole floats are taken as they are meant: see :class:`Grid`.
        The hysteresis is no parameter of the API: how far below the threshold speech ends, that of `tuning` by default.
    turn_gap_s : float
        Labelled speech with pauses shorter than this is one turn. There is no default: it decides every score.
    labels : optional
        Of a single recording.
    collar_s, late_s : float
        As of :class:`rtnb.vad.Scoring`.
    tracks : sequence of Track or mapping by name, optional
        Tracks that are there already; the others are computed. Each must be as long as its recording.
    engine, as_sent, cache
        As of :func:`rtnb.vad.probabilities`.
    tuning : DetectorTuning, optional
        What the API does not document: the local emulation, or a calibration.
    executor : Executor, Dask client or cluster, or str, optional
        Who does the work, a recording at a time: an executor of ``concurrent.futures``, or Dask (``rtnb[dask]``).
        Workers read the files of the corpus themselves. The result is the same to the last bit.
    progress : callable, bool or None
        Called with recordings done and all of them; by default a bar where it takes longer than a second.

    Returns
    -------
    Sweep
        Recordings that cannot be read are named in the problems of its corpus, and in a :class:`CorpusWarning`.

    Raises
    ------
    ConfigError
        A value that the API would refuse, a grid that is too large, no turn gap, no labelled turn to score, tracks of
        something else, or an executor that is shut down or that the engine cannot be sent to.
    MissingExtraError
        An engine or Dask is asked for that is not installed.
    ModelError
        A worker died; the message names the recordings that were not done.

    Notes
    -----
    All of it is a prediction of the local detector, named as the tuning is: what a server does is found out by
    a trial on it.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.sample("labelled")
    >>> rtnb.vad.sweep(corpus, silence_duration_ms=range(200, 801, 200), turn_gap_s=0.7, engine="energy")
    Sweep(216 settings on 8 recordings, 21 turns; local emulation)
    """
    scoring = Scoring(turn_gap_s=turn_gap_s, collar_s=collar_s, late_s=late_s)  # type: ignore[arg-type]
    tuning = as_tuning(tuning)
    grid = Grid.of(
        threshold=threshold,
        prefix_padding_ms=prefix_padding_ms,
        silence_duration_ms=silence_duration_ms,
        hysteresis=hysteresis,
        tuning=tuning,
    )
    everything = Corpus.of(corpus, labels)
    known = known_tracks(everything, tracks)
    labelled = everything.labelled()
    check_size(grid, labelled, scoring)
    job = _Job(Reader(engine, as_sent, cache), grid, scoring, tuning)
    if executor is None:
        done = _here(labelled, known, job, progress)
    else:
        with borrowed(executor) as workers:
            done = _there(labelled, known, job, workers, progress)
    problems = (*labelled.problems, *(each for each in done.tracks if not isinstance(each, Track)))
    read = [(item, each) for item, each in zip(labelled, done.tracks, strict=True) if isinstance(each, Track)]
    if done.found is None:
        raise ConfigError("None of the recordings can be scored:" + "".join(f"\n- {each}" for each in problems[:20]))
    reading = any(item.name not in known for item in labelled)
    tell(untold(corpus, problems, read=reading), len(read), stacklevel=2)
    return Sweep(
        grid=grid,
        corpus=dataclasses.replace(labelled, items=tuple(item for item, _ in read), problems=problems),
        tracks=tuple(track for _, track in read),
        scoring=scoring,
        tuning=tuning,
        found=done.found,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """All that a worker has to know beside its recording."""

    reader: Reader
    grid: Grid
    scoring: Scoring
    tuning: DetectorTuning

    def tally(self, items: Sequence[Item], tracks: Sequence[Track], told: Told = False) -> Tally:
        sheet = Sheet.of(items, tracks, self.scoring.turn_gap_s)
        # Whoever is called knows recordings, which are done by now.
        with Progress(None if told is None else False, len(self.grid.pairs), "sweep") as progress:
            return tally(tracks, sheet, self.grid, scoring=self.scoring, tuning=self.tuning, tick=progress)


@dataclass(frozen=True, slots=True)
class _Done:
    """A track, or what is wrong, for each recording; and what the settings made of those that have one."""

    tracks: list[Track | str]
    found: Tally | None


def _here(corpus: Corpus, known: Mapping[str, Track], job: _Job, told: Told) -> _Done:
    unknown = [item for item in corpus if item.name not in known]
    read = {item.name: track for item, track in zip(unknown, job.reader.tracks(unknown, told), strict=True)}
    tracks = [known[item.name] if item.name in known else read[item.name] for item in corpus]
    pairs = [(item, track) for item, track in zip(corpus, tracks, strict=True) if isinstance(track, Track)]
    if not pairs:
        return _Done(tracks, None)
    items, good = zip(*pairs, strict=True)
    return _Done(tracks, job.tally(items, good, told))


def _there(corpus: Corpus, known: Mapping[str, Track], job: _Job, workers: Executor, told: Told) -> _Done:
    with Progress(told, len(corpus), "sweep") as progress:
        jobs = [(item, known.get(item.name), job) for item in corpus]
        results = worked(workers, _one, jobs, corpus.names, progress)
    parts = [part for _, part in results if part is not None]
    tracks = [track if isinstance(track, str) else _read_only(track) for track, _ in results]
    return _Done(tracks, Tally.joined(parts) if parts else None)


def _one(item: Item, track: Track | None, job: _Job) -> tuple[Track | str, Tally | None]:
    """What a worker does."""
    read = next(job.reader.tracks([item])) if track is None else track
    return read, None if isinstance(read, str) else job.tally([item], [read])


def _read_only(track: Track) -> Track:
    # Arrays that come from another process can be written to, and a track cannot.
    track.p.flags.writeable = False
    return track
