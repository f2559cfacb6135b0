from __future__ import annotations

from support.logs import Script, answer, append, committed, pcm, request, session, speech_started, speech_stopped

from rtnb.session.timeline.taking import timeline_of_observer


def test_waits_and_stalls() -> None:
    steps = answer(1, ["a", "b", "c"], [pcm(100)] * 3)
    deltas = [number for number, (_, event) in enumerate(steps) if event["type"].endswith(".delta")]
    script = Script(session(), request(None))
    script.play(steps[: deltas[0]], at_s=1.0)
    script.play(steps[deltas[0] : deltas[2]], at_s=1.8)
    script.play(steps[deltas[2] : deltas[4]], at_s=2.0)
    script.play(steps[deltas[4] :], at_s=2.7)
    found = timeline_of_observer(script.observer).gaps
    assert [(gap.kind, round(gap.start_s, 2), round(gap.end_s, 2)) for gap in found] == [
        ("wait", 1.03, 1.8),
        ("stall", 2.01, 2.7),
    ]


def test_what_is_missing_of_speech() -> None:
    script = Script(session())
    for step in range(60):
        # The page was busy for 0.4 s in the middle.
        script.play(append(pcm(20)), at_s=1.0 + 0.02 * step + (0.4 if step >= 30 else 0.0))
        if step == 10:
            script.play(speech_started("item_u", 0), at_s=script.now_s)
    script.play(speech_stopped("item_u", 1000), committed("item_u"))
    (gap,) = timeline_of_observer(script.observer).gaps
    assert gap.kind == "upload" and 0.4 < gap.seconds < 0.45


def test_silence_between_turns_is_no_gap() -> None:
    script = Script(session(), request(None), answer(1, ["a"]))
    script.play(request("k"), answer(2, ["b"], key="k"), at_s=60.0)
    assert timeline_of_observer(script.observer).gaps == ()


def test_a_connection_that_was_lost() -> None:
    script = Script(("local", {"type": "rtnb.connection.opened"}), session(id="sess_1"))
    script.play(("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": "gone"}), at_s=2.0)
    script.play(("local", {"type": "rtnb.connection.opened"}), session(id="sess_2"), at_s=3.5)
    timeline = timeline_of_observer(script.observer)
    (gap,) = timeline.gaps
    assert (gap.kind, round(gap.start_s, 2), round(gap.end_s, 2)) == ("connection", 2.0, 3.51)
    first, second = timeline.links
    assert (first.code, first.reason, second.lost_s) == (1006, "gone", None)
    assert timeline.detail(first.lost_seq).type == "rtnb.connection.lost"
