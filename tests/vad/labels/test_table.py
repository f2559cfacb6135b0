from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from support import label_strategies

from rtnb.errors import LabelsError
from rtnb.vad.labels import table
from rtnb.vad.labels.reading import Source
from rtnb.vad.labels.segments import Labels, Segment


def gathered(text: str) -> Source:
    source = Source("a.csv")
    table.parse(text, source)
    return source


@given(label_strategies.labels())
def test_round_trip(labels: Labels) -> None:
    text = table.render(labels, "call")
    assert table.looks_like(text)
    assert tuple(sorted(gathered(text).recordings[""])) == labels.segments


@given(label_strategies.labels())
def test_round_trip_of_frames(labels: Labels) -> None:
    assert Labels.from_frame(labels.to_frame(), name=labels.name) == labels


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("start_s,end_s,speaker", "0.5,1.75,Ann"),
        ("start,end,label", "0.5,1.75,Ann"),
        ("Start Time;End Time;Who", "0.5;1.75;Ann"),
        ("onset\toffset\ttier", "5e-1\t1.75\tAnn"),
        ("speaker,begin,duration", "Ann,0.5,1.25"),
        ("start_ms,end_ms,speaker", "500,1750,Ann"),
        ("startMs,endMs,spk", "500,1750,Ann"),
        ("start (ms),duration (s),speaker", "500,1.25,Ann"),
        ("tmin,text,tmax", "0.5,Ann,1.75"),
        ("id,xmin,xmax,speaker_id,label,note", "7,0.5,1.75,Ann,speech,loud"),
    ],
)
def test_columns_are_known_by_their_usual_names(header: str, row: str) -> None:
    assert table.looks_like(header)
    assert gathered(f"{header}\n{row}\n").recordings[""] == [Segment(0.5, 1.75, "Ann")]


def test_a_file_without_a_header() -> None:
    assert table.looks_like("0.5,1.75,Ann")
    assert gathered("0.5,1.75,Ann\n2,3\n").recordings[""] == [Segment(0.5, 1.75, "Ann"), Segment(2, 3)]


def test_marks_of_silence_are_left_out_and_told_of() -> None:
    source = gathered("start,end,label\n0,1,0\n1,2,1\n2,3,noise\n3,4,speech\n")
    assert source.recordings[""] == [Segment(1, 2), Segment(3, 4)]
    assert source.told() == ("2 labels taken as silence for the mark: '0', 'noise'",)


def test_quoted_fields() -> None:
    assert gathered('start,end,speaker\n0,1,"Lee, Ann"\n').recordings[""] == [Segment(0, 1, "Lee, Ann")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start;end\n0,5;1,5\n", "a.csv, line 2: the start is '0,5': write a point"),
        ("start,end\n0,1\n\n2,\n", "a.csv, line 4: the end is '', which is not a number"),
        ("start,end\n2,1\n", "a.csv, line 2: A label ends at 1 s"),
        ("start,end\nNaN,1\n", "a.csv, line 2: the start is 'NaN'"),
        ("start,speaker\n2,1\n", "a.csv: a start and an end are needed"),
        ("start_s,start_ms,end\n2,2000,3\n", "a.csv: the columns 'start_s' and 'start_ms' both hold the start"),
        ("start,end\n1,2,3\n", "a.csv, line 2: there are 3 fields, but 2 columns"),
    ],
)
def test_a_bad_place_is_named(text: str, said: str) -> None:
    with pytest.raises(LabelsError) as caught:
        gathered(text)
    assert said in str(caught.value)


def test_a_frame_with_numbers_of_every_kind() -> None:
    frame = pd.DataFrame(
        {
            "start": [pd.Timedelta("500ms"), pd.Timedelta("3s")],
            "end_ms": np.array([1750, 4000], dtype=np.int32),
            "speaker": ["Ann", None],
        }
    )
    assert Labels.from_frame(frame).segments == (Segment(0.5, 1.75, "Ann"), Segment(3.0, 4.0))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"start_s": [0.0, np.nan], "end_s": [1.0, 2.0]}, "The table, row 1: the start is 'nan'"),
        ({"start_s": [0.0, 2.0], "end_s": [1.0, None]}, "The table, row 1: the end is 'nan'"),
        ({"start_s": [0.0, 2.0], "end_s": [1.0, 1.5]}, "The table, row 1: A label ends at 1.5 s"),
        ({"begin": [0.0], "speaker": ["Ann"]}, "The table: a start and an end are needed"),
        ({"file": ["a", "b"], "start": [0, 1], "end": [1, 2]}, "holds 2 recordings; choose one by name=...: 'a', 'b'"),
    ],
)
def test_a_bad_row_is_named(columns: dict, said: str) -> None:
    with pytest.raises(LabelsError) as caught:
        Labels.from_frame(pd.DataFrame(columns))
    assert said in str(caught.value)


def test_one_of_several_recordings_is_chosen_by_name() -> None:
    frame = pd.DataFrame({"file": ["a", "b"], "start": [0, 1], "end": [1, 2]})
    assert Labels.from_frame(frame, name="b") == Labels((Segment(1, 2),), "b")


def test_an_empty_frame_is_a_recording_without_speech() -> None:
    assert Labels.from_frame(Labels(()).to_frame()) == Labels(())
