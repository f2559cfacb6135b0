from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.session.record.packing import CODECS, Codec, checked_codec, gathered, packed, scattered, sounding, unpacked


@settings(deadline=None, max_examples=30)
@given(data=st.binary(max_size=5000))
@pytest.mark.parametrize("codec", ["pcm", "flac"])
def test_lossless_is_lossless_for_any_bytes(codec: Codec, data: bytes) -> None:
    assert unpacked(packed(data, codec), codec, len(data)) == data


@settings(deadline=None, max_examples=15)
@given(length=st.integers(0, 100_000))
@pytest.mark.parametrize("codec", CODECS)
def test_the_length_comes_back_to_the_byte(codec: Codec, length: int) -> None:
    assert unpacked(packed(bytes(length), codec), codec, length) == bytes(length)


@pytest.mark.parametrize("name", ["", "PCM", "mp3", 5])
def test_an_unknown_codec_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="'pcm', 'flac', 'opus', 'none'"):
        checked_codec(name)


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 60_000).map(bytes)), max_size=6))
def test_leaving_out_silence_loses_nothing(parts: list[bytes]) -> None:
    data = b"".join(parts)
    spans = sounding(data)
    assert scattered(gathered(data, spans), spans, len(data)) == data
    assert all(start % 2 == 0 and size % 2 == 0 and size > 0 for start, size in spans)
    assert all(start + size <= later for (start, size), (later, _) in pairwise(spans))


def test_long_silence_is_left_out_and_short_pauses_are_not() -> None:
    word, second = b"\x05\x00" * 100, bytes(48_000)
    assert sounding(word + bytes(4_800) + word) == [(0, 5_200)]
    assert sounding(second + word + second + word + second) == [(48_000, 200), (96_200, 200)]
    assert sounding(b"") == sounding(second) == []


@pytest.mark.parametrize("spans", [[(-2, 4)], [(0, -4)], [(0, 10**9)], [(10**9, 4)]])
def test_spans_that_lie_change_no_length(spans: list[tuple[int, int]]) -> None:
    try:
        assert len(scattered(b"abcd", spans, 8)) == 8
    except ValueError:
        assert min(spans[0]) < 0
