"""What travels to the timeline's page: whole, then only what is new; what is packed is what was there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rtnb
from rtnb.protocol.explain import explain
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.snapshots import Observer
from rtnb.widgets.timeline.parcels import JSON_CHARS, PART_BYTES, Packer, Parcel, detail_of, parts_of, sound_parts
from rtnb.widgets.timeline.rows import LANES, TABLES


def at(log: EventLog, talk: Conversation, *events: tuple[float, str, dict[str, Any]]) -> Timeline:
    for t_s, direction, body in events:
        talk.apply(log.record(body, direction, now_s=t_s))  # type: ignore[arg-type]
    return timeline_of_observer(Observer(talk, log, "a server"), live=True, now_s=events[-1][0] if events else None)


OPENED = (0.1, "received", {"type": "session.created", "event_id": "event_1", "session": {"model": "gpt-realtime"}})
CREATED = (
    1.0,
    "received",
    {"type": "response.created", "event_id": "event_2", "response": {"id": "resp_1", "status": "in_progress"}},
)
DONE = (
    2.0,
    "received",
    {
        "type": "response.done",
        "event_id": "event_3",
        "response": {"id": "resp_1", "status": "completed", "output": []},
    },
)


def times_of(content: dict[str, Any], buffers: list[bytes]) -> np.ndarray[Any, Any]:
    return content["begin_s"] + np.frombuffer(buffers[0], "<u4") * content["tick_s"]


def tables(parcel: Parcel) -> dict[str, dict[str, Any]]:
    content, buffers = parcel
    found = {}
    for table in content["tables"]:
        floats, integers = TABLES[table["name"]]
        found[table["name"]] = {
            **table,
            "numbers": np.frombuffer(buffers[table["at"]], "<f8").reshape(floats, -1).T,
            "integers": np.frombuffer(buffers[table["at"] + 1], "<u4").reshape(integers, -1).T,
            "bytes": buffers[table["at"] + 2],
        }
    return found


def test_a_whole_parcel_holds_every_event_and_its_kind() -> None:
    log, talk = EventLog(start_s=0, start_wall_s=1e9), Conversation()
    timeline = at(log, talk, OPENED, CREATED, DONE)
    content, buffers = Packer().whole(timeline, runs=1)
    assert content["reset"] and content["from"] == 0 and content["head"]["wall_s"] == 1e9
    times, kinds = times_of(content, buffers), np.frombuffer(buffers[1], "<u2")
    assert times.tolist() == pytest.approx([0.1, 1.0, 2.0])
    names = [content["kinds"][kind][0] for kind in kinds]
    assert names == ["session.created", "response.created", "response.done"]
    families = [content["families"][content["kinds"][kind][2]]["name"] for kind in kinds]
    assert families == ["Session and limits", "Responses", "Responses"]
    bars = tables((content, buffers))["bars"]
    assert bars["texts"] == ["completed", "wait 1.00 s\nwait"]
    assert bars["numbers"][0, :2].tolist() == pytest.approx([1.0, 2.0])
    assert LANES[bars["integers"][0, 1]] == "response" and bars["integers"][0, 0] == 1


def test_later_only_what_is_new_travels() -> None:
    log, talk = EventLog(start_s=0, start_wall_s=0.0), Conversation()
    packer = Packer()
    packer.whole(at(log, talk, OPENED, CREATED))
    more = packer.more(at(log, talk, DONE))
    assert more is not None
    content, buffers = more
    assert content["from"] == 2 and "reset" not in content and len(buffers[0]) == 4
    assert [kind[0] for kind in content["kinds"]] == ["response.done"]
    # The bar of the response is another one now, and what came before it stays as it was.
    assert tables(more)["bars"]["texts"] == ["completed", "wait 1.00 s\nwait"]
    assert "notices" not in tables(more)
    again = timeline_of_observer(Observer(talk, log, "a server"), live=True, now_s=2.0)
    assert packer.more(again) is None


def test_each_page_may_come_at_any_time() -> None:
    log, talk = EventLog(start_s=0, start_wall_s=0.0), Conversation()
    packer = Packer()
    packer.whole(at(log, talk, OPENED, CREATED))
    whole, _ = packer.whole(timeline := at(log, talk, DONE))
    assert whole["from"] == 0 and len(whole["kinds"]) == 3
    assert packer.more(timeline) is None


def test_a_second_run_lies_later_by_the_shift() -> None:
    log, talk = EventLog(start_s=0, start_wall_s=0.0), Conversation()
    timeline = at(log, talk, OPENED, CREATED, DONE)
    content, buffers = Packer(1).whole(timeline, runs=2, shift_s=-0.5, label="second")
    assert times_of(content, buffers).tolist() == pytest.approx([-0.4, 0.5, 1.5])
    assert content["run"] == 1 and content["head"]["label"] == "second" and content["head"]["shift_s"] == -0.5
    assert tables((content, buffers))["bars"]["numbers"][0, 0] == pytest.approx(0.5)


def test_a_real_session_has_its_sound_and_its_cost() -> None:
    with rtnb.connect(journal=False) as s:
        s.ask(rtnb.sample("weather_question"), show=False)
        view = rtnb.TimelineView(s)
    content, buffers = Packer().whole(view.timeline)
    found = tables((content, buffers))
    lanes = {LANES[lane] for lane in found["waves"]["integers"][:, 1]}
    assert lanes == {"you", "assistant"}
    assert sum(found["waves"]["integers"][:, 2]) == len(found["waves"]["bytes"]) and max(found["waves"]["bytes"]) > 20
    assert found["costs"]["numbers"][:, 4].sum() > 0
    assert any("→" in text for text in found["brackets"]["texts"])
    clock = np.frombuffer(buffers[content["clock"]], "<f8").reshape(-1, 2)
    assert clock[-1, 1] - clock[0, 1] == pytest.approx(1000 * (clock[-1, 0] - clock[0, 0]), rel=0.01)
    for name, table in found.items():
        starts = table["numbers"][:, 0]
        assert np.all(np.diff(starts) >= 0), name


def test_parts_make_the_whole_again() -> None:
    data = bytes(range(256)) * 9000
    parts = parts_of({"type": "file", "ask": 3}, data)
    assert b"".join(part for _, (part,) in parts) == data
    assert all(len(part) <= PART_BYTES for _, (part,) in parts) and len(parts) == 3
    assert parts_of({"type": "file"}, b"")[0][0]["parts"] == 1
    assert all(len(part) % 2 == 0 for _, (part,) in sound_parts({}, data, 24000))


def test_details_are_plain_words_of_bounded_length() -> None:
    found = detail_of(0, 7, "x" * (JSON_CHARS + 5), explain("response.done"))
    assert found["json"].endswith("… 5 characters more") and found["seq"] == 7
    told = dict(found["explain"])
    assert told["What it is"] and "server" in told["Who sends it"]
    assert detail_of(0, 7, "{}", None)["explain"] == []


def test_a_page_that_comes_later_takes_no_outline_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with rtnb.connect(journal=False) as s:
        s.ask(rtnb.sample("weather_question"), show=False)
        timeline = s.timeline
    packer = Packer()
    monkeypatch.setattr("rtnb.widgets.timeline.parcels.OUTLINE_S", -1.0)
    first = packer.whole(timeline)
    assert not packer.outlined and not any(tables(first)["waves"]["integers"][:, 2])
    monkeypatch.setattr("rtnb.widgets.timeline.parcels.OUTLINE_S", 10.0)
    packer.whole(timeline)
    assert not packer.outlined
    more = packer.more(timeline)
    assert more is not None and packer.outlined and all(tables(more)["waves"]["integers"][:, 2])
