"""A history comes out as it goes in."""

from __future__ import annotations

from typing import Any

import pytest
from support.logs import Script, answer, got, pcm, request, session, user_item

from rtnb.errors import ConfigError
from rtnb.session.verbs.history import export_history, history_items
from rtnb.session.verbs.materials import Materials


def exported(script: Script, style: Any = "chat", **options: Any) -> list[dict[str, Any]]:
    return export_history(Materials().catch_up(script.log), script.talk, script.log, style, **options)


def talked() -> Script:
    item = {"id": "a", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]}
    added = got("conversation.item.added", item=item, previous_item_id=None)
    return Script(session(), user_item("a", "Hi."), added, request("k"), answer(1, ["Hello."], [pcm(100)], key="k"))


def test_out_as_chat_and_as_items() -> None:
    script = talked()
    assert exported(script) == [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    items = exported(script, "items")
    assert [item["id"] for item in items] == ["a", "item_r1"]
    assert list(history_items(items).items) == items, "what comes out goes in again as it is"
    assert list(history_items(exported(script)).items) != items and len(history_items(exported(script)).items) == 2


def test_another_style_is_an_error() -> None:
    with pytest.raises(ConfigError, match="chat"):
        exported(talked(), "xml")


def test_calls_of_one_answer_are_one_message() -> None:
    script = Script(session())
    for name, kind, call_id in (
        ("c1", "function_call", "x"), ("c2", "function_call", "y"),
        ("o1", "function_call_output", "x"), ("o2", "function_call_output", "y"),
    ):  # fmt: skip
        item = {"id": name, "type": kind, "call_id": call_id, "name": "look", "arguments": "{}", "output": "seen"}
        script.play(got("conversation.item.added", item=item, previous_item_id=None))
    out = exported(script)
    assert [message["role"] for message in out] == ["assistant", "tool", "tool"] and len(out[0]["tool_calls"]) == 2
