from __future__ import annotations

import asyncio

from rtnb.server.answer.delivery import Delivery
from rtnb.server.answer.pacing import Pacing


def test_what_has_left_is_heard_at_the_pace_of_its_first_audio() -> None:
    async def use() -> None:
        waits = 0

        async def drained() -> None:
            nonlocal waits
            waits += 1

        pacing = Pacing(Delivery(factor=0), drained)
        assert pacing.left_ms(1e9) == 0.0
        begin_s = asyncio.get_running_loop().time()
        for _ in range(3):
            await pacing.wait()
            pacing.sent(1000.0)
        assert waits == 3 and pacing.audio_ms == 3000.0
        assert 1900.0 < pacing.left_ms(begin_s + 1.0) <= 3000.0
        assert pacing.left_ms(begin_s + 1e6) == 0.0

    asyncio.run(use())
