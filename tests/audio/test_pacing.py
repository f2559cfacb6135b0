from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.pacing import CHUNK_MS, chunks


@given(data=st.binary(max_size=3000), bytes_per_ms=st.integers(1, 48), chunk_ms=st.integers(1, 60))
def test_nothing_is_lost_and_nothing_is_early(data: bytes, bytes_per_ms: int, chunk_ms: int) -> None:
    found = list(chunks(data, bytes_per_ms=bytes_per_ms, chunk_ms=chunk_ms))
    assert b"".join(chunk for _, chunk in found) == data
    sent = 0
    for due_s, chunk in found:
        assert 0 < len(chunk) <= bytes_per_ms * chunk_ms
        sent += len(chunk)
        assert due_s == pytest.approx(sent / bytes_per_ms / 1000)
    assert all(len(chunk) == bytes_per_ms * chunk_ms for _, chunk in found[:-1])


def test_the_clock_does_not_drift_over_an_hour() -> None:
    (*_, last) = chunks(bytes(3_600_000), bytes_per_ms=1)
    assert last[0] == 3600.0


def test_a_chunk_is_a_usual_frame() -> None:
    (first, *_) = chunks(bytes(48 * 100), bytes_per_ms=48)
    assert first == (CHUNK_MS / 1000, bytes(48 * CHUNK_MS))


def test_nothing_takes_no_time() -> None:
    assert list(chunks(b"", bytes_per_ms=48)) == []
