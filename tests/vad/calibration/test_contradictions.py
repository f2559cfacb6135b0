"""Recordings of different servers: which of them go together is found out, and in what the others differ."""

from __future__ import annotations

import functools

import pytest
from support.calibrations import excerpts

from rtnb import Clip, ServerVad
from rtnb.errors import ConfigError
from rtnb.vad import DetectorTuning, Track, detect, probabilities
from rtnb.vad.calibration.calibrating import calibrate
from rtnb.vad.calibration.observed import Observed

USUAL = DetectorTuning()


@functools.cache
def spoken() -> Clip:
    return Clip.concat([excerpts()[place].resample(24000) for place in (2, 4, 6)])


@functools.cache
def track() -> Track:
    return probabilities(spoken(), as_sent=True, cache=False)


def observed(tuning: DetectorTuning, name: str, threshold: float = 0.5) -> Observed:
    """What a server with this detector would have said."""
    vad = ServerVad(threshold=threshold, prefix_padding_ms=0, silence_duration_ms=100)
    turns = [
        (turn.audio_start_ms, turn.audio_end_ms if turn.closed else None)
        for turn in detect(track(), vad, tuning=tuning)
    ]
    return Observed(spoken().to_pcm16(), vad, turns, name=name)


def mapped(asked: float, effective: float, name: str) -> Observed:
    return observed(DetectorTuning(threshold_map=((asked, effective),)), name, asked)


def test_who_agrees_is_not_accused() -> None:
    found = calibrate([observed(USUAL, "one"), observed(USUAL, "two", 0.3)])
    assert found.notes == () and found.missing == found.extra == 0


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (DetectorTuning(lag_ms=192), "its onset lag is +192 ms off and its end lag is +192 ms off"),
        (DetectorTuning(lag_ms=400, end_lag_ms=0), "its onset lag is +400 ms off. "),
        (DetectorTuning(hysteresis=0.45), "the hysteresis is about 0.4"),
        (DetectorTuning(min_speech_ms=400), "the minimum speech is about "),
        (DetectorTuning(threshold_map=((0.5, 0.85),)), "threshold 0.5 comes to about 0.8"),
    ],
)
def test_the_one_that_differs_is_named_with_what_it_differs_in(other: DetectorTuning, words: str) -> None:
    found = calibrate([observed(USUAL, "one"), observed(other, "odd"), observed(USUAL, "same")])
    (note,) = [note for note in found.notes if "contradicts the others" in note]
    assert note.startswith("odd contradicts the others: ") and words in note
    assert not any("in another way" in note or "frames are not" in note for note in found.notes)
    assert found.tuning.lag_ms == 0


def test_two_that_contradict_each_other_are_both_named() -> None:
    found = calibrate([observed(USUAL, "one"), observed(DetectorTuning(min_speech_ms=1000), "other")])
    assert found.notes[0].startswith("No single detector explains one (")
    assert "and other (" in found.notes[0] and "in other, other than in one, the minimum speech is" in found.notes[0]
    # Bursts there are: what one recording gains by a minimum, the other one loses.
    assert not any("no burst is so short" in each for each in found.undetermined)


def test_halves_that_contradict_each_other_are_told_apart() -> None:
    late = DetectorTuning(lag_ms=160)
    each = [observed(USUAL, "a"), observed(late, "b"), observed(USUAL, "c"), observed(late, "d")]
    (note,) = [note for note in calibrate(each).notes if note.startswith("No single detector")]
    assert "a and c (" in note and "b and d (" in note and "its onset lag is +160 ms off" in note


def test_what_explains_nothing_together_is_refused_with_the_true_reason() -> None:
    with pytest.raises(ConfigError) as raised:
        calibrate([observed(USUAL, "one"), observed(DetectorTuning(lag_ms=300), "late")])
    text = str(raised.value)
    assert text.startswith("The recordings contradict each other: together ")
    assert "one (" in text and "late (" in text and "is +300 ms off" in text
    assert "do not go with the audio" not in text


def test_thresholds_that_fall_are_named() -> None:
    found = calibrate([mapped(0.5, 0.3, "half"), mapped(0.3, 0.6, "low")])
    assert found.notes[0].startswith("No single detector explains half (")
    assert "threshold 0.3 comes to about 0." in found.notes[0] and "and threshold 0.5 to about 0.3" in found.notes[0]
    assert "what is asked for more cannot come to less" in found.notes[0]


def test_thresholds_that_fall_within_one_recording_are_named_too() -> None:
    half, low = mapped(0.5, 0.3, ""), mapped(0.3, 0.6, "")
    pcm, at_ms = half.audio[0][1], round(half.duration_ms)
    later = [(at_ms + start, None if end is None else at_ms + end) for start, end in low.turns]
    settings = [(0.0, half.settings[0][1]), (float(at_ms), low.settings[0][1])]
    found = calibrate(Observed(pcm + pcm, settings, [*half.turns, *later], cleared_ms=[at_ms]))
    (note,) = [note for note in found.notes if "no map explains both" in note]
    assert note.startswith("Threshold 0.3 comes to 0.60 to ") and "and threshold 0.5 to 0.30 to " in note


def test_a_recording_that_nothing_explains_is_counted_by_itself() -> None:
    wrong = Observed(
        bytes(48 * 20_000), ServerVad(), [(1000 * each, 1000 * each + 600) for each in range(19)], name="wrong"
    )
    with pytest.raises(ConfigError, match=r"do not go with the audio.*one: \d+ of \d+, wrong: 0 of 38"):
        calibrate([Observed(spoken().to_pcm16(), ServerVad(), observed(USUAL, "").turns[:4], name="one"), wrong])


def test_another_engine_is_no_contradiction() -> None:
    """No detector on it explains a recording well, be it alone: nobody is accused of being of another server."""
    altered = DetectorTuning(hysteresis=0.25, lag_ms=60)
    each = [observed(altered, "one"), observed(altered, "two", 0.3)]
    try:
        said = " ".join(calibrate(each, engine="energy").notes)
    except ConfigError as error:
        said = str(error)
    assert "contradict" not in said and "No single detector" not in said


def test_few_events_accuse_nobody() -> None:
    short = Observed(spoken().to_pcm16(), ServerVad(), observed(USUAL, "").turns[:3], name="short")
    notes = calibrate([observed(USUAL, "one"), observed(USUAL, "two", 0.3), short]).notes
    assert not any("contradict" in note or "No single" in note for note in notes)
