"""Brains by name, as ``rtnb serve --brain`` takes them."""

from __future__ import annotations

import inspect
from typing import Any, Final

from rtnb._plugins import by_path, is_path
from rtnb.errors import ConfigError
from rtnb.server.brains.base import Brain
from rtnb.server.brains.chat import ChatBrain, ChatSettings
from rtnb.server.brains.demo import DemoBrain
from rtnb.server.brains.functions import CallableBrain

__all__ = ["load_brain"]

_FORMS: Final = "demo, chat, script:FILE, module:callable or file.py:callable"
_SCENARIOS: Final = (".yaml", ".yml", ".json")


def load_brain(spec: str, *, chat: ChatSettings | None = None) -> Brain:
    """The brain that `spec` names.

    Parameters
    ----------
    spec : str
        ``"demo"``; ``"chat"``, a language model; ``"script:FILE"``, a scenario; or ``"module:callable"`` or
        ``"file.py:callable"``, where the callable is a function as :class:`CallableBrain` takes it, a class that makes
        a :class:`Brain`, or a brain itself. The working folder, or the file's, is looked in for modules first.
    chat : ChatSettings, optional
        How the model of ``"chat"`` is asked; by default as the environment says (``RTNB_CHAT_URL``,
        ``RTNB_CHAT_MODEL``).

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
    rtnb.errors.ConfigError: 'demon' is no brain: write demo, chat, script:FILE, module:callable or file.py:callable.
    """
    if spec == "demo":
        return DemoBrain()
    if spec == "chat":
        return ChatBrain(chat)
    if spec.startswith("script:"):
        if not spec.removeprefix("script:").strip():
            raise ConfigError(f"{spec!r:.200} is no brain; name the file: script:scenario.yaml.")
        from rtnb.server.brains.script import ScriptBrain

        return ScriptBrain.load(spec.removeprefix("script:"))
    if not is_path(spec):
        raise ConfigError(f"{spec!r:.200} is no brain{_hint(spec.removesuffix(':'))}.")
    where, _, name = spec.rpartition(":")
    return _brain(by_path(spec, what="brain"), name, where)


def _hint(spec: str) -> str:
    if spec.endswith(_SCENARIOS):
        return f"; for a scenario write script:{spec:.200}"
    return f"; name the callable: {spec:.200}:answer" if spec.endswith(".py") else f": write {_FORMS}"


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
