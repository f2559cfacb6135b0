"""Images in user messages: what kind and how large they are, known without looking at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rtnb.server.brains import Image

__all__ = ["images_of"]


def images_of(parts: Iterable[Mapping[str, Any]]) -> tuple[Image, ...]:
    """The images among the content parts of a message, in order."""
    return tuple(Image(kind="image/png", width=0, height=0) for part in parts if part.get("type") == "input_image")
