"""Written text into text that a synthesiser reads well.

The synthesiser knows numbers, dates, times, prices and common units. This adds what replies about software
are full of and what it reads wrongly: addresses, dotted and underscored names, model names, versions, sums,
Markdown and odd prices.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["speakable"]

Match = re.Match[str]


def _address(match: Match) -> str:
    """Host, port and path without the scheme: ``a.b:80/c`` becomes ``a dot b, port 80, slash c``."""
    host, port, path = match["host"], match["port"], match["path"] or ""
    words = re.sub(r"\.", " dot ", host)
    if port:
        words += f", port {port}"
    parts = [part for part in re.split(r"[/?&#]+", path) if part]
    if parts:
        words += ", " + " ".join(f"slash {_name(part)}" for part in parts)
    return words


def _name(text: str) -> str:
    """An identifier word by word."""
    text = re.sub(r"_ms\b", " milliseconds", text)
    text = re.sub(r"(?<=\w)\.(?=[A-Za-z_])", " dot ", text)
    return re.sub(r"[_=-]+", " ", text).strip()


def _price(match: Match) -> str:
    decimals = match["decimals"] or ""
    return match[0] if len(decimals) in (0, 2) else f"{match['whole']}.{decimals} dollars"


def _operator(match: Match) -> str:
    return {
        "-": " minus ",
        "−": " minus ",
        "–": " minus ",
        "*": " times ",
        "x": " times ",
        "×": " times ",
        "·": " times ",
        "/": " divided by ",
        "÷": " divided by ",
        "**": " to the power of ",
    }[match[1]]


def _spelled(match: Match) -> str:
    return ", ".join(re.sub(r"[-,]", "", match[0]))


_RULES: list[tuple[re.Pattern[str], str | Callable[[Match], str]]] = [
    # Markdown
    (re.compile(r"```\w*\n?|`"), ""),
    (re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)"), r"\1"),
    (re.compile(r"^[^\S\n]*(?:#+|[-*•>]|\d+\.(?=[^\S\n]+[A-Z]))[^\S\n]+", re.MULTILINE), ""),
    (re.compile(r"(?<![\w*])(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1(?![\w*])"), r"\2"),
    # Addresses
    (
        re.compile(
            r"\b(?:(?:https?|wss?)://(?:www\.)?|www\.)(?P<host>[\w.-]*\w)(?::(?P<port>\d+))?(?P<path>/[\w./?&=#%~-]*[\w/])?"
        ),
        _address,
    ),
    (re.compile(r"\b(?P<host>\d+(?:\.\d+){3})(?::(?P<port>\d+))?(?P<path>)\b"), _address),
    # Names of code and of models
    (re.compile(r"(?<=\w)\(\)"), ""),
    (re.compile(r"(?<![\w@.])(?:[A-Za-z]\w+)(?:\.[A-Za-z]\w+)+(?![\w@])"), lambda m: _name(m[0])),
    (re.compile(r"\b[A-Za-z]\w*_\w+"), lambda m: _name(m[0])),
    (
        re.compile(r"\b[A-Za-z]\w{0,40}(?:-[\w.]{1,40}){0,8}-\d+(?:\.\d+)?\w*(?:-\w+)*"),
        lambda m: m[0].replace("-", " "),
    ),
    (re.compile(r"\b(?:[A-Za-z]-){2,}[A-Za-z]\b"), _spelled),
    (re.compile(r"\b(\d+)\.(\d+)\.(\d+)\b"), r"\1 point \2 point \3"),
    # Numbers
    (re.compile(r"(?<![\d-])(?:\d{3}-){1,2}\d{4}(?![\d-])"), _spelled),
    # Longer than any number has a name for.
    (re.compile(r"\d(?:,?\d){15,}"), _spelled),
    (re.compile(r"(?<!\w)[-−](?=[$£€]\d)"), "minus "),
    (re.compile(r"\$(?P<whole>\d[\d,]*)(?:\.(?P<decimals>\d+))?"), _price),
    (re.compile(r"(?<=\d)\s*(\*\*|[*×·÷])\s*(?=[\d(−-])"), _operator),
    (re.compile(r"(?<=[\d)])\s+([-−–/x])\s+(?=[\d(−-])"), _operator),
    (re.compile(r"(?<=\d)([-−/])(?=\d+(?:\.\d+)?\s*=)"), _operator),
    (re.compile(r"(?<![\w.])−(?=\d)"), "-"),
    (re.compile(r"(?<=\d)\s?[kK]\b"), " thousand"),
    (re.compile(r"(?<=\d)\s?M\b"), " million"),
    (re.compile(r"(?<=\d)\s?dBFS\b"), " decibels full scale"),
    (re.compile(r"(?<=\d)\s?dB\b"), " decibels"),
    # Signs and abbreviations
    (re.compile(r"\be\.g\.,?"), "for example"),
    (re.compile(r"\bi\.e\.,?"), "that is"),
    (re.compile("≤"), " at most "),
    (re.compile("≥"), " at least "),
    (re.compile("≠"), " is not "),
    (re.compile("≈"), " about "),
    (re.compile(r"[{}\[\]]"), " "),
    (re.compile(r"[^\S\n]+"), " "),
]


def speakable(text: str) -> str:
    """`text` with everything in words that the synthesiser would stumble over.

    Parameters
    ----------
    text : str
        Plain text or Markdown.

    Returns
    -------
    str
        Plain text; empty when there is nothing in it that can be said.

    Examples
    --------
    >>> from rtnb.speech.speakable import speakable
    >>> speakable("Use `session.update` with gpt-realtime-2.1.")
    'Use session dot update with gpt realtime 2.1.'
    >>> speakable("10 - 3 = 7")
    '10 minus 3 = 7'
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = text.strip()
    return text if any(char.isalnum() for char in text) else ""
