"""HTML as a browser reads it: its elements, its words, and whether anything in it could run or fetch."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Markup", "assert_harmless", "read"]

TAGS = frozenset(
    {"html", "head", "body", "main", "title", "style", "meta", "section", "div", "span", "b", "small", "p", "br", "wbr"}
    | {"h1", "h2", "ul", "li", "img", "audio", "details", "summary", "del"}
    | {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
VOID = frozenset({"br", "wbr", "img", "meta"})
ATTRIBUTES = frozenset(
    {"style", "aria-label", "dir", "alt", "width", "src", "controls", "preload", "title", "colspan", "scope"}
    | {"charset", "http-equiv", "content", "name", "lang", "class"}
)

UNTYPESET = "tex2jax_ignore mathjax_ignore"


class Markup(HTMLParser):
    """The elements of a document, with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def text(self) -> str:
        """All words, with single blanks."""
        return " ".join("".join(self.words).split())

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements and the names of their attributes: what must not depend on what anybody said."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


def read(markup: object) -> Markup:
    """Parse, completely."""
    reader = Markup()
    reader.feed(str(markup))
    reader.close()
    return reader


def assert_harmless(markup: object) -> Markup:
    """Known elements and attributes only, balanced, nothing that runs, nothing fetched."""
    reader = read(markup)
    assert not reader.unbalanced
    assert not reader.open
    for tag, attributes in reader.elements:
        assert tag in TAGS, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        # The page's own classes are not for us, but for the one that keeps mathematics out of what we say.
        assert attributes.get("class", UNTYPESET) == UNTYPESET
        assert attributes.get("src", "data:").startswith("data:")
        assert "url(" not in attributes.get("style", "")
    return reader
