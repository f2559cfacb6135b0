"""What travels to a timeline's page: small words as JSON, columns in buffers; later only what is new."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rtnb.protocol.explanation import Explanation
from rtnb.session.timeline.columns import DIRECTIONS, is_bulk
from rtnb.session.timeline.families import FAMILIES, FAMILY_LABELS
from rtnb.session.timeline.timeline import Timeline
from rtnb.widgets.timeline.outlines import Outlines
from rtnb.widgets.timeline.rows import TABLES, Row, clock_of, rows_of, strips_of

__all__ = ["PART_BYTES", "Packer", "Parcel", "detail_of", "parts_of", "sound_parts"]

Parcel = tuple[dict[str, Any], list[bytes]]

PART_BYTES: Final = 1 << 20
"""Files and sound travel in parts of this size; servers of notebooks take messages up to about 10 MB.
Source: https://github.com/jupyter/notebook/issues/3468."""

OUTLINE_S: Final = 0.08
"""How long a parcel waits for outlines of sound; those of hours come with the next ones."""

TICK_S: Final = 1e-5
TICKS: Final = 4e9
"""Times of events travel in steps of 10 µs, as 32 bits; in wider ones where a session lasts longer than 11 hours."""

SLICE_S: Final = 120.0
"""So much of a slice is played."""

FAMILY_TONES: Final = {
    "audio in": "user",
    "turn detection": "vad",
    "items": "muted",
    "responses": "asst",
    "audio out": "asst",
    "text": "asst",
    "tools": "tool",
    "transcription": "user",
    "session": "stored",
    "errors": "err",
    "local": "muted",
}

JSON_CHARS: Final = 100_000
"""So much of an event is shown."""


class Packer:
    """One timeline of a page, whole and then only what is new in it.

    Parameters
    ----------
    index : int
        Its place in the page, from above.

    Attributes
    ----------
    outlined : bool
        Whether the last parcel had all outlines of sound; there is more to come otherwise.
    begun : bool
        Whether any page was told.
    """

    def __init__(self, index: int = 0) -> None:
        self._index = index
        self._kinds: dict[int, int] = {}
        self._count = 0
        self._told: dict[str, Sequence[Any]] = {}
        self._outlines = Outlines()
        self.outlined = self.begun = False
        self._head: dict[str, Any] = {}

    def whole(self, timeline: Timeline, *, runs: int = 1, shift_s: float = 0.0, label: str = "") -> Parcel:
        """All of it; what is asked for next is what is new after this."""
        # Other pages would never hear of outlines that are made for this one.
        patience_s, self.begun = -1.0 if self.begun else OUTLINE_S, True
        self._kinds.clear()
        self._count = 0
        self._told.clear()
        content, buffers = self._pack(timeline, shift_s, label, patience_s)
        return {**content, "reset": True, "runs": runs}, buffers

    def more(self, timeline: Timeline, *, shift_s: float = 0.0, label: str = "") -> Parcel | None:
        """What is new since the last parcel; None where nothing is."""
        before = self._head
        content, buffers = self._pack(timeline, shift_s, label, OUTLINE_S)
        grown = {**before, "duration_s": 0.0} != {**content["head"], "duration_s": 0.0}
        moved = content["head"]["live"] and content["head"]["duration_s"] != before.get("duration_s")
        if not len(buffers[0]) and not content["tables"] and not grown and not moved:
            return None
        return content, buffers

    def _pack(self, timeline: Timeline, shift_s: float, label: str, patience_s: float) -> Parcel:
        columns = timeline.columns
        first = self._count
        codes = columns.type[first:].astype(np.int64) * len(DIRECTIONS) + columns.direction[first:]
        kinds, numbers = self._numbered(codes, columns.types, columns.family[first:])
        times = columns.t_s[first:] + shift_s
        begin_s = float(times.min()) if len(times) else 0.0
        # Half of what floats take: a timeline of 100,000 events is to be less than 2 MB.
        tick_s = max(TICK_S, float(np.ptp(times)) / TICKS) if len(times) else TICK_S
        ticks = np.rint((times - begin_s) / tick_s).astype("<u4")
        buffers = [ticks.tobytes(), numbers.astype("<u2").tobytes()]
        tables: list[dict[str, Any]] = []
        for name, rows in rows_of(timeline, shift_s).items():
            self._put(name, rows, rows, tables, buffers, None)
        strips = strips_of(timeline, shift_s)
        self.outlined = self._outlines.work(timeline, [strip for _, strip in strips], seconds=patience_s)
        outlines = [self._outlines.of(strip) for _, strip in strips]
        marked = [(strip, bool(outline)) for strip, outline in zip(strips, outlines, strict=True)]
        self._put("waves", marked, [row for row, _ in strips], tables, buffers, outlines)
        clock = clock_of(timeline, shift_s)
        head = {
            "label": label or timeline.name or timeline.endpoint,
            "start_s": timeline.start_s + shift_s,
            "duration_s": timeline.duration_s + shift_s,
            "shift_s": shift_s,
            "wall_s": timeline.start_wall_s,
            "live": timeline.live,
        }
        content: dict[str, Any] = {
            "type": "run",
            "run": self._index,
            "from": first,
            "begin_s": begin_s,
            "tick_s": tick_s,
            "kinds": kinds,
            "families": [{"name": FAMILY_LABELS[family], "tone": FAMILY_TONES[family]} for family in FAMILIES],
            "tables": tables,
            "head": head,
        }
        if clock != self._told.get("clock"):
            content["clock"] = len(buffers)
            buffers.append(np.array(clock, "<f8").tobytes())
            self._told["clock"] = clock
        self._count = len(columns)
        self._head = head
        return content, buffers

    def _numbered(
        self, codes: NDArray[np.int64], types: Sequence[str], families: NDArray[np.uint8]
    ) -> tuple[list[Any], NDArray[np.uint16]]:
        """Kinds not met before, and every event's kind: a type in one direction."""
        found, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
        new: list[Any] = []
        for code, first in zip(found.tolist(), firsts.tolist(), strict=True):
            if code not in self._kinds:
                self._kinds[code] = len(self._kinds)
                name = types[code // len(DIRECTIONS)]
                new.append([name, DIRECTIONS[code % len(DIRECTIONS)], int(families[first]), is_bulk(name)])
        numbers = np.array([self._kinds[code] for code in found.tolist()], np.uint16)
        return new, numbers[places.reshape(-1)] if len(codes) else np.zeros(0, np.uint16)

    def _put(
        self,
        name: str,
        now: Sequence[Any],
        rows: Sequence[Row],
        tables: list[dict[str, Any]],
        buffers: list[bytes],
        outlines: Sequence[bytes] | None,
    ) -> None:
        before = self._told.get(name)
        from_ = 0 if before is None else _same(before, now)
        if before is not None and from_ == len(now) == len(before):
            return
        self._told[name] = now
        part = rows[from_:]
        floats, integers = TABLES[name]
        loud = [] if outlines is None else outlines[from_:]
        ints = [(*each[1], len(loud[i])) if loud else each[1] for i, each in enumerate(part)]
        tables.append({"name": name, "from": from_, "at": len(buffers), "texts": [each[2] for each in part]})
        buffers.append(np.array([each[0] for each in part], "<f8").reshape(-1, floats).T.tobytes())
        buffers.append(np.array(ints, "<u4").reshape(-1, integers).T.tobytes())
        buffers.append(b"".join(loud))


def _same(before: Sequence[Any], now: Sequence[Any]) -> int:
    """How many at the beginning are the same."""
    end = min(len(before), len(now))
    return next((index for index in range(end) if before[index] != now[index]), end)


def parts_of(content: dict[str, Any], data: bytes, size: int = PART_BYTES) -> list[Parcel]:
    """A file or a sound in parts that any server of notebooks takes.

    Examples
    --------
    >>> [(content["part"], content["parts"], len(part)) for content, (part,) in parts_of({"type": "file"}, b"abcde", 2)]
    [(0, 3, 2), (1, 3, 2), (2, 3, 1)]
    """
    count = max(1, math.ceil(len(data) / size))
    return [({**content, "part": i, "parts": count}, [data[i * size : (i + 1) * size]]) for i in range(count)]


def sound_parts(content: dict[str, Any], pcm: bytes, rate_hz: int) -> list[Parcel]:
    """A slice of sound; samples of 16 bits are never torn apart."""
    return parts_of({**content, "rate_hz": rate_hz}, pcm[: 2 * int(SLICE_S * rate_hz)])


def detail_of(run: int, seq: int, text: str, explanation: Explanation | None) -> dict[str, Any]:
    """What the page tells of one event."""
    rows: list[tuple[str, str]] = []
    if explanation is not None:
        rows = [
            ("What it is", explanation.means),
            ("What to do", explanation.do),
            ("Who sends it", explanation.sender),
            ("Before it", ", ".join(explanation.before)),
            ("After it", ", ".join(explanation.after)),
            ("Beta name", explanation.beta),
        ]
        rows += [(part.name, " ".join(each for each in (part.means, part.do) if each)) for part in explanation.parts]
    shown = text if len(text) <= JSON_CHARS else f"{text[:JSON_CHARS]}\n… {len(text) - JSON_CHARS:,} characters more"
    told = [[name, said] for name, said in rows if said]
    return {"type": "detail", "run": run, "seq": seq, "json": shown, "explain": told}
