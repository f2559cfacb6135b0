"""When the events of somebody else's log happened: texts, seconds, milliseconds, or nothing at all."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from rtnb.session.conversation.reading import number
from rtnb.session.record.foreign_entries import Entry

__all__ = ["Times", "times_of"]

_CLOCK = re.compile(r"(\d{1,2}):(\d\d):(\d\d(?:\.\d+)?) ?([AaPp][Mm])?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")

DAY_S = 86400.0
EPOCH_S = 1e9
"""Seconds since 1970 are more than this since 2001; what is less counts from some start of its own."""

LARGEST_GAP_S = 3.0
"""Half of the gaps between the events of a session are shorter than this; so larger ones are milliseconds."""


@dataclass(frozen=True, slots=True)
class Times:
    """When each event happened.

    Attributes
    ----------
    t_s : list of float or None
        Seconds since the first; None where the log does not say. Never less than the one before.
    start_wall_s : float or None
        Unix time of the first; None where the log does not say.
    notes : tuple of str
        What was assumed.
    """

    t_s: list[float | None]
    start_wall_s: float | None
    notes: tuple[str, ...] = ()


def newest_first(entries: Sequence[Entry]) -> bool:
    """Whether a log is upside down, as those are that show the latest event on top."""
    said = [value for entry in entries if (value := _seconds(entry.time)[0]) is not None]
    if len(said) > 1 and said[0] != said[-1]:
        return said[0] > said[-1] and all(a >= b for a, b in itertools.pairwise(said))
    kinds = [entry.event["type"] for entry in entries]
    first = {
        kind: kinds.index(kind) for kind in ("session.created", "response.created", "response.done") if kind in kinds
    }
    if "response.created" in first and "response.done" in first and first["response.done"] < first["response.created"]:
        return first.get("session.created", len(kinds)) > 0
    return len(kinds) > 1 and kinds[-1] == "session.created" and kinds.count("session.created") == 1


def times_of(entries: Sequence[Entry]) -> Times:
    """The times of a log's events, in the order of the log.

    Examples
    --------
    >>> def at(time):
    ...     return Entry(1, {"type": "response.cancel"}, "sent", time=time)
    >>> times_of([at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01.5Z")]).t_s
    [0.0, 1.5]
    >>> times_of([at(1700000000000), at(1700000000250)]).t_s
    [0.0, 0.25]
    """
    read = [_seconds(entry.time, entry.time_key) for entry in entries]
    kinds = Counter(kind for value, kind in read if value is not None)
    usual = kinds.most_common(1)[0][0] if kinds else ""
    # Times that count from elsewhere than the rest say nothing about it.
    read = [(value if kind == usual else None, kind) for value, kind in read]
    known = [value for value, _ in read if value is not None]
    if not known:
        return Times([None] * len(entries), None)
    notes = []
    scale = 1.0
    if usual == "count":
        scale = _scale(known)
        if scale != 1.0:
            notes.append("The log counts time in its own unit, which was taken for milliseconds.")
    start = known[0]
    t_s: list[float | None] = []
    last, back = 0.0, 0.0
    for value, kind in read:
        if value is None:
            t_s.append(None)
            continue
        seconds = (value - start) * scale
        if kind == "clock" and seconds < last - DAY_S / 2:
            seconds += DAY_S  # midnight
        back = max(back, last - seconds)
        last = max(last, seconds)
        t_s.append(last)
    if back > 0.001:
        notes.append(f"Times of the log go back by up to {back:.3g} s; its order was kept.")
    return Times(t_s, start if usual == "epoch" else None, tuple(notes))


def _seconds(said: object, key: str = "") -> tuple[float | None, str]:
    """A time in seconds, and what it counts from: ``"epoch"``, ``"clock"`` (midnight) or ``"count"`` (unknown)."""
    if isinstance(said, str):
        text = said.strip()
        if _NUMBER.fullmatch(text):
            return _seconds(float(text), key)
        if clock := _CLOCK.fullmatch(text):
            hour = int(clock[1])
            if clock[4]:
                hour = hour % 12 + (12 if clock[4].lower() == "pm" else 0)
            return hour * 3600.0 + int(clock[2]) * 60 + float(clock[3]), "clock"
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp(), "epoch"
        except (ValueError, OverflowError):
            return None, ""
    value = number(said)
    if value is None or value < 0:
        return None, ""
    # Seconds, milli-, micro- and nanoseconds since 1970 differ by a thousand each.
    for unit in (1.0, 1e3, 1e6, 1e9):
        if EPOCH_S <= value / unit < 100 * EPOCH_S and value / unit < 5e9:
            return value / unit, "epoch"
    return (value / 1000, "known") if key.endswith("_ms") else (value, "known" if key.endswith("_s") else "count")


def _scale(values: Sequence[float]) -> float:
    gaps = [after - before for before, after in itertools.pairwise(values) if after > before]
    return 0.001 if gaps and median(gaps) > LARGEST_GAP_S else 1.0
