"""The seam by which value objects draw themselves.

A value object says only ``class Clip(Drawable)``. How it looks is registered by :mod:`rtnb.plots` under the
class's name, and ``rtnb.plots.bundles`` is imported when something is drawn for the first time: no pure room imports
a picture, and importing rtnb costs no matplotlib.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Bundle", "Drawable", "bundle", "counted", "register", "untypeset"]

Bundle = dict[str, Any]
"""A Jupyter mimebundle: MIME type to data."""

_RENDERERS: dict[str, Callable[[Any], Mapping[str, Any]]] = {}
_PAINTERS = "rtnb.plots.bundles"


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def register(cls: type, renderer: Callable[[Any], Mapping[str, Any]]) -> None:
    """Let `renderer` draw instances of `cls`: it takes the object and returns a mimebundle."""
    _RENDERERS[_name(cls)] = renderer


def bundle(obj: object) -> Bundle:
    """The mimebundle of `obj`: always ``text/plain``, with HTML and PNG where a renderer offers them."""
    importlib.import_module(_PAINTERS)
    for cls in type(obj).__mro__:
        if renderer := _RENDERERS.get(_name(cls)):
            return untypeset({"text/plain": repr(obj), **renderer(obj)})
    return {"text/plain": repr(obj)}


_LITERAL = '<div class="tex2jax_ignore mathjax_ignore">'


def untypeset(found: Mapping[str, Any]) -> Bundle:
    """The same mimebundle, its HTML kept from the typesetting of mathematics.

    Notebooks look for formulas in every HTML output, and take what stands between two dollar signs for one: of
    "$0.02 of $1.00" they make italics. The classes say that there is none here: MathJax 3, as in JupyterLab and
    Notebook 7, knows ``mathjax_ignore``; MathJax 2, as in the pages of nbconvert and nbviewer, ``tex2jax_ignore``.
    (Options ``ignoreHtmlClass`` of the MathJax 3 document, ``ignoreClass`` of the tex2jax preprocessor of MathJax 2.)
    JupyterLab's sanitiser leaves classes alone.

    Examples
    --------
    >>> untypeset({"text/html": "$1 of $2"})
    {'text/html': '<div class="tex2jax_ignore mathjax_ignore">$1 of $2</div>'}
    >>> untypeset(untypeset({"text/html": "$1"})) == untypeset({"text/html": "$1"})
    True
    """
    html = found.get("text/html")
    if not html or str(html).startswith(_LITERAL):
        return dict(found)
    return {**found, "text/html": f"{_LITERAL}{html}</div>"}


class Drawable:
    """Mixin: the object shows itself in a notebook with everything its renderer offers."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return bundle(self)


def counted(count: int, noun: str) -> str:
    """A number of things in words.

    Examples
    --------
    >>> counted(1, "turn"), counted(2, "turn")
    ('1 turn', '2 turns')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
