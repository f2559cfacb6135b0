"""Words found in what was heard, as a listener would find them: forgiving to ears, never to the word that matters."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.testing.matching import matches, word_errors, words

WORDS = st.lists(st.sampled_from(["tree", "house", "river", "door"]), max_size=6)
NUMBERS = st.integers(0, 99_999)
TEXT = st.text(alphabet=string.ascii_letters + string.digits + " .,'$-", max_size=60)


@pytest.mark.parametrize(
    ("wanted", "heard", "tolerance", "found"),
    [
        ("Table for two.", "a TABLE, for two", 0, True),
        ("order seven", "order eleven", 0.34, False),
        ("Friday", "", 0.34, False),
        ("größer", "Größer!", 0, True),
        ("order number seven", "Where is order number 7?", 0, True),
        ("fifty dollars", "Please transfer $50 now.", 0, True),
        ("twenty percent off", "I want 20% off.", 0, True),
        ("five five five one two three four", "My number is 555-1234.", 0, True),
        ("five oh five", "It is room 505.", 0, True),
        ("at three thirty", "Call me at 3:30.", 0, True),
        ("call the dentist at three thirty", "Call the dentist at 3.30.", 0, True),
        ("pi is three point one four", "Pi is 3.14.", 0, True),
        ("there is a leak", "There's a leak.", 0, True),
        ("I do not want it", "I don't want it.", 0, True),
        ("at eight o'clock", "at 8:00 o'clock", 0, True),
        ("the third floor", "on the 3rd floor", 0, True),
        ("the fifteenth of March", "It is the 15th of March.", 0, True),
        ("the twenty first", "on the 21st", 0, True),
        ("the fifteenth of March", "It is the 16th of March.", 0.2, False),
        ("two thousand euros", "It costs €2,000!", 0, True),
        ("my voice mail", "Leave it on my voicemail.", 0, True),
        ("anymore", "It does not work any more.", 0, True),
        ("注文はどこですか", "すみません、私の注文はどこですか", 0, True),
        ("注文はどこですか", "すみません、私の犬はどこですか", 0.2, False),
    ],
)
def test_matching(wanted: str, heard: str, tolerance: float, found: bool) -> None:
    assert matches(wanted, heard, tolerance) is found


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        # As a recogniser wrote them, from voices at some pace.
        ("I want to speak to a human agent", "I want to speak to human agent."),
        ("my flight has been cancelled", "My flight to Chicago... my flight has been canceled."),
        ("gluten free pizza", "Is there any glute free pizza on the menu?"),
        ("turn off the lights", "Turn of the lights, please."),
        ("one cup of tea", "I would like 1 cup of tee."),
        ("two coffees and one tea", "I would like two coffees in one tea."),
        ("add milk to my shopping list", "at milk to my shopping list"),
        ("pay by cheque or cash", "Can I pay by check or cash?"),
        ("their order was late", "There order was late."),
        ("the reservation is under Schmidt", "The reservation is under Schmitt."),
        ("play some jazz", "Place some jazz in the living room."),
    ],
)
def test_what_ears_do_is_forgiven(wanted: str, heard: str) -> None:
    assert matches(wanted, heard)
    assert not matches(wanted, heard, 0)


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("please cancel my water", "Please cancel my order."),
        ("please change my order", "Please cancel my order."),
        ("please buy my order", "Please cancel my order."),
        ("please cancel my order", "Please sell my order."),
        ("table for two", "I would like a table for three."),
        ("a table for two at eight o'clock please", "A table for two at nine o'clock please."),
        ("where is my order number seven", "Where is my order number 17?"),
        ("where is my order number seven", "Where is my order number?"),
        ("where is my order number seven", "Where is my order number 3 7?"),
        ("call me on Tuesday morning please", "Call me on Thursday morning, please."),
        ("I can come in June next year", "I can come in July next year."),
        ("do not cancel my order please", "Cancel my order please."),
        ("cancel my order please right now", "Do cancel my order, please, not right now."),
        ("I can pay for it now", "I can't pay for it now."),
        ("turn on the lights in the kitchen", "Turn off the lights in the kitchen."),
        ("please unlock the front door", "Please lock the front door."),
        ("please subscribe me to the list", "Please unsubscribe me to the list."),
        ("please increase the heating at home", "Please decrease the heating at home."),
        ("take the east road to town", "Take the west road to town."),
        ("please transfer fifty dollars to my sister", "Please transfer $15 to my sister."),
        ("transfer it from my savings account", "Transfer it to my savings account."),
        ("cancel", "channel"),
        ("my order", "my older"),
        ("Hello! Where is my order number seven?", "Is there any soup?"),
    ],
)
def test_the_word_that_matters_is_not_forgiven(wanted: str, heard: str) -> None:
    assert not matches(wanted, heard)


@pytest.mark.parametrize("wanted", ["", "...", " !?", "''"])
def test_nothing_cannot_be_looked_for(wanted: str) -> None:
    with pytest.raises(ConfigError, match="no word in"):
        matches(wanted, "anything")


@pytest.mark.parametrize("tolerance", [-0.1, 1.01, 5, float("nan")])
def test_a_tolerance_is_a_share(tolerance: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        matches("word", "word", tolerance)


@given(WORDS, WORDS, WORDS)
def test_what_is_there_is_found(before: list[str], wanted: list[str], after: list[str]) -> None:
    assert word_errors(wanted, before + wanted + after) == 0


@given(WORDS, WORDS)
def test_other_words_are_never_forgiven(wanted: list[str], heard: list[str]) -> None:
    there = any(heard[i : i + len(wanted)] == wanted for i in range(len(heard) + 1))
    assert word_errors(wanted, heard) == (0 if there else None)


@given(NUMBERS, NUMBERS, st.floats(0, 1))
def test_no_tolerance_forgives_a_number(one: int, other: int, tolerance: float) -> None:
    assume(one != other)
    assert not matches(
        f"please send me the order number {one} today", f"Send me the order number {other} today", tolerance
    )
    assert matches(f"the order number {one} please", f"It is the order number {one:,}, please.", tolerance)


@given(TEXT, TEXT, st.floats(0, 1))
def test_a_higher_tolerance_finds_no_less(wanted: str, heard: str, tolerance: float) -> None:
    assume(words(wanted))
    errors = word_errors(words(wanted), words(heard))
    assert matches(wanted, heard, 0) == (errors == 0)
    assert matches(wanted, heard, 0) <= matches(wanted, heard, tolerance) <= matches(wanted, heard, 1)
    assert matches(wanted, wanted, 0)


@given(TEXT)
def test_reading_words_again_changes_nothing(text: str) -> None:
    assert all(word == word.casefold() and " " not in word for word in words(text))
