"""ipywidgets and anywidget, imported when a view is made."""

from __future__ import annotations

import importlib
from typing import Any

from rtnb.errors import MissingExtraError

__all__ = ["needed"]


def needed(name: str, what: str) -> Any:
    """A package that `what` needs.

    Raises
    ------
    MissingExtraError
        It is not installed.

    Examples
    --------
    >>> needed("no_such_package", "The microphone")
    Traceback (most recent call last):
    rtnb.errors.MissingExtraError: The microphone needs the package no_such_package, which cannot be imported here.
    Install it in the kernel's environment, and restart the kernel: pip install no_such_package
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{what} needs the package {name}, which cannot be imported here.\n"
            f"Install it in the kernel's environment, and restart the kernel: pip install {name}"
        ) from error
