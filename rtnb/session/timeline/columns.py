"""All events of a log as columns of numbers: what a hundred thousand of them are filtered, searched and drawn by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from rtnb.protocol.envelope import AudioRef, Event
from rtnb.session.timeline.families import COLLAPSING, FAMILIES, family_of

__all__ = ["DIRECTIONS", "Columns", "Kinds", "columns_of", "is_bulk"]

DIRECTIONS = ("sent", "received", "local")
"""What the numbers in `Columns.direction` mean."""


class _Ways(dict[str, int]):
    """A direction that is none, as a damaged journal may say, counts as rtnb's own."""

    def __missing__(self, name: str) -> int:
        return DIRECTIONS.index("local")


_WAYS = _Ways((name, number) for number, name in enumerate(DIRECTIONS))
_T_S, _DIRECTION, _TYPE, _SHARED, _AUDIO = (itemgetter(place) for place in (1, 3, 4, 5, 6))


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One row an event, in the order of the log; all arrays have the shape ``(n,)``.

    Parameters
    ----------
    t_s : float64
        Seconds on the session's clock.
    direction, family, type : uint8, uint8, uint16
        Places in :data:`DIRECTIONS`, :data:`FAMILIES` and `types`.
    audio_bytes : int32
        Decoded audio in it.
    bytes : int32
        About how long it was on the wire; 0 for rtnb's own notes. Exact but for members that vary within deltas.
    run : int32
        Place in the timeline's `runs` of what it is collapsed into; -1 for none.
    types : tuple of str
    """

    t_s: NDArray[np.float64]
    direction: NDArray[np.uint8]
    family: NDArray[np.uint8]
    type: NDArray[np.uint16]
    audio_bytes: NDArray[np.int32]
    bytes: NDArray[np.int32]
    run: NDArray[np.int32]
    types: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.t_s)

    def family_counts(self) -> dict[str, int]:
        """How many events each family has; those that have none are left out.

        Examples
        --------
        >>> event = Event(0, 0.5, 0.5, "sent", "response.cancel", {"type": "response.cancel"})
        >>> columns_of([event], Kinds()).family_counts()
        {'responses': 1}
        """
        counts = np.bincount(self.family, minlength=len(FAMILIES))
        return {name: int(count) for name, count in zip(FAMILIES, counts, strict=True) if count}


class _Numbered(dict[str, int]):
    """Gives each new string the next number."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


def is_bulk(kind: str) -> bool:
    """Whether events of a type come many times a second.

    Examples
    --------
    >>> is_bulk("response.output_audio.delta"), is_bulk("input_audio_buffer.append"), is_bulk("response.done")
    (True, True, False)
    """
    return kind in COLLAPSING or kind.endswith(".delta")


@dataclass(slots=True, eq=False)
class Kinds:
    """The types met so far, with what follows from each; grows as new ones are met."""

    numbers: dict[str, int] = field(default_factory=_Numbered)
    families: list[int] = field(default_factory=list)
    bulk: list[bool] = field(default_factory=list)
    frame_bytes: dict[int, int] = field(default_factory=dict)
    """Length of a delta of a type without what varies in it."""

    def take(self, names: Sequence[str]) -> NDArray[np.uint16]:
        """The numbers of some types."""
        found = np.fromiter(map(self.numbers.__getitem__, names), np.uint16, len(names))
        for name in list(self.numbers)[len(self.families) :]:
            self.families.append(FAMILIES.index(family_of(name)))
            self.bulk.append(is_bulk(name))
        return found


def columns_of(events: Sequence[Event], kinds: Kinds) -> Columns:
    """The columns of some events; `kinds` numbers the types, and is added to."""
    count = len(events)
    # By iterators that run in C: there may be a hundred thousand events.
    types = kinds.take(list(map(_TYPE, events)))
    directions = np.fromiter(map(_WAYS.__getitem__, map(_DIRECTION, events)), np.uint8, count)
    audio = _audio_bytes(list(map(_AUDIO, events)))
    families = np.array(kinds.families or [0], np.uint8)[types]
    return Columns(
        np.fromiter(map(_T_S, events), np.float64, count),
        directions,
        families,
        types,
        np.minimum(audio, np.iinfo(np.int32).max).astype(np.int32),
        _wire_bytes(events, types, directions, audio, kinds),
        np.full(count, -1, np.int32),
        tuple(kinds.numbers),
    )


def _audio_bytes(refs: Sequence[tuple[AudioRef, ...]]) -> NDArray[np.int64]:
    lengths = np.array([each[0][3] if each else 0 for each in refs], np.int64)
    for row in np.flatnonzero(np.fromiter(map(len, refs), np.int64, len(refs)) > 1).tolist():
        lengths[row] = sum(ref.length for ref in refs[row])
    return lengths


def _wire_bytes(
    events: Sequence[Event],
    types: NDArray[np.uint16],
    directions: NDArray[np.uint8],
    audio: NDArray[np.int64],
    kinds: Kinds,
) -> NDArray[np.int32]:
    bulk = np.array(kinds.bulk or [False])[types]
    sizes = np.zeros(len(events), np.int64)
    for kind in np.unique(types[bulk]).tolist():
        rows = np.flatnonzero(types == kind)
        if kind not in kinds.frame_bytes:
            body = events[int(rows[0])].body
            kinds.frame_bytes[kind] = _length(body) - _text_length(body)
        sizes[rows] = kinds.frame_bytes[kind]
        # Sound was taken out of the body; what is left in its place is text.
        silent = rows[audio[rows] == 0]
        sizes[silent] += np.fromiter((_text_length(events[row][5]) for row in silent.tolist()), np.int64, len(silent))
    rest = np.flatnonzero(~bulk)
    sizes[rest] = np.fromiter((_length(events[row].body) for row in rest.tolist()), np.int64, len(rest))
    sizes += np.where(audio > 0, (audio + 2) // 3 * 4, 0)
    sizes[directions == 2] = 0
    return np.minimum(sizes, np.iinfo(np.int32).max).astype(np.int32)


def _text_length(body: Any) -> int:
    delta = body.get("delta")
    return len(delta) if isinstance(delta, str) else 0


def _length(body: Any) -> int:
    try:
        return len(orjson.dumps(body))
    except TypeError:
        pass
    try:
        return len(json.dumps(dict(body)))
    except (TypeError, ValueError, RecursionError):
        return 0
