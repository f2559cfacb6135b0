from __future__ import annotations

import pytest
from hypothesis import given
from support import label_strategies

from rtnb.errors import LabelsError
from rtnb.vad.labels import scv
from rtnb.vad.labels.reading import Source
from rtnb.vad.labels.segments import Labels, Segment


def gathered(text: str) -> Source:
    source = Source("a.scv")
    scv.parse(text, source)
    return source


@given(label_strategies.labels())
def test_round_trip_of_speech(labels: Labels) -> None:
    text = scv.render(labels, "my, call")
    source = gathered(text)
    assert list(source.recordings) == ["my call"]
    assert Labels(tuple(source.recordings["my call"])).speech == labels.speech
    assert not labels.segments or scv.looks_like(text)


def test_the_test_set_of_ten_vad_is_one_line_with_every_stretch() -> None:
    source = gathered("testset-audio-01,0.0,0.3,0,0.3,1.25,1,1.25,1.5,0,1.5,2.0,1,\n")
    assert source.recordings == {"testset-audio-01": [Segment(0.3, 1.25), Segment(1.5, 2.0)]}


def test_silence_alone_is_a_recording_without_speech() -> None:
    assert gathered("quiet,0,10,0").recordings == {"quiet": []}


def test_neighbours_may_overlap_by_what_rounding_makes() -> None:
    assert gathered("a,0.0,0.505,0,0.50,1.25,1").recordings == {"a": [Segment(0.5, 1.25)]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,0.0,1.0", "2 fields"),
        ("a,0.0,1.0,2", "'2', not 0 or 1"),
        ("a,0.0,x,1", "'x', which is not a number"),
        ("a,1.0,0.5,1", "not after its start"),
        ("a,0.0,2.0,0,1.0,3.0,1", "1 s to 2 s is marked both 0 and 1"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(LabelsError, match=r"^a\.scv, line 1: ") as caught:
        gathered(line)
    assert said in str(caught.value)
