from __future__ import annotations

import base64
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.audio_frames import AudioFrames

KINDS = ["response.output_audio.delta", "response.audio.delta"]
MEMBERS = ["type", "event_id", "response_id", "item_id", "output_index", "content_index", "delta", "more"]
TEXT = st.text(max_size=10) | st.sampled_from(
    ['"', "\\", '"delta":"QUJD"', "\\u0064", "é", "\n", "\x7f", '","delta":"']
)
AUDIO = st.binary(max_size=30).map(lambda data: base64.b64encode(data).decode()) | TEXT | st.just("QR==")
VALUES = TEXT | st.integers() | st.none() | st.dictionaries(st.sampled_from(MEMBERS), TEXT, max_size=2)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def frame(**members: Any) -> bytes:
    return orjson.dumps({"type": KINDS[0], "event_id": "event_1", "item_id": "i", **members})


def together(chunk: Any, frames: AudioFrames) -> dict[str, Any]:
    shape, event_id, data = chunk
    return {**shape.body, "event_id": event_id, "delta": b64(data)}


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """Frames as servers write them, and as nobody should."""
    names = draw(st.lists(st.sampled_from(MEMBERS), max_size=9))
    pairs = []
    for name in names:
        value: Any = draw(VALUES)
        if name == "type":
            value = draw(st.sampled_from(KINDS) | st.just("response.done"))
        elif name == "delta":
            value = draw(AUDIO)
        elif name == "event_id":
            value = draw(st.sampled_from(["event_1", "event_2", ""]) | TEXT)
        ascii_only = draw(st.booleans())
        key = json.dumps(name) if draw(st.integers(0, 9)) else '"\\u0064elta"'
        pairs.append(f"{key}{draw(st.sampled_from([':', ': ']))}{json.dumps(value, ensure_ascii=ascii_only)}")
    text = "{" + draw(st.sampled_from([",", ", "])).join(pairs) + draw(st.sampled_from(["}", "}", "} ", "", "}}"]))
    return text.encode("utf-8", "surrogatepass")


@given(st.lists(written(), max_size=6))
def test_a_frame_that_is_taken_apart_says_what_its_json_says(given_frames: list[bytes]) -> None:
    frames = AudioFrames()
    for data in [*given_frames, *given_frames]:
        chunk = frames.take(data)
        if chunk is not None:
            parsed = orjson.loads(data)
            assert together(chunk, frames) == parsed
            assert parsed["type"] in KINDS and chunk[0].type == parsed["type"]


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.text("abcXYZ019_-", max_size=30), st.binary(min_size=1, max_size=200),
                  st.integers(0, 3), st.permutations(["event_id", "item_id", "content_index", "delta"])),
        max_size=8,
    )
)  # fmt: skip
def test_usual_frames_are_taken_apart_whatever_their_order(
    chunks: list[tuple[str, str, bytes, int, list[str]]],
) -> None:
    frames = AudioFrames()
    for kind, event_id, data, index, order in chunks:
        members = {"event_id": event_id, "item_id": f"item_{index}", "content_index": index, "delta": b64(data)}
        event = {"type": kind, **{name: members[name] for name in order}}
        chunk = frames.take(orjson.dumps(event))
        assert chunk is not None
        assert together(chunk, frames) == event


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        frame(),
        frame(delta=""),
        frame(delta="QUI"),
        frame(delta="QR=="),
        frame(delta="no base64"),
        frame(delta=5),
        frame(delta="QUJD")[:-1],
        frame(delta="QUJD")[:-2],
        frame(delta="QUJD") + b"}",
        frame(delta="QUJD", type="response.output_text.delta"),
        frame(delta="QUJD", event_id=None),
        frame(delta="QUJD", event_id='a"b'),
        frame(more={"delta": "QUJD"}),
        b'{"type":"response.output_audio.delta","event_id":"e","delta":"QUJD","\\u0064elta":""}',
        b'{"type":"response.output_audio.delta","event_id":"e","delta":"QUJD","delta":"QUJD"}',
        b'{"type":"response.output_audio.delta","event_id":"a\x01b","delta":"QUJD"}',
        b'{"type":"response.output_audio.delta","event_id":"\xff","delta":"QUJD"}',
        b'{"type":"response.output_audio.delta","event_id":"\xc3\xa9","delta":"QUJD"}',
    ],
)
def test_what_is_unusual_is_left_to_the_parser(data: bytes) -> None:
    frames = AudioFrames()
    assert frames.take(frame(delta="QUJD")) is not None, "the layout is known"
    assert frames.take(data) is None


def test_a_shape_is_shared_and_cleaned_once() -> None:
    cleaned: list[dict[str, Any]] = []
    frames = AudioFrames(lambda body: cleaned.append(body) or {**body, "clean": True})
    first, second = (frames.take(frame(delta=b64(bytes([n] * 9)), event_id=f"e{n}")) for n in (1, 2))
    assert first is not None and second is not None
    assert first[0] is second[0] and len(cleaned) == 1 and first[0].body["clean"]


def test_shapes_of_a_hostile_server_do_not_pile_up() -> None:
    frames = AudioFrames()
    for number in range(2000):
        assert frames.take(frame(delta="QUJD", item_id=f"item_{number}")) is not None
    assert len(frames._shapes) <= 256
