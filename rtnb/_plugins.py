"""Objects by name: entry points of installed packages, ``module:name`` and ``file.py:name``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from rtnb.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["by_path", "entry_names", "from_entry_point", "is_path", "told_of"]


def entry_names(group: str) -> tuple[str, ...]:
    """The names that installed packages announce in a group of entry points, sorted; nothing is imported.

    Examples
    --------
    >>> entry_names("rtnb.no_such_group")
    ()
    """
    from importlib.metadata import entry_points

    return tuple(sorted({point.name for point in entry_points(group=group)}))


def from_entry_point(group: str, name: str, *, what: str) -> Any:
    """What the entry point names, imported.

    Parameters
    ----------
    group, name : str
        Of the entry point.
    what : str
        What it is, in messages: ``"recogniser"``.

    Raises
    ------
    ConfigError
        Nobody announces it, two packages announce different things by that name, or it cannot be imported.
    """
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {point.value: point for point in entry_points(group=group, name=name)}
    if not found:
        raise ConfigError(f"No installed package brings a {what} called {name!r:.200}.")
    if len(found) > 1:
        owners = sorted(point.dist.name for point in found.values() if point.dist is not None)
        raise ConfigError(f"{' and '.join(owners)} both bring a {what} called {name!r}; uninstall one of them.")
    (point,) = found.values()
    try:
        return point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        owner = point.dist.name if point.dist is not None else "an installed package"
        raise ConfigError(f"The {what} {name!r} of {owner} cannot be imported: {told_of(error)}") from error


def is_path(spec: str) -> bool:
    """Whether it has the form ``module:name`` or ``file.py:name``.

    Examples
    --------
    >>> is_path("my_ears:load"), is_path("ears.py:load"), is_path("whisper-base")
    (True, True, False)
    """
    where, colon, name = spec.rpartition(":")
    return bool(colon and where.strip() and name.strip())


def by_path(spec: str, *, what: str) -> Any:
    """The object that ``module:name`` or ``file.py:name`` names.

    Parameters
    ----------
    spec : str
        A module, or a Python file, and a name in it, with dots for what is in a class. The working folder, or that
        of the file, is looked in for modules first.
    what : str
        What it is, in messages: ``"brain"``.

    Raises
    ------
    ConfigError
        There is no such thing, or it cannot be imported; the message says which.

    Examples
    --------
    >>> by_path("textwrap:dedent", what="brain").__name__
    'dedent'
    >>> by_path("textwrap:dodent", what="brain")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: 'textwrap' has no 'dodent'; it has TextWrapper, dedent, fill, indent, shorten, wrap.
    """
    if not is_path(spec):
        raise ConfigError(f"{spec!r:.200} names no {what}: write module:name or file.py:name.")
    where, _, name = spec.rpartition(":")
    module = _of_file(Path(where), what) if where.endswith(".py") else _of_name(where, what)
    return _member(module, name, where)


def _of_file(path: Path, what: str) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"The {what}'s file {str(path)!r} does not exist.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"_rtnb_{what}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{str(path)!r} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses with annotations as text look their module up here.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        # It may have taken itself out.
        sys.modules.pop(name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _broken(str(path), what, error) from error
    return module


def _of_name(name: str, what: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path and "" not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        if missing or isinstance(error, ValueError | TypeError):
            raise ConfigError(f"There is no module {name!r:.200} here for a {what}.") from None
        raise _broken(name, what, error) from error


def _broken(where: str, what: str, error: BaseException) -> ConfigError:
    line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
    return ConfigError(f"The {what}'s module {where!r:.200} cannot be imported{line}: {told_of(error)}")


def told_of(error: BaseException) -> str:
    """An exception in one line.

    Examples
    --------
    >>> told_of(KeyError("a"))
    "KeyError: 'a'"
    """
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return " ".join(f"{type(error).__name__}: {text}".split())[:500]


def _member(module: ModuleType, name: str, where: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            own = [key for key, value in vars(module).items() if _is_own(value, module) and not key.startswith("_")]
            hint = f"; it has {', '.join(sorted(own)[:10])}" if own else ""
            raise ConfigError(f"{where!r:.200} has no {name!r:.80}{hint}.")
        found = getattr(found, part)
    return found


def _is_own(value: object, module: ModuleType) -> bool:
    return callable(value) and getattr(value, "__module__", None) == module.__name__
