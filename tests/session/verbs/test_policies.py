"""A conversation that grows is cut or summarised, against the embedded server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import rtnb
from rtnb.errors import ConfigError, SessionError
from rtnb.session.verbs.policies import Condensed
from rtnb.session.verbs.summary import is_summary
from rtnb.tokens import KeepLast, Summarise

TEXT: dict[str, Any] = {"modalities": ["text"], "transcription": None, "journal": False}


async def grown(session: rtnb.AsyncSession, turns: int) -> None:
    for number in range(turns):
        await session.ask(f"My friend number {number} is called Alex{number}. What is {number} plus one?")


def test_old_turns_become_one_summary_at_the_place_of_the_first(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            order = await session.items.add("Speak English.", role="system")
            await grown(session, 4)
            before = list(session.items)
            done = await session.summarise(keep_turns=1)
            after = list(session.items)
            assert done.turns == 3 and done.items == 6 and done.after_tokens < done.before_tokens
            assert after[0].id == order.id and is_summary(after[1].id) and after[1].role == "system"
            assert done.summary in after[1].text and after[2:] == before[-2:]
            assert len(session.turns) == 4, "the summary is no turn"

    asyncio.run(main())


def test_a_function_of_ones_own_makes_the_summary(server: Any) -> None:
    async def main() -> None:
        seen: list[str] = []

        def mine(text: str) -> str:
            seen.append(text)
            return "They talked about friends."

        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            await grown(session, 3)
            done = await session.summarise(keep_turns=1, by=mine)
            assert done.summary == "They talked about friends."
            assert (
                seen[0].startswith("user: My friend number 0") and "assistant: " in seen[0] and "Alex2" not in seen[0]
            )
            again = await session.summarise(keep_turns=1, by=mine)
            assert again.items == 0, "there is nothing old but the summary"

    asyncio.run(main())


def test_a_summary_that_fails_changes_nothing(server: Any) -> None:
    async def main() -> None:
        def mine(text: str) -> str:
            raise ValueError("no idea")

        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            await grown(session, 3)
            before = list(session.items)
            with pytest.raises(SessionError, match="raised ValueError: no idea"):
                await session.summarise(keep_turns=1, by=mine)
            with pytest.raises(SessionError, match="A summary is a text"):
                await session.summarise(keep_turns=1, by=lambda text: "  ")
            assert list(session.items) == before

    asyncio.run(main())


def test_pruning_keeps_the_last_turns_and_what_the_system_said(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            order = await session.items.add("Speak English.", role="system")
            await grown(session, 3)
            before = list(session.items)
            done = await session.prune(turns=1)
            assert done.turns == 2 and not done.summary
            assert list(session.items) == [before[0], *before[-2:]] and before[0].id == order.id
            assert (await session.prune(turns=1)).items == 0

    asyncio.run(main())


@pytest.mark.parametrize("policy", [Summarise(150, keep_turns=1, summary_tokens=60), KeepLast(1, above_tokens=150)])
def test_a_policy_does_it_by_itself_once_the_conversation_is_long(server: Any, policy: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, policy=policy, **TEXT) as session:
            core = session._core
            await session.ask("What is one plus one?")
            assert not core.notices
            await grown(session, 5)
            await core.until(lambda: any("old turn" in text for text in core.notices), 20)
            while session._steward._at_work.locked():
                await asyncio.sleep(0.01)
            summaries = [item for item in session.items if is_summary(item.id)]
            assert len(summaries) == (1 if isinstance(policy, Summarise) else 0)
            assert (await session.ask("What is seven plus five?")).text == "7 plus 5 is 12."
            if summaries:
                assert "Alex" in summaries[0].text

    asyncio.run(main())


def test_a_policy_whose_summary_fails_says_so_and_the_session_goes_on(server: Any) -> None:
    def mine(text: str) -> str:
        raise ValueError("no idea")

    async def main() -> None:
        policy = Summarise(20, keep_turns=1, summary_tokens=20, by=mine)
        async with rtnb.AsyncSession(server.url, key=server.key, policy=policy, **TEXT) as session:
            await grown(session, 3)
            core = session._core
            await core.until(lambda: bool(core.notices), 20)
            assert core.notices[0].startswith("The conversation stays as it is: The function that makes the summary")
            assert len(session.items) == 6

    asyncio.run(main())


def test_latest_turns_as_long_as_the_limit_are_not_summed_up_after_each_turn(server: Any) -> None:
    made: list[str] = []

    def mine(text: str) -> str:
        made.append(text)
        return "They talked about friends."

    async def main() -> None:
        policy = Summarise(100, keep_turns=3, summary_tokens=20, by=mine)
        async with rtnb.AsyncSession(server.url, key=server.key, policy=policy, **TEXT) as session:
            await grown(session, 12)
            core = session._core
            await core.until(lambda: any("old turn" in text for text in core.notices), 20)
            while session._steward._at_work.locked():
                await asyncio.sleep(0.01)
            assert session._steward.context_tokens > 100, "the latest turns alone are that long"
            assert 1 <= len(made) <= 7
            # What one summary took in, it took in of several turns.
            assert all(text.count("user: ") >= 2 for text in made[:-1])

    asyncio.run(main())


def test_what_is_no_policy_is_an_error(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, policy="short", **TEXT):
            pass

    with pytest.raises(ConfigError, match="KeepLast"):
        asyncio.run(main())


def test_what_was_condensed_is_told_in_a_sentence() -> None:
    assert repr(Condensed()) == "Condensed(There are no old turns: nothing was changed.)"
    assert str(Condensed(items=2, turns=1)).startswith("1 old turn (2 items) was deleted: ")
    assert str(Condensed(items=1, turns=2)).startswith("2 old turns (1 item) were deleted: ")
