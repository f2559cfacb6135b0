"""Capitals and the like."""

from __future__ import annotations

import pytest

from rtnb.server.brains import BrainRequest, DemoBrain, Message
from rtnb.server.brains.data import section
from rtnb.server.brains.geography import answer_geography
from rtnb.server.brains.skill import Utterance


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What is the capital of France?", "The capital of France is Paris."),
        ("what's the capital city of canada", "The capital of Canada is Ottawa."),
        ("What is the capital of Ontario, please?", "The capital of Ontario is Toronto."),
        ("Tell me France's capital.", "The capital of France is Paris."),
        ("What is the capital of the United States?", "The capital of the United States is Washington, D.C."),
        ("capital of the netherlands", "The capital of the Netherlands is Amsterdam."),
        ("What is the largest city in Canada?", "The largest city of Canada is Toronto."),
        ("Where is Toronto?", "Toronto is in Ontario, Canada."),
        ("Where is the Eiffel Tower?", "The Eiffel Tower is in Paris, France."),
        ("In which city is the CN Tower located?", "The CN Tower is in Toronto, Canada."),
        ("Where is Berlin?", "Berlin is in Germany."),
        ("Which country has Oslo as its capital?", "Oslo is the capital of Norway."),
        ("What is the capital of Texas?", "The capital of Texas is Austin."),
    ],
)
def test_simple_questions(text: str, answer: str) -> None:
    for heard in (True, False):
        found = DemoBrain().answer(BrainRequest(messages=(Message(role="user", text=text, heard=heard),)))
        assert found.sentences == (answer,)


@pytest.mark.parametrize(
    "text", ["What is the capital of Atlantis?", "A capital idea!", "Where is my order?", "capital"]
)
def test_other_questions_are_passed(text: str) -> None:
    assert answer_geography(Utterance(text)) is None


def test_every_capital_is_found() -> None:
    for place, city in section("capitals", "geography.json").items():
        found = answer_geography(Utterance(f"What is the capital of {place}?"))
        assert found is not None
        assert found.sentences[0].rstrip(".") == f"The capital of {place} is {city.rstrip('.')}"
