"""The chat brain: a language model behind any OpenAI-compatible endpoint answers.

``settings``, ``template`` and ``address`` say how it is asked; ``messages``, ``window`` and ``body`` make a request of
a conversation; ``sse``, ``chunks``, ``calls`` and ``words`` read the answer; ``upstream`` does the one and the other
over HTTP, and ``failures`` names what goes wrong.
"""

from __future__ import annotations

from rtnb.server.brains.chat.brain import ChatBrain
from rtnb.server.brains.chat.settings import ChatSettings

__all__ = ["ChatBrain", "ChatSettings"]
