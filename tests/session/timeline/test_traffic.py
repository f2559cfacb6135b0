from __future__ import annotations

from support.logs import Script, answer, append, pcm, session

from rtnb.session.timeline.taking import timeline_of_observer


def test_every_byte_is_in_one_step() -> None:
    script = Script(session(), append(pcm(100)), append(pcm(100)), answer(1, ["a"], [pcm(100)]))
    timeline = timeline_of_observer(script.observer)
    traffic = timeline.traffic(0.0, timeline.duration_s + 1e-6, 7)
    assert len(traffic.sent) == len(traffic.received) == 7
    columns = timeline.columns
    assert traffic.sent.sum() == columns.bytes[columns.direction == 0].sum() > 12_000
    assert traffic.received.sum() == columns.bytes[columns.direction == 1].sum()
    assert timeline.traffic(50.0, 60.0, 3).sent.tolist() == [0, 0, 0]
