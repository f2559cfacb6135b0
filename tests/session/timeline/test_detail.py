from __future__ import annotations

import pytest
from support.logs import Script, append, got, pcm, sent, session

from rtnb.errors import ConfigError
from rtnb.session.timeline.detail import elided
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline


@pytest.fixture
def timeline() -> Timeline:
    audio = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA" * 1000}]}
    return timeline_of_observer(
        Script(
            session(),
            append(pcm(100)),
            sent("conversation.item.create", item=audio),
            got("error", error={"type": "invalid_request_error", "code": "cannot_update_voice", "message": "No."}),
            got("some.new.thing", nested={"a": [1, {"b": "x" * 1000, "c": "words " * 100}]}),
        ).observer
    )


def test_audio_is_named_where_it_was(timeline: Timeline) -> None:
    found = timeline.detail(1)
    assert found.body["audio"] == "<audio: 4,800 bytes, 0.10 s>" and found.audio_s == pytest.approx(0.1)
    assert (found.type, found.family, found.direction) == ("input_audio_buffer.append", "audio in", "sent")
    assert found.run is not None and found.run.count == 1
    assert timeline.detail(2).body["item"]["content"][0]["audio"] == "<audio: 3,000 bytes, 0.06 s>"


def test_the_log_is_not_changed(timeline: Timeline) -> None:
    timeline.detail(2).body["item"]["content"].clear()
    assert timeline.log[2].raw["item"]["content"][0]["audio"] == "AAAA" * 1000


def test_it_is_explained(timeline: Timeline) -> None:
    found = timeline.detail(3)
    assert found.explanation is not None
    assert found.meaning and '"cannot_update_voice"' in found.json


def test_what_nobody_knows_is_shown_all_the_same(timeline: Timeline) -> None:
    found = timeline.detail(4)
    assert found.explanation is None and found.meaning == ""
    assert found.body["nested"]["a"][1]["b"] == "<1,000 characters of base64>"
    assert found.body["nested"]["a"][1]["c"] == "words " * 100


@pytest.mark.parametrize("seq", [-1, 5, True, "a"])
def test_a_place_without_an_event(timeline: Timeline, seq: int) -> None:
    with pytest.raises(ConfigError, match=r"There is no event .*: the timeline has 5, numbered from 0"):
        timeline.detail(seq)


def test_deep_values_end_somewhere() -> None:
    value: object = "end"
    for _ in range(300):
        value = [value]
    assert "…" in repr(elided(value))


def test_a_wall_clock_names_its_zone(timeline: Timeline) -> None:
    assert timeline.detail(0).wall == "2026-11-18 11:06:40.010 UTC"
