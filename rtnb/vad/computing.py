"""Probabilities of whole recordings, computed once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, overload

from rtnb.audio.clip import Clip
from rtnb.errors import RtnbError
from rtnb.vad.engines import Engine
from rtnb.vad.track import Track
from rtnb.vad.tracks.making import Broken
from rtnb.vad.tracks.many import tracks_of
from rtnb.vad.tracks.progress import Report
from rtnb.vad.tracks.sources import is_single

if TYPE_CHECKING:
    from rtnb.vad.corpus import Corpus, Item

__all__ = ["probabilities"]


@overload
def probabilities(  # type: ignore[overload-overlap]  # text is iterable too
    source: Clip | str | Path | Item,
    *,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    executor: Executor | None = None,
    progress: bool | Report | None = None,
) -> Track: ...
@overload
def probabilities(
    source: Corpus | Iterable[Clip | str | Path | Item],
    *,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    executor: Executor | None = None,
    progress: bool | Report | None = None,
) -> list[Track]: ...
def probabilities(
    source: Clip | str | Path | Item | Corpus | Iterable[Clip | str | Path | Item],
    *,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    executor: Executor | None = None,
    progress: bool | Report | None = None,
) -> Track | list[Track]:
    """The speech probabilities of a recording, or of many, frame by frame.

    Parameters
    ----------
    source : Clip, path, Item, Corpus, or a list of clips, paths and items
        Of any rate, any number of channels and any format that libsndfile reads. It is mixed down to mono and resampled
        to the engine's rate; a last frame that is not full is filled with silence. Files are read half a minute at a
        time, so that one of many hours takes no more memory than a short one, besides its track: 450 kB an hour of
        silero.
    engine : Engine or str, optional
        An engine or its name; the best that is installed by default.
    as_sent : bool or str
        What a server gets, in place of what is in the recording: True for one that gets 24 kHz PCM16, as by default,
        ``"audio/pcmu"`` or ``"audio/pcma"`` for G.711. Encoded, and resampled as the embedded server does it, speech
        may begin and end up to four frames (measured) elsewhere.
    cache : bool
        Whether tracks are looked for, and kept, on disk; see :class:`rtnb.vad.tracks.cache.TrackCache`.
    executor : concurrent.futures.Executor, optional
        Runs a job a recording; threads of this process, one a core, by default. Jobs in other processes are given
        paths, not samples, where the source has paths.
    progress : bool or callable, optional
        None shows a bar when it takes longer than a second and somebody watches, True one at once, False none; a
        callable gets how many recordings are done, parts included, and how many there are.

    Returns
    -------
    Track, or list of Track
        A list for a corpus and for a list, in its order. The track of a clip without samples has no frames.

    Raises
    ------
    AudioFileError, AudioError
        A recording is missing, is no audio, or a file holds no samples. Of many, the first that cannot be used is named
        and the others are not waited for; :func:`rtnb.vad.tracks.many.tracks_of` goes on without them.
    ConfigError
        It is no recording; no engine has that name; the executor takes no more work.
    MissingExtraError
        The engine that was named is not installed.
    ModelError
        An engine that is not rtnb's own failed, or returned what are no probabilities.

    Examples
    --------
    >>> from rtnb import Clip
    >>> from rtnb.vad import probabilities
    >>> probabilities(Clip.silence(1.0), engine="energy")
    Track(1.024 s, 32 frames of 32 ms, energy)
    >>> probabilities([Clip.silence(1.0), Clip.silence(0.5)], engine="energy", as_sent="audio/pcmu")[1]
    Track(0.512 s, 16 frames of 32 ms, energy, as sent in audio/pcmu)
    """
    found = tracks_of(source, engine=engine, as_sent=as_sent, cache=cache, executor=executor, progress=progress)
    single = is_single(source)
    tracks: list[Track] = []
    # Closed at once: what holds on to the error would keep the others running.
    with closing(found):
        for each in found:
            if isinstance(each, Broken):
                raise each.error if single else _named(each, len(tracks) + 1)
            tracks.append(each)
    return tracks[0] if single else tracks


def _named(broken: Broken, number: int) -> Exception:
    """Its error, in which one sees which of the recordings it is."""
    error, name = broken.error, broken.name or f"recording {number}"
    return error if name in str(error) or not isinstance(error, RtnbError) else type(error)(f"{name}: {error}")
