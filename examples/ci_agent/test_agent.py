"""Calls to the agent: real speech in, real turn detection, real speech out, and the same every time."""

from __future__ import annotations

from unittest.mock import Mock

from agent import SORRY


def test_a_table_is_booked(call):
    book = Mock(return_value=12)

    async def talk(person):
        await person.says("I would like a table for four at eight, please.")
        await person.listens()
        await person.says("Thank you. Goodbye!")

    agent = call(book, talk)
    book.assert_called_once_with(people=4, hour=8)
    assert agent.said == ["You have table 12 for 4 people at 8."]
    assert "goodbye" in agent.heard[-1].lower()


def test_a_full_restaurant_is_told(call):
    async def talk(person):
        await person.says("I would like a table for two at nine, please.")
        await person.listens()
        await person.says("Goodbye!")

    agent = call(Mock(side_effect=LookupError("no table is free")), talk)
    assert agent.said == ["I am sorry, we are full at 9. Another time, perhaps?"]


def test_the_agent_stops_when_it_is_interrupted(call):
    async def talk(person):
        await person.says("Hello! What do you serve?")
        await person.hears(1500)
        await person.says("I would like a table for four at eight, please.")
        await person.listens()
        await person.says("Goodbye!")

    agent = call(Mock(return_value=12), talk)
    menu, booking = agent.said
    assert menu.startswith("We serve soup")
    assert "plums" not in menu
    assert booking == "You have table 12 for 4 people at 8."


def test_a_failing_model_is_apologised_for(call):
    async def talk(person):
        await person.says("Let me speak to the manager.")

    assert call(Mock(return_value=12), talk).said == [SORRY]
