"""What a tool gave back, as the text that a model reads and the item shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["text_of"]


def text_of(result: Mapping[str, Any], most_chars: int, clean: Callable[[str], str] = str) -> str:
    """The text of a tool's result.

    Parameters
    ----------
    result : mapping
        ``content`` and ``structuredContent`` as MCP writes them.
    most_chars : int
        What is longer is cut off, and it is said how much.
    clean : callable, optional
        Takes out what must not be seen; a cut before that could leave a part of it.

    Examples
    --------
    >>> text_of({"content": [{"type": "text", "text": "18 degrees"}]}, 100)
    '18 degrees'
    >>> text_of({"content": [{"type": "image", "mimeType": "image/png", "data": "AAAA"}]}, 100)
    '[image/png, 3 bytes, not shown]'
    >>> text_of({"content": [], "structuredContent": {"degrees": 18}}, 100)
    '{"degrees":18}'
    >>> text_of({"content": [{"type": "text", "text": "na" * 50}]}, 4)
    'nana… [96 characters more, cut off]'
    """
    text = "\n".join(found for found in map(_block, _blocks(result.get("content"))) if found)
    structured = result.get("structuredContent")
    if structured is not None and not text:
        text = json.dumps(structured, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair cannot be put on the wire.
    text = clean(text).encode("utf-8", "replace").decode()
    if len(text) > most_chars:
        return f"{text[:most_chars]}… [{len(text) - most_chars} characters more, cut off]"
    return text


def _blocks(content: Any) -> Iterable[Mapping[str, Any]]:
    return (block for block in content if isinstance(block, Mapping)) if isinstance(content, list) else ()


def _block(block: Mapping[str, Any]) -> str:
    match block.get("type"):
        case "text":
            return str(block.get("text") or "")
        case "image" | "audio":
            return _bytes(block.get("mimeType"), block.get("data"))
        case "resource_link":
            return f"[{block.get('title') or block.get('name')}: {block.get('uri')}]"
        case "resource":
            resource = block.get("resource")
            if not isinstance(resource, Mapping):
                return ""
            if "text" in resource:
                return str(resource["text"])
            return _bytes(resource.get("mimeType"), resource.get("blob"))
        case kind:
            return f"[{kind}, not shown]"


def _bytes(kind: Any, data: Any) -> str:
    size = len(data) * 3 // 4 if isinstance(data, str) else 0
    return f"[{kind or 'data'}, {size} bytes, not shown]"
