"""Event logs of other programs load as recordings, whatever they look like, or say which line is at fault."""

from __future__ import annotations

import base64
import gzip
import json
import pprint
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtnb
from rtnb.errors import RecordingError
from rtnb.protocol.beta import BetaTranslator
from rtnb.session.record.foreign import load_foreign, read_foreign
from rtnb.session.record.recording import Recording, load

AUDIO = base64.b64encode(b"\1\2" * 2400).decode()  # 100 ms
LONG_KEY = "sk-proj-abcdefghijklmnop0123456789"


def item(role, kind, text, id):
    return {"id": id, "type": "message", "role": role, "status": "completed", "content": [{"type": kind, "text": text}]}


def ga():
    """A text question and a spoken answer, as (source, event)."""
    place = {"response_id": "resp_1", "item_id": "a", "output_index": 0, "content_index": 0}
    said = {"id": "a", "type": "message", "role": "assistant", "status": "completed"}
    said["content"] = [{"type": "output_audio", "transcript": "42."}]
    started = {**said, "status": "in_progress", "content": []}
    response = {"id": "resp_1", "object": "realtime.response", "status": "in_progress", "output": []}
    usage = {"total_tokens": 30, "input_tokens": 10, "output_tokens": 20}
    session = {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "gpt-realtime-2.1"}
    session |= {"output_modalities": ["audio"], "audio": {"input": {}, "output": {"voice": "cedar"}}}
    asked = item("user", "input_text", "6 times 7?", "u")
    return [
        ("server", {"type": "session.created", "event_id": "event_1", "session": session}),
        ("client", {"type": "conversation.item.create", "event_id": "c1", "item": asked}),
        ("server", {"type": "conversation.item.added", "event_id": "event_2", "previous_item_id": None, "item": asked}),
        ("server", {"type": "conversation.item.done", "event_id": "event_3", "previous_item_id": None, "item": asked}),
        ("client", {"type": "response.create", "event_id": "c2"}),
        ("server", {"type": "response.created", "event_id": "event_4", "response": response}),
        ("server", {"type": "response.output_item.added", "event_id": "event_5", "response_id": "resp_1",
                    "output_index": 0, "item": started}),
        ("server", {"type": "conversation.item.added", "event_id": "event_6", "item": started}),
        ("server", {"type": "response.output_audio.delta", "event_id": "event_7", **place, "delta": AUDIO}),
        ("server", {"type": "response.output_audio_transcript.delta", "event_id": "event_8", **place, "delta": "42."}),
        ("server", {"type": "response.output_audio.delta", "event_id": "event_9", **place, "delta": AUDIO}),
        ("server", {"type": "response.output_audio_transcript.done", "event_id": "event_10", **place,
                    "transcript": "42."}),
        ("server", {"type": "response.output_item.done", "event_id": "event_11", "response_id": "resp_1",
                    "output_index": 0, "item": said}),
        ("server", {"type": "conversation.item.done", "event_id": "event_12", "previous_item_id": "u", "item": said}),
        ("server", {"type": "response.done", "event_id": "event_13",
                    "response": {**response, "status": "completed", "output": [said], "usage": usage}}),
    ]  # fmt: skip


def beta():
    """The same as a beta server would have told it."""
    translator = BetaTranslator()
    found = []
    for source, event in ga():
        if source == "client":
            found.append((source, event))
        else:
            found += [(source, told) for told in translator.outgoing(event)]
    return found


def wrapped(events, **more):
    times = [f"2026-11-18T10:00:{n:02}.500Z" for n in range(len(events))]
    return [{"time": time, "source": source, "event": event, **more} for time, (source, event) in
            zip(times, events, strict=True)]  # fmt: skip


def lines(objects):
    return "\n".join(json.dumps(each) for each in objects).encode()


def the_talk(data):
    found = read_foreign(data, name="log")
    return Recording(found.log, endpoint="it", notes=found.notes)


def check(data, *, user="6 times 7?"):
    talk = the_talk(data)
    (turn,) = talk.turns
    assert (turn.user_text, turn.assistant_text, turn.status) == (user, "42.", "completed")
    assert turn.assistant_audio.duration_s == pytest.approx(0.2)
    assert turn.usage is not None
    return talk


SHAPES = {
    "bare": lambda events: lines([e for _, e in events]),
    "console": lambda events: lines(wrapped(events)),
    "array": lambda events: json.dumps(wrapped(events), indent=1).encode(),
    "object": lambda events: json.dumps({"session": "x", "events": wrapped(events)}).encode(),
    "text inside": lambda events: lines([{"direction": {"client": "sent", "server": "received"}[s], "ts": 1.7e12 + n,
                                          "data": json.dumps(e)} for n, (s, e) in enumerate(events)]),
    "event_type": lambda events: lines([{"timestamp": "2026-01-01T00:00:00", "event_type": e["type"], "event_data": e}
                                        for _, e in events]),
    "agents": lambda events: lines([{"type": "raw_model_event", "data": {"type": f"raw_{s}_event", "data": e}}
                                    for s, e in events]),
    "har": lambda events: json.dumps({"log": {"version": "1.2", "entries": [{"_webSocketMessages": [
        {"type": {"client": "send", "server": "receive"}[s], "time": 1763460000.5 + n, "opcode": 1,
         "data": json.dumps(e)} for n, (s, e) in enumerate(events)]}]}}).encode(),
    "text log": lambda events: "\n".join(["Starting up"] + [
        f"2026-11-18 10:00:{n:02},123 INFO {'>>>' if s == 'client' else '<<<'} {json.dumps(e)}"
        for n, (s, e) in enumerate(events)]).encode(),
    "printed": lambda events: "\n".join(f"Event: {json.dumps(e, indent=2)}" for _, e in events).encode(),
    "gzip": lambda events: gzip.compress(lines(wrapped(events))),
    "python": lambda events: "\n".join(f"INFO:root:got {e['type']} {e!r}" for _, e in events).encode(),
    "python list": lambda events: repr(wrapped(events)).encode(),
    "python pages": lambda events: pprint.pformat(wrapped(events)).encode(),
    "csv": lambda events: "\r\n".join(["time,source,message"] + [
        f'{w["time"]},{w["source"]},"{json.dumps(w["event"]).replace(chr(34), chr(34) * 2)}"'
        for w in wrapped(events)]).encode(),
    "utf-16": lambda events: lines(wrapped(events)).decode().encode("utf-16"),
    "crlf": lambda events: lines(wrapped(events)).replace(b"\n", b"\r\n"),
    "newest first": lambda events: json.dumps(wrapped(events)[::-1]).encode(),
    "newest first without times": lambda events: json.dumps([e for _, e in events][::-1]).encode(),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("events", [ga, beta])
def test_shapes(shape, events):
    talk = check(SHAPES[shape](events()))
    directions = [event.direction for event in talk.events]
    assert directions.count("sent") == 2
    assert ("beta" in " ".join(talk.view().notes)) == (events is beta)


def test_both_shapes_give_the_same_views():
    first, second = check(SHAPES["bare"](ga())), check(SHAPES["bare"](beta()))
    assert [t.assistant_text for t in first.turns] == [t.assistant_text for t in second.turns]
    assert first.view().voice == second.view().voice == "cedar"


def test_what_a_server_alone_told():
    data = lines([event for source, event in ga() if source == "server"])
    (turn,) = the_talk(data).turns
    assert (turn.assistant_text, turn.status) == ("42.", "completed")


def test_a_log_of_both_names():
    mixed = [pair for both in zip(ga(), ga(), strict=True) for pair in both]
    translator = BetaTranslator()
    events = []
    for n, (source, event) in enumerate(mixed):
        if source == "client":
            events += [(source, event)] if n % 2 else []
        else:
            events += [(source, told) for told in translator.outgoing(event)] if n % 2 else [(source, event)]
    assert check(lines(wrapped(events)[:60])).turns[0].assistant_audio.duration_s == pytest.approx(0.2)


def test_a_packed_log_that_was_cut_off_is_read_as_far_as_it_goes():
    packed = gzip.compress(lines(wrapped(ga())))
    talk = read_foreign(packed[:-40], name="log.jsonl.gz")
    assert 3 < len(talk.log) < len(wrapped(ga()))
    assert "packed with gzip and cut off" in talk.notes[0]


def test_times_are_kept():
    talk = check(lines(wrapped(ga())))
    assert [event.t_s for event in talk.events] == [float(n) for n in range(15)]
    assert talk.events.start_wall_s == datetime(2026, 11, 18, 10, 0, 0, 500_000, UTC).timestamp()
    assert not [note for note in talk.view().notes if "times" in note]


def test_times_that_are_missing_follow_the_audio():
    appended = [{"type": "input_audio_buffer.append", "audio": AUDIO}] * 10
    talk = the_talk(lines([*appended, {"type": "input_audio_buffer.commit"}]))
    assert talk.events[-1].t_s == pytest.approx(1.0 + 10 * 0.01)
    assert [note for note in talk.view().notes if "no times" in note]
    assert len(talk.events.stores["sent"]) == 48000


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 0.5, 1.25], [0, 0.5, 1.25]),
        ([10, 510, 1260], [0, 0.5, 1.25]),
        ([1.7e9, 1.7e9 + 0.5, 1.7e9 + 1.25], [0, 0.5, 1.25]),
        (["1700000000000", "1700000000500", "1700000001250"], [0, 0.5, 1.25]),
        (["11:59:59 PM", "12:00:01 AM", "12:00:02 AM"], [0, 2, 3]),
        (["2026-01-01T00:00:00+01:00", None, "2025-12-31T23:00:02Z"], [0, 0.01, 2]),
        ([5, 7, 6], [0, 2, 2]),
    ],
)
def test_units_of_time(times, expected):
    talk = the_talk(lines([{"ts": ts, "event": {"type": "input_audio_buffer.clear"}} for ts in times]))
    assert [event.t_s for event in talk.events] == pytest.approx(expected)


def test_the_types_know_better_than_words_that_mean_the_other_side():
    events = [("received" if s == "client" else "sent", e) for s, e in ga()]
    events.append(("sent", {"type": "response.invented", "x": 1}))
    talk = the_talk(lines([{"direction": word, "event": event} for word, event in events]))
    assert talk.events[0].direction == "received"
    assert talk.events[-1].direction == "received"
    assert [note for note in talk.view().notes if "response.invented" in note]


def test_bad_lines_are_left_out_and_told():
    data = lines(wrapped(ga())).split(b"\n")
    data[3:3] = [b'{"source": "server", "event": {"type": "resp', b"", b'{"level": "info"}']
    talk = check(b"\n".join(data))
    notes = " ".join(talk.view().notes)
    assert "1 line was left out, which could not be read: 4 " in notes
    assert "1 JSON object was left out" in notes


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"hello\nworld\n", "line 1"),
        (b'{"a": 1}\n{"b": 2}', "line 1.*members: a"),
        (b'\n\n{"type": "response.create"', "line 3"),
        (b"[]", "empty"),
        (b"[" * 100_000, "line 1"),
        (b'{"a":' * 100_000, "line 1"),
        (b"\x00\xff\xfe" * 50, "not a recording of rtnb"),
        (gzip.compress(b"x" * 1000, mtime=0)[:11], "packed with gzip and cut off"),
        (gzip.compress(b"x" * 1000, mtime=0)[:15], "packed with gzip and cut off"),
        (b"<html><body>No log</body></html>", "looks like a web page"),
        (b"SessionCreatedEvent(event_id='e', session=Session(id='s'))", "model_dump_json"),
    ],
)
def test_what_is_no_log(data, said):
    with pytest.raises(RecordingError, match=said):
        read_foreign(data, name="log.jsonl")


def test_there_is_no_such_file(tmp_path):
    with pytest.raises(RecordingError, match="There is no recording"):
        load_foreign(tmp_path / "none.jsonl")
    with pytest.raises(RecordingError, match="cannot be read"):
        load_foreign(tmp_path)


def test_secrets_are_left_out():
    tool = {"type": "mcp", "server_label": "s", "server_url": "https://h", "authorization": "Bearer abc"}
    update = {"type": "session.update", "session": {"type": "realtime", "tools": [tool]}}
    created = {"type": "session.created", "session": {"client_secret": {"value": "ek_123456789012", "expires_at": 5}}}
    found = read_foreign(
        lines([{"Authorization": f"Bearer {LONG_KEY}", "event": update}, created, {"type": "error", "error": {
            "message": f"Incorrect API key provided: {LONG_KEY}"}}]), name="log")  # fmt: skip
    text = json.dumps([event.raw for event in found.log]) + " ".join(found.notes)
    assert "abc" not in text
    assert LONG_KEY not in text
    assert "ek_123456789012" not in text


def test_audio_that_was_cut_short_is_told():
    cut = {"type": "response.audio.delta", "response_id": "r", "item_id": "i", "delta": AUDIO[:101] + "..."}
    assert [
        note for note in read_foreign(lines([cut, cut]), name="log").notes if "2 events were recorded without" in note
    ]


def test_events_that_were_counted_are_told():
    talk = check(lines(wrapped(ga(), count=3)))
    assert [note for note in talk.view().notes if "30 events were folded" in note]


def test_a_file(tmp_path):
    place = tmp_path / "call.jsonl.gz"
    place.write_bytes(gzip.compress(lines(wrapped(beta()))))
    talk = load_foreign(place)
    assert talk.name == "call.jsonl.gz"
    again = talk.save(tmp_path / "call.rtnb")
    assert load(again).turns == talk.turns


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["error", "sent"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "event", "data", "session", "item", "response", "id", "time", "content", "error"]),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
KINDS = st.sampled_from([event["type"] for _, event in [*ga(), *beta()]])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(KINDS, st.dictionaries(st.sampled_from(
    ["session", "item", "response", "delta", "audio", "item_id", "event_id", "content_index", "time", "error"]),
    VALUES, max_size=5))))  # fmt: skip
def test_events_of_any_content_never_break_it(found):
    data = lines([{"type": kind, **members} for kind, members in found])
    try:
        the_talk(data).view()
    except RecordingError:
        assert not found or all(kind == "error" for kind, _ in found)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_log_or_a_clear_error(data):
    try:
        read_foreign(data, name="log")
    except RecordingError as error:
        assert "log" in str(error)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_damage_costs_only_what_it_hits(data):
    good = lines(wrapped(ga()))
    at = data.draw(st.integers(0, len(good) - 1))
    hurt = good[:at] + data.draw(st.binary(max_size=3)) + good[at + data.draw(st.integers(1, 40)) :]
    assert len(read_foreign(hurt, name="log").log) >= 11


def test_a_real_talk_in_either_shape_looks_the_same(server):
    """GA events of a server, as the beta clients of that server would have logged them."""
    with rtnb.connect(server.url, key=server.key) as s:
        s.ask(rtnb.sample("weather_question"), show=False)
        s.ask("Spell cat.", show=False)
        events = [("client" if e.direction == "sent" else "server", e.raw) for e in s.events if e.direction != "local"]
    translator, old = BetaTranslator(), []
    for source, event in events:
        old += [(source, event)] if source == "client" else [(source, e) for e in translator.outgoing(event)]
    seen = []
    for log in (events, old):
        talk = the_talk(lines([event for _, event in log]))
        seen.append(
            [
                (t.user_text, t.assistant_text, t.status, t.assistant_audio.duration_s, t.usage.total_tokens)
                for t in talk.turns
            ]
        )
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2
