"""Server-sent events out of bytes."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.chat.sse import EventReader, ServerEvent, TooLongError


def read(*chunks: bytes) -> list[ServerEvent]:
    reader = EventReader()
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    return found + reader.end()


def data(*chunks: bytes) -> list[str]:
    return [event.data for event in read(*chunks)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data:a\r\n\r\ndata:  b\r\n\r\n", ["a", " b"]),
        (b"data: a\r\rdata: b\r\r", ["a", "b"]),
        (b": OPENROUTER PROCESSING\n\n: again\ndata: a\n: and again\ndata: b\n\n", ["a\nb"]),
        (b"\n\n\nevent: x\nid: 7\nretry: 3\n\ndata: a\n\n", ["a"]),
        (b"data: [DONE]", ["[DONE]"]),
        (b"data: a\n", ["a"]),
        (b"data\ndata\n\n", ["\n"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        ('data: "\u2028\x85\x0b"\n\n'.encode(), ['"\u2028\x85\x0b"']),
        (b"dat: a\nno colon\n\n", []),
        (b"", []),
    ],
)
def test_the_format(body: bytes, expected: list[str]) -> None:
    assert data(body) == expected
    assert data(*(body[i : i + 1] for i in range(len(body)))) == expected


def test_names() -> None:
    assert read(b"error: x\n\n") == [ServerEvent("x", "error")]
    assert read(b"event: error\ndata: x\n\ndata: y\n\n") == [ServerEvent("x", "error"), ServerEvent("y")]


def test_an_event_comes_with_the_bytes_that_end_it() -> None:
    reader = EventReader()
    assert reader.feed(b"data: a\r\n") == []
    assert reader.feed(b"\r") == [ServerEvent("a")]
    assert reader.feed(b"\ndata: b") == []
    assert reader.end() == [ServerEvent("b")]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    st.lists(TEXTS, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["data:", "data: "]),
    st.booleans(),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_any_cutting_gives_the_same(texts: list[str], end: str, member: str, comments: bool, cuts: list[int]) -> None:
    values = [json.dumps(text, ensure_ascii=False) for text in texts]
    between = f": comment{end}{end}" if comments else ""
    body = "".join(f"{between}{member}{value}{end}{end}" for value in values).encode()
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    assert data(*(body[a:b] for a, b in itertools.pairwise(edges))) == values


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
def test_any_bytes_are_read_in_any_pieces(body: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    assert read(*(body[a:b] for a, b in itertools.pairwise(edges))) == read(body)


@pytest.mark.parametrize("piece", [b"x" * 20, b"data: " + b"x" * 20 + b"\n", b": " + b"x" * 20])
def test_what_has_no_end_is_given_up(piece: bytes) -> None:
    reader = EventReader(most_chars=1000)
    with pytest.raises(TooLongError):
        for _ in range(100):
            reader.feed(piece)


def test_many_short_events_and_comments_have_no_bound() -> None:
    reader = EventReader(most_chars=50)
    for _ in range(100):
        assert reader.feed(b": waiting, still waiting\n\n") == []
        assert reader.feed(b": waiting\ndata: a short event\n") == []
        assert len(reader.feed(b"\n")) == 1
