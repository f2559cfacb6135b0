from __future__ import annotations

import pytest

from rtnb.plots import palette
from rtnb.plots.palette import BACKGROUND, GRAPHICS, TEXTS, Ink, contrast

# The card of the look in dark mode, and the two backgrounds JupyterLab's dark theme uses for output and panels.
DARKS = (BACKGROUND.dark, "#171b20", "#212121")
EVERY = [value for value in vars(palette).values() if isinstance(value, Ink)]


@pytest.mark.parametrize("name", TEXTS)
def test_words_are_readable_on_both_backgrounds(name: str) -> None:
    ink = TEXTS[name]
    assert contrast(ink.light, BACKGROUND.light) >= 4.5
    assert min(contrast(ink.dark, dark) for dark in DARKS) >= 4.5


@pytest.mark.parametrize("name", GRAPHICS)
def test_graphics_stand_out_on_both_backgrounds(name: str) -> None:
    ink = GRAPHICS[name]
    assert contrast(ink.light, BACKGROUND.light) >= 3
    assert min(contrast(ink.dark, dark) for dark in DARKS) >= 3


@pytest.mark.parametrize("name", ["user", "assistant", "tool", "error", "muted"])
def test_the_third_variant_reads_on_both(name: str) -> None:
    assert contrast(TEXTS[name].either, BACKGROUND.light) >= 4.3
    assert contrast(TEXTS[name].either, BACKGROUND.dark) >= 4.3


def test_light_colours_are_distinct_so_that_each_can_be_swapped_for_its_twin() -> None:
    assert len({ink.light for ink in EVERY}) == len(EVERY)
    assert all(ink.light == ink.light.lower() and ink.dark == ink.dark.lower() for ink in EVERY)


def test_contrast_is_symmetric_and_spans_1_to_21() -> None:
    assert contrast("#ffffff", "#ffffff") == 1
    assert contrast("#ffffff", "#000000") == contrast("#000000", "#ffffff") == 21
    # Two published examples: the greys at the edge of 4.5 on white.
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")
