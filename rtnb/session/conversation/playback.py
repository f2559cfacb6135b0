"""How much of an answer was heard: a virtual player that runs at real time, or a real one that reports.

Truncation by the wall clock is wrong wherever audio arrives faster than it sounds, or the player stalls. So as soon
as a real player is attached, its reports of samples really played are the clock, and time alone moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["VirtualPlayer"]


MILLISECOND_S = 0.001


@dataclass(slots=True)
class _Playing:
    item_id: str
    start_s: float
    received_s: float = 0.0
    position_s: float = 0.0
    updated_s: float = 0.0

    def advance(self, now_s: float) -> None:
        # Where audio ran out the player waited, so the position never runs ahead of what had arrived.
        self.position_s = min(self.received_s, self.position_s + max(0.0, now_s - self.updated_s))
        # A question about the past does not turn the clock back.
        self.updated_s = max(self.updated_s, now_s)


@dataclass(slots=True)
class VirtualPlayer:
    """Plays items one after another at 1x, or as a real player reports. Pure: every call says what time it is.

    Examples
    --------
    >>> player = VirtualPlayer()
    >>> player.feed("item_1", 2.0, now_s=10.0)      # two seconds of audio arrive at once
    >>> player.position_s("item_1", now_s=10.5)
    0.5
    >>> player.stop(now_s=11.5)
    ('item_1', 1.5)
    """

    _now: _Playing | None = None
    _queue: list[_Playing] = field(default_factory=list)
    _started: dict[str, float] = field(default_factory=dict)
    _ended: dict[str, float] = field(default_factory=dict)
    _cut: set[str] = field(default_factory=set)
    _players: int = 0
    _reported: set[str] = field(default_factory=set)

    @property
    def attached(self) -> bool:
        """Whether a real player's reports are the clock."""
        return self._players > 0

    def attach(self, *, now_s: float) -> None:
        """A real player takes over; until it reports, nothing more is heard."""
        self._advance(now_s)
        self._players += 1

    def detach(self, *, now_s: float) -> None:
        """The real player is gone: from now on the rest of what waits runs at real time again."""
        self._players = max(0, self._players - 1)
        if self._now is not None:
            self._now.updated_s = max(self._now.updated_s, now_s)

    def report(self, item_id: str, played_s: float, *, now_s: float) -> None:
        """A real player has played so much of an item; what waited before it is over.

        Examples
        --------
        >>> player = VirtualPlayer()
        >>> player.attach(now_s=0.0)
        >>> player.feed("item_1", 2.0, now_s=0.0)
        >>> player.report("item_1", 0.25, now_s=0.9)
        >>> player.position_s("item_1", now_s=60.0)
        0.25
        """
        self._reported.add(item_id)
        while self._now is not None and self._now.item_id != item_id and any(w.item_id == item_id for w in self._queue):
            self._finish(self._now.received_s, now_s)
        current = self._now
        if current is None or current.item_id != item_id:
            return
        current.position_s = max(current.position_s, min(played_s, current.received_s))
        current.updated_s = max(current.updated_s, now_s)

    def reported(self, item_id: str) -> bool:
        """Whether a real player said how far it was with an item; otherwise its playback is reckoned."""
        return item_id in self._reported

    def _finish(self, position_s: float, now_s: float) -> None:
        assert self._now is not None
        self._ended[self._now.item_id] = position_s
        self._now = None
        if self._queue:
            self._begin(self._queue.pop(0), now_s)

    def feed(self, item_id: str, duration_s: float, *, now_s: float) -> None:
        """`duration_s` seconds of an item's audio have arrived; what arrives after a cut is not played."""
        now = self._now
        if now is not None and now.item_id == item_id and not self._players and now.updated_s <= now_s:
            position_s = now.position_s + (now_s - now.updated_s)
            if position_s < now.received_s and item_id not in self._cut:
                # It sounds and has not run dry, as most of the time.
                now.position_s, now.updated_s = position_s, now_s
                now.received_s += duration_s
                return
        self._advance(now_s)
        if item_id in self._cut:
            return
        for playing in (self._now, *self._queue):
            if playing is not None and playing.item_id == item_id:
                playing.received_s += duration_s
                return
        position_s = self._ended.get(item_id, 0.0)
        added = _Playing(item_id, now_s, position_s + duration_s, position_s, now_s)
        if self._now is None:
            self._begin(added, now_s)
        else:
            self._queue.append(added)

    def start_s(self, item_id: str) -> float | None:
        """When its first sample was played; None if none was yet."""
        return self._started.get(item_id)

    def position_s(self, item_id: str, *, now_s: float) -> float:
        """Seconds of the item that were heard."""
        self._advance(now_s)
        if self._now is not None and self._now.item_id == item_id:
            return self._now.position_s
        return self._ended.get(item_id, 0.0)

    def playing(self, *, now_s: float) -> str | None:
        """The item that is sounding, if any."""
        self._advance(now_s)
        return None if self._now is None else self._now.item_id

    def remaining_s(self, *, now_s: float) -> float:
        """Seconds of audio that arrived and were not heard yet."""
        self._advance(now_s)
        waiting = [self._now, *self._queue]
        return sum(p.received_s - p.position_s for p in waiting if p is not None)

    def stop(self, *, now_s: float) -> tuple[str, float] | None:
        """Silence: what was cut and how many seconds of it were heard; None when nothing sounded."""
        self._advance(now_s)
        cut, self._now = self._now, None
        self._cut.update(waiting.item_id for waiting in self._queue)
        self._queue.clear()
        if cut is None:
            return None
        self._cut.add(cut.item_id)
        self._ended[cut.item_id] = cut.position_s
        return cut.item_id, cut.position_s

    def skip(self, *, now_s: float) -> None:
        """What sounds or waits counts as heard: a new request starts with a silent player."""
        self._advance(now_s)
        for playing in (self._now, *self._queue):
            if playing is not None:
                self._started.setdefault(playing.item_id, now_s)
                self._ended[playing.item_id] = playing.received_s
        self._now = None
        self._queue.clear()

    def _begin(self, playing: _Playing, now_s: float) -> None:
        playing.start_s = playing.updated_s = now_s
        self._started.setdefault(playing.item_id, now_s)
        self._now = playing

    def _advance(self, now_s: float) -> None:
        if self._players:
            # Reported to its end: it sounds no more, and what waits is next. A report is in whole milliseconds.
            while self._now is not None and self._now.position_s >= self._now.received_s - MILLISECOND_S:
                self._finish(self._now.received_s, now_s)
            return
        while self._now is not None:
            current = self._now
            left_s = current.received_s - current.position_s
            ends_s = current.updated_s + left_s
            current.advance(now_s)
            if current.position_s < current.received_s:
                return
            self._ended[current.item_id] = current.position_s
            self._now = None
            if self._queue:
                self._begin(self._queue.pop(0), ends_s)
