"""Tracks that somebody brings along: whose they are, and whether they can be; and what is told of what was left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rtnb._display import counted
from rtnb.errors import AudioError, ConfigError
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.track import Track

__all__ = ["CorpusWarning", "Tracks", "known_tracks", "tell", "untold"]

Tracks = Sequence[Track] | Mapping[str, Track] | Track | None
"""Tracks that are there already: one a recording in the order of the corpus, or by name."""

_MOST_LISTED = 20
_SLACK = 1e-6
"""Of a frame: durations are sums of rounded numbers."""


class CorpusWarning(UserWarning):
    """Recordings of a corpus were left out; the message says which and why.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always", CorpusWarning)      # "error" instead stops there
    ...     tell(["gone.wav: there is no such file"], 3, stacklevel=1)
    >>> print(told[0].message)
    1 recording left out, 3 scored:
    - gone.wav: there is no such file
    """


def known_tracks(corpus: Corpus, tracks: Tracks) -> dict[str, Track]:
    """Tracks that are there already, by the names of their recordings.

    Parameters
    ----------
    corpus : Corpus
    tracks : sequence of Track, mapping by name, Track or None
        A mapping need not have all of them, and says by its keys whose they are, so that a track in it may have a name
        of its own.

    Raises
    ------
    ConfigError
        They are not as many as the recordings, one of them is none, or it cannot be of that recording: it has
        another's name, or another length by more than a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb import Clip
    >>> from rtnb.vad import Corpus, Track
    >>> corpus = Corpus.of({"talk": (Clip.silence(2.0), [(0.5, 1.0)])})
    >>> list(known_tracks(corpus, Track(np.zeros(63, np.float32), 0.032, "silero")))
    ['talk']
    """
    if tracks is None:
        return {}
    if isinstance(tracks, Track):
        tracks = [tracks]
    if not isinstance(tracks, Mapping):
        listed = _listed(tracks)
        if len(listed) != len(corpus):
            raise ConfigError(
                f"There {'is' if len(listed) == 1 else 'are'} {counted(len(listed), 'track')} for "
                f"{counted(len(corpus), 'recording')}: give one each, in the order of the corpus, or a mapping by name."
            )
        found = dict(zip(corpus.names, listed, strict=True))
    else:
        found = dict(tracks)
    items = {item.name: item for item in corpus}
    for name, track in found.items():
        if name not in items:
            raise ConfigError(f"There is no recording {name!r:.80}; there are: {', '.join(items):.500}.")
        if not isinstance(track, Track):
            raise ConfigError(f"The track of {name!r:.80} is a {type(track).__name__}: probabilities(clip) makes one.")
        _check_name(items[name], track, items, by_key=isinstance(tracks, Mapping))
        _check_length(items[name], track)
    return found


def untold(corpus: object, problems: Iterable[str], *, read: bool) -> list[str]:
    """The problems that somebody who gave `corpus` is to be told of.

    Parameters
    ----------
    corpus : object
        As it was given.
    problems : iterable of str
        All that there are.
    read : bool
        Whether anything had to be read. Where all tracks were there already, as in a sweep that looks at one of its
        settings again, what the corpus says itself was told before.
    """
    before = corpus.problems if isinstance(corpus, Corpus) and not read else ()
    return [each for each in problems if each not in before]


def tell(problems: Sequence[str], kept: int, *, stacklevel: int) -> None:
    """One warning that names every recording that is left out."""
    if problems:
        listed = "".join(f"\n- {each}" for each in problems[:_MOST_LISTED])
        more = f"\n- and {len(problems) - _MOST_LISTED} more" if len(problems) > _MOST_LISTED else ""
        warnings.warn(
            f"{counted(len(problems), 'recording')} left out, {kept} scored:{listed}{more}",
            CorpusWarning,
            stacklevel=stacklevel + 1,
        )


def _listed(tracks: object) -> list[Track]:
    if not isinstance(tracks, Iterable) or isinstance(tracks, str | bytes):
        raise ConfigError(
            f"tracks are what probabilities(corpus) gives, in the order of the corpus or by name; not {tracks!r:.80}."
        )
    return list(tracks)


def _check_name(item: Item, track: Track, items: Mapping[str, Item], *, by_key: bool) -> None:
    own = {"", item.name, Path(item.name).name}
    if isinstance(item.audio, Path):
        own.add(item.audio.stem)
    # A clip has no name: what it is called in a corpus, its track cannot know.
    free = by_key or not isinstance(item.audio, Path)
    if track.name in own or (free and track.name not in items):
        return
    raise ConfigError(
        f"The track for {item.name!r:.80} is that of {track.name!r:.80}: give one each in the order of the corpus, "
        "or a mapping by name."
    )


def _check_length(item: Item, track: Track) -> None:
    most_s = track.hop_s * (1 + _SLACK)
    try:
        duration_s = item.duration_s
        if abs(track.duration_s - duration_s) <= most_s:
            return
        # The headers of some formats give an estimate.
        if isinstance(item.audio, Path) and abs(track.duration_s - (duration_s := item.clip().duration_s)) <= most_s:
            return
    except AudioError:
        return  # a recording that cannot be read any more has no length to differ from
    raise ConfigError(
        f"The track for {item.name!r:.80} covers {track.duration_s:.3f} s ({track.p.size:,} frames of "
        f"{1000 * track.hop_s:g} ms), and the recording is {duration_s:.3f} s long: it is of something else. "
        "probabilities(corpus) makes those that fit."
    )
