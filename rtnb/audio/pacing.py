"""When each chunk of a stream is due if it is to arrive at the pace it was spoken."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["CHUNK_MS", "chunks"]

CHUNK_MS = 20
"""A usual frame of voice over IP; small, so that a server hears the end of speech soon."""


def chunks(data: bytes, *, bytes_per_ms: int, chunk_ms: int = CHUNK_MS) -> Iterator[tuple[float, bytes]]:
    """``(due_s, chunk)``: a chunk is due when its last sample has been spoken, seconds after the start.

    Examples
    --------
    >>> [(due_s, len(chunk)) for due_s, chunk in chunks(bytes(2400), bytes_per_ms=48, chunk_ms=20)]
    [(0.02, 960), (0.04, 960), (0.05, 480)]
    """
    size = chunk_ms * bytes_per_ms
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        yield (start + len(chunk)) / bytes_per_ms / 1000, chunk
