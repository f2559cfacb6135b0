"""Outputs of tools in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.tool_outputs import output_sentences


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"status": "shipped", "eta_days": 2}', "The status is shipped and the eta is 2 days."),
        ('{"city": "Oslo", "temperature": 18.0, "unit": "celsius"}', "In Oslo, the temperature is 18 degrees Celsius."),
        ('{"error": {"message": "No such order", "code": 404}}', "That did not work: No such order."),
        ('{"success": false, "message": "Closed on Mondays."}', "That did not work: Closed on Mondays."),
        ('{"status": "error"}', "That did not work."),
        ('{"success": true}', "Done."),
        ('{"ok": true, "table": 7}', "The table is 7."),
        ('{"result": 84}', "The result is 84."),
        ('{"answer": "It opens at nine"}', "It opens at nine."),
        ('{"data": {"price": 12500, "currency": "usd"}}', "The price is 12,500 US dollars."),
        ('{"open": true, "seats": [1, 2]}', "The open is true; and the seats: 1 and 2."),
        (
            '{"items": [{"name": "tea", "price": 2}, {"name": "milk", "price": 1}]}',
            "There are 2: tea, price 2; and milk, price 1.",
        ),
        ("[1, 2, 3, 4, 5, 6]", "There are 6: 1, 2, 3, 4 and 2 more."),
        ('["tea"]', "There is one: tea."),
        ("[]", "Nothing was found."),
        ("{}", "The tool answers nothing."),
        ("null", "The tool answers nothing."),
        ("true", "Yes."),
        ('"false alarm"', "False alarm."),
        ('"{\\"result\\": 3}"', "The result is 3."),
        ("sunny, 18 degrees", "Sunny, 18 degrees."),
        ("{broken", "{broken."),
        ('{"user": {"name": "Ada", "age": 36}, "id": 5}', "The user: name Ada and age 36; and the id is 5."),
    ],
)
def test_outputs(output: str, said: str) -> None:
    assert " ".join(output_sentences(output)) == said


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=12), inner, max_size=12),
    max_leaves=30,
)


@given(value=VALUES | st.text(), arguments=VALUES)
def test_every_output_is_a_bounded_sentence(value: object, arguments: object) -> None:
    for text in (json.dumps(value), str(value)):
        lines = output_sentences(text, json.dumps(arguments))
        assert lines
        assert all(line.strip() and line[-1] in ".!?…" for line in lines)
        assert len(" ".join(lines)) < 20_000


@given(st.dictionaries(st.sampled_from(["colour", "height", "model"]), st.integers(2, 99), min_size=1))
def test_every_value_of_a_flat_object_is_named(value: dict[str, int]) -> None:
    said = " ".join(output_sentences(json.dumps(value)))
    assert all(f"{name} is {number}" in said for name, number in value.items())
