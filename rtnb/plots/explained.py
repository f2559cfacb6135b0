"""The card of an explanation: what it is, what it means, what to do; then the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import LINE, MUTED
from rtnb.plots.style import BREAK, CARD, CELL, NOTE, PADDING, PILL, ROW, TABLE, ink_css
from rtnb.plots.words import clipped
from rtnb.protocol.explanation import SEVERAL, Explanation, facts_of

__all__ = ["explanation_bundle", "explanation_card"]

LIMIT = 600
"""Characters of a sample that are shown."""

_NAMES = css("font-family:monospace", "font-family:var(--jp-code-font-family,monospace)", font_size="0.95em")
_LABEL = css(CELL, ink_css(MUTED), text_align="left", white_space="nowrap", font_weight=500)
_SAID_APART = frozenset({"do"})


def explanation_card(found: Explanation) -> Html:
    """An explanation and its parts.

    Examples
    --------
    >>> from rtnb.protocol.explain import explain
    >>> "the network or the process" in str(explanation_card(explain(1006)))
    True
    """
    return tag("section", _sections(found), aria_label=clipped(f"explanation of {found.name}", 120), style=CARD)


def explanation_bundle(found: Explanation) -> Mapping[str, Any]:
    """What a notebook shows; its repr says the same in plain text."""
    return {"text/html": str(explanation_card(found)), "text/plain": repr(found)}


def _sections(found: Explanation) -> list[Html]:
    shown = [_words(found.means)] if found.kind == SEVERAL else [_one(found)]
    rule = css("border-top:1px solid #9aa4af", ink_css(LINE, "border-top-color"), margin="8px 0 0", padding="8px 0 0")
    return [*shown, *(tag("div", _sections(part), style=rule) for part in found.parts)]


def _one(found: Explanation) -> Html:
    head = tag(
        "div",
        tag("span", tag("b", clipped(found.name, LIMIT), style=css(_NAMES, BREAK)), style=NOTE),
        " ",
        tag("span", tag("span", found.kind, style=PILL), style=NOTE),
        style=ROW,
    )
    advice = (tag("b", "What to do: "), clipped(found.do, LIMIT)) if found.do else None
    rows = [(label, _code(words, label)) for label, words in facts_of(found) if words and label not in _SAID_APART]
    rows += [(label, _list(pairs)) for label, pairs in (("values", found.values), ("members", found.members)) if pairs]
    return tag("div", head, _words(found.means), _words(advice) if advice else None, _table(rows))


def _words(child: Child) -> Html:
    return tag("div", child, style=css(BREAK, padding=f"3px {PADDING}"))


def _code(words: str, label: str) -> Child:
    """Names are set as code, sentences are not."""
    return (
        clipped(words, LIMIT)
        if label in ("sent by", "severity", "reads")
        else tag("span", clipped(words, LIMIT), style=_NAMES)
    )


def _list(pairs: Iterable[tuple[str, str]]) -> Html:
    lines = [
        tag("div", tag("span", clipped(name, LIMIT), style=_NAMES), f": {clipped(words, LIMIT)}" if words else None)
        for name, words in pairs
    ]
    return tag("div", lines)


def _table(rows: Iterable[tuple[str, Child]]) -> Html | None:
    body = [
        tag(
            "tr",
            tag("th", label, scope="row", style=_LABEL),
            tag("td", child, style=css(CELL, BREAK, text_align="left")),
            style="background:none",
        )
        for label, child in rows
    ]
    if not body:
        return None
    return tag("div", tag("table", tag("tbody", body), style=TABLE), style=css(padding=f"4px {PADDING} 0"))
