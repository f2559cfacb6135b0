from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.label_strategies import near_segments

import rtnb
from rtnb.errors import ConfigError, LabelsError
from rtnb.vad.labels.segments import Labels, Segment, Span

SAMPLES = Path(rtnb.sample("labelled"))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (-0.1, 1.0, "before the recording"),
        (1.0, 1.0, "not after its start"),
        (2.0, 1.0, "not after its start"),
        (math.nan, 1.0, "finite"),
        (0.0, math.inf, "finite"),
        ("0", 1.0, "number of seconds"),
        (True, 2.0, "number of seconds"),
        (None, 2.0, "number of seconds"),
    ],
)
def test_a_label_with_impossible_times_is_refused(start: object, end: object, said: str) -> None:
    with pytest.raises(LabelsError, match=said):
        Segment(start, end)  # type: ignore[arg-type]


def test_labels_are_in_order_and_say_what_they_hold() -> None:
    labels = Labels((Segment(3.0, 4.0, "Bob"), Segment(0.5, 1.0, "Ann")), "call")
    assert [each.start_s for each in labels.segments] == [0.5, 3.0]
    assert repr(labels) == "Labels('call', 2 labels, 2 speakers, 1.5 s of speech)"
    assert repr(Labels(())) == "Labels(0 labels, 0.0 s of speech)"
    assert labels.speakers == ("Ann", "Bob")
    assert pickle.loads(pickle.dumps(labels)) == labels


def test_speakers_who_overlap_are_one_stretch_of_speech_and_nothing_to_note() -> None:
    labels = Labels.of([(0.0, 2.0, "Ann"), (1.0, 3.0, "Bob"), (3.0, 4.0, "Ann")])
    assert labels.speech == (Span(0.0, 4.0),)
    assert labels.speech_s == 4.0
    assert labels.notes == ()


@pytest.mark.parametrize("speaker", ["", "Ann"])
def test_labels_of_one_speaker_that_overlap_are_told_of(speaker: str) -> None:
    labels = Labels.of([(0.0, 2.0, speaker), (1.0, 3.0, speaker), (5.0, 6.0, speaker)])
    assert labels.speech == (Span(0.0, 3.0), Span(5.0, 6.0))
    assert len(labels.notes) == 1
    assert "1 label, the first at 1.000 s, overlaps another of the same speaker" in labels.notes[0]
    # Told once, however often they are edited, and not any more when it is mended.
    assert len(labels.add(7.0, 8.0, speaker).notes) == 1
    assert labels.remove(1).notes == ()


def test_turns_need_a_gap() -> None:
    labels = Labels.of([(0.5, 1.0), (1.6, 2.0), (2.7, 3.0)])
    assert labels.turns(0.7) == (Span(0.5, 2.0), Span(2.7, 3.0))
    assert labels.turns(0) == labels.speech
    with pytest.raises(ConfigError, match="no default"):
        labels.turns(None)  # type: ignore[arg-type]


def test_a_frame_is_speech_when_most_of_it_is() -> None:
    assert Labels.of([(0.5, 1.51), (2.5, 3.0)]).mask(1.0, 4).tolist() == [False, True, False, False]
    assert Labels(()).mask(0.032, 3).tolist() == [False] * 3
    assert Labels.of([(0.0, 9.0)]).mask(0.032, 0).shape == (0,)


@given(st.lists(near_segments(), max_size=10), st.sampled_from([0.01, 0.016, 0.032]))
def test_the_mask_agrees_with_the_overlap_of_each_frame(marks: list, hop_s: float) -> None:
    labels = Labels(tuple(marks))
    frames = 400
    for frame, speech in enumerate(labels.mask(hop_s, frames)):
        begin, stop = frame * hop_s, (frame + 1) * hop_s
        overlap = sum(max(0.0, min(span.end_s, stop) - max(span.start_s, begin)) for span in labels.speech)
        if abs(overlap - hop_s / 2) > 1e-6:
            assert speech == (overlap > hop_s / 2)


def test_the_mask_of_a_sample_is_its_share_of_speech() -> None:
    labels = Labels.load(SAMPLES / "dialogue_sample.rttm")
    assert np.mean(labels.mask(0.01, 3000)) == pytest.approx(labels.speech_s / 30, abs=0.005)


def test_labels_within_the_recording_stay_as_they_are() -> None:
    labels = Labels.of([(0.5, 2.0)])
    assert labels.within(2.0) is labels


def test_a_label_that_overhangs_is_cut_with_a_note() -> None:
    labels = Labels.of([(0.5, 2.0), (2.5, 3.25), (3.05, 4.0)]).within(3.0)
    assert labels.segments == (Segment(0.5, 2.0), Segment(2.5, 3.0))
    assert any("2 labels cut to the recording's end, by up to 1000 ms" in note for note in labels.notes)


def test_a_label_that_overhangs_by_more_than_rounding_is_refused() -> None:
    with pytest.raises(LabelsError, match=r"call: the label from 2\.500 s to 4\.001 s .* by 1\.001 s.*another unit"):
        Labels.of([(0.5, 2.0), (2.5, 4.001), (2.6, 3.5)], name="call").within(3.0)


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 864_000.1), (1e300, 2e300), (0, 10**400)])
def test_no_label_is_later_than_ten_days(start_s: float, end_s: float) -> None:
    with pytest.raises(LabelsError, match=r"later than any label may be \(10 days\)"):
        Segment(start_s, end_s)
    with pytest.raises(LabelsError, match=r"Label 0: .*10 days"):
        Labels.of([(start_s, end_s)])
    assert Segment(0.0, 864_000.0).duration_s == 864_000.0


def test_no_label_is_before_the_recording() -> None:
    with pytest.raises(LabelsError, match=r"starts at -1000000000.* before the recording"):
        Segment(-(10**400), 1.0)
    with pytest.raises(LabelsError, match=r"ends at -0\.5 s, before the recording"):
        Segment(0.0, -0.5)


def test_labels_of_a_longer_recording_are_refused() -> None:
    labels = Labels.of([(0.5, 2.0), (500.0, 1200.0), (3000.0, 4000.0)], name="call")
    with pytest.raises(LabelsError, match=r"call: 2 labels of 3 begin after the end.*500\.000 s.*another unit"):
        labels.within(30.0)


def test_edits_give_new_labels() -> None:
    labels = Labels.of([(1.0, 2.0, "Ann"), (4.0, 5.0, "Bob")], name="call")
    assert labels.add(2.5, 3.0).segments == (Segment(1, 2, "Ann"), Segment(2.5, 3.0), Segment(4, 5, "Bob"))
    assert labels.move(0, end_s=2.5).segments[0] == Segment(1.0, 2.5, "Ann")
    assert labels.move(1, 0.1, 0.6).segments == (Segment(0.1, 0.6, "Bob"), Segment(1.0, 2.0, "Ann"))
    assert labels.remove(-1).segments == (Segment(1.0, 2.0, "Ann"),)
    assert labels.segments == (Segment(1.0, 2.0, "Ann"), Segment(4.0, 5.0, "Bob"))
    assert labels.remove(0).name == "call"


def test_one_of_two_equal_labels_is_removed() -> None:
    twice = Segment(1.0, 2.0)
    assert Labels((twice, twice)).remove(0).segments == (twice,)
    assert Labels((twice, twice)).move(1, 3.0, 4.0).segments == (twice, Segment(3.0, 4.0))


@pytest.mark.parametrize("index", [2, -3])
def test_a_label_that_is_not_there_cannot_be_moved(index: int) -> None:
    labels = Labels.of([(1.0, 2.0), (4.0, 5.0)])
    with pytest.raises(LabelsError, match=f"no label {index}: there are 2"):
        labels.move(index, 0.0)
    with pytest.raises(LabelsError, match="there are 2"):
        labels.remove(index)


def test_an_impossible_edit_is_refused() -> None:
    with pytest.raises(LabelsError, match="not after its start"):
        Labels.of([(1.0, 2.0)]).move(0, end_s=0.5)
