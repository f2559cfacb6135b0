"""Brains: what thinks for the embedded server.

:mod:`~rtnb.server.brains.base` is the seam; :class:`DemoBrain` is the brain that comes with rtnb. It needs no
model, no key and no network, and the same request always gets the same answer.
"""

from __future__ import annotations

from rtnb.server.brains.base import Brain, BrainError, BrainRequest, Call, Image, Message, Piece, Say, Stop
from rtnb.server.brains.demo import DemoBrain

__all__ = ["Brain", "BrainError", "BrainRequest", "Call", "DemoBrain", "Image", "Message", "Piece", "Say", "Stop"]
