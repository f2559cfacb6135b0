"""A view that follows a session: told of changes one at a time, not too often, and of the end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.aio import AsyncSession
from rtnb.widgets.frame.following import Following


def test_it_tells_of_changes_off_the_loop_and_of_the_end() -> None:
    told: list[int] = []
    threads: set[str] = set()
    with rtnb.connect(modalities=["text"], journal=False) as s:
        loop_thread = s._call(lambda: threading.current_thread().name)

        def tell(count: int) -> None:
            threads.add(threading.current_thread().name)
            told.append(count)

        following = Following(s, lambda: len(s.events), tell)
        assert following.following
        s.ask("Spell cat.", show=False)
    assert told == sorted(told) and told[-1] >= len(s.events) - 1
    assert len(told) < len(s.events) and loop_thread not in threads
    assert not following.following


def test_one_call_at_a_time_and_none_after_its_end() -> None:
    inside = [0, 0]
    ended = threading.Event()
    with rtnb.connect(modalities=["text"], journal=False) as s:

        def tell(count: int) -> bool:
            inside[0] += 1
            inside[1] = max(inside)
            time.sleep(0.02)
            inside[0] -= 1
            assert not ended.is_set()
            return True

        following = Following(s, lambda: len(s.events), tell, per_s=100)
        s.ask("Spell a long word.", show=False)
        following.end()
        s._call(lambda: None)
        time.sleep(0.05)
        ended.set()
        s.ask("Spell cat.", show=False)
    assert inside == [0, 1]


def test_what_is_over_is_not_followed_and_what_fails_breaks_nothing() -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:

        def tell(count: int) -> None:
            raise ValueError("no picture")

        Following(s, lambda: 1, tell)
        s.ask("Spell cat.", show=False)
        assert s.view().turns[0].assistant_text == "C, A, T."
    assert not Following(s, lambda: 1, tell).following


def test_an_open_async_session_is_followed_on_its_own_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        inner: AsyncSession = s._async

        async def elsewhere() -> None:
            with pytest.raises(ConfigError, match="event loop of that session"):
                Following(inner, lambda: 1, lambda one: None)

        asyncio.run(elsewhere())
        with pytest.raises(ConfigError):
            Following(inner, lambda: 1, lambda one: None)


def test_what_there_is_much_of_is_looked_at_with_the_loop_free_in_between() -> None:
    order: list[str] = []
    with rtnb.connect(modalities=["text"], journal=False) as s:
        left = [3]

        def ahead() -> bool:
            left[0] -= 1
            order.append("look")
            asyncio.get_running_loop().call_soon(order.append, "loop")
            return left[0] > 0

        told = threading.Event()
        following = Following(s, lambda: order.append("take"), lambda none: told.set(), ahead=ahead)
        s._call(following._touch)
        assert told.wait(10)
        following.end()
        s._call(lambda: None)
    assert order[: order.index("take") + 1] == ["look", "loop", "look", "loop", "look", "take"]


@pytest.mark.parametrize("where", ["ahead", "take", "tell"])
def test_a_failure_is_logged_and_said_once_and_so_is_its_end(where: str, caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    broken = [True]
    tries: list[str] = []

    def step(name: str) -> bool:
        if name == where:
            tries.append(name)
            if broken[0]:
                raise ValueError(name)
        return False

    def until(count: int) -> None:
        end = time.monotonic() + 20
        while len(tries) < count or following._busy:
            assert time.monotonic() < end
            s._call(following._touch)
            time.sleep(0.01)

    with rtnb.connect(modalities=["text"], journal=False) as s:
        following = Following(
            s,
            lambda: step("take"),
            lambda one: step("tell"),
            per_s=100,
            ahead=lambda: step("ahead"),
            failed=lambda error: said.append(str(error)),
        )
        until(3)
        assert said == [where]
        broken[0] = False
        until(len(tries) + 2)
    assert said == [where, "None"]
    assert [each.exc_info is not None for each in caplog.records if "cannot follow" in each.message] == [True]


def test_a_pause_ends_with_the_present_state_or_with_the_session() -> None:
    told: list[int] = []
    with rtnb.connect(modalities=["text"], journal=False) as s:
        following = Following(s, lambda: len(s.events), told.append, per_s=100)
        following.pause()
        s._call(lambda: None)
        s.ask("Spell cat.", show=False)
        assert following.paused and not told
        following.resume()
        end = time.monotonic() + 20
        while not told:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert told[-1] == len(s.events) and not following.paused
        following.pause()
        s._call(lambda: None)
        s.ask("Spell dog.", show=False)
        count = len(s.events)
    assert told[-1] >= count
