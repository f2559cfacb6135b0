"""What an aside is about, on the wire."""

from __future__ import annotations

import asyncio
from typing import Any

import pybase64
import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.aside_input import input_of, size_of
from rtnb.session.views.shapes import TurnView


def items(about: Any, talk: Conversation | None = None) -> Any:
    return asyncio.run(input_of(about, talk or Conversation()))


def test_nothing_is_the_conversation_and_an_empty_list_is_nothing() -> None:
    assert items(None) is None and items([]) == []


def test_a_clip_is_sent_in_the_session_s_format() -> None:
    log, talk = EventLog(start_s=0, start_wall_s=0), Conversation()
    clip = rtnb.Clip([0.1] * 2400, 24000)
    assert len(pybase64.b64decode(items(clip, talk)[0]["content"][0]["audio"])) == 4800
    session = {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}}
    talk.apply(log.record({"type": "session.created", "session": session}, "received", now_s=0))
    found = items(clip, talk)
    assert len(pybase64.b64decode(found[0]["content"][0]["audio"])) == 800
    text, seconds = size_of(found, talk)
    assert not text and seconds == pytest.approx(0.1, abs=0.01)


def test_items_and_texts_are_told_apart() -> None:
    log, talk = EventLog(start_s=0, start_wall_s=0), Conversation()
    item = {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    talk.apply(log.record({"type": "conversation.item.added", "item": item}, "received", now_s=0))
    found = items(["item_1", "item_2"], talk)
    assert found[0] == {"type": "item_reference", "id": "item_1"} and found[1]["content"][0]["text"] == "item_2"
    assert size_of(found, talk)[0].split() == ["Hello", "item_2"]


@pytest.mark.parametrize("about", [5, [None], [{"no": "type"}], [b"bytes"], b"bytes"])
def test_what_cannot_be_meant(about: Any) -> None:
    with pytest.raises(ConfigError, match="a text, a Clip, a Path, an item's id, a turn"):
        items(about)


def test_a_turn_that_the_server_does_not_know_yet() -> None:
    with pytest.raises(ConfigError, match="turn 0"):
        items(TurnView(0, "waiting"))
