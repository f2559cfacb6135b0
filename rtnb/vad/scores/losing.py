"""Which settings lose too many turns to be held against others by their latency."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError

__all__ = ["LOSSES", "MAX_LOST", "checked_share", "keeps"]

MAX_LOST = 0.25
"""Own choice: far-field speech loses a fifth of its turns at the server's default setting."""

LOSSES = (("missed", "merged"), ("false_starts",), ("late",))
"""What is bound, those of a group together. Turns that are missed or merged have no latency, nor has one that never
ends; who starts at every noise hears every turn at once and is never done."""


def checked_share(max_lost: object) -> float | None:
    """A share of the turns; None for no bound.

    Raises
    ------
    ConfigError
        It is no number of 0 or more.
    """
    if max_lost is None:
        return None
    share = math.nan if isinstance(max_lost, bool) or not isinstance(max_lost, numbers.Real) else float(max_lost)
    if not share >= 0:
        raise ConfigError(
            f"max_lost is a share of the labelled turns, such as {MAX_LOST:g}, or None for no bound, "
            f"not {max_lost!r:.80}."
        )
    return share


def keeps(columns: Mapping[str, Any], max_lost: float | None) -> NDArray[np.bool_]:
    """Which settings lose at most that share of the labelled turns.

    Parameters
    ----------
    columns : mapping of str to array, or DataFrame
        With turns, missed, merged, false_starts and late, one value a setting; what is not there is not bound.
    max_lost : float or None
        The most of each of :data:`LOSSES` for each labelled turn; None for no bound.

    Returns
    -------
    ndarray of bool, shape (settings,)

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad.scores.losing import keeps
    >>> table = {"turns": np.array([8, 8]), "missed": np.array([1, 1]), "merged": np.array([1, 2])}
    >>> keeps(table, 0.25).tolist()
    [True, False]
    """
    turns = np.asarray(columns["turns"])
    kept = np.ones(turns.size, dtype=np.bool_)
    if max_lost is None:
        return kept
    for group in LOSSES:
        lost = sum((np.asarray(columns[name]) for name in group if name in columns), start=np.zeros(turns.size))
        # A quarter of 20 turns is 5, whatever the multiplication says of it.
        kept &= lost <= max_lost * turns * (1 + 1e-12)
    return kept
