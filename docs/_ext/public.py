"""The public names, and where each is documented."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from types import ModuleType

from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

__all__ = ["MODULES", "comment_on", "home_of", "names_of", "owner_of", "public_name", "same"]

MODULES: dict[str, str] = {
    "rtnb": "rtnb",
    "rtnb.vad": "vad",
    "rtnb.pricing": "pricing",
    "rtnb.lab": "lab",
    "rtnb.testing": "testing",
    "rtnb.errors": "errors",
    "rtnb.server": "server",
    "rtnb.server.brains": "server",
    "rtnb.protocol": "building_blocks",
    "rtnb.samples": "building_blocks",
    "rtnb.speech": "building_blocks",
    "rtnb.tokens": "building_blocks",
    "rtnb.plots": "building_blocks",
}
"""Modules whose ``__all__`` is promised, each with its page. What several of them name is documented in the first."""

PLAIN = (str, int, float, tuple, bytes)


def names_of(module: str) -> list[str]:
    """What the module promises."""
    return list(importlib.import_module(module).__all__)


@functools.cache
def _homes() -> dict[int, str]:
    homes: dict[int, str] = {}
    for module in MODULES:
        for name in names_of(module):
            found = getattr(importlib.import_module(module), name)
            if not isinstance(found, PLAIN):
                homes.setdefault(id(found), f"{module}.{name}")
    return homes


def home_of(found: object) -> str | None:
    """The public dotted name of an object; None where it has none."""
    return _homes().get(id(found))


def same(module: str, name: str) -> str | None:
    """Another public name that documents the same object; None where this one does."""
    home = home_of(getattr(importlib.import_module(module), name, None))
    return home if home != f"{module}.{name}" else None


@functools.cache
def public_name(dotted: str) -> str | None:
    """The name by which a dotted name is documented, also where it goes through the module that defines it.

    ``rtnb.session.facade.Session.ask`` is ``rtnb.Session.ask``. None for what is not there.
    """
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        best = dotted
        for at in range(count, len(parts) + 1):
            if at > count:
                if not hasattr(found, parts[at - 1]) and not _declared(found, parts[at - 1]):
                    return None
                found = getattr(found, parts[at - 1], None)
            if (home := home_of(found)) is not None:
                best = ".".join([home, *parts[at:]])
        return best
    return None


def owner_of(name: str) -> str | None:
    """The public module that a dotted public name belongs to; None where it belongs to none."""
    fits = [
        module
        for module in MODULES
        if name == module
        or (name.startswith(f"{module}.") and name[len(module) + 1 :].split(".")[0] in names_of(module))
    ]
    return max(fits, key=len, default=None)


def _declared(found: object, name: str) -> bool:
    return inspect.isclass(found) and any(name in vars(base).get("__annotations__", {}) for base in found.__mro__)


def comment_on(module: str, name: str) -> list[str]:
    """The docstring below a constant or an alias, wherever in the package it is defined."""
    package = importlib.import_module(module)
    value = getattr(package, name)
    for candidate in _below(package):
        if getattr(candidate, name, None) is not value:
            continue
        try:
            documented = ModuleAnalyzer.for_module(candidate.__name__).find_attr_docs()
        except PycodeError:
            continue
        if ("", name) in documented:
            return [line for line in documented["", name] if line.strip()]
    return []


def _below(package: ModuleType) -> list[ModuleType]:
    names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [package, *(sys.modules[name] for name in names if name in sys.modules)]
