"""A picture inside HTML: one that follows the theme where that is small, otherwise the PNG."""

from __future__ import annotations

import base64

from rtnb.plots.canvas import Picture
from rtnb.plots.html import Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.render import PNG_CAP_BYTES, png, svg
from rtnb.plots.style import PADDING, ink_css

__all__ = ["SVG_LIMIT", "image_html"]

SVG_LIMIT = 150_000
"""Characters of an SVG beyond which the PNG, which has a cap, is the better one to keep in a notebook."""


def image_html(
    picture: Picture, *, background: bool = True, svg_limit: int = SVG_LIMIT, png_cap_bytes: int = PNG_CAP_BYTES,
    least_px: int | None = None,
) -> Html:  # fmt: skip
    """The picture with its description as alternative text; its words where it is empty.

    Parameters
    ----------
    picture : Picture
    background : bool
        Whether it brings its own.
    svg_limit : int
        Characters of an SVG beyond which it is a PNG.
    png_cap_bytes : int
        How large that may be.
    least_px : int, optional
        Never shown narrower than this: one scrolls to see the rest.

    Examples
    --------
    >>> from rtnb.plots.canvas import note_picture
    >>> str(image_html(note_picture("nothing yet"))).endswith(">nothing yet</div>")
    True
    """
    if picture.empty:
        return tag("div", picture.alt, style=css(ink_css(MUTED), padding=f"4px {PADDING}"))
    text = svg(picture.figure, background=background)
    data = (
        (text.encode(), "svg+xml") if len(text) <= svg_limit else (png(picture.figure, cap_bytes=png_cap_bytes), "png")
    )
    source = f"data:image/{data[1]};base64,{base64.b64encode(data[0]).decode('ascii')}"
    least = {} if least_px is None else {"min_width": f"{least_px}px"}
    style = css(display="block", width="100%", max_width="none", height="auto", margin="4px 0 0", **least)
    wide = round(float(picture.figure.get_size_inches()[0]) * picture.figure.get_dpi())
    image = tag("img", src=source, alt=picture.alt, width=wide, style=style)
    return image if least_px is None else tag("div", image, style=css(overflow_x="auto"))
