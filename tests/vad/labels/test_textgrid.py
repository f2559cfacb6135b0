from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import label_strategies

from rtnb.errors import LabelsError
from rtnb.vad.labels import textgrid
from rtnb.vad.labels.merging import merged
from rtnb.vad.labels.reading import Source
from rtnb.vad.labels.segments import Labels, Segment

DATA = Path(__file__).parents[2] / "data" / "labels"
FILES = ["praatio_long.TextGrid", "praatio_short.TextGrid", "praatio_long_utf16.TextGrid"]
ANN = (Segment(0.25, 1.5, "Ann"), Segment(2.75, 3.125, "Ann"))
BOB = (Segment(1.0, 2.5, "Bob"), Segment(4.0, 5.25, "Bob"))


def gathered(text: str, tier: str | None = None) -> Source:
    source = Source("a.TextGrid")
    textgrid.parse(text, source, tier)
    return source


def one_tier(*intervals: str, head: str = '"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n1') -> str:
    return "\n".join([head, '"IntervalTier"', '"talk"', "0", "9", str(len(intervals)), *intervals])


@pytest.mark.parametrize("file", FILES)
def test_files_of_praatio_read_in_every_form(file: str) -> None:
    """The quoted quotes, the exclamation mark and the letters are praatio's (tests/data/labels)."""
    assert Labels.load(DATA / file, tier="Ann").segments == ANN
    assert Labels.load(DATA / file, tier="Bob").segments == BOB
    both = Labels.load(DATA / file, tier="*")
    assert both.segments == tuple(sorted(ANN + BOB))
    assert both.notes == ("1 label taken as silence for the mark: 'sil'",)


@pytest.mark.parametrize("file", FILES)
def test_of_several_tiers_one_must_be_named(file: str) -> None:
    with pytest.raises(LabelsError, match=r"2 interval tiers: 'Ann', 'Bob'.*tier='\*'"):
        Labels.load(DATA / file)
    with pytest.raises(LabelsError, match="no interval tier 'bell'; there are: 'Ann', 'Bob'"):
        Labels.load(DATA / file, tier="bell")


def parted(labels: Labels) -> tuple[Segment, ...]:
    """Labels of one speaker that overlap as one, and those that touch as two."""
    kept: list[Segment] = []
    for speaker in {each.speaker for each in labels.segments}:
        own = [each for each in labels.segments if each.speaker == speaker]
        for start, end in merged((each.start_s, each.end_s) for each in own):
            kept.append(Segment(start, end, speaker))
    return tuple(sorted(kept))


@given(label_strategies.labels())
def test_round_trip(labels: Labels) -> None:
    text = textgrid.render(labels, "call")
    assert textgrid.looks_like(text)
    assert parted(Labels(tuple(gathered(text, "*").recordings[""]))) == parted(labels)


@given(st.lists(label_strategies.near_segments(), max_size=10))
def test_intervals_follow_one_another_without_holes(marks: list) -> None:
    source = Source("a.TextGrid")
    tiers = list(textgrid._tiers(textgrid.render(Labels(tuple(marks)), "call"), source))
    for _, intervals in tiers:
        assert intervals is not None
        assert intervals[0].start_s == 0
        for before, after in itertools.pairwise(intervals):
            assert before.end_s == after.start_s


def test_touching_labels_stay_apart() -> None:
    text = textgrid.render(Labels.of([(0.0, 1.0), (1.0, 2.0)]), "call")
    assert gathered(text).recordings[""] == [Segment(0.0, 1.0), Segment(1.0, 2.0)]


def test_free_text_comments_and_line_breaks_within_a_text() -> None:
    text = one_tier('1.5 ! "not this" 7\n2.5\n"two\nlines"', 'from 3 to 4.5 it is: "x"', '5\n6\n""')
    assert gathered(text).recordings[""] == [Segment(1.5, 2.5, "talk"), Segment(3.0, 4.5, "talk")]


def test_a_grid_of_points_alone_has_no_speech_to_score() -> None:
    text = '"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n1\n"TextTier"\n"bell"\n0\n9\n1\n2.5\n"ding"'
    with pytest.raises(LabelsError, match="no interval tier: points"):
        gathered(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one_tier('0\n1\n"a"', "1\n2"), "line 16: the file ends where the text"),
        (one_tier('0\n1,5\n"a"'), "a point, not a comma"),
        (one_tier('0\n1\n"a"', 'nan\n2\n"b"'), "'nan', which is not a number"),
        (one_tier('3\n1\n"a"'), "line 14: A label ends at 1 s, not after its start"),
        (one_tier("0\n1\n2"), "the text of an interval should follow here, not '2'"),
        ('"ooTextFile"\n"Pitch 1"\n0', "not a TextGrid"),
        (one_tier('0\n1\n"a"', head='"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n1.5'), "not a count"),
        (one_tier('0\n1\n"a"').replace("IntervalTier", "SadTier"), "'SadTier' is no class of tier"),
        (one_tier('0\n1\n"a"', head='"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n2'), "ends where the class of a tier"),
    ],
)
def test_a_bad_place_is_named(text: str, said: str) -> None:
    with pytest.raises(LabelsError, match=r"^a\.TextGrid, line \d+: ") as caught:
        gathered(text)
    assert said in str(caught.value)
