"""Languages by code: what sessions ask for, and what a recogniser says that it knows."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

__all__ = ["hears", "known_languages", "language_code", "language_name", "languages_of"]


@functools.cache
def _table() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(files("rtnb.speech").joinpath("languages.json").read_text("utf-8"))
    return table


@functools.cache
def _codes() -> dict[str, str]:
    """Every code, name and alias, with the code it stands for."""
    table = _table()
    names = {name: code for code, name in table["names"].items()}
    return names | {code: code for code in table["names"]} | table["aliases"]


def known_languages() -> tuple[str, ...]:
    """The codes of ``languages.json``: what multilingual Whisper knows."""
    return tuple(_table()["names"])


def language_code(language: str) -> str:
    """The code of a language that is written as a code, as one with a region, or as a name.

    Parameters
    ----------
    language : str
        One that the table does not have comes back in small letters, without its region.

    Examples
    --------
    >>> [language_code(each) for each in ("en", "pt-BR", "Spanish", "NB", "tlh")]
    ['en', 'pt', 'es', 'no', 'tlh']
    """
    whole = language.strip().lower()
    first = whole.replace("_", "-").partition("-")[0]
    return _codes().get(whole) or _codes().get(first, first)


def language_name(code: str) -> str:
    """The English name of a code, with a capital; the code itself where nobody knows it.

    Examples
    --------
    >>> language_name("es"), language_name("tlh")
    ('Spanish', 'tlh')
    """
    return _table()["names"].get(code, code).capitalize() if code in _table()["names"] else code


def languages_of(engine: Any) -> frozenset[str] | None:
    """What an engine announces in its ``languages``, as codes; None when it announces nothing.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> languages_of(SimpleNamespace(languages=("en-GB",))), languages_of(SimpleNamespace())
    (frozenset({'en'}), None)
    """
    announced: Iterable[str] | None = getattr(engine, "languages", None)
    return None if announced is None else frozenset(map(language_code, announced))


def hears(recognizer: Any, language: str) -> bool:
    """Whether a recogniser knows a language; one that announces none is taken to know all, and may refuse yet.

    Examples
    --------
    >>> from rtnb.speech import SilentEar
    >>> hears(SilentEar(), "fr")
    True
    """
    known = languages_of(recognizer)
    return known is None or language_code(language) in known
