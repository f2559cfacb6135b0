"""Inline styles of cards. JupyterLab's variables where there are any, colours that follow the scheme elsewhere.

Three readers are served by one ``style`` attribute. Trusted notebooks and browsers take all of it. Where
JupyterLab sanitises the HTML of a notebook that it does not trust, declarations with ``var()`` or
``light-dark()`` are dropped and the plain ones before them stay. Where styles are removed altogether, as
on GitHub, the order of the elements carries the meaning.

Pages say in two ways that they are dark: by their colour scheme, and by Jupyter's variables, and some (what nbconvert
writes with its dark theme) only in the second. Colours of words are therefore reckoned from the ground that they really
stand on: each channel lies on the line through its values on the light and on the dark ground.
"""

from __future__ import annotations

from rtnb.plots.html import css
from rtnb.plots.palette import ASSISTANT, BACKGROUND, ERROR, LINE, MUTED, TEXT, TOOL, USER, Ink

__all__ = [
    "BREAK", "CARD", "CELL", "CHIPS", "NAME", "NOTE", "PADDING", "PILL", "ROW", "SCROLL", "TABLE", "WORDS", "ink_css",
]  # fmt: skip

PADDING = "1.56%"
"""As wide as the margin of a picture, which fills the card from border to border."""


def _scheme(ink: Ink) -> str:
    return f"light-dark({ink.light},{ink.dark})"


_GROUND = f"var(--jp-layout-color0,{_scheme(BACKGROUND)})"

_NAMES = {USER: "user", ASSISTANT: "assistant", TOOL: "tool", ERROR: "error", MUTED: "muted", LINE: "line"}
"""Inks that a card reckons once, as its own variables; a table of a hundred cells would repeat them otherwise."""


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _on_ground(ink: Ink) -> str:
    """The ink as a function of the ground: its light twin on the light one, its dark twin on the dark one."""
    written = []
    for name, light, dark, white, black in zip(
        "rgb", *map(_channels, (ink.light, ink.dark, BACKGROUND.light, BACKGROUND.dark)), strict=True
    ):
        slope = (light - dark) / (white - black)
        written.append(f"calc({dark - slope * black:.1f} + {slope:.4f}*{name})")
    return f"rgb(from {_GROUND} {' '.join(written)})"


def ink_css(ink: Ink, member: str = "color") -> str:
    """A colour that follows the ground of its card, after one that reads on any background."""
    follows = f"var(--rtnb-{_NAMES[ink]},{ink.either})" if ink in _NAMES else _scheme(ink)
    return f"{member}:{ink.either};{member}:{follows}"


_HAIRLINE = f"border-color:var(--jp-border-color2,{_scheme(LINE)})"

CARD = css(
    *(f"--rtnb-{name}:{_on_ground(ink)}" for ink, name in _NAMES.items()),
    f"background:{_GROUND}",
    f"color:var(--jp-content-font-color1,{_scheme(TEXT)})",
    "border:1px solid #9aa4af",
    _HAIRLINE,
    border_radius="8px",
    max_width="980px",
    margin="2px 0",
    padding="10px 0",
    line_height="1.45",
    font_variant_numeric="tabular-nums",
)
ROW = css(
    display="flex", flex_wrap="wrap", gap="2px 10px", align_items="flex-start", padding=f"2px {PADDING}", margin="0"
)
NAME = css(flex="0 0 8.7%", min_width="72px", font_weight=600, padding="5px 0")
"""With the gap of a row as wide as the names in a picture."""
BREAK = css("overflow-wrap:break-word", "overflow-wrap:anywhere")
"""Long words may break; the second declaration does so in tables too."""
WORDS = css(BREAK, flex="1 1 260px", min_width="0", white_space="pre-line", padding="5px 0")
NOTE = css(BREAK, flex="none", max_width="100%", padding="5px 0")
PILL = css(
    "border:1px solid #9aa4af",
    _HAIRLINE,
    border_radius="12px",
    display="inline-block",
    max_width="100%",
    padding="0 9px",
)
CHIPS = css(
    "border-top:1px solid #9aa4af",
    _HAIRLINE,
    display="flex",
    flex_wrap="wrap",
    gap="4px 18px",
    list_style="none",
    margin=f"8px {PADDING} 0",
    padding="8px 0 0",
)
SCROLL = css(
    overflow_x="auto",
    background=",".join(
        f"linear-gradient(to {to},{colour}) {at} 0/{wide} 100% no-repeat {fixed}"
        for colour, wide, fixed in ((f"{_GROUND} 40%,transparent", "28px", "local"), ("#8888,#8880", "12px", "scroll"))
        for to, at in (("right", "left"), ("left", "right"))
    ),
)
"""What is wider than its card scrolls, and a shadow at an edge says that there is more: the covers of the shadows move
with the table, the shadows do not."""
TABLE = css(border_collapse="collapse", margin="0", font_size="inherit", table_layout="auto")
CELL = css(
    "border:0", "border-bottom:1px solid #9aa4af", _HAIRLINE, padding="4px 8px", vertical_align="top",
    white_space="normal", background="none",
)  # fmt: skip
