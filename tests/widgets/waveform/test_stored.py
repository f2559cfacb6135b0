"""Sound in the stores of a log."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio.formats import PCM16, PCMU
from rtnb.protocol.envelope import AudioStore
from rtnb.session.conversation.state import InputClock
from rtnb.widgets.waveform.stored import StoreSource, Stretches, format_named


@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    start=st.integers(0, 120),
    length=st.integers(0, 120),
)
def test_pieces_are_read_as_one(sizes: list[int], start: int, length: int) -> None:
    data = np.arange(1, 1 + sum(sizes), dtype="<i2")
    store = AudioStore("sent", data.tobytes())
    places, at = [], 0
    for size in sizes:
        places.append((store, 2 * at, 2 * size))
        at += size
    source = StoreSource(places, PCM16)
    assert len(source) == len(data)
    assert source.read(start, start + length).tolist() == data[start : start + length].tolist()


def test_a_sample_that_is_cut_in_two_pieces_is_one() -> None:
    store = AudioStore("out", b"\x01\x02\x03\x04\x05")
    source = StoreSource([(store, 0, 1), (store, 1, 4)], PCM16)
    assert source.read(0, 9).tolist() == [0x0201, 0x0403] and len(source) == 2


def test_telephone_sound_and_unknown_formats() -> None:
    source = StoreSource([(AudioStore("in", b"\xff\xce"), 0, 2)], PCMU)
    assert (source.read(0, 2).tolist(), source.rate_hz) == ([0, 988], 8000)
    assert format_named("audio/pcmu") is PCMU and format_named("") is PCM16 and format_named("audio/none") is PCM16


def test_it_grows_where_it_lies() -> None:
    store = AudioStore("out", bytes(8))
    source = StoreSource([(store, 0, 4)], PCM16)
    source.place([(store, 0, 8)])
    assert len(source) == 4
    source.place([])
    assert len(source) == 0 and source.read(0, 5).tolist() == []


def test_stretches_end_where_nothing_was_sent() -> None:
    clock, stretches = InputClock(), Stretches()
    at = 0
    for t_s in (0.1, 0.21, 0.29, 3.0, 3.1):
        at += 4800
        clock.sent(t_s, at)
        stretches.follow(clock)
    found = stretches.follow(clock)
    assert [(each.start, each.end) for each in found] == [(0, 14400), (14400, 24000)]
    assert found[1].start_s == 2.9


def test_a_burst_is_one_sound_and_does_not_push_what_is_said_later() -> None:
    clock = InputClock()
    at = 0
    for k in range(5):
        at += 48_000
        clock.sent(10 + k * 0.001, at)
    clock.sent(12.0, at + 960)
    found = Stretches().follow(clock)
    assert [(each.start, each.end) for each in found] == [(0, 240_000), (240_000, 240_960)]
    assert found[1].start_s == 11.98
