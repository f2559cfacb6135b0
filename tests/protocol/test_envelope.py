from __future__ import annotations

import base64
import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.envelope import BLOCK_BYTES, AudioRef, AudioStore, Event, attach, decoded, detach

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BASE64 = st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode())
AUDIO = BASE64 | st.text(max_size=8) | JSON
PARTS = (
    st.fixed_dictionaries({"type": st.sampled_from(["input_audio", "input_text"])}, optional={"audio": AUDIO}) | JSON
)
NAMES = [
    "input_audio_buffer.append",
    "response.output_audio.delta",
    "response.audio.delta",
    "conversation.item.retrieved",
]
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(NAMES) | JSON,
        "audio": AUDIO,
        "delta": AUDIO,
        "item": st.fixed_dictionaries({}, optional={"content": st.lists(PARTS, max_size=4) | JSON, "id": JSON}) | JSON,
        "event_id": JSON,
    },
)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@given(EVENTS)
def test_whatever_is_taken_apart_can_be_put_together(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    store = AudioStore("input")
    body, refs = detach(event, store)
    assert event == before, "the event itself was changed"
    assert attach(body, refs) == event
    assert detach(event, AudioStore("other"))[0] == body
    assert sum(ref.length for ref in refs) == len(store)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6))
def test_audio_is_held_once_in_order_and_leaves_the_body(chunks: list[bytes]) -> None:
    store = AudioStore("input")
    found = []
    for data in chunks:
        body, (ref,) = detach({"type": "input_audio_buffer.append", "audio": b64(data)}, store)
        assert body == {"type": "input_audio_buffer.append"}
        found.append(ref)
    assert [ref.bytes() for ref in found] == chunks
    assert store.read(0, len(store)) == b"".join(chunks)


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("input_audio_buffer.append", "audio"),
        ("response.output_audio.delta", "delta"),
        ("response.audio.delta", "delta"),
    ],
)
def test_the_hot_path_knows_its_member(kind: str, member: str) -> None:
    body, refs = detach({"type": kind, member: b64(b"\1\2"), "event_id": "e"}, AudioStore("s"))
    assert body == {"type": kind, "event_id": "e"}
    assert [(ref.path, ref.bytes()) for ref in refs] == [((member,), b"\1\2")]


@pytest.mark.parametrize("kind", ["response.output_text.delta", "response.output_audio_transcript.delta", "unheard.of"])
def test_text_that_happens_to_be_base64_is_text(kind: str) -> None:
    event = {"type": kind, "delta": "abcd", "audio": "abcd"}
    assert detach(event, AudioStore("s")) == (event, ())


@pytest.mark.parametrize("text", ["no base64!", "", "QQ", "QQ=", " QUJD", "QUJD\n", "é", None, 7, ["QUJD"], {}])
def test_what_is_no_base64_stays_where_it_is(text: object) -> None:
    store = AudioStore("s")
    event = {"type": "input_audio_buffer.append", "audio": text}
    assert detach(event, store) == (event, ())
    assert len(store) == 0


def test_base64_that_would_come_back_differently_stays_as_well() -> None:
    event = {"type": "input_audio_buffer.append", "audio": "QR=="}  # decodes to b"A", which encodes to "QQ=="
    body, refs = detach(event, AudioStore("s"))
    assert attach(body, refs) == event


def test_every_audio_part_of_an_item_is_found() -> None:
    parts: list[Any] = [
        {"type": "input_text", "text": "hear this:"},
        {"type": "input_audio", "audio": b64(b"one"), "transcript": None},
        "not a part",
        {"type": "input_audio", "audio": b64(b"three")},
        {"type": "input_audio", "audio": None},
    ]
    event = {"type": "conversation.item.retrieved", "item": {"id": "i", "content": parts}}
    store = AudioStore("s")
    body, refs = detach(event, store)
    assert [(ref.path[2], ref.bytes()) for ref in refs] == [(1, b"one"), (3, b"three")]
    assert body["item"]["content"][1] == {"type": "input_audio", "transcript": None}
    assert attach(body, refs) == event
    assert parts[1]["audio"] == b64(b"one")


@pytest.mark.parametrize("kind", [None, 5, ["input_audio_buffer.append"], {"a": 1}])
def test_a_type_that_is_no_name_does_no_harm(kind: object) -> None:
    event = {"type": kind, "audio": "QUJD"}
    assert detach(event, AudioStore("s")) == (event, ())


def event(**members: Any) -> Event:
    return Event(**{"seq": 3, "t_s": 1.5, "wall_s": 11.5, "direction": "sent", "type": "t", "body": {}, **members})


def test_raw_is_what_went_over_the_wire() -> None:
    store = AudioStore("s")
    sent = {"type": "input_audio_buffer.append", "audio": b64(b"12"), "event_id": "e"}
    body, refs = detach(sent, store)
    recorded = event(type=sent["type"], body=body, audio=refs)
    assert recorded.raw == sent
    assert json.dumps(recorded.raw)
    recorded.raw["event_id"] = "other"
    assert recorded.raw == sent


def test_reads_as_one_line() -> None:
    assert repr(event()) == "   1.500 → t"
    refs = (AudioRef(("delta",), AudioStore("s"), 0, 960), AudioRef(("x",), AudioStore("s"), 960, 40))
    assert repr(event(direction="received", audio=refs)) == "   1.500 ← t [1000 B audio]"


@given(st.lists(st.binary(max_size=9), max_size=5), st.integers(-20, 50), st.integers(-20, 50))
def test_a_store_never_reads_what_it_does_not_hold(chunks: list[bytes], offset: int, length: int) -> None:
    store = AudioStore("s", b"begin")
    placed = [store.append(data) for data in chunks]
    assert [store.read(*place) for place in placed] == chunks
    whole = b"begin" + b"".join(chunks)
    assert len(store) == len(whole)
    held = store.read(offset, length)
    assert held == bytes(whole[i] for i in range(offset, offset + max(0, length)) if 0 <= i < len(whole))


def test_what_was_read_does_not_change() -> None:
    store = AudioStore("s", b"abc")
    early = store.read(0, 10)
    store.append(b"def")
    assert early == b"abc"


def test_references_are_equal_where_they_point_to_the_same_place() -> None:
    one, other = AudioStore("s", b"abc"), AudioStore("s", b"abc")
    assert AudioRef(("delta",), one, 0, 3) == AudioRef(("delta",), other, 0, 3)
    assert AudioRef(("delta",), one, 0, 3) != AudioRef(("delta",), one, 1, 2)


@given(st.lists(st.integers(0, 3 * BLOCK_BYTES), min_size=1, max_size=5), st.data())
def test_a_store_reads_across_its_blocks(sizes: list[int], data: st.DataObject) -> None:
    store, whole = AudioStore("s"), b""
    for number, size in enumerate(sizes):
        piece = bytes([number + 1]) * size
        assert store.append(piece) == (len(whole), size)
        whole += piece
    offset = data.draw(st.integers(0, len(whole) + 5))
    length = data.draw(st.integers(0, len(whole) + 5))
    assert len(store) == len(whole)
    assert store.read(offset, length) == whole[offset : offset + length]


def test_a_store_that_is_filled_later_goes_on_after_it() -> None:
    store = AudioStore("s")
    store.fill_later(3, lambda: b"abc")
    assert store.append(b"de") == (3, 2)
    assert store.read(0, 9) == b"abcde"


@given(st.text("ABCDQRgwz0189+/=-_ \n", max_size=12))
def test_base64_is_taken_where_it_comes_back_as_it_was(text: str) -> None:
    data = decoded(text)
    assert decoded(memoryview(text.encode())) == data
    if data is None:
        with contextlib.suppress(ValueError):
            assert not text or b64(base64.b64decode(text, validate=True)) != text
    else:
        assert b64(data) == text


def test_nothing_of_an_event_can_be_changed() -> None:
    made = event()
    for name in ("seq", "t_s", "wall_s", "direction", "type", "body", "audio", "new"):
        with pytest.raises(AttributeError):
            setattr(made, name, 1)


def test_events_that_share_a_body_differ_by_their_id() -> None:
    shared = {"type": "t", "event_id": "", "item_id": "i"}
    one, other = event(body=shared, event_id="e1"), event(body=shared, event_id="e2")
    assert one.body == {"type": "t", "event_id": "e1", "item_id": "i"} == one.raw
    assert list(one.body) == list(shared)
    assert one != other
    assert one == event(body={"type": "t", "event_id": "e1", "item_id": "i"})
    assert (one == 5, one != 5) == (False, True)
    dict(one.body)["item_id"] = "other"
    one.body["item_id"] = "other"  # type: ignore[index]
    assert other.body["item_id"] == "i"


def test_what_rtnb_notes_reads_as_its_own() -> None:
    assert repr(event(direction="local", type="rtnb.notice")) == "   1.500 · rtnb.notice"
