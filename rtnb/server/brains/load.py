"""Brains by name, as ``rtnb serve --brain`` takes them."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.server.brains.base import Brain
from rtnb.server.brains.demo import DemoBrain
from rtnb.server.brains.functions import CallableBrain

__all__ = ["load_brain"]

_FORMS: Final = "demo, script:FILE, module:callable or file.py:callable"
_SCENARIOS: Final = (".yaml", ".yml", ".json")


def load_brain(spec: str) -> Brain:
    """The brain that `spec` names.

    Parameters
    ----------
    spec : str
        ``"demo"``; ``"script:FILE"``, a scenario; or ``"module:callable"`` or ``"file.py:callable"``, where the
        callable is a function as :class:`CallableBrain` takes it, a class that makes a :class:`Brain`, or a brain
        itself. The working folder, or the file's, is looked in for modules first.

    Raises
    ------
    ConfigError
        There is no such brain; the message says what is missing.

    Examples
    --------
    >>> load_brain("demo").name
    'demo'
    >>> load_brain("textwrap:dedent").name
    'dedent'
    >>> load_brain("demon")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: 'demon' is no brain: write demo, script:FILE, module:callable or file.py:callable.
    """
    if spec == "demo":
        return DemoBrain()
    if spec.startswith("script:"):
        if not spec.removeprefix("script:").strip():
            raise ConfigError(f"{spec!r:.200} is no brain; name the file: script:scenario.yaml.")
        from rtnb.server.brains.script import ScriptBrain

        return ScriptBrain.load(spec.removeprefix("script:"))
    where, colon, name = spec.rpartition(":")
    if not colon or not where or not name:
        raise ConfigError(f"{spec!r:.200} is no brain{_hint(spec.removesuffix(':'))}.")
    module = _of_file(Path(where)) if where.endswith(".py") else _of_name(where)
    return _brain(_member(module, name, where), name, where)


def _hint(spec: str) -> str:
    if spec.endswith(_SCENARIOS):
        return f"; for a scenario write script:{spec:.200}"
    return f"; name the callable: {spec:.200}:answer" if spec.endswith(".py") else f": write {_FORMS}"


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"The brain's file {str(path)!r} does not exist.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"_rtnb_brain_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{str(path)!r} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses with annotations as text look their module up here.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise _broken(str(path), error) from error
    return module


def _of_name(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path and "" not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        if missing or isinstance(error, ValueError | TypeError):
            raise ConfigError(f"There is no module {name!r:.200} here for a brain.") from None
        raise _broken(name, error) from error


def _broken(where: str, error: Exception) -> ConfigError:
    line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    return ConfigError(f"The brain's module {where!r:.200} cannot be imported{line}: {type(error).__name__}: {reason}")


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


def _brain(found: Any, name: str, where: str) -> Brain:
    if inspect.isclass(found) and callable(getattr(found, "reply", None)):
        try:
            found = found()
        except Exception as error:
            raise ConfigError(f"The brain {name!r} of {where!r:.200} cannot be made: {error}") from error
    if callable(getattr(found, "reply", None)):
        brain: Brain = found
        return brain
    if not callable(found):
        raise ConfigError(f"{name!r} of {where!r:.200} is {type(found).__name__}, not something to call.")
    return CallableBrain(found)
