"""What the demo brain says of images: their kind and size, which is all that it knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rtnb.server.brains.base import Image

__all__ = ["described"]

_KINDS: Final = {"image/png": "a PNG image", "image/jpeg": "a JPEG image"}


def described(images: Sequence[Image]) -> str:
    """One sentence on images.

    Examples
    --------
    >>> described([Image(kind="image/png", width=640, height=480)])
    'I got a PNG image of 640 by 480 pixels, but I cannot look at it.'
    >>> described([Image(kind="image/jpeg", width=2, height=1)] * 3)
    'I got 3 images, the first of them a JPEG image of 2 by 1 pixels, but I cannot look at them.'
    """
    first = images[0]
    one = f"{_KINDS.get(first.kind, 'an image')} of {first.width} by {first.height} pixels"
    if len(images) == 1:
        return f"I got {one}, but I cannot look at it."
    return f"I got {len(images)} images, the first of them {one}, but I cannot look at them."
