"""What is spoken is heard, and found again, from speech made and from a person's."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.audio import Clip
from rtnb.testing.hearing import recognised, spoken
from rtnb.testing.matching import matches

SENTENCES = (
    ("Please cancel my order.", "please sell my order"),
    ("A table for two at eight o'clock, please.", "a table for two at nine o'clock please"),
    ("Hello! Where is my order number seven?", "where is my order number eleven"),
    ("My phone number is five five five one two three four.", "my phone number is five five five one two three five"),
    ("Please transfer fifty dollars to my sister.", "please transfer fifteen dollars to my sister"),
    ("Leave a message on my voice mail.", "leave a package on my voice mail"),
    ("I want to speak to a human agent.", "I want to speak to a human doctor"),
    ("My flight to Chicago has been cancelled.", "my flight to Boston has been cancelled"),
    ("I don't want to renew my subscription.", "I do want to renew my subscription"),
    ("Could you change my appointment to Thursday?", "could you change my appointment to Tuesday"),
)


@pytest.mark.local
@pytest.mark.parametrize("voice", ["marin", "cedar"])
def test_spoken_sentences(voice: str) -> None:
    for said, other in SENTENCES:
        heard = recognised(spoken(said, voice))
        assert matches(said, heard), (said, heard)
        assert not matches(other, heard), (other, heard)


@pytest.mark.local
def test_a_person_on_record() -> None:
    clip = Clip.load(Path(__file__).parents[1] / "data" / "hello_world.flac")
    assert matches("hello world", recognised(clip))
    assert not matches("hello work", recognised(clip))
    assert recognised(clip, "en") == recognised(clip, language="en")
