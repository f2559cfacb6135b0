"""The long story: told, interrupted, gone on with."""

from __future__ import annotations

import pytest

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.story import answer_story, story


def assistant(text: str) -> Message:
    return Message(role="assistant", text=text)


@pytest.mark.parametrize(
    "asked",
    [
        "Tell me a long story.",
        "I would like to hear a story",
        "keep talking",
        "talk for a minute",
        "Give me a long answer.",
    ],
)
def test_the_story_is_told_whole(asked: str) -> None:
    answer = answer_story(Utterance(asked))
    assert answer is not None
    assert answer.sentences == story()


def test_the_story_is_long_enough_to_interrupt() -> None:
    # At 170 to 220 words a minute, a usual speaking rate, this lasts between one and one and a half minutes.
    assert 220 <= sum(len(line.split()) for line in story()) <= 290
    assert all(line.endswith((".", "?")) for line in story())


def test_a_short_story_is_one_sentence() -> None:
    answer = answer_story(Utterance("Tell me a very short story."))
    assert answer is not None
    assert len(answer.sentences) == 1


def test_brevity_shortens_a_story_but_not_a_long_one() -> None:
    some, long = answer_story(Utterance("Tell me a story.")), answer_story(Utterance("Tell me a long story."))
    assert some is not None
    assert some.cut().sentences != some.sentences[:1]
    assert len(some.cut().sentences) == 1
    assert long is not None
    assert long.cut() == long


@pytest.mark.parametrize("told", [0, 1, 7, len(story()) - 1])
def test_an_interrupted_story_goes_on_with_the_sentence_that_was_cut(told: int) -> None:
    heard = " ".join(story()[:told]) + " " + story()[told][:45]
    answer = answer_story(Utterance("Please go on."), (assistant(heard),))
    assert answer is not None
    assert answer.sentences == story()[told:]


def test_a_story_that_was_told_twice_goes_on_from_the_second_time() -> None:
    before = (assistant(" ".join(story()[:5])), assistant(" ".join(story()[:2])))
    answer = answer_story(Utterance("What happens next?"), before)
    assert answer is not None
    assert answer.sentences == story()[2:]


def test_there_is_an_end_and_nothing_before_the_beginning() -> None:
    over = answer_story(Utterance("and then?"), (assistant(" ".join(story())),))
    nothing = answer_story(Utterance("go on"))
    assert over is not None
    assert over.sentences == ("That was the end of the story.",)
    assert nothing is not None
    assert nothing.sentences[0] == "I have told you all I know."


def test_other_sentences_are_left_to_others() -> None:
    assert answer_story(Utterance("What is a turn?")) is None
