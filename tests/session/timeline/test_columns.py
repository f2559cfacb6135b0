from __future__ import annotations

import orjson
from support.logs import Script, answer, append, got, pcm, session

from rtnb.session.timeline.columns import DIRECTIONS, Kinds, columns_of
from rtnb.session.timeline.families import FAMILIES


def test_a_row_an_event() -> None:
    script = Script(session(), append(pcm(100)), answer(1, ["Hi"], [pcm(200)]), ("local", {"type": "rtnb.notice"}))
    columns = columns_of(list(script.log), Kinds())
    for seq, event in enumerate(script.log):
        assert columns.t_s[seq] == event.t_s
        assert columns.types[columns.type[seq]] == event.type
        assert DIRECTIONS[columns.direction[seq]] == event.direction
        assert columns.audio_bytes[seq] == sum(ref.length for ref in event.audio)
    assert columns.family_counts()["local"] == 1 and sum(columns.family_counts().values()) == len(columns)
    assert columns.run.tolist() == [-1] * len(columns)


def test_bytes_are_what_goes_over_the_wire() -> None:
    script = Script(session(), append(pcm(100)), answer(1, ["Hi", " you there"], [pcm(200), pcm(7)]))
    columns = columns_of(list(script.log), Kinds())
    for seq, event in enumerate(script.log):
        exact = len(orjson.dumps(event.raw))
        assert abs(int(columns.bytes[seq]) - exact) <= 16, event


def test_notes_of_rtnb_weigh_nothing() -> None:
    script = Script(("local", {"type": "rtnb.notice", "text": "x"}))
    assert columns_of(list(script.log), Kinds()).bytes.tolist() == [0]


def test_types_are_numbered_on() -> None:
    script, kinds = Script(session(), got("a.new.thing"), got("session.updated"), got("a.new.thing")), Kinds()
    first = columns_of(script.log[:2], kinds)
    second = columns_of(script.log[2:], kinds)
    assert second.type[1] == first.type[1] and second.types[: len(first.types)] == first.types
    assert FAMILIES[second.family[1]] == "session"
    assert len(columns_of([], kinds)) == 0
