"""Long tables in little room: cells without styles of their own, a tenth of what a styled table weighs."""

from __future__ import annotations

from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.sheet import Cell, Sheet
from rtnb.plots.style import PADDING, SCROLL, ink_css
from rtnb.plots.words import clipped

__all__ = ["plain_table"]

CELL_LIMIT = 300
"""Characters of a cell."""


def plain_table(sheet: Sheet, *, folded: str = "") -> Html:
    """A sheet whose cells look as the page has them: JupyterLab and GitHub give tables a style of their own.

    Parameters
    ----------
    sheet : Sheet
    folded : str
        What the click is called behind which it waits; empty for none.

    Examples
    --------
    >>> from rtnb.plots.sheet import Head
    >>> "<td>0.1 s</td>" in str(plain_table(Sheet((Head("at"), Head("event", words=True)), (("0.1 s", "<b>"),))))
    True
    """
    left = css(text_align="left")
    styles = [left if head.words else None for head in sheet.heads]
    titles = [tag("th", head.title, scope="col", style=style) for head, style in zip(sheet.heads, styles, strict=True)]
    rows = [
        tag("tr", *(tag("td", _words(cell), style=style) for cell, style in zip(row, styles, strict=True)))
        for row in sheet.rows
    ]
    table = tag("table", tag("thead", tag("tr", *titles)), tag("tbody", *rows), style=css(margin="0"))
    body: list[Child] = [tag("div", table, style=css(SCROLL, padding=f"4px {PADDING} 0"))]
    if sheet.caption:
        body.append(tag("div", sheet.caption, style=css(ink_css(MUTED), padding=f"4px {PADDING}")))
    if not folded:
        return tag("div", *body)
    return tag("details", tag("summary", folded, style=css(padding=f"4px {PADDING}")), *body)


def _words(cell: str | Cell) -> str:
    return clipped(str(cell), CELL_LIMIT)
