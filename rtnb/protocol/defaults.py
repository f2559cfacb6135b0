"""What members of a session mean when nobody set them: ``defaults.json``, each value with source and date."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any

__all__ = ["default", "default_row"]


@functools.cache
def _data() -> dict[str, Any]:
    text = Path(__file__).with_name("defaults.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def default(*path: str) -> Any:
    """The value at `path`, a copy of your own.

    Examples
    --------
    >>> from rtnb.protocol.defaults import default
    >>> default("server_vad", "silence_duration_ms")
    200
    """
    entry: Any = _data()
    for name in path:
        entry = entry[name]
    return copy.deepcopy(entry["value"])


def default_row(name: str) -> dict[str, Any]:
    """All values of one row, by member name.

    Examples
    --------
    >>> from rtnb.protocol.defaults import default_row
    >>> default_row("semantic_vad")
    {'eagerness': 'auto', 'create_response': True, 'interrupt_response': True}
    """
    return {member: copy.deepcopy(entry["value"]) for member, entry in _data()[name].items()}
