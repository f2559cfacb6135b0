"""Network gaps: stretches in which nothing came although something should have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rtnb.session.timeline.shapes import Gap, Link, Response, Speech

__all__ = ["GAP_S", "gaps_of"]

GAP_S = 0.25
"""A pause longer than this is a gap: an answer that plays at real time has stalled by then, as chunks of the service
are 100 to 250 ms long."""


def gaps_of(
    *,
    received_s: NDArray[np.float64],
    received_seqs: NDArray[np.int64],
    appended_s: NDArray[np.float64],
    appended_seqs: NDArray[np.int64],
    responses: Sequence[Response],
    speech: Sequence[Speech],
    links: Sequence[Link],
    now_s: float,
) -> tuple[Gap, ...]:
    """All gaps by their beginning.

    Parameters
    ----------
    received_s, received_seqs : (n,) arrays
        When events came, ascending, and their places in the log.
    appended_s, appended_seqs : (m,) arrays
        When audio was appended, ascending, and where.
    """
    found: list[Gap] = []
    for response in responses:
        done_s = now_s if response.done_s is None else response.done_s
        first_s = done_s if response.first_s is None else response.first_s
        for start_s, end_s, seq in _pauses(received_s, received_seqs, response.created_s, done_s):
            found.append(Gap(kind="wait" if start_s < first_s else "stall", start_s=start_s, end_s=end_s, seq=seq))
    for span in speech:
        # Turn detection itself looks back: what was sent before its word belongs to the speech.
        stopped_s = now_s if span.stopped_s is None else span.stopped_s
        upload: Literal["upload"] = "upload"
        for start_s, end_s, seq in _pauses(appended_s, appended_seqs, span.started_s, stopped_s):
            found.append(Gap(kind=upload, start_s=start_s, end_s=end_s, seq=seq))
    for before, after in pairwise(links):
        if before.lost_s is not None and after.start_s > before.lost_s:
            found.append(Gap(kind="connection", start_s=before.lost_s, end_s=after.start_s, seq=after.seq))
    found.sort(key=lambda gap: gap.start_s)
    return tuple(dict.fromkeys(found))


def _pauses(
    t_s: NDArray[np.float64], seqs: NDArray[np.int64], from_s: float, to_s: float
) -> Iterable[tuple[float, float, int]]:
    """Pauses between events from one moment to another, and the place of the event that ended each."""
    start, stop = np.searchsorted(t_s, from_s, "left"), np.searchsorted(t_s, to_s, "right")
    inside = t_s[start:stop]
    for place in np.flatnonzero(np.diff(inside) > GAP_S).tolist():
        yield float(inside[place]), float(inside[place + 1]), int(seqs[start + place + 1])
