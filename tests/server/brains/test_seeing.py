"""What is said of images."""

from __future__ import annotations

from rtnb.server.brains import Image
from rtnb.server.brains.seeing import described


def test_other_kinds_are_images_too() -> None:
    said = described([Image(kind="image/webp", width=3, height=4)])
    assert said == "I got an image of 3 by 4 pixels, but I cannot look at it."
