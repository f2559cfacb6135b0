"""The recordings of ``rtnb vad``: files and folders, their labels, their probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtnb.errors import AudioError, ConfigError
from rtnb.vad.corpus import _SOUND as SOUND
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.labels.loading import holds_labels
from rtnb.vad.labels.segments import Labels
from rtnb.vad.track import Track
from rtnb.vad.tracks.making import Broken
from rtnb.vad.tracks.many import tracks_of

__all__ = ["Read", "read"]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What can be used.

    Attributes
    ----------
    items : tuple of Item
    tracks : tuple of Track
        One a recording.
    problems : tuple of str
        What cannot be used, a line each.
    notes : tuple of str
        What is odd about labels that are used, a line each.
    """

    items: tuple[Item, ...]
    tracks: tuple[Track, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether any recording has labels."""
        return any(item.labels is not None for item in self.items)


def read(paths: Sequence[Path], labels: Path | None, engine: str | None) -> Read:
    """Recordings with their tracks; one that is broken is a problem, and leaves the others alone.

    Raises
    ------
    ConfigError
        None can be used.
    """
    files = [file for path in paths for file in _files(path)]
    corpus = Corpus.of([(file, _labels_of(file, labels, alone=len(files) == 1)) for file in files] if labels else files)
    problems = list(corpus.problems)
    items, tracks = [], []
    for item, track in zip(corpus, tracks_of(list(corpus), engine=engine, progress=None), strict=True):
        if isinstance(track, Broken):
            problems.append(str(track))
        else:
            items.append(item)
            tracks.append(track)
    if not items:
        raise ConfigError("None of the recordings can be used: " + "; ".join(problems))
    notes = [note for item in items for note in _odd(item, labels)]
    return Read(tuple(items), tuple(tracks), tuple(problems), tuple(notes))


def _odd(item: Item, given: Path | None) -> Iterator[str]:
    """What is to be known of a recording's labels."""
    if item.labels is None:
        return
    yield from (f"{item.name}: labels: {note}." for note in item.labels.notes if "cut to" in note)
    if not item.labels.segments:
        yield f"{item.name}: its labels hold no speech."
    named, stem = item.labels.name, item.audio.stem if isinstance(item.audio, Path) else item.name
    # RTTM says whose it is; shorter names of the same recording are usual.
    says = given is not None and given.is_file() and given.suffix.lower() == ".rttm"
    if says and item.labels.segments and named not in stem and stem not in named:
        yield f"{item.name}: '{given}' holds labels of '{named}', and of no other recording: are they of this one?"


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise AudioError(f"There is no file '{path}'.")
        return [path]
    found = sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and file.suffix.lower() in SOUND and not file.name.startswith(".")
    )
    if not found:
        raise ConfigError(f"There is no audio in '{path}'.")
    return found


def _labels_of(file: Path, labels: Path, *, alone: bool) -> Labels | Path:
    if labels.is_dir():
        found = sorted(each for each in labels.iterdir() if each.stem == file.stem and holds_labels(each))
        if len(found) != 1:
            raise ConfigError(f"'{labels}' holds {len(found) or 'no'} labels of the name '{file.stem}'; it takes one.")
        return found[0]
    return labels if alone else Labels.load(labels, name=file.stem)
