"""A real player's reports."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import rtnb
from rtnb.errors import ConfigError


def test_reports_are_the_clock_and_are_in_the_recording(server: Any, tmp_path: Any) -> None:
    async def main() -> tuple[float | None, str]:
        async with rtnb.AsyncSession(server.url, key=server.key) as s:
            s.player.attach()
            turn = await s.ask("Spell cat.")
            item_id = s.player.sounding()
            assert item_id is not None and s.player.played_ms(item_id) == 0
            s.player.report(item_id, played_ms=310)
            await s.interrupt()
            await s.core.until(lambda: bool(s.events.of_type("conversation.item.truncated")), 5)
            s.save(tmp_path / "played.rtnb")
            return s.turns[turn.index].heard_s, item_id

    heard_s, item_id = asyncio.run(main())
    assert heard_s == 0.31
    again = rtnb.replay(tmp_path / "played.rtnb")
    assert again.turns[0].heard_s == 0.31
    (truncated,) = again.events.of_type("conversation.item.truncated")
    assert (truncated.body["item_id"], truncated.body["audio_end_ms"]) == (item_id, 310)


@pytest.mark.parametrize("played_ms", [-1, float("nan"), None, "10", True])
def test_a_report_that_is_no_length_is_refused(server: Any, played_ms: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key) as s:
            s.player.attach()
            with pytest.raises(ConfigError, match="played_ms"):
                s.player.report("item", played_ms=played_ms)
            s.player.detach()
            with pytest.raises(ConfigError, match="attach"):
                s.player.report("item", played_ms=1)

    asyncio.run(main())
