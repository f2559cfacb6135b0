"""Frames: what one may hold, before anything walks through it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.web.frames import ITEM_BYTES, MOST_VALUES, OTHER_BYTES, event_of, has_too_many_values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def of_text(text: str) -> tuple[object, str | None]:
    event, problem = event_of({"type": "websocket.receive", "text": text})
    return event, None if problem is None else problem.code


@given(JSON)
def test_json_is_decoded(value: Any) -> None:
    assert of_text(orjson.dumps(value).decode()) == (value, None)


@given(st.text(max_size=30))
def test_any_text_is_json_or_refused(text: str) -> None:
    event, code = of_text(text)
    assert code in (None, "invalid_json") and (code is None or event is None)


@pytest.mark.parametrize(
    "text", ["[" + "[]," * 5_000_000 + "[]]", "[" + "0," * MOST_VALUES + "0]", "{" * (MOST_VALUES + 1), "," * 2_000_000]
)
def test_millions_of_values_are_not_even_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orjson, "loads", lambda text: pytest.fail("it was parsed"))
    assert of_text(text) == (None, "too_many_values")


@pytest.mark.parametrize("values", [MOST_VALUES - 1, MOST_VALUES + 1])
def test_the_bound_is_where_it_is_said_to_be(values: int) -> None:
    assert has_too_many_values("[" + ",".join("0" for _ in range(values)) + "]") == (values > MOST_VALUES)


@pytest.mark.parametrize(
    ("kind", "characters", "code"),
    [
        ("input_audio_buffer.append", 31 * 2**20, None),
        ("conversation.item.create", ITEM_BYTES - 1000, None),
        ("response.create", ITEM_BYTES - 1000, None),
        ("conversation.item.create", ITEM_BYTES, "event_too_large"),
        ("session.update", OTHER_BYTES - 1000, None),
        ("session.update", OTHER_BYTES, "event_too_large"),
        ("no.such.event", OTHER_BYTES, "event_too_large"),
        (["unhashable"], OTHER_BYTES, "event_too_large"),
    ],
)
def test_each_type_may_be_as_large_as_it_needs(kind: Any, characters: int, code: str | None) -> None:
    event, found = of_text(orjson.dumps({"type": kind, "event_id": "e1", "filling": "x" * characters}).decode())
    # Refused or not: its id is known, so that the error can name it.
    assert found == code and isinstance(event, dict) and event["event_id"] == "e1"


def test_an_image_of_the_largest_size_fits() -> None:
    from rtnb.server.images import MAX_IMAGE_BYTES

    assert MAX_IMAGE_BYTES * 4 // 3 + 100_000 < ITEM_BYTES


def test_what_is_no_text_is_told_so() -> None:
    _, problem = event_of({"type": "websocket.receive", "bytes": b"{}"})
    assert problem is not None and problem.code == "invalid_event"
