from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import Script, answer, append, got, pcm, sent, session

from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import Kinds, columns_of, is_bulk
from rtnb.session.timeline.runs import PAUSE_S, Runs
from rtnb.session.timeline.shapes import Run
from rtnb.session.timeline.taking import timeline_of_observer

DELTA = "response.output_text.delta"


def runs_of(log: EventLog, cuts: list[int] | None = None) -> tuple[tuple[Run, ...], np.ndarray]:
    runs, kinds, placed = Runs(), Kinds(), []
    edges = [0, *sorted(cuts or []), len(log)]
    for first, last in pairwise(edges):
        events = log[first:last]
        placed.append(runs.take(events, columns_of(events, kinds), kinds, first))
    return runs.all(1e9), np.concatenate(placed)


def test_deltas_of_an_answer_are_one_line_although_others_lie_between() -> None:
    script = Script(session(), answer(1, ["Hel", "lo"], [pcm(100), pcm(100)]))
    timeline = timeline_of_observer(script.observer)
    found = {run.type: run for run in timeline.runs}
    spoken = found["response.output_audio.delta"]
    assert spoken.count == 2 and abs(spoken.audio_s - 0.2) < 1e-9 and spoken.item_id == "item_r1"
    assert found["response.output_audio_transcript.delta"].text == "Hello"
    assert spoken.last_seq - spoken.first_seq == 2


def test_two_answers_are_two_lines_and_so_is_what_comes_after_a_pause() -> None:
    script = Script(session(), [got(DELTA, item_id="a", delta="1"), got(DELTA, item_id="b", delta="2")] * 2)
    script.play(got(DELTA, item_id="a", delta="3"), at_s=script.now_s + PAUSE_S + 0.1)
    found = timeline_of_observer(script.observer).runs
    assert [(run.item_id, run.count, run.text) for run in found] == [("a", 2, "11"), ("b", 2, "22"), ("a", 1, "3")]


def test_any_other_event_ends_a_run_of_appends() -> None:
    script = Script(session(), [append(pcm(20))] * 3, sent("input_audio_buffer.commit"), [append(pcm(20))] * 2)
    assert [run.count for run in timeline_of_observer(script.observer).runs] == [3, 2]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["input_audio_buffer.append", DELTA, "response.output_audio.delta", "response.done", "error"]),
        st.sampled_from(["a", "b", None, 3]),
        st.sampled_from([0.0, 0.1, 2.0]),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=150)
@given(steps=STEPS, cuts=st.lists(st.integers(0, 40), max_size=3))
def test_every_bulk_event_is_in_one_run(steps: list[tuple[str, object, float]], cuts: list[int]) -> None:
    log, now_s = EventLog(start_s=0.0, start_wall_s=0.0), 0.0
    for kind, item_id, wait_s in steps:
        now_s += wait_s
        body = {"type": kind, "event_id": "e", "item_id": item_id, "delta": "AAAA", "audio": "AAAA"}
        log.record(body, "received", now_s=now_s)
    runs, placed = runs_of(log)
    assert [seq for seq, run in enumerate(placed) if run < 0] == [e.seq for e in log if not is_bulk(e.type)]
    for number, run in enumerate(runs):
        inside = np.flatnonzero(placed == number)
        assert (run.first_seq, run.last_seq, run.count) == (inside[0], inside[-1], len(inside))
        assert {log[int(seq)].type for seq in inside} == {run.type}
        times = [log[int(seq)].t_s for seq in inside]
        assert (run.start_s, run.end_s) == (times[0], times[-1])
        assert max(np.diff(times), default=0.0) <= PAUSE_S
    assert [run.first_seq for run in runs] == sorted(run.first_seq for run in runs)
    again, replaced = runs_of(log, [cut for cut in cuts if cut <= len(log)])
    assert {run.first_seq: run for run in again} == {run.first_seq: run for run in runs}
    assert [again[place].first_seq if place >= 0 else -1 for place in replaced] == [
        runs[place].first_seq if place >= 0 else -1 for place in placed
    ]
