"""No secret and no audio in a log, whatever an event holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.watch.redaction import LONGEST, loggable, scrubbed

SENTINEL = "QUETZALCOATL"

NAMES = ("authorization", "headers", "api_key", "Api-Key", "client_secret", "access_token", "password", "Authorization")

leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=9))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=8), inner, max_size=5)),
    max_leaves=40,
)


@given(values, st.sampled_from(NAMES), st.recursive(st.just(SENTINEL), lambda inner: st.lists(inner, max_size=2)))
def test_no_secret_member_is_shown_at_any_depth(value: Any, name: str, secret: Any) -> None:
    event = {"type": "session.update", "outer": [{"inner": value, name: secret}], name: {"x-anything": secret}}
    assert SENTINEL not in json.dumps(loggable(event))


@given(st.text(max_size=400), st.text(max_size=400))
def test_keys_are_blanked_wherever_they_stand(before: str, after: str) -> None:
    for secret in (f"ek_{SENTINEL}", f"sk-{SENTINEL}", f"Bearer {SENTINEL}", f"https://me:{SENTINEL}@mcp.example/sse"):
        assert SENTINEL not in json.dumps(loggable({"text": f"{before} {secret} {after}", f" {secret} ": 1}))
    assert SENTINEL not in json.dumps(loggable([f"{before}{SENTINEL}{after}"], secrets=[SENTINEL]))


@given(values)
def test_all_is_plain_json_and_bounded(value: Any) -> None:
    told = loggable({"value": value})
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert loggable(told) == told


@pytest.mark.parametrize(
    "event",
    [
        {"type": "input_audio_buffer.append", "audio": SENTINEL},
        {"type": "response.output_audio.delta", "delta": SENTINEL},
        {"type": "conversation.item.create", "item": {"content": [{"type": "input_audio", "audio": SENTINEL}]}},
        {"item": {"content": [{"type": "input_image", "image_url": f"data:image/png;base64,{SENTINEL}"}]}},
    ],
)
def test_audio_and_images_are_counted_only(event: Any) -> None:
    told = json.dumps(loggable(event))
    assert SENTINEL not in told and "characters>" in told


def test_what_is_long_or_deep_or_wide_is_cut() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = [deep]
    for value in (
        deep,
        "x" * 10**6,
        list(range(10**5)),
        {str(n): n for n in range(10**5)},
        10**5000,
        [["y"] * 999] * 999,
    ):
        assert len(json.dumps(loggable(value))) < 60 * LONGEST


def test_harmless_names_are_left() -> None:
    event = {"max_output_tokens": 5, "usage": {"input_tokens": 7}, "monkey": "bananas", "tokens": 3}
    assert loggable(event) == event
    assert scrubbed("the task-force asked for skates") == "the task-force asked for skates"
