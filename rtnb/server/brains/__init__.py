"""Brains: what thinks for the embedded server.

:mod:`~rtnb.server.brains.base` is the seam. :class:`DemoBrain` is the brain that comes with rtnb: it needs no
model, no key and no network, and the same request always gets the same answer. :class:`ChatBrain` asks a language
model. :class:`ScriptBrain` says what a scenario file says, for tests, and :class:`CallableBrain` is any Python
function.
"""

from __future__ import annotations

from rtnb.server.brains.base import Brain, BrainError, BrainRequest, Call, Image, Message, Piece, Say, Stop
from rtnb.server.brains.chat import ChatBrain, ChatSettings
from rtnb.server.brains.demo import DemoBrain
from rtnb.server.brains.functions import CallableBrain
from rtnb.server.brains.load import load_brain
from rtnb.server.brains.script import ScriptBrain

__all__ = [
    "Brain",
    "BrainError",
    "BrainRequest",
    "Call",
    "CallableBrain",
    "ChatBrain",
    "ChatSettings",
    "DemoBrain",
    "Image",
    "Message",
    "Piece",
    "Say",
    "ScriptBrain",
    "Stop",
    "load_brain",
]
