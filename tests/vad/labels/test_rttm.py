from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from pyannote.database.util import load_rttm
from support import label_strategies

import rtnb
from rtnb.errors import LabelsError
from rtnb.vad.labels import rttm
from rtnb.vad.labels.reading import Source
from rtnb.vad.labels.segments import Labels, Segment

SAMPLES = sorted(Path(rtnb.sample("labelled")).glob("*.rttm"))


def gathered(text: str) -> Source:
    source = Source("a.rttm")
    rttm.parse(text, source)
    return source


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_read_as_pyannote_reads_them(path: Path) -> None:
    (expected,) = load_rttm(path).values()
    found = Labels.load(path)
    theirs = sorted((segment.start, segment.end, who) for segment, _, who in expected.itertracks(yield_label=True))
    ours = sorted((each.start_s, each.end_s, each.speaker) for each in found.segments)
    assert [each[2] for each in ours] == [each[2] for each in theirs]
    assert [each[:2] for each in ours] == [pytest.approx(each[:2]) for each in theirs]


def test_pyannote_reads_what_is_written(tmp_path: Path) -> None:
    labels = Labels.of([(0.5, 1.75, "Ann"), (1.5, 2.000001, "Bob")], name="my call")
    ((name, annotation),) = load_rttm(labels.save(tmp_path / "a.rttm")).items()
    assert name == "my_call"
    assert [(s.start, s.end, who) for s, _, who in annotation.itertracks(yield_label=True)] == [
        (0.5, 1.75, "Ann"),
        (1.5, pytest.approx(2.000001), "Bob"),
    ]


@given(label_strategies.labels())
def test_round_trip(labels: Labels) -> None:
    text = rttm.render(labels, labels.name)
    source = gathered(text)
    assert tuple(sorted(source.recordings.get(labels.name or "recording", []))) == labels.segments
    assert not labels.segments or rttm.looks_like(text)


def test_times_are_added_as_decimals() -> None:
    (segment,) = gathered("SPEAKER a 1 2.977 0.391 <NA> <NA> <NA> <NA> <NA>").recordings["a"]
    assert segment == Segment(2.977, 3.368)


def test_comments_blank_lines_other_objects_and_nine_fields_are_fine() -> None:
    source = gathered(
        ";; a comment\n\nSPKR-INFO a 1 <NA> <NA> <NA> unknown Ann <NA>\nspeaker a 1 1e0 5.0e-1 <NA> <NA> Ann <NA>\n"
        "NOSCORE a 1 9 1 <NA> <NA> <NA> <NA>\n"
    )
    assert source.recordings == {"a": [Segment(1.0, 1.5, "Ann")]}
    assert source.told() == ("objects of type NOSCORE, SPKR-INFO left out: only SPEAKER is labelled speech",)


def test_labels_without_length_are_left_out_and_told_of() -> None:
    source = gathered("SPEAKER a 1 1 0 <NA> <NA> Ann <NA>\nSPEAKER a 1 2 1 <NA> <NA> Ann <NA>")
    assert source.recordings == {"a": [Segment(2.0, 3.0, "Ann")]}
    assert source.told() == ("1 label without length left out, the first in line 1",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SPEAKER a 1 1.0", "4 fields"),
        ("TALKER a 1 1.0 2.0 <NA> <NA> Ann <NA> <NA>", "'TALKER' is no type of RTTM"),
        ("SPEAKER a 1 1,0 2.0 <NA> <NA> Ann <NA> <NA>", "a point, not a comma"),
        ("SPEAKER a 1 nan 2.0 <NA> <NA> Ann <NA> <NA>", "'nan', which is not a number"),
        ("SPEAKER a 1 1_0 2.0 <NA> <NA> Ann <NA> <NA>", "'1_0', which is not a number"),
        ("SPEAKER a 1 <NA> 2.0 <NA> <NA> Ann <NA> <NA>", "'<NA>', which is not a number"),
        ("SPEAKER a 1 1.0 -2.0 <NA> <NA> Ann <NA> <NA>", "negative"),
        ("SPEAKER a 1 -1.0 2.0 <NA> <NA> Ann <NA> <NA>", "before the recording"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(LabelsError, match=r"^a\.rttm, line 3: ") as caught:
        gathered(f"SPEAKER a 1 1.0 2.0 <NA> <NA> Ann <NA> <NA>\n\n{line}\n")
    assert said in str(caught.value)


def test_a_speaker_with_spaces_cannot_be_written() -> None:
    with pytest.raises(LabelsError, match=r"'Ann B'.*no spaces"):
        rttm.render(Labels.of([(0, 1, "Ann B")]), "a")
