from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import (
    MS,
    Script,
    answer,
    append,
    committed,
    got,
    pcm,
    request,
    sent,
    session,
    speech_started,
    speech_stopped,
    user_item,
)

from rtnb.session.views.shapes import TurnView

LOUD = (np.sin(np.arange(24000) / 10) * 12000).astype("<i2").tobytes()
"""A second of tone."""


def silence(ms: int) -> bytes:
    return bytes(ms * MS)


def spoken_turn() -> tuple[Script, TurnView]:
    """Two seconds of input at real pace from 0 s on, of which 1.6 s are loud; turn detection answers at 2.3 s."""
    script = Script(session(detection={"silence_duration_ms": 200, "prefix_padding_ms": 300}))
    script.now_s = 0.0
    loud = LOUD * 2
    for i in range(100):
        script.play([append(loud[i * 960 : (i + 1) * 960] if i < 80 else silence(20))], at_s=0.02 * (i + 1))
    script.play(speech_started("item_u", 0), at_s=0.4)
    script.play(speech_stopped("item_u", 1800), at_s=2.05)
    script.play(committed("item_u"), at_s=2.06, step_s=0.0)
    kind = "conversation.item.input_audio_transcription.completed"
    chunks = [silence(150) + LOUD[: 100 * MS], LOUD]
    steps = answer(1, ["a", "b"], chunks)
    deltas = [i for i, (_, event) in enumerate(steps) if event["type"].endswith("audio.delta")]
    script.play(steps[:1], at_s=2.1)
    script.play(steps[1 : deltas[0] - 1], at_s=2.2, step_s=0.0)
    script.play(steps[deltas[0] - 1 : deltas[0]], at_s=2.25)
    script.play(steps[deltas[0] : deltas[0] + 1], at_s=2.3)
    script.play(steps[deltas[0] + 1 : deltas[1] + 1], at_s=2.8, step_s=0.0)
    script.play(steps[deltas[1] + 1 :], at_s=3.0, step_s=0.0)
    script.play(got(kind, item_id="item_u", content_index=0, transcript="Hi.", usage=None), at_s=3.5)
    return script, script.turns()[0]


def test_a_spoken_turn_from_end_to_end() -> None:
    _, turn = spoken_turn()
    expected = {
        "endpointing": 2.05 - 1.6,
        "ttfa_vad": 2.3 - 2.05,
        "ttfa_response": 2.3 - 2.1,
        "ttft_text": 2.25 - 2.1,
        "silence_pad": 0.15,
        "response_latency": 2.3 + 0.15 - 1.6,
        "turn_gap": 2.3 + 0.15 - 1.6,
        "generation_speed": 1.0 / 0.5,
        "headroom": 2.3 + 1.25 - 2.8,
        "transcription_lag_commit": 3.5 - 2.06,
        "transcription_lag_response": 3.5 - 3.0,
    }
    assert {name: turn.timing[name].value for name in turn.timing} == pytest.approx(expected, abs=1e-6)
    assert list(turn.timing) == list(expected)
    assert turn.timing.kinds == ("first",)
    for name, interval in turn.timing.items():
        if interval.unit == "s":
            assert interval.value == pytest.approx(interval.end_s - interval.start_s), name


def test_a_request_by_hand_has_its_own_name() -> None:
    script = Script(session(vad=False), user_item("item_1", "Go."))
    script.play(request("turn_1"), at_s=1.0)
    steps = answer(1, ["Yes."], [LOUD], key="turn_1")
    script.play(steps, at_s=1.5, step_s=0.0)
    timing = script.turns()[0].timing
    assert timing["ttfa_manual"].value == pytest.approx(0.5)
    assert timing["ttfa_response"].value == 0.0
    assert "ttfa_vad" not in timing and "endpointing" not in timing and "turn_gap" not in timing


def test_semantic_vad_hides_where_the_speech_ended() -> None:
    detection = {"type": "semantic_vad", "silence_duration_ms": None, "prefix_padding_ms": None}
    script = Script(session(detection=detection)).play([append(LOUD[:960]) for _ in range(100)], step_s=0.02)
    script.play(speech_started("item_u", 0), speech_stopped("item_u", 1800), committed("item_u"))
    script.play(answer(1, ["Yes."], [LOUD]))
    timing = script.turns()[0].timing
    assert "endpointing" not in timing and "response_latency" not in timing
    assert "ttfa_vad" in timing and "turn_gap" in timing


def test_a_silent_answer_is_never_audible() -> None:
    script = Script(session(), request("turn_1"), answer(1, ["…"], [silence(500)], key="turn_1"))
    timing = script.turns()[0].timing
    assert "silence_pad" not in timing and "ttfa_response" in timing


def interrupted(ack_s: float | None = 6.9) -> Script:
    """An answer of four seconds from 5.0 s on; the user speaks into it at 6.2 s, as the server says at 6.5 s."""
    script = Script(session(detection={"prefix_padding_ms": 300}))
    for i in range(350):
        script.play([append(silence(20))], at_s=0.02 * (i + 1))
    script.play(request("turn_1"), at_s=4.9)
    steps = answer(1, ["a", "b"], [LOUD * 3, LOUD], key="turn_1", status="cancelled", reason="turn_detected")
    script.play(steps[:-1], at_s=5.0, step_s=0.0)
    script.play(speech_started("item_v", 5900), at_s=6.5)
    script.play(steps[-1:], at_s=6.6)
    script.play(sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=1500), at_s=6.7)
    if ack_s is not None:
        script.play(
            got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=1500), at_s=ack_s
        )
    return script


def test_a_barge_in_step_by_step() -> None:
    turn = interrupted().turns()[0]
    assert turn.heard_s == pytest.approx(1.5) and turn.received_s == pytest.approx(4.0)
    assert turn.unheard_s == pytest.approx(2.5)
    timing = turn.timing
    assert timing["bargein_detect"].value == pytest.approx(6.5 - 6.2, abs=1e-6)
    assert "bargein_stop" not in timing, "no player said when it fell silent"
    assert timing["unheard"].reckoned and timing["unheard"].words == "2.50 s reckoned"
    assert timing["cancel_ack"].value == pytest.approx(0.1)
    assert timing["truncate_ack"].value == pytest.approx(0.2)
    assert timing["unheard"].value == pytest.approx(2.5)
    assert "headroom" not in timing
    assert timing.kinds == ("first", "interrupted")


def test_a_player_that_reports_is_no_reckoning() -> None:
    script = Script(session(detection={"prefix_padding_ms": 300}))
    for i in range(350):
        script.play([append(silence(20))], at_s=0.02 * (i + 1))
    script.play(("local", {"type": "rtnb.player", "attached": True}), at_s=4.8)
    script.play(request("turn_1"), at_s=4.9)
    steps = answer(1, ["a", "b"], [LOUD * 3, LOUD], key="turn_1", status="cancelled", reason="turn_detected")
    script.play(steps[:-1], at_s=5.0, step_s=0.0)
    script.play(("local", {"type": "rtnb.playback", "item_id": "item_r1", "played_ms": 1500}), at_s=6.4)
    script.play(speech_started("item_v", 5900), at_s=6.5)
    script.play(steps[-1:], at_s=6.6)
    timing = script.turns()[0].timing
    assert "bargein_stop" in timing and "unheard" in timing
    assert not any(each.reckoned for each in timing.values())


def test_a_burst_has_no_speed() -> None:
    def speed(step_s: float) -> bool:
        script = Script(session(), request("turn_1"))
        script.play(answer(1, ["a", "b"], [LOUD, LOUD], key="turn_1"), at_s=1.0, step_s=step_s)
        return "generation_speed" in script.turns()[0].timing

    assert speed(0.06) and not speed(0.005)


def test_what_the_server_never_acknowledged_took_no_time() -> None:
    assert "truncate_ack" not in interrupted(None).turns()[0].timing


def test_unheard_audio_has_a_price_and_no_more_than_was_billed() -> None:
    turn = interrupted().turns()[0]
    assert turn.unheard_cost is not None and turn.cost is not None
    # 2.5 s are 50 tokens of the 91 that were billed.
    (line,) = [line for line in turn.unheard_cost.lines if line.quantity]
    assert (line.modality, int(line.quantity)) == ("audio", 50)
    assert 0 < turn.unheard_cost.total_usd < turn.cost.total_usd


def test_the_turn_behind_a_truncation_is_told_apart() -> None:
    script = interrupted()
    script.play(speech_stopped("item_v", 6800), at_s=7.1).play(committed("item_v"))
    script.play(answer(2, ["Yes."], [LOUD]))
    script.play(request("turn_3"), answer(3, ["Well."], [LOUD], key="turn_3"))
    assert [turn.timing.kinds for turn in script.turns()] == [("first", "interrupted"), ("after_truncation",), ()]


def tool_turn(*, background: bool = False) -> Script:
    call: dict[str, Any] = {"id": "item_c", "type": "function_call", "name": "weather", "call_id": "call_1"}
    given = {"arguments": '{"city": "Paris"}'}
    head = {"object": "realtime.response", "metadata": {"rtnb_turn": "turn_1"}, "conversation_id": "conv_1"}
    place = {"response_id": "resp_1", "output_index": 0}
    script = Script(session(vad=False), user_item("item_1", "Weather?"), request("turn_1"))
    script.play(got("response.created", response={"id": "resp_1", "status": "in_progress", "output": [], **head}))
    script.play(got("response.output_item.added", item=call, **place))
    done = {"item_id": "item_c", "call_id": "call_1", "name": "weather"}
    script.play(got("response.function_call_arguments.done", **place, **done, **given), at_s=2.0)
    script.play(got("response.output_item.done", item={**call, **given}, **place))
    end = {"id": "resp_1", "status": "completed", "output": [{**call, **given}], "usage": None, **head}
    script.play(got("response.done", response=end))
    note: Any = (
        "local",
        {"type": "rtnb.tool.started", "call_id": "call_1", "name": "weather", "background": background},
    )
    script.play(note, at_s=2.1)
    finished: Any = ("local", {"type": "rtnb.tool.finished", "call_id": "call_1", "status": "completed", "error": ""})
    script.play(finished, at_s=2.6)
    output = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
    script.play(sent("conversation.item.create", item=output), at_s=2.75)
    script.play(request("turn_1"), at_s=2.8)
    script.play(answer(2, ["Sunny."], [LOUD], key="turn_1"), at_s=3.5, step_s=0.0)
    return script


def test_the_detour_through_a_function() -> None:
    (turn,) = tool_turn().turns()
    assert turn.timing["tool_run"].value == pytest.approx(0.75)
    assert turn.timing["tool_answer"].value == pytest.approx(0.75)
    assert turn.timing["tool_gap"].value == pytest.approx(1.5)
    assert "tool" in turn.timing.kinds
    # The answer is that of the second response, and so is what is timed of it.
    assert turn.timing["ttfa_response"].value == 0.0 and turn.timing["ttfa_manual"].value > 1.5
    assert turn.latency is not None and turn.latency.end_s == turn.timing["ttfa_manual"].end_s
    (call,) = turn.tool_calls
    assert (call.name, call.arguments, call.output, call.call_id) == ("weather", '{"city": "Paris"}', "sunny", "call_1")
    assert call.duration_s == pytest.approx(0.5) and not call.background and call.status == "completed"
    assert turn.assistant_text == "Sunny."


def test_a_function_in_the_background_holds_nothing_up() -> None:
    (turn,) = tool_turn(background=True).turns()
    assert "tool_run" not in turn.timing and "tool" in turn.timing.kinds
    assert turn.tool_calls[0].background


def test_a_log_that_begins_in_the_middle_is_timed_as_far_as_it_goes() -> None:
    script = Script(session())
    script.play(answer(1, ["Yes."], [LOUD])[3:])
    assert [turn.timing.get("ttfa_response") for turn in script.turns()] in ([], [None])
    script = Script(session(), append(pcm(100)), speech_stopped("item_x", 100), committed("item_x"))
    assert all(not turn.timing.get("endpointing") for turn in script.turns())


def steps_of(script: Script) -> list[tuple[Any, Any]]:
    return [(event.direction, event.raw) for event in script.log if not event.type.endswith("buffer.append")]


STEPS = [*steps_of(tool_turn()), *steps_of(interrupted()), *steps_of(spoken_turn()[0])]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(STEPS))), max_size=60), st.floats(-0.5, 2.0))
def test_events_in_any_order_doubled_or_lost_are_viewed_all_the_same(order: list[int], step_s: float) -> None:
    script = Script(session(), [append(LOUD[:9600])])
    script.play([STEPS[i] for i in order], step_s=step_s)
    view = script.view()
    for turn in view.turns:
        assert all(np.isfinite(interval.value) for interval in turn.timing.values())
        assert turn.unheard_s is None or turn.unheard_s >= 0
        assert turn._repr_mimebundle_()["text/plain"]
    assert view._repr_mimebundle_()["text/plain"]


def test_a_written_answer_counts_from_the_request_however_many_functions_are_called() -> None:
    script = Script(session(vad=False), user_item("item_1", "Go."))
    script.play(request("turn_1"), at_s=1.0)
    steps = answer(1, ["Yes."], [], key="turn_1")
    script.play(steps[:1], at_s=1.5)
    script.play(steps[1:], at_s=2.0, step_s=0.0)
    turn = script.turns()[0]
    assert turn.latency is not None and turn.latency.start == "request"
    assert turn.timing["ttft_manual"].value == pytest.approx(turn.latency.seconds)
    assert turn.timing["ttft_text"].value < turn.timing["ttft_manual"].value
    # The words of a spoken answer are no figure of their own: it is its sound that is waited for.
    spoken = Script(session(vad=False), request("turn_1"), answer(1, ["Yes."], [LOUD], key="turn_1"))
    assert "ttft_manual" not in spoken.turns()[0].timing
