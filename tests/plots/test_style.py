from __future__ import annotations

from rtnb.plots.palette import USER
from rtnb.plots.style import CARD, CELL, CHIPS, PILL, ink_css


def test_a_plain_colour_comes_first_for_readers_that_drop_the_rest() -> None:
    assert ink_css(USER) == f"color:{USER.either};color:light-dark({USER.light},{USER.dark})"
    assert ink_css(USER, "background").startswith("background:#")


def test_borders_have_a_plain_colour_under_that_of_the_theme() -> None:
    for style in (CARD, CELL, CHIPS, PILL):
        declarations = style.split(";")
        plain = next(i for i, one in enumerate(declarations) if "1px solid #" in one)
        themed = next(i for i, one in enumerate(declarations) if "border-color:var(--jp-border-color2" in one)
        assert plain < themed
