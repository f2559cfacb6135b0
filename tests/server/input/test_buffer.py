from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.server.input.buffer import IDLE_KEEP_MS, InputBuffer

RATE = PCM16.bytes_per_ms
POSITION = st.floats(-50, 200)


def stream(ms: float, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(int(ms * RATE))


def filled(data: bytes) -> InputBuffer:
    buffer = InputBuffer()
    buffer.append(data)
    return buffer


@given(st.lists(st.binary(max_size=2000), max_size=12))
def test_chunks_of_any_length_are_one_stream(chunks: list[bytes]) -> None:
    buffer = InputBuffer()
    for chunk in chunks:
        buffer.append(chunk)
    whole = b"".join(chunks)
    assert buffer.end_bytes == len(whole)
    assert buffer.end_ms == buffer.duration_ms == len(whole) / RATE
    assert buffer.slice_ms(0) == whole
    assert buffer.take_all() == whole[: len(whole) // 2 * 2]
    assert buffer.duration_ms == 0


@given(start=POSITION, end=POSITION, dropped=POSITION)
def test_positions_are_those_of_the_whole_session(start: float, end: float, dropped: float) -> None:
    data = stream(150)
    buffer = filled(data)
    buffer.take_until_ms(dropped)
    held = min(max(0, int(dropped)), 150) * RATE
    first = max(held, int(start) * RATE)
    assert buffer.slice_ms(start, end) == data[first : max(first, int(end) * RATE)]
    assert buffer.slice_ms(start) == data[first:]
    assert buffer.end_ms == 150
    assert buffer.duration_ms == 150 - held / RATE


def test_looking_does_not_take() -> None:
    buffer = filled(stream(100))
    assert buffer.slice_ms(10, 20) == buffer.slice_ms(10, 20)
    assert buffer.duration_ms == 100


def test_the_session_goes_on_counting_after_a_commit() -> None:
    first, second = stream(100, 1), stream(60, 2)
    buffer = filled(first)
    assert buffer.take_all() == first
    buffer.append(second)
    assert buffer.slice_ms(0) == second
    assert buffer.slice_ms(110, 120) == second[10 * RATE : 20 * RATE]
    assert buffer.end_ms == 160


def test_clearing_forgets_but_counts() -> None:
    buffer = filled(stream(100))
    buffer.clear()
    assert (buffer.duration_ms, buffer.end_ms, buffer.take_all()) == (0, 100, b"")


def test_half_a_sample_left_behind_does_not_shift_what_follows() -> None:
    second = stream(60, 2)
    for forget in (InputBuffer.take_all, InputBuffer.clear):
        buffer = filled(stream(100) + b"\x7f")
        forget(buffer)
        buffer.append(second)
        assert buffer.end_bytes % 2 == 0
        cut = buffer.slice_ms(110, 120)
        at = second.index(cut)
        assert at % 2 == 0, "samples are cut in half"


def test_taking_twice_or_out_of_range_is_harmless() -> None:
    data = stream(100)
    buffer = filled(data)
    buffer.take_until_ms(40)
    buffer.take_until_ms(40)
    buffer.take_until_ms(10)
    assert buffer.slice_ms(0) == data[40 * RATE :]
    buffer.take_until_ms(1e6)
    assert buffer.duration_ms == 0
    assert buffer.end_ms == 100


def test_endless_silence_does_not_fill_the_memory() -> None:
    buffer = InputBuffer()
    second = stream(1000)
    for seconds in range(1, 201):
        buffer.append(second)
        buffer.forget_idle()
        assert buffer.duration_ms >= min(1000 * seconds, IDLE_KEEP_MS)
        assert buffer.duration_ms <= 2 * IDLE_KEEP_MS + 1000
    assert buffer.end_ms == 200_000
    assert buffer.slice_ms(199_000) == second


@given(st.integers(0, 3000), st.floats(0, 60))
def test_what_is_held_begins_where_it_says(size: int, taken: float) -> None:
    data = stream(150)[:size]
    buffer = filled(data)
    buffer.take_until_ms(taken)
    assert buffer.slice_ms(buffer.start_ms) == data[buffer.start_ms * RATE :]
    assert buffer.slice_ms(0) == buffer.slice_ms(buffer.start_ms)
    buffer.clear()
    assert (buffer.start_ms - 1) * RATE < buffer.end_bytes <= buffer.start_ms * RATE


FORMATS = st.sampled_from([PCM16, PCMU, PCMA])


@given(FORMATS, st.lists(st.binary(max_size=900), max_size=6))
def test_milliseconds_are_those_of_the_format(format: AudioFormat, chunks: list[bytes]) -> None:
    buffer = InputBuffer(format)
    for chunk in chunks:
        buffer.append(chunk)
    whole = b"".join(chunks)
    assert buffer.duration_ms == len(whole) / format.bytes_per_ms
    assert buffer.slice_ms(5, 9) == whole[5 * format.bytes_per_ms : 9 * format.bytes_per_ms]
    assert buffer.take_all() == format.whole(whole)


@given(FORMATS, st.lists(st.tuples(FORMATS, st.integers(0, 700)), max_size=6))
def test_positions_go_on_when_the_format_changes(first: AudioFormat, steps: list[tuple[AudioFormat, int]]) -> None:
    buffer = InputBuffer(first)
    end_ms = 0.0
    for format, size in steps:
        buffer.convert(format)
        buffer.append(bytes(size))
        end_ms += size / format.bytes_per_ms
        assert buffer.end_ms == pytest.approx(end_ms, abs=0.2 * len(steps))
        assert buffer.duration_ms == pytest.approx(buffer.end_ms)
    held_ms = buffer.duration_ms
    buffer.clear()
    assert buffer.end_ms == pytest.approx(held_ms, abs=0.2)


def test_what_is_held_keeps_sounding_the_same_in_another_format() -> None:
    tone = (0.4 * np.sin(2 * np.pi * 300 * np.arange(24_000) / 24_000)).astype(np.float32)
    buffer = InputBuffer(PCM16)
    buffer.append(bytes(48 * 500) + PCM16.encode(tone, 24_000) + b"\x01")
    buffer.take_until_ms(500)
    for format in (PCMU, PCMA, PCM16):
        buffer.convert(format)
        assert (buffer.start_ms, buffer.end_ms) == (500, 1500)
        samples = format.decode(buffer.slice_ms(500))
        assert np.argmax(np.abs(np.fft.rfft(samples))) == 300
        assert samples[500:-500].std() == pytest.approx(0.4 / np.sqrt(2), rel=0.03)


def test_a_change_of_format_converts_bit_by_bit_and_seamlessly() -> None:
    tone = (0.4 * np.sin(2 * np.pi * 300 * np.arange(72_000) / 24_000)).astype(np.float32)
    whole, cut = InputBuffer(PCM16), InputBuffer(PCM16)
    for buffer in (whole, cut):
        buffer.append(PCM16.encode(tone, 24_000))
        buffer.convert(PCMU)
        buffer.append(PCMU.encode(tone, 24_000))
        assert (buffer.duration_ms, buffer.settled) == (6000, False)
    steps = 0
    while not cut.settled:
        cut.settle(most_ms=7)
        steps += 1
    assert steps == -(-3000 // 7) and cut.duration_ms == 6000
    cut.settle()
    one, other = (PCMU.decode(buffer.take_all()) for buffer in (whole, cut))
    assert np.abs(one - other).max() < 0.02


def test_there_and_back_again_loses_nothing() -> None:
    data = stream(200)
    buffer = filled(data)
    buffer.convert(PCMU)
    buffer.convert(PCM16)
    assert buffer.take_all() == data


def test_a_change_in_the_middle_of_another_one() -> None:
    buffer = filled(stream(200))
    buffer.convert(PCMU)
    buffer.settle(most_ms=50)
    buffer.convert(PCMA)
    buffer.append(bytes(80))
    assert (buffer.duration_ms, len(buffer.take_all()), buffer.end_ms) == (210, 1680, 210)
    buffer.append(bytes(800))
    buffer.convert(PCM16)
    buffer.settle(most_ms=50)
    buffer.clear()
    assert (buffer.duration_ms, buffer.end_ms, buffer.settled) == (0, 310, True)


@given(st.integers(0, 200), st.integers(0, 200))
def test_what_is_taken_is_what_was_there(start: int, end: int) -> None:
    data = stream(150)
    looked, taken = filled(data), filled(data)
    expected = looked.slice_ms(start, end)
    assert taken.take_ms(start, max(start, end)) == expected
    assert (taken.end_ms, taken.slice_ms(0)) == (150, data[min(150, max(start, end)) * RATE :])


def test_what_was_taken_is_the_takers() -> None:
    buffer = filled(stream(100))
    data = buffer.take_all()
    buffer.append(bytes(960))
    assert len(data) == 4800 and buffer.end_ms == 120
