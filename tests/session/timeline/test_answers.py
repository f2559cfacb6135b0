from __future__ import annotations

import pytest
from support.logs import Script, answer, append, got, pcm, request, sent, session, speech_started

from rtnb.session.timeline.taking import timeline_of_observer


def local(kind: str, **members: object) -> tuple[str, dict[str, object]]:
    return "local", {"type": kind, **members}


def test_a_real_player_says_what_was_heard() -> None:
    steps = answer(1, ["a"], [pcm(1000)])
    script = Script(session(), local("rtnb.player", attached=True), request(None), steps)  # type: ignore[arg-type]
    script.play(local("rtnb.playback", item_id="item_r1", played_ms=400), append(pcm(100)))  # type: ignore[arg-type]
    script.play(speech_started("item_u", 0), at_s=9.0)
    (heard,) = timeline_of_observer(script.observer).heard
    assert heard.reported and heard.cut
    assert (heard.played_s, heard.received_s, heard.unheard_s) == pytest.approx((0.4, 1.0, 0.6))


def test_while_it_sounds_only_a_part_was_heard() -> None:
    script = Script(session(), request(None), answer(1, ["a"], [pcm(5000)]))
    start_s = script.talk.player.start_s("item_r1")
    assert start_s is not None
    live = timeline_of_observer(script.observer, live=True, now_s=start_s + 2.0)
    assert live.heard[0].played_s == pytest.approx(2.0) and not live.heard[0].cut and live.heard[0].unheard_s == 0
    assert live.duration_s == pytest.approx(start_s + 2.0)
    over = timeline_of_observer(script.observer)
    assert over.heard[0].played_s == pytest.approx(5.0) and over.duration_s == pytest.approx(start_s + 5.0)


def test_an_answer_that_was_cut_before_it_began() -> None:
    first, second = answer(1, ["a"], [pcm(2000)]), answer(2, ["b"], [pcm(1000)])
    script = Script(session(), request("k1"), first, local("rtnb.player", attached=True))  # type: ignore[arg-type]
    script.play(request("k2"), second, sent("response.cancel"))
    cut = {each.item_id: each for each in timeline_of_observer(script.observer).heard}
    assert cut["item_r1"].cut and 0 <= cut["item_r1"].played_s < 2.0


def test_responses_by_status_and_who_asked() -> None:
    script = Script(session(), request("k"), answer(1, ["a"], key="k", status="incomplete", reason="max_output_tokens"))
    script.play(got("response.created", response={"id": "resp_2", "conversation_id": None}))
    first, second = timeline_of_observer(script.observer).responses
    assert (first.status, first.reason, first.trigger) == ("incomplete", "cut off at max_output_tokens", "client")
    assert first.requested_s is not None and first.requested_s < first.created_s < first.first_s < first.done_s
    assert not second.in_conversation and second.status == "in_progress" and second.turn == -1
    bars = next(lane for lane in timeline_of_observer(script.observer).lanes if lane.name == "responses").bars
    assert [bar.kind for bar in bars] == ["thinking", "incomplete", "thinking"] and bars[-1].open
