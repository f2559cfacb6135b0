"""Brains: what thinks for the embedded server.

:mod:`~rtnb.server.brains.base` is the seam; :class:`DemoBrain` is the brain that comes with rtnb. It needs no
model, no key and no network, and the same request always gets the same answer.
"""

from __future__ import annotations

from rtnb.server.brains.base import Brain, BrainRequest, Call, Message, Say
from rtnb.server.brains.demo import DemoBrain

__all__ = ["Brain", "BrainRequest", "Call", "DemoBrain", "Message", "Say"]
