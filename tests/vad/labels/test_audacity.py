from __future__ import annotations

import pytest
from hypothesis import given
from support import label_strategies

from rtnb.errors import LabelsError
from rtnb.vad.labels import audacity
from rtnb.vad.labels.reading import Source
from rtnb.vad.labels.segments import Labels, Segment


def gathered(text: str) -> Source:
    source = Source("a.txt")
    audacity.parse(text, source)
    return source


@given(label_strategies.labels())
def test_round_trip(labels: Labels) -> None:
    text = audacity.render(labels, "call")
    assert tuple(sorted(gathered(text).recordings.get("", []))) == labels.segments
    assert not labels.segments or audacity.looks_like(text)


def test_points_spectral_lines_texts_and_silences() -> None:
    source = gathered(
        "2.150000\t2.150000\tclick\n"
        "3.400000\t6.100000\tAnn Lee\n\\\t697.0\t1633.5\n"
        "7\t8\n"
        "8.0\t9.5\tspeech\n"
        "9.5\t9.9\tsil\n"
    )
    assert source.recordings[""] == [Segment(3.4, 6.1, "Ann Lee"), Segment(7, 8), Segment(8, 9.5)]
    assert source.told() == (
        "1 label taken as silence for the mark: 'sil'",
        "1 label without length left out, the first in line 1",
    )


def test_hands_may_write_spaces() -> None:
    assert gathered("0.5 1.25 Ann Lee").recordings[""] == [Segment(0.5, 1.25, "Ann Lee")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1.0", "apart by a tab"),
        ("1,5\t2,0\tAnn", "a point, not a comma"),
        ("3.0\t2.0\tAnn", "not after its start"),
        ("-3.0\t2.0\tAnn", "before the recording"),
        ("-1.0\t-1.0\tAnn", "before the recording"),
        ("inf\t2.0\tAnn", "not a number"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(LabelsError, match=r"^a\.txt, line 2: ") as caught:
        gathered(f"0.0\t1.0\tAnn\n{line}\n")
    assert said in str(caught.value)
