from __future__ import annotations

from support.logs import Script, answer, append, committed, got, pcm, request, session, speech_started, speech_stopped

from rtnb.session.timeline.lanes import LANES, Lane
from rtnb.session.timeline.taking import timeline_of_observer


def lanes(script: Script, **members: object) -> dict[str, Lane]:
    timeline = timeline_of_observer(script.observer, **members)  # type: ignore[arg-type]
    assert tuple(lane.name for lane in timeline.lanes) == LANES
    return {lane.name: lane for lane in timeline.lanes}


def spoken() -> Script:
    script = Script(session())
    for step in range(100):
        script.play(append(pcm(20)), at_s=0.02 * (step + 1))
    script.play(speech_started("item_u", 200), at_s=0.6)
    script.play(speech_stopped("item_u", 1800), committed("item_u"), at_s=2.0)
    return script


def test_speech_with_its_padding_and_its_silence() -> None:
    user = lanes(spoken())["user"]
    found = [(bar.kind, round(bar.start_s, 2), round(bar.end_s, 2)) for bar in user.bars if bar.kind != "audio"]
    assert found == [("prefix", 0.2, 0.5), ("speech", 0.5, 1.6), ("silence", 1.6, 1.8)]
    assert [mark.label for mark in user.marks] == ["1.6 s committed by turn detection"]


def test_speech_that_goes_on_ends_now() -> None:
    script = Script(session(), append(pcm(1000)), speech_started("item_u", 0))
    (bar,) = (bar for bar in lanes(script, live=True, now_s=9.0)["user"].bars if bar.kind == "speech")
    assert bar.open and bar.end_s == 9.0


def test_what_was_heard_and_what_was_not() -> None:
    script = spoken().play(answer(1, ["a"], [b"\x00\x40" * 48_000]), at_s=2.1)
    script.play(append(pcm(100)), speech_started("item_v", 2000), at_s=3.0)
    found = lanes(script)["assistant"]
    kinds = [bar.kind for bar in found.bars]
    assert kinds == ["received", "played", "unheard"] and found.rows == 2
    received, played, unheard = found.bars
    assert played.end_s == unheard.start_s and round(unheard.end_s - played.start_s, 6) == 2.0
    (cut,) = found.marks
    assert cut.t_s == played.end_s and cut.label == "barge-in: 0.86 s of 2.00 s heard, reckoned"
    assert received.row == 1 and received.end_s < played.end_s


def test_calls_with_what_they_waited_for() -> None:
    call = {"id": "item_c", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}'}
    script = Script(session(), request("k"), got("response.created", response={"id": "r"}))
    script.play(got("response.function_call_arguments.delta", response_id="r", item_id="item_c", delta="{"), at_s=1.0)
    script.play(got("response.output_item.done", response_id="r", item=call), at_s=1.5)
    script.play(("local", {"type": "rtnb.tool.started", "call_id": "call_1", "name": "f"}), at_s=1.6)
    script.play(("local", {"type": "rtnb.tool.finished", "call_id": "call_1", "status": "failed"}), at_s=2.6)
    found = [(bar.kind, round(bar.start_s, 2), round(bar.end_s, 2), bar.label) for bar in lanes(script)["tools"].bars]
    assert found == [("writing", 1.0, 1.5, "f(a=1)"), ("failed", 1.6, 2.6, "f(a=1)")]


def test_bars_of_a_row_do_not_overlap() -> None:
    script = Script(session())
    for number in range(1, 4):
        script.play(answer(number, ["a"])[:2])
    found = lanes(script, live=True, now_s=5.0)["responses"]
    assert found.rows == 3 and sorted({bar.row for bar in found.bars}) == [0, 1, 2]


def test_errors_and_notes_are_told_apart() -> None:
    wrong = {"type": "invalid_request_error", "code": "invalid_value", "message": "Wrong."}
    race = {"type": "invalid_request_error", "code": "response_cancel_not_active", "message": "Too late."}
    script = Script(session(), got("error", error=wrong), got("error", error=race))
    script.play(("local", {"type": "rtnb.notice", "text": "Look."}))
    marks = {mark.label: mark.kind for mark in lanes(script)["session"].marks}
    assert marks["Wrong."] == "error" and marks["Too late."] == "benign" and marks["Look."] == "note"
