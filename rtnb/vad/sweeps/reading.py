"""Recordings and their tracks, read where the work is done; what cannot be read is named and left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtnb.vad.corpus import Item
from rtnb.vad.engines import Engine
from rtnb.vad.scores.known import CorpusWarning
from rtnb.vad.track import Track
from rtnb.vad.tracks.many import tracks_of
from rtnb.vad.tracks.progress import Report

__all__ = ["CorpusWarning", "Reader", "Told"]

Told = Report | bool | None
"""A callable that is given what is done and all, None for a bar where it takes long, False for nothing."""


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
