from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from support.pictures import data_uri

from rtnb.audio.formats import PCMU
from rtnb.server.intake import MAX_TEXT_CHARS, take_in
from rtnb.server.problems import Refused

PCM = bytes(range(96)) * 100  # 200 ms


def text(item_id: str | None = None, said: str = "hello") -> dict[str, Any]:
    wire: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": said}]}
    return wire if item_id is None else {"id": item_id, **wire}


def audio(data: bytes, item_id: str = "item_a", **members: Any) -> dict[str, Any]:
    part = {"type": "input_audio", "audio": base64.b64encode(data).decode(), **members}
    return {"id": item_id, "type": "message", "role": "user", "content": [part]}


def test_an_item_without_an_id_gets_one() -> None:
    item = take_in(text())
    assert item.id.startswith("item_")
    assert take_in({"id": None, **text()}).id not in (item.id, "None")
    assert take_in({"id": "", **text()}).id


def test_what_the_client_gave_is_not_touched() -> None:
    given_wire = audio(PCM, transcript="hi")
    before = copy.deepcopy(given_wire)
    take_in(given_wire)
    assert given_wire == before


def test_a_taken_in_item_is_complete_and_shows_no_audio() -> None:
    item = take_in({**audio(PCM), "status": "in_progress", "object": None})
    assert item.wire == {
        "id": "item_a",
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    assert bytes(item.audio) == PCM
    assert item.audio_ms == 200
    assert item.role == "user"


def test_a_given_transcript_stays() -> None:
    item = take_in(audio(PCM, transcript="hi"))
    assert item.wire["content"] == [{"type": "input_audio", "transcript": "hi"}]


def test_function_calls_get_a_call_id() -> None:
    call = take_in({"type": "function_call", "name": "f", "arguments": "{}"})
    assert call.wire["call_id"].startswith("call_") and "content" not in call.wire
    own = take_in({"type": "function_call", "call_id": "mine", "name": "f", "arguments": "{}"})
    assert own.wire["call_id"] == "mine"


@pytest.mark.parametrize("data", ["not base64", "QUJ", "QUJD\n", "ü"])
def test_audio_that_is_no_base64_is_refused(data: str) -> None:
    wire = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}, {"audio": data}]}
    with pytest.raises(Refused) as caught:
        take_in(wire, path="response.input[2]")
    assert caught.value.problem.param == "response.input[2].content[1].audio"
    assert caught.value.problem.code == "invalid_value"


def test_audio_is_in_the_format_of_the_session_and_whole() -> None:
    assert take_in(audio(bytes(801)), PCMU).audio_ms == 100
    assert len(take_in(audio(bytes(801))).audio) == 800


def test_an_image_is_kept_apart_and_comes_back_with_the_item() -> None:
    url = data_uri(30, 20, "jpeg")
    parts = [{"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": url, "detail": "low"}]
    item = take_in({"type": "message", "role": "user", "content": parts})
    assert item.wire["content"][1] == {"type": "input_image", "detail": "low"}
    assert (item.images[1].width, item.images[1].height) == (30, 20)
    assert item.with_audio()["content"] == parts


def test_a_bad_image_is_refused_where_it_is() -> None:
    part = {"type": "input_image", "image_url": "https://example.com/a.png"}
    with pytest.raises(Refused) as caught:
        take_in({"type": "message", "role": "user", "content": [part]})
    assert caught.value.problem.param == "item.content[0].image_url"


@pytest.mark.parametrize(
    "wire",
    [
        {"type": "mcp_list_tools", "server_label": "docs", "tools": []},
        {"id": "a", "type": "mcp_call", "arguments": "{}", "name": "f", "server_label": "docs"},
        {"id": "a", "type": "mcp_approval_request", "arguments": "{}", "name": "f", "server_label": "docs"},
        {"id": "a", "type": "mcp_approval_response", "approval_request_id": "b", "approve": True},
    ],
    ids=lambda wire: str(wire["type"]),
)
def test_items_of_mcp_have_no_status(wire: dict[str, Any]) -> None:
    item = take_in(wire)
    assert {**item.wire, "id": "a"} == {**wire, "id": "a"}


def test_text_that_no_model_takes_is_refused() -> None:
    half = {"type": "input_text", "text": "x" * (MAX_TEXT_CHARS // 2)}
    message = {"type": "message", "role": "user", "content": [half, half, {"type": "input_text", "text": "x"}]}
    with pytest.raises(Refused) as caught:
        take_in(message)
    assert caught.value.problem.code == "string_above_max_length"
    assert caught.value.problem.param == "item.content[1].text"
    output = {"type": "function_call_output", "call_id": "c", "output": "x" * (MAX_TEXT_CHARS + 1)}
    with pytest.raises(Refused, match=r"response\.input"):
        take_in(output, path="response.input[0]")
