"""How fast an answer leaves: a head start, then a multiple of real time, so that it can be interrupted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Delivery"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """When each part of an answer's audio may be sent.

    Parameters
    ----------
    lead_s : float
        Audio that leaves at once.
    factor : float
        Seconds of audio per second of wall time after that; 0 sends everything at once.

    Examples
    --------
    >>> Delivery(lead_s=1.0, factor=3.0).due_s(4.0)
    1.0
    >>> Delivery(factor=0).due_s(60.0)
    0.0
    """

    lead_s: float = 1.0
    factor: float = 3.0

    def due_s(self, position_s: float) -> float:
        """Seconds after the first audio at which audio from `position_s` on may leave."""
        if self.factor <= 0:
            return 0.0
        return max(0.0, (position_s - self.lead_s) / self.factor)
