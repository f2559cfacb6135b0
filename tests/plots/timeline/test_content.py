from __future__ import annotations

from rtnb.plots.timeline.content import active_span, lanes_of, latencies, latency_captions, moments_of
from rtnb.plots.timeline.lanes import CallLane
from rtnb.plots.timeline.word_lanes import CostLane, GapLane, MomentLane, TranscriptLane
from rtnb.session.timeline.placing import turn_starts
from rtnb.session.timeline.timeline import Timeline


def test_one_latency_a_turn_the_one_that_a_listener_waits_for(timeline: Timeline) -> None:
    found = latencies(timeline)
    assert len(found) == len({each.turn for each in found}) == 44
    assert {each.name for each in found} == {"response_latency", "ttfa_manual"}
    assert latency_captions(found) == [
        "¹ speech end → first audible sample played (reckoned)",
        "² response.create sent → first output_audio.delta received",
    ]


def test_every_turn_has_its_beginning(timeline: Timeline) -> None:
    starts = turn_starts(timeline)
    assert list(starts) == list(range(44))
    assert list(starts.values()) == sorted(starts.values())


def test_what_happened_lies_within(timeline: Timeline, nothing: Timeline) -> None:
    low, high = active_span(timeline)
    assert low < min(piece.start_s for piece in timeline.pieces)
    assert high > max(each.would_end_s for each in timeline.heard)
    assert active_span(nothing)[0] == 0.0


def test_lanes_without_anything_to_show_are_left_out(timeline: Timeline, crowded: Timeline) -> None:
    def kinds(each: Timeline, *span_s: float) -> list[type]:
        return [type(lane) for lane in lanes_of(each, *span_s)]

    assert CallLane not in kinds(timeline, 100, 120)
    assert GapLane not in kinds(timeline, 100, 120)
    assert {CallLane, GapLane, MomentLane, CostLane, TranscriptLane} <= set(kinds(crowded, 100, 120))
    # Of eleven minutes no word can be read.
    assert TranscriptLane not in kinds(timeline, 0, 680)


def test_errors_are_marked_and_settings_told(crowded: Timeline) -> None:
    found = moments_of(crowded)
    assert sum(each.strong for each in found) == 30
    assert any(each.text == "instructions" for each in found)
    assert [each.at_s for each in found] == sorted(each.at_s for each in found)
