from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb
from rtnb.session.views.timing import Interval, Timing, definitions, definitions_table, in_words

ASKED_FOR = (
    *(
        "endpointing",
        "ttfa_vad",
        "ttfa_response",
        "ttfa_manual",
        "ttft_manual",
        "ttft_text",
        "silence_pad",
        "response_latency",
    ),
    *("generation_speed", "headroom", "bargein_detect", "bargein_stop", "cancel_ack", "truncate_ack", "unheard"),
    *("turn_gap", "tool_run", "tool_answer", "tool_gap", "transcription_lag_commit", "transcription_lag_response"),
)


def test_everything_that_is_to_be_timed_is_defined() -> None:
    assert set(definitions()) == set(ASKED_FOR)


def test_no_two_definitions_can_be_mistaken_for_each_other() -> None:
    found = list(definitions().values())
    assert len({each.label for each in found}) == len(found)
    assert len({(each.start, each.end) for each in found}) == len(found)
    assert len({each.sentence for each in found}) == len(found)


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_definition_says_all_it_must(name: str) -> None:
    found = definitions()[name]
    assert found.name == name and found.unit in ("s", "x")
    for text in (found.label, found.start, found.end, found.source):
        assert text and not text.endswith(".")
    assert found.sentence.endswith(".") and found.start != found.end


def test_the_data_file_holds_nothing_else() -> None:
    path = Path(rtnb.__file__).parent / "session" / "views" / "timing.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert set(data) == {"checked", "percentiles", "audible", "definitions"}
    names = [entry["name"] for entry in data["definitions"]]
    assert len(set(names)) == len(names)


def test_the_table_for_documentation_has_a_row_for_each() -> None:
    lines = definitions_table().splitlines()
    assert len(lines) == 2 + len(definitions())
    assert all(line.count(" | ") == 4 for line in lines if line.startswith("| `"))


def test_an_interval_takes_its_ends_from_its_definition() -> None:
    interval = Interval.of("ttfa_vad", 2.0, 2.75)
    assert (interval.start_event, interval.end_event) == (
        "speech_stopped received", "first output_audio.delta received"
    )  # fmt: skip
    assert (interval.value, interval.unit, interval.text) == (0.75, "s", "0.75 s")
    speed = Interval.of("generation_speed", 1.0, 3.0, 2.5)
    assert (speed.value, speed.unit, speed.end_s) == (2.5, "x", 3.0)


def test_a_timing_is_a_mapping_that_explains_what_is_missing() -> None:
    timing = Timing((Interval.of("ttfa_vad", 2.0, 2.75),))
    assert dict(timing) == {"ttfa_vad": timing.intervals[0]}
    assert "ttfa_vad" in timing and timing.get("ttft_text") is None
    with pytest.raises(KeyError, match="was not measured in this turn"):
        timing["ttft_text"]
    with pytest.raises(KeyError, match="is no timing; there are: endpointing"):
        timing["ttfb"]
    with pytest.raises(FrozenInstanceError):
        timing.kinds = ()  # type: ignore[misc]
    assert timing == Timing((Interval.of("ttfa_vad", 2.0, 2.75),)) != Timing()


def test_a_timing_draws_itself_with_both_ends() -> None:
    bundle = Timing((Interval.of("truncate_ack", 2.0, 2.0002),))._repr_mimebundle_()
    for kind in ("text/plain", "text/html"):
        assert "conversation.item.truncate sent" in bundle[kind]
        assert "conversation.item.truncated received" in bundle[kind]
    assert "nothing was timed" in Timing()._repr_mimebundle_()["text/plain"]


@given(st.floats(-1000, 1000))
def test_words_keep_the_value(value: float) -> None:
    words = in_words(value, "s")
    if words == "<1 ms":
        assert 0 < abs(value) < 0.0005
    else:
        number, unit = words.split()
        assert float(number.replace("−", "-")) * {"s": 1.0, "ms": 0.001}[unit] == pytest.approx(value, abs=0.0051)
