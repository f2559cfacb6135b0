"""The response behind a round of calls."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.session.conversation.reducer import TURN_KEY
from rtnb.session.record.log import REDACTED
from rtnb.session.tools.following import follow_up

FORCED = {"type": "function", "name": "f"}


def test_overrides_of_the_turn_hold_and_its_input_does_not() -> None:
    first = {
        "instructions": "Whisper.",
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "cedar"}},
        "max_output_tokens": 99,
        "input": [],
        "conversation": "auto",
        "metadata": {TURN_KEY: "turn_1", "mine": "x"},
    }
    assert follow_up(first) == {
        "instructions": "Whisper.",
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "cedar"}},
        "max_output_tokens": 99,
        "metadata": {"mine": "x"},
    }
    assert follow_up({"metadata": {TURN_KEY: "turn_1"}}) == follow_up({"metadata": None}) == follow_up({}) == {}


@pytest.mark.parametrize(
    ("first", "session", "last", "expected"),
    [
        (None, "auto", False, None),
        ("auto", "required", False, "auto"),
        ("required", "auto", False, "auto"),
        (FORCED, "auto", False, "auto"),
        (None, "required", False, "auto"),
        (None, FORCED, False, "auto"),
        ("none", "required", False, "none"),
        (None, "none", False, None),
        ("required", "auto", True, "none"),
        (None, "auto", True, "none"),
    ],
)
def test_tool_choice(first: Any, session: Any, last: bool, expected: Any) -> None:
    given = {} if first is None else {"tool_choice": first}
    assert follow_up(given, session_choice=session, last=last).get("tool_choice") == expected


def test_tools_that_the_log_has_blanked_are_not_sent() -> None:
    whole = {"type": "mcp", "server_label": "a", "headers": {"X": "secret"}}
    blank = {"type": "mcp", "server_label": "a", "headers": {"X": REDACTED}}
    assert "tools" not in follow_up({"tools": [blank]})
    assert follow_up({"tools": [blank]}, tools=[whole])["tools"] == [whole]
    assert follow_up({"tools": []})["tools"] == []
