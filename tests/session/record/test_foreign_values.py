from __future__ import annotations

import csv
import io
import json
import pprint
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.record.foreign_lines import objects
from rtnb.session.record.foreign_values import LARGEST_CHARS, printed, printed_all, rows

EVENTS: list[dict[str, Any]] = [
    {"type": "session.created", "event_id": "e0", "session": {"id": "s", "voice": None, "on": True, "speed": 1.5}},
    {"type": "response.done", "response": {"id": "r", "output": [{"text": "It's {\"five\"} o'clock, \\d\n; ü"}]}},
    {"type": "input_audio_buffer.append", "audio": "AAAA" * 60_000},
]


def values(text: str) -> list[Any]:
    return [value for _, value in objects(text).objects]


def test_printed_dicts_in_a_text_log() -> None:
    text = "".join(f"12:00:0{n} INFO got {event!r} from the server\n" for n, event in enumerate(EVENTS))
    assert values(text) == EVENTS
    assert values("".join(f"{event!r}\n" for event in EVENTS)) == EVENTS


def test_a_printed_list() -> None:
    assert values(repr(EVENTS)) == values(pprint.pformat(EVENTS)) == EVENTS
    assert values(repr(tuple(EVENTS)[:2])) == EVENTS[:2]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_whatever_is_in_them(value: Any) -> None:
    event = {"type": "a", "value": value}
    found = printed(f"got {event!r} <- here")
    assert found is not None and found == (4, event)


@pytest.mark.parametrize(
    "line",
    [
        "{'a': __import__('os').getcwd()}",
        "{'a': open}",
        "{'a': " + "[" * 5000,
        "{'a': " + "[" * 5000 + "]" * 5000 + "}",
        "{'a': 1",
        "nothing",
        "{'a': '" + "x" * LARGEST_CHARS + "'}",
    ],
    ids=["call", "name", "open", "deep", "half", "none", "large"],
)
def test_what_is_no_value_is_left_alone(line: str) -> None:
    assert printed(line) is None
    assert printed_all(line) is None or len(line) > LARGEST_CHARS


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("indent", [None, 2])
def test_tables(delimiter: str, head: bool, indent: int | None) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    if head:
        writer.writerow(["time", "dir", "what it was"])
    for n, event in enumerate(EVENTS):
        writer.writerow([n, "client", json.dumps(event, indent=indent)])
    before = csv.field_size_limit()
    found = rows(file.getvalue())
    assert found is not None
    table = list(found)
    assert [json.loads(row["event"]) for _, row in table] == EVENTS
    assert csv.field_size_limit() == before
    if head:
        assert [(row["time"], row["dir"]) for _, row in table] == [("0", "client"), ("1", "client"), ("2", "client")]
    if indent is None:
        assert [line for line, _ in table] == ([2, 3, 4] if head else [1, 2, 3])


def test_json_is_no_table() -> None:
    assert rows("".join(json.dumps({"type": "a", "empty": "", "list": ["{", ""]}) + "\n" for _ in range(3))) is None
