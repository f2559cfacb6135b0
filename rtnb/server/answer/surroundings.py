"""What a response needs of its session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rtnb.server.answer.delivery import Delivery
from rtnb.server.answer.metering import Meter
from rtnb.server.answer.output import Emit
from rtnb.server.brains.base import Brain
from rtnb.server.conversation import Conversation
from rtnb.server.mcp.servers import McpServers
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack

__all__ = ["Surroundings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a response needs of its session."""

    emit: Emit
    brain: Brain
    conversation: Conversation
    meter: Meter
    workers: Workers
    delivery: Delivery
    voices: Callable[[], Awaitable[VoiceStack]]
    drained: Callable[[], Awaitable[None]]
    """Waits while the client reads too slowly."""
    owner: object = None
    """Whose line in `workers` the session's synthesis waits in."""
    voice_free: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one synthesis of the session."""
    language: Callable[[], str | None] = lambda: None
    """What the session says is spoken; the language to answer in."""
    mcp: McpServers | None = None
    """Where calls wait for approval."""
