"""What a cell shows of anything about turn detection, said once: as HTML, as plain text, as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rtnb.plots.canvas import WIDTH, Picture
from rtnb.plots.cards import facts_html
from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.render import png_base64, svg_data_uri
from rtnb.plots.sheet import Sheet, sheet_html, sheet_text
from rtnb.plots.style import BREAK, CARD, CHIPS, NOTE, PADDING, ROW, ink_css
from rtnb.plots.text import WIDTH as COLUMNS
from rtnb.plots.words import Fact, clipped

__all__ = ["Board", "Table", "board_bundle", "board_html", "board_text", "image_html"]

LIMIT = 600
"""Characters of a note that are shown."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table under a heading of its own.

    Parameters
    ----------
    sheet : Sheet
    title : str
    folded : str
        What the click is called behind which it waits where HTML is shown; empty for none.
    """

    sheet: Sheet
    title: str = ""
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that is to be said and shown of one object, in order.

    Parameters
    ----------
    title : str
    notes : tuple of str
        Beside the title, muted.
    facts : tuple of Fact
    pictures : tuple of Picture
        Empty ones are said in words. The first that is not empty is the PNG.
    tables : tuple of Table
    extra : tuple of Html
        What only HTML shows, between the pictures and the tables.
    foot : tuple of str
        What predictions rest on, and all that has to be known beside.
    """

    title: str
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    extra: tuple[Html, ...] = ()
    foot: tuple[str, ...] = ()


def board_html(board: Board, *, background: bool = True) -> Html:
    """The card: elements in reading order, so that it still reads where styles are stripped."""
    heading = [tag("b", clipped(board.title, LIMIT), style=BREAK), *map(_muted, filter(None, board.notes))]
    return tag(
        "section",
        _row(heading),
        _row(facts_html(board.facts)) if board.facts else None,
        *(image_html(picture, background=background) for picture in board.pictures),
        *board.extra,
        *(_table(table) for table in board.tables if table.sheet.rows),
        _chips(board.foot),
        aria_label=clipped(board.title, 120),
        style=CARD,
    )


def image_html(picture: Picture, *, background: bool = True) -> Html:
    """A picture that follows the theme, with its description as alternative text; its words where it is empty."""
    if picture.empty:
        return _row([_muted(picture.alt)])
    style = css(display="block", width="100%", max_width="none", height="auto", margin="4px 0 0")
    source = svg_data_uri(picture.figure, background=background)
    return tag("img", src=source, alt=picture.alt, width=round(WIDTH), style=style)


def board_text(board: Board, *, width: int = COLUMNS) -> str:
    """The same for a terminal, a log or a screen reader, in at most `width` columns."""
    lines = wrap(safe(clipped(" · ".join([board.title, *filter(None, board.notes)]), LIMIT)), width)
    if board.facts:
        lines += wrap(safe(" · ".join(map(str, board.facts))), width)
    for picture in board.pictures:
        if picture.empty:
            lines += wrap(safe(picture.alt), width)
    for table in board.tables:
        if table.sheet.rows:
            lines += wrap(safe(table.title or table.folded), width) if table.title or table.folded else []
            lines += sheet_text(table.sheet, width=width).split("\n")
    for note in filter(None, board.foot):
        lines += wrap(safe(clipped(note, LIMIT)), width)
    return "\n".join(line.rstrip() for line in lines)


def board_bundle(board: Board) -> dict[str, Any]:
    """What Jupyter gets."""
    bundle: dict[str, Any] = {"text/html": str(board_html(board)), "text/plain": board_text(board)}
    drawn = next((picture for picture in board.pictures if not picture.empty), None)
    if drawn is not None:
        bundle["image/png"] = png_base64(drawn.figure)
    return bundle


def _muted(words: str) -> Html:
    return tag("span", clipped(words, LIMIT), style=css(ink_css(MUTED), BREAK))


def _row(children: Iterable[Child]) -> Html:
    return tag("div", [(" ", tag("span", child, style=NOTE)) for child in children], style=ROW)


def _table(table: Table) -> list[Child]:
    title = tag("div", tag("b", table.title), style=css(padding=f"8px {PADDING} 2px")) if table.title else None
    return [title, sheet_html(table.sheet, full=True, folded=table.folded)]


def _chips(notes: Iterable[str]) -> Html | None:
    style = css(margin="0", padding="0", display="block")
    found = [tag("li", _muted(note), style=style) for note in notes if note]
    return tag("ul", *found, style=CHIPS) if found else None
