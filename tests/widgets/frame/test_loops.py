"""Views and the loop of their session."""

from __future__ import annotations

import asyncio
import threading

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.widgets.frame.loops import begun_here, ended, is_current


def test_what_ends_on_a_loop_ends_from_everywhere() -> None:
    calls: list[str] = []

    async def close() -> None:
        calls.append("close")

    def close_now() -> None:
        calls.append("now")

    def end(loop: asyncio.AbstractEventLoop) -> None:
        ended(loop, close, close_now, wait_s=5)

    async def main() -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        assert is_current(loop)
        end(loop)
        await asyncio.to_thread(end, loop)
        return loop

    loop = asyncio.run(main())
    assert calls == ["now", "close"] and not is_current(loop)
    end(loop)
    assert calls == ["now", "close"], "a loop that is over has nothing left"


def test_what_does_not_end_is_left_behind() -> None:
    loop = asyncio.new_event_loop()
    runs = threading.Thread(target=loop.run_forever)
    runs.start()
    try:
        ended(loop, lambda: asyncio.sleep(60), lambda: None, wait_s=0.01)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        runs.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_views_of_an_async_session_begin_on_its_loop() -> None:
    session = rtnb.AsyncSession("ws://127.0.0.1:9/v1/realtime")
    with pytest.raises(ConfigError, match=r"^A console for an AsyncSession is made on the event loop of that session"):
        begun_here(session, lambda: None, what="A console")
