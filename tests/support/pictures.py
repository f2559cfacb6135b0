"""Images as clients send them."""

from __future__ import annotations

import base64
import io

from PIL import Image

__all__ = ["data_uri", "picture"]


def picture(width: int, height: int, kind: str = "png", **options: object) -> bytes:
    """The bytes of an image file of that size."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "orange").save(file, kind, **options)
    return file.getvalue()


def data_uri(width: int, height: int, kind: str = "png") -> str:
    """The same as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(picture(width, height, kind)).decode()}"
