"""Deltas and appends collapsed: many events of one kind that follow each other, as one line with a count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtnb.protocol.envelope import Event
from rtnb.session.timeline.columns import DIRECTIONS, Columns, Kinds
from rtnb.session.timeline.families import APPEND, AUDIO_DELTAS, FAMILIES
from rtnb.session.timeline.shapes import Run

__all__ = ["PAUSE_S", "TEXT_CHARS", "Runs"]

PAUSE_S = 1.0
"""A pause of this length ends a run: what follows it is another story."""

TEXT_CHARS = 400
"""How much is kept of the text of a run; the event behind it has the whole."""


@dataclass(slots=True, eq=False)
class _Open:
    """A run as it grows."""

    place: int
    type: str
    family: int
    direction: int
    first_seq: int
    start_s: float
    item_id: str
    last_seq: int = 0
    end_s: float = 0.0
    count: int = 0
    audio_bytes: int = 0
    bytes: int = 0
    text: str = ""

    def run(self, bytes_per_ms: float) -> Run:
        return Run(
            type=self.type,
            family=FAMILIES[self.family],
            direction=DIRECTIONS[self.direction],
            first_seq=self.first_seq,
            last_seq=self.last_seq,
            count=self.count,
            start_s=self.start_s,
            end_s=self.end_s,
            audio_s=self.audio_bytes / bytes_per_ms / 1000,
            bytes=self.bytes,
            item_id=self.item_id,
            text=self.text,
        )


@dataclass(slots=True, eq=False)
class Runs:
    """The runs of a log, which goes on.

    Events of one type and one item belong together until nothing of them comes for :data:`PAUSE_S`. Appended audio
    has no item: any other event but these ends its run, so that a list of events reads in order.
    """

    rate: dict[str, float] = field(default_factory=lambda: {"sent": 48.0, "received": 48.0})
    """Bytes of a millisecond of audio, each way."""
    first_s: dict[str, float] = field(default_factory=dict)
    """When the first delta of an item came, by the item's id."""
    first_sound: dict[str, int] = field(default_factory=dict)
    """Where the first sound of an item is."""
    reported: set[str] = field(default_factory=set)
    """Items of which a real player said how far it was."""
    _items: dict[str, int] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _found: list[Run | _Open] = field(default_factory=list)
    _last: dict[int, _Open] = field(default_factory=dict)
    """The last run of each key."""
    _epoch: int = 0
    """How many events there were that end the runs of appends."""

    def take(self, events: Sequence[Event], columns: Columns, kinds: Kinds, first_seq: int) -> NDArray[np.int32]:
        """Take in the next events; returns the place of the run of each, -1 for none."""
        placed = np.full(len(columns), -1, np.int32)
        bulk = np.array(kinds.bulk or [False])[columns.type]
        rows = np.flatnonzero(bulk)
        epochs = self._epoch + np.cumsum(~bulk)
        if len(epochs):
            self._epoch = int(epochs[-1])
        if not len(rows):
            return placed
        # The three parts of a key do not get into each other's way: 2^16 types, and as many items as there are.
        ends_with_any = np.array([name == APPEND for name in columns.types])[columns.type[rows]]
        items = np.full(len(rows), self._item(""), np.int64)
        named = np.flatnonzero(~ends_with_any)
        items[named] = [self._item(events[row][5].get("item_id")) for row in rows[named].tolist()]
        # Above all numbers of items, so that an epoch is none of them.
        parts = np.where(ends_with_any, epochs[rows] + (1 << 40), items)
        keys = (parts << 16) | columns.type[rows].astype(np.int64)
        order = np.argsort(keys, kind="stable")
        rows, keys, items = rows[order], keys[order], items[order]
        t_s = columns.t_s[rows]
        begins = np.r_[True, (keys[1:] != keys[:-1]) | (np.diff(t_s) > PAUSE_S)]
        starts = np.flatnonzero(begins)
        stops = np.r_[starts[1:], len(rows)]
        audio, weights = np.add.reduceat(columns.audio_bytes[rows], starts, dtype=np.int64), np.add.reduceat(
            columns.bytes[rows], starts, dtype=np.int64
        )  # fmt: skip
        # In the order of their first events, as readers meet them.
        for place in np.argsort(rows[starts], kind="stable").tolist():
            start, stop = int(starts[place]), int(stops[place])
            row, last = int(rows[start]), int(rows[stop - 1])
            key = int(keys[start])
            run = self._last.get(key)
            if run is None or columns.t_s[row] - run.end_s > PAUSE_S:
                item_id = self._names[items[start]]
                run = self._begin(key, columns, row, first_seq + row, item_id)
                if item_id:
                    self._remember(run)
            run.last_seq, run.end_s = first_seq + last, float(columns.t_s[last])
            run.count += stop - start
            run.audio_bytes += int(audio[place])
            run.bytes += int(weights[place])
            if not audio[place] and len(run.text) < TEXT_CHARS:
                run.text = self._text(run.text, events, rows[start:stop])
            placed[rows[start:stop]] = run.place
        return placed

    def _remember(self, run: _Open) -> None:
        if run.type == "rtnb.playback":
            self.reported.add(run.item_id)
        else:
            self.first_s.setdefault(run.item_id, run.start_s)
            if run.type in AUDIO_DELTAS:
                self.first_sound.setdefault(run.item_id, run.first_seq)

    def _item(self, item_id: object) -> int:
        name = item_id if type(item_id) is str else ""
        number = self._items.get(name)
        if number is None:
            number = self._items[name] = len(self._names)
            self._names.append(name)
        return number

    def _begin(self, key: int, columns: Columns, row: int, seq: int, item_id: str) -> _Open:
        kind = int(columns.type[row])
        run = _Open(
            len(self._found),
            columns.types[kind],
            int(columns.family[row]),
            int(columns.direction[row]),
            seq,
            float(columns.t_s[row]),
            item_id,
        )
        self._found.append(run)
        self._last[key] = run
        return run

    @staticmethod
    def _text(before: str, events: Sequence[Event], rows: NDArray[np.int64]) -> str:
        pieces, length = [before], len(before)
        for row in rows.tolist():
            delta = events[row][5].get("delta")
            if isinstance(delta, str):
                pieces.append(delta)
                length += len(delta)
                if length >= TEXT_CHARS:
                    break
        return "".join(pieces)[:TEXT_CHARS]

    def all(self, now_s: float) -> tuple[Run, ...]:
        """All runs so far, in the order of their first events; those that are over are made once."""
        found = self._found
        for place, run in enumerate(found):
            if type(run) is _Open and now_s - run.end_s > PAUSE_S:
                found[place] = self._made(run)
        return tuple(run if type(run) is Run else self._made(run) for run in found)  # type: ignore[arg-type]

    def _made(self, run: _Open) -> Run:
        return run.run(self.rate["sent" if run.direction == 0 else "received"])
