"""Stems, names and concepts by which tools and utterances are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import tool_words as words


@pytest.mark.parametrize(
    "same",
    [
        "book books booked booking",
        "cancel cancels cancelled canceled cancelling",
        "order orders ordered ordering",
        "city cities",
        "save saves saved saving",
        "add adds added adding",
        "stop stops stopped stopping",
        "schedule schedules scheduled",
        "note notes",
        "status",
        "address",
    ],
)
def test_forms_of_a_word_have_one_stem(same: str) -> None:
    assert len({words.stem(word) for word in same.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("note", "not"),
        ("news", "new"),
        ("plane", "plan"),
        ("bus", "bu"),
        ("this", "thi"),
        ("thing", "th"),
        ("red", "r"),
        ("see", "se"),
        ("die", "di"),
    ],
)
def test_other_words_have_other_stems(one: str, other: str) -> None:
    assert words.stem(one) != words.stem(other)


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        ("getOrderStatus", ["get", "order", "status"], "get order status"),
        ("book_table-v2", ["book", "table", "v2"], "book table v2"),
        ("HTTPServer", ["http", "server"], "http server"),
        ("customer_id", ["customer", "id"], "customer number"),
        ("orderID", ["order", "id"], "order number"),
        ("id", ["id"], "id"),
        ("größe", ["größe"], "größe"),
        ("", [], ""),
        ("__", [], ""),
    ],
)
def test_identifiers_are_words(name: str, parts: list[str], said: str) -> None:
    assert words.split_name(name) == parts
    assert words.humanised(name) == said


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("will it rain in oslo", {"weather", "oslo"}),
        ("do i need an umbrella", {"weather"}),
        ("book a table", {"reserve", "table"}),
        ("seven times nine", {"seven", "nin"}),
        ("not a new plan", {"plan"}),
        ("the pounds", {"money", "weight"}),
        ("please tell me what it is", set()),
        ("", set()),
    ],
)
def test_concepts(text: str, concepts: set[str]) -> None:
    assert words.concepts_of(text.split()) == concepts


def test_verbs_are_kinds_of_action() -> None:
    assert words.verbs_of(["cancelled"]) == words.verbs_of(["delete"]) == {"stop"}
    assert words.verbs_of(["turn"]) == {"switch"}
    assert {"start", "reserve"} <= words.verbs_of(["order", "book", "make"])
    assert words.verbs_of(["weather", "of", "note"]) == {"remember"}
    assert words.verbs_of(["weather", "not"]) == set()


def test_words_that_say_nothing() -> None:
    assert all(map(words.is_empty, ["the", "please", "using", "x", "number"]))
    assert not any(map(words.is_empty, ["weather", "note", "news", "xy", "paris"]))


def test_descriptions_are_words_without_signs() -> None:
    assert words.role_words("The city's name (e.g. San Francisco), ISO-8601")[-4:] == [
        "san",
        "francisco",
        "iso",
        "8601",
    ]


@given(st.text(max_size=30))
def test_any_word_has_a_stem_that_begins_it(word: str) -> None:
    root = words.stem(word)
    assert word.startswith(root) or (word.endswith("ies") and root == word[:-3] + "y")
    assert bool(root) == bool(word)


@given(st.text(max_size=30))
def test_any_identifier_can_be_split(name: str) -> None:
    found = words.split_name(name)
    assert words.split_name("_".join(found)) == words.split_name(" ".join(found))
    assert all(found) and not any(" " in part or "_" in part for part in found)
    words.concepts_of(found)
    words.verbs_of(found)
