"""Images in user messages: what kind and how large they are, read from their first bytes."""

from __future__ import annotations

from typing import Final

import pybase64

from rtnb.server import problems
from rtnb.server.brains.base import Image
from rtnb.server.problems import Refused

__all__ = ["KINDS", "MAX_IMAGE_BYTES", "image_of_url"]

KINDS: Final = ("image/png", "image/jpeg")
"""What a realtime model may be shown (openai 3.52.0, docstring of ``image_url``)."""

MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
"""Largest file taken in. No bound is published for Realtime; the vision guide of 2025 gave this one."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"

_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's frame header, which holds its size (ITU-T T.81, table B.1)."""

_JPEG_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a length behind them."""


def image_of_url(url: str, path: str) -> Image:
    """The image in a data URI.

    Parameters
    ----------
    url : str
        ``data:image/png;base64,...`` or the same of a JPEG.
    path : str
        Where it stands in the client's event, for the refusal.

    Raises
    ------
    Refused
        It is no data URI, of another kind, too large, or no image of the kind that it says it is.

    Examples
    --------
    >>> import io, base64
    >>> from PIL import Image as Pillow
    >>> file = io.BytesIO()
    >>> Pillow.new("RGB", (40, 30)).save(file, "PNG")
    >>> image_of_url("data:image/png;base64," + base64.b64encode(file.getvalue()).decode(), "url")
    Image(kind='image/png', width=40, height=30)
    """
    head, comma, text = url.partition(",")
    scheme, _, rest = head.partition(":")
    if scheme.lower() != "data" or not comma:
        raise Refused(problems.not_an_image(path, None))
    kind, *parameters = rest.lower().split(";")
    if kind not in KINDS:
        raise Refused(problems.not_an_image(path, kind))
    if "base64" not in parameters:
        raise Refused(problems.not_an_image(path, None))
    if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        raise Refused(problems.image_too_large(path, MAX_IMAGE_BYTES))
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(problems.bad_image(path)) from None
    size = _png_size(data) if kind == "image/png" else _jpeg_size(data)
    if size is None or 0 in size:
        raise Refused(problems.bad_image(path))
    return Image(kind=kind, width=size[0], height=size[1], data=data)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the IHDR chunk, which comes first (PNG specification, 5.6)."""
    if len(data) < 24 or not data.startswith(_PNG) or data[12:16] != b"IHDR":
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
