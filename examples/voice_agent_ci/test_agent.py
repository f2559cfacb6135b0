"""Spoken questions in, spoken answers out, and a tool over MCP between: no key, no network, no cost."""

from __future__ import annotations

import asyncio

import pytest
from agent import Agent, Unavailable

pytestmark = pytest.mark.rtnb("scenario.yaml")


@pytest.fixture
def ask(rtnb_server, monkeypatch, shop):
    """``ask("...")`` says it to the agent; what the agent has answered, as somebody hears it."""
    rtnb_server.use(monkeypatch)
    agent = Agent(shop.url)

    def ask(words):
        answer = asyncio.run(asyncio.wait_for(agent.ask(rtnb_server.speak(words).to_pcm16()), 30))
        return rtnb_server.hear(answer).lower()

    return ask


def test_an_order_is_looked_up(rtnb_server, shop, ask):
    assert "friday" in ask("Hello! Where is my order number seven?")
    rtnb_server.assert_heard("where is my order number seven")
    rtnb_server.assert_called("order_status", number=7)
    assert shop.asked == [7]
    rtnb_server.assert_said("Order 7 arrives on Friday")
    rtnb_server.assert_no_errors()


def test_it_asks_again_when_the_line_is_cut_in_the_middle_of_an_answer(rtnb_server, ask):
    rtnb_server.faults.add(drop="abort", on="response.output_audio.delta", nth=3, times=1)
    assert "friday" in ask("Where is my order number seven?")
    assert len(rtnb_server.sessions) == 2


def test_it_gives_up_when_the_model_is_overloaded(rtnb_server, ask):
    rtnb_server.faults.add(rate_limit="response")
    with pytest.raises(Unavailable, match="rate_limit_exceeded"):
        ask("Where is my order number seven?")
