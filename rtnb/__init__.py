"""rtnb: a workbench for realtime voice models inside Jupyter.

>>> import rtnb
>>> with rtnb.connect(modalities=["text"]) as s:      # the embedded server: no key, no network, no cost
...     turn = s.ask("What is 6 times 7?")
>>> print(turn.text)
6 times 7 is 42.

Public names are loaded when they are first used; importing rtnb starts no thread and loads no model.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtnb import errors, pricing, vad
    from rtnb._connect import AsyncSession, connect, replay
    from rtnb.audio import Clip
    from rtnb.protocol.turn_detection import SemanticVad, ServerVad
    from rtnb.samples import sample
    from rtnb.session import Recording, Run, Session, Turn, close_all, open_sessions

__version__ = "0.1.0"

_HOMES = {
    "AsyncSession": "rtnb._connect",
    "Clip": "rtnb.audio",
    "Recording": "rtnb.session",
    "Run": "rtnb.session",
    "SemanticVad": "rtnb.protocol.turn_detection",
    "ServerVad": "rtnb.protocol.turn_detection",
    "Session": "rtnb.session",
    "Turn": "rtnb.session",
    "close_all": "rtnb.session",
    "connect": "rtnb._connect",
    "open_sessions": "rtnb.session",
    "replay": "rtnb._connect",
    "sample": "rtnb.samples",
}
_ROOMS = ("errors", "pricing", "vad")

__all__ = [
    "AsyncSession",
    "Clip",
    "Recording",
    "Run",
    "SemanticVad",
    "ServerVad",
    "Session",
    "Turn",
    "__version__",
    "close_all",
    "connect",
    "errors",
    "open_sessions",
    "pricing",
    "replay",
    "sample",
    "vad",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"rtnb.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'rtnb' has no attribute {name!r}; it has: {', '.join(__all__)}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
