"""No secret and no audio in a log, whatever an event holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rtnb.server.watch.redaction import LONGEST, is_secret, loggable, scrubbed, server_address

SENTINEL = "QUETZALCOATL"

NAMES = (
    "authorization",
    "headers",
    "api_key",
    "Api-Key",
    "client_secret",
    "access_token",
    "password",
    "Authorization",
    "accessToken",
    "Client-Secret",
    "X-Auth",
    "bearer",
)

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
@example("BEARER", "")
def test_keys_are_blanked_wherever_they_stand(before: str, after: str) -> None:
    for secret in (f"ek_{SENTINEL}", f"sk-{SENTINEL}", f"Bearer {SENTINEL}", f"https://me:{SENTINEL}@mcp.example/sse"):
        assert SENTINEL not in json.dumps(loggable({"text": f"{before} {secret} {after}", f" {secret} ": 1}))
    assert SENTINEL not in json.dumps(loggable([f"{before}{SENTINEL}{after}"], secrets=[SENTINEL]))


ADDRESSES = (
    f"http://me:{SENTINEL}@127.0.0.1:1/",
    f"http://{SENTINEL}@127.0.0.1:1/",
    f"https://mcp.example/sse?token={SENTINEL}",
    f"https://mcp.example/sse?k={SENTINEL}&l={SENTINEL}",
    f"https://mcp.example/sse?{SENTINEL}",
    f"https://mcp.example/sse#{SENTINEL}",
    f"http://[::{SENTINEL}",
    f"http://me:{SENTINEL}@[::1",
    f"http://mcp.example:{SENTINEL}/",
    f"http:{SENTINEL}",
    SENTINEL,
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_address_of_an_mcp_server_shows_no_credential(address: str) -> None:
    assert SENTINEL not in server_address(address)
    tool = {"server_label": "x", "server_url": address}
    for event in ({"session": {"tools": [{"type": "mcp", **tool}]}}, {"item": tool}):
        assert SENTINEL not in json.dumps(loggable(event))


def test_an_address_without_credentials_is_left() -> None:
    for address in ("http://127.0.0.1:8000/mcp", "https://[::1]:8000/", "", "https://mcp.example"):
        assert server_address(address) == scrubbed(address) == address


@pytest.mark.parametrize("address", [f"http://[::{SENTINEL}", f"http://me:{SENTINEL}@[::1", f"http://[{SENTINEL}/x"])
def test_a_broken_address_in_a_text(address: str) -> None:
    assert SENTINEL not in scrubbed(f"Cannot reach '{address}': no address.")
    assert SENTINEL not in json.dumps(loggable({"message": f"{address} is none", address: 1}))
    assert (
        scrubbed("see http://[::1]:80/a and https://b.example/[c") == "see http://[::1]:80/a and https://b.example/[c"
    )


@given(st.text(min_size=1), st.sampled_from([{"type": "mcp"}, {"server_url": "https://x.example"}]))
def test_a_member_that_no_mcp_tool_has_is_a_misspelt_credential(name: str, tool: dict[str, str]) -> None:
    told = loggable({"tools": [{**tool, f"{name}!": SENTINEL, "Autorisation": SENTINEL}]})
    assert SENTINEL not in json.dumps(told)


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
    logprobs = {"logprobs": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}]}
    assert loggable(logprobs) == logprobs
    assert not any(map(is_secret, ("author", "keyboard", "secretary", "total_tokens", "event_id", "name", "code")))
    assert scrubbed("the task-force asked for skates") == "the task-force asked for skates"
