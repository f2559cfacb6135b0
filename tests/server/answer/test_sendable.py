"""What a brain streams is made fit for the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.answer import sendable as module
from rtnb.server.brains.base import Call, Say, Stop

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_can_be_put_on_the_wire(text: str) -> None:
    said = module.sendable(Say(text))
    assert isinstance(said, Say) and len(said.text) == len(text)
    json.dumps(said.text, ensure_ascii=False).encode()


@given(ANY_TEXT, ANY_TEXT, st.none() | ANY_TEXT)
def test_so_can_any_call(name: str, arguments: str, call_id: str | None) -> None:
    call = module.sendable(Call(name, arguments, call_id))
    assert isinstance(call, Call)
    f"{call.name}{call.arguments}{call.call_id}".encode()


def test_a_stop_stays_and_anything_else_is_a_mistake_of_the_brain() -> None:
    assert module.sendable(Stop("content_filter")) == Stop("content_filter")
    wrong: Any = "text"
    with pytest.raises(TypeError, match="not str"):
        module.sendable(wrong)
