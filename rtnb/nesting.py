"""``asyncio.run(...)`` inside a notebook cell, for snippets that were written for a script.

rtnb itself needs none of this: its verbs work in any cell, and cells may ``await`` an :class:`rtnb.AsyncSession`.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import sys
from dataclasses import dataclass
from typing import Final, Literal

from rtnb.errors import ConfigError, MissingExtraError

__all__ = ["Nested", "allow_nested_asyncio"]

Package = Literal["nest_asyncio", "nest_asyncio2"]

LOSES_CELLS_FROM: Final = 7
"""The major version of ipykernel from which ``nest_asyncio`` loses cells: of four queued cells that call
``asyncio.run``, one ran and three vanished (measured with nest_asyncio 1.6.0 on ipykernel 7.2.0 and 7.4.0, 2026-11).
nest_asyncio2 1.7.4 lost none; since then ipykernel itself depends on it."""

DISTRIBUTION: Final = {"nest_asyncio": "nest-asyncio", "nest_asyncio2": "nest-asyncio2"}


@dataclass(frozen=True, slots=True)
class Nested:
    """What lets event loops nest in this process.

    Parameters
    ----------
    package : {"nest_asyncio", "nest_asyncio2"}
        What patches asyncio.
    version : str
        Its version.
    reason : str
        Why this one, in a sentence.
    safe : bool
        Whether it keeps all cells on the kernel that runs.
    """

    package: Package
    version: str
    reason: str
    safe: bool = True

    def __str__(self) -> str:
        return self.reason


_APPLIED: Nested | None = None


def allow_nested_asyncio() -> Nested:
    """Let ``asyncio.run(main())`` work in a cell, where an event loop runs already.

    It patches asyncio for the whole process, and stays until the process ends. Calling it again changes nothing.

    Returns
    -------
    Nested
        Which package does it, and why this one.

    Raises
    ------
    MissingExtraError
        The package that this kernel needs is not installed.
    ConfigError
        The running event loop is none of asyncio's own (uvloop), which cannot be patched.

    Examples
    --------
    In a notebook::

        rtnb.allow_nested_asyncio()
        asyncio.run(main())          # as the snippet says; without the first line: RuntimeError

    >>> import rtnb
    >>> rtnb.allow_nested_asyncio()  # doctest: +SKIP
    """
    global _APPLIED
    if _APPLIED is None:
        _APPLIED = _found_applied() or _apply(_wanted())
    return _APPLIED


def kernel_version() -> tuple[int, ...] | None:
    """The version of the ipykernel that runs this process; None outside of a kernel."""
    if "ipykernel.kernelapp" not in sys.modules:
        return None
    numbers = []
    for part in str(sys.modules["ipykernel"].__version__).split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        numbers.append(int(digits or 0))
    return tuple(numbers)


def _version(package: Package) -> str:
    try:
        return importlib.metadata.version(DISTRIBUTION[package])
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _found_applied() -> Nested | None:
    """What somebody else applied before; two patches do not go together."""
    if not hasattr(asyncio, "_nest_patched"):
        return None
    if hasattr(asyncio, "_nest_asyncio2"):
        version = _version("nest_asyncio2")
        return Nested("nest_asyncio2", version, f"nest_asyncio2 {version} was applied already; it stays.")
    version, kernel = _version("nest_asyncio"), kernel_version()
    safe = kernel is None or kernel[0] < LOSES_CELLS_FROM
    warning = (
        ""
        if safe
        else (
            f" It loses cells of ipykernel {_shown(kernel or ())} under Run All: restart the kernel and call "
            "rtnb.allow_nested_asyncio() instead of nest_asyncio.apply()."
        )
    )
    return Nested("nest_asyncio", version, f"nest_asyncio {version} was applied already; it stays.{warning}", safe)


def _wanted() -> tuple[tuple[Package, ...], str]:
    """The packages that do, best first, and why."""
    kernel = kernel_version()
    if kernel is None:
        return ("nest_asyncio2", "nest_asyncio"), "there is no kernel, so any would do"
    if kernel[0] >= LOSES_CELLS_FROM:
        return ("nest_asyncio2",), f"ipykernel {_shown(kernel)} loses cells with nest_asyncio"
    return ("nest_asyncio", "nest_asyncio2"), f"ipykernel {_shown(kernel)} ships it"


def _apply(wanted: tuple[tuple[Package, ...], str]) -> Nested:
    packages, why = wanted
    for package in packages:
        try:
            module = importlib.import_module(package)
        except ModuleNotFoundError:
            continue
        try:
            module.apply()
        except ValueError as error:
            raise ConfigError(
                f"The event loop that runs here cannot be nested: {error}.\n"
                "Use asyncio's own loop instead of uvloop, or await in the cell: await main()."
            ) from None
        version = _version(package)
        return Nested(package, version, f"asyncio.run() works in cells now: {package} {version}, since {why}.")
    raise MissingExtraError(
        f"{' or '.join(DISTRIBUTION[name] for name in packages)} is not installed ({why}): "
        f"pip install {DISTRIBUTION[packages[0]]}\n"
        "Without it, write 'await main()' in the cell instead of 'asyncio.run(main())'."
    )
