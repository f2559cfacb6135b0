"""What a turn shows besides what was said: images, function calls, errors, and its times."""

from __future__ import annotations

from collections.abc import Sequence

from rtnb.plots.html import Child, Html, css, join, tag
from rtnb.plots.palette import ERROR, MUTED, TOOL
from rtnb.plots.style import NAME, PADDING, ROW, WORDS, ink_css
from rtnb.plots.thumbnail import thumbnail
from rtnb.plots.timing import times_table
from rtnb.plots.words import ToolWords, clipped, error_words, tool_words
from rtnb.session.views.pieces import ErrorView, ImageView, ToolCallView
from rtnb.session.views.timing import Timing

__all__ = ["error_row", "images", "times", "tool_rows"]


def images(given: Sequence[ImageView]) -> Html | None:
    """The images that a user gave, small; what cannot be read is said."""
    if not given:
        return None
    return tag("span", [(_image(image, i + 1), " ") for i, image in enumerate(given)], style=css(flex="none"))


def _image(image: ImageView, number: int) -> Html:
    found = thumbnail(image.url)
    if found is None:
        return tag("span", f"image {number}, which cannot be shown", style=ink_css(MUTED))
    url, width, height = found
    words = f"image {number}, {width} × {height} pixels" + (
        f", detail {clipped(image.detail, 20)}" if image.detail else ""
    )
    style = css(height="72px", width="auto", max_width="240px", border_radius="4px", vertical_align="middle")
    return tag("img", src=url, alt=words, title=words, style=style)


def tool_rows(calls: Sequence[ToolCallView]) -> list[Html]:
    """A row for each function call: how it was called, what it gave, how long it took."""
    return [_tool_row(tool_words(call), "Tool" if i == 0 else "") for i, call in enumerate(calls)]


def _tool_row(words: ToolWords, name: str) -> Html:
    told = ink_css(ERROR) if words.failed else ink_css(TOOL)
    text: list[Child] = [
        tag("span", words.signature, style=ink_css(TOOL)),
        " → ",
        tag("span", words.result, dir="auto", style=told),
    ]
    if words.note:
        text.append(tag("span", f" · {words.note}", style=ink_css(MUTED)))
    label = tag("b", name, style=css(ink_css(TOOL), NAME))
    return tag("div", label, " ", tag("span", *text, style=WORDS), style=ROW)


def error_row(error: ErrorView | None) -> Html | None:
    """What to do about an error, and by which code it is looked up; its message stands with the status."""
    if error is None:
        return None
    code, advice = error_words(error)
    if not code and not advice:
        return None
    parts: list[Child] = [tag("b", code, style=css(ink_css(ERROR), font_weight="500")) if code else None]
    parts += [" · " if code and advice else None, tag("span", advice, style=ink_css(MUTED)) if advice else None]
    label = tag("b", "Error", style=css(ink_css(ERROR), NAME))
    return tag("div", label, " ", tag("span", *parts, style=WORDS), style=ROW)


def times(timing: Timing) -> Html | None:
    """Everything that was timed, behind a click."""
    if not timing:
        return None
    count = len(timing)
    summary = tag("summary", f"{count} time{'' if count == 1 else 's'}, each with both its ends", style=ink_css(MUTED))
    return tag("details", join(summary, times_table(timing)), style=css(padding=f"4px {PADDING} 0"))
