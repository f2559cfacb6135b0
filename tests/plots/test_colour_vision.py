"""The palette as people see it who lack one kind of cone: computed, by published matrices."""

from __future__ import annotations

import itertools
import re

import numpy as np
import numpy.typing as npt
import pytest

from rtnb.plots.palette import ASSISTANT, ERROR, STORED, TOOL, USER, VAD, VAD_MARK, Ink
from rtnb.widgets.assets import STATIC

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# IEEE TVCG 15 (2009), doi 10.1109/TVCG.2009.113: the matrices of severity 1.0, for linear RGB.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}

# sRGB to CIE XYZ with the white point D65: IEC 61966-2-1.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

SPOKEN = {"user": USER, "assistant": ASSISTANT, "vad mark": VAD_MARK, "tool": TOOL, "error": ERROR}
"""What lies side by side in one view, and is told apart by its colour first."""

APART = 9.0
"""Of the CIE 1976 difference of two colours, of which about 2.3 is just noticeable (Mahy, Van Eycken and Oosterlinck,
Color Research and Application 19, 1994)."""


def lab(colour: str, matrix: npt.ArrayLike = ((1, 0, 0), (0, 1, 0), (0, 0, 1))) -> npt.NDArray[np.float64]:
    """CIE L*a*b* of 1976 of a colour as it is seen."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(matrix) @ linear, 0, 1)
    xyz = TO_XYZ @ seen / TO_XYZ.sum(axis=1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def difference(one: str, other: str, deficiency: str) -> float:
    matrix = DEFICIENCIES[deficiency]
    return float(np.linalg.norm(lab(one, matrix) - lab(other, matrix)))


def test_the_measure_is_right() -> None:
    assert lab("#ffffff") == pytest.approx([100, 0, 0], abs=0.02)
    # sRGB red: L*a*b* 53.24, 80.09, 67.20 (D65).
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    # Greys stay what they are, for everybody; red and green of one lightness do not.
    for name, matrix in DEFICIENCIES.items():
        assert lab("#808080", matrix) == pytest.approx(lab("#808080"), abs=0.1), name
    one, other = "#c84b31", "#5c7d1f"
    plain = float(np.linalg.norm(lab(one) - lab(other)))
    assert difference(one, other, "deuteranopia") < 0.35 * plain


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(SPOKEN, 2)))
def test_colours_stay_apart(one: str, other: str, theme: str, deficiency: str) -> None:
    found = difference(getattr(SPOKEN[one], theme), getattr(SPOKEN[other], theme), deficiency)
    assert found >= APART, f"{one} and {other}: {found:.1f}"


@pytest.mark.parametrize("deficiency", ["protanopia", "deuteranopia"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_two_who_talk_stand_far_apart_for_nearly_all_who_see_colours_otherwise(theme: str, deficiency: str) -> None:
    assert difference(getattr(USER, theme), getattr(ASSISTANT, theme), deficiency) >= 3 * APART


def test_live_views_have_the_colours_of_pictures() -> None:
    css = (STATIC / "live.css").read_text(encoding="utf-8")
    light, dark = css.split('body[data-jp-theme-light="false"] .rtnb-live', 1)
    inks: dict[str, Ink] = {
        "user": USER, "asst": ASSISTANT, "vad": VAD, "mark": VAD_MARK, "tool": TOOL, "err": ERROR, "stored": STORED,
    }  # fmt: skip
    for name, ink in inks.items():
        for text, wanted in ((light, ink.light), (dark, ink.dark)):
            (found, *_) = re.findall(rf"--{name}: (#[0-9a-f]{{6}});", text)
            assert found == wanted, name
