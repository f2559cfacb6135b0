"""Bars that fill: how much of a context window or of a limit is taken."""

from __future__ import annotations

from rtnb.plots.canvas import Canvas
from rtnb.plots.html import Html, css, tag
from rtnb.plots.layout import Box
from rtnb.plots.palette import ASSISTANT, ERROR, LINE, VAD_MARK, Ink
from rtnb.plots.stills.context import Context
from rtnb.plots.style import ink_css

__all__ = ["bar_html", "draw_gauge", "gauge_html", "gauge_ink"]


def gauge_ink(share: float, *, near: bool) -> Ink:
    """Green, amber from four fifths on, red beyond the end: as a budget is painted.

    Examples
    --------
    >>> gauge_ink(0.12, near=False) is ASSISTANT, gauge_ink(1.2, near=True) is ERROR
    (True, True)
    """
    return ERROR if share > 1 else VAD_MARK if near else ASSISTANT


def bar_html(share: float, ink: Ink, *, wide: str = "110px") -> Html:
    """A bar without words."""
    filled = css(ink_css(ink, "background"), display="block", height="100%", width=f"{min(1.0, max(0.0, share)):.1%}")
    bar = css(
        ink_css(LINE, "background"), display="inline-block", width=wide, max_width="100%", height="6px",
        border_radius="3px", overflow="hidden", vertical_align="middle", margin_right="8px",
    )  # fmt: skip
    return tag("span", tag("span", style=filled), style=bar)


def gauge_html(context: Context) -> Html:
    """The context as a bar with its words behind it."""
    if context.share is None:
        return tag("span", context.text)
    ink = gauge_ink(context.share, near=context.near)
    return tag("span", bar_html(context.share, ink), " ", context.text)


def draw_gauge(canvas: Canvas, x: float, y: float, wide: float, share: float, *, ink: Ink, high: float = 6.0) -> None:
    """A bar from `x` on with its middle at `y`."""
    canvas.bars([Box(x, y - high / 2, x + wide, y + high / 2)], LINE, z=1.0)
    end = x + wide * min(1.0, max(0.0, share))
    canvas.bars([Box(x, y - high / 2, end, y + high / 2)], ink, z=1.2)
