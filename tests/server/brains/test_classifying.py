"""Labels out of an order, and the one that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.classifying import classified, labels_in
from rtnb.server.brains.task_order import Said


@pytest.mark.parametrize(
    ("order", "labels"),
    [
        ("Classify as billing, support, or sales.", ["billing", "support", "sales"]),
        ("Classify the text as one of the following: 'billing', 'sales'.", ["billing", "sales"]),
        ("Pick one of these labels: [question | complaint | praise]", ["question", "complaint", "praise"]),
        ("Labels:\n1. billing\n2. technical support: errors", ["billing", "technical support"]),
        ('Reply with JSON: {"label": "..."}. Say "yes" or "maybe".', ["yes", "maybe"]),
        ("Is it about money? Answer yes or no.", ["yes", "no"]),
        ("Be kind.", []),
    ],
)
def test_the_labels_of_an_order(order: str, labels: list[str]) -> None:
    assert [label for label in labels_in(order) if label != "..."] == labels


@pytest.mark.parametrize(
    ("order", "said", "label"),
    [
        ("Classify as billing or shipping.", "My card was charged twice.", "billing"),
        ("Classify as weather or sport.", "Will it rain tomorrow?", "weather"),
        ("One of:\n- cooking: recipes, eggs, boiling\n- travel: flights", "How long do I boil an egg?", "cooking"),
        ('Classify as a or b. If none fits, answer "other".', "Tell me a joke.", "other"),
        ("Sentiment: positive, negative or neutral.", "I am not happy with this at all.", "negative"),
        ("Sentiment as positive, negative or neutral.", "That was great, thank you!", "positive"),
        ("Sentiment as positive, negative or neutral.", "The parcel is blue.", "neutral"),
        ("Is the user asking about the weather? Answer yes or no.", "Do I need an umbrella in the rain?", "yes"),
        ("Is the user asking about the weather? Answer yes or no.", "What is an item?", "no"),
    ],
)
def test_the_label_that_fits(order: str, said: str, label: str) -> None:
    found = classified(order, [Said("user", said)])
    assert found is not None and found.label == label and found.reason


def test_the_user_counts_more_than_the_answer() -> None:
    talk = [Said("user", "Where is my package?"), Said("assistant", "Your invoice and your bill are paid by card.")]
    found = classified("Classify as billing or shipping.", talk)
    assert found is not None and found.label == "shipping"


def test_without_labels_there_is_none() -> None:
    assert classified("Classify this.", [Said("user", "Hello")]) is None


@given(st.text(max_size=200), st.text(max_size=80))
def test_no_order_breaks_it(order: str, said: str) -> None:
    found = classified(order, [Said("user", said)])
    assert found is None or 0.0 <= found.confidence <= 1.0
