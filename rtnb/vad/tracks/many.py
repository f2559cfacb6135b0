"""Tracks of many recordings, in order, several at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from itertools import islice
from pickle import PicklingError

from rtnb._cores import usable_cores
from rtnb._threads import DaemonPool
from rtnb.errors import ConfigError
from rtnb.vad.engines import Engine, as_engine
from rtnb.vad.track import Track
from rtnb.vad.tracks.hearing import format_of
from rtnb.vad.tracks.making import Broken, Job, tried
from rtnb.vad.tracks.progress import Progress, Report
from rtnb.vad.tracks.sources import sources_of

__all__ = ["AHEAD", "tracks_of"]

Found = Generator["Track | Broken", None, None]

AHEAD = 64
"""Recordings that are given to an executor before the first of them is taken: a corpus need not fit into its queue."""
_LOOK_S = 0.1
_LEAVE_S = 0.5
"""How long somebody who stops listening waits for work under way, which looks for that after each block. A plug-in that
hangs is left behind: its thread holds up neither an interrupt nor, for long, the end of the process. Own choice."""


def tracks_of(
    recordings: object,
    *,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    executor: Executor | None = None,
    progress: bool | Report | None = None,
) -> Found:
    """The track of each recording, in their order; what is wrong with it in the place of one that cannot be used.

    Parameters
    ----------
    recordings, engine, as_sent, cache, executor, progress
        As of :func:`rtnb.vad.probabilities`.

    Raises
    ------
    ConfigError
        Something that is no recording; no engine has that name.
    MissingExtraError, ModelError, WeightsError
        The engine cannot be loaded.

    Notes
    -----
    Closing the iterator stops the work, and so does an interrupt. Jobs that an `executor` has begun go on in it: they
    are its own, and nobody waits for them here; it gets no more of them.

    Examples
    --------
    >>> from rtnb import Clip
    >>> for found in tracks_of([Clip.silence(0.1), "no-such-file.wav"], engine="energy"):
    ...     print(found)
    Track(0.128 s, 4 frames of 32 ms, energy)
    no-such-file: There is no file 'no-such-file.wav'. Check the path; the working directory is what a relative path \
starts from.
    """
    sent, chosen = format_of(as_sent), as_engine(engine)
    jobs = [Job(source, chosen, sent.type if sent else "", cache) for source in sources_of(recordings)]
    if executor is not None and not isinstance(executor, Executor):
        raise ConfigError(f"executor is a concurrent.futures.Executor, not {type(executor).__name__}.")
    if executor is not None:
        return _elsewhere(jobs, executor, progress)
    return _here(jobs, progress)


def _elsewhere(jobs: list[Job], executor: Executor, asked: bool | Report | None) -> Found:
    coming, pending = iter(jobs), deque[Future[Track | Broken]]()
    with Progress(asked, len(jobs), "voice activity") as progress:
        try:
            for done in range(len(jobs)):
                pending.extend(_given(islice(coming, AHEAD - len(pending)), executor))
                future = pending.popleft()
                while True:
                    progress(done + sum(each.done() for each in pending))
                    if _ready(future):
                        break
                yield _result(future)
        finally:
            for future in pending:
                future.cancel()


def _given(jobs: Iterable[Job], executor: Executor) -> list[Future[Track | Broken]]:
    try:
        return [executor.submit(tried, job) for job in jobs]
    # Of an executor that was shut down, and of one whose processes have died.
    except RuntimeError as error:
        raise ConfigError(f"The executor takes no more work: {error}\nGive another one, or leave it out.") from error


def _ready(future: Future[Track | Broken]) -> bool:
    """Whether it is done, after a moment."""
    wait([future], _LOOK_S)
    # An executor that is shut down cancels what waits, which `wait` does not hear of.
    return future.done()


def _result(future: Future[Track | Broken]) -> Track | Broken:
    try:
        return future.result()
    except (CancelledError, BrokenExecutor) as error:
        told = str(error) or "it was shut down, or its work was cancelled"
        raise ConfigError(
            f"The executor did not finish its work: {told}.\nGive another one, or leave it out."
        ) from error
    except (PicklingError, AttributeError, TypeError) as error:
        if "pickle" not in str(error):
            raise
        raise ConfigError(
            f"The engine or a recording cannot be sent to the executor's processes: {error}\n"
            "Name the engine as module:callable or file.py:callable, or leave the executor out."
        ) from error


class _Stopped(BaseException):
    """Nobody waits for the track any more."""


def _here(jobs: list[Job], asked: bool | Report | None) -> Found:
    parts, stop = [0.0] * len(jobs), threading.Event()

    def work(place: int) -> Track | Broken:
        def tick(part: float) -> None:
            if stop.is_set():
                raise _Stopped
            parts[place] = part

        found = tried(jobs[place], tick)
        parts[place] = 1.0
        return found

    with Progress(asked, len(jobs), "voice activity") as progress:
        # One thread each, as many as there are cores: an engine uses no more by itself. A single recording has one too,
        # as native code in this thread could not be interrupted.
        pool = DaemonPool(max(1, min(usable_cores(), len(jobs))), name="rtnb-tracks")
        try:
            coming, pending = iter(range(len(jobs))), deque[Future[Track | Broken]]()
            for done in range(len(jobs)):
                pending.extend(pool.submit(work, place) for place in islice(coming, AHEAD - len(pending)))
                future = pending.popleft()
                # Also of recordings that are done before anybody looks.
                while True:
                    progress(done + sum(parts[done : done + AHEAD]))
                    if _ready(future):
                        break
                yield future.result()
        finally:
            stop.set()
            pool.end(_LEAVE_S)
