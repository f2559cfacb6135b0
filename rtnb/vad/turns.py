"""Turns that a detector found: one by one, and as columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["DetectedTurn", "TurnTable"]


@dataclass(frozen=True, slots=True)
class DetectedTurn:
    """A turn that the detector found.

    Attributes
    ----------
    onset_s, end_s : float
        Where speech begins and where the silence that ended it begins.
    audio_start_ms, audio_end_ms : int
        What the events would say: with the prefix padding and with the silence. The padding does not reach into
        the turn before, whose audio a server has taken.
    closed : bool
        False when the clip ended before the silence had lasted long enough; the end is then the one that
        silence after the clip brings about.
    started_at_s, stopped_at_s : float
        How much audio had been heard when the start and the stop were known.
    prediction : str
        What it is called: by the name of the detector's tuning or, of ``semantic_vad``, as the estimate that it is;
        empty where whoever found it gave no name. It takes no part in comparisons.

    Examples
    --------
    >>> import rtnb
    >>> track = rtnb.vad.probabilities(rtnb.sample("weather_question"), engine="energy")
    >>> turn, = rtnb.vad.detect(track, rtnb.ServerVad())
    >>> turn.closed, turn.audio_start_ms < turn.onset_s * 1000 < turn.audio_end_ms
    (False, True)
    """

    onset_s: float
    end_s: float
    audio_start_ms: int
    audio_end_ms: int
    closed: bool = True
    started_at_s: float = 0.0
    stopped_at_s: float = 0.0
    prediction: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class TurnTable:
    """Turns as columns, in order; every column has one element a turn, shape ``(n,)``.

    Attributes
    ----------
    onset_ms, end_ms : ndarray of float64
        Where speech begins and where the silence that ended it begins, lags included.
    audio_start_ms, audio_end_ms : ndarray of int64
        What the events would say.
    started_at_ms, stopped_at_ms : ndarray of float64
        How much audio had been heard when the start and the stop were known.
    closed : ndarray of bool
        Whether the stop was known before the audio ended.

    Examples
    --------
    >>> import rtnb
    >>> track = rtnb.vad.probabilities(rtnb.sample("weather_question"), engine="energy")
    >>> table = TurnTable.of(rtnb.vad.detect(track, rtnb.ServerVad()))
    >>> len(table.onset_ms)
    1
    """

    onset_ms: NDArray[np.float64]
    end_ms: NDArray[np.float64]
    audio_start_ms: NDArray[np.int64]
    audio_end_ms: NDArray[np.int64]
    started_at_ms: NDArray[np.float64]
    stopped_at_ms: NDArray[np.float64]
    closed: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.onset_ms.size)

    @classmethod
    def of(cls, turns: Iterable[DetectedTurn]) -> TurnTable:
        """From turns one by one, in order; anything with the attributes of :class:`DetectedTurn` is one.

        Examples
        --------
        >>> from rtnb.vad import DetectedTurn, TurnTable
        >>> turn = DetectedTurn(0.32, 0.96, 20, 1160, True, 0.352, 1.216)
        >>> TurnTable.of([turn]).turns() == (turn,)
        True
        """
        rows = tuple(turns)

        def column(name: str) -> NDArray[np.float64]:
            return np.array([getattr(turn, name) for turn in rows], dtype=np.float64)

        return cls(
            onset_ms=1000 * column("onset_s"),
            end_ms=1000 * column("end_s"),
            audio_start_ms=column("audio_start_ms").astype(np.int64),
            audio_end_ms=column("audio_end_ms").astype(np.int64),
            started_at_ms=1000 * column("started_at_s"),
            stopped_at_ms=1000 * column("stopped_at_s"),
            closed=column("closed").astype(np.bool_),
        )

    def turns(self, prediction: str = "") -> tuple[DetectedTurn, ...]:
        """The turns one by one, and what they are called."""
        columns = (
            (self.onset_ms / 1000).tolist(),
            (self.end_ms / 1000).tolist(),
            self.audio_start_ms.tolist(),
            self.audio_end_ms.tolist(),
            self.closed.tolist(),
            (self.started_at_ms / 1000).tolist(),
            (self.stopped_at_ms / 1000).tolist(),
            [prediction] * len(self),
        )
        return tuple(DetectedTurn(*row) for row in zip(*columns, strict=True))
