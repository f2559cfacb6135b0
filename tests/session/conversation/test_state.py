from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.envelope import AudioRef, AudioStore
from rtnb.session.conversation.state import InputClock, ItemState, ResponseState, heard_s

CHUNKS = st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 4800)), min_size=1, max_size=20)


def running(chunks: list[tuple[float, int]]) -> tuple[InputClock, list[tuple[float, int]]]:
    clock, now_s, total = InputClock(), 5.0, 0
    marks = []
    for wait_s, size in chunks:
        now_s, total = now_s + wait_s, total + size
        clock.sent(now_s, total)
        marks.append((now_s, total))
    return clock, marks


@given(CHUNKS)
def test_the_last_sample_of_a_chunk_was_captured_when_it_was_sent(chunks: list[tuple[float, int]]) -> None:
    clock, marks = running(chunks)
    for t_s, total in marks:
        assert clock.t_s(total) == t_s
    assert clock.total_bytes == marks[-1][1]


@given(CHUNKS, st.data())
def test_within_a_chunk_time_runs_with_the_samples(chunks: list[tuple[float, int]], data: st.DataObject) -> None:
    clock, marks = running(chunks)
    position = data.draw(st.integers(1, marks[-1][1]))
    t_s, total = next(mark for mark in marks if mark[1] >= position)
    assert clock.t_s(position) == pytest.approx(t_s - (total - position) / 48 / 1000)


def test_audio_behind_a_pause_begins_when_it_was_sent_and_not_when_the_pause_began() -> None:
    clock = InputClock()
    clock.sent(1.0, 4800)
    clock.sent(9.0, 4800 + 960)
    assert clock.t_s(4800) == 1.0
    assert clock.t_s(4800, begins=True) == pytest.approx(8.98)


def test_what_was_not_sent_yet_is_the_end_of_what_was() -> None:
    clock, marks = running([(0.1, 960)])
    assert clock.t_s(10**9) == marks[-1][0]


def test_before_anything_was_sent_it_is_the_beginning() -> None:
    assert InputClock().t_s(4800) == 0.0
    assert InputClock().total_bytes == 0


def test_another_format_has_another_rate() -> None:
    clock = InputClock(bytes_per_ms=8)
    clock.sent(1.0, 8000)
    assert clock.t_s(0) == 0.0


def test_an_answers_audio_is_the_sum_of_its_pieces() -> None:
    store = AudioStore("s")
    item = ItemState("item_1")
    assert item.audio_bytes == 0
    item.audio = [AudioRef(("delta",), store, 0, 960), AudioRef(("delta",), store, 5000, 40)]
    assert item.audio_bytes == 1000


def test_a_response_is_over_once_it_is_done_whatever_became_of_it() -> None:
    response = ResponseState("resp_1", created_s=1.0)
    assert not response.over
    response.done_s, response.status = 0.0, "failed"
    assert response.over


def test_what_was_heard_of_several_answers() -> None:
    store = AudioStore("s")
    whole, cut = ItemState("item_1"), ItemState("item_2", heard_s=0.25)
    whole.audio = cut.audio = [AudioRef(("delta",), store, 0, 48000)]
    assert heard_s([]) is None
    assert heard_s([whole]) is None
    assert heard_s([whole, cut]) == 1.25
    cut.heard_s = 0.0
    assert heard_s([cut]) == 0.0


def test_how_long_an_answer_is_depends_on_its_format() -> None:
    store = AudioStore("s")
    telephone = ItemState("item_1", bytes_per_ms=8, audio=[AudioRef(("delta",), store, 0, 24_000)])
    pcm = ItemState("item_2", heard_s=0.5)
    assert telephone.audio_ms == 3000
    assert heard_s([telephone, pcm]) == 3.5
