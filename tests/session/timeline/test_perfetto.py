"""The trace against the documented rules of the Trace Event Format, and of what Perfetto makes of it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from support.logs import Script, answer, session

from rtnb.session.timeline.perfetto import trace_of
from rtnb.session.timeline.taking import timeline_of_observer

REQUIRED = {
    "X": {"name", "cat", "ph", "ts", "dur", "pid", "tid"},
    "i": {"name", "cat", "ph", "ts", "s", "pid", "tid"},
    "C": {"name", "ph", "ts", "pid", "args"},
    "M": {"name", "ph", "pid", "args"},
}
METADATA = {"process_name": ("name", str), "thread_name": ("name", str), "thread_sort_index": ("sort_index", int)}


def check(trace: dict[str, Any]) -> None:
    """Everything that the format asks for."""
    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert trace["displayTimeUnit"] in ("ms", "ns")
    slices = defaultdict(list)
    named = set()
    for event in trace["traceEvents"]:
        phase = event["ph"]
        assert set(event) >= REQUIRED[phase], event
        assert isinstance(event["name"], str) and event["name"]
        assert isinstance(event["pid"], int)
        if phase == "M":
            member, kind = METADATA[event["name"]]
            assert isinstance(event["args"][member], kind)
            if event["name"] == "thread_name":
                named.add(event["tid"])
            continue
        assert isinstance(event["ts"], int) and event["ts"] >= 0, event
        if phase == "X":
            assert isinstance(event["dur"], int) and event["dur"] >= 0
            slices[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        if phase == "i":
            assert event["s"] in ("g", "p", "t")
        if phase == "C":
            assert event["args"] and all(isinstance(value, int | float) for value in event["args"].values())
        else:
            assert event["tid"] in named, "a track without a name"
    for track in slices.values():
        track.sort(key=lambda span: (span[0], -span[1]))
        stack: list[int] = []
        for start, end in track:
            while stack and stack[-1] <= start:
                stack.pop()
            assert not stack or end <= stack[-1], "slices of a track overlap without nesting"
            stack.append(end)
    json.dumps(trace, allow_nan=False)


def test_a_real_session_is_a_valid_trace(talk) -> None:  # type: ignore[no-untyped-def]
    timeline = talk.timeline
    trace = trace_of(timeline)
    check(trace)
    names = [event["name"] for event in trace["traceEvents"]]
    assert any(name.startswith("response.output_audio.delta ×") for name in names)
    assert any(name.startswith("response latency (voice to voice, estimated)") for name in names)
    assert "Cost so far (USD)" in names and "Bytes a second" in names
    tracks = [e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"]
    assert {"User: audio", "User: speech", "Assistant: playback", "Responses"} <= set(tracks)


def test_times_are_microseconds_from_where_the_timeline_begins(talk) -> None:  # type: ignore[no-untyped-def]
    timeline = talk.timeline
    trace = trace_of(timeline)
    created = next(e for e in trace["traceEvents"] if e["name"] == "response.created")
    first = timeline.responses[0]
    assert created["ts"] == round((first.created_s - timeline.start_s) * 1e6)
    assert created["args"] == {"seq": first.seq}
    deltas = sum(e["args"]["count"] for e in trace["traceEvents"] if e.get("args", {}).get("count"))
    plain = [e for e in trace["traceEvents"] if e["ph"] == "i" and e["cat"] == "event"]
    assert deltas + len(plain) == len(timeline)
    money = [e["args"]["usd"] for e in trace["traceEvents"] if e["name"] == "Cost so far (USD)"]
    assert money == sorted(money) and money[-1] == pytest.approx(float(timeline.charges[-1].running_usd))


def test_what_overlaps_gets_a_track_of_its_own() -> None:
    script = Script(session(), *[[step] for step in answer(1, ["a"])[:2]], answer(2, ["b"]))
    trace = trace_of(timeline_of_observer(script.observer))
    check(trace)
    tracks = [e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"]
    assert "Responses" in tracks and "Responses (2)" in tracks


def test_an_empty_session_is_a_valid_trace() -> None:
    check(trace_of(timeline_of_observer(Script().observer)))
