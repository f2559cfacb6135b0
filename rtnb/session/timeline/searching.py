"""Finding events: by their type, and by anything that stands in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import Columns
from rtnb.session.timeline.detail import elided
from rtnb.session.timeline.families import FAMILIES
from rtnb.session.timeline.shapes import Run

__all__ = ["family_mask", "search"]

LONG_BYTES = 4096
"""Events longer than this may hold base64, in which any short word is found."""


def search(
    log: EventLog, columns: Columns, runs: Sequence[Run], text: str, families: Collection[str] | None = None
) -> NDArray[np.int64]:
    """Places of the events in which `text` stands, ascending; capitals make no difference.

    Events that are collapsed are searched together: a word that is spread over deltas is found at the first of them.

    Parameters
    ----------
    text : str
        Part of a type, an id, a transcript, an error ... ; an empty text finds everything.
    families : collection of str, optional
        Look at these only.

    Raises
    ------
    ConfigError
        There is no such family.
    """
    chosen = family_mask(columns, families)
    words = text.strip().casefold()
    if not words:
        return np.flatnonzero(chosen)
    found = np.zeros(len(columns), bool)
    for number, name in enumerate(columns.types):
        if words in name.casefold():
            found |= columns.type == number
    sought = (columns.run < 0) & chosen & ~found
    for seq in np.flatnonzero(sought).tolist():
        found[seq] = words in _text(log[seq].body)
    for run in runs:
        if words in run.text.casefold() or words in run.item_id.casefold():
            found[run.first_seq] = True
    return np.flatnonzero(found & chosen)


def family_mask(columns: Columns, families: Collection[str] | None) -> NDArray[np.bool_]:
    """Which events are of some families; all of them where none is named.

    Raises
    ------
    ConfigError
        There is no such family.
    """
    if families is None:
        return np.ones(len(columns), bool)
    given = (families,) if isinstance(families, str) else tuple(families)
    unknown = [name for name in given if name not in FAMILIES]
    if unknown:
        raise ConfigError(f"{unknown[0]!r} is no family of events; there are {', '.join(map(repr, FAMILIES))}.")
    mask: NDArray[np.bool_] = np.isin(columns.family, [FAMILIES.index(name) for name in FAMILIES if name in given])
    return mask


def _text(body: Mapping[str, Any]) -> str:
    """What an event says, as one searches in it."""
    try:
        written = orjson.dumps(body).decode()
        if len(written) > LONG_BYTES:
            written = orjson.dumps(elided(body)).decode()
        return written.casefold()
    except TypeError:
        return json.dumps(elided(body), ensure_ascii=False, default=str).casefold()
