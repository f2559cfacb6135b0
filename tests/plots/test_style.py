from __future__ import annotations

import re

import pytest

from rtnb.plots.palette import ASSISTANT, BACKGROUND, ERROR, LINE, MUTED, TOOL, USER, VAD_MARK, Ink
from rtnb.plots.style import CARD, CELL, CHIPS, PILL, ink_css


def test_a_plain_colour_comes_first_for_readers_that_drop_the_rest() -> None:
    assert ink_css(USER) == f"color:{USER.either};color:var(--rtnb-user,{USER.either})"
    assert ink_css(VAD_MARK) == f"color:{VAD_MARK.either};color:light-dark({VAD_MARK.light},{VAD_MARK.dark})"
    assert ink_css(USER, "background").startswith("background:#")


@pytest.mark.parametrize("ink", [USER, ASSISTANT, TOOL, ERROR, MUTED, LINE])
def test_a_card_reckons_its_inks_from_the_ground_it_stands_on(ink: Ink) -> None:
    name = re.search(r"var\(--rtnb-(\w+),", ink_css(ink))
    assert name is not None
    found = re.search(rf"--rtnb-{name[1]}:rgb\(from (.*?\)\)) (calc.*?\))\);"[:-1], CARD + ";")
    assert found is not None
    assert found[1] == f"var(--jp-layout-color0,light-dark({BACKGROUND.light},{BACKGROUND.dark}))"
    lines = re.findall(r"calc\((-?[\d.]+) \+ (-?[\d.]+)\*([rgb])\)", found[2])
    assert [channel for *_, channel in lines] == ["r", "g", "b"]
    for ground, wanted in ((BACKGROUND.light, ink.light), (BACKGROUND.dark, ink.dark)):
        reckoned = [float(at) + float(slope) * bytes.fromhex(ground[1:])[0] for at, slope, _ in lines]
        assert reckoned == pytest.approx(list(bytes.fromhex(wanted[1:])), abs=0.2)


def test_borders_have_a_plain_colour_under_that_of_the_theme() -> None:
    for style in (CARD, CELL, CHIPS, PILL):
        declarations = style.split(";")
        plain = next(i for i, one in enumerate(declarations) if "1px solid #" in one)
        themed = next(i for i, one in enumerate(declarations) if "border-color:var(--jp-border-color2" in one)
        assert plain < themed
