"""Finding events: by their type, and by anything that stands in them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import Columns
from rtnb.session.timeline.detail import DEEPEST, elided
from rtnb.session.timeline.families import FAMILIES
from rtnb.session.timeline.shapes import Run

__all__ = ["family_mask", "search"]

_PLAIN = re.compile(r"[a-z0-9_.: -]+")


def search(
    log: EventLog, columns: Columns, runs: Sequence[Run], text: str, families: Collection[str] | None = None
) -> NDArray[np.int64]:
    """Places of the events in which `text` stands, ascending; capitals make no difference.

    What is searched are names and values of members as people read them: the arguments of a function are text with
    quotes in it, and the quotes that JSON puts around everything are not there. Events that are collapsed are searched
    together: a word that is spread over deltas is found at the first of them.

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
        found[seq] = _says(log[seq].body, words)
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


def _says(body: Mapping[str, Any], words: str) -> bool:
    """Whether some words stand in an event: in the name or in the value of a member."""
    if _PLAIN.fullmatch(words):
        # What has no sign that JSON writes otherwise stands in it as it is: most events are done with here.
        try:
            if words not in orjson.dumps(body).decode().casefold():
                return False
        except TypeError:
            pass
    return any(words in text.casefold() for text in _texts(body))


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Names and values of members as people read them, without JSON's quotes and escapes; what is JSON within a text
    is read too.

    Examples
    --------
    >>> list(_texts({"arguments": '{"city":"Paris"}', "n": 3, "delta": "A" * 300}))
    ['arguments', '{"city":"Paris"}', 'city', 'Paris', 'n', '3', 'delta', '<300 characters of base64>']
    """
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name)
            yield from _texts(member, depth + 1)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member, depth + 1)
    elif isinstance(value, str):
        yield elided(value)
        if value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                return
            yield from _texts(inner, depth + 1)
    else:
        yield "true" if value is True else "false" if value is False else "null" if value is None else str(value)
