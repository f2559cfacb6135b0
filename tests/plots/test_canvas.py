from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.canvas import Canvas, drawable, note_picture, shortened
from rtnb.plots.layout import Box, text_width
from rtnb.plots.palette import ASSISTANT, USER
from rtnb.plots.render import svg


def test_words_are_words_whatever_they_hold() -> None:
    canvas = Canvas(60)
    canvas.text(10, 30, "$4 to $5_0 \u202eabc")
    text = svg(canvas.figure)
    assert "$4 to $5_0" in text
    assert "\u202e" not in text


def test_boxes_are_where_the_words_are() -> None:
    canvas = Canvas(60)
    wide = text_width("amount", 12)
    left, middle, right = (canvas.text(450, 30, "amount", align=align) for align in ("left", "center", "right"))
    assert (left.x0, round(left.x1 - wide, 6)) == (450, 450)
    assert round(middle.x0 + middle.x1, 6) == 900
    assert round(right.x1, 6) == 450
    assert canvas.boxes == [left, middle, right]


def test_many_bars_are_one_path() -> None:
    def paths(count: int) -> int:
        canvas = Canvas(60)
        canvas.bars([Box(2 * i, 0, 2 * i + 1, 30) for i in range(count)], USER)
        return svg(canvas.figure).count("<path")

    assert paths(1) == paths(300)


def test_bars_without_a_size_leave_nothing() -> None:
    empty, some = Canvas(60), Canvas(60)
    some.bars([Box(5, 5, 5, 30), Box(5, 5, 30, 5)], USER)
    assert svg(some.figure) == svg(empty.figure)


def test_hollow_bars_differ_from_full_ones_by_more_than_colour() -> None:
    full, hollow = Canvas(60), Canvas(60)
    full.bars([Box(5, 5, 40, 40)], ASSISTANT)
    hollow.bars([Box(5, 5, 40, 40)], ASSISTANT, hollow=True)
    assert svg(hollow.figure).count("<path") == svg(full.figure).count("<path") + 1
    drawn = [svg(canvas.figure).partition("<style>")[0] for canvas in (full, hollow)]
    assert [f"stroke: {ASSISTANT.light}" in text for text in drawn] == [False, True]


def test_a_picture_of_nothing_says_why() -> None:
    picture = note_picture("nothing here has a price")
    assert picture.empty
    assert picture.alt == "nothing here has a price"
    assert "nothing here has a price" in svg(picture.figure)


@given(words=st.text(max_size=60), room=st.floats(20, 300))
def test_shortened_words_fit(words: str, room: float) -> None:
    cut = shortened(words, room, 12)
    assert text_width(cut, 12) <= room
    assert cut == drawable(words[:400]) or "…" in cut


def test_what_the_font_lacks_is_marked() -> None:
    assert drawable("会話 1\n$2 −45 %") == "\ufffd\ufffd 1 $2 −45 %"


def test_both_ends_of_a_name_stay() -> None:
    cut = shortened("gpt-4o-realtime-preview-2024-10-01", 150, 12)
    assert cut.startswith("gpt-4o")
    assert cut.endswith("10-01")
