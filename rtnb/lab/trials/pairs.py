"""Turns that a server told beside those that were predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rtnb.lab.trials.heard import HeardTurn
from rtnb.vad.turns import DetectedTurn

__all__ = ["Pair", "paired", "timed_as_predicted"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A turn that was heard, predicted, or both.

    Attributes
    ----------
    number : int
        From 1, in order of time.
    heard : HeardTurn or None
        None where the server told no such turn.
    predicted : DetectedTurn or None
        None where none was predicted.

    Examples
    --------
    >>> Pair(1, heard=None, predicted=None).heard is None
    True
    """

    number: int
    heard: HeardTurn | None
    predicted: DetectedTurn | None

    @property
    def start_residual_ms(self) -> float | None:
        """Heard less predicted ``audio_start_ms``; None where there is only one of them."""
        if self.heard is None or self.predicted is None:
            return None
        return float(self.heard.audio_start_ms - self.predicted.audio_start_ms)

    @property
    def end_residual_ms(self) -> float | None:
        """Heard less predicted ``audio_end_ms``; None where there is only one of them."""
        if self.heard is None or self.predicted is None or self.heard.audio_end_ms is None:
            return None
        return float(self.heard.audio_end_ms - self.predicted.audio_end_ms)


def paired(heard: Sequence[HeardTurn], predicted: Sequence[DetectedTurn]) -> tuple[Pair, ...]:
    """Each turn beside the one on the other side that it shares most time with; what is left stands alone.

    Examples
    --------
    >>> heard = [HeardTurn(100, 900, 0.4, 0.4, 0.5, 0.9), HeardTurn(2000, 3000, 2.3, 2.5, 2.4, 3.0)]
    >>> pairs = paired(heard, [DetectedTurn(2.3, 2.5, 1990, 3010)])
    >>> [(pair.number, pair.start_residual_ms, pair.end_residual_ms) for pair in pairs]
    [(1, None, None), (2, 10.0, -10.0)]
    """
    shared = []
    for i, one in enumerate(heard):
        one_end = 1000 * one.end_s if one.audio_end_ms is None else one.audio_end_ms
        for j, other in enumerate(predicted):
            common = min(one_end, other.audio_end_ms) - max(one.audio_start_ms, other.audio_start_ms)
            if common > 0:
                shared.append((-common, i, j))
    mate: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(shared):
        if i not in mate and j not in taken:
            mate[i] = j
            taken.add(j)
    rows: list[tuple[int, HeardTurn | None, DetectedTurn | None]] = [
        (turn.audio_start_ms, turn, predicted[mate[i]] if i in mate else None) for i, turn in enumerate(heard)
    ]
    rows += [(turn.audio_start_ms, None, turn) for j, turn in enumerate(predicted) if j not in taken]
    rows.sort(key=lambda row: row[0])
    return tuple(Pair(number, one, other) for number, (_, one, other) in enumerate(rows, 1))


def timed_as_predicted(heard: Sequence[HeardTurn], predicted: Sequence[DetectedTurn]) -> tuple[HeardTurn, ...]:
    """Turns that were not heard at the pace of speech, with the moments at which they would have been known."""
    turns = []
    for pair in paired(heard, predicted):
        if (turn := pair.heard) is None:
            continue
        if pair.predicted is not None and pair.start_residual_ms is not None:
            turn = replace(turn, started_at_s=pair.predicted.started_at_s + pair.start_residual_ms / 1000)
        if pair.predicted is not None and pair.end_residual_ms is not None:
            turn = replace(turn, stopped_at_s=pair.predicted.stopped_at_s + pair.end_residual_ms / 1000)
        turns.append(turn)
    return tuple(turns)
