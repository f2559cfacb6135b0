"""What is to be scored: recordings that have labels, each with its track."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.engines.base import Engine
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.known import Tracks, known_tracks, untold
from rtnb.vad.track import Track
from rtnb.vad.tracks.many import tracks_of

__all__ = ["Gathered", "gather"]


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Recordings that can be scored.

    Attributes
    ----------
    corpus : Corpus
        Those that have labels and can be read; what is wrong with the others stands in its problems.
    tracks : tuple of Track
        One each, in the same order.
    untold : tuple of str
        The problems that a warning is to tell of.
    """

    corpus: Corpus
    tracks: tuple[Track, ...]
    untold: tuple[str, ...] = ()

    def labels(self, place: int) -> Labels:
        """The labels of a recording."""
        labels = self.corpus[place].labels
        assert labels is not None
        return labels


def gather(
    corpus: object,
    labels: object = None,
    *,
    tracks: Tracks = None,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
) -> Gathered:
    """The recordings of `corpus` that can be scored, with their tracks.

    Parameters
    ----------
    corpus : Corpus, folder, pairs of audio and labels
        What :meth:`rtnb.vad.Corpus.of` takes, as its `labels` are.
    tracks : sequence or mapping by name, optional
        Tracks that are there already; the others are computed.
    engine, as_sent, cache
        As of :func:`rtnb.vad.probabilities`.

    Raises
    ------
    ConfigError
        No recording can be scored, or the tracks are not those of the recordings.
    """
    everything = Corpus.of(corpus, labels)
    known = known_tracks(everything, tracks)
    labelled = everything.labelled()
    items: list[Item] = []
    found: list[Track] = []
    problems = list(labelled.problems)
    missing = [item for item in labelled if item.name not in known]
    computed = tracks_of(missing, engine=engine, as_sent=as_sent, cache=cache) if missing else iter(())
    for item in labelled:
        track = known[item.name] if item.name in known else next(computed)
        if isinstance(track, Track):
            items.append(item)
            found.append(track)
        else:
            problems.append(f"{item.name}: {' '.join(str(track.error).split())}")
    if not items:
        raise ConfigError("None of the recordings can be scored:" + "".join(f"\n- {each}" for each in problems[:20]))
    return Gathered(
        Corpus(tuple(items), tuple(problems)),
        tuple(found),
        tuple(untold(corpus, problems, read=bool(missing))),
    )
