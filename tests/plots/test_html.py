from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.html import Html, clean, css, join, tag


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(inside=st.text(), value=st.text())
def test_what_goes_in_as_text_comes_out_as_text(inside: str, value: str) -> None:
    reader = Reader()
    reader.feed(str(tag("p", inside, title=value)))
    reader.close()
    # HTML turns a carriage return into a line feed; everything else survives as it was.
    assert reader.text.replace("\r", "\n") == clean(inside).replace("\r", "\n")
    assert reader.tags == [("p", {"title": clean(value)})]


@given(text=st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co"]), min_size=1))
def test_nothing_is_left_that_reorders_or_cannot_be_written(text: str) -> None:
    kept = clean(text)
    kept.encode("utf-8")
    assert not set(kept) & set("\x00\x1b\x7f\x9b\u202e\u2066\u2069")


def test_right_to_left_words_are_untouched() -> None:
    assert clean("مرحبا שלום") == "مرحبا שלום"


def test_only_markup_passes_as_markup() -> None:
    assert str(join("<b>", Html("<i>"), None, 3, ["&", [tag("br")]])) == "&lt;b&gt;<i>3&amp;<br>"


def test_attributes_may_be_bare_or_left_out() -> None:
    assert str(tag("audio", controls=True, src=None, hidden=False)) == "<audio controls></audio>"
    assert str(tag("th", aria_label="x", class_="y")) == '<th aria-label="x" class="y"></th>'


@pytest.mark.parametrize("name", ["p onclick", "P", "p>", "", "1p", "p\n"])
def test_names_are_not_taken_from_anywhere(name: str) -> None:
    with pytest.raises(ValueError, match="not a tag"):
        tag(name)


def test_styles_keep_their_order() -> None:
    assert css("color:#111", "", margin="0", width=None) == "color:#111;margin:0"
