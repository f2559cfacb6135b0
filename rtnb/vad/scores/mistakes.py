"""Mistakes, one by one: where they are, and of what kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rtnb._display import Drawable, counted
from rtnb.errors import ConfigError
from rtnb.vad.corpus import Item
from rtnb.vad.labels.segments import Span
from rtnb.vad.scores.definitions import KINDS, Scoring
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import LOCAL_EMULATION
from rtnb.vad.turns import DetectedTurn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Mistake", "Mistakes"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of one setting in one recording.

    Attributes
    ----------
    kind : str
        One of :data:`rtnb.vad.scores.definitions.KINDS`.
    recording : str
        The item's name.
    start_s, end_s : float
        The stretch it concerns: the detected turn of a false start, the labelled turn of a missed one, what is missing
        of a clipped onset, from the stop to the end of speech of a cut-off, the pause of a merge, from the end of
        speech to the stop of a late end.
    detail : str
        In words, with numbers and units: "420 ms of the beginning are missing".
    turn : int or None
        The labelled turn, counted from 0 within its recording; None for false starts.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> first = rtnb.vad.mistakes(corpus, rtnb.ServerVad(), turn_gap_s=0.7, engine="energy").mistakes[0]
    >>> first.kind, first.recording
    ('false_start', 'ami_trn01')
    """

    kind: str
    recording: str
    start_s: float
    end_s: float
    detail: str
    turn: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes(Drawable):
    """The mistakes of a setting, to be looked at and listened to.

    Attributes
    ----------
    setting : Setting
    mistakes : tuple of Mistake
        By recording, then by time.
    items : tuple of Item
        The recordings that were scored, whether there are mistakes in them or not.
    turns : tuple of tuple of DetectedTurn
        What the setting makes of each of them, in the order of `items`.
    labelled : tuple of tuple of Span
        The labelled turns of each.
    tracks : tuple of Track
        The probabilities of each.
    scoring : Scoring or None
        How turns were held against each other.
    prediction : str
        What the detector's tuning is called.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> found = rtnb.vad.mistakes(corpus, rtnb.ServerVad(), turn_gap_s=0.7, engine="energy")
    >>> len(found.mistakes) > 0
    True
    """

    setting: Setting
    mistakes: tuple[Mistake, ...]
    items: tuple[Item, ...]
    turns: tuple[tuple[DetectedTurn, ...], ...] = ()
    labelled: tuple[tuple[Span, ...], ...] = ()
    tracks: tuple[Track, ...] = ()
    scoring: Scoring | None = None
    prediction: str = LOCAL_EMULATION

    def __iter__(self) -> Iterator[Mistake]:
        return iter(self.mistakes)

    def __len__(self) -> int:
        return len(self.mistakes)

    def __getitem__(self, place: int) -> Mistake:
        return self.mistakes[place]

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind, in the order of the kinds."""
        return {kind: sum(each.kind == kind for each in self.mistakes) for kind in KINDS}

    def of(self, *kinds: str, recording: str | None = None) -> Mistakes:
        """Those of some kinds, or of one recording.

        Raises
        ------
        ConfigError
            There is no such kind, or no such recording.
        """
        for kind in kinds:
            if kind not in KINDS:
                raise ConfigError(f"There is no kind of mistake {kind!r:.80}; kinds are: {', '.join(KINDS)}.")
        if recording is not None:
            self.place(recording)
        kept = tuple(
            each for each in self.mistakes if (not kinds or each.kind in kinds) and recording in (None, each.recording)
        )
        return replace(self, mistakes=kept)

    def place(self, recording: str) -> int:
        """Where a recording is in `items`, `turns`, `labelled` and `tracks`.

        Raises
        ------
        ConfigError
            There is no such recording.
        """
        for place, item in enumerate(self.items):
            if item.name == recording:
                return place
        raise ConfigError(
            f"There is no recording {recording!r:.80}; there are: {', '.join(item.name for item in self.items):.500}."
        )

    @property
    def frame(self) -> pd.DataFrame:
        """One row a mistake: recording, kind, start_s, end_s, turn, detail."""
        import pandas as pd

        columns = ["recording", "kind", "start_s", "end_s", "turn", "detail"]
        rows = [[getattr(each, name) for name in columns] for each in self.mistakes]
        return pd.DataFrame(rows, columns=columns).astype({"turn": "Int64", "start_s": float, "end_s": float})

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in self.counts.items() if count)
        return (
            f"Mistakes({self.setting}: {told or 'none'}, in {counted(len(self.items), 'recording')}; {self.prediction})"
        )
