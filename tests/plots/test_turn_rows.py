from __future__ import annotations

import base64
import io

from PIL import Image
from support.markup import assert_harmless

from rtnb.plots.html import join
from rtnb.plots.turn_rows import error_row, images, times, tool_rows
from rtnb.session.views.pieces import ErrorView, ImageView, ToolCallView
from rtnb.session.views.timing import Timing


def png(width: int, height: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def test_an_image_is_described_for_those_who_cannot_see_it() -> None:
    reader = assert_harmless(images([ImageView(png(300, 200), "low"), ImageView("nonsense")]))
    (image,) = reader.all("img")
    assert image["alt"] == "image 1, 300 × 200 pixels, detail low"
    assert image["src"].startswith("data:image/")
    assert "image 2, which cannot be shown" in reader.text()
    assert images([]) is None


def test_the_first_call_alone_is_labelled() -> None:
    rows = tool_rows([ToolCallView("a", output="1"), ToolCallView("b", status="running", background=True)])
    words = [assert_harmless(row).text() for row in rows]
    assert words == ["Tool a() → 1", "b() → running … · the conversation went on meanwhile"]
    assert tool_rows([]) == []


def test_long_outputs_are_cut() -> None:
    (row,) = tool_rows([ToolCallView("a", output="x" * 5000)])
    assert len(assert_harmless(join(row)).text()) < 400


def test_an_error_without_code_or_advice_needs_no_row() -> None:
    assert error_row(None) is None and error_row(ErrorView("Only words.")) is None
    assert error_row(ErrorView("m", "c")) is not None


def test_nothing_timed_shows_nothing() -> None:
    assert times(Timing()) is None
