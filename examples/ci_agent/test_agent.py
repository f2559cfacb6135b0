"""Calls to the agent: real speech in, real turn detection, real speech out, and the same every time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from agent import SORRY, Agent


def call(caller: Any, book: Callable[[int, int], int], talk: Callable[[Any, Agent], Awaitable[None]]) -> Agent:
    """Let a caller talk to an agent until it hangs up."""

    async def ring() -> Agent:
        person = caller()
        agent = Agent(person, book)
        taking = asyncio.create_task(agent.take_call(person.microphone()))
        talking = asyncio.create_task(talk(person, agent))
        await asyncio.wait_for(asyncio.gather(taking, talking), 40)
        return agent

    return asyncio.run(ring())


def test_a_table_is_booked(caller):
    booked = []

    def book(people: int, hour: int) -> int:
        booked.append((people, hour))
        return 12

    async def talk(person, agent):
        await person.says("I would like a table for four at eight, please.")
        await person.listens()
        await person.says("Thank you. Goodbye!")

    agent = call(caller, book, talk)
    assert booked == [(4, 8)]
    assert agent.said == ["You have table 12 for 4 people at 8."]
    assert "goodbye" in agent.heard[-1].lower()


def test_a_full_restaurant_is_told(caller):
    def book(people: int, hour: int) -> int:
        raise LookupError("no table is free")

    async def talk(person, agent):
        await person.says("I would like a table for two at nine, please.")
        await person.listens()
        await person.says("Goodbye!")

    assert call(caller, book, talk).said == ["I am sorry, we are full at 9. Another time, perhaps?"]


def test_the_agent_stops_when_it_is_interrupted(caller):
    async def talk(person, agent):
        await person.says("Hello! What do you serve?")
        await person.hears(1500)
        await person.says("I would like a table for four at eight, please.")
        await person.listens()
        await person.says("Goodbye!")

    agent = call(caller, lambda people, hour: 12, talk)
    menu, booking = agent.said
    assert menu.startswith("We serve soup")
    assert "plums" not in menu
    assert booking == "You have table 12 for 4 people at 8."


def test_a_failing_model_is_apologised_for(caller):
    async def talk(person, agent):
        await person.says("Let me speak to the manager.")

    assert call(caller, lambda people, hour: 12, talk).said == [SORRY]
