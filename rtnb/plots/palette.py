"""The colours of every picture: one each for the user, the assistant, turn detection, tools and errors.

The hues are of the Okabe-Ito set or near it, so that they stay apart for the colour-blind. Each has a twin for
dark backgrounds, and what may end up on a background that nobody can foresee has a third, `either`, that
reads on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["BACKGROUND", "GRAPHICS", "TEXTS", "Ink", "Speaker", "contrast", "ink_of"]

Speaker = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Ink:
    """One colour in its variants, as ``#rrggbb`` in lower case.

    Parameters
    ----------
    light, dark : str
        For light and for dark backgrounds.
    either : str
        Readable on both (contrast of 4.3 on white and on near-black); `light` if there is none.
    """

    light: str
    dark: str
    either: str = ""

    def __post_init__(self) -> None:
        if not self.either:
            object.__setattr__(self, "either", self.light)


BACKGROUND = Ink("#ffffff", "#111111")
"""What pictures stand on: the page colours of JupyterLab's own themes, so that no edge shows there."""

USER = Ink("#0072b2", "#56b4e9", "#007fc7")
ASSISTANT = Ink("#008563", "#4cc9a4", "#008a66")
VAD = Ink("#e69f00", "#f0b840")
"""Shading of what turn detection called speech."""
VAD_MARK = Ink("#a66f00", "#f2bc48")
"""Lines of turn detection: darker than its shading, which would vanish as a thin line on white."""
TOOL = Ink("#a8558a", "#d98bbb", "#ae5e91")
ERROR = Ink("#b4381c", "#ff8a65", "#d64a1f")
TEXT = Ink("#1f2328", "#e6e8eb")
MUTED = Ink("#5b636d", "#9aa4af", "#717a87")
LINE = Ink("#d8dee4", "#2e353d")
"""Hairlines that only separate; nothing is read off them."""
PALE_USER = Ink("#3f97d6", "#2f7fb8")
PALE_ASSISTANT = Ink("#35a582", "#27896a")
PALE_MARK = Ink("#c08a1e", "#a37a2a")
"""Sisters of the inks above, for areas beside them."""
STORED = Ink("#8a919a", "#bcc4cc")
"""What the prompt cache held: grey, and on dark ground lighter than the pale inks, to stay apart from them."""

TEXTS: dict[str, Ink] = {
    "user": USER,
    "assistant": ASSISTANT,
    "tool": TOOL,
    "error": ERROR,
    "text": TEXT,
    "muted": MUTED,
}
"""Inks that words are set in."""

GRAPHICS: dict[str, Ink] = {
    **TEXTS,
    "vad mark": VAD_MARK,
    "pale user": PALE_USER,
    "pale assistant": PALE_ASSISTANT,
    "pale mark": PALE_MARK,
    "stored": STORED,
}
"""Inks that something is read off."""


def ink_of(who: Speaker) -> Ink:
    """The colour of a speaker."""
    return USER if who == "user" else ASSISTANT


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, by the formula of WCAG 2.2.

    Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. Text needs 4.5, graphics need 3.

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
