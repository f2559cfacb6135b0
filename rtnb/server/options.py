"""How an embedded server behaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from rtnb.server.brains import Brain, DemoBrain
from rtnb.server.delivery import Delivery

__all__ = ["Options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of a server, the same for all its sessions.

    Parameters
    ----------
    brain : Brain
        The mind that answers.
    delivery : Delivery
        How fast answers leave.
    api_key : str, optional
        The only key that is let in; None lets in any, and none at all.
    hosts : tuple of str
        Names by which clients may call the server (the ``Host`` header, without the port).
    """

    brain: Brain = field(default_factory=DemoBrain)
    delivery: Delivery = field(default_factory=Delivery)
    api_key: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
