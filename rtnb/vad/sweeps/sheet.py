"""The labelled turns of all recordings as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.batch import hop_ms_of
from rtnb.vad.corpus import Item
from rtnb.vad.scores.matching import on_grid
from rtnb.vad.scores.tallying import edges_ms
from rtnb.vad.track import Track

__all__ = ["Sheet"]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Labelled turns, by recording and then by time; R of them in N recordings.

    Attributes
    ----------
    start_ms, end_ms : ndarray of float64, shape (R,)
        In each one's own recording, on the grid of :func:`rtnb.vad.scores.matching.on_grid`.
    limit_ms : ndarray of float64, shape (R,)
        How long its recording is.
    hop_ms : ndarray of float64, shape (R,)
        Milliseconds a frame of its recording's track.
    recording : ndarray of int64, shape (R,)
        Which recording it is in.
    recordings : int
    """

    start_ms: NDArray[np.float64]
    end_ms: NDArray[np.float64]
    limit_ms: NDArray[np.float64]
    hop_ms: NDArray[np.float64]
    recording: NDArray[np.int64]
    recordings: int

    @classmethod
    def of(cls, items: Sequence[Item], tracks: Sequence[Track], turn_gap_s: float) -> Sheet:
        """The turns of labelled recordings."""
        turns = [() if item.labels is None else item.labels.turns(turn_gap_s) for item in items]
        sizes = [len(each) for each in turns]
        start_ms, end_ms = edges_ms([turn for each in turns for turn in each])
        return cls(
            start_ms=start_ms,
            end_ms=end_ms,
            limit_ms=on_grid(1000 * np.repeat([track.duration_s for track in tracks], sizes)),
            hop_ms=np.repeat(np.array([hop_ms_of(track) for track in tracks], dtype=np.float64), sizes),
            recording=np.repeat(np.arange(len(items)), sizes),
            recordings=len(items),
        )

    @property
    def turns(self) -> NDArray[np.int64]:
        """Labelled turns of each recording, shape ``(N,)``."""
        return np.bincount(self.recording, minlength=self.recordings)

    def __len__(self) -> int:
        return int(self.start_ms.size)

    def only(self, first: int, past: int) -> Sheet:
        """The recordings from `first` to before `past`."""
        inside = slice(*np.searchsorted(self.recording, (first, past)))
        return Sheet(
            self.start_ms[inside],
            self.end_ms[inside],
            self.limit_ms[inside],
            self.hop_ms[inside],
            self.recording[inside] - first,
            past - first,
        )

    def within(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """The turns of some recordings, as places."""
        return np.flatnonzero(np.isin(self.recording, chosen))

    @classmethod
    def joined(cls, sheets: Sequence[Sheet]) -> Sheet:
        """One after the other."""
        before = np.cumsum([0, *(sheet.recordings for sheet in sheets)])
        columns = [
            np.concatenate([getattr(sheet, name) for sheet in sheets])
            for name in ("start_ms", "end_ms", "limit_ms", "hop_ms")
        ]
        recording = np.concatenate([sheet.recording + first for sheet, first in zip(sheets, before[:-1], strict=True)])
        return cls(columns[0], columns[1], columns[2], columns[3], recording, int(before[-1]))
