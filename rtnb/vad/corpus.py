"""Recordings with their labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rtnb._display import Drawable
from rtnb.audio.clip import Clip
from rtnb.vad.labels.segments import Labels

__all__ = ["Corpus", "Item"]


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A recording of a corpus.

    Attributes
    ----------
    name : str
        Unique within the corpus.
    audio : Path or Clip
        A file, read where and when it is needed, or sound in memory.
    labels : Labels or None
    """

    name: str
    audio: Path | Clip
    labels: Labels | None = None

    def clip(self) -> Clip:
        """The sound."""
        return self.audio if isinstance(self.audio, Clip) else Clip.load(self.audio)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus(Drawable):
    """Recordings with labels, and what was wrong with those that are left out.

    Attributes
    ----------
    items : tuple of Item
    problems : tuple of str
        One line for each recording that cannot be used, beginning with its name.
    """

    items: tuple[Item, ...]
    problems: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def load(cls, folder: str | Path) -> Corpus:
        """Every audio file of a folder that has labels of the same stem beside it."""
        raise NotImplementedError

    @classmethod
    def of(cls, value: object, labels: object = None) -> Corpus:
        """From a corpus, a folder, or pairs of audio and labels; every public function of the lab takes these."""
        raise NotImplementedError
