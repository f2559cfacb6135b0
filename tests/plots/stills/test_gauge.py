from __future__ import annotations

from support.markup import assert_harmless

from rtnb.plots.canvas import Canvas
from rtnb.plots.palette import ASSISTANT, ERROR, VAD_MARK
from rtnb.plots.stills.context import Context
from rtnb.plots.stills.gauge import bar_html, draw_gauge, gauge_html, gauge_ink


def test_colours_warn_before_the_end() -> None:
    inks = [gauge_ink(0.5, near=False), gauge_ink(0.9, near=True), gauge_ink(1.01, near=True)]
    assert inks == [ASSISTANT, VAD_MARK, ERROR]


def test_a_bar_never_leaves_its_frame() -> None:
    for share, width in ((-1.0, "0.0%"), (0.25, "25.0%"), (7.0, "100.0%")):
        reader = assert_harmless(bar_html(share, ASSISTANT))
        assert f"width:{width}" in reader.all("span")[1]["style"]


def test_its_words_stand_behind_it() -> None:
    assert assert_harmless(gauge_html(Context(3_840, 32_000))).text() == "12 % of 32k context"
    assert assert_harmless(gauge_html(Context(5))).text() == "5 tokens of context"


def test_it_is_drawn_where_it_is_asked_for() -> None:
    canvas = Canvas(40)
    draw_gauge(canvas, 10, 20, 100, 0.5, ink=ERROR)
    assert len(canvas.figure.axes[0].get_children()) > 2
