from __future__ import annotations

import asyncio
import time

from rtnb.server.watch import lag as module
from rtnb.server.watch.lag import LoopLag


def test_a_blocked_loop_is_noticed() -> None:
    async def run() -> tuple[float, float]:
        seen = asyncio.Event()
        lag = LoopLag(seen.set)
        lag.start(asyncio.get_running_loop())
        before = lag.worst_s
        # The loop is what is blocked: on purpose.
        time.sleep(module.PERIOD_S + 0.2)  # noqa: ASYNC251
        await asyncio.wait_for(seen.wait(), 20)
        lag.stop()
        return before, lag.worst_s

    before, worst = asyncio.run(run())
    assert before == 0.0 and worst >= 0.2
