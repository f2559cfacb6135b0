"""Packages whose names arrive when they are used, so that importing one costs nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package (PEP 562).

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    homes : mapping of str to str
        Each public name and the module of the package that has it. A name that is its own home is a module.

    Examples
    --------
    >>> getattr_, dir_ = lazy_names("rtnb.audio", {"Clip": "clip", "files": "files"})
    >>> dir_(), getattr_("Clip").__name__, getattr_("files").__name__
    (['Clip', 'files'], 'Clip', 'rtnb.audio.files')
    >>> getattr_("Clap")
    Traceback (most recent call last):
    AttributeError: module 'rtnb.audio' has no attribute 'Clap'; it has: Clip, files
    """

    def load(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}; it has: {', '.join(sorted(homes))}")
        module = importlib.import_module(f"{package}.{home}")
        value = module if name == home else getattr(module, name)
        if package in sys.modules:
            setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(homes)
