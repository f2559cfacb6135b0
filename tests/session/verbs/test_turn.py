"""The handle on one exchange."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

import pytest

import rtnb
from rtnb.errors import TurnTimeoutError
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import TurnView


def turn_of(views: list[TurnView]) -> tuple[Turn, concurrent.futures.Future[None]]:
    over: concurrent.futures.Future[None] = concurrent.futures.Future()
    return Turn(lambda: views[-1], over), over


def test_it_shows_what_is_there_and_keeps_the_last_of_it() -> None:
    views = [TurnView(index=0, status="in_progress", assistant_text="The")]
    turn, over = turn_of(views)
    assert turn.text == "The" and not turn.done
    views.append(TurnView(index=0, status="completed", assistant_text="The end.", settled=True))
    over.set_result(None)
    assert turn.wait().text == "The end."
    views.append(TurnView(index=0, status="failed"))
    assert turn.text == "The end." and turn.done


def test_what_still_sounds_may_be_interrupted() -> None:
    views = [TurnView(index=0, status="completed")]
    turn, over = turn_of(views)
    over.set_result(None)
    assert turn.heard_s is None
    views.append(TurnView(index=0, status="completed", heard_s=0.5))
    assert turn.heard_s == 0.5
    views.append(TurnView(index=0, status="completed", heard_s=0.5, settled=True))
    assert turn.view().settled


def test_the_handle_in_hand_knows_of_an_interruption_after_the_end_of_the_answer(server: Any) -> None:
    with rtnb.connect(journal=False) as s:
        turn = s.ask("Spell extraordinary.", show=False)
        # All of it has arrived, and it sounds for some seconds more.
        assert turn.done and turn.heard_s is None and not turn.view().settled
        s.interrupt()
        cut = s.turns[-1].heard_s
        assert cut is not None and turn.heard_s == cut and "interrupted" in turn.timing.kinds
        assert turn.received_s is not None and turn.unheard_s == pytest.approx(turn.received_s - cut)
    assert turn.heard_s == cut and turn.audio is not None


def test_waiting_too_long_says_that_it_goes_on() -> None:
    turn, _ = turn_of([TurnView(index=0, status="waiting")])
    with pytest.raises(TurnTimeoutError, match="goes on"):
        turn.wait(0.01)


def test_it_can_be_awaited_in_any_loop_and_a_cancelled_wait_does_not_cancel_it() -> None:
    turn, over = turn_of([TurnView(index=0, status="completed")])

    async def main() -> Turn:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await turn
        assert not over.cancelled()
        over.set_result(None)
        return await turn

    assert asyncio.run(main()) is turn


def test_a_long_text_is_cut_in_the_repr() -> None:
    turn, _ = turn_of([TurnView(index=3, status="completed", user_text="x" * 500, assistant_text="y" * 500)])
    assert len(repr(turn)) < 200 and repr(turn).startswith("Turn(3, completed")
