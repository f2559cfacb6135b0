"""Bytes over time, each way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.session.timeline.columns import Columns

__all__ = ["Traffic", "traffic_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """About how many bytes went each way, in steps of the same length.

    Parameters
    ----------
    start_s, step_s : float
        Where the first step begins, and how long each is.
    sent, received : int64, shape (n,)
        Bytes in each step.
    """

    start_s: float
    step_s: float
    sent: NDArray[np.int64]
    received: NDArray[np.int64]


def traffic_of(columns: Columns, start_s: float, end_s: float, steps: int) -> Traffic:
    """The traffic between two moments.

    Examples
    --------
    >>> from rtnb.protocol.envelope import Event
    >>> from rtnb.session.timeline.columns import Kinds, columns_of
    >>> event = Event(0, 0.5, 0.5, "sent", "response.cancel", {"type": "response.cancel"})
    >>> traffic_of(columns_of([event], Kinds()), 0.0, 1.0, 4).sent.tolist()
    [0, 0, 26, 0]
    """
    count = max(1, steps)
    step_s = max(end_s - start_s, 1e-9) / count
    places = np.floor((columns.t_s - start_s) / step_s)
    inside = (places >= 0) & (places < count)

    def way(direction: int) -> NDArray[np.int64]:
        rows = inside & (columns.direction == direction)
        weights = columns.bytes[rows].astype(np.float64)
        return np.bincount(places[rows].astype(np.int64), weights, minlength=count).astype(np.int64)

    return Traffic(start_s, step_s, way(0), way(1))
