from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rtnb.errors import LabelsError
from rtnb.vad.labels.loading import FORMATS
from rtnb.vad.labels.reading import Source, decoded, written
from rtnb.vad.labels.segments import Labels, Segment

BITS = [
    "SPEAKER",
    "a",
    "1",
    "0.5",
    "2",
    "1e3",
    "-1",
    "nan",
    "1,5",
    "<NA>",
    "\t",
    " ",
    "\n",
    ",",
    ";",
    '"',
    "!",
    "\\",
    "é",
]
GRID = ['"ooTextFile"', '"TextGrid"', "0", "9", "<exists>", "1", '"IntervalTier"', '"talk"', '"', "\n", "2", "99999999"]
TABLE = ["start", "end", "speaker", "_ms", "file", "label", "duration", ",", "\n", "1", "2", "x", '"', ";"]
WORDS = st.one_of(
    st.text(max_size=60),
    *(st.lists(st.sampled_from(bits), max_size=40).map(" ".join) for bits in (BITS, GRID, TABLE)),
    *(st.lists(st.sampled_from(bits), max_size=40).map("".join) for bits in (BITS, TABLE)),
)


@given(st.sampled_from(sorted(FORMATS)), WORDS)
@example("csv", '"')
@example("csv", "start,end\n1\n")
@example("scv", ",")
@example("textgrid", '"ooTextFile" "TextGrid" 0 1 <exists> 99999999999')
def test_any_text_gives_labels_or_one_clear_error(format: str, text: str) -> None:
    source = Source("any.txt")
    FORMATS[format].looks_like(text)
    try:
        FORMATS[format].parse(text, source)
    except LabelsError as error:
        assert str(error).startswith("any.txt")
        return
    for segments in source.recordings.values():
        assert all(0 <= each.start_s < each.end_s < float("inf") for each in Labels(tuple(segments)).segments)


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_one_clear_error(data: bytes) -> None:
    try:
        text = decoded(data, "any.bin")
    except LabelsError as error:
        assert str(error).startswith("any.bin")
    else:
        assert "\r" not in text
        assert "\0" not in text


def test_lines_are_counted_as_editors_do() -> None:
    """Not as Python does, to which a vertical tab or a line separator ends a line."""
    assert list(Source("a").lines("x\v\u2028\n\n y")) == [(1, "x\v\u2028"), (3, " y")]


@pytest.mark.parametrize("text", ["1", "1.", ".5", "+1.5", "-0", "1e3", "1.5E-02", " 2 "])
def test_numbers(text: str) -> None:
    assert Source("a").number(1, "start", text) == Decimal(text.strip())


@pytest.mark.parametrize("text", ["", "1_000", "nan", "inf", "0x1", "1.5.2", "١", "1e99999", "1 2"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(LabelsError, match="a, line 7: the start is"):
        Source("a").number(7, "start", text)


def test_a_time_past_every_number_is_refused() -> None:
    source = Source("a")
    with pytest.raises(LabelsError, match=r"a, line 1: .*later than"):
        source.add(1, 0.0, source.seconds(1, "end", "1e400"))


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("rttm", "SPEAKER x 1 1 1 <NA> <NA> J <NA> <NA>\nSPEAKER x 1 {late} 1 <NA> <NA> J <NA> <NA>\n"),
        ("rttm", "SPEAKER x 1 1 1 <NA> <NA> J <NA> <NA>\nSPEAKER x 1 1 {late} <NA> <NA> J <NA> <NA>\n"),
        ("audacity", "1\t2\ta\n{late}\t{late}\ta\n"),
        ("scv", "a,0,1,1\nb,{late},{late},1\n"),
        ("csv", "start,end\n{late},{late}\n"),
        ("csv", "start,duration\n1,{late}\n"),
        ("csv", "start_ms,end_ms\n{late}000,{late}000\n"),
    ],
)
@pytest.mark.parametrize("late", ["1e999", "1e400", "864001"])
def test_absurd_times_are_no_labels_without_length(format: str, text: str, late: str) -> None:
    source = Source("a")
    written_so = text.format(late=late).replace("e999000", "e999").replace("e400000", "e400")
    with pytest.raises(LabelsError, match=r"a, line 2: .*10 days"):
        FORMATS[format].parse(written_so, source)


def test_the_latest_times_are_read_in_either_unit() -> None:
    for text in ("start,end\n0,864000\n", "start_ms,end_ms\n0,864000000\n"):
        source = Source("a")
        FORMATS["csv"].parse(text, source)
        assert source.recordings[""] == [Segment(0.0, 864_000.0)]


def test_the_time_of_a_textgrid_is_named_by_its_line() -> None:
    text = '"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n1\n"IntervalTier"\n"a"\n0\n9\n1\n1e999\n1e999\n"x"'
    with pytest.raises(LabelsError, match=r"a, line 12: the xmin is 1e999 s, later"):
        FORMATS["textgrid"].parse(text, Source("a"))


@given(st.floats(0, 1e6))
def test_what_is_written_is_read_to_the_microsecond(seconds: float) -> None:
    text = written(seconds)
    assert len(text.partition(".")[2]) >= 3
    assert abs(float(text) - seconds) <= 5.1e-7


def test_what_is_odd_is_told() -> None:
    source = Source("a")
    source.add(1, 0.0, 0.5)
    source.add(2, 1.0, 1.0)
    source.silent("sil")
    assert source.recordings == {"": [Segment(0.0, 0.5)]}
    assert source.told() == (
        "1 label taken as silence for the mark: 'sil'",
        "1 label without length left out, the first in line 2",
    )
