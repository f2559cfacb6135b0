"""Identifiers as the Realtime API shapes them: a prefix and 21 base62 characters."""

from __future__ import annotations

import secrets
import string
from typing import Literal

__all__ = ["new_id"]

_ALPHABET = string.digits + string.ascii_letters
_LENGTH = 21

Prefix = Literal["event", "sess", "conv", "resp", "item", "call", "turn"]


def new_id(prefix: Prefix) -> str:
    """A fresh identifier such as ``item_4fQ…``.

    Examples
    --------
    >>> from rtnb.protocol.ids import new_id
    >>> new_id("item").startswith("item_"), len(new_id("event"))
    (True, 27)
    """
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
