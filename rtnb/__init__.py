"""rtnb: a workbench for realtime voice models inside Jupyter.

>>> import rtnb
>>> with rtnb.connect(modalities=["text"]) as s:      # the embedded server: no key, no network, no cost
...     turn = s.ask("What is 6 times 7?")
>>> print(turn.text)
6 times 7 is 42.

Public names are loaded when they are first used; importing rtnb starts no thread and loads no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb import errors, pricing, vad
    from rtnb._connect import AsyncSession, connect, replay
    from rtnb.audio import Clip
    from rtnb.protocol.turn_detection import SemanticVad, ServerVad
    from rtnb.samples import sample
    from rtnb.session import Recording, Run, Session, Turn, close_all, open_sessions

__version__ = "0.1.0"

_HOMES = {
    "AsyncSession": "_connect",
    "Clip": "audio",
    "Recording": "session",
    "Run": "session",
    "SemanticVad": "protocol.turn_detection",
    "ServerVad": "protocol.turn_detection",
    "Session": "session",
    "Turn": "session",
    "close_all": "session",
    "connect": "_connect",
    "errors": "errors",
    "open_sessions": "session",
    "pricing": "pricing",
    "replay": "_connect",
    "sample": "samples",
    "vad": "vad",
}

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

__getattr__, _dir = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
