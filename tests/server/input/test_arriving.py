from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.formats import PCM16, PCMU, AudioFormat
from rtnb.server.input.arriving import MAX_APPEND_BYTES, MAX_HELD_MS, decoded
from rtnb.server.input.buffer import InputBuffer
from rtnb.server.problems import Refused


@given(st.binary(max_size=200))
def test_audio_comes_out_as_it_went_in(data: bytes) -> None:
    assert decoded(base64.b64encode(data).decode(), InputBuffer()) == data


@given(st.text(max_size=40))
def test_any_text_is_audio_or_refused(text: str) -> None:
    try:
        assert decoded(text, InputBuffer()) == base64.b64decode(text, validate=True)
    except Refused as refused:
        assert (refused.problem.code, refused.problem.param) == ("invalid_value", "audio")


@pytest.mark.parametrize("size", [MAX_APPEND_BYTES + 1, MAX_APPEND_BYTES + 9000])
def test_too_much_at_once(size: int) -> None:
    with pytest.raises(Refused, match=str(MAX_APPEND_BYTES)):
        decoded(base64.b64encode(bytes(size)).decode(), InputBuffer())


@pytest.mark.parametrize("format", [PCM16, PCMU])
def test_too_much_altogether(format: AudioFormat) -> None:
    buffer = InputBuffer(format)
    buffer.append(bytes(format.bytes_per_ms * (MAX_HELD_MS - 1)))
    one_ms = base64.b64encode(bytes(format.bytes_per_ms)).decode()
    buffer.append(decoded(one_ms, buffer))
    with pytest.raises(Refused, match="3600 s"):
        decoded(one_ms, buffer)
