from __future__ import annotations

import pytest
from support.logs import Script, answer, append, committed, pcm, request, session, speech_started, speech_stopped

from rtnb._display import bundle
from rtnb.errors import ConfigError
from rtnb.session.timeline.comparing import WAYS, aligned
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline


def spoken(at_s: float) -> Timeline:
    script = Script(session())
    script.play(append(pcm(1000)), speech_started("item_u", 0), at_s=at_s)
    script.play(speech_stopped("item_u", 1000), committed("item_u"), at_s=at_s + 0.3)
    script.play(answer(1, ["a"], [pcm(100)]), at_s=at_s + 0.5)
    return timeline_of_observer(script.observer)


def typed() -> Timeline:
    return timeline_of_observer(Script(session(), request(None), answer(1, ["a"])).observer)


def test_the_same_moment_lies_at_the_same_place() -> None:
    one, other = spoken(2.0), spoken(5.0)
    found = one.against(other)
    assert found.align == "the first speech" and found.shift_s == pytest.approx(-3.0)
    assert other.responses[0].created_s + found.shift_s == pytest.approx(one.responses[0].created_s)
    assert (found.start_s, found.end_s) == pytest.approx((min(0.0, found.start_s), one.duration_s))
    assert one.against(other, 0).shift_s == pytest.approx(-3.0)
    assert one.against(other, "start").shift_s == 0.0


def test_auto_takes_what_both_have() -> None:
    assert spoken(2.0).against(typed()).align == "the first response"
    empty = timeline_of_observer(Script().observer)
    assert spoken(2.0).against(empty).align == "the start"


def test_latencies_side_by_side() -> None:
    found = spoken(2.0).against(typed())
    rows = {row.name: row for row in found.rows}
    assert rows["ttfa_vad"].second is None and rows["ttfa_vad"].difference is None
    assert rows["ttfa_vad"].first_n == 1 and rows["ttfa_vad"].second_n == 0
    both = rows["ttft_text"]
    assert both.difference == pytest.approx(both.second - both.first)
    assert "ttft_text" in list(found.to_frame()["name"]) and "aligned at" in repr(found)


@pytest.mark.parametrize("align", ["middle", True, 1.5, None, -1, [2]])
def test_no_such_way(align: object) -> None:
    with pytest.raises(
        ConfigError, match="align is one of 'auto', 'start', 'speech', 'response' or the index of a turn, not"
    ):
        typed().against(typed(), align)  # type: ignore[arg-type]


def test_no_such_moment() -> None:
    with pytest.raises(ConfigError, match="The first of the two timelines has no speech: align='start' needs none"):
        typed().against(typed(), "speech")
    with pytest.raises(ConfigError, match="The second of the two timelines has no turn 0"):
        typed().against(timeline_of_observer(Script().observer), 0)


def test_pictures_and_pages_say_it_in_the_same_words() -> None:
    one, other = spoken(2.0), spoken(5.0)
    for way in ("speech", "response", "start"):
        assert aligned(one, other, way).words == WAYS[way] == f"at {one.against(other, way).align}"
    assert aligned(one, other, 0).words == "at turn 1"
    assert f"aligned {WAYS['speech']}" in bundle(one.against(other))["text/html"]
