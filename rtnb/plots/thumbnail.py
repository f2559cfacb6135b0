"""Small pictures of images that a user gave: a notebook should not carry each of them again at full size."""

from __future__ import annotations

import base64
import binascii
import io

__all__ = ["thumbnail"]

HEIGHT_PX, WIDTH_PX = 144, 480
"""Twice the size at which they are shown, for dense screens."""

MOST_PIXELS = 100_000_000
"""An image of more is not unpacked: it would take more than 300 MB."""


def thumbnail(url: str) -> tuple[str, int, int] | None:
    """A data URI of a small JPEG or PNG, and the size in pixels of the image itself.

    Parameters
    ----------
    url : str
        A data URI.

    Returns
    -------
    tuple or None
        None where it holds no image that can be read.
    """
    from PIL import Image

    head, _, data = url.partition(",")
    if not head.startswith("data:") or not head.endswith(";base64"):
        return None
    try:
        with Image.open(
            io.BytesIO(base64.b64decode(data, validate=True)), formats=("PNG", "JPEG", "WEBP", "GIF")
        ) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                return None
            image.draft("RGB", (WIDTH_PX, HEIGHT_PX))
            image.thumbnail((WIDTH_PX, HEIGHT_PX))
            clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            kind = "PNG" if clear else "JPEG"
            small = image.convert("RGBA" if clear else "RGB")
            buffer = io.BytesIO()
            small.save(buffer, kind, **({} if clear else {"quality": 80}))
    except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError):
        return None
    mime = kind.lower()
    return f"data:image/{mime};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}", width, height
