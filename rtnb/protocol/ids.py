"""Identifiers as the Realtime API shapes them: a prefix and 21 base62 characters."""

from __future__ import annotations

import secrets
import string
from typing import Literal

__all__ = ["new_id"]

_ALPHABET = string.digits + string.ascii_letters
_LENGTH = 21
_LETTERS = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))

Prefix = Literal["event", "sess", "conv", "resp", "item", "call", "turn", "mcpl", "mcp", "mcpr"]


def new_id(prefix: Prefix) -> str:
    """A fresh identifier such as ``item_4fQ…``.

    Examples
    --------
    >>> from rtnb.protocol.ids import new_id
    >>> new_id("item").startswith("item_"), len(new_id("event"))
    (True, 27)
    """
    # One for every event: a table is twenty times as fast as as many choices, and as good for telling apart.
    return f"{prefix}_{secrets.token_bytes(_LENGTH).translate(_LETTERS).decode('ascii')}"
