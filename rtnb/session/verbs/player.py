"""Where a real player reports what it played, so that interruption is cut by samples and not by the wall clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb.errors import ConfigError
from rtnb.session.conversation.reading import number

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Player"]


class Player:
    """The playback clock of a session, fed by whoever plays.

    While nothing is attached a virtual player at real time decides what was heard. A player that is attached
    reports how much of each item it really played, counted in samples; then nothing else moves the clock. The
    reports are in the log, so that a replay hears the same.

    Examples
    --------
    >>> import asyncio, rtnb
    >>> async def main():
    ...     async with rtnb.AsyncSession() as s:
    ...         s.player.attach()
    ...         turn = await s.ask("Spell cat.")
    ...         item_id = s.player.sounding()
    ...         s.player.report(item_id, played_ms=240)
    ...         return s.player.played_ms(item_id)
    >>> asyncio.run(main())
    240.0
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def attached(self) -> bool:
        """Whether a real player's reports are the clock."""
        return self._core.talk.player.attached

    def attach(self) -> None:
        """A real player takes over."""
        self._core.note("player", attached=True)

    def detach(self) -> None:
        """It is gone; the virtual player goes on from where it was."""
        if self.attached:
            self._core.note("player", attached=False)

    def report(self, item_id: str, *, played_ms: float) -> None:
        """So much of an item was played so far, in milliseconds from its beginning.

        Raises
        ------
        ConfigError
            It is no length, or no player is attached.
        """
        if not self.attached:
            raise ConfigError("No player is attached: attach() first, so that the virtual clock stands back.")
        if (number(played_ms) or 0.0) < 0 or number(played_ms) is None:
            raise ConfigError(f"played_ms is a number of milliseconds from 0 up, not {played_ms!r:.60}.")
        self._core.note("playback", item_id=item_id, played_ms=float(played_ms))

    def sounding(self) -> str | None:
        """The item that is being played, if any."""
        return self._core.talk.player.playing(now_s=self._core.now_s())

    def played_ms(self, item_id: str) -> float:
        """How much of an item was heard so far."""
        return self._core.talk.player.position_s(item_id, now_s=self._core.now_s()) * 1000
