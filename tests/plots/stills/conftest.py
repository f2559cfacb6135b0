"""A conversation with everything in it: speech, text, a function, an interruption, a failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtnb.session.views.budget import BudgetView, LimitView
from rtnb.session.views.pieces import ErrorView, ToolCallView
from rtnb.session.views.shapes import SessionView


@pytest.fixture(scope="session")
def talk(session: SessionView) -> SessionView:
    spoken, typed, cut = session.turns
    call = ToolCallView("get_weather", '{"city": "Paris"}', "21 °C, sunny", duration_s=0.6)
    error = ErrorView("The server is overloaded.", code="server_error", advice="Ask again.")
    failed = replace(typed, index=3, status="failed", status_reason="the server is overloaded", error=error)
    turns = (spoken, replace(typed, tool_calls=(call,)), cut, failed)
    return replace(session, turns=turns, errors=("The server is overloaded. (server_error)",))


@pytest.fixture(scope="session")
def budget() -> BudgetView:
    return BudgetView((LimitView("budget_usd", 0.0231, 0.001, 1.0), LimitView("max_minutes", 29.0, 0.0, 30)))
