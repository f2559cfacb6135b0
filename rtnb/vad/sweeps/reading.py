"""Recordings and their tracks, read where the work is done; what cannot be read is named and left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rtnb._display import counted
from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.engines import Engine
from rtnb.vad.track import Track
from rtnb.vad.tracks.many import tracks_of
from rtnb.vad.tracks.progress import Report

__all__ = ["CorpusWarning", "Reader", "Told", "known_tracks", "tell"]

Told = Report | bool | None
"""A callable that is given what is done and all, None for a bar where it takes long, False for nothing."""


class CorpusWarning(UserWarning):
    """Recordings of a corpus were left out; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How the tracks come about; it goes to workers as it is.

    Attributes
    ----------
    engine : Engine, str or None
    as_sent : bool or str
    cache : bool
        As of :func:`rtnb.vad.probabilities`.
    """

    engine: Engine | str | None = None
    as_sent: bool | str = False
    cache: bool = True

    def tracks(self, items: Sequence[Item], progress: Told = False) -> Iterator[Track | str]:
        """The track of each recording, or what is wrong with it, which begins with its name."""
        if not items:
            return
        several = tracks_of(list(items), engine=self.engine, as_sent=self.as_sent, cache=self.cache, progress=progress)
        for item, found in zip(items, several, strict=True):
            if isinstance(found, Track):
                yield found
            else:
                yield f"{item.name}: {' '.join(str(found.error).split())}"


def known_tracks(corpus: Corpus, tracks: Sequence[Track] | Mapping[str, Track] | Track | None) -> dict[str, Track]:
    """Tracks that are there already, by the names of their recordings.

    Raises
    ------
    ConfigError
        They are not as many as the recordings, or one of them is none.
    """
    if tracks is None:
        return {}
    if isinstance(tracks, Track):
        tracks = [tracks]
    if not isinstance(tracks, Mapping):
        tracks = list(tracks)
        if len(tracks) != len(corpus):
            raise ConfigError(
                f"There {'is' if len(tracks) == 1 else 'are'} {counted(len(tracks), 'track')} for "
                f"{counted(len(corpus), 'recording')}: give one each, in the order of the corpus, or a mapping by name."
            )
        tracks = dict(zip(corpus.names, tracks, strict=True))
    for name, track in tracks.items():
        if not isinstance(track, Track):
            raise ConfigError(f"The track of {name!r:.80} is a {type(track).__name__}: probabilities(clip) makes one.")
        corpus[name]
    return dict(tracks)


def tell(problems: Sequence[str], kept: int, *, stacklevel: int) -> None:
    """One warning that names every recording that is left out."""
    if problems:
        listed = "".join(f"\n- {each}" for each in problems[:20])
        more = f"\n- and {len(problems) - 20} more" if len(problems) > 20 else ""
        warnings.warn(
            f"{counted(len(problems), 'recording')} left out, {kept} scored:{listed}{more}",
            CorpusWarning,
            stacklevel=stacklevel + 1,
        )
