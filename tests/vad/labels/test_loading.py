from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyannote.core import Annotation, Timeline
from pyannote.core import Segment as TheirSegment

from rtnb.errors import ConfigError, LabelsError
from rtnb.vad.labels.loading import FORMATS, holds_labels
from rtnb.vad.labels.segments import Labels, Segment

LABELS = Labels.of([(0.5, 1.75), (2.0, 3.25)], name="call")
TWO = "SPEAKER a 1 0 1 <NA> <NA> Ann <NA> <NA>\nSPEAKER b 1 2 1 <NA> <NA> Bob <NA> <NA>\n"


@pytest.mark.parametrize("suffix", [".rttm", ".RTTM", ".txt", ".scv", ".TextGrid", ".csv"])
def test_every_suffix_writes_and_reads_its_format(tmp_path: Path, suffix: str) -> None:
    path = LABELS.save(tmp_path / f"call{suffix}")
    assert path == tmp_path / f"call{suffix}"
    assert Labels.load(path) == LABELS
    assert holds_labels(path)


@pytest.mark.parametrize("format", FORMATS)
def test_a_format_is_found_by_its_text_and_can_be_said(tmp_path: Path, format: str) -> None:
    path = LABELS.save(tmp_path / "call.labels", format=format)
    assert Labels.load(path) == LABELS
    assert Labels.load(path, format=format) == LABELS


@pytest.mark.parametrize(
    ("encode", "line_end"),
    [("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-16-be", "\n"), ("utf-8", "\r\n"), ("utf-8", "\r")],
)
@pytest.mark.parametrize("format", FORMATS)
def test_encodings_and_line_ends(tmp_path: Path, format: str, encode: str, line_end: str) -> None:
    labels = Labels.of([(0.5, 1.75, "MÉO"), (2.0, 3.25, "MÉO")], name="call")
    path = labels.save(tmp_path / "call.labels", format=format)
    text = path.read_text(encoding="utf-8").replace("\n", line_end)
    mark = b"\xfe\xff" if encode == "utf-16-be" else b""
    path.write_bytes(mark + text.encode(encode))
    assert Labels.load(path).speech == labels.speech
    assert format == "scv" or Labels.load(path) == labels


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"SPEAKER a 1 0 1 <NA> <NA> Ann <NA> <NA>\nSPEAKER a 1 2 1 <NA> <NA> M\xc9O <NA> <NA>\n",
            "line 2: .*not UTF-8",
        ),
        (b"\xff\xfeS", "not UTF-16"),
        (b"RIFF\0\0\0\0WAVE", "not a text file"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.rttm"
    path.write_bytes(data)
    with pytest.raises(LabelsError, match=said):
        Labels.load(path)


def test_a_text_of_no_known_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear Ann,\nthis is a transcript.\n")
    assert not holds_labels(path)
    with pytest.raises(LabelsError, match=r"notes\.txt is in no format of labels that is known: RTTM"):
        Labels.load(path)


@pytest.mark.parametrize("suffix", [".txt", ".rttm", ".csv", ".scv"])
def test_an_empty_file_is_a_recording_without_speech(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"quiet{suffix}"
    path.write_text("\n")
    assert Labels.load(path) == Labels((), "quiet")


def test_missing_files_folders_and_formats(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"There is no file '.*nix\.rttm'"):
        Labels.load(tmp_path / "nix.rttm")
    with pytest.raises(LabelsError, match="cannot be read"):
        Labels.load(tmp_path)
    with pytest.raises(ConfigError, match="'eaf' is no format of labels; there are: textgrid, rttm"):
        LABELS.save(tmp_path / "a.x", format="eaf")
    with pytest.raises(LabelsError, match=r"'a\.eaf' names no format of labels that is written; use \.textgrid"):
        LABELS.save(tmp_path / "a.eaf")
    with pytest.raises(LabelsError, match=r"'a\.tsv' names no format of labels that is written"):
        LABELS.save(tmp_path / "a.tsv")
    with pytest.raises(LabelsError, match="cannot be written"):
        LABELS.save(tmp_path / "nowhere" / "a.rttm")


def test_of_several_recordings_one_is_chosen_by_name_or_stem(tmp_path: Path) -> None:
    path = tmp_path / "all.rttm"
    path.write_text(TWO)
    with pytest.raises(LabelsError, match=r"all\.rttm: it holds 2 recordings; choose one by name=\.\.\.: 'a', 'b'"):
        Labels.load(path)
    with pytest.raises(LabelsError, match=r"no recording 'c'; choose one .*: 'a', 'b'"):
        Labels.load(path, name="c")
    assert Labels.load(path, name="b").segments == (Segment(2, 3, "Bob"),)
    own = path.rename(tmp_path / "a.rttm")
    assert Labels.load(own) == Labels((Segment(0, 1, "Ann"),), "a")


def test_a_recording_that_the_file_does_not_know_is_refused_even_if_it_holds_one(tmp_path: Path) -> None:
    path = tmp_path / "call.rttm"
    path.write_text(TWO.splitlines()[0])
    assert Labels.load(path).name == "a"
    with pytest.raises(LabelsError, match="no recording 'b'"):
        Labels.load(path, name="b")


def test_a_tier_of_what_has_none_is_refused(tmp_path: Path) -> None:
    path = LABELS.save(tmp_path / "a.rttm")
    with pytest.raises(LabelsError, match="tier='x' is of TextGrids, and this is rttm"):
        Labels.load(path, format="rttm", tier="x")


def test_labels_of_anything(tmp_path: Path) -> None:
    path = LABELS.save(tmp_path / "call.csv")
    pairs = [(0.5, 1.75), (2.0, 3.25)]
    for value in (path, str(path), pairs, LABELS.speech, LABELS.segments, LABELS.to_frame(), iter(pairs)):
        assert Labels.of(value).segments == LABELS.segments
    assert Labels.of(LABELS) is LABELS
    assert Labels.of([[0, 1, "Ann"]], name="x") == Labels((Segment(0, 1, "Ann"),), "x")
    assert Labels.of([]) == Labels(())
    assert Labels.of([(0, 1, None), (2, 3, float("nan"))]).speakers == ()


def test_labels_of_pyannote() -> None:
    annotation = Annotation()
    annotation[TheirSegment(0.5, 1.75)] = "Ann"
    assert Labels.of(annotation).segments == (Segment(0.5, 1.75, "Ann"),)
    assert Labels.of(Timeline([TheirSegment(0.5, 1.75)])).segments == (Segment(0.5, 1.75),)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3.0, "not float"),
        (None, "not NoneType"),
        ({"start": 1}, "not dict"),
        ([1.0, 2.0], "Label 0 is 1.0"),
        ([(1.0,)], r"Label 0 is \(1\.0,\)"),
        (["ab"], "Label 0 is 'ab'"),
        ([(0, 1), (2, 1)], "Label 1: A label ends"),
        (pd.DataFrame({"a": [1]}), "a start and an end are needed"),
    ],
)
def test_what_holds_no_labels_is_refused(value: object, said: str) -> None:
    with pytest.raises(LabelsError, match=said):
        Labels.of(value)
