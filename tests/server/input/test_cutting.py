"""Long audio in pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.server.input.cutting import LONGEST_S, joined, piece_end, quiet_ms
from rtnb.speech import Token, Transcription


@pytest.mark.parametrize("format", [PCM16, PCMU, PCMA])
def test_the_cut_is_in_the_quiet(format: AudioFormat) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, format.rate_hz * 12).astype(np.float32)
    samples[format.rate_hz * 5 : format.rate_hz * 11 // 2] = 0
    samples[: format.rate_hz * 3] = 0  # Quiet too, but not where it is to be cut.
    data = format.encode(samples, format.rate_hz)
    assert 5000 < quiet_ms(data, format, 4.0, 8.0) < 5500


@pytest.mark.parametrize("format", [PCM16, PCMU])
@pytest.mark.parametrize("seconds", [0, 1, 28, 28.001, 75])
def test_pieces_fit_and_lose_nothing(format: AudioFormat, seconds: float) -> None:
    size = round(seconds * 1000) * format.bytes_per_ms
    data = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8).tobytes()
    ends = [0]
    while ends[-1] < len(data) or len(ends) == 1:
        ends.append(piece_end(data, format, ends[-1]))
    pieces = [data[start:end] for start, end in pairwise(ends)]
    assert b"".join(pieces) == data
    assert all(len(piece) <= LONGEST_S * 1000 * format.bytes_per_ms for piece in pieces)
    assert all(len(piece) % format.sample_bytes == 0 for piece in pieces)
    assert (len(pieces) == 1) == (seconds <= LONGEST_S)


HEARD = st.lists(st.sampled_from(["a", "bc", "d."]), max_size=4).map(
    lambda words: Transcription("".join(words), 1.0, -0.5, 0.25, tuple(Token(word.encode(), -0.5) for word in words))
)


@given(st.lists(HEARD, min_size=1, max_size=5))
def test_tokens_joined_are_the_text(heard: list[Transcription]) -> None:
    whole = joined(heard)
    assert b"".join(token.data for token in whole.tokens).decode() == whole.text
    assert whole.duration_s == len(heard)
    assert (whole.avg_logprob, whole.no_speech_prob) == (-0.5, 0.25)
