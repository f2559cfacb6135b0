from __future__ import annotations

from typing import Any

import pytest

from rtnb.server.answer.settings import ResponseSettings

ONE = {"type": "function", "name": "look_up"}


@pytest.mark.parametrize(
    ("choice", "parallel", "name", "calls", "may"),
    [
        ("auto", True, "look_up", 0, True),
        ("auto", True, "look_up", 3, True),
        ("auto", False, "look_up", 0, True),
        ("auto", False, "look_up", 1, False),
        ("required", True, "anything", 0, True),
        ("none", True, "look_up", 0, False),
        (ONE, True, "look_up", 0, True),
        (ONE, True, "book", 0, False),
        ({"type": "mcp", "server_label": "docs"}, True, "look_up", 0, True),
    ],
)
def test_which_calls_are_allowed(choice: Any, parallel: bool, name: str, calls: int, may: bool) -> None:
    assert ResponseSettings(tool_choice=choice, parallel_tool_calls=parallel).may_call(name, calls=calls) is may


def test_voice_and_modality() -> None:
    assert ResponseSettings(voice={"id": "voice_1"}).voice_name == "voice_1"
    assert ResponseSettings().spoken and not ResponseSettings(modalities=("text",)).spoken
