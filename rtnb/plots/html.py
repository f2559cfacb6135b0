"""HTML that is escaped unless it was built here: tags take plain strings, and only tags make markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Child", "Html", "clean", "css", "join", "tag"]

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_VOID = frozenset({"br", "hr", "img", "meta", "wbr"})
# Characters that HTML has no place for, and those that turn the direction of whatever follows them.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Html:
    """Finished markup; the only thing that :func:`tag` does not escape."""

    text: str

    def __str__(self) -> str:
        return self.text


Child: TypeAlias = "Html | str | int | float | Iterable[Child] | None"
"""What goes into a tag: markup, plain text (escaped), a number, nothing, or several of these."""


def clean(text: str) -> str:
    """`text` with what can neither be shown nor be trusted replaced by U+FFFD.

    Control characters, lone surrogates and bidirectional overrides, with which a transcript could reorder the
    words around it. Letters of right-to-left scripts need none of them.
    """
    return _UNFIT.sub("\ufffd", text)


def _escaped(text: str) -> str:
    return html.escape(clean(text), quote=True)


def join(*children: Child) -> Html:
    """Children one after another, plain text escaped.

    Examples
    --------
    >>> str(join("1 < 2", tag("b", "&")))
    '1 &lt; 2<b>&amp;</b>'
    """
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Html):
            parts.append(child.text)
        elif isinstance(child, str | int | float):
            parts.append(_escaped(str(child)))
        else:
            parts.append(join(*child).text)
    return Html("".join(parts))


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """One element.

    Parameters
    ----------
    name : str
        A lower-case tag name.
    children
        What is inside; strings are escaped.
    attributes
        ``aria_label="x"`` is written ``aria-label="x"``, ``class_`` is ``class``. True writes the bare name,
        None and False leave the attribute out. Values are escaped.

    Examples
    --------
    >>> str(tag("p", "a & b", title='"quoted"', hidden=True, lang=None))
    '<p title="&quot;quoted&quot;" hidden>a &amp; b</p>'
    """
    opening = [_checked(name)]
    for key, value in attributes.items():
        attribute = _checked(key.rstrip("_").replace("_", "-"))
        if value is True:
            opening.append(attribute)
        elif value is not None and value is not False:
            opening.append(f'{attribute}="{_escaped(str(value))}"')
    inside = join(*children).text
    if name in _VOID:
        return Html(f"<{' '.join(opening)}>")
    return Html(f"<{' '.join(opening)}>{inside}</{name}>")


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is not a tag or attribute name")
    return name


def css(*rules: str, **properties: str | int | None) -> str:
    """A ``style`` attribute: ready declarations, then properties with underscores for hyphens.

    Examples
    --------
    >>> css("color:red", font_weight=600)
    'color:red;font-weight:600'
    """
    written = [f"{key.replace('_', '-')}:{value}" for key, value in properties.items() if value is not None]
    return ";".join([*(rule for rule in rules if rule), *written])
