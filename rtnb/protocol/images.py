"""Images in user messages: what kind and how large they are, read from their first bytes.

Examples
--------
>>> image_size(b"GIF89a")
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["DETAILS", "KINDS", "MAX_IMAGE_BYTES", "Detail", "Kind", "image_size"]

Kind = Literal["image/png", "image/jpeg"]
Detail = Literal["auto", "low", "high"]

KINDS: Final[tuple[Kind, ...]] = ("image/png", "image/jpeg")
"""What a realtime model may be shown (openai 3.52.0, docstring of ``image_url``)."""

DETAILS: Final[tuple[Detail, ...]] = ("auto", "low", "high")
"""How closely it looks (openai 3.52.0, ``RealtimeConversationItemUserMessage``)."""

MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
"""Largest file taken in. No bound is published for Realtime; the vision guide of 2025 gave this one."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"

_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's frame header, which holds its size (ITU-T T.81, table B.1)."""

_JPEG_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a length behind them."""


def image_size(data: bytes) -> tuple[Kind, int, int] | None:
    """Kind, width and height in pixels of a PNG or JPEG file; None for anything else.

    Examples
    --------
    >>> png = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000280000001e")
    >>> image_size(png)
    ('image/png', 40, 30)
    """
    if data.startswith(_PNG):
        size, kind = _png_size(data), KINDS[0]
    else:
        size, kind = _jpeg_size(data), KINDS[1]
    return None if size is None or 0 in size else (kind, *size)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the IHDR chunk, which comes first (PNG specification, 5.6)."""
    if len(data) < 24 or data[12:16] != b"IHDR":
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the first frame header (ITU-T T.81, B.2.2)."""
    if not data.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _JPEG_SIZES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 if marker in _JPEG_ALONE else 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
