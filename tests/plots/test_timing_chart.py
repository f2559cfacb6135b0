from __future__ import annotations

import itertools

from rtnb.plots.timing_chart import LETTERS, letters_of, moments_of, timing_picture
from rtnb.session.views.timing import Interval, Timing, definitions

SPOKEN = Timing(
    (
        Interval.of("endpointing", 1.0, 1.3),
        Interval.of("ttfa_vad", 1.3, 1.5),
        Interval.of("silence_pad", 1.5, 1.55),
        Interval.of("response_latency", 1.0, 1.55, reckoned=True),
        Interval.of("transcription_lag_response", 3.0, 1.4),
    )
)


def test_events_stand_in_their_order_and_what_is_at_one_time_is_one() -> None:
    moments = moments_of(SPOKEN)
    assert [each.at_s for each in moments] == sorted(each.at_s for each in moments)
    assert [each.letter for each in moments] == list(LETTERS[: len(moments)])
    at_first_sound = next(each for each in moments if each.at_s == 1.5)
    assert at_first_sound.events == ("first output_audio.delta received", "first sample of the answer")


def test_each_time_has_the_letters_of_both_its_ends() -> None:
    letters = letters_of(SPOKEN)
    assert letters["endpointing"] == "A → B" and letters["response_latency"][0] == "A"
    begin, end = letters["transcription_lag_response"].split(" → ")
    assert end < begin


def test_the_picture_says_all_of_it_in_words_and_no_words_meet() -> None:
    picture = timing_picture(SPOKEN)
    for name, each in SPOKEN.items():
        assert f"{definitions()[name].label} {each.text} ({letters_of(SPOKEN)[name]})" in picture.alt
    for one, other in itertools.combinations(picture.boxes, 2):
        assert not one.meets(other, gap=0), (one, other)


def test_every_time_at_once_fits() -> None:
    found = tuple(
        Interval.of(name, 0.1 * i, 0.1 * i + 7.03, 3.5 if each.unit == "x" else None)
        for i, (name, each) in enumerate(definitions().items())
    )
    picture = timing_picture(Timing(found))
    assert len(moments_of(Timing(found))) <= len(LETTERS)
    assert all(box.x0 >= 0 and box.x1 <= 900 for box in picture.boxes)
    for one, other in itertools.combinations(picture.boxes, 2):
        assert not one.meets(other, gap=0), (one, other)


def test_nothing_timed() -> None:
    assert timing_picture(Timing()).empty and letters_of(Timing()) == {}
