from __future__ import annotations

import numpy as np
from support.markup import assert_harmless

from rtnb.plots.canvas import Canvas, note_picture
from rtnb.plots.layout import Box
from rtnb.plots.palette import USER
from rtnb.plots.stills.image import SVG_LIMIT, image_html


def test_a_small_picture_follows_the_theme_and_a_large_one_is_a_png() -> None:
    small, large = Canvas(50), Canvas(300)
    small.text(10, 20, "words")
    ends = np.random.default_rng(1).uniform(0, 300, (9000, 4))
    large.segments([((a, b), (c, d)) for a, b, c, d in ends.tolist()], USER)
    assert assert_harmless(image_html(small.picture("A <word>."))).all("img")[0]["src"].startswith("data:image/svg+xml")
    image = assert_harmless(image_html(large.picture("Many lines."))).all("img")[0]
    assert image["src"].startswith("data:image/png")
    assert len(image["src"]) < SVG_LIMIT
    assert image["alt"] == "Many lines."


def test_nothing_to_see_is_said() -> None:
    reader = assert_harmless(image_html(note_picture("nothing yet")))
    assert reader.text() == "nothing yet"
    assert not reader.all("img")


def test_a_grid_keeps_its_place() -> None:
    canvas = Canvas(100)
    canvas.image(Box(10, 10, 110, 60), np.eye(4), USER)
    axes = canvas.figure.axes[0]
    assert axes.get_xlim() == (0, 900)
